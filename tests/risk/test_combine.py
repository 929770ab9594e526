"""Scores of rules become the score of a section: means, points, breaches, limits."""

from decimal import Decimal
from random import Random

import pytest

from models.vocabulary import Level
from tests.regimes.small import OURS
from tests.regimes.weighted import GRADES_DOWN, ONE_IS_BEST, TWO, metric, parts, regime, scored


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
