"""Figures among the figures of peers: percentiles, the smallest group with enough figures, groups in words."""

from typing import Any

import numpy as np
import pytest

from models.scoring import Peers
from queries.peer_comparison import _percentile, compare_with_peers, describe_peer_group
from tests.dashboard.presenters.builders import finding


@pytest.mark.parametrize(
    ("others", "value", "percentile"),
    [
        ([0.0] * 50 + [1.0] * 50, 0.0, 0),  # half have just as much: nobody has less than nothing
        ([0.0] * 50 + [1.0] * 50, 1.0, 50),
        ([0.0] * 30 + [1.0] * 60 + [2.0] * 10, 1.0, 30),
        ([float(number) for number in range(1000)], 2.0, 1),
        ([float(number) for number in range(1000)], 500.0, 50),
        ([float(number) for number in range(1000)], 998.0, 99),
        ([float(number) for number in range(1000)], 999.0, 100),
    ],
)
def test_a_percentile_counts_those_that_have_less_and_not_those_that_have_as_much(
    others: list[float], value: float, percentile: int
) -> None:
    points = [float(point) for point in np.quantile(others, [number / 100 for number in range(101)])]

    assert _percentile(points, value) == percentile


def spread(group: str, providers: int) -> Peers:
    quantiles = [float(number) for number in range(101)]
    return Peers(run_id=1, regime="care", peer_group=group, rule="Net assets", providers=providers, quantiles=quantiles)


def test_a_figure_is_compared_in_the_smallest_group_with_enough_figures() -> None:
    spreads = {"Net assets": [spread("charity; Income", 9), spread("charity", 10), spread("all", 100)]}
    comparison = compare_with_peers(spreads, finding(value=50.0))
    assert comparison == {"group": "charity", "providers": 10, "median": 50.0, "percentile": 49}


@pytest.mark.parametrize("value", [None, "Good", True])
def test_a_value_that_is_not_a_number_is_not_compared(value: Any) -> None:
    assert compare_with_peers({"Net assets": [spread("all", 100)]}, finding(value=value)) is None


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("care_group; Places from 10,000", "care groups; Places from 10,000"),
        ("Children's home", "Children's home"),
        ("Turnover from £1,000", "Turnover from £1,000"),
        ("all", "all providers under this regime"),
    ],
)
def test_a_group_is_said_in_words(group: str, words: str) -> None:
    assert describe_peer_group(group) == words
