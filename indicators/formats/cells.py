"""Reads the cells of a register's rows: days, numbers, flags, names, or the reason why a cell is wrong."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar

from indicators.formats.tables import TableRow
from indicators.parsed_records import BlankRecord, ObservationRecord, UnreadableRecord
from models.vocabulary import DateBasis

T = TypeVar("T")
CellValue = float | int | bool | str

DAY_MONTH_YEAR = "%d/%m/%Y"


class TableField(NamedTuple):
    """How a cell becomes an observation: the indicator, the column, and the function that reads the text.

    ``read`` gives None for words that mean "nothing". It raises ValueError, with the reason, for a text that cannot be
    right.
    """

    indicator: str
    column: str
    read: Callable[[str], CellValue | None]


def read_cell(row: TableRow, column: str, read: Callable[[str], T]) -> T | UnreadableRecord | None:
    """The value of a cell: None if it is empty or its column is absent, ``UnreadableRecord`` if it cannot be right."""
    text = row.cells.get(column)
    if not text:
        return None
    try:
        return read(text)
    except ValueError as error:
        return UnreadableRecord(str(error), row.line, row.places[column])


def read_observations(
    row: TableRow,
    subject: str,
    fields: Iterable[TableField],
    known_on: date,
    known_on_basis: DateBasis,
    *,
    period_start: date | None = None,
    period_end: date | None = None,
) -> Iterator[ObservationRecord | BlankRecord | UnreadableRecord]:
    """An observation for every field whose cell has a value.

    An empty cell of a list that describes the present is a ``BlankRecord``: an older list's value holds no longer.
    """
    is_standing = known_on_basis is DateBasis.SNAPSHOT and period_end is None
    for indicator, column, read in fields:
        value = read_cell(row, column, read)
        if isinstance(value, UnreadableRecord):
            yield value
        elif value is not None:
            yield ObservationRecord(
                subject,
                indicator,
                value,
                known_on,
                known_on_basis,
                period_start,
                period_end,
                line=row.line,
                place=row.places[column],
            )
        elif is_standing and column in row.cells:
            yield BlankRecord(subject, indicator, known_on, known_on_basis, line=row.line, place=row.places[column])


@lru_cache(maxsize=1 << 16)
def parse_day(text: str, pattern: str = DAY_MONTH_YEAR) -> date:
    """The day a text names, as ``strptime`` patterns write it (cached: columns repeat the same few thousand days).

    Raises:
        ValueError: the text is not a day.
    """
    try:
        return datetime.strptime(text, pattern).date()  # noqa: DTZ007 (a day has no time zone)
    except ValueError:
        raise ValueError(f"'{text}' is not a date like {date(2022, 3, 31).strftime(pattern)}; left out") from None


def parse_day_between(text: str, earliest: date, latest: date, pattern: str = DAY_MONTH_YEAR) -> date:
    """The day a text names, if it lies between two days.

    Raises:
        ValueError: the text is not a day, or the day is outside the span.
    """
    named = parse_day(text, pattern)
    if not earliest <= named <= latest:
        raise ValueError(f"'{text}' cannot be right: it is not between {earliest} and {latest}; left out")
    return named


def parse_whole_number(text: str, lowest: int, highest: int) -> int:
    """A whole number within limits; commas may set off thousands.

    Raises:
        ValueError: the text is not a whole number, or outside the limits.
    """
    try:
        number = int(text.replace(",", ""))
    except ValueError:
        raise ValueError(f"'{text}' is not a whole number; left out") from None
    if not lowest <= number <= highest:
        raise ValueError(f"'{text}' cannot be right: it is not between {lowest:,} and {highest:,}; left out")
    return number


def parse_flag(text: str) -> bool:
    """A flag as registers write it.

    Raises:
        ValueError: the text is neither true nor false.
    """
    try:
        return {"true": True, "yes": True, "false": False, "no": False}[text.casefold()]
    except KeyError:
        raise ValueError(f"'{text}' is neither true nor false; left out") from None


def clean_spaces(text: str) -> str:
    """The text with single plain spaces."""
    return " ".join(text.split())


def make_slug(name: str) -> str:
    """A name as part of an identifier: case, accents, punctuation and "&" for "and" make no difference."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("&", " and ").replace("'", "")))
