"""Rules that look at days: what happened, what is late, what came late year after year, what is old."""

from datetime import date

from indicators import catalogue
from regimes import words
from regimes.clocks import Duration
from regimes.columns import Look, bare, of_rows, select, title_of
from regimes.rules import AgeRule, DefaultsRule, EventRule, LateRule
from regimes.wide import Wide, sole_register
from regimes.words import Query, choose, day_sql, quoted, said

_SQL_UNITS = {"day": "DAY", "week": "WEEK", "month": "MONTH", "year": "YEAR"}

_EVENTS = """wide LEFT JOIN (
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


def event(rule: EventRule, wide: Wide) -> Look:
    """Events of some kinds not long ago. Silence means something only of those the register speaks of."""
    query = Query()
    titles = []
    if len(rule.events) > 1:  # of one kind alone, the rule's own title says what it is
        known = [(wide.indicators[key], title_of(key)) for key in rule.events if key in wide.indicators]
        titles = [(f"indicator_id = {query.value(number)}", query.value(title)) for number, title in known]
    table = _EVENTS.format(
        healing=wide.ids(query, rule.unless_since),
        events=wide.ids(query, rule.events),
        titles=choose(*titles, otherwise="NULL::VARCHAR"),
        since=query.value(rule.within.before(wide.day)),
    )
    registers = sorted({register for key in rule.events for register in catalogue.load().indicators[key].registers})
    seen = " OR ".join(quoted("seen", register) for register in registers) or "false"
    old = " OR ".join(quoted("seen", r) for r in registers if _is_old(wide.looks.get(r), r, wide.day)) or "false"
    met, name = f"coalesce(n >= {query.value(rule.at_least)}, false)", query.value(rule.title)
    several = choose(("n > 1", said("'; '", "n", "' since '", day_sql("first_on"))), otherwise="''")
    columns = {
        "level": choose((met, query.value(rule.level.rank)), (seen, "0")),
        "value_number": "coalesce(n, 0)::DOUBLE",
        "title": choose(
            ("n > 0", said(name, "': '", f"concat_ws(', ', what, {day_sql('last_on')}, stated)", several)),
            (seen, said(name, "': none within '", query.value(str(rule.within)))),
            otherwise=said(name, "': not known, no register speaks of it'"),
        ),
        "seqs": "coalesce(event_seqs, [])",
        "period_end": "last_on",
        "known_on": "last_known",
        "is_recalled": "coalesce(any_recalled, false)",
        "is_stale": f"({old}) AND NOT {met}",
    }
    least = f"{rule.at_least} within" if rule.at_least > 1 else "within"
    return Look(select(rule, columns, table), query.parameters, rule.events, "", f"{rule.level}: {least} {rule.within}")


def _is_old(looked_on: date | None, register: str, day: date) -> bool:
    """Whether the register itself is stale: what it does not say today may have happened since."""
    return looked_on is not None and (day - looked_on).days > catalogue.load().registers[register].stale_after_days


def late(rule: LateRule, wide: Wide) -> Look:
    """Something due that had not come when its register was looked at after the due date."""
    query = Query()
    due, register = quoted(rule.due), catalogue.load().indicators[rule.due].registers[0]
    reads = bare(rule.due, *filter(None, [rule.received]))
    came = "false"
    if rule.received:  # for the same period
        came = f"{quoted(rule.received, 'end')} IS NOT DISTINCT FROM {quoted(rule.due, 'end')}"
        came += f" AND {quoted(rule.received, 'seq')} IS NOT NULL"
    looked = f"coalesce({quoted('listed', register)}, {query.value(wide.looks.get(register))}::DATE)"
    ahead, unseen = f"{due} >= {query.value(wide.day)}", f"coalesce({looked} <= {due}, true)"
    steps = sorted(rule.late, key=lambda step: step.after.before(wide.day))
    levels = [(f"{due} < {_before(step.after, looked)}", query.value(step.level.rank)) for step in steps]
    name, day = query.value(rule.title), day_sql(due)
    not_since = said("'; not known since'", f"coalesce(' ' || {day_sql(looked)}, '')")
    columns = of_rows(reads) | {
        "level": choose(
            (f"{due} IS NULL", "NULL"), (f"{came} OR {ahead}", "0"), (unseen, "NULL"), *levels, otherwise="0"
        ),
        "value_text": f"{due}::VARCHAR",
        "title": choose(
            (f"{due} IS NULL", said(name, "': not known when due'")),
            (came, said(name, "': came, due by '", day)),
            (ahead, said(name, "': due by '", day)),
            (unseen, said(name, "': was due by '", day, not_since, "', when the register was last looked at'")),
            otherwise=said(name, "': was due by '", day, "' and had not come when the register was looked at'"),
        ),
        "was_given": f"{quoted(rule.due, 'seq')} IS NOT NULL",
    }
    limits = words.limits((s.level, f"more than {s.after} late" if s.after.number else "late") for s in rule.late)
    return Look(select(rule, columns), query.parameters, reads.columns, "", limits)


def _before(length: Duration, column: str) -> str:
    """SQL for the day that lies a length of time before another."""
    return f"({column} - INTERVAL {length.number:d} {_SQL_UNITS[length.unit]})"


_DEFAULTS = """wide LEFT JOIN (
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


def defaults(rule: DefaultsRule, wide: Wide) -> Look:
    """How many of the last years' returns came late, or had not come when their register was looked at."""
    query = Query()
    register = catalogue.load().indicators[rule.due].registers[0]
    table = _DEFAULTS.format(
        due=wide.ids(query, [rule.due]),
        received=wide.ids(query, [rule.received]),
        looked=f"{query.value(wide.looks.get(register))}::DATE",
        day=query.value(wide.day),
        years=query.value(rule.of_last),
    )
    name, least, due = query.value(rule.title), query.value(rule.at_least), quoted(rule.due)
    is_new = f"n IS NULL AND {due} >= {query.value(wide.day)}"  # a provider whose first return is still to come
    columns = {
        "level": choose(
            (f"late >= {least}", query.value(rule.level.rank)), (f"late + unknown < {least} OR {is_new}", "0")
        ),
        "value_number": "late::DOUBLE",
        "title": choose(
            (is_new, said(name, "': none was due yet, the first known is by '", day_sql(due))),
            ("n IS NULL", said(name, "': not known when due'")),
            ("late > 0", said(name, "': '", "late", "' of the last '", "n", "', for '", "late_years")),
            (
                "unknown > 0",
                said(
                    name,
                    "': not known of '",
                    "unknown",
                    "' of the last '",
                    "n",
                    "' since the register was last looked at'",
                ),
            ),
            otherwise=said(name, "': none of the last '", "n"),
        ),
        "seqs": choose((is_new, f"[{quoted(rule.due, 'seq')}]"), otherwise="coalesce(all_seqs, [])"),
        "period_end": "newest_end",
        "known_on": "newest_known",
        "is_recalled": "coalesce(any_recalled, false)",
        "was_given": "n IS NOT NULL",
        "is_nothing_due": is_new,
    }
    limits = f"{rule.level}: {rule.at_least} of the last {rule.of_last}"
    return Look(select(rule, columns, table), query.parameters, (rule.due, rule.received), "returns", limits)


def age(rule: AgeRule, wide: Wide) -> Look:
    """How old the newest of something was when its register was last looked at: what came since is not known."""
    query, keys = Query(), (rule.indicator, *rule.or_newest_of)
    reads, name = bare(*keys), query.value(rule.title)
    days = [choose((f"{quoted(key, 'seq')} IS NOT NULL", quoted(key, "day"))) for key in keys]
    on_day = f"greatest({', '.join(days)})"  # of those that are known
    registers, looked = {sole_register(key) for key in keys}, "day"
    register = registers.pop() if len(registers) == 1 else None
    if register is not None and register in wide.looks:
        looked = f"coalesce({quoted('listed', register)}, {query.value(wide.looks[register])}::DATE)"
    steps = sorted(rule.old, key=lambda step: step.after.before(wide.day))
    limits = [(f"{on_day} < {_before(step.after, looked)}", step) for step in steps]
    never, unseen = f"{on_day} IS NULL", f"{on_day} < {_before(steps[-1].after, 'day')}"
    levels = [(is_older, query.value(step.level.rank)) for is_older, step in limits]
    ago = [(is_older, query.value(f", more than {step.after} ago")) for is_older, step in limits]
    not_since = said("'; not known since '", day_sql(looked), "', when the register was last looked at'")
    newest = [choose((f"{day} = {on_day}", quoted(key, "seq"))) for day, key in zip(days, keys, strict=True)]
    columns = of_rows(reads) | {
        "seqs": f"list_sort(list_distinct([{', '.join(newest)}]::BIGINT[]))",
        "level": choose((never, "NULL"), *levels, (unseen, "NULL"), otherwise="0"),
        "value_text": choose((never, "NULL"), otherwise=f"{on_day}::VARCHAR"),
        "title": choose(
            (never, said(name, "': not known'")),
            otherwise=said(name, "': '", day_sql(on_day), choose(*ago, (unseen, not_since), otherwise="''")),
        ),
    }
    threshold = words.limits((step.level, f"more than {step.after} ago") for step in rule.old)
    return Look(select(rule, columns), query.parameters, keys, "", threshold)
