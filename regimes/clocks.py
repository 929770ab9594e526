"""How long a duty may take: calendar days, weeks, months, years and working days in England."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_WRITTEN = re.compile(r"(\d+) (working day|day|week|month|year)s?")
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_MOST_DAYS = {"working day": 2, "day": 1, "week": 7, "month": 31, "year": 366}
_USUAL_DAYS = {"working day": 1.4, "day": 1, "week": 7, "month": 365.25 / 12, "year": 365.25}
CENTURY, LONGEST = 36_600, 9  # days; digits


@dataclass(frozen=True)
class Duration:
    """A length of time as a rule says it: ``Duration(10, "working day")``."""

    number: int
    unit: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"

    @property
    def usual_days(self) -> float:
        """About how many days it is: tells the longer of two without a calendar, which takes its time to load."""
        return self.number * _USUAL_DAYS[self.unit]

    def after(self, day: date) -> date:
        """The day this long after another: when something is due."""
        return self._from(day, +1)

    def before(self, day: date) -> date:
        """The day this long before another: what happened earlier is older than this."""
        return self._from(day, -1)

    def _from(self, day: date, direction: int) -> date:
        if self.unit in _MONTHS:
            return _months_from(day, direction * self.number * _MONTHS[self.unit])
        if self.unit in _DAYS:
            return day + timedelta(days=direction * self.number * _DAYS[self.unit])
        left = self.number
        while left:
            day += timedelta(days=direction)
            left -= is_working_day(day)
        return day


def parse(written: str) -> Duration:
    """The duration written as "12 months", "28 days" or "10 working days".

    Raises:
        ValueError: it is not written so.
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError(f"'{written}' is not a length of time; write '12 months', '28 days' or '10 working days'")
    length = Duration(int(found[1][:LONGEST]), found[2])
    if len(found[1]) >= LONGEST or length.number * _MOST_DAYS[length.unit] > CENTURY:
        raise ValueError(f"'{written[:20]}' is longer than a hundred years; write a shorter one")
    return length


def is_working_day(day: date) -> bool:
    """Whether people work on it: no weekend and no bank holiday of England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def _months_from(day: date, months: int) -> date:
    """The same day of another month, or its last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _from_yaml(value: Any) -> Any:
    return value if isinstance(value, Duration) else parse(str(value))


# A duration in a regime file.
Length = Annotated[
    Duration,
    BeforeValidator(_from_yaml),
    WithJsonSchema({"type": "string", "pattern": f"^{_WRITTEN.pattern}$", "examples": ["10 working days"]}),
]
