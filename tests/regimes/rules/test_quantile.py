"""The rule ``quantile``: the place of a number among those of all providers."""

from tests.regimes.builder import Known
from tests.regimes.small import evaluated_findings, small_regime

END = "2020-12-31"


QUARTILES = {
    "key": "place",
    "kind": "quantile",
    "indicator": "net_assets",
    "better": "higher",
    "at_least": 4,
    "bands": [
        {"level": "none", "below": 0.5},
        {"level": "watch", "from": 0.5, "below": 0.75},
        {"level": "concern", "from": 0.75},
    ],
}


def placed(*values: float | None) -> list[tuple[str, int]]:
    """Status and level of companies with these net assets, in their order."""
    subjects = {
        f"GB-COH-{n}": {"name": "x"} | ({} if value is None else {"net_assets": Known(value, END)})
        for n, value in enumerate(values)
    }
    rows = evaluated_findings(small_regime(QUARTILES), subjects)
    return [(rows[key, "place"]["status"], rows[key, "place"]["level"]) for key in subjects]


def test_a_quantile_is_a_place_among_all_the_worst_last() -> None:
    assert placed(50, 40, 30, 20, 10) == [("clear", 0), ("clear", 0), ("met", 1), ("met", 2), ("met", 2)]


def test_equals_share_the_better_place() -> None:
    assert placed(50, 10, 10, 10, 10) == [("clear", 0)] * 5


def test_a_provider_without_a_figure_has_no_place_and_takes_none() -> None:
    assert placed(50, None, 30, 20, 10)[1] == ("missing", 0)
    assert placed(50, None, 30, 20, 10) == [("clear", 0), ("missing", 0), ("clear", 0), ("met", 1), ("met", 2)]


def test_a_place_among_few_says_nothing() -> None:
    assert placed(50, 40, 10) == [("not_applicable", 0)] * 3


def test_a_quantile_says_the_figure_and_the_place() -> None:
    rows = evaluated_findings(
        small_regime(QUARTILES), {f"GB-COH-{n}": {"name": "x", "net_assets": Known(n, END)} for n in range(5)}
    )

    assert rows["GB-COH-0", "place"]["title"] == "Net assets £0, worse than 100.0 % of 5 (concern: from 75 %)"
