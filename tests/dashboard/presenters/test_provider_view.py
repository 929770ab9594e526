"""One provider made ready to be read: figures followed home, findings in order, links in words."""

from datetime import date
from typing import Any

import pytest

from dashboard.presenters import provider_view

DAY = date(2020, 6, 30)


def figure(value: Any = -1_250_000.0, **fields: Any) -> dict[str, Any]:
    return {
        "seq": 5,
        "subject": "GB-COH-1",
        "indicator": "net_assets",
        "title": "Net assets",
        "kind": "figure",
        "period_start": None,
        "period_end": "2019-12-31",
        "occurrence": "",
        "known_on": "2020-06-01",
        "known_on_basis": "stated",
        "age_days": 182,
        "value": value,
        "verbatim": None,
        "unit": "GBP",
        "register": "accounts",
        "document": "a.zip",
        "address": "https://example.org/a.zip",
        "fetched_at": "2026-11-22T07:08:33+00:00",
        "sha256": "ab",
        "line": 17,
        "place": "NetAssets, current",
        "is_recalled": False,
        **fields,
    }


def finding(title: str = "Net assets", level: str = "none", status: str = "clear", **fields: Any) -> dict[str, Any]:
    return {
        "principle": "accountability",
        "rule": title,
        "title": title,
        "status": status,
        "level": level,
        "indicators": ["net_assets"],
        "value": None,
        "unit": "",
        "threshold": "",
        "seqs": [],
        "period_end": None,
        "known_on": None,
        "is_recalled": False,
        "source": "",
        "figures": [],
        **fields,
    }


def assessed(*findings: dict[str, Any], **fields: Any) -> dict[str, Any]:
    names = ("support", "accountability", "consequences", "evidence", "external_powers", "flexibility")
    principles = {
        name: {"level": "none", "findings": [f for f in findings if f["principle"] == name]} for name in names
    }
    return {
        "regime": "care",
        "level": "watch",
        "rating": "Shaky",
        "is_official": False,
        "stage": "",
        "probability": None,
        "probability_reason": "",
        "principles": principles,
        **fields,
    }


def test_a_figure_is_followed_home() -> None:
    assert provider_view.figure_view(figure()) == {
        "title": "Net assets",
        "whose": "",
        "value": "−£1.25 million",  # noqa: RUF001
        "is_number": True,
        "about": "31 December 2019",
        "known_on": "1 June 2020",
        "basis": "stated",
        "age": "6 months old",
        "is_recalled": False,
        "register": "accounts",
        "document": "a.zip",
        "place": "line 17, NetAssets, current",
        "citation": "",
        "link": "https://example.org/a.zip",
        "fetched": "22 November 2026",
        "opens": "./document?seq=5",
    }


def test_a_fact_of_the_casebook_shows_its_citation_and_whether_it_is_recalled() -> None:
    place = "events[1] · recalled (high) · The Gazette, 1 May 2020 https://example.org/g"
    shown = provider_view.figure_view(figure(place=place, is_recalled=True, address="/home/me/casebook/a.yaml"))
    assert (shown["place"], shown["citation"], shown["link"], shown["is_recalled"]) == (
        "line 17, events[1]",
        "The Gazette, 1 May 2020",
        "https://example.org/g",
        True,
    )


def test_a_file_on_this_machine_is_no_link() -> None:
    assert provider_view.figure_view(figure(address="file:///home/me/a.zip"))["link"] == ""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "flag", "value": 1.0, "unit": ""}, "yes"),
        ({"kind": "flag", "value": 0.0, "unit": ""}, "no"),
        ({"kind": "event", "value": None}, "happened"),
        ({"kind": "event", "value": "Rent not paid", "unit": ""}, "Rent not paid"),
        ({"kind": "event", "value": 12e6, "verbatim": "12m written off"}, "£12 million: 12m written off"),
        ({"kind": "grade", "value": "Good", "unit": ""}, "Good"),
    ],
)
def test_values_of_each_kind_in_words(fields: dict[str, Any], expected: str) -> None:
    assert provider_view.figure_view(figure(**fields))["value"] == expected


def test_findings_that_matter_are_open_worst_first_and_the_rest_is_folded() -> None:
    findings = [
        finding("clear"),
        finding("missing", status="missing"),
        finding("bad", "watch", "met"),
        finding("worse", "concern", "met"),
    ]
    shown = provider_view.verdict_view(assessed(*findings), {}, "GB-COH-1")["groups"][0]["principles"][0]
    assert [one["title"] for one in shown["open"]] == ["Worse", "Bad", "Missing"]
    assert [one["title"] for one in shown["folded"]] == ["Clear"]


def test_a_figure_of_somebody_else_says_whose_it_is() -> None:
    found = finding(figures=[figure(), figure(subject="GB-COH-2")])
    assert [one["whose"] for one in provider_view.finding_view(found, "GB-COH-1")["figures"]] == ["", "GB-COH-2"]


def test_limits_that_the_title_says_are_not_said_again() -> None:
    assert (
        provider_view.finding_view(finding("Low (watch: below 3)", threshold="watch: below 3"), "GB-COH-1")["limits"]
        == ""
    )
    assert (
        provider_view.finding_view(finding("Low", threshold="watch: below 3"), "GB-COH-1")["limits"] == "watch: below 3"
    )


def test_the_recommended_stage_comes_with_its_next_step_and_clocks() -> None:
    ladder = [
        {
            "key": "failing",
            "title": "Failing",
            "next_step": "Move people",
            "told": ["owner", "placing councils"],
            "clocks": [{"title": "Plan", "within": "10 days", "then": "it ends"}],
        }
    ]
    regime = {"title": "Care", "about": "Ours.", "ladder": ladder}
    told = [
        {"role": "owner", "name": "A Group", "identifier": "CW-OWNER-a", "not_known": ""},
        {"role": "placing councils", "name": "", "identifier": "", "not_known": "ask the home"},
    ]
    given = assessed(stage="failing", probability=0.2) | {"next": {"stage": "Failing", "step": "", "told": told}}
    shown = provider_view.verdict_view(given, regime, "GB-COH-1")
    assert shown["stage"] == {
        "title": "Failing",
        "next_step": "Move people",
        "told": "A Group (CW-OWNER-a), owner; placing councils: not known: ask the home",
        "clocks": ["Plan: within 10 days; then it ends"],
    }
    assert (shown["title"], shown["probability"]) == ("Care", "20 %")
    assert provider_view.verdict_view(assessed(), {}, "GB-COH-1")["stage"] is None


def test_who_can_step_in_is_always_shown() -> None:
    powers = finding("the council can step in", principle="external_powers", rule="powers")
    shown = provider_view.verdict_view(assessed(powers), {}, "GB-COH-1")["groups"][2]["principles"][0]
    assert (shown["notes"], shown["open"], shown["folded"]) == (["The council can step in."], [], [])


def link(relation: str = "buys_from", kind: str = "buyer", **fields: Any) -> dict[str, Any]:
    return {
        "subject": "CW-AREA-leeds",
        "subject_name": "Leeds",
        "relation": relation,
        "kind": kind,
        "object": "GB-COH-1",
        "object_name": "Alder",
        "since": None,
        "until": None,
        "known_on": "2019-04-01",
        "confidence": 1.0,
        "ended_on": None,
        "is_in_force": True,
        "reference": "",
        "value_gbp": None,
        "document": "c.json",
        "line": 3,
        "place": "",
        "is_recalled": False,
        **fields,
    }


@pytest.mark.parametrize(
    ("given", "title", "other"),
    [
        (link(), "Customers", "Leeds"),
        (link(kind="host_area"), "Stands in the area of", "Leeds"),
        (link(kind="regulator"), "Regulated by", "Leeds"),
        (link("owned_by", "", subject="GB-COH-1", object="CW-OWNER-a", object_name="A Group"), "Owned by", "A Group"),
        (link("owned_by", "", subject="GB-COH-9", subject_name="Home"), "Owns", "Home"),
        (
            link("same_as", "", subject="GB-COH-1", object="GB-COH-5", object_name="Elm", confidence=0.5),
            "Possibly the same as (matched by name; uncertain)",
            "Elm",
        ),
        (link(kind="host_area", ended_on="2020-03-31", is_in_force=False), "No longer: stands in the area of", "Leeds"),
        (link("succeeds", "", subject="GB-COH-1", object="GB-COH-0", object_name="Old"), "Succeeds", "Old"),
    ],
)
def test_links_are_read_from_the_providers_side(given: dict[str, Any], title: str, other: str) -> None:
    shown = provider_view.link_groups([given], "GB-COH-1", DAY)
    assert [(group["title"], group["links"][0]["name"]) for group in shown] == [(title, other)]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2019-04-01", "2022-03-31", "1 April 2019 to 31 March 2022"),
        ("2019-04-01", None, "since 1 April 2019"),
        (None, "2022-03-31", "until 31 March 2022"),
        (None, None, ""),
    ],
)
def test_a_link_says_for_how_long(since: str | None, until: str | None, expected: str) -> None:
    shown = provider_view.link_groups([link(since=since, until=until)], "GB-COH-1", DAY)
    assert shown[0]["links"][0]["period"] == expected


def test_a_link_that_a_list_ended_says_which_list_is_without() -> None:
    ended = link(kind="host_area", ended_on="2020-03-31", is_in_force=False)
    shown = provider_view.link_groups([ended], "GB-COH-1", DAY)
    assert shown[0]["links"][0]["period"] == "not on the list of 31 March 2020"


def test_an_unscorable_principle_and_its_findings_say_why() -> None:
    findings = [
        finding("Plan", status="missing", principle="support", unscorable_because="nothing_entered"),
        finding("Clock", status="clear", principle="support", unscorable_because="nothing_due"),
        finding("Help", status="missing", principle="support", unscorable_because="not_known"),
        finding("Notice", status="clear", principle="support"),
    ]
    told = assessed(*findings)
    told["principles"]["support"] |= {"level": "unscorable", "unscorable_because": "not_known"}
    shown = provider_view.verdict_view(told, {}, "GB-COH-1")
    support = next(one for group in shown["groups"] for one in group["principles"] if one["title"] == "Support")

    assert support["level"].word == "Unscorable: not known"
    assert {one["title"]: one["status_words"] for one in (*support["open"], *support["folded"])} == {
        "Plan": "nothing entered",
        "Clock": "nothing due",
        "Help": "not known",
        "Notice": "nothing to report",
    }
