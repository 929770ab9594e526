"""Formats numbers, days and limits of findings: values in DuckDB, limits in Python."""

from collections.abc import Iterable

from models.vocabulary import Level
from regimes.rules.base import Band
from text.english import DAY_FORMAT, singular_unit

# unit -> (before, format in DuckDB, after, factor)
_UNIT_FORMATS = {
    "GBP": ("£", "{:,.0f}", "", 1),
    "share": ("", "{:,.1f}", " %", 100),
    "percent": ("", "{:,.1f}", " %", 1),
    "times": ("", "{:,.3f}", "", 1),
    "months": ("", "{:,.1f}", " months", 1),
    "days": ("", "{:,.0f}", " days", 1),
    "grades": ("", "{:,.0f}", " grades", 1),
    "score": ("", "{:,.2f}", "", 1),
}
_COUNT_FORMAT = ("", "{:,.0f}", "", 1)  # counts: the title names the thing counted


class Query:
    """The parameters of a query: values go in as parameters, never as text."""

    def __init__(self) -> None:
        self.parameters: dict[str, object] = {}

    def bind_value(self, value: object) -> str:
        """The placeholder of a value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"


def quote_column(*parts: str) -> str:
    """A column's name in SQL; its parts are keys of the catalogue and our own words."""
    return '"' + " ".join(parts).replace('"', "") + '"'


def format_exact_number(value: float, unit: str) -> str:
    """A limit as people read it, with all its digits: ``£1,234``, ``12.5 %``."""
    before, _, after, factor = _UNIT_FORMATS.get(unit, _COUNT_FORMAT)
    size = f"{abs(value) * factor:,.10g}"
    return ("-" if value < 0 else "") + before + size + (singular_unit(after) if size == "1" else after)


def format_rounded_number(value: float, unit: str) -> str:
    """A value as ``number_sql`` formats it."""
    before, form, after, factor = _UNIT_FORMATS.get(unit, _COUNT_FORMAT)
    size = form.format(abs(value) * factor)
    return ("-" if value < 0 else "") + before + size + (singular_unit(after) if size == "1" else after)


def number_sql(column: str, unit: str) -> str:
    """SQL for a column's number, rounded: ``£1,234``, ``12.5 %``."""
    before, form, after, factor = _UNIT_FORMATS.get(unit, _COUNT_FORMAT)
    sign, size = f"CASE WHEN {column} < 0 THEN '-' ELSE '' END", f"format('{form}', abs({column}) * {factor}.0)"
    follows = f"'{after}'"
    if singular_unit(after) != after:
        follows = f"CASE WHEN {size} = '1' THEN '{singular_unit(after)}' ELSE '{after}' END"
    return f"{sign} || '{before}' || {size} || {follows}"


def day_sql(column: str) -> str:
    """SQL for a day: ``3 March 2021``."""
    return f"strftime({column}, '{DAY_FORMAT}')"


def format_band(band: Band, unit: str) -> str:
    """A band in words: ``below £0``, ``from 20 % and below 50 %``."""
    edges = (("from", band.from_), ("above", band.above), ("up to", band.to), ("below", band.below))
    return " and ".join(f"{word} {format_exact_number(edge, unit)}" for word, edge in edges if edge is not None)


def format_limits(steps: Iterable[tuple[Level, str]]) -> str:
    """The limits that raise a level, the worst first: ``concern: below £0; watch: from £0 and below £10``."""
    raising = sorted(((level, limit) for level, limit in steps if level.rank), key=lambda step: -step[0].rank)
    return "; ".join(f"{level}: {limit}" for level, limit in raising)


def case_when_sql(*choices: tuple[str, str], otherwise: str = "NULL") -> str:
    """SQL for the result of the first condition that is true; conditions and results are SQL."""
    whens = " ".join(f"WHEN {condition} THEN {result}" for condition, result in choices)
    return f"CASE {whens} ELSE {otherwise} END" if whens else otherwise


def concat_sql(*parts: str) -> str:
    """SQL that joins texts."""
    return " || ".join(parts)


def in_band_sql(query: Query, column: str, band: Band) -> str:
    """SQL for "the column's value is in the band"."""
    edges = ((band.from_, ">="), (band.above, ">"), (band.to, "<="), (band.below, "<"))
    return " AND ".join(f"{column} {sign} {query.bind_value(edge)}" for edge, sign in edges if edge is not None)
