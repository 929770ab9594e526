"""Levels, values and ages in words."""

from datetime import date
from typing import Any

import pytest

from models.vocabulary import Level
from queries import value_text
from text.english import format_day


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "GBP", "—"),
        (-1_250_000.0, "GBP", "−£1.25 million"),  # noqa: RUF001
        (1_534_200_000.0, "GBP", "£1.53 billion"),
        (450.0, "GBP", "£450"),
        (0.0, "GBP", "£0"),
        (0.041, "share", "4.1 %"),
        (88.4, "percent", "88.4 %"),
        (2.679, "times", "2.68 times"),
        (12.0, "places", "12 places"),
        (17_000.0, "people", "17,000 people"),
        ("2019-03-31", "date", "31 March 2019"),
        ("not yet", "date", "not yet"),
        ("Inadequate", "", "Inadequate"),
        (True, "", "yes"),
        (1.0, "places", "1 place"),
        (1.0, "people", "1 person"),
        (1.0, "bodies", "1 body"),
        (-1.0, "grades", "\u22121 grade"),
        (1.0, "times", "1 times"),
        (0.0, "grades", "0 grades"),
    ],
)
def test_amounts_read_like_amounts(value: Any, unit: str, expected: str) -> None:
    assert value_text.format_amount(value, unit) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, "0.0 %"), (0.0004, "under 0.1 %"), (0.034, "3.4 %"), (0.0996, "10 %"), (0.349, "35 %"), (1.0, "100 %")],
)
def test_a_probability_has_no_more_digits_than_it_deserves(share: float, expected: str) -> None:
    assert value_text.format_percent(share) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, "today"),
        (1, "1 day old"),
        (59, "59 days old"),
        (181, "6 months old"),
        (1000, "2.7 years old"),
        (730, "2 years old"),
        (-20, "20 days ahead"),
    ],
)
def test_ages_are_said_as_people_say_them(days: int, expected: str) -> None:
    assert value_text.format_age(days) == expected


@pytest.mark.parametrize(
    ("day", "expected"), [(date(2017, 6, 30), "30 June 2017"), ("2017-07-01", "1 July 2017"), (None, "")]
)
def test_days_are_written_out(day: date | str | None, expected: str) -> None:
    assert format_day(day) == expected


def test_no_two_levels_share_a_word_or_a_shape() -> None:
    looks = list(value_text.LEVEL_BADGES.values())
    assert set(value_text.LEVEL_BADGES) == set(Level)
    assert len({look.word for look in looks}) == len({look.shape for look in looks}) == len(looks)
