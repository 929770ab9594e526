"""Why a verdict is another than before, told from two sets of findings."""

from datetime import date
from typing import Any

import pytest

from alerts.escalation.change_causes import (
    Causes,
    ChangeCause,
    LevelWithFindings,
    RunDifferences,
    Versions,
    find_causes,
    stored_causes,
)
from models.vocabulary import Level
from tests.alerts.scenes import finding

DAY = date(2024, 1, 2)
DATA, RULE, MODEL, TIME, SERVICE = ChangeCause
SAME = RunDifferences(since=DAY, upto_seq=100)
GRADE, SHARE = ("accountability", "grade"), ("evidence", "share")
OTHER_VERSION = RunDifferences(since=DAY, upto_seq=100, versions=Versions("1", "2"), changed_rules=frozenset({GRADE}))


def one(level: Level, seqs: list[int], rule: str = "grade", **more: Any) -> dict[str, Any]:
    """A finding of a rule."""
    return finding(rule, level, rule=rule, seqs=seqs, status="met" if level.rank else "clear", **more)


def judged(level: Level, *findings: dict[str, Any]) -> LevelWithFindings:
    return LevelWithFindings(level, findings)


BEFORE = judged(Level.WATCH, one(Level.WATCH, [7]))


@pytest.mark.parametrize(
    ("now", "apart", "expected"),
    [
        pytest.param(one(Level.CONCERN, [101]), SAME, {DATA}, id="a row that the ledger did not have"),
        pytest.param(
            one(Level.CONCERN, [8], known_on="2024-01-03"), SAME, {DATA}, id="a row that nobody could know on that day"
        ),
        pytest.param(one(Level.CONCERN, [7]), SAME, {TIME}, id="the same row on a later day"),
        pytest.param(
            one(Level.CONCERN, [7, 8], known_on="2024-01-01"), SAME, {TIME}, id="an old event came into its window"
        ),
        pytest.param(one(Level.CONCERN, [7]), OTHER_VERSION, {RULE}, id="the same row, another rule"),
        pytest.param(
            one(Level.CONCERN, [8], known_on="2024-01-01"), OTHER_VERSION, {RULE}, id="the rule reads other old rows"
        ),
        pytest.param(one(Level.CONCERN, [101]), OTHER_VERSION, {DATA, RULE}, id="another row, another rule"),
        pytest.param(
            one(Level.CONCERN, [7]),
            RunDifferences(since=DAY, upto_seq=100, versions=Versions("1", "2")),
            {TIME},
            id="another version with the same rule",
        ),
        pytest.param(
            one(Level.CONCERN, [7]),
            RunDifferences(since=DAY, upto_seq=100, has_other_model=True, model_rules=frozenset({GRADE})),
            {MODEL},
            id="another model",
        ),
        pytest.param(
            one(Level.CONCERN, [101]),
            RunDifferences(since=DAY, upto_seq=100, has_other_model=True),
            {DATA},
            id="another model that the rule does not read",
        ),
        pytest.param(
            one(Level.CONCERN, [7]),
            RunDifferences(since=DAY, upto_seq=100, comparing_rules=frozenset({GRADE})),
            {DATA},
            id="others have other figures",
        ),
        pytest.param(
            one(Level.CONCERN, [7]),
            RunDifferences(since=DAY, upto_seq=100, has_other_service=True),
            {TIME, SERVICE},
            id="the service was updated, or time went by",
        ),
    ],
)
def test_a_level_rises_because_of(now: dict[str, Any], apart: RunDifferences, expected: set[ChangeCause]) -> None:
    assert find_causes(BEFORE, judged(Level.CONCERN, now), apart).causes == expected


def test_a_row_that_was_withdrawn_is_new_data_and_one_that_is_too_old_is_time() -> None:
    before, now = judged(Level.CONCERN, one(Level.CONCERN, [7])), judged(Level.NONE, one(Level.NONE, []))

    assert find_causes(before, now, SAME, withdrawn={7}).causes == {DATA}
    assert find_causes(before, now, SAME).causes == {TIME}


def test_a_figure_that_becomes_known_and_is_well_is_new_data_whatever_its_rule() -> None:
    before = judged(Level.UNSCORABLE, finding("grade", Level.NONE, rule="grade", status="missing"))

    assert find_causes(before, judged(Level.NONE, one(Level.NONE, [101])), OTHER_VERSION).causes == {DATA}
    assert find_causes(before, judged(Level.WATCH, one(Level.WATCH, [101])), OTHER_VERSION).causes == {DATA, RULE}


def test_only_rules_that_cross_the_level_are_its_causes() -> None:
    """The grade rises to concern by the rule; that something else is watched since that day moves nothing."""
    before = judged(Level.WATCH, one(Level.WATCH, [7]), one(Level.NONE, [8], rule="visit"))
    now = judged(Level.CONCERN, one(Level.CONCERN, [7]), one(Level.WATCH, [101], rule="visit"))

    assert find_causes(before, now, OTHER_VERSION).causes == {RULE}


def test_a_level_comes_down_because_of_every_rule_that_held_it_up() -> None:
    before = judged(Level.CONCERN, one(Level.CONCERN, [7]), one(Level.CONCERN, [8], rule="visit"))
    now = judged(Level.WATCH, one(Level.WATCH, [7]), one(Level.NONE, [101], rule="visit"))

    assert find_causes(before, now, OTHER_VERSION).causes == {RULE, DATA}


def test_a_share_of_other_findings_has_their_causes() -> None:
    counting = RunDifferences(since=DAY, upto_seq=100, counting_rules=frozenset({SHARE}))
    share = {"rule": "share", "principle": "evidence"}
    before = judged(Level.NONE, one(Level.NONE, [7]), one(Level.NONE, [], **share))
    now = judged(
        Level.WATCH, finding("grade", Level.NONE, rule="grade", status="stale", seqs=[7]), one(Level.WATCH, [], **share)
    )

    assert find_causes(before, now, counting).causes == {TIME}


def test_other_caps_move_a_level_whose_findings_are_the_same() -> None:
    apart = RunDifferences(since=DAY, upto_seq=100, versions=Versions("1", "2"), has_other_combination=True)
    found = find_causes(BEFORE, judged(Level.NONE, one(Level.WATCH, [7])), apart)

    assert found == Causes(frozenset({RULE}), Versions("1", "2"))
    assert found.is_rule_alone


def test_who_is_covered_only_since_now_is_so_by_the_rule_or_by_the_register() -> None:
    other_cover = RunDifferences(since=DAY, upto_seq=100, versions=Versions("1", "2"), has_other_coverage=True)

    assert find_causes(None, BEFORE, SAME).causes == {DATA}
    assert find_causes(None, BEFORE, other_cover).causes == {RULE}
    assert find_causes(None, judged(Level.WATCH, one(Level.WATCH, [101])), other_cover).causes == {DATA, RULE}
    assert find_causes(BEFORE, None, other_cover).causes == {RULE}


def test_scores_that_add_up_have_every_part_that_moved_for_a_cause() -> None:
    before = judged(
        Level.WATCH, one(Level.NONE, [7], contribution=1.0), one(Level.NONE, [8], "visit", contribution=1.0)
    )
    now = judged(Level.CONCERN, one(Level.NONE, [7], contribution=2.0), one(Level.NONE, [101], "visit", contribution=3))

    assert find_causes(before, now, OTHER_VERSION).causes == {DATA, RULE}


@pytest.mark.parametrize(
    ("causes", "words"),
    [
        ({DATA}, "of new data"),
        ({TIME, DATA}, "of new data and because time went by"),
        ({RULE}, "the rule changed (homes version 1 to 2), not because of new data"),
        ({MODEL}, "the failure model changed, not because of new data"),
        (
            {RULE, DATA, TIME},
            "of new data, because the rule changed (homes version 1 to 2) and because time went by",
        ),
        (set(), ""),
    ],
)
def test_causes_in_words(causes: set[ChangeCause], words: str) -> None:
    versions = Versions("1", "2") if RULE in causes else None
    found = Causes(frozenset(causes), versions)

    assert found.because_clause("homes") == words
    assert stored_causes(found.stored_text, *(versions or ("", ""))) == found
