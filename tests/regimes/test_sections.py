"""Sections that make a score: weighted means, points, counts of breaches; rounding, limits, grades."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.regimes.small import OURS
from tests.regimes.weighted import TWO, metric, regime


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"grades": []}, "'grades' is missing: a section with 'combine: weighted_mean' needs it"),
        ({"better": None}, "'better' is missing"),
        ({"better": "lower"}, "the levels of 'grades' do not get better that way"),
        ({"rules": [metric("cash") | {"optional_because": "x"}]}, "'cash' counts in the score and cannot be excused"),
        ({"rules": [metric("cash", worst=4)]}, "the scores of 'cash' do not get better with its levels"),
        ({"limits": [{"title": "x", "rule": "other", "no_better_than": 2, **OURS}]}, "unknown rule 'other'"),
        ({"limits": [{"title": "x", "no_better_than": 2, **OURS}]}, "write either 'rule' or 'any_score_at'"),
        ({"combine": "worst_of"}, "'better' belongs to a score"),
        ({"combine": "count_of_breaches"}, "breaches are counted as one each"),
        ({"rules": []}, "no rule has a score"),
    ],
)
def test_an_inconsistent_section_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as refused:
        regime(*change.pop("rules", TWO), **change)

    assert problem in str(refused.value)
