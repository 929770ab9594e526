"""The rule that looks at restatements: what was first said of a period, and what is said of it now."""

from indicators import catalogue
from models.vocabulary import IndicatorKind
from regimes.provider_table import ProviderTable
from regimes.rules import sql_text
from regimes.rules.any_rule import RestatedRule
from regimes.rules.sql import (
    RuleQuery,
    band_level_sql,
    band_text_sql,
    limits_text,
    plain_expression,
    select_columns,
    staleness_cutoff,
    title_of,
    unit_of,
)
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column

_DAYS_OF_YEAR = (350, 380)  # days

_RESTATEMENT_TABLE = """wide LEFT JOIN (
    WITH one AS (SELECT *, indicator_id IN ({grades}) AS is_grade,
                        coalesce(abs(newest_value - first_value) / nullif(abs(first_value), 0), 'infinity') AS change
                 FROM restated WHERE indicator_id IN ({indicators}) AND newest_known_on >= {since}),
         counted AS (SELECT *, {sentence} AS sentence FROM one WHERE (is_grade OR change >= {by}) AND {way})
    SELECT subject_id, count(*) AS n, arg_max(sentence, (change, newest_seq)) AS sentence,
           arg_max(period_end, (change, newest_seq)) AS about_on, max(newest_known_on) AS restated_on,
           list_sort(flatten(list([first_seq, newest_seq]))) AS both_seqs,
           bool_or(first_seq IN (FROM recalled) OR newest_seq IN (FROM recalled)) AS any_recalled
    FROM counted GROUP BY subject_id) AS restatements ON restatements.subject_id = wide.provider_id"""


def restated_query(rule: RestatedRule, provider_table: ProviderTable) -> RuleQuery:
    """How many figures of a period were said otherwise not long ago, and the one that changed most."""
    query = Query()
    grades = [key for key in rule.indicators if catalogue.load().indicators[key].kind is IndicatorKind.GRADE]
    table = _RESTATEMENT_TABLE.format(
        grades=provider_table.indicator_ids(query, grades),
        indicators=provider_table.indicator_ids(query, rule.indicators),
        since=query.bind_value(rule.within.day_before(provider_table.day)),
        by=query.bind_value(rule.by),
        way=_is_worse_sql(query, rule, provider_table) if rule.worse_only else "true",
        sentence=_sentence_sql(query, rule, provider_table),
    )
    number, name = "coalesce(n, 0)", query.bind_value(rule.title)
    level = band_level_sql(query, number, rule.bands)
    is_known = " OR ".join(f"{quote_column(key, 'seq')} IS NOT NULL" for key in rule.indicators)
    by = f"{'for the worse ' if rule.worse_only else ''}by {sql_text.format_exact_number(rule.by, 'share')} or more"
    several = case_when_sql(("n > 1", concat_sql("'; '", "n", "' in all'")), otherwise="''")
    columns = {
        "level": case_when_sql((is_known, level)),
        "value_number": case_when_sql((is_known, f"{number}::DOUBLE")),
        "title": case_when_sql(
            ("n > 0", concat_sql(name, "': '", "sentence", several, band_text_sql(query, number, rule.bands, ""))),
            (is_known, concat_sql(name, query.bind_value(f": none {by} within {rule.within}"))),
            otherwise=concat_sql(name, "': not known, none of its figures is'"),
        ),
        "seqs": "coalesce(both_seqs, [])",
        "period_end": "about_on",
        "known_on": "restated_on",
        "is_recalled": "coalesce(any_recalled, false)",
        # What has happened does not grow old, but of those who say nothing any more silence means nothing.
        "is_stale": f"NOT ({_has_current_figure_sql(query, rule, provider_table)}) AND coalesce({level}, 0) = 0",
    }
    limits = f"{limits_text(rule.bands, '')}, restated {by} within {rule.within}"
    return RuleQuery(
        select_columns(rule, columns, table),
        query.parameters,
        plain_expression(*rule.indicators).columns,
        "figures",
        limits,
    )


def _is_worse_sql(query: Query, rule: RestatedRule, provider_table: ProviderTable) -> str:
    """SQL for "the newest value is worse than the first"."""
    known = catalogue.load().indicators
    lower = [key for key in rule.indicators if known[key].direction == "lower_is_better"]
    return f"(newest_value > first_value) = (indicator_id IN ({provider_table.indicator_ids(query, lower)}))"


def _has_current_figure_sql(query: Query, rule: RestatedRule, provider_table: ProviderTable) -> str:
    """SQL for "one of the figures is not older than it may be"."""
    tests = []
    for key in rule.indicators:
        limit = staleness_cutoff(rule, key, provider_table.day)
        tests.append(
            f"{quote_column(key, 'seq')} IS NOT NULL"
            if limit is None
            else f"coalesce({quote_column(key, 'day')} >= {query.bind_value(limit)}, false)"
        )
    return " OR ".join(tests)


def _sentence_sql(query: Query, rule: RestatedRule, provider_table: ProviderTable) -> str:
    """SQL for ``Net debt at 31 December 2016 first given as £5, now as £9, restated on 3 March 2017``."""
    known = [(provider_table.indicators[key], key) for key in rule.indicators if key in provider_table.indicators]
    title = case_when_sql(
        *((f"indicator_id = {query.bind_value(number)}", query.bind_value(title_of(key))) for number, key in known),
        otherwise="''",
    )
    units = [(f"indicator_id = {query.bind_value(number)}", unit_of(key)) for number, key in known]
    foreign = [
        (f"unit_id = {query.bind_value(key)}", query.bind_value(f"{text} "))
        for key, text in provider_table.units.items()
    ]

    def value(side: str) -> str:
        column = f"{side}_value"
        plain = sql_text.number_sql(column, "")
        return case_when_sql(
            ("is_grade", f"{side}_text"),
            *((is_so, concat_sql(text, plain)) for is_so, text in foreign),
            *((is_so, sql_text.number_sql(column, unit)) for is_so, unit in units),
            otherwise="''",
        )

    about = case_when_sql(
        ("period_start IS NULL", "' at '"),
        ("period_end - period_start BETWEEN {} AND {}".format(*_DAYS_OF_YEAR), "' of the year to '"),
        otherwise=concat_sql("' of '", day_sql("period_start"), "' to '"),
    )
    first, now = concat_sql("' first given as '", value("first")), concat_sql("', now as '", value("newest"))
    return concat_sql(title, about, day_sql("period_end"), first, now, "', restated on '", day_sql("newest_known_on"))
