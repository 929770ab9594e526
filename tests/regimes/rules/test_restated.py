"""The rule ``restated``: what was first said of a period, and what is said of it now."""

from typing import Any

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import ONE, evaluated_findings, first_finding, small_regime

END, FIRST, THEN = "2019-12-31", "2020-03-04", "2020-12-01"
RESTATED = {
    "key": "restated",
    "kind": "restated",
    "title": "Restated",
    "indicators": ["profit_before_tax", "net_debt", "credit_rating"],
    "by": 0.05,
    "within": "12 months",
    "bands": [{"level": "none", "below": 1}, {"level": "watch", "from": 1, "to": 2}, {"level": "concern", "above": 2}],
}
FOR_THE_WORSE = RESTATED | {"worse_only": True, "stale_after": "2 years"}


def said(first: Any, then: Any, *, on: str = THEN, start: str | None = "2019-01-01", **more: Any) -> list[Known]:
    """A value of 2019 and what is said of it later."""
    return [Known(value, END, day, start, **more) for value, day in ((first, FIRST), (then, on))]


def test_a_title_names_both_values_and_days_of_a_restatement() -> None:
    assert first_finding(RESTATED, values={"profit_before_tax": said(147e6, -2e6)}) == (
        "met",
        1,
        "Restated: Profit before tax of the year to 31 December 2019 first given as £147,000,000, "
        "now as -£2,000,000, restated on 1 December 2020 (watch: from 1 and up to 2)",
    )


def test_a_figure_of_a_day_and_one_of_half_a_year_say_so() -> None:
    day, half = said(100, 50, start=None), said(100, 50, start="2019-07-01")

    assert (
        "Profit before tax at 31 December 2019 first given as £100"
        in first_finding(RESTATED, values={"profit_before_tax": day})[2]
    )
    assert (
        " of 1 July 2019 to 31 December 2019 first given as "
        in first_finding(RESTATED, values={"profit_before_tax": half})[2]
    )


def test_the_finding_rests_on_both_rows() -> None:
    values = {"name": "One", "profit_before_tax": said(100, 50), "net_debt": said(100, 101)}
    row = evaluated_findings(small_regime(RESTATED), {ONE: values})[ONE, "restated"]

    assert (row["seqs"], row["value_number"], str(row["known_on"])) == ([2, 3], 1.0, THEN)
    assert row["threshold"] == "concern: above 2; watch: from 1 and up to 2, restated by 5 % or more within 12 months"


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        (100, 95, "met"),
        (100, 95.01, "clear"),
        (100, 105, "met"),
        (-100, -95, "met"),
        (100, -100, "met"),
        (0, 1, "met"),
        (100, 100, "clear"),
    ],
)
def test_a_change_counts_from_its_share_of_the_first_value(first: float, then: float, status: str) -> None:
    assert first_finding(RESTATED, values={"profit_before_tax": said(first, then)})[0] == status


@pytest.mark.parametrize(
    ("indicator", "first", "then", "status"),
    [
        ("profit_before_tax", 100, 50, "met"),
        ("profit_before_tax", 50, 100, "clear"),
        ("net_debt", 50, 100, "met"),
        ("net_debt", 100, 50, "clear"),
        ("credit_rating", "A", "BBB", "met"),
        ("credit_rating", "BBB", "A", "clear"),
    ],
)
def test_it_can_look_at_changes_for_the_worse_alone(indicator: str, first: Any, then: Any, status: str) -> None:
    assert first_finding(FOR_THE_WORSE, values={indicator: said(first, then)})[0] == status
    assert first_finding(RESTATED, values={indicator: said(first, then)})[0] == "met"


def test_any_change_of_a_grade_counts() -> None:
    assert (
        "Credit rating of the year to 31 December 2019 first given as A, now as A-, "
        in first_finding(RESTATED, values={"credit_rating": said("A", "A-")})[2]
    )


@pytest.mark.parametrize(("on", "status"), [("2020-03-31", "met"), ("2020-03-30", "clear")])
def test_it_counts_for_as_long_as_the_rule_says(on: str, status: str) -> None:
    assert first_finding(RESTATED, values={"profit_before_tax": said(100, 50, on=on)})[0] == status


def test_restatements_are_counted_and_the_title_names_the_largest() -> None:
    values = {"profit_before_tax": said(100, 50), "net_debt": said(100, 300), "credit_rating": said("A", "A")}

    assert first_finding(RESTATED, values=values)[:2] == ("met", 1)
    assert (
        " first given as £100, now as £300, restated on 1 December 2020; 2 in all (watch: "
        in first_finding(RESTATED, values=values)[2]
    )
    assert first_finding(RESTATED, values=values | {"credit_rating": said("A", "B")})[:2] == ("met", 2)


def test_the_first_value_is_compared_with_the_newest() -> None:
    back = [*said(100, 50), Known(101, END, "2021-01-15", "2019-01-01")]
    on = [*said(100, 97), Known(94, END, "2021-01-15", "2019-01-01")]

    assert first_finding(RESTATED, values={"profit_before_tax": back})[0] == "clear"
    assert (
        "given as £100, now as £94, restated on 15 January 2021"
        in first_finding(RESTATED, values={"profit_before_tax": on})[2]
    )


def test_two_values_of_one_day_are_no_restatement() -> None:
    assert first_finding(RESTATED, values={"profit_before_tax": said(100, 50, on=FIRST)})[0] == "clear"


def test_another_period_another_currency_or_no_period_is_no_restatement() -> None:
    next_year = [Known(100, END, FIRST), Known(50, "2020-12-31", THEN)]
    in_dollars = [Known(100, END, FIRST), Known(50, END, THEN, unit="USD")]
    as_it_stands = [Known(100, None, FIRST), Known(50, None, THEN)]

    for values in (next_year, in_dollars, as_it_stands):
        assert first_finding(RESTATED, values={"profit_before_tax": values})[0] == "clear"


def test_amounts_are_given_in_their_own_currency() -> None:
    assert (
        "given as USD 100, now as USD 50"
        in first_finding(RESTATED, values={"profit_before_tax": said(100, 50, unit="USD")})[2]
    )


def test_a_recalled_value_marks_the_finding() -> None:
    values = {"name": "One", "profit_before_tax": said(100, 50, is_recalled=True)}

    assert evaluated_findings(small_regime(RESTATED), {ONE: values})[ONE, "restated"]["is_recalled"]


def test_the_rule_is_missing_if_no_figure_is_known() -> None:
    assert first_finding(RESTATED, values={"turnover": Known(5, END)}) == (
        "missing",
        0,
        "Restated: not known, none of its figures is",
    )


def test_nothing_restated_is_clear_and_counts_for_nothing_once_all_figures_are_old() -> None:
    fresh, old = Known(5, END), Known(5, "2018-06-30")

    assert first_finding(RESTATED, values={"net_debt": fresh}) == (
        "clear",
        0,
        "Restated: none by 5 % or more within 12 months",
    )
    assert first_finding(FOR_THE_WORSE, values={"net_debt": fresh})[2] == (
        "Restated: none for the worse by 5 % or more within 12 months"
    )
    assert first_finding(RESTATED, values={"net_debt": old})[0] == "stale"
    assert first_finding(RESTATED, values={"net_debt": old, "profit_before_tax": fresh})[0] == "clear"
    restated_late = [Known(100, "2018-06-30", FIRST), Known(50, "2018-06-30", THEN)]
    assert first_finding(RESTATED, values={"net_debt": restated_late})[:2] == ("met", 1)


def test_the_rule_does_not_apply_if_its_condition_is_false() -> None:
    rule = RESTATED | {"applies_when": "turnover > 1000"}
    values = {"profit_before_tax": said(100, 50), "turnover": Known(5, END)}

    assert first_finding(rule, values=values)[0] == "not_applicable"
