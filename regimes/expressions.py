"""Expressions of regimes and ratios: plain SQL over indicators, parsed, allow-listed and made safe by sqlglot.

An expression names indicators of the catalogue as columns, ``previous.<indicator>`` for the value before (of a figure
that of the year before, else the one before the newest), ``day`` for the day that is scored, and the facts below. A
missing value makes the whole expression missing: nothing can replace it by a number. Dividing by zero gives a missing
value, not an infinite one.
"""

import logging
import unicodedata
from dataclasses import dataclass
from functools import cache
from math import isfinite

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from indicators import catalogue
from indicators.catalogue import Indicator
from models.vocabulary import IndicatorKind

PREVIOUS = "previous"
DAY = "day"
COMPLETENESS = "completeness"
# A year end may differ by seven days from its accounting reference date (Companies Act 2006 section 390), so may the
# year end before: periods that end so many days apart are a year apart, and a period of so many days is a year.
YEAR_DAYS = (350, 381)
AVERAGE_YEAR = 365.25  # days
# An accounting period has more than six months and at most eighteen (Companies Act 2006 sections 391(5) and 392(5)):
# figures of other periods are not scaled to a year.
SCALED_DAYS = (180, 550)
SHORTEST_PERIOD = 28  # days: what is about fewer is about a day, not a period
DATED_KINDS = frozenset({IndicatorKind.FIGURE, IndicatorKind.FORECAST})
MAX_LETTERS, MAX_SHOWN_LETTERS = 1_000, 80  # letters of an expression that people can follow, and of it in an error

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its own lines on stderr would follow our one line

# Facts that the engine works out by itself: name -> (title, unit, meaning).
FACTS: dict[str, tuple[str, str, str]] = {
    "probability": ("Probability", "share", "what the failure model says, 0 to 1"),
    COMPLETENESS: ("Share of the rules on money and quality that could be applied", "share", "0 to 1"),
    "contracts_in_force": ("Public contracts in force", "contracts", "a number of contracts"),
    "contracts_value": ("Value of public contracts in force", "GBP", "pounds over the contracts' whole life"),
    "area_share": ("Share of the area's places of this kind", "share", "0 to 1"),
}

_ALLOWED_NODES = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Boolean,
    exp.Paren,
    exp.Neg,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Between,
    exp.In,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Case,
    exp.If,
    exp.Abs,
    exp.Least,
    exp.Greatest,
    exp.Nullif,
    exp.Interval,
    exp.Var,
)
# These skip a missing value, so they count only if no value they read is missing.
_MISSING_SKIPPING_NODES = (exp.Case, exp.Least, exp.Greatest, exp.Nullif)
_NULLABLE_NODES = (exp.Div, exp.Nullif, exp.Case)
_CONDITION_NODES = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Between,
    exp.In,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Boolean,
    exp.Case,
)


_SAMPLE_VALUES = {"DOUBLE": "1.0::DOUBLE", "VARCHAR": "'word'", "BOOLEAN": "true", "DATE": "DATE '2020-02-01'"}
_NUMBER_TYPES = {"DOUBLE", "BIGINT", "INTEGER", "HUGEINT"}


@dataclass(frozen=True)
class Expression:
    """A checked expression: its SQL for DuckDB and the columns it reads."""

    sql: str
    columns: tuple[str, ...]  # indicators and facts, in order of their names
    previous_indicators: tuple[str, ...]  # read as ``previous.<indicator>``
    is_condition: bool  # true or false rather than a number
    yearly_sql: str = ""  # the same with each figure of a short or long period scaled to a year

    def columns_read(self) -> list[str]:
        """The columns that the expression reads."""
        return [*self.columns, *(previous_column(name) for name in self.previous_indicators)]

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators that the expression reads, newest or previous."""
        return tuple(sorted({*self.columns, *self.previous_indicators} - FACTS.keys()))


def previous_column(indicator: str) -> str:
    """The name of the column with the value that ``previous.<indicator>`` reads."""
    return f"{PREVIOUS} {indicator}"


def before_column(indicator: str) -> str:
    """The name of the column with the value before the newest, however long before."""
    return f"before {indicator}"


@cache
def parse(text: str) -> Expression:
    """The expression, checked and with ratios of the catalogue written out.

    Raises:
        ValueError: the text is not a plain expression, or names something that the catalogue does not have.
    """
    try:
        return _parse_unguarded(text)
    except RecursionError as error:
        raise ValueError(f"'{_shorten_text(text)}' has too many parts within each other; write it in fewer") from error


def _parse_unguarded(text: str) -> Expression:
    tree = _checked_tree(text).transform(_expand_ratio, ())
    columns = sorted({node.name for node in tree.find_all(exp.Column) if not node.table and node.name != DAY})
    previous = sorted({node.name for node in tree.find_all(exp.Column) if node.table == PREVIOUS})
    if not columns and not previous:
        raise ValueError(f"'{_shorten_text(text)}' names no indicator")
    tree = _guard_missing_values(tree.transform(_quote_column))
    for division in tree.find_all(exp.Div):
        division.set("expression", exp.Nullif(this=division.expression, expression=exp.Literal.number(0)))
    sql = tree.sql(dialect="duckdb")
    is_condition = _is_condition(text, sql, columns, previous)
    yearly_sql = tree.transform(_scale_to_year).sql(dialect="duckdb")
    return Expression(sql, tuple(columns), tuple(previous), is_condition, yearly_sql)


def _checked_tree(text: str) -> exp.Expr:
    if len(text) > MAX_LETTERS:
        raise ValueError(f"'{_shorten_text(text)}' is longer than {MAX_LETTERS:,} letters; make it several rules")
    try:
        has_comments = any(token.comments for token in sqlglot.tokenize(text, read="duckdb"))
        trees = sqlglot.parse(text, read="duckdb")
    except SqlglotError as error:
        where = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        near = f"near '{where['highlight']}'" if where.get("highlight") else "as it stands"
        raise ValueError(
            f"'{_shorten_text(text)}' is not an expression {near}; write it as SQL, such as (cash - debtors) / turnover"
        ) from error
    if len(trees) != 1 or trees[0] is None:
        raise ValueError(f"'{_shorten_text(text)}' is not one expression")
    if has_comments:
        raise ValueError(
            f"'{_shorten_text(text)}' has a comment, which nobody computes; write it after a # of its own line"
        )
    tree = trees[0]
    for check in (_check_node, _check_conditions):
        for node in tree.walk():
            check(_shorten_text(text), node)
    return tree


def _shorten_text(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_LETTERS else f"{text[: MAX_SHOWN_LETTERS - 3]}..."


def _check_node(text: str, node: exp.Expr) -> None:
    is_if = isinstance(node, exp.If) and not isinstance(
        node.parent, exp.Case
    )  # it would make an ELSE of what is missing
    if is_if:
        raise ValueError(
            f"'{text}': IF turns a missing value into an answer; write CASE WHEN ... THEN ... ELSE ... END"
        )
    if not isinstance(node, _ALLOWED_NODES) or (isinstance(node, exp.In) and node.args.get("query")):
        raise ValueError(
            f"'{_shorten_text(node.sql(dialect='duckdb'))}' is not allowed in an expression: write arithmetic, "
            "comparisons, AND, OR, NOT, CASE, abs, least, greatest or nullif over indicators"
        )
    if isinstance(node, exp.Column):
        _check_column(text, node)
    if isinstance(node, exp.Case) and not node.args.get("default"):
        raise ValueError(f"'{text}': CASE needs an ELSE")
    if isinstance(node, exp.In) and not node.expressions:
        raise ValueError(f"'{text}': IN needs something between its brackets")
    if isinstance(node, exp.Literal) and not _is_finite(node.name):
        raise ValueError(
            f"'{_shorten_text(node.name)}' in '{text}' is not a number to compare with; write a smaller one"
        )
    if isinstance(node, exp.Div) and not node.expression.find(exp.Column) and not _constant_value(node.expression):
        raise ValueError(f"'{text}' divides by zero")


def _check_conditions(text: str, node: exp.Expr) -> None:
    for part in _condition_parts(node):
        if not isinstance(part, _CONDITION_NODES) and not _is_flag(part):
            words = _shorten_text(part.sql(dialect="duckdb"))
            raise ValueError(f"'{words}' in '{text}' is not true or false; write a comparison, such as '{words} > 0'")


def _is_finite(literal: str) -> bool:
    """Whether a number, or a word that DuckDB would read as a number, is finite; true for any other word."""
    try:
        return isfinite(float(literal))
    except ValueError:
        return True


def _constant_value(node: exp.Expr) -> float | None:
    """The value of a part without indicators; None if it is null."""
    if not all(isinstance(part, _ALLOWED_NODES) for part in node.walk()):
        return 1.0  # refused by a later check of the part itself
    try:
        row = _checking_database().execute(f"SELECT ({node.sql(dialect='duckdb')})::DOUBLE").fetchone()
    except duckdb.Error:
        return 1.0  # refused by the trial of the whole expression
    return row[0] if row else None


def _condition_parts(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a node that must be true or false."""
    if isinstance(node, exp.And | exp.Or):
        parts = [node.left, node.right]
    elif isinstance(node, exp.Not):
        parts = [node.this]
    elif isinstance(node, exp.Case) and node.this is None:
        parts = [case.this for case in node.args["ifs"]]
    else:
        return []
    return [part.unnest() for part in parts]


def _is_flag(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and (
        node.name not in catalogue.load().indicators or column_type(node.name) == "BOOLEAN"
    )


def _check_column(text: str, node: exp.Column) -> None:
    if node.args.get("db") or node.table not in {"", PREVIOUS}:
        raise ValueError(f"'{node.sql()}' in '{text}': write an indicator, or {PREVIOUS}.<indicator>")
    if node.name in FACTS or node.name == DAY:
        if node.table:
            raise ValueError(f"'{node.sql()}' in '{text}': only indicators have a value before the newest")
        return
    try:
        kind = find_indicator(node.name).kind
    except ValueError as error:
        if not isinstance(node.parent, exp.EQ | exp.NEQ | exp.In):
            raise
        raise ValueError(f"{error} (a word that it is compared with stands in single quotes: '{node.name}')") from error
    if kind is IndicatorKind.EVENT:
        raise ValueError(f"'{node.name}' is an event; use kind: event")


def find_indicator(key: str) -> Indicator:
    """The indicator of the catalogue.

    Raises:
        ValueError: there is no such indicator; the error names the nearest.
    """
    from difflib import get_close_matches

    indicators = catalogue.load().indicators
    if key not in indicators:
        near = get_close_matches(key, indicators, 1)
        odd = next((letter for letter in key if not letter.isascii()), None)
        if odd is not None and near:
            raise ValueError(f"unknown indicator '{key}', with a {_letter_name(odd)} in it; write '{near[0]}'")
        raise ValueError(f"unknown indicator '{key}'" + (f"; write '{near[0]}'" if near else "; see the catalogue"))
    return indicators[key]


def _letter_name(letter: str) -> str:
    return unicodedata.name(letter, f"letter U+{ord(letter):04X}")


def _expand_ratio(node: exp.Expr, outer_ratios: tuple[str, ...]) -> exp.Expr:
    """Replaces a ratio of the catalogue by its own expression, and a grade's word by its rank."""
    if isinstance(node, exp.EQ | exp.NEQ | exp.In):
        return _replace_grades(node)
    if not isinstance(node, exp.Column) or node.name in FACTS or node.name == DAY:
        return node
    indicator = find_indicator(node.name)
    if indicator.expression is None:
        return node
    if node.name in outer_ratios:
        raise ValueError(f"'{node.name}' is made of itself: {' -> '.join((*outer_ratios, node.name))}")
    inner = _checked_tree(indicator.expression).transform(_expand_ratio, (*outer_ratios, node.name))
    if node.table == PREVIOUS:
        inner = inner.transform(lambda part: exp.column(part.name, PREVIOUS) if isinstance(part, exp.Column) else part)
    return exp.paren(inner)


def _replace_grades(node: exp.Expr) -> exp.Expr:
    """``overall_judgement = 'good'`` compares ranks: the same grade has had several words."""
    columns = [part for part in node.find_all(exp.Column) if part.name not in FACTS and part.name != DAY]
    if not columns or find_indicator(columns[0].name).kind is not IndicatorKind.GRADE:
        return node
    grades = find_indicator(columns[0].name).grades
    for word in [part for part in node.find_all(exp.Literal) if part.is_string]:
        rank = grades.get(word.name.lower())
        if rank is None:
            raise ValueError(f"'{word.name}' is no grade of {columns[0].name}; write one of {', '.join(grades)}")
        word.replace(exp.Literal.number(rank))
    return node


def _quote_column(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.Column):
        return node
    return exp.column(exp.to_identifier(previous_column(node.name) if node.table else node.name, quoted=True))


def _scale_to_year(node: exp.Expr) -> exp.Expr:
    """Multiplies a figure so that its period becomes a year; a balance has no period and stays as it is."""
    if not isinstance(node, exp.Column):
        return node
    indicator = catalogue.load().indicators.get(node.name.removeprefix(f"{PREVIOUS} "))
    if (
        indicator is None
        or indicator.kind not in DATED_KINDS
        or column_type(node.name.removeprefix(f"{PREVIOUS} ")) != "DOUBLE"
    ):
        return node
    days = f'"{node.name} days"'
    factor = (
        f"CASE WHEN {days} BETWEEN {YEAR_DAYS[0]} AND {YEAR_DAYS[1]} THEN 1 "
        f"WHEN {days} >= {SHORTEST_PERIOD} THEN {AVERAGE_YEAR} / {days} ELSE 1 END"
    )
    return exp.paren(exp.Mul(this=node.copy(), expression=exp.paren(sqlglot.parse_one(factor, read="duckdb"))))


def _guard_missing_values(tree: exp.Expr) -> exp.Expr:
    """The expression with a guard around every part that skips a missing value, the innermost first."""
    for node in reversed(list(tree.find_all(*_MISSING_SKIPPING_NODES))):
        deciding = [*(case.this for case in node.args["ifs"])] if isinstance(node, exp.Case) else [node]
        # A branch that is not taken may divide by zero; a part that decides which branch is taken may not.
        parts = [
            *node.find_all(exp.Column),
            *(part for decider in deciding for part in decider.find_all(*_NULLABLE_NODES)),
        ]
        tests = {
            part.sql(): exp.Not(this=exp.Is(this=exp.paren(part.copy()), expression=exp.Null()))
            for part in parts
            if part is not node
        }
        if tests:
            guarded = exp.Case(ifs=[exp.If(this=exp.and_(*tests.values()), true=node.copy())])
            tree = guarded if node is tree else tree
            node.replace(guarded)
    return tree


def column_type(name: str) -> str:
    """DuckDB's type of an indicator's or fact's column."""
    if name == DAY:
        return "DATE"
    if name in FACTS:
        return "DOUBLE"
    indicator = find_indicator(name)
    if indicator.kind is IndicatorKind.FLAG:
        return "BOOLEAN"
    if indicator.unit == "date":
        return "DATE"
    return "VARCHAR" if indicator.kind is IndicatorKind.TEXT else "DOUBLE"


def _is_condition(text: str, sql: str, columns: list[str], previous: list[str]) -> bool:
    """Whether the expression is true or false; tried on one made-up row, so that DuckDB itself checks the types."""
    types = {DAY: "DATE"} | {name: column_type(name) for name in columns}
    types |= {previous_column(name): column_type(name) for name in previous}
    row = ", ".join(f'{_SAMPLE_VALUES[kind]} AS "{name}"' for name, kind in types.items())
    query = f"SELECT {sql} FROM (SELECT {row})"  # noqa: S608 (allow-listed above)
    try:
        _checking_database().execute(query).fetchall()
        kind = str(_checking_database().sql(query).types[0])
    except duckdb.Error as error:
        raise ValueError(f"'{_shorten_text(text)}' does not work: {str(error).splitlines()[0]}") from error
    if kind == "BOOLEAN":
        return True
    if kind not in _NUMBER_TYPES and not kind.startswith("DECIMAL"):
        raise ValueError(
            f"'{_shorten_text(text)}' is neither a number nor true or false; compare it, such as {columns[0]} = 'word'"
            if columns and kind == "VARCHAR"
            else f"'{_shorten_text(text)}' is neither a number nor true or false; write a comparison"
        )
    return False


@cache
def _checking_database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"enable_external_access": "false"})
