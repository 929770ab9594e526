"""SQL for the number of an expression: figures of one period and one currency, scaled to a year if need be."""

from regimes import expressions
from regimes.expressions import FACTS, Expression, before_column, previous_column
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.sql import (
    ACCOUNTABILITY_LEVEL,
    COLUMN_SUFFIXES,
    differs_in_unit_sql,
    figures_of,
    figures_to_align,
    is_not_scaled_sql,
    ledger_columns,
)
from regimes.rules.sql_text import case_when_sql, quote_column

# Only the columns that a rule reads are carried along: there are hundreds, and each costs time to plan.
_NUMBER_TABLE = """(SELECT {kept}, is_scaled, CASE WHEN isfinite(number) THEN number END AS value
              FROM (SELECT {kept}, is_scaled, value AS number FROM {valued}))"""
_VALUE_TABLE = "(SELECT {kept}, false AS is_scaled, CASE WHEN {in_one_unit} THEN {value} END AS value FROM {table})"
# A figure of a short or long period counts as that of a year if the length of the period changes the answer.
_SCALED_VALUE_TABLE = """(
SELECT {kept}, is_scaled, CASE WHEN NOT is_scaled THEN plain WHEN NOT ({is_left_out}) THEN yearly END AS value
FROM (SELECT {kept}, plain, yearly, coalesce({differs}, false) AS is_scaled
      FROM (SELECT {kept}, CASE WHEN {in_one_unit} THEN {value} END AS plain,
                   CASE WHEN {in_one_unit} THEN {yearly} END AS yearly FROM {table})))"""
_NUMBERS_DIFFER = "abs(yearly - plain) > 1e-9 * abs(plain)"  # more than dividing and multiplying again can do
_TWO_YEAR_TABLE = "(SELECT {columns} FROM provider_table)"
_ALIGNED_TABLE = "(SELECT {columns} FROM (SELECT {kept}, {period} AS period FROM provider_table))"


def number_table_sql(rule: CitedRule, expression: Expression, context: RuleContext, *, is_mixed: bool) -> str:
    """SQL of a table with ``value``, the number of an expression, and the columns that the rule reads."""
    kept = ", ".join(_kept_columns(rule, expression))
    return _NUMBER_TABLE.format(kept=kept, valued=value_table_sql(rule, expression, context, is_mixed=is_mixed))


def value_table_sql(rule: CitedRule, expression: Expression, context: RuleContext, *, is_mixed: bool) -> str:
    """SQL of a table with ``value`` and ``is_scaled``, and the columns that the rule reads.

    A rule about one indicator reads the figure of its own period; a number made of several figures is of a year.
    """
    is_plain = expression.columns == (getattr(rule, "indicator", None),) and not expression.previous_indicators
    kept, table = ", ".join(_kept_columns(rule, expression)), _aligned_table_sql(rule, expression, is_mixed=is_mixed)
    value = expression.sql if expression.is_condition else f"({expression.sql})::DOUBLE"
    in_one_unit = (
        f"NOT ({differs_in_unit_sql(expression)})"
        if context.foreign_units.intersection(expression.indicators)
        else "true"
    )
    if is_plain or context.irregular_periods.isdisjoint(expression.indicators):
        return _VALUE_TABLE.format(kept=kept, value=value, in_one_unit=in_one_unit, table=table)
    yearly = expression.yearly_sql if expression.is_condition else f"({expression.yearly_sql})::DOUBLE"
    differs = "plain IS DISTINCT FROM yearly" if expression.is_condition else _NUMBERS_DIFFER
    return _SCALED_VALUE_TABLE.format(
        kept=kept,
        value=value,
        yearly=yearly,
        differs=differs,
        in_one_unit=in_one_unit,
        is_left_out=is_not_scaled_sql(expression),
        table=table,
    )


def _kept_columns(rule: CitedRule, expression: Expression) -> list[str]:
    """The columns of ``provider_table`` that a rule with an expression reads."""
    columns = ["provider_id", expressions.DAY]
    columns += [quote_column(name) for name in expression.columns if name in FACTS]
    columns += [ACCOUNTABILITY_LEVEL] if rule.applies_from_level is not None else []
    columns += [quote_column(name, *part) for name in ledger_columns(expression) for part in COLUMN_SUFFIXES]
    columns += [
        quote_column(before_column(name), part) for name in expression.previous_indicators for part in ("end", "unit")
    ]
    if rule.applies_when:
        applies = expressions.parse(rule.applies_when)
        columns += [quote_column(name) for name in applies.columns_read()]
        columns += [quote_column(name, "days") for name in ledger_columns(applies)]
    return list(dict.fromkeys(columns))


def _aligned_table_sql(rule: CitedRule, expression: Expression, *, is_mixed: bool) -> str:
    """A table like ``provider_table`` in which all figures of an expression are of one period.

    Net assets of one year over the creditors of another say nothing about either year. If the newest periods differ,
    the newest of which all figures are known counts until it is stale: leaving a figure out never improves a result.
    """
    pairs = figures_to_align(expression)
    if is_mixed or not (pairs or expression.previous_indicators):
        return "provider_table"
    if not pairs:
        return _two_year_table_sql(rule, expression)
    ends = ", ".join(quote_column(name, "end") for name, _ in pairs)
    known = [f"least({ends}) IN ({quote_column(name, 'end')}, {quote_column(before, 'end')})" for name, before in pairs]
    kept = _kept_columns(rule, expression)
    earlier = [quote_column(before, *part) for _, before in pairs for part in COLUMN_SUFFIXES]
    columns = {column: column for column in kept}
    for name, before in pairs:
        is_newest, is_before = (
            f"{quote_column(figure, 'end')} IS NOT DISTINCT FROM period" for figure in (name, before)
        )
        for part in COLUMN_SUFFIXES:
            column = quote_column(name, *part)
            columns[column] = (
                f"{case_when_sql((is_newest, column), (is_before, quote_column(before, *part)))} AS {column}"
            )
    return _ALIGNED_TABLE.format(
        columns=", ".join(columns.values()),
        kept=", ".join(dict.fromkeys([*kept, *earlier])),
        period=case_when_sql((" AND ".join(known), f"least({ends})"), otherwise=f"greatest({ends})"),
    )


def _two_year_table_sql(rule: CitedRule, expression: Expression) -> str:
    """A table for a change over a year: the newest figures are of one period, the figures before of another."""
    columns = {column: column for column in _kept_columns(rule, expression)}
    for is_previous in (False, True):
        names = figures_of(expression, is_previous=is_previous)
        named = [previous_column(name) if is_previous else name for name in names]
        newest = f"greatest({', '.join(quote_column(name, 'end') for name in named)})"
        for name in named:
            column = quote_column(name)
            is_newest = f"{quote_column(name, 'end')} IS NOT DISTINCT FROM {newest}"
            columns[column] = f"{case_when_sql((is_newest, column))} AS {column}"
    return _TWO_YEAR_TABLE.format(columns=", ".join(columns.values()))
