"""Numbers, days and lengths of time in plain English."""

from datetime import date

DAY_FORMAT = "%-d %B %Y"  # for strftime, in Python and in DuckDB, as ``format_day`` writes a day


_IRREGULAR = {"people": "person", "bodies": "body", "duties": "duty", "entries": "entry", "times": "times"}


def format_count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 provider``, ``3,576 providers``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def singular_unit(unit: str) -> str:
    """A unit as it stands after the number 1: ``grade`` of ``grades``, ``person`` of ``people``."""
    return _IRREGULAR.get(unit) or unit.removesuffix("s")


def format_span(days: int) -> str:
    """A number of days in the unit that people use: ``3 days``, ``7 months``, ``2 years``."""
    days = abs(days)
    if days < 60:
        return format_count(days, "day")
    if days < 730:
        return f"{days / 30.44:.0f} months"
    return f"{days / 365.25:.1f}".removesuffix(".0") + " years"


def format_days_ago(day: date, today: date) -> str:
    """The time since a day: ``today``, ``1 day ago``."""
    days = (today - day).days
    return "today" if days <= 0 else f"{format_count(days, 'day')} ago"


def format_day(day: date | str | None) -> str:
    """A day as people write it: ``30 June 2017``. A text is read as an ISO date; None gives an empty text."""
    if day is None:
        return ""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day.day} {day:%B %Y}"
