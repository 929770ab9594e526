"""Rules that hold a provider against something outside it: others, an agency's grade, a probability, a judgement."""

from regimes import expressions
from regimes.provider_table import ProviderTable
from regimes.rules import sql_text
from regimes.rules.any_rule import ExternalGradeRule, JudgementRule, ProbabilityOverRule, QuantileRule
from regimes.rules.number import number_table_sql
from regimes.rules.sql import (
    RuleQuery,
    band_level_sql,
    band_score_sql,
    band_text_sql,
    limits_text,
    not_known_sql,
    plain_expression,
    provenance_columns,
    select_columns,
    staleness_columns,
    title_of,
    unit_of,
    was_given_sql,
)
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column

JUDGEMENT = "judgement"  # the catalogue's indicator; its occurrence is "<regime>/<rule>"

# Those to whom the rule does not apply are not among the others either.
_RANKED_TABLE = """(
SELECT *, CASE WHEN value IS NOT NULL THEN percent_rank() OVER (PARTITION BY value IS NULL ORDER BY value {order}) END
          AS position, count(value) OVER () AS others
FROM (SELECT * REPLACE (CASE WHEN {applies} THEN value END AS value) FROM {table}))"""


def quantile_query(rule: QuantileRule, provider_table: ProviderTable) -> RuleQuery:
    """Where a provider's number stands among those of all: 0 the best, 1 the worst."""
    query, expression = Query(), expressions.parse(rule.expression or rule.indicator or "")
    unit = (rule.unit or (unit_of(rule.indicator) if rule.indicator else "")) or ""
    name = query.bind_value(rule.title or title_of(rule.indicator or ""))
    applies = expressions.parse(rule.applies_when).sql if rule.applies_when else "true"
    values = number_table_sql(rule, expression, provider_table, is_mixed=rule.mixed_periods)
    table = _RANKED_TABLE.format(order="DESC" if rule.better == "higher" else "ASC", applies=applies, table=values)
    enough = f"others >= {query.bind_value(rule.at_least)}"
    among = concat_sql("', worse than '", sql_text.number_sql("position", "share"), "' of '", "others")
    columns = provenance_columns(expression) | {
        "level": case_when_sql((enough, band_level_sql(query, "position", rule.bands))),
        "score": case_when_sql((enough, band_score_sql(query, "position", rule.bands)), otherwise="NULL::DOUBLE"),
        "value_number": "position",
        "title": case_when_sql(
            ("value IS NULL", not_known_sql(query, name, expression)),
            (
                enough,
                concat_sql(
                    name,
                    "' '",
                    sql_text.number_sql("value", unit),
                    among,
                    band_text_sql(query, "position", rule.bands, "share"),
                ),
            ),
            otherwise=concat_sql(name, "': known of only '", "others"),
        ),
        **staleness_columns(rule, expression, provider_table, query),
        "was_given": was_given_sql(expression),
        "applies": f"value IS NULL OR {enough}",
    }
    limits = limits_text(rule.bands, "share")
    return RuleQuery(select_columns(rule, columns, table), query.parameters, expression.indicators, "share", limits)


def external_grade_query(rule: ExternalGradeRule, provider_table: ProviderTable) -> RuleQuery:
    """Whether somebody else's grade is at or below the line."""
    query, rank, text = Query(), quote_column(rule.indicator), quote_column(rule.indicator, "text")
    name = query.bind_value(rule.title or title_of(rule.indicator))
    line, level = query.bind_value(rule.line_rank()), query.bind_value(rule.level.rank)
    read, at_line, shown = plain_expression(rule.indicator), level, text
    said_line = f"{rule.level}: {rule.at_or_below} or below"
    if rule.outlook is not None:
        outlook, word = rule.outlook.indicator, rule.outlook.at_or_below
        bad = query.bind_value(expressions.find_indicator(outlook).grades[word.lower()])
        at_line = case_when_sql((f"{quote_column(outlook)} >= {bad}", level), (f"{quote_column(outlook)} < {bad}", "0"))
        read = plain_expression(rule.indicator, outlook)
        shown = concat_sql(
            text,
            f"coalesce(', ' || {query.bind_value(title_of(outlook))} || ' ' || {quote_column(outlook, 'text')}, '')",
        )
        said_line = f"{rule.level}: {rule.at_or_below} with outlook {word}, or below"
    columns = provenance_columns(read) | {
        "level": case_when_sql((f"{rank} > {line}", level), (f"{rank} = {line}", at_line), (f"{rank} < {line}", "0")),
        "value_text": shown,
        "title": concat_sql(name, f"coalesce(': ' || {shown}, ': not known')"),
        **staleness_columns(rule, read, provider_table, query),
        "was_given": was_given_sql(read),
    }
    return RuleQuery(select_columns(rule, columns), query.parameters, read.columns, "", said_line)


def probability_over_query(rule: ProbabilityOverRule, provider_table: ProviderTable) -> RuleQuery:
    """Whether the failure model's probability is over the line."""
    del provider_table
    query, value = Query(), quote_column("probability")
    name, line = query.bind_value(rule.title), query.bind_value(rule.over)
    limit = f"{rule.level}: over {sql_text.format_exact_number(rule.over, 'share')}"
    columns = {
        "level": case_when_sql((f"{value} > {line}", query.bind_value(rule.level.rank)), (f"{value} <= {line}", "0")),
        "value_number": value,
        "title": case_when_sql(
            (f"{value} IS NULL", concat_sql(name, "': none, no failure model covers it'")),
            otherwise=concat_sql(
                name,
                "': '",
                sql_text.number_sql(value, "share"),
                case_when_sql((f"{value} > {line}", query.bind_value(f" ({limit})")), otherwise="''"),
            ),
        ),
    }
    return RuleQuery(select_columns(rule, columns), query.parameters, (), "share", limit)


_JUDGEMENT_TABLE = """wide LEFT JOIN (
    SELECT subject_id, arg_max(value_text, (known_on, seq)) AS word, arg_max(seq, (known_on, seq)) AS word_seq,
           max(known_on) AS judged_on, arg_max(period_end, (known_on, seq)) AS about_on
    FROM observation WHERE indicator_id IN ({judgement}) AND occurrence = {occurrence}
    GROUP BY subject_id) AS judged ON judged.subject_id = wide.provider_id"""


def judgement_query(rule: JudgementRule, provider_table: ProviderTable) -> RuleQuery:
    """What a person has judged, and when."""
    query = Query()
    occurrence = query.bind_value(f"{provider_table.regime.key}/{rule.key}")
    table = _JUDGEMENT_TABLE.format(judgement=provider_table.indicator_ids(query, [JUDGEMENT]), occurrence=occurrence)
    levels = [
        (f"lower(word) = {query.bind_value(w.lower())}", query.bind_value(level.rank))
        for w, level in rule.scale.items()
    ]
    name, by = query.bind_value(rule.title), query.bind_value(f"': not judged yet by {rule.by}'".strip("'"))
    oldest = rule.stale_after.day_before(provider_table.day) if rule.stale_after else None
    columns = {
        "level": case_when_sql(*levels),
        "value_text": "word",
        "title": case_when_sql(
            ("word IS NULL", concat_sql(name, by)),
            otherwise=concat_sql(name, "': '", "word", "', judged on '", day_sql("judged_on")),
        ),
        "seqs": case_when_sql(("word_seq IS NOT NULL", "[word_seq]"), otherwise="[]"),
        "period_end": "about_on",
        "known_on": "judged_on",
        # An old judgement is not only last known: a result must not get better because nobody here judges again.
        "is_stale": f"judged_on < {query.bind_value(oldest)}::DATE" if oldest else "false",
        "was_given": "word IS NOT NULL",
    }
    limits = sql_text.format_limits((level, word) for word, level in rule.scale.items())
    return RuleQuery(select_columns(None, columns, table), query.parameters, (), "", limits)
