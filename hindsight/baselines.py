"""Textbook failure scores beside a regime: yardsticks to beat, never official, and never with a figure made up.

The formulas are ratios of the catalogue. A score is worked out from the accounts of one day alone; where a figure is
missing there is no score, and what is missing is named.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from indicators import catalogue
from indicators.as_of import AsOf
from regimes import expressions, words
from regimes.expressions import YEAR_DAYS, Expression, previous_column

# Where each score stops to be safe and where distress begins; sources stand with the formulas in the catalogue.
ZONES: Mapping[str, tuple[float, float]] = {
    "altman_z": (2.99, 1.81),
    "altman_z1": (2.90, 1.23),
    "altman_z2": (2.60, 1.10),
    "taffler": (0.0, 0.0),
    "springate": (0.862, 0.862),
    "zmijewski": (0.0, 0.0),
}
HIGHER_IS_WORSE = {"zmijewski"}
# The same things under the names that international standards have for them.
_ALSO_CALLED = {
    "balance_sheet_total": "total_assets",
    "net_current_assets": "(current_assets - creditors_within_one_year)",
}
SHOWN = 3  # missing figures that are named
_MILLION, _STRAIGHT = 1e6, 1e-9

_FIGURES = """
SELECT subject.key, indicator.key, period_end, value_number
FROM observation JOIN subject ON subject.id = subject_id JOIN indicator ON indicator.id = indicator_id
WHERE subject.key IN (SELECT unnest($subjects)) AND list_contains($indicators, indicator.key)
  AND indicator.kind = 'figure' AND period_end IS NOT NULL AND value_number IS NOT NULL
"""

Figures = Mapping[date, Mapping[str, float]]  # the day that accounts are made up to -> indicator -> value


@dataclass(frozen=True)
class Score:
    """A score at the newest accounts that allow it, or why there is none."""

    key: str
    value: float | None
    at: date | None  # the day of the accounts; without a value, of those that lack least
    missing: tuple[str, ...]  # titles of what is not known
    unless: str = ""  # where just one figure is missing: what it would have to be for the score to leave distress

    @property
    def zone(self) -> str:
        """``safe``, ``grey`` or ``distress``; empty without a value."""
        if self.value is None:
            return ""
        safe, distress = ZONES[self.key]
        if self.key in HIGHER_IS_WORSE:
            return "distress" if self.value > distress else "safe"
        return "distress" if self.value < distress else "safe" if self.value > safe or safe == distress else "grey"

    def describe(self) -> str:
        """In words: ``-0.52 (distress) at 2016-12-31`` or ``cannot be computed at 2016-12-31 (missing: stocks)``."""
        at = f" at {self.at.isoformat()}" if self.at else ""
        if self.value is not None:
            return f"{self.value:.2f} ({self.zone}){at}"
        unless = f"; distress unless {self.unless}" if self.unless else ""
        more = f" and {len(self.missing) - SHOWN} more" if len(self.missing) > SHOWN else ""
        return f"cannot be computed{at} (missing: {', '.join(self.missing[:SHOWN])}{more}{unless})"


def title(key: str) -> str:
    """A score's title."""
    return catalogue.load().indicators[key].title


def scores(known: AsOf, subjects: Iterable[str]) -> dict[str, list[Score]]:
    """Every score of each subject at the last accounts that a reading has."""
    wanted = list(subjects)
    ways = {key: _ways(key) for key in ZONES}
    inputs = {name for each in ways.values() for way in each for name in way.indicators}
    figures: dict[str, dict[date, dict[str, float]]] = {subject: defaultdict(dict) for subject in wanted}
    rows = known.sql(_FIGURES, subjects=wanted, indicators=sorted(inputs)).fetchall()
    for subject, indicator, end, value in rows:
        figures[subject][end][indicator] = value
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as db:
        return {
            subject: [score(db, key, figures[subject], ways=each) for key, each in ways.items()] for subject in wanted
        }


def score(db: duckdb.DuckDBPyConnection, key: str, figures: Figures, *, ways: Iterable[Expression] = ()) -> Score:
    """One score: at the newest accounts that have all it needs, else what is missing at those that lack least.

    Args:
        db: works the expression out.
        key: of the score, in the catalogue.
        figures: what is known of one subject.
        ways: the score's formula in the names of each standard; from the catalogue if left out.
    """
    short: list[tuple[int, date, tuple[str, ...], str]] = []
    tried = list(ways) or _ways(key)
    for end in sorted(figures, reverse=True):
        before = max((day for day in figures if YEAR_DAYS[0] <= (end - day).days <= YEAR_DAYS[1]), default=None)
        for way in tried:
            values = {name: figures[end].get(name) for name in way.columns}
            values |= {
                previous_column(name): figures[before].get(name) if before else None for name in way.previous
            }  # fmt: skip
            missing = tuple(_title_of(column) for column, value in values.items() if value is None)
            value = None if missing else _worked_out(db, way, values)
            if value is not None:
                return Score(key, value, end, ())
            unless = _unless(db, key, way, values)
            short.append((len(missing), end, missing or ("a figure that is not zero to divide by",), unless))
    if not short:
        names = tuple(_title_of(name) for name in sorted({*tried[0].columns, *map(previous_column, tried[0].previous)}))
        return Score(key, None, None, names)
    _, end, missing, unless = min(short, key=lambda one: one[0])  # of equals the first: newest, in our own formats
    return Score(key, None, end, missing, unless)


def _worked_out(db: duckdb.DuckDBPyConnection, way: Expression, values: Mapping[str, float | None]) -> float | None:
    columns = ", ".join(f'?::DOUBLE AS "{name}"' for name in values)  # names of the catalogue
    row = db.execute(f"SELECT ({way.sql})::DOUBLE FROM (SELECT {columns})", list(values.values())).fetchone()  # noqa: S608
    return None if row is None or row[0] is None else float(row[0])


def _unless(db: duckdb.DuckDBPyConnection, key: str, way: Expression, values: Mapping[str, float | None]) -> str:
    """What the one missing figure would have to be, where the score rises or falls with it in a straight line."""
    unknown = [column for column, value in values.items() if value is None]
    if len(unknown) != 1:
        return ""
    tried = [_worked_out(db, way, {**values, unknown[0]: number * _MILLION}) for number in (0, 1, 2)]
    none, one, two = tried
    if none is None or one is None or two is None or one == none or abs((two - one) - (one - none)) > _STRAIGHT:
        return ""
    _, distress = ZONES[key]
    limit = (distress - none) / (one - none) * _MILLION
    is_above = (one > none) != (key in HIGHER_IS_WORSE)
    return f"it is {'above' if is_above else 'below'} {words.number(round(limit / _MILLION), 'GBP')} million"


def _ways(key: str) -> list[Expression]:
    """A score's formula as the catalogue has it, and in the names of international standards."""
    text = catalogue.load().indicators[key].expression or key
    return [expressions.parse(text), expressions.parse(re.sub(r"\w+", lambda word: _renamed(word[0]), text))]


def _renamed(name: str) -> str:
    return _ALSO_CALLED.get(name, name)


def _title_of(column: str) -> str:
    name = column.removeprefix(f"{expressions.PREVIOUS} ")
    return title(name) if name == column else f"{title(name)} of the year before"
