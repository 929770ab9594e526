"""Sections that make a score: weighted means, points, counts of breaches; rounding, limits, grades."""

import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from models.vocabulary import Level
from regimes.schema import Regime
from risk.score import Verdict, assess_providers
from tests.regimes.builder import Known, reading
from tests.regimes.small import OURS, small_regime

END = "2020-12-31"
FOUR = {"4": "none", "3": "watch", "2": "concern", "1": "critical"}
GRADES_UP = [
    {"rating": "4", "level": "none", "from": 4},
    {"rating": "3", "level": "watch", "from": 3, "below": 4},
    {"rating": "2", "level": "concern", "from": 2, "below": 3},
    {"rating": "1", "level": "critical", "below": 2},
]
ONE_IS_BEST = {"1": "none", "2": "watch", "3": "concern", "4": "critical"}
GRADES_DOWN = [
    {"rating": "1", "level": "none", "below": 2},
    {"rating": "2", "level": "watch", "from": 2, "below": 3},
    {"rating": "3", "level": "concern", "from": 3, "below": 4},
    {"rating": "4", "level": "critical", "from": 4},
]


def metric(indicator: str, *, weight: float | None = None, worst: int = 1) -> dict[str, Any]:
    """A rule by which 0, -1, -2 and -3 count 4, 3, 2 and 1; or 1, 2, 3 and 4 where 4 is the worst."""
    scores = (1, 2, 3, 4) if worst == 1 else (4, 3, 2, 1)
    levels = ("critical", None, -2), ("concern", -2, -1), ("watch", -1, 0), ("none", 0, None)
    bands = [
        {"level": level, "score": score} | {n: e for n, e in (("from", low), ("below", high)) if e is not None}
        for score, (level, low, high) in zip(scores, levels, strict=True)
    ]
    rule = {"key": indicator, "kind": "bands", "indicator": indicator, "better": "higher", "bands": bands, **OURS}
    return rule | ({"weight": weight} if weight else {})


def regime(*rules: dict[str, Any], levels: dict[str, str] = FOUR, **section: Any) -> Regime:
    made = {"combine": "weighted_mean", "better": "higher", "grades": GRADES_UP, "rules": rules, **OURS} | section
    principles = small_regime().principles.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return small_regime(principles={**principles, "accountability": made}, levels=levels)


def scored(rules: Regime, **values: float) -> Verdict:
    with reading({"GB-COH-1": {"name": "x"} | {key: Known(value, END) for key, value in values.items()}}) as known:
        return assess_providers(known, [rules]).verdicts[0]


def parts(verdict: Verdict) -> list[tuple[float, float, float]]:
    """Weight, score and contribution of each rule that counts."""
    rows = json.loads(verdict.findings)
    return [(row["weight"], row["score"], row["contribution"]) for row in rows if row["weight"] is not None]


TWO = metric("net_assets"), metric("turnover")


@pytest.mark.parametrize(
    ("rounding", "rating"), [("up", "4"), ("down", "3"), ("half_up", "4"), ("half_even", "4"), ("none", "3")]
)
def test_a_mean_of_three_and_a_half_is_rounded_as_the_regime_says(rounding: str, rating: str) -> None:
    verdict = scored(regime(*TWO, rounding=rounding), net_assets=0, turnover=-1)

    assert verdict.rating == rating
    assert parts(verdict) == [(1.0, 4.0, 2.0), (1.0, 3.0, 1.5)]


def test_half_even_rounds_two_and_a_half_down_and_half_up_does_not() -> None:
    assert scored(regime(*TWO, rounding="half_even"), net_assets=-1, turnover=-2).rating == "2"
    assert scored(regime(*TWO, rounding="half_up"), net_assets=-1, turnover=-2).rating == "3"


def test_weights_weigh() -> None:
    rules = metric("net_assets", weight=0.75), metric("turnover", weight=0.25)

    assert parts(scored(regime(*rules), net_assets=0, turnover=-3)) == [(0.75, 4.0, 3.0), (0.25, 1.0, 0.25)]


def test_contributions_add_up_to_the_score_exactly_whatever_the_weights() -> None:
    any_ = Random(20261123)
    for _ in range(20):
        keys = ("net_assets", "turnover", "cash", "stocks", "debtors")
        weights = [round(any_.uniform(0.01, 1), 3) for _ in keys]
        values = {key: any_.choice((0, -1, -2, -3)) for key in keys}
        contributions = parts(
            scored(regime(*(metric(k, weight=w) for k, w in zip(keys, weights, strict=True))), **values)
        )
        mean = sum(Decimal(str(w)) * (values[k] + 4) for k, w in zip(keys, weights, strict=True))
        whole = round(mean / sum(map(Decimal, map(str, weights))), 6)
        assert abs(sum(Decimal(str(part)) for _, _, part in contributions) - whole) <= Decimal("0.000001")


def test_thirds_add_up_to_a_whole() -> None:
    rules = [metric(key) for key in ("net_assets", "turnover", "cash")]
    verdict = scored(regime(*rules, rounding="down"), net_assets=0, turnover=0, cash=-3)

    assert sum(Decimal(str(part)) for _, _, part in parts(verdict)) == 3
    assert verdict.rating == "3"


def test_a_scale_may_have_one_as_its_best() -> None:
    rules = [metric(key, worst=4) for key in ("net_assets", "turnover")]
    made = regime(*rules, better="lower", grades=GRADES_DOWN, levels=ONE_IS_BEST)

    assert [scored(made, net_assets=v, turnover=v).rating for v in (0, -1, -2, -3)] == ["1", "2", "3", "4"]


def test_one_metric_at_the_worst_caps_the_whole() -> None:
    """Risk assessment framework, 2015: any metric at 1 caps the rating at 2."""
    cap = {"title": "Any metric at 1", "any_score_at": 1, "no_better_than": 2, **OURS}
    four = [metric(key) for key in ("net_assets", "turnover", "cash", "stocks")]
    values = {"net_assets": 0, "turnover": 0, "cash": 0}

    assert scored(regime(*four, limits=[cap]), **values, stocks=-2).rating == "3"
    assert scored(regime(*four, limits=[cap]), **values, stocks=-3).rating == "2"


def test_a_named_override_is_met_by_a_rule() -> None:
    refused = {
        "key": "refused",
        "kind": "condition",
        "title": "Refused",
        "when": "is_dormant",
        "level": "watch",
        **OURS,
    }
    limit = {"title": "Control total refused", "rule": "refused", "no_better_than": 2, **OURS}
    made = regime(*TWO, refused, limits=[limit])

    assert scored(made, net_assets=0, turnover=0, is_dormant=False).rating == "4"
    assert scored(made, net_assets=0, turnover=0, is_dormant=True).rating == "2"


def test_a_rule_without_a_score_still_raises_the_level_itself() -> None:
    alarm = {"key": "alarm", "kind": "condition", "title": "Alarm", "when": "is_dormant", "level": "critical", **OURS}
    verdict = scored(regime(*TWO, alarm), net_assets=0, turnover=0, is_dormant=True)

    assert (verdict.level, verdict.rating) == (Level.CRITICAL, "1")


def test_what_is_missing_counts_its_best_and_leaves_the_rest_unscorable() -> None:
    assert scored(regime(*TWO), net_assets=0).level is Level.UNSCORABLE
    assert scored(regime(*TWO), net_assets=-3).level is Level.CONCERN  # 2.5 at the very best
    assert parts(scored(regime(*TWO), net_assets=-3)) == [(1.0, 1.0, 0.5), (1.0, None, 2.0)]


def test_points_are_added_up() -> None:
    """Two measures of 1 to 4 points each."""
    grades = [
        {"rating": "Good", "level": "none", "from": 7},
        {"rating": "Fair", "level": "watch", "from": 5, "below": 7},
        {"rating": "Weak", "level": "concern", "from": 4, "below": 5},
        {"rating": "Failing", "level": "critical", "below": 4},
    ]
    words = {"Good": "none", "Fair": "watch", "Weak": "concern", "Failing": "critical"}
    made = regime(*TWO, combine="points", grades=grades, levels=words)

    assert [scored(made, net_assets=v, turnover=0).rating for v in (0, -1, -2, -3)] == ["Good", "Good", "Fair", "Fair"]
    assert scored(made, net_assets=-3, turnover=-3).rating == "Failing"


def test_breaches_are_counted() -> None:
    plain = [
        {
            "key": key,
            "kind": "bands",
            "indicator": key,
            "better": "higher",
            **OURS,
            "bands": [{"level": "concern", "below": 0}, {"level": "none", "from": 0}],
        }
        for key in ("net_assets", "turnover", "cash")
    ]
    grades = [
        {"rating": "No breach", "level": "none", "below": 1},
        {"rating": "One", "level": "watch", "from": 1, "below": 2},
        {"rating": "Two", "level": "concern", "from": 2, "below": 3},
        {"rating": "More", "level": "critical", "from": 3},
    ]
    words = {"No breach": "none", "One": "watch", "Two": "concern", "More": "critical"}
    made = regime(*plain, combine="count_of_breaches", better="lower", grades=grades, levels=words)

    ratings = [
        scored(made, net_assets=a, turnover=b, cash=c).rating
        for a, b, c in ((1, 1, 1), (-1, 1, 1), (-1, -1, 1), (-1, -1, -1))
    ]
    assert ratings == ["No breach", "One", "Two", "More"]
    assert scored(made, net_assets=-1, turnover=-1).rating == "Two"  # two at least, whatever the third
    assert scored(made, net_assets=1, turnover=1).level is Level.UNSCORABLE


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
