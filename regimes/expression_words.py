"""Says an expression of a regime in words: titles of indicators, comparisons and amounts, nothing of SQL. Pure."""

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

from indicators import catalogue
from models.vocabulary import Kind
from regimes import words
from regimes.columns import title_of, unit_of
from regimes.expressions import DAY, PREVIOUS, column_type

_NUMBERS = {
    exp.EQ: "is", exp.NEQ: "is not", exp.GT: "is above", exp.GTE: "is at least", exp.LT: "is below",
    exp.LTE: "is at most",
}  # fmt: skip
_DATES = _NUMBERS | {
    exp.GT: "is after", exp.GTE: "is on or after", exp.LT: "is before", exp.LTE: "is on or before"
}  # fmt: skip
_BETWEEN_TWO = {
    exp.Add: "plus", exp.Sub: "minus", exp.Mul: "times", exp.Div: "divided by", exp.And: "and", exp.Or: "or"
}  # fmt: skip


@cache
def in_words(text: str) -> str:
    """The expression as people read it: ``Net assets is below £0 and Company status is not Dissolved``.

    Args:
        text: an expression that ``expressions.parse`` accepts.
    """
    return _say(sqlglot.parse_one(text, read="duckdb"), "")


def _say(node: Any, unit: str) -> str:
    """A node in words; ``unit`` is that of the numbers beside it."""
    for kinds, say in _SAY:
        if isinstance(node, kinds):
            return say(node, unit)
    raise ValueError(f"'{node.sql(dialect='duckdb')}' has no words; give it some in regimes/expression_words.py")


def _column(node: exp.Column, _unit: str) -> str:
    if node.name == DAY:
        return "the day that is scored"
    title = f"{title_of(node.name)}{' of the period before' if node.table == PREVIOUS else ''}"
    return f"{title}: yes" if _is_flag(node) and not isinstance(node.parent, exp.EQ | exp.NEQ) else title


def _is_flag(node: Any) -> bool:
    return isinstance(node, exp.Column) and column_type(node.name) == "BOOLEAN"


def _literal(node: exp.Literal, unit: str) -> str:
    return node.name.replace("_", " ") if node.is_string else words.number(float(node.name), unit)


def _negative(node: exp.Neg, unit: str) -> str:
    is_number = isinstance(node.this, exp.Literal)
    return words.number(-float(node.this.name), unit) if is_number else f"minus {_say(node.this, unit)}"


def _compare(node: exp.Binary, _unit: str) -> str:
    unit = _unit_beside(node)
    signs = _DATES if _is_date(node) else _NUMBERS
    return f"{_say(node.left, unit)} {signs[type(node)]} {_say(node.right, unit)}"


def _among(node: exp.In, _unit: str, *, is_negated: bool = False) -> str:
    *most, last = (_say(value, _unit_beside(node)) for value in node.expressions)
    joined = f"{', '.join(most)} or {last}" if most else last
    return f"{_say(node.this, '')} is {'not ' if is_negated else ''}{joined}"


def _between(node: exp.Between, _unit: str) -> str:
    unit = _unit_beside(node)
    return f"{_say(node.this, unit)} is from {_say(node.args['low'], unit)} to {_say(node.args['high'], unit)}"


def _negated(node: exp.Not, unit: str) -> str:
    inner = node.this.unnest()
    if _is_flag(inner):
        return f"{title_of(inner.name)}: no"
    return _among(inner, unit, is_negated=True) if isinstance(inner, exp.In) else f"not so: {_say(node.this, unit)}"


def _two(node: exp.Binary, unit: str) -> str:
    is_scale = isinstance(node, exp.Mul | exp.Div)  # a number beside it counts how often, not how much
    unit = "" if is_scale else unit or _unit_beside(node)
    return f"{_say(node.left, unit)} {_BETWEEN_TWO[type(node)]} {_say(node.right, unit)}"


def _cases(node: exp.Case, unit: str) -> str:
    subject = f"{_say(node.this, unit)} is " if node.this is not None else ""
    steps = [f"if {subject}{_say(step.this, unit)}: {_say(step.args['true'], unit)}" for step in node.args["ifs"]]
    return "; ".join([*steps, f"otherwise: {_say(node.args['default'], unit)}"])


def _several(first: str) -> Callable[[Any, str], str]:
    def say(node: Any, unit: str) -> str:
        return f"{first} {' and '.join(_say(part, unit) for part in (node.this, *node.expressions))}"

    return say


def _interval(node: exp.Interval, _unit: str) -> str:
    size, unit = node.this.name, str(node.args["unit"].name).lower().removesuffix("s")
    return f"{size} {unit}{'' if size == '1' else 's'}"


def _unless(node: exp.Nullif, unit: str) -> str:
    return f"{_say(node.this, unit)} unless that is {_say(node.expression, unit)}"


def _bracketed(node: exp.Paren, unit: str) -> str:
    return f"({_say(node.this, unit)})"


def _yes_or_no(node: exp.Boolean, _unit: str) -> str:
    return "yes" if node.this else "no"


def _size(node: exp.Abs, unit: str) -> str:
    return f"the size of {_say(node.this, unit)}"


_SAY: tuple[tuple[Any, Callable[[Any, str], str]], ...] = (
    (exp.Column, _column),
    (exp.Literal, _literal),
    (exp.Boolean, _yes_or_no),
    (exp.Paren, _bracketed),
    (exp.Neg, _negative),
    (tuple(_NUMBERS), _compare),
    (exp.In, _among),
    (exp.Between, _between),
    (exp.Not, _negated),
    (tuple(_BETWEEN_TWO), _two),
    (exp.Case, _cases),
    (exp.Abs, _size),
    (exp.Least, _several("the least of")),
    (exp.Greatest, _several("the greatest of")),
    (exp.Nullif, _unless),
    (exp.Interval, _interval),
)


def _is_date(node: exp.Expr) -> bool:
    return any(column_type(column.name) == "DATE" for column in node.find_all(exp.Column))


def _unit_beside(node: exp.Expr) -> str:
    """The unit of the numbers in a comparison or sum: that of its indicators where all have the same.

    A product or ratio has a unit of its own, which no indicator names; a grade's number is a place on its scale.
    """
    if node.find(exp.Mul, exp.Div):
        return ""
    known = catalogue.load().indicators
    names = {column.name for column in node.find_all(exp.Column) if column.name != DAY}
    units = {unit_of(name) for name in names if name not in known or known[name].kind is not Kind.GRADE}
    return units.pop() if len(units) == 1 else ""
