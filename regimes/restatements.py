"""The rule that looks at restatements: what was first said of a period, and what is said of it now."""

from indicators import catalogue
from models.vocabulary import Kind
from regimes import words
from regimes.columns import Look, bare, level_in, limits_of, oldest, select, title_of, unit_of, words_in
from regimes.rules import RestatedRule
from regimes.wide import Wide
from regimes.words import Query, choose, day_sql, quoted, said

_A_YEAR = (350, 380)  # days

_RESTATED = """wide LEFT JOIN (
    WITH one AS (SELECT *, indicator_id IN ({grades}) AS is_grade,
                        coalesce(abs(newest_value - first_value) / nullif(abs(first_value), 0), 'infinity') AS change
                 FROM restated WHERE indicator_id IN ({indicators}) AND newest_known_on >= {since}),
         counted AS (SELECT *, {sentence} AS sentence FROM one WHERE (is_grade OR change >= {by}) AND {way})
    SELECT subject_id, count(*) AS n, arg_max(sentence, (change, newest_seq)) AS sentence,
           arg_max(period_end, (change, newest_seq)) AS about_on, max(newest_known_on) AS restated_on,
           list_sort(flatten(list([first_seq, newest_seq]))) AS both_seqs,
           bool_or(first_seq IN (FROM recalled) OR newest_seq IN (FROM recalled)) AS any_recalled
    FROM counted GROUP BY subject_id) AS restatements ON restatements.subject_id = wide.provider_id"""


def restated(rule: RestatedRule, wide: Wide) -> Look:
    """How many figures of a period were said otherwise not long ago, and the one that changed most."""
    query = Query()
    grades = [key for key in rule.indicators if catalogue.load().indicators[key].kind is Kind.GRADE]
    table = _RESTATED.format(
        grades=wide.ids(query, grades),
        indicators=wide.ids(query, rule.indicators),
        since=query.value(rule.within.before(wide.day)),
        by=query.value(rule.by),
        way=_for_the_worse(query, rule, wide) if rule.worse_only else "true",
        sentence=_sentence(query, rule, wide),
    )
    number, name = "coalesce(n, 0)", query.value(rule.title)
    level = level_in(query, number, rule.bands)
    is_known = " OR ".join(f"{quoted(key, 'seq')} IS NOT NULL" for key in rule.indicators)
    by = f"{'for the worse ' if rule.worse_only else ''}by {words.number(rule.by, 'share')} or more"
    several = choose(("n > 1", said("'; '", "n", "' in all'")), otherwise="''")
    columns = {
        "level": choose((is_known, level)),
        "value_number": choose((is_known, f"{number}::DOUBLE")),
        "title": choose(
            ("n > 0", said(name, "': '", "sentence", several, words_in(query, number, rule.bands, ""))),
            (is_known, said(name, query.value(f": none {by} within {rule.within}"))),
            otherwise=said(name, "': not known, none of its figures is'"),
        ),
        "seqs": "coalesce(both_seqs, [])",
        "period_end": "about_on",
        "known_on": "restated_on",
        "is_recalled": "coalesce(any_recalled, false)",
        # What has happened does not grow old, but of those who say nothing any more silence means nothing.
        "is_stale": f"NOT ({_is_any_fresh(query, rule, wide)}) AND coalesce({level}, 0) = 0",
    }
    limits = f"{limits_of(rule.bands, '')}, restated {by} within {rule.within}"
    return Look(select(rule, columns, table), query.parameters, bare(*rule.indicators).columns, "figures", limits)


def _for_the_worse(query: Query, rule: RestatedRule, wide: Wide) -> str:
    """SQL for "the newest value is worse than the first"."""
    known = catalogue.load().indicators
    lower = [key for key in rule.indicators if known[key].direction == "lower_is_better"]
    return f"(newest_value > first_value) = (indicator_id IN ({wide.ids(query, lower)}))"


def _is_any_fresh(query: Query, rule: RestatedRule, wide: Wide) -> str:
    """SQL for "one of the figures is not older than it may be"."""
    tests = []
    for key in rule.indicators:
        limit = oldest(rule, key, wide.day)
        tests.append(
            f"{quoted(key, 'seq')} IS NOT NULL" if limit is None
            else f"coalesce({quoted(key, 'day')} >= {query.value(limit)}, false)"
        )  # fmt: skip
    return " OR ".join(tests)


def _sentence(query: Query, rule: RestatedRule, wide: Wide) -> str:
    """SQL for ``Net debt at 31 December 2016 first given as £5, now as £9, restated on 3 March 2017``."""
    known = [(wide.indicators[key], key) for key in rule.indicators if key in wide.indicators]
    title = choose(
        *((f"indicator_id = {query.value(number)}", query.value(title_of(key))) for number, key in known),
        otherwise="''",
    )
    units = [(f"indicator_id = {query.value(number)}", unit_of(key)) for number, key in known]
    foreign = [(f"unit_id = {query.value(key)}", query.value(f"{text} ")) for key, text in wide.units.items()]

    def value(side: str) -> str:
        column = f"{side}_value"
        plain = words.number_sql(column, "")
        return choose(
            ("is_grade", f"{side}_text"),
            *((is_so, said(text, plain)) for is_so, text in foreign),
            *((is_so, words.number_sql(column, unit)) for is_so, unit in units),
            otherwise="''",
        )

    about = choose(
        ("period_start IS NULL", "' at '"),
        ("period_end - period_start BETWEEN {} AND {}".format(*_A_YEAR), "' of the year to '"),
        otherwise=said("' of '", day_sql("period_start"), "' to '"),
    )
    first, now = said("' first given as '", value("first")), said("', now as '", value("newest"))
    return said(title, about, day_sql("period_end"), first, now, "', restated on '", day_sql("newest_known_on"))
