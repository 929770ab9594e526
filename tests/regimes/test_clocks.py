from datetime import date

import pytest

from regimes.clocks import Duration, is_working_day, parse


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
    assert parse(written).after(date.fromisoformat(start)) == date.fromisoformat(due)


def test_what_lies_before_is_counted_the_same_way() -> None:
    assert parse("1 month").before(date(2021, 3, 31)) == date(2021, 2, 28)
    assert parse("2 working days").before(date(2021, 4, 6)) == date(2021, 3, 31)


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
