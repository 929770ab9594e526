"""SQL that several kinds of rule share, over the table ``provider_table``.

The query of a rule has a row for each provider, with these columns: ``provider_id``; ``level`` (0 none to 3 critical;
null if the level is not known); ``score`` (null if the section has no score); ``value_number`` or ``value_text``;
``title``; ``seqs`` (the ledger rows that the finding names); ``period_end``; ``known_on``; ``is_recalled``;
``is_stale``; ``last_known`` (the day on which a status was last known, in words; null unless the result is stale only
because of a status); ``was_given`` (everything that is missing now was known before); ``is_nothing_due`` (the rule had
nothing to read, so that ``none`` is no good news); ``applies``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from indicators import catalogue
from models.vocabulary import IndicatorKind, Level
from regimes.clocks import Duration
from regimes.expressions import (
    AVERAGE_YEAR,
    DATED_KINDS,
    FACTS,
    PREVIOUS,
    SCALED_DAYS,
    SHORTEST_PERIOD,
    YEAR_DAYS,
    Expression,
    before_column,
    previous_column,
)
from regimes.rules import sql_text
from regimes.rules.base import Band
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, in_band_sql, quote_column

_DEFAULT_COLUMNS = {
    "level": "NULL",
    "score": "NULL::DOUBLE",
    "value_number": "NULL::DOUBLE",
    "value_text": "NULL::VARCHAR",
    "title": "''",
    "seqs": "[]::BIGINT[]",
    "period_end": "NULL::DATE",
    "known_on": "NULL::DATE",
    "is_recalled": "false",
    "is_stale": "false",
    "last_known": "NULL::VARCHAR",
    "was_given": "false",
    "is_nothing_due": "false",
    "applies": "true",
}
ACCOUNTABILITY_LEVEL = (
    "accountability_level"  # the rank of the worst finding on money and quality, in ``provider_table``
)
# The columns of an indicator: its value, and facts about the value.
COLUMN_SUFFIXES = ((), ("seq",), ("end",), ("known",), ("day",), ("recalled",), ("text",), ("unit",), ("days",))
_SQL_UNITS = {"day": "DAY", "week": "WEEK", "month": "MONTH", "year": "YEAR"}
_RULE_QUERY = "SELECT provider_id, {columns} FROM {table}"


@dataclass(frozen=True)
class RuleQuery:
    """A rule as SQL, with the parts that are the same for every provider."""

    sql: str
    parameters: dict[str, object]
    indicators: tuple[str, ...] = ()
    unit: str = ""
    threshold: str = ""


def select_columns(columns: Mapping[str, str], table: str = "provider_table") -> str:
    """The SQL of a rule: ``columns`` by name, each as SQL; a column that is not named has its usual value."""
    named = {**_DEFAULT_COLUMNS, **columns}
    return _RULE_QUERY.format(columns=", ".join(f"{sql} AS {name}" for name, sql in named.items()), table=table)


def constant_query(title: str, level: Level | None) -> RuleQuery:
    """The same result for every provider, which is never good news; without a level the result is missing."""
    query = Query()
    rank = "NULL" if level is None else query.bind_value(level.rank)
    columns = {"level": rank, "title": query.bind_value(title), "is_nothing_due": "true"}
    return RuleQuery(select_columns(columns), query.parameters)


def plain_expression(*names: str) -> Expression:
    """The expression of a rule that reads indicators as they are."""
    return Expression("", names, (), is_condition=False)


def title_of(name: str) -> str:
    """An indicator's or fact's title."""
    return FACTS[name][0] if name in FACTS else catalogue.load().indicators[name].title


def unit_of(name: str) -> str:
    """An indicator's or fact's unit."""
    return FACTS[name][1] if name in FACTS else catalogue.load().indicators[name].unit


def ledger_columns(expression: Expression) -> list[str]:
    """The columns of ``provider_table`` that come from the ledger."""
    before = [previous_column(name) for name in expression.previous_indicators]
    return [name for name in expression.columns if name not in FACTS] + before


def figures_of(expression: Expression, *, is_previous: bool = False) -> list[str]:
    """The figures that an expression reads: newest, or those before."""
    known = catalogue.load().indicators
    names = expression.previous_indicators if is_previous else expression.columns
    return [name for name in names if name not in FACTS and known[name].kind is IndicatorKind.FIGURE]


def figures_to_align(expression: Expression) -> list[tuple[str, str]]:
    """The figures whose newest periods may differ, each with the column of its value before the newest."""
    names = figures_of(expression)
    return [] if expression.previous_indicators or len(names) < 2 else [(name, before_column(name)) for name in names]


def provenance_columns(expression: Expression) -> dict[str, str]:
    """The columns of a rule's query that follow from the ledger rows that an expression reads."""
    names = ledger_columns(expression)
    if not names:
        return {}
    columns = {part: ", ".join(quote_column(name, part) for name in names) for part in ("seq", "end", "known")}
    return {
        "seqs": f"list_sort(list_distinct([{columns['seq']}]::BIGINT[]))",  # list_distinct leaves nulls out
        "period_end": f"greatest({columns['end']})",
        "known_on": f"greatest({columns['known']})",
        "is_recalled": " OR ".join(quote_column(name, "recalled") for name in names),
    }


def not_known_sql(query: Query, name: str, expression: Expression) -> str:
    """SQL for "not known", with what is missing; ``name`` is the rule's title as SQL."""
    if not expression.previous_indicators and len(expression.columns) == 1:
        return concat_sql(name, "': not known'")
    return concat_sql(name, "': not known (missing: '", _missing_names_sql(query, expression), "')'")


def _missing_names_sql(query: Query, expression: Expression) -> str:
    named = [(quote_column(name), query.bind_value(title_of(name))) for name in expression.columns]
    named += [
        (quote_column(PREVIOUS, name), _missing_before_sql(query, name)) for name in expression.previous_indicators
    ]
    titles = ", ".join(case_when_sql((f"{column} IS NULL", title)) for column, title in named)
    reasons = case_when_sql(
        (differs_in_unit_sql(expression), "'one unit: the figures are in different currencies'"),
        (is_not_scaled_sql(expression), "'a period of six to eighteen months'"),
        otherwise="'divides by zero'",
    )
    return f"coalesce(nullif(concat_ws(', ', {titles}), ''), {reasons})"


def _missing_before_sql(query: Query, name: str) -> str:
    """SQL for the name of a missing value of the year before, and why a known earlier figure does not count."""
    title = title_of(name)
    if catalogue.load().indicators[name].kind not in DATED_KINDS:
        return query.bind_value(f"{title} before the newest")
    newest, before = quote_column(name, "end"), quote_column(before_column(name), "end")
    why = case_when_sql(
        (
            f"{quote_column(name, 'unit')} IS DISTINCT FROM {quote_column(before_column(name), 'unit')}",
            "'in another currency'",
        ),
        (f"{newest} - {before} NOT BETWEEN {YEAR_DAYS[0]} AND {YEAR_DAYS[1]}", "'not a year earlier'"),
        otherwise="'of a period that overlaps'",
    )
    earlier = concat_sql("' (the figure before, at '", day_sql(before), "', is '", why, "')'")
    return concat_sql(query.bind_value(f"{title} of the year before"), f"coalesce({earlier}, '')")


def differs_in_unit_sql(expression: Expression) -> str:
    """SQL for "figures of one expression that the catalogue has in one unit are not in one unit"."""
    known = catalogue.load().indicators
    amounts = [column for column, name in _dated_columns(expression) if known[name].unit == "GBP"]
    pairs = [
        f"({quote_column(amounts[0])} IS NOT NULL AND {quote_column(amount)} IS NOT NULL"
        f" AND {quote_column(amounts[0], 'unit')} IS DISTINCT FROM {quote_column(amount, 'unit')})"
        for amount in amounts[1:]
    ]
    return " OR ".join(pairs) or "false"


def _dated_columns(expression: Expression) -> list[tuple[str, str]]:
    """The columns of an expression's figures and forecasts, newest and of the year before, each with its indicator."""
    known = catalogue.load().indicators
    named = [(name, name) for name in expression.columns if name not in FACTS]
    named += [(previous_column(name), name) for name in expression.previous_indicators]
    return [(column, name) for column, name in named if known[name].kind in DATED_KINDS]


def _period_length_columns(expression: Expression) -> list[str]:
    """The columns with the lengths of the periods of an expression's figures."""
    return [quote_column(column, "days") for column, _ in _dated_columns(expression)]


def is_not_scaled_sql(expression: Expression) -> str:
    """SQL for "a figure's period is too short or too long to be scaled to a year"."""
    limits = f"NOT BETWEEN {SCALED_DAYS[0]} AND {SCALED_DAYS[1]}"
    tests = [
        f"coalesce({days} {limits} AND {days} >= {SHORTEST_PERIOD}, false)"
        for days in _period_length_columns(expression)
    ]
    return " OR ".join(tests) or "false"


def scaled_from_sql(expression: Expression) -> str:
    """SQL for `` (from 18 months, scaled to a year)``; empty if the value is not scaled."""
    if not _period_length_columns(expression):
        return "''"
    longest, shortest = (f"{pick}({', '.join(_period_length_columns(expression))})" for pick in ("greatest", "least"))
    days = f"CASE WHEN {longest} > {YEAR_DAYS[1]} THEN {longest} ELSE {shortest} END"
    months = f"round({days} / {AVERAGE_YEAR} * 12)::INTEGER"
    return case_when_sql(("is_scaled", concat_sql("' (from '", months, "' months, scaled to a year)'")), otherwise="''")


def was_given_sql(expression: Expression) -> str:
    """SQL for "everything that is missing now was known before"."""
    never_given = [
        f"({quote_column(name)} IS NULL AND {quote_column(name, 'seq')} IS NULL)" for name in ledger_columns(expression)
    ]
    never_given += [f"{quote_column(name)} IS NULL" for name in expression.columns if name in FACTS]
    return f"NOT ({' OR '.join(never_given)})"


def band_level_sql(query: Query, value: str, bands: Sequence[Band]) -> str:
    """SQL for the level of the band that a value is in."""
    return case_when_sql(*((in_band_sql(query, value, band), query.bind_value(band.level.rank)) for band in bands))


def band_score_sql(query: Query, value: str, bands: Sequence[Band]) -> str:
    """SQL for the score of the band that a value is in; null if the bands have no scores."""
    scored = [
        (in_band_sql(query, value, band), query.bind_value(band.score)) for band in bands if band.score is not None
    ]
    return case_when_sql(*scored, otherwise="NULL::DOUBLE")


def band_text_sql(query: Query, value: str, bands: Iterable[Band], unit: str) -> str:
    """SQL for `` (concern: below £0)``; empty if the value raises no level."""
    raising = [(band, f" ({band.level}: {sql_text.format_band(band, unit)})") for band in bands if band.level.rank]
    return case_when_sql(
        *((in_band_sql(query, value, band), query.bind_value(text)) for band, text in raising), otherwise="''"
    )


def limits_text(bands: Iterable[Band], unit: str) -> str:
    """The bands that raise a level, in words."""
    return sql_text.format_limits((band.level, sql_text.format_band(band, unit)) for band in bands)


def subtract_sql(length: Duration, column: str) -> str:
    """SQL for the day that lies a length of time before another."""
    return f"({column} - INTERVAL {length.number:d} {_SQL_UNITS[length.unit]})"


def any_covered_sql(registers: Iterable[str]) -> str:
    """SQL for "one of the registers covers the provider"."""
    return " OR ".join(quote_column("covered", register) for register in registers) or "false"
