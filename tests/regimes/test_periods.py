"""Figures of periods that are not a year, not a year apart, or not in one currency."""

from typing import Any

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import first_finding

CHANGE = {
    "key": "change",
    "kind": "bands",
    "indicator": "net_asset_change",
    "better": "higher",
    "bands": [{"level": "watch", "below": -0.5}, {"level": "none", "from": -0.5}],
}
MONTHS = {
    "key": "months",
    "kind": "bands",
    "title": "Months of spending covered",
    "unit": "months",
    "better": "higher",
    "expression": "cash / charity_expenditure * 12",
    "bands": [{"level": "concern", "below": 3}, {"level": "none", "from": 3}],
}
END = "2020-12-31"
KNOWN = "2021-01-31"
MISSING = "Change of net assets in a year: not known (missing: Net assets of the year before"


def net_assets(before: str, *, unit: str | None = None, newest_unit: str | None = None) -> dict[str, list[Known]]:
    return {"net_assets": [Known(1_000.0, before, KNOWN, unit=unit), Known(400.0, END, KNOWN, unit=newest_unit)]}


@pytest.mark.parametrize("before", ["2020-01-15", "2019-12-31", "2019-12-28", "2019-12-16"])
def test_year_ends_a_fortnight_from_a_year_apart_are_compared(before: str) -> None:
    assert first_finding(CHANGE, values=net_assets(before))[:2] == ("met", 1)


@pytest.mark.parametrize("before", ["2020-12-30", "2020-06-30", "2020-01-17", "2019-12-14", "2018-12-31", "2016-12-31"])
def test_a_balance_that_is_not_a_year_earlier_is_no_measure_of_a_year(before: str) -> None:
    status, _, title = first_finding(CHANGE, values=net_assets(before))

    assert status == "missing"
    assert title.startswith(f"{MISSING} (the figure before, at ")
    assert title.endswith(", is not a year earlier))")


def test_the_year_before_is_found_behind_a_balance_between() -> None:
    """A half-year's balance is newer than the one a year before; the change in a year is between the year ends."""
    balances = [Known(1_000.0, "2019-12-31", KNOWN), Known(500.0, "2020-06-30", KNOWN), Known(400.0, END, KNOWN)]

    assert first_finding(CHANGE, values={"net_assets": balances}) == (
        "met",
        1,
        "Change of net assets in a year -60.0 % at 31 December 2020 (watch: below -50 %)",
    )


def test_the_corrected_figure_of_the_year_before_counts() -> None:
    balances = [Known(1_000.0, "2019-12-31", "2020-06-01"), Known(400.0, END, KNOWN)]
    nearer = [Known(500.0, "2020-01-05", KNOWN), *balances]  # 361 days; the other is 366

    assert "-60.0 %" in first_finding(CHANGE, values={"net_assets": nearer})[2]


@pytest.mark.parametrize(("before", "newest"), [("USD", None), (None, "EUR"), ("EUR", "USD")])
def test_years_in_two_currencies_are_not_compared(before: str | None, newest: str | None) -> None:
    status, _, title = first_finding(CHANGE, values=net_assets("2019-12-31", unit=before, newest_unit=newest))

    assert status == "missing"
    assert title == f"{MISSING} (the figure before, at 31 December 2019, is in another currency))"


def test_years_in_one_foreign_currency_are_compared() -> None:
    assert first_finding(CHANGE, values=net_assets("2019-12-31", unit="USD", newest_unit="USD"))[:2] == ("met", 1)


def test_a_ratio_of_two_currencies_is_not_known() -> None:
    values = {"cash": Known(100.0, END, KNOWN, unit="USD"), "charity_expenditure": Known(400.0, END, KNOWN)}

    assert first_finding(MONTHS, values=values) == (
        "missing",
        0,
        "Months of spending covered: not known (missing: one unit: the figures are in different currencies)",
    )


def spending(start: str, end: str = END, *, amount: float = 4_800.0, cash: float = 1_200.0) -> dict[str, Any]:
    return {
        "cash": Known(cash, end, KNOWN),
        "charity_expenditure": Known(amount, end, KNOWN, period_start=start),
    }


@pytest.mark.parametrize(
    ("start", "months", "note"),
    [
        ("2020-01-01", "3.0", ""),
        ("2019-12-30", "3.0", ""),  # 53 weeks
        ("2020-04-01", "2.3", " (from 9 months, scaled to a year)"),
        ("2019-07-01", "4.5", " (from 18 months, scaled to a year)"),
    ],
)
def test_spending_of_a_short_or_long_period_counts_as_that_of_a_year(start: str, months: str, note: str) -> None:
    title = first_finding(MONTHS, values=spending(start))[2]

    assert title.removesuffix(" (concern: below 3 months)") == (
        f"Months of spending covered {months} months at 31 December 2020{note}"
    )


@pytest.mark.parametrize("start", ["2020-10-01", "2018-12-31"])
def test_a_period_that_no_accounts_may_have_is_left_out(start: str) -> None:
    assert first_finding(MONTHS, values=spending(start)) == (
        "missing",
        0,
        "Months of spending covered: not known (missing: a period of six to eighteen months)",
    )


def test_a_ratio_of_one_period_is_the_same_whatever_its_length() -> None:
    margin = {
        "key": "margin",
        "kind": "bands",
        "indicator": "operating_margin",
        "better": "higher",
        "bands": [{"level": "watch", "below": 0.1}, {"level": "none", "from": 0.1}],
    }
    figures = {"operating_profit": 5.0, "turnover": 100.0}
    values = {name: Known(value, END, KNOWN, period_start="2020-10-01") for name, value in figures.items()}

    assert first_finding(margin, values=values) == (
        "met",
        1,
        "Operating margin 5.0 % at 31 December 2020 (watch: below 10 %)",
    )


def test_a_condition_and_the_question_whether_a_rule_applies_are_of_a_year_too() -> None:
    rule = {
        "key": "large",
        "kind": "condition",
        "title": "More than 500 spent",
        "when": "charity_expenditure > 500",
        "level": "watch",
    }
    long = {"charity_expenditure": Known(700.0, END, KNOWN, period_start="2019-07-01")}

    status, _, title = first_finding(rule, values=long)
    assert status == "clear"
    assert title.endswith(" (from 18 months, scaled to a year)")
    assert first_finding(CHANGE | {"applies_when": "charity_expenditure > 500"}, values=long)[0] == "not_applicable"


def test_long_periods_that_overlap_are_not_compared() -> None:
    growth = {
        "key": "growth",
        "kind": "bands",
        "indicator": "turnover_growth",
        "better": "lower",
        "bands": [{"level": "none", "to": 0.3}, {"level": "watch", "above": 0.3}],
    }
    long = [
        Known(100.0, "2019-12-31", KNOWN, period_start="2018-07-01"),
        Known(150.0, END, KNOWN, period_start="2019-07-01"),
    ]

    status, _, title = first_finding(growth, values={"turnover": long})
    assert status == "missing"
    assert title.endswith("(the figure before, at 31 December 2019, is of a period that overlaps))")
