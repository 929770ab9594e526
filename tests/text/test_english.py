"""Numbers, days and spans of time as people write them."""

from datetime import date

import pytest

from text.english import format_count, format_day, format_days_ago, format_span, singular_unit

DAY = date(2017, 6, 30)


@pytest.mark.parametrize(
    ("number", "noun", "plural", "expected"),
    [
        (0, "provider", "", "0 providers"),
        (1, "provider", "", "1 provider"),
        (3_576, "provider", "", "3,576 providers"),
        (1, "body", "bodies", "1 body"),
        (2, "body", "bodies", "2 bodies"),
    ],
)
def test_a_number_has_its_noun_in_the_right_form(number: int, noun: str, plural: str, expected: str) -> None:
    assert format_count(number, noun, plural) == expected


@pytest.mark.parametrize(
    ("unit", "expected"), [("grades", "grade"), ("people", "person"), ("bodies", "body"), ("times", "times")]
)
def test_a_unit_after_the_number_one_is_singular(unit: str, expected: str) -> None:
    assert singular_unit(unit) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, "1 day"),
        (-3, "3 days"),
        (59, "59 days"),
        (60, "2 months"),
        (729, "24 months"),
        (731, "2 years"),
        (913, "2.5 years"),
    ],
)
def test_a_span_is_given_in_days_then_months_then_years(days: int, expected: str) -> None:
    assert format_span(days) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [(DAY, "today"), (date(2017, 7, 1), "today"), (date(2017, 6, 29), "1 day ago"), (date(2017, 6, 1), "29 days ago")],
)
def test_a_past_day_says_how_many_days_ago_it_was(day: date, expected: str) -> None:
    assert format_days_ago(day, DAY) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [(DAY, "30 June 2017"), ("2017-06-01", "1 June 2017"), (date(999, 1, 2), "2 January 999"), (None, "")],
)
def test_a_day_is_written_with_the_name_of_its_month(day: date | str | None, expected: str) -> None:
    assert format_day(day) == expected
