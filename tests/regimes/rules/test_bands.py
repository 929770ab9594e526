"""The rule ``bands``: a number falls into a band."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import (
    CURRENT_RATIO,
    END,
    NET_ASSETS,
    ONE,
    evaluated_findings,
    first_finding,
    ratio,
    small_regime,
)


@pytest.mark.parametrize(
    ("current_assets", "level", "words"),
    [
        (49.0, 3, "Current ratio 0.490 at 31 December 2020 (critical: up to 0.5)"),
        (50.0, 3, "Current ratio 0.500 at 31 December 2020 (critical: up to 0.5)"),
        (51.0, 1, "Current ratio 0.510 at 31 December 2020 (watch: above 0.5 and below 1)"),
        (99.9, 1, "Current ratio 0.999 at 31 December 2020 (watch: above 0.5 and below 1)"),
        (100.0, 0, "Current ratio 1.000 at 31 December 2020"),
        (250.0, 0, "Current ratio 2.500 at 31 December 2020"),
    ],
)
def test_a_number_has_the_level_of_its_band_and_each_edge_belongs_to_one(
    current_assets: float, level: int, words: str
) -> None:
    assert first_finding(CURRENT_RATIO, values=ratio(current_assets)) == ("met" if level else "clear", level, words)


def test_a_finding_carries_what_it_rests_on() -> None:
    finding = evaluated_findings(small_regime(CURRENT_RATIO), {ONE: {"name": "One"} | ratio(25.0)})[ONE, "liquidity"]

    assert finding["indicators"] == ["creditors_within_one_year", "current_assets"]
    assert finding["seqs"] == [2, 3]
    assert finding["value_number"] == 0.25
    assert finding["threshold"] == "critical: up to 0.5; watch: above 0.5 and below 1"
    assert (str(finding["period_end"]), str(finding["known_on"])) == ("2020-12-31", "2021-01-31")
    assert finding["source"] == "made up for a test"


def test_a_missing_figure_is_a_finding_with_its_name() -> None:
    values = {"current_assets": Known(50.0, END)}

    assert first_finding(CURRENT_RATIO, values=values) == (
        "missing",
        0,
        "Current ratio: not known (missing: Creditors due within one year)",
    )
    assert first_finding(NET_ASSETS, values={}) == ("missing", 0, "Net assets: not known")


def test_a_figure_in_another_currency_is_not_shown_in_pounds() -> None:
    with_unit = evaluated_findings(small_regime(), {ONE: {"name": "One", "net_assets": Known(-7.0, END, unit="USD")}})

    assert with_unit[ONE, "net_assets"]["title"] == "Net assets USD -7 at 31 December 2020 (concern: below £0)"


def test_growth_compares_periods_of_the_same_length() -> None:
    rule = {
        "key": "growth",
        "kind": "bands",
        "indicator": "turnover_growth",
        "better": "lower",
        "bands": [{"level": "none", "to": 0.3}, {"level": "watch", "above": 0.3}],
    }
    year = Known(150.0, END, period_start="2020-01-01")
    before = Known(100.0, "2019-12-31", period_start="2019-01-01")
    half = Known(100.0, "2019-12-31", period_start="2019-07-01")

    assert first_finding(rule, values={"turnover": [before, year]}) == (
        "met",
        1,
        "Growth of turnover in a year 50.0 % at 31 December 2020 (watch: above 30 %)",
    )
    assert first_finding(rule, values={"turnover": [half, year]})[0] == "missing"


def test_the_share_of_an_areas_places_and_the_contracts_in_force_are_facts_for_rules() -> None:
    share = {
        "key": "share",
        "kind": "bands",
        "title": "Share of the area",
        "expression": "area_share",
        "unit": "share",
        "better": "lower",
        "bands": [{"level": "none", "below": 0.5}, {"level": "watch", "from": 0.5}],
    }
    value = {
        "key": "value",
        "kind": "bands",
        "title": "Contracts",
        "expression": "contracts_value",
        "unit": "GBP",
        "better": "lower",
        "bands": [{"level": "none", "below": 100}, {"level": "watch", "from": 100}],
    }
    two = "GB-COH-00000002"
    findings = evaluated_findings(
        small_regime(share, value),
        {ONE: {"name": "One", "places": 3}, two: {"name": "Two", "places": 1}},
        areas={ONE: "CW-AREA-x", two: "CW-AREA-x"},
        contracts=[
            ("GB-LAE-1", ONE, "2020-01-01", "2022-01-01", 70.1),
            ("GB-LAE-2", ONE, "2021-03-31", "2021-03-31", 70.2),
            ("GB-LAE-1", ONE, "2019-01-01", "2021-03-30", 500.0),  # over
            ("GB-LAE-1", ONE, "2021-04-01", "2022-01-01", 500.0),  # not begun
        ],
    )

    assert findings[ONE, "share"]["title"] == "Share of the area 75.0 % (watch: from 50 %)"
    assert findings[two, "share"]["value_number"] == 0.25
    assert findings[ONE, "value"]["value_number"] == 140.3
    assert findings[two, "value"]["status"] == "missing"
