"""The changes between two runs, in words and as JSON."""

from dataclasses import replace
from datetime import date

from hindsight.attribution import Attribution, NumberChange, VerdictChange
from hindsight.attribution_report import attribution_json, describe_change
from models.scoring import Run
from models.vocabulary import Level

UNCHANGED = NumberChange(None, None, {"data": None, "regime": None, "model": None}, {})
WATCH, CONCERN = Level.WATCH, Level.CONCERN
RAISED = VerdictChange(
    "GB-COH-1",
    "care",
    (WATCH, CONCERN, CONCERN, CONCERN),
    {"data": CONCERN, "regime": WATCH, "model": WATCH},
    {"data": ("net_assets",), "regime": (), "model": ()},
    UNCHANGED,
    {},
    (WATCH, CONCERN),
)


def test_a_change_names_its_cause_and_the_rules() -> None:
    assert describe_change(RAISED) == ["care: watch -> concern", "  new data: watch -> concern (net_assets)"]


def test_a_changed_rule_that_moves_no_level_is_named() -> None:
    change = replace(RAISED, levels=(WATCH,) * 4, levels_alone={}, stored_levels=(WATCH, WATCH))
    assert describe_change(change) == ["care: watch, as before", "  new data: level as before (net_assets)"]


def test_a_provider_that_is_no_longer_covered_is_said_so() -> None:
    change = replace(
        RAISED,
        levels=(WATCH, WATCH, None, None),
        levels_alone={"data": WATCH, "regime": None, "model": WATCH},
        rules={"data": (), "regime": ("covers",), "model": ()},
        stored_levels=(WATCH, None),
    )
    assert describe_change(change)[:2] == [
        "care: watch -> not covered",
        "  regime version: watch -> not covered (coverage)",
    ]


def test_levels_that_the_runs_gave_themselves_are_said_if_they_differ() -> None:
    change = replace(RAISED, stored_levels=(WATCH, Level.CRITICAL))
    assert describe_change(change)[-1] == "  the runs themselves said watch, then critical"


def test_a_number_is_split_by_cause() -> None:
    split = NumberChange(
        0.1, 0.25, {"data": 0.1, "regime": 0.0, "model": 0.05}, {"data": 0.1, "regime": 0.0, "model": 0.05}
    )
    assert describe_change(replace(RAISED, probability=split))[-1] == (
        "  probability: 0.1 -> 0.25 (new data +0.1, model version +0.05)"
    )


def test_json_has_the_level_after_each_cause() -> None:
    before, after = (Run(id=number, day=date(2024, number, 1), code_version="test") for number in (1, 2))
    document = attribution_json(Attribution(before, after, [RAISED], ["a note"]))
    assert document["since"] == {"run": 1, "day": "2024-01-01"}
    assert document["notes"] == ["a note"]
    [regime] = document["regimes"]
    assert regime["level"]["steps"] == {"data": CONCERN, "regime": CONCERN, "model": CONCERN}
    assert regime["rules"] == {"data": ["net_assets"], "regime": [], "model": []}
