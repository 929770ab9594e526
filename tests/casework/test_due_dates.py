"""Due dates as people write them: a day, or a length of time."""

from datetime import date

import pytest

from casework.due_dates import parse_day, parse_due_date
from settings import WrongInput

FRIDAY = date(2026, 4, 3)


@pytest.mark.parametrize(
    ("text", "due_on"),
    [
        (None, None),
        ("", None),
        ("2026-12-31", date(2026, 12, 31)),
        ("28 days", date(2026, 5, 1)),
        ("3 months", date(2026, 7, 3)),
        ("2 working days", date(2026, 4, 8)),  # after Good Friday, the weekend and Easter Monday
    ],
)
def test_a_due_date_is_a_day_or_a_length_from_the_start(text, due_on):
    assert parse_due_date(text, FRIDAY) == due_on


@pytest.mark.parametrize("text", ["soon", "9 moons", "2026-13-01", "31/12/2026"])
def test_a_text_that_is_neither_is_refused(text):
    with pytest.raises(WrongInput):
        parse_due_date(text, FRIDAY)


def test_a_wrong_day_is_refused_with_an_example():
    with pytest.raises(WrongInput, match="'tomorrow' is not a day; write it as YYYY-MM-DD, for example 2026-12-31"):
        parse_day("tomorrow")
