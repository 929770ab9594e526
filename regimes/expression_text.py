"""Describes an expression of a regime in words, without SQL: titles of indicators, comparisons, amounts. Pure."""

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

from indicators import catalogue
from models.vocabulary import IndicatorKind
from regimes.expressions import DAY, PREVIOUS, column_type
from regimes.rules import sql_text
from regimes.rules.sql import title_of, unit_of

_NUMBER_SIGNS = {
    exp.EQ: "is",
    exp.NEQ: "is not",
    exp.GT: "is above",
    exp.GTE: "is at least",
    exp.LT: "is below",
    exp.LTE: "is at most",
}
_DATE_SIGNS = _NUMBER_SIGNS | {
    exp.GT: "is after",
    exp.GTE: "is on or after",
    exp.LT: "is before",
    exp.LTE: "is on or before",
}
_BINARY_WORDS = {
    exp.Add: "plus",
    exp.Sub: "minus",
    exp.Mul: "times",
    exp.Div: "divided by",
    exp.And: "and",
    exp.Or: "or",
}


@cache
def describe_expression(text: str) -> str:
    """The expression as people read it: ``Net assets is below £0 and Company status is not Dissolved``.

    Args:
        text: an expression that ``expressions.parse`` accepts.
    """
    return _describe_node(sqlglot.parse_one(text, read="duckdb"), "")


def _describe_node(node: Any, unit: str) -> str:
    """A node in words; ``unit`` is that of the numbers beside it."""
    for kinds, say in _DESCRIBERS:
        if isinstance(node, kinds):
            return say(node, unit)
    raise ValueError(f"'{node.sql(dialect='duckdb')}' has no words; give it some in regimes/expression_text.py")


def _describe_column(node: exp.Column, _unit: str) -> str:
    if node.name == DAY:
        return "the day that is scored"
    title = f"{title_of(node.name)}{' of the period before' if node.table == PREVIOUS else ''}"
    return f"{title}: yes" if _is_flag(node) and not isinstance(node.parent, exp.EQ | exp.NEQ) else title


def _is_flag(node: Any) -> bool:
    return isinstance(node, exp.Column) and column_type(node.name) == "BOOLEAN"


def _describe_literal(node: exp.Literal, unit: str) -> str:
    return node.name.replace("_", " ") if node.is_string else sql_text.format_exact_number(float(node.name), unit)


def _describe_minus(node: exp.Neg, unit: str) -> str:
    is_number = isinstance(node.this, exp.Literal)
    return (
        sql_text.format_exact_number(-float(node.this.name), unit)
        if is_number
        else f"minus {_describe_node(node.this, unit)}"
    )


def _describe_comparison(node: exp.Binary, _unit: str) -> str:
    unit = _operand_unit(node)
    signs = _DATE_SIGNS if _is_date(node) else _NUMBER_SIGNS
    return f"{_describe_node(node.left, unit)} {signs[type(node)]} {_describe_node(node.right, unit)}"


def _describe_in(node: exp.In, _unit: str, *, is_negated: bool = False) -> str:
    *most, last = (_describe_node(value, _operand_unit(node)) for value in node.expressions)
    joined = f"{', '.join(most)} or {last}" if most else last
    return f"{_describe_node(node.this, '')} is {'not ' if is_negated else ''}{joined}"


def _describe_between(node: exp.Between, _unit: str) -> str:
    unit = _operand_unit(node)
    low, high = (_describe_node(node.args[edge], unit) for edge in ("low", "high"))
    return f"{_describe_node(node.this, unit)} is from {low} to {high}"


def _describe_not(node: exp.Not, unit: str) -> str:
    inner = node.this.unnest()
    if _is_flag(inner):
        return f"{title_of(inner.name)}: no"
    return (
        _describe_in(inner, unit, is_negated=True)
        if isinstance(inner, exp.In)
        else f"not so: {_describe_node(node.this, unit)}"
    )


def _describe_binary(node: exp.Binary, unit: str) -> str:
    is_scale = isinstance(node, exp.Mul | exp.Div)  # a number beside it counts how often, not how much
    unit = "" if is_scale else unit or _operand_unit(node)
    return f"{_describe_node(node.left, unit)} {_BINARY_WORDS[type(node)]} {_describe_node(node.right, unit)}"


def _describe_case(node: exp.Case, unit: str) -> str:
    subject = f"{_describe_node(node.this, unit)} is " if node.this is not None else ""
    steps = [
        f"if {subject}{_describe_node(step.this, unit)}: {_describe_node(step.args['true'], unit)}"
        for step in node.args["ifs"]
    ]
    return "; ".join([*steps, f"otherwise: {_describe_node(node.args['default'], unit)}"])


def _describer_of_list(first: str) -> Callable[[Any, str], str]:
    def say(node: Any, unit: str) -> str:
        return f"{first} {' and '.join(_describe_node(part, unit) for part in (node.this, *node.expressions))}"

    return say


def _describe_interval(node: exp.Interval, _unit: str) -> str:
    size, unit = node.this.name, str(node.args["unit"].name).lower().removesuffix("s")
    return f"{size} {unit}{'' if size == '1' else 's'}"


def _describe_nullif(node: exp.Nullif, unit: str) -> str:
    return f"{_describe_node(node.this, unit)} unless that is {_describe_node(node.expression, unit)}"


def _describe_brackets(node: exp.Paren, unit: str) -> str:
    return f"({_describe_node(node.this, unit)})"


def _describe_boolean(node: exp.Boolean, _unit: str) -> str:
    return "yes" if node.this else "no"


def _describe_absolute(node: exp.Abs, unit: str) -> str:
    return f"the size of {_describe_node(node.this, unit)}"


_DESCRIBERS: tuple[tuple[Any, Callable[[Any, str], str]], ...] = (
    (exp.Column, _describe_column),
    (exp.Literal, _describe_literal),
    (exp.Boolean, _describe_boolean),
    (exp.Paren, _describe_brackets),
    (exp.Neg, _describe_minus),
    (tuple(_NUMBER_SIGNS), _describe_comparison),
    (exp.In, _describe_in),
    (exp.Between, _describe_between),
    (exp.Not, _describe_not),
    (tuple(_BINARY_WORDS), _describe_binary),
    (exp.Case, _describe_case),
    (exp.Abs, _describe_absolute),
    (exp.Least, _describer_of_list("the least of")),
    (exp.Greatest, _describer_of_list("the greatest of")),
    (exp.Nullif, _describe_nullif),
    (exp.Interval, _describe_interval),
)


def _is_date(node: exp.Expr) -> bool:
    return any(column_type(column.name) == "DATE" for column in node.find_all(exp.Column))


def _operand_unit(node: exp.Expr) -> str:
    """The unit of the numbers in a comparison or sum: the unit of its indicators if all have the same.

    A product or ratio has a unit of its own, which no indicator names; a grade's number is a place on its scale.
    """
    if node.find(exp.Mul, exp.Div):
        return ""
    known = catalogue.load().indicators
    names = {column.name for column in node.find_all(exp.Column) if column.name != DAY}
    units = {unit_of(name) for name in names if name not in known or known[name].kind is not IndicatorKind.GRADE}
    return units.pop() if len(units) == 1 else ""
