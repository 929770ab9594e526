import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimes.clocks import Duration, is_working_day, parse
from regimes.rules.clock import _extended_due_day


@pytest.mark.parametrize(
    ("written", "start", "due"),
    [
        ("28 days", "2021-03-01", "2021-03-29"),
        ("12 weeks", "2021-03-01", "2021-05-24"),
        ("1 month", "2021-01-31", "2021-02-28"),
        ("10 months", "2021-04-30", "2022-02-28"),
        ("2 years", "2020-02-29", "2022-02-28"),
        ("0 days", "2021-03-01", "2021-03-01"),
        ("2 working days", "2021-03-05", "2021-03-09"),  # a Friday
        ("1 working day", "2021-04-01", "2021-04-06"),  # Good Friday and Easter Monday between
        ("10 working days", "2018-01-15", "2018-01-29"),
    ],
)
def test_a_duty_is_due_so_long_after_its_start(written: str, start: str, due: str) -> None:
    assert parse(written).day_after(date.fromisoformat(start)) == date.fromisoformat(due)


def test_days_before_are_counted_the_same_way() -> None:
    assert parse("1 month").day_before(date(2021, 3, 31)) == date(2021, 2, 28)
    assert parse("2 working days").day_before(date(2021, 4, 6)) == date(2021, 3, 31)


def test_bank_holidays_are_those_of_england() -> None:
    assert not is_working_day(date(2022, 9, 19))  # the funeral of the Queen
    assert is_working_day(date(2022, 8, 1))  # a holiday in Scotland


@pytest.mark.parametrize("written", ["ten days", "10", "10 fortnights", "-3 days", "1.5 months", ""])
def test_other_ways_of_writing_a_length_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time; write '12 months'"):
        parse(written)


def test_a_length_is_said_as_it_is_written() -> None:
    assert [str(parse(text)) for text in ("1 month", "10 working days")] == ["1 month", "10 working days"]
    assert Duration(1, "day") == parse("1 days")


# Bank holidays in England, 2019 to 2026, as GOV.UK lists them: the plain calendar below knows nothing of any library.
HOLIDAYS = """
2019: 01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26
2020: 01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28
2021: 01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28
2022: 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27
2023: 01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26
2024: 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2025: 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2026: 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
"""
CLOSED = {f"{year}-{day}" for year, days in re.findall(r"(\d{4}):((?: \d\d-\d\d)+)", HOLIDAYS) for day in days.split()}
ONE_DAY = timedelta(days=1)
starts = st.dates(date(2019, 1, 1), date(2025, 12, 31))
units = st.sampled_from(["day", "week", "month", "year", "working day"])


def plain_calendar(start: date, number: int, unit: str) -> date:
    """When something is due, found by turning the pages of a calendar one day at a time."""
    day, left = start, number * {"week": 7, "year": 12}.get(unit, 1)
    if unit in {"month", "year"}:
        while left:  # to the first of the next month, then on to the day of the month, as far as the month has it
            day, left = (day.replace(day=28) + 4 * ONE_DAY).replace(day=1), left - 1
        while number and day.day < start.day and (day + ONE_DAY).day > 1:
            day += ONE_DAY
    else:
        while left:
            day += ONE_DAY
            left -= unit != "working day" or (day.weekday() < 5 and day.isoformat() not in CLOSED)
    return day


@given(starts, st.integers(0, 200), units)
def test_clocks_agree_with_a_plain_calendar(start: date, number: int, unit: str) -> None:
    number %= {"month": 11, "year": 2, "week": 40}.get(unit, 201)  # as far as the list of holidays goes
    assert Duration(number, unit).day_after(start) == plain_calendar(start, number, unit)


@given(starts, st.integers(0, 60), units, st.integers(0, 30), units)
def test_an_extended_duty_is_due_the_extension_after_its_first_date(
    start: date, number: int, unit: str, more: int, more_unit: str
) -> None:
    within, by = Duration(number % 8, unit), Duration(more % 4, more_unit)
    first = plain_calendar(start, within.number, unit)
    assert _extended_due_day(start, within, by) == plain_calendar(first, by.number, more_unit)
    assert _extended_due_day(start, within, None) == first


@given(st.dates(date(2019, 1, 1), date(2026, 12, 31)))
def test_people_work_when_the_plain_calendar_says_so(day: date) -> None:
    assert is_working_day(day) == (day.weekday() < 5 and day.isoformat() not in CLOSED)
