"""Days as the ledger stores them: whole days since 1970-01-01, as DuckDB's dates are."""

from datetime import date

EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date | None) -> int | None:
    """The number of a day; None for no day."""
    return None if day is None else day.toordinal() - EPOCH


def day_of(number: int) -> date:
    """The day of a number."""
    return date.fromordinal(number + EPOCH)
