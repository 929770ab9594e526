"""Lengths of time in regimes: calendar days, weeks, months, years and working days in England."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_DURATION_PATTERN = re.compile(r"(\d+) (working day|day|week|month|year)s?")
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_LONGEST_DAYS = {"working day": 2, "day": 1, "week": 7, "month": 31, "year": 366}
_AVERAGE_DAYS = {"working day": 1.4, "day": 1, "week": 7, "month": 365.25 / 12, "year": 365.25}
MAX_DAYS, MAX_DIGITS = 36_600, 9  # days; digits


@dataclass(frozen=True)
class Duration:
    """A length of time as a rule says it: ``Duration(10, "working day")``."""

    number: int
    unit: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"

    @property
    def average_days(self) -> float:
        """Roughly the number of days: tells the longer of two durations without a calendar, which is slow to load."""
        return self.number * _AVERAGE_DAYS[self.unit]

    def day_after(self, day: date) -> date:
        """The day this long after another: when something is due."""
        return self._shift_day(day, +1)

    def day_before(self, day: date) -> date:
        """The day this long before another: earlier events are older than this."""
        return self._shift_day(day, -1)

    def _shift_day(self, day: date, direction: int) -> date:
        if self.unit in _MONTHS:
            return _shift_months(day, direction * self.number * _MONTHS[self.unit])
        if self.unit in _DAYS:
            return day + timedelta(days=direction * self.number * _DAYS[self.unit])
        left = self.number
        while left:
            day += timedelta(days=direction)
            left -= is_working_day(day)
        return day


def parse(text: str) -> Duration:
    """The duration written as "12 months", "28 days" or "10 working days".

    Raises:
        ValueError: the text is not written like that.
    """
    match = _DURATION_PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a length of time; write '12 months', '28 days' or '10 working days'")
    length = Duration(int(match[1][:MAX_DIGITS]), match[2])
    if len(match[1]) >= MAX_DIGITS or length.number * _LONGEST_DAYS[length.unit] > MAX_DAYS:
        raise ValueError(f"'{text[:20]}' is longer than a hundred years; write a shorter one")
    return length


def is_working_day(day: date) -> bool:
    """Whether the day is neither at a weekend nor a bank holiday of England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def _shift_months(day: date, months: int) -> date:
    """The same day of another month, or the last day of the month if the day does not exist."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _parse_from_yaml(value: Any) -> Any:
    return value if isinstance(value, Duration) else parse(str(value))


# A duration in a regime file.
YamlDuration = Annotated[
    Duration,
    BeforeValidator(_parse_from_yaml),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION_PATTERN.pattern}$", "examples": ["10 working days"]}),
]
