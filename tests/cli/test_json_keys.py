"""The tables of JSON keys in the documentation have exactly the keys that the commands give."""

import os
import re
from collections.abc import Iterable
from typing import Any

import pytest

from settings import ROOT
from tests.extracts import COMPANY, DAY, GONE, WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)
TABLE = re.compile(r"^\*\*(.+?)\*\*.*:\n\n\| key \| type \| meaning \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", re.MULTILINE)


def documented_keys(page: str) -> dict[str, set[str]]:
    """Title of a table of keys to its keys."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return {
        title: {key for row in rows.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])}
        for title, rows in TABLE.findall(text)
    }


OPERATING, CASEWORK = documented_keys("operating.md"), documented_keys("casework.md")


def has_documented_keys(objects: Iterable[dict[str, Any]], title: str, *, optional: Iterable[str] = ()) -> bool:
    """Whether there are objects, and each has the keys of the table, with or without the optional ones."""
    found = list(objects)
    for keys in map(set, found):
        assert keys - set(optional) == OPERATING[title] - set(optional), title
    return bool(found)


def test_the_keys_of_a_watchlist_are_documented(continuity):
    watchlist = continuity("watchlist", "--as-of", DAY, "--format", "json").json
    assert has_documented_keys([watchlist], "Watchlist")
    assert has_documented_keys(watchlist["providers"], "Provider of a watchlist")


@pytest.mark.parametrize("provider", [COMPANY, PROVIDER])
def test_the_keys_of_an_explanation_are_documented(continuity, provider):
    explanation = continuity("explain", provider, "--as-of", DAY, "--history", "--format", "json").json
    assert has_documented_keys([explanation], "Explanation")
    assert has_documented_keys([explanation["unreadable"]], "Unreadable documents")
    assert has_documented_keys([explanation["casework"]], "Casework")
    assert has_documented_keys(explanation["links"], "Link")
    assert has_documented_keys(explanation["history"], "Period of a finding")
    regimes = explanation["regimes"]
    assert has_documented_keys(regimes, "Regime of an explanation")
    assert has_documented_keys((regime["made_of"] for regime in regimes), "Parts of a level")
    assert has_documented_keys((regime["completeness"] for regime in regimes), "Completeness")
    stages = [regime["next"] for regime in regimes if regime["next"]]
    assert has_documented_keys(stages, "Recommended stage")
    sections = [section for regime in regimes for section in regime["principles"].values()]
    assert has_documented_keys(sections, "Section")
    findings = [finding for section in sections for finding in section["findings"]]
    assert has_documented_keys(findings, "Finding", optional=["audiences"])
    assert has_documented_keys((figure for finding in findings for figure in finding["figures"]), "Figure")


def test_the_keys_of_a_home_and_of_one_that_left_are_documented(continuity):
    [regime] = continuity("explain", PROVIDER, "--as-of", DAY, "--format", "json").json["regimes"]
    assert has_documented_keys([regime["last_change"]], "Last change")
    assert has_documented_keys(regime["next"]["told"], "Body to be notified")
    gone = continuity("explain", home_number(GONE), "--as-of", DAY, "--format", "json").json
    assert has_documented_keys([gone["ended"]], "Ended coverage")
    assert has_documented_keys([gone["last_assessed"]], "Last assessment")


def test_the_keys_of_observations_and_documents_are_documented(continuity):
    assert has_documented_keys(
        continuity("observations", COMPANY, "--as-of", DAY, "--format", "json").json, "Observation"
    )
    [number, *_] = re.findall(r"'continuity document (\d+)'", continuity("explain", COMPANY, "--as-of", DAY).out)
    assert has_documented_keys([continuity("document", number, "--format", "json").json], "Document")


def test_the_keys_of_alerts_and_of_casework_on_a_page_are_documented(continuity, home):
    messages = continuity("alerts", "list", "--format", "json").json["messages"]  # as an operator, who may see them
    assert has_documented_keys(messages, "Message")
    for key, role in (("ann", "regulator"), ("ben", "official")):
        continuity("case", "person", "add", key, "--roles", role, "--audiences", "casework")
    os.environ["CONTINUITY_USER"] = "ann"
    continuity("case", "stage", PROVIDER, "failing", "--regime", "childrens_homes", "--text", "At the review")
    override = ("override", PROVIDER, "level", "watch", "--regime", "childrens_homes", "--until", "2 months")
    number = continuity("case", *override, "--text", "It was lifted").out.split()[0]
    os.environ["CONTINUITY_USER"] = "ben"
    assert continuity("case", "approve", number, "--text", "Seen the letter").err == ""
    casework = continuity("explain", PROVIDER, "--format", "json").json["casework"]
    assert has_documented_keys(casework["confirmed_stages"], "Confirmed stage")
    assert has_documented_keys(casework["overrides"], "Override")

    alerts = continuity("alerts", "list", "--format", "json").json
    assert has_documented_keys([alerts], "Alerts")
    assert has_documented_keys(alerts["escalations"], "Escalation")
    why = continuity("alerts", "why", PROVIDER, "--as-of", DAY, "--format", "json").json
    assert has_documented_keys([why], "Answer to why")
    assert has_documented_keys(why["answers"], "Answer")
    timeline = continuity("alerts", "timeline", PROVIDER, "--format", "json").json
    assert has_documented_keys([timeline], "Timeline")
    assert has_documented_keys(timeline["moments"], "Event")
    undone = continuity("alerts", "undone", "--format", "json").json
    assert has_documented_keys([undone], "Escalations without action")


def test_the_keys_of_casework_commands_are_documented(continuity, home):
    continuity("case", "person", "add", "ann", "--roles", "regulator", "--audiences", "casework")
    os.environ["CONTINUITY_USER"] = "ann"
    for on in ("2022-01-03", "2099-01-01"):
        begun = "2022-01-01" if on < "2099" else "2022-01-02"
        continuity("case", "duty", PROVIDER, "--title", "Visit", "--due", on, "--on", begun)
    [record, _] = continuity("case", "list", "--format", "json").json
    assert set(record) == CASEWORK["Record"]
    shown = continuity("case", "show", "1", "--format", "json").json
    assert set(shown) == CASEWORK["Record"] | CASEWORK["History"]
    assert set(shown["entries"][0]) == CASEWORK["Entry"]
    due = continuity("case", "due", "--days", "40000", "--format", "json").json
    assert set(due) == CASEWORK["Due dates"]
    assert set(due["due"][0]) == CASEWORK["Record"] | CASEWORK["Clock"]
    overdue = continuity("case", "lapsed", "--format", "json").json
    assert set(overdue) == CASEWORK["Overdue clocks"]
    assert set(overdue["lapsed"][0]) == CASEWORK["Record"] | CASEWORK["Clock"]
