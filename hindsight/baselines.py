"""Computes textbook failure scores to compare a regime with; never official, and never with an invented figure.

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
from indicators.ledger.as_of import AsOf
from regimes import expressions
from regimes.expressions import YEAR_DAYS, Expression, previous_column
from regimes.rules import sql_text

# The limits of safety and of distress of each score; their sources stand with the formulas in the catalogue.
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
_STANDARD_NAMES = {
    "balance_sheet_total": "total_assets",
    "net_current_assets": "(current_assets - creditors_within_one_year)",
}
MOST_MISSING_NAMED = 3  # missing figures that are named
_MILLION, _STRAIGHT = 1e6, 1e-9

_FIGURES = """
SELECT subject.key, indicator.key, period_end, value_number
FROM observation JOIN subject ON subject.id = subject_id JOIN indicator ON indicator.id = indicator_id
WHERE subject.key IN (SELECT unnest($subjects)) AND list_contains($indicators, indicator.key)
  AND indicator.kind = 'figure' AND period_end IS NOT NULL AND value_number IS NOT NULL
"""

FiguresByDay = Mapping[date, Mapping[str, float]]  # the day that accounts are made up to -> indicator -> value


@dataclass(frozen=True)
class TextbookScore:
    """A score at the newest accounts that allow it, or why there is none."""

    key: str
    value: float | None
    accounts_on: date | None  # the day of the accounts; without a value, of those that lack least
    missing: tuple[str, ...]  # titles of what is not known
    distress_condition: str = (
        ""  # where just one figure is missing: what it would have to be for the score to leave distress
    )

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
        at = f" at {self.accounts_on.isoformat()}" if self.accounts_on else ""
        if self.value is not None:
            return f"{self.value:.2f} ({self.zone}){at}"
        unless = f"; distress unless {self.distress_condition}" if self.distress_condition else ""
        more = f" and {len(self.missing) - MOST_MISSING_NAMED} more" if len(self.missing) > MOST_MISSING_NAMED else ""
        return f"cannot be computed{at} (missing: {', '.join(self.missing[:MOST_MISSING_NAMED])}{more}{unless})"


def score_title(key: str) -> str:
    """A score's title."""
    return catalogue.load().indicators[key].title


def textbook_scores(known: AsOf, subjects: Iterable[str]) -> dict[str, list[TextbookScore]]:
    """Every score of each subject at the last accounts that a reading has."""
    wanted = list(subjects)
    ways = {key: _score_formulas(key) for key in ZONES}
    inputs = {name for each in ways.values() for way in each for name in way.indicators}
    figures: dict[str, dict[date, dict[str, float]]] = {subject: defaultdict(dict) for subject in wanted}
    rows = known.sql(_FIGURES, subjects=wanted, indicators=sorted(inputs)).fetchall()
    for subject, indicator, end, value in rows:
        figures[subject][end][indicator] = value
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as db:
        return {
            subject: [compute_score(db, key, figures[subject], formulas=each) for key, each in ways.items()]
            for subject in wanted
        }


def compute_score(
    db: duckdb.DuckDBPyConnection, key: str, figures: FiguresByDay, *, formulas: Iterable[Expression] = ()
) -> TextbookScore:
    """One score: at the newest accounts that have all it needs, else what is missing at those that lack least.

    Args:
        db: works the expression out.
        key: of the score, in the catalogue.
        figures: what is known of one subject.
        formulas: the score's formula in the names of each standard; from the catalogue if left out.
    """
    short: list[tuple[int, date, tuple[str, ...], str]] = []
    tried = list(formulas) or _score_formulas(key)
    for end in sorted(figures, reverse=True):
        before = max((day for day in figures if YEAR_DAYS[0] <= (end - day).days <= YEAR_DAYS[1]), default=None)
        for way in tried:
            values = {name: figures[end].get(name) for name in way.columns}
            values |= {
                previous_column(name): figures[before].get(name) if before else None for name in way.previous_indicators
            }
            missing = tuple(_column_title(column) for column, value in values.items() if value is None)
            value = None if missing else _compute_formula(db, way, values)
            if value is not None:
                return TextbookScore(key, value, end, ())
            unless = _distress_condition(db, key, way, values)
            short.append((len(missing), end, missing or ("a figure that is not zero to divide by",), unless))
    if not short:
        names = tuple(
            _column_title(name)
            for name in sorted({*tried[0].columns, *map(previous_column, tried[0].previous_indicators)})
        )
        return TextbookScore(key, None, None, names)
    # If several accounts lack equally few figures, the first counts: the newest, in our own formats.
    _, end, missing, unless = min(short, key=lambda accounts: accounts[0])
    return TextbookScore(key, None, end, missing, unless)


def _compute_formula(
    db: duckdb.DuckDBPyConnection, formula: Expression, values: Mapping[str, float | None]
) -> float | None:
    columns = ", ".join(f'?::DOUBLE AS "{name}"' for name in values)  # names of the catalogue
    row = db.execute(f"SELECT ({formula.sql})::DOUBLE FROM (SELECT {columns})", list(values.values())).fetchone()  # noqa: S608
    return None if row is None or row[0] is None else float(row[0])


def _distress_condition(
    db: duckdb.DuckDBPyConnection, key: str, formula: Expression, values: Mapping[str, float | None]
) -> str:
    """The limit for the one missing figure; empty unless the score depends on it in a straight line."""
    unknown = [column for column, value in values.items() if value is None]
    if len(unknown) != 1:
        return ""
    tried = [_compute_formula(db, formula, {**values, unknown[0]: number * _MILLION}) for number in (0, 1, 2)]
    zeroth, first, two = tried
    if (
        zeroth is None
        or first is None
        or two is None
        or first == zeroth
        or abs((two - first) - (first - zeroth)) > _STRAIGHT
    ):
        return ""
    _, distress = ZONES[key]
    limit = (distress - zeroth) / (first - zeroth) * _MILLION
    is_above = (first > zeroth) != (key in HIGHER_IS_WORSE)
    amount = sql_text.format_exact_number(round(limit / _MILLION), "GBP")
    return f"it is {'above' if is_above else 'below'} {amount} million"


def _score_formulas(key: str) -> list[Expression]:
    """A score's formula as the catalogue has it, and in the names of international standards."""
    text = catalogue.load().indicators[key].expression or key
    return [expressions.parse(text), expressions.parse(re.sub(r"\w+", lambda word: _standard_name(word[0]), text))]


def _standard_name(name: str) -> str:
    return _STANDARD_NAMES.get(name, name)


def _column_title(column: str) -> str:
    name = column.removeprefix(f"{expressions.PREVIOUS} ")
    return score_title(name) if name == column else f"{score_title(name)} of the year before"
