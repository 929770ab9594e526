"""The parts that rules share: bands that cover every number once, thresholds, limits."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from regimes.rules.base import (
    Band,
    Bands,
    TimeThreshold,
    check_calendar_units,
    check_level_order,
    has_ordered_levels,
)

BANDS = TypeAdapter(Bands)
CONCERN, WATCH, NONE = (
    {"level": "concern", "below": 0},
    {"level": "watch", "from": 0, "to": 10},
    {"level": "none", "above": 10},
)


def test_bands_are_put_in_order() -> None:
    assert [band.level for band in BANDS.validate_python([NONE, CONCERN, WATCH])] == ["concern", "watch", "none"]


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        ([CONCERN, WATCH], "the bands leave a gap beyond the last"),
        ([WATCH, NONE], "the bands leave a gap below any"),
        ([CONCERN, NONE], "the bands leave a gap from 0 to 10"),
        ([CONCERN, {**WATCH, "from": -1}, NONE], "the bands 'concern' and 'watch' overlap"),
        ([CONCERN, WATCH, {"level": "none", "from": 10}], "the bands 'watch' and 'none' overlap at 10"),
        ([CONCERN, {"level": "none", "above": 0}], "the bands leave a gap at 0"),
        ([{"level": "watch", "from": 0, "above": 0}, NONE], "write 'from' .included. or 'above' .not included."),
        ([{"level": "watch", "above": 5, "to": 5}, NONE], "the band 'watch' has no number in it"),
    ],
)
def test_bands_that_leave_gaps_or_overlap_are_refused(bands: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        BANDS.validate_python(bands)


@pytest.mark.parametrize(("value", "has_value"), [(-0.1, False), (0, True), (10, True), (10.1, False)])
def test_from_and_to_include_their_number(value: float, has_value: bool) -> None:
    assert Band.model_validate(WATCH).has_value(value) is has_value


def test_above_and_below_do_not_include_their_number() -> None:
    assert not Band.model_validate(CONCERN).has_value(0)
    assert not Band.model_validate(NONE).has_value(10)


def test_levels_must_get_better_as_the_rule_says() -> None:
    bands = BANDS.validate_python([CONCERN, WATCH, NONE])
    check_level_order("higher", bands)
    assert not has_ordered_levels(bands, is_higher_better=False)
    with pytest.raises(ValueError, match="'better: lower' but the levels do not get better that way"):
        check_level_order("lower", bands)


def test_thresholds_count_no_working_days() -> None:
    days, working_days = (
        TimeThreshold.model_validate({"after": after, "level": "watch"}) for after in ("5 days", "5 working days")
    )
    check_calendar_units("old", (days,))
    with pytest.raises(ValueError, match="'old' counts days, weeks, months or years"):
        check_calendar_units("old", (days, working_days))
