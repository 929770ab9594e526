"""The watchlist made ready to be read: changes, filters, sentences, the file, what happened next."""

from datetime import date
from typing import Any

import pytest

from dashboard.presenters.watchlist_view import (
    WatchlistFilter,
    count_levels,
    describe_changes,
    describe_level_counts,
    export_rows,
    filter_rows,
    later_outcomes,
    level_change,
    main_reasons,
    table_view,
)
from models.vocabulary import Level, Principle
from queries.watchlist import Watchlist, WatchlistRow

DAY, BEFORE, LATER = date(2020, 6, 30), date(2020, 3, 31), [date(2020, 9, 30), date(2020, 12, 31)]


def row(name: str = "Alder", level: str = "watch", **fields: Any) -> WatchlistRow:
    return WatchlistRow(
        **{
            "id": f"GB-COH-{name.upper()}",
            "name": name,
            "regime": "care",
            "level": level,
            "rating": "Rated so",
            "is_official": False,
            "stage": "",
            "probability": None,
            "probability_reason": "none fitted",
            "principles": dict.fromkeys(map(str, Principle), "none"),
            "changed_from": level,
            **fields,
        }
    )


def listed(*rows: WatchlistRow, compared_with: date | None = BEFORE) -> Watchlist:
    return Watchlist(DAY, DAY, 7, compared_with, [], list(rows))


def found(title: str = "Rent not paid", level: str = "watch", **fields: Any) -> dict[str, Any]:
    return {
        "principle": "accountability",
        "rule": title,
        "title": title,
        "level": level,
        "status": "met",
        "seqs": [],
        "known_on": "2020-05-01",
        "is_recalled": False,
        **fields,
    }


def fact(indicator: str, known_on: str, period_end: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "subject": "GB-COH-ALDER",
        "indicator": indicator,
        "title": indicator,
        "known_on": known_on,
        "period_end": period_end,
        "verbatim": "said",
        "place": "",
        "is_recalled": False,
        **fields,
    }


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("watch", "watch", None),
        (None, "watch", ("+", "new here")),
        ("watch", "critical", ("▲", "was watch")),
        ("critical", "none", ("▼", "was critical")),
        ("unscorable", "none", ("↔", "was unscorable")),
        ("none", "unscorable", ("↔", "was none")),
    ],
)
def test_a_change_has_a_sign_and_words(was: str | None, now: str, expected: tuple[str, str] | None) -> None:
    said = level_change(row(level=now, changed_from=was), BEFORE)
    assert (said and (said["sign"], said["text"])) == expected


def test_on_the_first_scored_day_nobody_has_changed() -> None:
    assert level_change(row(changed_from=None), None) is None
    assert describe_changes(listed(row(changed_from=None), compared_with=None), 0) == "It is the first scored day."


def test_the_changes_of_a_day_in_a_sentence() -> None:
    rows = [row(changed_from="none"), row(changed_from="concern"), row(changed_from=None), row()]
    assert (
        describe_changes(listed(*rows), 2) == "Since 31 March 2020: 1 worse, 1 better, 1 new here, 2 no longer covered."
    )
    assert describe_changes(listed(row()), 0) == "Since 31 March 2020: no level changed."


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (WatchlistFilter(), ["Alder", "Birch & Sons"]),
        (WatchlistFilter(levels=frozenset({"none"})), ["Birch & Sons"]),
        (WatchlistFilter(text="  BIRCH &"), ["Birch & Sons"]),
        (WatchlistFilter(text="birch and sons"), ["Birch & Sons"]),
        (WatchlistFilter(text="\u00e0lder"), ["Alder"]),
        (WatchlistFilter(text="coh-alder"), ["Alder"]),
        (WatchlistFilter(text="."), []),
        (WatchlistFilter(only_changed=True), ["Alder"]),
        (WatchlistFilter(text="x"), []),
    ],
)
def test_filters_keep_the_order(choice: WatchlistFilter, names: list[str]) -> None:
    rows = [row(changed_from=None), row("Birch & Sons", "none")]
    assert [one.name for one in filter_rows(rows, choice)] == names


def test_levels_are_counted_worst_first() -> None:
    levels = count_levels([row(level="none"), row(level="critical"), row(level="none")])
    assert list(levels.items()) == [("critical", 1), ("concern", 0), ("watch", 0), ("unscorable", 0), ("none", 2)]
    assert describe_level_counts(levels) == "1 critical and 2 none"
    assert describe_level_counts(count_levels([])) == "no providers"


def test_why_are_the_worst_findings_of_risk_and_no_fact_twice() -> None:
    findings = [
        found("Nobody told", principle="external_powers", level="critical"),
        found("Chief executive left", seqs=[3]),
        found("Two warnings", "critical", seqs=[1, 2]),
        found("A warning", "concern", seqs=[1, 2]),
    ]
    assert [one["title"] for one in main_reasons("critical", findings)] == ["Two warnings", "Chief executive left"]


def test_why_of_an_unscorable_is_what_is_missing() -> None:
    findings = [found("Turnover: not known", "none", status="missing"), found("Old news", "none", status="clear")]
    assert [one["title"] for one in main_reasons(Level.UNSCORABLE, findings)] == ["Turnover: not known"]


def test_each_reason_for_no_probability_is_said_once() -> None:
    rows = [
        row(),
        row("Birch"),
        row("Cedar", probability=0.123, probability_reason="of leaving"),
        row("Elm", probability_reason=""),
    ]
    shown = table_view(listed(*rows), rows, {}, {"care": "Care companies"})
    assert [(one["probability"], one["note"]) for one in shown["rows"]] == [
        (None, 1),
        (None, 1),
        ("12 %", 2),
        (None, 3),
    ]
    assert [one["text"] for one in shown["reasons"]] == [
        "no probability: none fitted",
        "of leaving",
        "no probability: no reason is on record",
    ]


def test_the_strip_has_the_six_principles_by_risk_response_and_readiness() -> None:
    shown = table_view(listed(row()), [row(other_regimes={"small": "concern"})], {}, {"small": "Small firms"})
    assert [group["title"] for group in shown["groups"]] == ["Risk", "Response", "Readiness"]
    assert [mark["short"] for mark in shown["rows"][0]["strip"]] == ["acc", "evi", "sup", "con", "ext", "fle"]
    assert shown["rows"][0]["others"] == ["Small firms: concern"]
    assert shown["rows"][0]["address"] == "provider?id=GB-COH-ALDER&day=2020-06-30"


def test_an_unscorable_principle_says_why_on_the_strip_and_below_the_table() -> None:
    levels = dict.fromkeys(map(str, Principle), "unscorable") | {"accountability": "none"}
    because = {"support": "nothing_entered", "consequences": "nothing_due", "external_powers": "not_known"}
    shown = table_view(listed(row()), [row(principles=levels, unscorable_because=because)], {}, {})

    marks = {mark["short"]: (mark["level"].shape, mark["level"].word) for mark in shown["rows"][0]["strip"]}
    assert marks == {
        "acc": ("○", "None"),
        "sup": ("n/e", "Unscorable: nothing entered"),
        "con": ("-", "Unscorable: nothing due"),
        "ext": ("?", "Unscorable: not known"),
        "evi": ("?", "Unscorable"),
        "fle": ("?", "Unscorable"),
    }
    assert [reason.word for reason in shown["unscorable"]] == ["not known", "nothing entered", "nothing due"]
    assert table_view(listed(row()), [row()], {}, {})["unscorable"] == []


def test_an_unscorable_provider_is_listed_with_what_is_missing_or_too_old_and_not_with_what_is_excused() -> None:
    findings = [
        found("Warned", "none", status="missing", unscorable_because="nothing_entered"),
        found("Overall judgement", "none", status="stale", unscorable_because="not_known"),
        found("Net assets", "none", status="stale", unscorable_because="about_source"),
    ]
    assert [one["title"] for one in main_reasons("unscorable", findings)] == ["Overall judgement", "Net assets"]


def test_the_file_says_which_day_and_which_scoring() -> None:
    exported = export_rows(listed(row()), [row(unscorable_because={"support": "nothing_due"})])[0]
    assert exported["support_because"] == "nothing_due"
    assert exported["day"] == exported["scored_on"] == "2020-06-30"
    assert (exported["id"], exported["level"], exported["evidence"]) == ("GB-COH-ALDER", "watch", "none")


def test_what_happened_next_tells_the_end_the_worst_and_what_was_kept_quiet() -> None:
    levels = {"GB-COH-ALDER": [{"day": LATER[0], "level": Level.CRITICAL}, {"day": LATER[1], "level": Level.CRITICAL}]}
    facts = [
        fact("investigation_opened", "2020-09-01", "2020-05-15"),
        fact("outcome_failed", "2021-01-15", "2021-01-14"),
    ]
    told = later_outcomes(listed(row()), [row()], levels, facts, LATER)[0]
    assert told["worst"] == {"level": told["worst"]["level"], "day": "30 September 2020", "later": "3 months"}
    assert told["worst"]["level"].key == "critical"
    assert (told["outcome"]["word"], told["outcome"]["day"], told["outcome"]["later"]) == (
        "failed",
        "15 January 2021",
        "7 months",
    )
    assert [one["happened"] for one in told["kept_quiet"]] == ["15 May 2020"]
    assert told["gone"] is None


def test_a_level_that_did_not_rise_is_no_news() -> None:
    levels = {"GB-COH-ALDER": [{"day": day, "level": Level.WATCH} for day in LATER]}
    assert later_outcomes(listed(row()), [row()], levels, [], LATER) == []


def test_who_is_not_scored_any_more_and_without_an_outcome_is_said_to_be_gone() -> None:
    levels = {"GB-COH-ALDER": [{"day": LATER[0], "level": Level.WATCH}]}
    assert later_outcomes(listed(row()), [row()], levels, [], LATER)[0]["gone"]["day"] == "31 December 2020"


def test_those_that_ended_come_first_by_the_day_they_did() -> None:
    rows = [row("Alder"), row("Birch"), row("Cedar")]
    facts = [
        fact("outcome_survived", "2020-07-01"),
        fact("outcome_failed", "2021-01-15", subject="GB-COH-BIRCH"),
        fact("outcome_merged", "2020-10-01", subject="GB-COH-CEDAR"),
    ]
    told = later_outcomes(listed(*rows), rows, {}, facts, [])
    assert [one["name"] for one in told] == ["Cedar", "Birch", "Alder"]


def test_what_only_a_rule_moved_is_neither_worse_nor_better() -> None:
    by_rule = row(level="concern", changed_from="watch", causes=["rule"], because="the rule changed")
    by_data = row(level="concern", changed_from="watch", causes=["data", "time"])

    said = level_change(by_rule, BEFORE)
    assert said is not None
    assert (said["sign"], said["text"], said["because"]) == ("↔", "was watch: rule change", "the rule changed")
    assert (level_change(by_data, BEFORE) or {})["text"] == "was watch: new data, passing of time"
    assert (
        describe_changes(listed(by_rule, by_data), 0)
        == "Since 31 March 2020: 1 worse, 1 moved by a rule or model change."
    )
