"""How far stored findings let a provider be judged, also those stored before they said so themselves."""

from typing import Any

import pytest

from models.vocabulary import Grounds, UnscorableReason
from risk.grounds import applied_share, grounds_of, unscorable_reason

EXCUSED = {"key": "x", "optional_because": "none is entered"}


def finding(status: str, **fields: Any) -> dict[str, Any]:
    return {"rule": "x", "status": status, "level": "none", "title": "X: not known; none is entered", **fields}


@pytest.mark.parametrize(
    ("status", "rule", "because"),
    [
        ("met", EXCUSED, None),
        ("clear", {}, None),
        ("missing", {}, "not_known"),
        ("missing", EXCUSED, "nothing_entered"),
        ("stale", EXCUSED, "not_known"),
        ("source", {}, "about_source"),
        ("not_applicable", {}, "nothing_due"),
    ],
)
def test_a_finding_stored_before_it_said_why_is_told_by_its_status(
    status: str, rule: dict[str, Any], because: str | None
) -> None:
    assert unscorable_reason(finding(status), rule) == because


@pytest.mark.parametrize("because", [*UnscorableReason, None])
def test_what_a_finding_says_itself_counts_whatever_its_words_and_its_rule(because: UnscorableReason | None) -> None:
    assert unscorable_reason(finding("missing", unscorable_because=because), EXCUSED) == because


def test_figures_too_old_of_many_are_about_the_source_but_clear_nobody() -> None:
    old = finding("stale", unscorable_because="about_source")
    assert grounds_of(old, {}) is Grounds.TOO_OLD_OF_MANY
    assert grounds_of(finding("source", unscorable_because="about_source"), {}) is Grounds.ABOUT_SOURCE


def test_only_what_had_to_be_known_is_counted() -> None:
    rules = {"x": EXCUSED}
    found = [
        finding("met"),
        finding("clear"),
        finding("stale"),
        finding("missing"),
        finding("not_applicable"),
        finding("source"),
        finding("missing", unscorable_because="not_known"),
        finding("clear", unscorable_because="nothing_due"),
        finding("stale", unscorable_because="about_source"),
    ]
    assert applied_share(found, rules) == (2, 4)
    assert applied_share([finding("missing")], rules) == (0, 0)
