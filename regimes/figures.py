"""Rules that look at values as they stand: bands, grades, conditions, and the owner's other settings."""

from indicators import catalogue
from models.vocabulary import Kind
from regimes import expressions, words
from regimes.columns import (
    ACCOUNTABILITY_LEVEL,
    PARTS,
    Look,
    bare,
    differs_in_unit,
    figures_of,
    from_ledger,
    is_not_scaled,
    level_in,
    limits_of,
    not_known,
    of_rows,
    oldest,
    scaled_from,
    score_in,
    select,
    staleness,
    title_of,
    to_align,
    unit_of,
    was_given,
    words_in,
)
from regimes.expression_words import in_words
from regimes.expressions import COMPLETENESS, FACTS, Expression, before_column, previous_column
from regimes.rules import BandsRule, CitedRule, ConditionRule, GradesRule, SiblingsRule
from regimes.wide import Wide
from regimes.words import Query, choose, day_sql, quoted, said

# Only the columns that a rule reads are carried along: there are hundreds, and each costs time to plan.
_NUMBER = """(SELECT {kept}, is_scaled, CASE WHEN isfinite(number) THEN number END AS value
              FROM (SELECT {kept}, is_scaled, value AS number FROM {valued}))"""
_VALUE = "(SELECT {kept}, false AS is_scaled, CASE WHEN {in_one_unit} THEN {value} END AS value FROM {table})"
# Where the length of a period changes the answer, a figure of a short or long period counts as that of a year.
_VALUED = """(
SELECT {kept}, is_scaled, CASE WHEN NOT is_scaled THEN plain WHEN NOT ({is_left_out}) THEN yearly END AS value
FROM (SELECT {kept}, plain, yearly, coalesce({differs}, false) AS is_scaled
      FROM (SELECT {kept}, CASE WHEN {in_one_unit} THEN {value} END AS plain,
                   CASE WHEN {in_one_unit} THEN {yearly} END AS yearly FROM {table})))"""
_NUMBERS_DIFFER = "abs(yearly - plain) > 1e-9 * abs(plain)"  # more than dividing and multiplying again can do
_CHANGED = "(SELECT {columns} FROM wide)"
_ALIGNED = "(SELECT {columns} FROM (SELECT {kept}, {period} AS period FROM wide))"


def bands(rule: BandsRule, wide: Wide) -> Look:
    """A number and the band it is in."""
    query, expression = Query(), expressions.parse(rule.expression or rule.indicator or "")
    unit, title = rule.unit, rule.title
    if rule.indicator:
        unit, title = unit or unit_of(rule.indicator), title or title_of(rule.indicator)
    name, rows = query.value(title), of_rows(expression)
    number = words.number_sql("value", unit or "")
    if rule.indicator in expression.columns:  # the value itself, which may be in another currency
        column = quoted(rule.indicator, "unit")
        foreign = [(f"{column} = {query.value(key)}", query.value(f"{text} ")) for key, text in wide.units.items()]
        plain = words.number_sql("value", "")
        number = choose(*((is_so, said(text, plain)) for is_so, text in foreign), otherwise=number)
    at = f"coalesce(' at ' || {day_sql(rows['period_end'])}, '')" if rows else "''"
    scaled = scaled_from(expression)
    stale = staleness(rule, expression, wide, query)
    at = choose((f"{stale['last_known']} IS NOT NULL", "''"), otherwise=at) if "last_known" in stale else at
    columns = rows | {
        "level": level_in(query, "value", rule.bands),
        "score": score_in(query, "value", rule.bands),
        "value_number": "value",
        "title": choose(
            ("value IS NULL", not_known(query, name, expression)),
            otherwise=said(name, "' '", number, at, scaled, words_in(query, "value", rule.bands, unit or "")),
        ),
        **stale,
        "was_given": was_given(expression),
    }
    if expression.columns == (COMPLETENESS,):  # a share of no rules: all are excused, or silent because of the source
        columns["applies"] = "value IS NOT NULL"
    table = with_number(rule, expression, wide, is_mixed=rule.mixed_periods)
    limits = limits_of(rule.bands, unit or "")
    return Look(select(rule, columns, table), query.parameters, expression.indicators, unit or "", limits)


def with_number(rule: CitedRule, expression: Expression, wide: Wide, *, is_mixed: bool) -> str:
    """SQL of a table with ``value``, the number of an expression, and the columns that the rule reads."""
    kept = ", ".join(_kept(rule, expression))
    return _NUMBER.format(kept=kept, valued=_valued(rule, expression, wide, is_mixed=is_mixed))


def _valued(rule: CitedRule, expression: Expression, wide: Wide, *, is_mixed: bool) -> str:
    """SQL of a table with ``value`` and ``is_scaled``, and the columns that the rule reads.

    A rule on an indicator as it is reads the figure of its own period; what is made of several figures is of a year.
    """
    is_plain = expression.columns == (getattr(rule, "indicator", None),) and not expression.previous
    kept, table = ", ".join(_kept(rule, expression)), _aligned(rule, expression, is_mixed=is_mixed)
    value = expression.sql if expression.is_condition else f"({expression.sql})::DOUBLE"
    in_one_unit = f"NOT ({differs_in_unit(expression)})" if wide.foreign.intersection(expression.indicators) else "true"
    if is_plain or wide.odd_periods.isdisjoint(expression.indicators):
        return _VALUE.format(kept=kept, value=value, in_one_unit=in_one_unit, table=table)
    yearly = expression.yearly_sql if expression.is_condition else f"({expression.yearly_sql})::DOUBLE"
    differs = "plain IS DISTINCT FROM yearly" if expression.is_condition else _NUMBERS_DIFFER
    return _VALUED.format(
        kept=kept,
        value=value,
        yearly=yearly,
        differs=differs,
        in_one_unit=in_one_unit,
        is_left_out=is_not_scaled(expression),
        table=table,
    )


def _kept(rule: CitedRule, expression: Expression) -> list[str]:
    """The columns of ``wide`` that a rule with an expression reads."""
    columns = ["provider_id", expressions.DAY]
    columns += [quoted(name) for name in expression.columns if name in FACTS]
    columns += [ACCOUNTABILITY_LEVEL] if rule.applies_from_level is not None else []
    columns += [quoted(name, *part) for name in from_ledger(expression) for part in PARTS]
    columns += [quoted(before_column(name), part) for name in expression.previous for part in ("end", "unit")]
    if rule.applies_when:
        applies = expressions.parse(rule.applies_when)
        columns += [quoted(name) for name in applies.read()]
        columns += [quoted(name, "days") for name in from_ledger(applies)]
    return list(dict.fromkeys(columns))


def _aligned(rule: CitedRule, expression: Expression, *, is_mixed: bool) -> str:
    """A table like ``wide`` in which all figures of an expression are of one period.

    Net assets of one year over the creditors of another say nothing of either. Where the newest periods differ, the
    newest that all figures are known of counts, until it is stale: what the newest accounts leave out clears nobody.
    """
    pairs = to_align(expression)
    if is_mixed or not (pairs or expression.previous):
        return "wide"
    if not pairs:
        return _of_two_years(rule, expression)
    ends = ", ".join(quoted(name, "end") for name, _ in pairs)
    known = [f"least({ends}) IN ({quoted(name, 'end')}, {quoted(other, 'end')})" for name, other in pairs]
    kept = _kept(rule, expression)
    others = [quoted(other, *part) for _, other in pairs for part in PARTS]
    columns = {column: column for column in kept}
    for name, other in pairs:
        is_newest, is_before = (f"{quoted(one, 'end')} IS NOT DISTINCT FROM period" for one in (name, other))
        for part in PARTS:
            column = quoted(name, *part)
            columns[column] = f"{choose((is_newest, column), (is_before, quoted(other, *part)))} AS {column}"
    return _ALIGNED.format(
        columns=", ".join(columns.values()),
        kept=", ".join(dict.fromkeys([*kept, *others])),
        period=choose((" AND ".join(known), f"least({ends})"), otherwise=f"greatest({ends})"),
    )


def _of_two_years(rule: CitedRule, expression: Expression) -> str:
    """For a change over the year: the newest figures of one period, those before of another."""
    columns = {column: column for column in _kept(rule, expression)}
    for is_previous in (False, True):
        names = figures_of(expression, is_previous=is_previous)
        named = [previous_column(name) if is_previous else name for name in names]
        newest = f"greatest({', '.join(quoted(name, 'end') for name in named)})"
        for name in named:
            column = quoted(name)
            is_newest = f"{quoted(name, 'end')} IS NOT DISTINCT FROM {newest}"
            columns[column] = f"{choose((is_newest, column))} AS {column}"
    return _CHANGED.format(columns=", ".join(columns.values()))


def grades(rule: GradesRule, wide: Wide) -> Look:
    """A grade and the level it has."""
    query, expression = Query(), bare(rule.indicator)
    rank, text, end = (quoted(rule.indicator, *part) for part in ((), ("text",), ("end",)))
    name = query.value(rule.title or title_of(rule.indicator))
    levels = [(f"{rank} = {query.value(number)}", query.value(level.rank)) for number, level in rule.ranks().items()]
    scores = [(f"{rank} = {query.value(number)}", query.value(score)) for number, score in rule.scored().items()]
    stale = staleness(rule, expression, wide, query)
    on_day = f"coalesce(' on ' || {day_sql(end)}, '')"
    if "last_known" in stale:  # which gives the day
        on_day = choose((f"{stale['last_known']} IS NOT NULL", "''"), otherwise=on_day)
    columns = of_rows(expression) | {
        "level": choose(*levels),
        "score": choose(*scores, otherwise="NULL::DOUBLE"),
        "value_text": text,
        "title": said(name, f"coalesce(': ' || {text} || {on_day}, ': not known')"),
        **stale,
        "was_given": was_given(expression),
    }
    limits = words.limits((level, word) for word, level in rule.grades.items())
    return Look(select(rule, columns), query.parameters, (rule.indicator,), "", limits)


def condition(rule: ConditionRule, wide: Wide) -> Look:
    """Whether something is the case, with the values that say so."""
    query, expression = Query(), expressions.parse(rule.when)
    values, name = _values(query, expression), query.value(rule.title)
    scaled = scaled_from(expression)
    columns = of_rows(expression) | {
        "level": choose(("value", query.value(rule.level.rank)), ("NOT value", "0")),
        "value_text": values,
        "title": choose(
            ("value IS NULL", not_known(query, name, expression)),
            otherwise=said(name, choose(("value", "': yes ('"), otherwise="': no ('"), values, "')'", scaled),
        ),
        **staleness(rule, expression, wide, query),
        "was_given": was_given(expression),
    }
    table = _valued(rule, expression, wide, is_mixed=False)
    limits = f"{rule.level}: {rule.meaning or in_words(rule.when)}"
    return Look(select(rule, columns, table), query.parameters, expression.indicators, "", limits)


def _values(query: Query, expression: Expression) -> str:
    """SQL for the values that a condition looks at; with their titles where there are several."""
    if len(expression.columns) == 1:
        return f"({_shown(expression.columns[0])})"
    titles = [query.value(f"{title_of(name)} ") for name in expression.columns]
    values = [said(title, _shown(name)) for title, name in zip(titles, expression.columns, strict=True)]
    return f"concat_ws(', ', {', '.join(values)})"


def _shown(name: str) -> str:
    """SQL for a value as people read it."""
    column = quoted(name)
    if name not in FACTS and catalogue.load().indicators[name].kind is Kind.GRADE:
        return quoted(name, "text")
    return {
        "BOOLEAN": choose((column, "'yes'"), (f"NOT {column}", "'no'")),
        "DATE": day_sql(column),
        "VARCHAR": column,
        "DOUBLE": f"({words.number_sql(column, unit_of(name))})",
    }[expressions.column_type(name)]


# From the counts of an owner the setting itself is taken away again: the settings are not joined each with each.
_OTHERS = """(
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


def siblings(rule: SiblingsRule, wide: Wide) -> Look:
    """The share of the owner's other settings that are graded worse than they should be."""
    query = Query()
    scale = catalogue.load().indicators[rule.indicator].grades
    columns = {name: quoted(rule.indicator, name) for name in ("seq", "end", "known", "day", "recalled")}
    table = _OTHERS.format(
        rank=quoted(rule.indicator),
        oldest=query.value(oldest(rule, rule.indicator, wide.day)),
        good=query.value(scale[rule.worse_than.lower()]),
        **columns,
    )
    enough, value, name = f"others >= {query.value(rule.at_least)}", "(worse / others)", query.value(rule.title)
    counted = f"owner IS NOT NULL AND {enough}"
    looked = {
        "level": choose((counted, level_in(query, value, rule.bands))),
        "value_number": choose((counted, value)),
        "title": choose(
            ("owner IS NULL", said(name, "': not known, no owner is'")),
            (enough, said(name, "': '", "worse", "' of '", "others", words_in(query, value, rule.bands, "share"))),
            otherwise=said(name, "': only '", "others", "' with a grade'"),
        ),
        "seqs": choose((counted, "other_seqs"), otherwise="[]"),
        "period_end": choose((f"{counted} AND worse > 0", "newest_end")),
        "known_on": choose((f"{counted} AND worse > 0", "newest_known")),
        "is_recalled": "coalesce(any_recalled, false)",
        "applies": f"owner IS NULL OR {enough}",
    }
    limits = limits_of(rule.bands, "share")
    return Look(select(rule, looked, table), query.parameters, (rule.indicator,), "share", limits)
