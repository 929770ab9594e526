"""The message about new versions of regimes."""

from dataclasses import replace
from datetime import date

from alerts.escalation.change_causes import Versions
from alerts.message.regime_change_text import compose_regime_changes
from alerts.message.regime_changes import MovedProvider, RegimeChange
from models.vocabulary import Level

DAY = date(2024, 1, 9)
WATCH, CONCERN, CRITICAL = Level.WATCH, Level.CONCERN, Level.CRITICAL
CHANGE = RegimeChange(
    regime="homes",
    title="Children's homes",
    versions=Versions("1", "2"),
    changed_rules=("late (accountability)",),
    added_rules=(),
    removed_rules=("old (evidence)",),
    other_parts=("stages and clocks",),
    level_moves={(WATCH, CONCERN): 3, (CONCERN, CRITICAL): 1, (CONCERN, WATCH): 2},
    mixed_moves=4,
    examples=(MovedProvider("GB-COH-1", "Sunny *House*", CONCERN, CRITICAL),),
)
QUIET = replace(CHANGE, changed_rules=(), removed_rules=(), other_parts=(), level_moves={}, mixed_moves=0, examples=())


def test_the_subject_counts_the_providers_of_all_regimes() -> None:
    subject = compose_regime_changes([CHANGE, QUIET], DAY, "http://localhost").subject
    assert subject == "Rule change: homes version 1 to 2 and 1 more, 6 providers move, 9 January 2024"


def test_the_rules_and_the_moves_are_listed_worst_first() -> None:
    body = compose_regime_changes([CHANGE], DAY, "http://localhost/").body
    assert "Rules changed: late (accountability). Rules removed: old (evidence)." in body
    assert "Also changed: stages and clocks." in body
    assert "6 providers move because of this alone: 4 to a worse level, 2 to a better one." in body
    moves = [line for line in body.splitlines() if " from " in line and line.startswith("- ")]
    assert moves == ["- 1 from concern to critical", "- 3 from watch to concern", "- 2 from concern to watch"]
    assert "4 more moved because of this and something else" in body
    assert body.endswith("(http://localhost/)\n")


def test_a_name_brings_no_markup_of_its_own() -> None:
    assert r"Sunny \*House\*" in compose_regime_changes([CHANGE], DAY, "http://localhost").body


def test_a_version_that_moves_nobody_is_said_so() -> None:
    text = compose_regime_changes([QUIET], DAY, "http://localhost")
    assert "0 providers move" in text.subject
    assert "No rule changed." in text.body
    assert "No provider moves because of this alone." in text.body
    assert "Among them" not in text.body
