"""Rules that look at values as they stand: bands, grades, conditions, and the owner's other settings."""

from indicators import catalogue
from models.vocabulary import IndicatorKind
from regimes import expressions
from regimes.expression_text import describe_expression
from regimes.expressions import COMPLETENESS, FACTS, Expression, before_column, previous_column
from regimes.provider_table import ProviderTable
from regimes.rules import sql_text
from regimes.rules.any_rule import BandsRule, CitedRule, ConditionRule, GradesRule, SiblingsRule
from regimes.rules.sql import (
    ACCOUNTABILITY_LEVEL,
    COLUMN_SUFFIXES,
    RuleQuery,
    band_level_sql,
    band_score_sql,
    band_text_sql,
    differs_in_unit_sql,
    figures_of,
    figures_to_align,
    is_not_scaled_sql,
    ledger_columns,
    limits_text,
    not_known_sql,
    plain_expression,
    provenance_columns,
    scaled_from_sql,
    select_columns,
    staleness_columns,
    staleness_cutoff,
    title_of,
    unit_of,
    was_given_sql,
)
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column

# Only the columns that a rule reads are carried along: there are hundreds, and each costs time to plan.
_NUMBER_TABLE = """(SELECT {kept}, is_scaled, CASE WHEN isfinite(number) THEN number END AS value
              FROM (SELECT {kept}, is_scaled, value AS number FROM {valued}))"""
_VALUE_TABLE = "(SELECT {kept}, false AS is_scaled, CASE WHEN {in_one_unit} THEN {value} END AS value FROM {table})"
# Where the length of a period changes the answer, a figure of a short or long period counts as that of a year.
_SCALED_VALUE_TABLE = """(
SELECT {kept}, is_scaled, CASE WHEN NOT is_scaled THEN plain WHEN NOT ({is_left_out}) THEN yearly END AS value
FROM (SELECT {kept}, plain, yearly, coalesce({differs}, false) AS is_scaled
      FROM (SELECT {kept}, CASE WHEN {in_one_unit} THEN {value} END AS plain,
                   CASE WHEN {in_one_unit} THEN {yearly} END AS yearly FROM {table})))"""
_NUMBERS_DIFFER = "abs(yearly - plain) > 1e-9 * abs(plain)"  # more than dividing and multiplying again can do
_TWO_YEAR_TABLE = "(SELECT {columns} FROM wide)"
_ALIGNED_TABLE = "(SELECT {columns} FROM (SELECT {kept}, {period} AS period FROM wide))"


def bands_query(rule: BandsRule, provider_table: ProviderTable) -> RuleQuery:
    """A number and the band it is in."""
    query, expression = Query(), expressions.parse(rule.expression or rule.indicator or "")
    unit, title = rule.unit, rule.title
    if rule.indicator:
        unit, title = unit or unit_of(rule.indicator), title or title_of(rule.indicator)
    name, rows = query.bind_value(title), provenance_columns(expression)
    number = sql_text.number_sql("value", unit or "")
    if rule.indicator in expression.columns:  # the value itself, which may be in another currency
        column = quote_column(rule.indicator, "unit")
        foreign = [
            (f"{column} = {query.bind_value(key)}", query.bind_value(f"{text} "))
            for key, text in provider_table.units.items()
        ]
        plain = sql_text.number_sql("value", "")
        number = case_when_sql(*((is_so, concat_sql(text, plain)) for is_so, text in foreign), otherwise=number)
    at = f"coalesce(' at ' || {day_sql(rows['period_end'])}, '')" if rows else "''"
    scaled = scaled_from_sql(expression)
    stale = staleness_columns(rule, expression, provider_table, query)
    at = case_when_sql((f"{stale['last_known']} IS NOT NULL", "''"), otherwise=at) if "last_known" in stale else at
    columns = rows | {
        "level": band_level_sql(query, "value", rule.bands),
        "score": band_score_sql(query, "value", rule.bands),
        "value_number": "value",
        "title": case_when_sql(
            ("value IS NULL", not_known_sql(query, name, expression)),
            otherwise=concat_sql(
                name, "' '", number, at, scaled, band_text_sql(query, "value", rule.bands, unit or "")
            ),
        ),
        **stale,
        "was_given": was_given_sql(expression),
    }
    if expression.columns == (COMPLETENESS,):  # a share of no rules: all are excused, or silent because of the source
        columns["applies"] = "value IS NOT NULL"
    table = number_table_sql(rule, expression, provider_table, is_mixed=rule.mixed_periods)
    limits = limits_text(rule.bands, unit or "")
    return RuleQuery(select_columns(rule, columns, table), query.parameters, expression.indicators, unit or "", limits)


def number_table_sql(rule: CitedRule, expression: Expression, provider_table: ProviderTable, *, is_mixed: bool) -> str:
    """SQL of a table with ``value``, the number of an expression, and the columns that the rule reads."""
    kept = ", ".join(_kept_columns(rule, expression))
    return _NUMBER_TABLE.format(kept=kept, valued=_value_table_sql(rule, expression, provider_table, is_mixed=is_mixed))


def _value_table_sql(rule: CitedRule, expression: Expression, provider_table: ProviderTable, *, is_mixed: bool) -> str:
    """SQL of a table with ``value`` and ``is_scaled``, and the columns that the rule reads.

    A rule on an indicator as it is reads the figure of its own period; what is made of several figures is of a year.
    """
    is_plain = expression.columns == (getattr(rule, "indicator", None),) and not expression.previous_indicators
    kept, table = ", ".join(_kept_columns(rule, expression)), _aligned_table_sql(rule, expression, is_mixed=is_mixed)
    value = expression.sql if expression.is_condition else f"({expression.sql})::DOUBLE"
    in_one_unit = (
        f"NOT ({differs_in_unit_sql(expression)})"
        if provider_table.foreign_units.intersection(expression.indicators)
        else "true"
    )
    if is_plain or provider_table.irregular_periods.isdisjoint(expression.indicators):
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
    """The columns of ``wide`` that a rule with an expression reads."""
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
    """A table like ``wide`` in which all figures of an expression are of one period.

    Net assets of one year over the creditors of another say nothing of either. Where the newest periods differ, the
    newest that all figures are known of counts, until it is stale: what the newest accounts leave out clears nobody.
    """
    pairs = figures_to_align(expression)
    if is_mixed or not (pairs or expression.previous_indicators):
        return "wide"
    if not pairs:
        return _two_year_table_sql(rule, expression)
    ends = ", ".join(quote_column(name, "end") for name, _ in pairs)
    known = [f"least({ends}) IN ({quote_column(name, 'end')}, {quote_column(other, 'end')})" for name, other in pairs]
    kept = _kept_columns(rule, expression)
    others = [quote_column(other, *part) for _, other in pairs for part in COLUMN_SUFFIXES]
    columns = {column: column for column in kept}
    for name, other in pairs:
        is_newest, is_before = (f"{quote_column(one, 'end')} IS NOT DISTINCT FROM period" for one in (name, other))
        for part in COLUMN_SUFFIXES:
            column = quote_column(name, *part)
            columns[column] = (
                f"{case_when_sql((is_newest, column), (is_before, quote_column(other, *part)))} AS {column}"
            )
    return _ALIGNED_TABLE.format(
        columns=", ".join(columns.values()),
        kept=", ".join(dict.fromkeys([*kept, *others])),
        period=case_when_sql((" AND ".join(known), f"least({ends})"), otherwise=f"greatest({ends})"),
    )


def _two_year_table_sql(rule: CitedRule, expression: Expression) -> str:
    """For a change over the year: the newest figures of one period, those before of another."""
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


def grades_query(rule: GradesRule, provider_table: ProviderTable) -> RuleQuery:
    """A grade and the level it has."""
    query, expression = Query(), plain_expression(rule.indicator)
    rank, text, end = (quote_column(rule.indicator, *part) for part in ((), ("text",), ("end",)))
    name = query.bind_value(rule.title or title_of(rule.indicator))
    levels = [
        (f"{rank} = {query.bind_value(number)}", query.bind_value(level.rank))
        for number, level in rule.levels_by_rank().items()
    ]
    scores = [
        (f"{rank} = {query.bind_value(number)}", query.bind_value(score))
        for number, score in rule.scores_by_rank().items()
    ]
    stale = staleness_columns(rule, expression, provider_table, query)
    on_day = f"coalesce(' on ' || {day_sql(end)}, '')"
    if "last_known" in stale:  # which gives the day
        on_day = case_when_sql((f"{stale['last_known']} IS NOT NULL", "''"), otherwise=on_day)
    columns = provenance_columns(expression) | {
        "level": case_when_sql(*levels),
        "score": case_when_sql(*scores, otherwise="NULL::DOUBLE"),
        "value_text": text,
        "title": concat_sql(name, f"coalesce(': ' || {text} || {on_day}, ': not known')"),
        **stale,
        "was_given": was_given_sql(expression),
    }
    limits = sql_text.format_limits((level, word) for word, level in rule.grades.items())
    return RuleQuery(select_columns(rule, columns), query.parameters, (rule.indicator,), "", limits)


def condition_query(rule: ConditionRule, provider_table: ProviderTable) -> RuleQuery:
    """Whether something is the case, with the values that say so."""
    query, expression = Query(), expressions.parse(rule.when)
    values, name = _values_sql(query, expression), query.bind_value(rule.title)
    scaled = scaled_from_sql(expression)
    columns = provenance_columns(expression) | {
        "level": case_when_sql(("value", query.bind_value(rule.level.rank)), ("NOT value", "0")),
        "value_text": values,
        "title": case_when_sql(
            ("value IS NULL", not_known_sql(query, name, expression)),
            otherwise=concat_sql(
                name, case_when_sql(("value", "': yes ('"), otherwise="': no ('"), values, "')'", scaled
            ),
        ),
        **staleness_columns(rule, expression, provider_table, query),
        "was_given": was_given_sql(expression),
    }
    table = _value_table_sql(rule, expression, provider_table, is_mixed=False)
    limits = f"{rule.level}: {rule.meaning or describe_expression(rule.when)}"
    return RuleQuery(select_columns(rule, columns, table), query.parameters, expression.indicators, "", limits)


def _values_sql(query: Query, expression: Expression) -> str:
    """SQL for the values that a condition looks at; with their titles where there are several."""
    if len(expression.columns) == 1:
        return f"({_shown_value_sql(expression.columns[0])})"
    titles = [query.bind_value(f"{title_of(name)} ") for name in expression.columns]
    values = [concat_sql(title, _shown_value_sql(name)) for title, name in zip(titles, expression.columns, strict=True)]
    return f"concat_ws(', ', {', '.join(values)})"


def _shown_value_sql(name: str) -> str:
    """SQL for a value as people read it."""
    column = quote_column(name)
    if name not in FACTS and catalogue.load().indicators[name].kind is IndicatorKind.GRADE:
        return quote_column(name, "text")
    return {
        "BOOLEAN": case_when_sql((column, "'yes'"), (f"NOT {column}", "'no'")),
        "DATE": day_sql(column),
        "VARCHAR": column,
        "DOUBLE": f"({sql_text.number_sql(column, unit_of(name))})",
    }[expressions.column_type(name)]


# From the counts of an owner the setting itself is taken away again: the settings are not joined each with each.
_SIBLING_TABLE = """(
WITH one AS (SELECT *, coalesce({rank} IS NOT NULL AND {day} >= coalesce({oldest}::DATE, {day}), false) AS is_judged,
                    coalesce(is_judged AND {rank} > {good}, false) AS is_worse FROM wide),
     owned AS (SELECT owner, count(*) FILTER (is_judged) AS judged, count(*) FILTER (is_worse) AS worse,
                      list({seq} ORDER BY {seq}) FILTER (is_worse) AS seqs, max({end}) FILTER (is_worse) AS newest_end,
                      max({known}) FILTER (is_worse) AS newest_known, bool_or({recalled}) AS any_recalled
               FROM one WHERE owner IS NOT NULL GROUP BY owner)
SELECT one.*, owned.judged - is_judged::INTEGER AS others, owned.worse - is_worse::INTEGER AS worse,
       list_filter(coalesce(owned.seqs, []), lambda seq: seq IS DISTINCT FROM {seq}) AS other_seqs,
       newest_end, newest_known, any_recalled
FROM one LEFT JOIN owned ON owned.owner = one.owner)"""


def siblings_query(rule: SiblingsRule, provider_table: ProviderTable) -> RuleQuery:
    """The share of the owner's other settings that are graded worse than they should be."""
    query = Query()
    scale = catalogue.load().indicators[rule.indicator].grades
    columns = {name: quote_column(rule.indicator, name) for name in ("seq", "end", "known", "day", "recalled")}
    table = _SIBLING_TABLE.format(
        rank=quote_column(rule.indicator),
        oldest=query.bind_value(staleness_cutoff(rule, rule.indicator, provider_table.day)),
        good=query.bind_value(scale[rule.worse_than.lower()]),
        **columns,
    )
    enough, value, name = (
        f"others >= {query.bind_value(rule.at_least)}",
        "(worse / others)",
        query.bind_value(rule.title),
    )
    counted = f"owner IS NOT NULL AND {enough}"
    looked = {
        "level": case_when_sql((counted, band_level_sql(query, value, rule.bands))),
        "value_number": case_when_sql((counted, value)),
        "title": case_when_sql(
            ("owner IS NULL", concat_sql(name, "': not known, no owner is'")),
            (
                enough,
                concat_sql(name, "': '", "worse", "' of '", "others", band_text_sql(query, value, rule.bands, "share")),
            ),
            otherwise=concat_sql(name, "': only '", "others", "' with a grade'"),
        ),
        "seqs": case_when_sql((counted, "other_seqs"), otherwise="[]"),
        "period_end": case_when_sql((f"{counted} AND worse > 0", "newest_end")),
        "known_on": case_when_sql((f"{counted} AND worse > 0", "newest_known")),
        "is_recalled": "coalesce(any_recalled, false)",
        "applies": f"owner IS NULL OR {enough}",
    }
    limits = limits_text(rule.bands, "share")
    return RuleQuery(select_columns(rule, looked, table), query.parameters, (rule.indicator,), "share", limits)
