"""Rules that look at days: what happened, what is late, what came late year after year, what is old."""

from datetime import date

from indicators import catalogue
from regimes.clocks import Duration
from regimes.provider_table import ProviderTable, sole_register
from regimes.rules import sql_text
from regimes.rules.any_rule import AgeRule, DefaultsRule, EventRule, LateRule
from regimes.rules.sql import RuleQuery, plain_expression, provenance_columns, select_columns, title_of
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column

_SQL_UNITS = {"day": "DAY", "week": "WEEK", "month": "MONTH", "year": "YEAR"}

_EVENT_TABLE = """wide LEFT JOIN (
    WITH healed AS (SELECT subject_id, max(coalesce(period_end, known_on)) AS healed_on FROM observation
                    WHERE indicator_id IN ({healing}) GROUP BY subject_id),
         event AS (SELECT *, coalesce(period_end, known_on) AS on_day, seq IN (FROM recalled) AS is_recalled,
                          {titles} AS what
                   FROM observation WHERE indicator_id IN ({events}) AND on_day >= {since})
    SELECT event.subject_id, count(*) AS n, list_sort(list(seq)) AS event_seqs, max(on_day) AS last_on,
           min(on_day) AS first_on, max(known_on) AS last_known, bool_or(is_recalled) AS any_recalled,
           arg_max(what, (on_day, seq)) AS what, arg_max(value_text, (on_day, seq)) AS stated
    FROM event LEFT JOIN healed ON healed.subject_id = event.subject_id
    WHERE healed_on IS NULL OR healed_on < on_day
    GROUP BY event.subject_id) AS happened ON happened.subject_id = wide.provider_id"""


def event_query(rule: EventRule, provider_table: ProviderTable) -> RuleQuery:
    """Events of some kinds not long ago. Silence means something only of those the register speaks of."""
    query = Query()
    titles = []
    if len(rule.events) > 1:  # of one kind alone, the rule's own title says what it is
        known = [
            (provider_table.indicators[key], title_of(key)) for key in rule.events if key in provider_table.indicators
        ]
        titles = [(f"indicator_id = {query.bind_value(number)}", query.bind_value(title)) for number, title in known]
    table = _EVENT_TABLE.format(
        healing=provider_table.indicator_ids(query, rule.unless_since),
        events=provider_table.indicator_ids(query, rule.events),
        titles=case_when_sql(*titles, otherwise="NULL::VARCHAR"),
        since=query.bind_value(rule.within.day_before(provider_table.day)),
    )
    registers = sorted({register for key in rule.events for register in catalogue.load().indicators[key].registers})
    seen = " OR ".join(quote_column("seen", register) for register in registers) or "false"
    old = (
        " OR ".join(
            quote_column("seen", r)
            for r in registers
            if _is_register_stale(provider_table.register_checked_on.get(r), r, provider_table.day)
        )
        or "false"
    )
    met, name = f"coalesce(n >= {query.bind_value(rule.at_least)}, false)", query.bind_value(rule.title)
    several = case_when_sql(("n > 1", concat_sql("'; '", "n", "' since '", day_sql("first_on"))), otherwise="''")
    columns = {
        "level": case_when_sql((met, query.bind_value(rule.level.rank)), (seen, "0")),
        "value_number": "coalesce(n, 0)::DOUBLE",
        "title": case_when_sql(
            ("n > 0", concat_sql(name, "': '", f"concat_ws(', ', what, {day_sql('last_on')}, stated)", several)),
            (seen, concat_sql(name, "': none within '", query.bind_value(str(rule.within)))),
            otherwise=concat_sql(name, "': not known, no register speaks of it'"),
        ),
        "seqs": "coalesce(event_seqs, [])",
        "period_end": "last_on",
        "known_on": "last_known",
        "is_recalled": "coalesce(any_recalled, false)",
        "is_stale": f"({old}) AND NOT {met}",
    }
    least = f"{rule.at_least} within" if rule.at_least > 1 else "within"
    return RuleQuery(
        select_columns(rule, columns, table), query.parameters, rule.events, "", f"{rule.level}: {least} {rule.within}"
    )


def _is_register_stale(looked_on: date | None, register: str, day: date) -> bool:
    """Whether the register itself is stale: what it does not say today may have happened since."""
    return looked_on is not None and (day - looked_on).days > catalogue.load().registers[register].stale_after_days


def late_query(rule: LateRule, provider_table: ProviderTable) -> RuleQuery:
    """Something due that had not come when its register was looked at after the due date."""
    query = Query()
    due, register = quote_column(rule.due), catalogue.load().indicators[rule.due].registers[0]
    reads = plain_expression(rule.due, *filter(None, [rule.received]))
    came = "false"
    if rule.received:  # for the same period
        came = f"{quote_column(rule.received, 'end')} IS NOT DISTINCT FROM {quote_column(rule.due, 'end')}"
        came += f" AND {quote_column(rule.received, 'seq')} IS NOT NULL"
    looked = f"coalesce({quote_column('listed', register)}, {query.bind_value(provider_table.register_checked_on.get(register))}::DATE)"
    ahead, unseen = f"{due} >= {query.bind_value(provider_table.day)}", f"coalesce({looked} <= {due}, true)"
    steps = sorted(rule.late, key=lambda step: step.after.day_before(provider_table.day))
    levels = [(f"{due} < {_subtract_sql(step.after, looked)}", query.bind_value(step.level.rank)) for step in steps]
    name, day = query.bind_value(rule.title), day_sql(due)
    not_since = concat_sql("'; not known since'", f"coalesce(' ' || {day_sql(looked)}, '')")
    columns = provenance_columns(reads) | {
        "level": case_when_sql(
            (f"{due} IS NULL", "NULL"), (f"{came} OR {ahead}", "0"), (unseen, "NULL"), *levels, otherwise="0"
        ),
        "value_text": f"{due}::VARCHAR",
        "title": case_when_sql(
            (f"{due} IS NULL", concat_sql(name, "': not known when due'")),
            (came, concat_sql(name, "': came, due by '", day)),
            (ahead, concat_sql(name, "': due by '", day)),
            (unseen, concat_sql(name, "': was due by '", day, not_since, "', when the register was last looked at'")),
            otherwise=concat_sql(name, "': was due by '", day, "' and had not come when the register was looked at'"),
        ),
        "was_given": f"{quote_column(rule.due, 'seq')} IS NOT NULL",
    }
    limits = sql_text.format_limits(
        (s.level, f"more than {s.after} late" if s.after.number else "late") for s in rule.late
    )
    return RuleQuery(select_columns(rule, columns), query.parameters, reads.columns, "", limits)


def _subtract_sql(length: Duration, column: str) -> str:
    """SQL for the day that lies a length of time before another."""
    return f"({column} - INTERVAL {length.number:d} {_SQL_UNITS[length.unit]})"


_DEFAULTS_TABLE = """wide LEFT JOIN (
    WITH came AS (SELECT * FROM observation WHERE indicator_id = {received}),
         year AS (SELECT d.subject_id, d.period_end, [d.seq, came.seq] AS year_seqs,
                         d.seq IN (FROM recalled) AS is_recalled, greatest(d.known_on, came.known_on) AS newest_on,
                         try_cast(d.value_text AS DATE) AS due_on, try_cast(came.value_text AS DATE) AS came_on,
                         coalesce(came_on > due_on, {looked} > due_on, false) AS is_late,
                         came_on IS NULL AND NOT is_late AS is_unknown
                  FROM observation AS d LEFT JOIN came
                       ON came.subject_id = d.subject_id AND came.period_end = d.period_end
                  WHERE d.indicator_id = {due} AND due_on < {day}
                  QUALIFY row_number() OVER (PARTITION BY d.subject_id ORDER BY d.period_end DESC) <= {years})
    SELECT subject_id, count(*) AS n, count(*) FILTER (is_late) AS late, count(*) FILTER (is_unknown) AS unknown,
           string_agg(strftime(period_end, '%Y'), ', ' ORDER BY period_end) FILTER (is_late) AS late_years,
           list_sort(list_distinct(flatten(list(year_seqs)))) AS all_seqs, max(period_end) AS newest_end,
           max(newest_on) AS newest_known, bool_or(is_recalled) AS any_recalled
    FROM year GROUP BY subject_id) AS years ON years.subject_id = wide.provider_id"""


def defaults_query(rule: DefaultsRule, provider_table: ProviderTable) -> RuleQuery:
    """How many of the last years' returns came late, or had not come when their register was looked at."""
    query = Query()
    register = catalogue.load().indicators[rule.due].registers[0]
    table = _DEFAULTS_TABLE.format(
        due=provider_table.indicator_ids(query, [rule.due]),
        received=provider_table.indicator_ids(query, [rule.received]),
        looked=f"{query.bind_value(provider_table.register_checked_on.get(register))}::DATE",
        day=query.bind_value(provider_table.day),
        years=query.bind_value(rule.of_last),
    )
    name, least, due = query.bind_value(rule.title), query.bind_value(rule.at_least), quote_column(rule.due)
    is_new = f"n IS NULL AND {due} >= {query.bind_value(provider_table.day)}"  # a provider whose first return is still to come
    columns = {
        "level": case_when_sql(
            (f"late >= {least}", query.bind_value(rule.level.rank)), (f"late + unknown < {least} OR {is_new}", "0")
        ),
        "value_number": "late::DOUBLE",
        "title": case_when_sql(
            (is_new, concat_sql(name, "': none was due yet, the first known is by '", day_sql(due))),
            ("n IS NULL", concat_sql(name, "': not known when due'")),
            ("late > 0", concat_sql(name, "': '", "late", "' of the last '", "n", "', for '", "late_years")),
            (
                "unknown > 0",
                concat_sql(
                    name,
                    "': not known of '",
                    "unknown",
                    "' of the last '",
                    "n",
                    "' since the register was last looked at'",
                ),
            ),
            otherwise=concat_sql(name, "': none of the last '", "n"),
        ),
        "seqs": case_when_sql((is_new, f"[{quote_column(rule.due, 'seq')}]"), otherwise="coalesce(all_seqs, [])"),
        "period_end": "newest_end",
        "known_on": "newest_known",
        "is_recalled": "coalesce(any_recalled, false)",
        "was_given": "n IS NOT NULL",
        "is_nothing_due": is_new,
    }
    limits = f"{rule.level}: {rule.at_least} of the last {rule.of_last}"
    return RuleQuery(
        select_columns(rule, columns, table), query.parameters, (rule.due, rule.received), "returns", limits
    )


def age_query(rule: AgeRule, provider_table: ProviderTable) -> RuleQuery:
    """How old the newest of something was when its register was last looked at: what came since is not known."""
    query, keys = Query(), (rule.indicator, *rule.or_newest_of)
    reads, name = plain_expression(*keys), query.bind_value(rule.title)
    days = [case_when_sql((f"{quote_column(key, 'seq')} IS NOT NULL", quote_column(key, "day"))) for key in keys]
    on_day = f"greatest({', '.join(days)})"  # of those that are known
    registers, looked = {sole_register(key) for key in keys}, "day"
    register = registers.pop() if len(registers) == 1 else None
    if register is not None and register in provider_table.register_checked_on:
        looked = f"coalesce({quote_column('listed', register)}, {query.bind_value(provider_table.register_checked_on[register])}::DATE)"
    steps = sorted(rule.old, key=lambda step: step.after.day_before(provider_table.day))
    limits = [(f"{on_day} < {_subtract_sql(step.after, looked)}", step) for step in steps]
    never, unseen = f"{on_day} IS NULL", f"{on_day} < {_subtract_sql(steps[-1].after, 'day')}"
    levels = [(is_older, query.bind_value(step.level.rank)) for is_older, step in limits]
    ago = [(is_older, query.bind_value(f", more than {step.after} ago")) for is_older, step in limits]
    not_since = concat_sql("'; not known since '", day_sql(looked), "', when the register was last looked at'")
    newest = [
        case_when_sql((f"{day} = {on_day}", quote_column(key, "seq"))) for day, key in zip(days, keys, strict=True)
    ]
    columns = provenance_columns(reads) | {
        "seqs": f"list_sort(list_distinct([{', '.join(newest)}]::BIGINT[]))",
        "level": case_when_sql((never, "NULL"), *levels, (unseen, "NULL"), otherwise="0"),
        "value_text": case_when_sql((never, "NULL"), otherwise=f"{on_day}::VARCHAR"),
        "title": case_when_sql(
            (never, concat_sql(name, "': not known'")),
            otherwise=concat_sql(
                name, "': '", day_sql(on_day), case_when_sql(*ago, (unseen, not_since), otherwise="''")
            ),
        ),
    }
    threshold = sql_text.format_limits((step.level, f"more than {step.after} ago") for step in rule.old)
    return RuleQuery(select_columns(rule, columns), query.parameters, keys, "", threshold)
