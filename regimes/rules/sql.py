"""What every kind of rule has in common as SQL over the table ``wide``.

The look of a rule gives, for each provider: ``level`` (0 none to 3 critical; null where it cannot be said), ``score``
(what it counts where the section puts scores together),
``value_number`` or ``value_text``, ``title``, ``seqs``, ``period_end``, ``known_on``, ``is_recalled``, ``is_stale``,
``last_known`` (when a status was last known, in words; null unless the look is stale for a status alone),
``was_given_sql`` (what is missing now has been there before), ``is_nothing_due`` (the rule had nothing to look at, so that
``none`` clears nobody) and ``applies``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from indicators import catalogue
from models.vocabulary import IndicatorKind, Level
from regimes import expressions
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
from regimes.rules.any_rule import AnyRule
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
ACCOUNTABILITY_LEVEL = "accountability_level"  # the rank of the worst finding on money and quality, in ``wide``
# Of an indicator: its value, and what is known of the value.
COLUMN_SUFFIXES = ((), ("seq",), ("end",), ("known",), ("day",), ("recalled",), ("text",), ("unit",), ("days",))
_RULE_QUERY = "SELECT provider_id, {columns} FROM {table}"


@dataclass(frozen=True)
class RuleQuery:
    """A rule as SQL, with what is the same for every provider."""

    sql: str
    parameters: dict[str, object]
    indicators: tuple[str, ...] = ()
    unit: str = ""
    threshold: str = ""


def select_columns(rule: AnyRule | None, columns: dict[str, str], table: str = "wide") -> str:
    """The query of a look; columns it does not name are as usual."""
    named = _DEFAULT_COLUMNS | columns
    condition = getattr(rule, "applies_when", None)
    if condition:
        named["applies"] = f"({expressions.parse(condition).yearly_sql}) AND ({named['applies']})"
    least: Level | None = getattr(rule, "applies_from_level", None)
    if least is not None:
        named["applies"] = f"({ACCOUNTABILITY_LEVEL} >= {least.rank:d}) AND ({named['applies']})"
    return _RULE_QUERY.format(columns=", ".join(f"{sql} AS {name}" for name, sql in named.items()), table=table)


def plain_expression(*names: str) -> Expression:
    """What a rule reads that looks at indicators as they are."""
    return Expression("", names, (), is_condition=False)


def title_of(name: str) -> str:
    """An indicator's or fact's title."""
    return FACTS[name][0] if name in FACTS else catalogue.load().indicators[name].title


def unit_of(name: str) -> str:
    """An indicator's or fact's unit."""
    return FACTS[name][1] if name in FACTS else catalogue.load().indicators[name].unit


def ledger_columns(expression: Expression) -> list[str]:
    """The columns of ``wide`` that come from the ledger."""
    before = [previous_column(name) for name in expression.previous_indicators]
    return [name for name in expression.columns if name not in FACTS] + before


def figures_of(expression: Expression, *, is_previous: bool = False) -> list[str]:
    """The figures that an expression reads: newest, or those before."""
    known = catalogue.load().indicators
    names = expression.previous_indicators if is_previous else expression.columns
    return [name for name in names if name not in FACTS and known[name].kind is IndicatorKind.FIGURE]


def figures_to_align(expression: Expression) -> list[tuple[str, str]]:
    """Figures whose newest periods may differ, each with the column of its value before the newest."""
    names = figures_of(expression)
    return [] if expression.previous_indicators or len(names) < 2 else [(name, before_column(name)) for name in names]


def provenance_columns(expression: Expression) -> dict[str, str]:
    """The columns of a look that follow from the ledger rows it reads."""
    names = ledger_columns(expression)
    if not names:
        return {}
    each = {part: ", ".join(quote_column(name, part) for name in names) for part in ("seq", "end", "known")}
    return {
        "seqs": f"list_sort(list_distinct([{each['seq']}]::BIGINT[]))",  # distinct leaves out what is null
        "period_end": f"greatest({each['end']})",
        "known_on": f"greatest({each['known']})",
        "is_recalled": " OR ".join(quote_column(name, "recalled") for name in names),
    }


def staleness_cutoff(rule: Any, indicator: str, day: date) -> date | None:
    """The first day of which a value of the indicator is not stale yet; None when none ever is."""
    shelf_life = catalogue.load().indicators[indicator].shelf_life_days
    if rule.stale_after is not None:
        return rule.stale_after.day_before(day)  # type: ignore[no-any-return]
    return None if shelf_life is None else day - timedelta(days=shelf_life)


def staleness_columns(rule: Any, expression: Expression, provider_table: Any, query: Query) -> dict[str, str]:
    """The columns ``is_stale`` and ``last_known`` of a look at newest values.

    A stale figure keeps its weight whatever else is stale: a provider that leaves accounts out gains nothing by it.
    """
    known, figures, statuses = catalogue.load().indicators, list[str](), list[tuple[str, str]]()
    for name in expression.columns:
        limit = None if name in FACTS else staleness_cutoff(rule, name, provider_table.day)
        if limit is None:
            continue
        is_older = f"coalesce({quote_column(name, 'day')} < {query.bind_value(limit)}, false)"
        if known[name].is_status:
            statuses.append(
                (
                    is_older,
                    _last_known_sql(
                        name, is_listed=provider_table.register_of(name) in provider_table.listing_registers
                    ),
                )
            )
        else:
            figures.append(is_older)
    is_old = " OR ".join([*figures, *(is_older for is_older, _ in statuses)])
    columns = {"is_stale": is_old or "false"}
    if statuses:
        of_figures = [(" OR ".join(figures), "NULL")] if figures else []
        columns["last_known"] = case_when_sql(*of_figures, *statuses)
    return columns


def _last_known_sql(name: str, *, is_listed: bool) -> str:
    """SQL for ``on the list of 31 March 2022``, the day from which the age of a status counts."""
    where = (
        case_when_sql((f"{quote_column(name, 'end')} IS NULL", "'on the list of '"), otherwise="'on '")
        if is_listed
        else "'on '"
    )
    return concat_sql(where, day_sql(quote_column(name, "day")))


def not_known_sql(query: Query, name: str, expression: Expression) -> str:
    """SQL for "not known", with what is missing; ``name`` is the rule's title as SQL."""
    if not expression.previous_indicators and len(expression.columns) == 1:
        return concat_sql(name, "': not known'")
    return concat_sql(name, "': not known (missing: '", _missing_names_sql(query, expression), "')'")


def _missing_names_sql(query: Query, expression: Expression) -> str:
    each = [(quote_column(name), query.bind_value(title_of(name))) for name in expression.columns]
    each += [
        (quote_column(PREVIOUS, name), _missing_before_sql(query, name)) for name in expression.previous_indicators
    ]
    titles = ", ".join(case_when_sql((f"{column} IS NULL", title)) for column, title in each)
    reasons = case_when_sql(
        (differs_in_unit_sql(expression), "'one unit: the figures are in different currencies'"),
        (is_not_scaled_sql(expression), "'a period of six to eighteen months'"),
        otherwise="'divides by zero'",
    )
    return f"coalesce(nullif(concat_ws(', ', {titles}), ''), {reasons})"


def _missing_before_sql(query: Query, name: str) -> str:
    """SQL for what is missing of the value before; where an earlier figure is known, why that is no such value."""
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
    money = [column for column, name in _dated_columns(expression) if known[name].unit == "GBP"]
    pairs = [
        f"({quote_column(money[0])} IS NOT NULL AND {quote_column(other)} IS NOT NULL"
        f" AND {quote_column(money[0], 'unit')} IS DISTINCT FROM {quote_column(other, 'unit')})"
        for other in money[1:]
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
    each = [
        f"coalesce({days} {limits} AND {days} >= {SHORTEST_PERIOD}, false)"
        for days in _period_length_columns(expression)
    ]
    return " OR ".join(each) or "false"


def scaled_from_sql(expression: Expression) -> str:
    """SQL that says for how many months the figures of a scaled value were; nothing where the value is not scaled."""
    if not _period_length_columns(expression):
        return "''"
    longest, shortest = (f"{pick}({', '.join(_period_length_columns(expression))})" for pick in ("greatest", "least"))
    days = f"CASE WHEN {longest} > {YEAR_DAYS[1]} THEN {longest} ELSE {shortest} END"
    months = f"round({days} / {AVERAGE_YEAR} * 12)::INTEGER"
    return case_when_sql(("is_scaled", concat_sql("' (from '", months, "' months, scaled to a year)'")), otherwise="''")


def was_given_sql(expression: Expression) -> str:
    """SQL for "everything that is missing has been there before"."""
    never = [
        f"({quote_column(name)} IS NULL AND {quote_column(name, 'seq')} IS NULL)" for name in ledger_columns(expression)
    ]
    never += [f"{quote_column(name)} IS NULL" for name in expression.columns if name in FACTS]
    return f"NOT ({' OR '.join(never)})"


def band_level_sql(query: Query, value: str, bands: Sequence[Band]) -> str:
    """SQL for the level of the band that a value is in."""
    return case_when_sql(*((in_band_sql(query, value, band), query.bind_value(band.level.rank)) for band in bands))


def band_score_sql(query: Query, value: str, bands: Sequence[Band]) -> str:
    """SQL for what the band that a value is in counts; null where bands are not scored."""
    scored = [
        (in_band_sql(query, value, band), query.bind_value(band.score)) for band in bands if band.score is not None
    ]
    return case_when_sql(*scored, otherwise="NULL::DOUBLE")


def band_text_sql(query: Query, value: str, bands: Iterable[Band], unit: str) -> str:
    """SQL for `` (concern: below £0)`` where the value raises a level, else nothing."""
    raising = [(band, f" ({band.level}: {sql_text.format_band(band, unit)})") for band in bands if band.level.rank]
    return case_when_sql(
        *((in_band_sql(query, value, band), query.bind_value(text)) for band, text in raising), otherwise="''"
    )


def limits_text(bands: Iterable[Band], unit: str) -> str:
    """What raises a level, in words."""
    return sql_text.format_limits((band.level, sql_text.format_band(band, unit)) for band in bands)
