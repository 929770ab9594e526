"""Rules that hold a provider against something outside it: others, an agency's grade, a probability, a judgement."""

from regimes import expressions, words
from regimes.columns import (
    Look,
    bare,
    level_in,
    limits_of,
    not_known,
    of_rows,
    score_in,
    select,
    staleness,
    title_of,
    unit_of,
    was_given,
    words_in,
)
from regimes.figures import with_number
from regimes.rules import ExternalGradeRule, JudgementRule, ProbabilityOverRule, QuantileRule
from regimes.wide import Wide
from regimes.words import Query, choose, day_sql, quoted, said

JUDGEMENT = "judgement"  # the catalogue's indicator; its occurrence is "<regime>/<rule>"

# Those to whom the rule does not apply are not among the others either.
_PLACED = """(
SELECT *, CASE WHEN value IS NOT NULL THEN percent_rank() OVER (PARTITION BY value IS NULL ORDER BY value {order}) END
          AS position, count(value) OVER () AS others
FROM (SELECT * REPLACE (CASE WHEN {applies} THEN value END AS value) FROM {table}))"""


def quantile(rule: QuantileRule, wide: Wide) -> Look:
    """Where a provider's number stands among those of all: 0 the best, 1 the worst."""
    query, expression = Query(), expressions.parse(rule.expression or rule.indicator or "")
    unit = (rule.unit or (unit_of(rule.indicator) if rule.indicator else "")) or ""
    name = query.value(rule.title or title_of(rule.indicator or ""))
    applies = expressions.parse(rule.applies_when).sql if rule.applies_when else "true"
    values = with_number(rule, expression, wide, is_mixed=rule.mixed_periods)
    table = _PLACED.format(order="DESC" if rule.better == "higher" else "ASC", applies=applies, table=values)
    enough = f"others >= {query.value(rule.at_least)}"
    among = said("', worse than '", words.number_sql("position", "share"), "' of '", "others")
    columns = of_rows(expression) | {
        "level": choose((enough, level_in(query, "position", rule.bands))),
        "score": choose((enough, score_in(query, "position", rule.bands)), otherwise="NULL::DOUBLE"),
        "value_number": "position",
        "title": choose(
            ("value IS NULL", not_known(query, name, expression)),
            (
                enough,
                said(
                    name,
                    "' '",
                    words.number_sql("value", unit),
                    among,
                    words_in(query, "position", rule.bands, "share"),
                ),
            ),
            otherwise=said(name, "': known of only '", "others"),
        ),
        **staleness(rule, expression, wide, query),
        "was_given": was_given(expression),
        "applies": f"value IS NULL OR {enough}",
    }
    limits = limits_of(rule.bands, "share")
    return Look(select(rule, columns, table), query.parameters, expression.indicators, "share", limits)


def external_grade(rule: ExternalGradeRule, wide: Wide) -> Look:
    """Whether somebody else's grade is at or below the line."""
    query, rank, text = Query(), quoted(rule.indicator), quoted(rule.indicator, "text")
    name = query.value(rule.title or title_of(rule.indicator))
    line, level = query.value(rule.line()), query.value(rule.level.rank)
    read, at_line, shown = bare(rule.indicator), level, text
    said_line = f"{rule.level}: {rule.at_or_below} or below"
    if rule.outlook is not None:
        outlook, word = rule.outlook.indicator, rule.outlook.at_or_below
        bad = query.value(expressions.known(outlook).grades[word.lower()])
        at_line = choose((f"{quoted(outlook)} >= {bad}", level), (f"{quoted(outlook)} < {bad}", "0"))
        read = bare(rule.indicator, outlook)
        shown = said(
            text, f"coalesce(', ' || {query.value(title_of(outlook))} || ' ' || {quoted(outlook, 'text')}, '')"
        )
        said_line = f"{rule.level}: {rule.at_or_below} with outlook {word}, or below"
    columns = of_rows(read) | {
        "level": choose((f"{rank} > {line}", level), (f"{rank} = {line}", at_line), (f"{rank} < {line}", "0")),
        "value_text": shown,
        "title": said(name, f"coalesce(': ' || {shown}, ': not known')"),
        **staleness(rule, read, wide, query),
        "was_given": was_given(read),
    }
    return Look(select(rule, columns), query.parameters, read.columns, "", said_line)


def probability_over(rule: ProbabilityOverRule, wide: Wide) -> Look:
    """Whether the failure model's probability is over the line."""
    del wide
    query, value = Query(), quoted("probability")
    name, line = query.value(rule.title), query.value(rule.over)
    limit = f"{rule.level}: over {words.number(rule.over, 'share')}"
    columns = {
        "level": choose((f"{value} > {line}", query.value(rule.level.rank)), (f"{value} <= {line}", "0")),
        "value_number": value,
        "title": choose(
            (f"{value} IS NULL", said(name, "': none, no failure model covers it'")),
            otherwise=said(
                name,
                "': '",
                words.number_sql(value, "share"),
                choose((f"{value} > {line}", query.value(f" ({limit})")), otherwise="''"),
            ),
        ),
    }
    return Look(select(rule, columns), query.parameters, (), "share", limit)


_JUDGED = """wide LEFT JOIN (
    SELECT subject_id, arg_max(value_text, (known_on, seq)) AS word, arg_max(seq, (known_on, seq)) AS word_seq,
           max(known_on) AS judged_on, arg_max(period_end, (known_on, seq)) AS about_on
    FROM observation WHERE indicator_id IN ({judgement}) AND occurrence = {occurrence}
    GROUP BY subject_id) AS judged ON judged.subject_id = wide.provider_id"""


def judgement(rule: JudgementRule, wide: Wide) -> Look:
    """What a person has judged, and when."""
    query = Query()
    occurrence = query.value(f"{wide.regime.key}/{rule.key}")
    table = _JUDGED.format(judgement=wide.ids(query, [JUDGEMENT]), occurrence=occurrence)
    levels = [(f"lower(word) = {query.value(w.lower())}", query.value(level.rank)) for w, level in rule.scale.items()]
    name, by = query.value(rule.title), query.value(f"': not judged yet by {rule.by}'".strip("'"))
    oldest = rule.stale_after.before(wide.day) if rule.stale_after else None
    columns = {
        "level": choose(*levels),
        "value_text": "word",
        "title": choose(("word IS NULL", said(name, by)), otherwise=said(name, "': '", "word", "', judged on '",
                                                                          day_sql("judged_on"))),
        "seqs": choose(("word_seq IS NOT NULL", "[word_seq]"), otherwise="[]"),
        "period_end": "about_on",
        "known_on": "judged_on",
        # An old judgement is not only last known: a result must not get better because nobody here judges again.
        "is_stale": f"judged_on < {query.value(oldest)}::DATE" if oldest else "false",
        "was_given": "word IS NOT NULL",
    }  # fmt: skip
    limits = words.limits((level, word) for word, level in rule.scale.items())
    return Look(select(None, columns, table), query.parameters, (), "", limits)
