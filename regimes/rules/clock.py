"""Rules that are clocks: something has happened, and something else must follow in time."""

from collections.abc import Iterable
from datetime import date, timedelta

from indicators import catalogue
from regimes.clocks import Duration
from regimes.provider_table import ProviderTable
from regimes.rules.any_rule import ClockRule
from regimes.rules.sql import RuleQuery, select_columns, title_of
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column

# Of several that run, the one unfulfilled for longest; where all are fulfilled, the newest.
_CLOCK_TABLE = """wide LEFT JOIN (
    WITH due AS (SELECT unnest({days}) AS on_day, unnest({dues}) AS due_on, unnest({extended}) AS extended_on),
         event AS (SELECT subject_id, seq, known_on, coalesce(period_end, known_on) AS on_day, {what} AS what,
                          indicator_id IN ({starts}) AS does_start, indicator_id IN ({done}) AS is_done,
                          indicator_id IN ({longer}) AS is_longer, false AS is_reported
                   FROM observation WHERE indicator_id IN ({starts}, {done}, {longer})
                   UNION ALL
                   SELECT subject_id, seq, known_on, known_on, report, list_contains({starting}::VARCHAR[], event),
                          list_contains({ending}::VARCHAR[], event), list_contains({extending}::VARCHAR[], event), true
                   FROM status_event),
         started AS (SELECT subject_id, on_day, seq, known_on, seq IN (FROM recalled) AS is_recalled, what, is_reported
                     FROM event WHERE does_start AND on_day >= {since} AND on_day <= {day}),
         done AS (SELECT s.seq, min(e.on_day) AS done_on, arg_min(e.seq, (e.on_day, e.seq)) AS done_seq,
                         arg_min(e.known_on, (e.on_day, e.seq)) AS done_known,
                         arg_min(e.is_reported, (e.on_day, e.seq)) AS done_reported
                  FROM started AS s JOIN event AS e ON e.subject_id = s.subject_id AND e.on_day >= s.on_day
                                                    AND e.seq <> s.seq AND e.is_done GROUP BY s.seq),
         longer AS (SELECT DISTINCT s.seq FROM started AS s JOIN event AS e
                    ON e.subject_id = s.subject_id AND e.on_day >= s.on_day AND e.is_longer)
    SELECT started.*, done_on, done_seq, done_known, done_reported, longer.seq IS NOT NULL AS is_extended,
           CASE WHEN is_extended THEN extended_on ELSE due_on END AS due_on
    FROM started JOIN due USING (on_day) LEFT JOIN done USING (seq) LEFT JOIN longer USING (seq)
    QUALIFY row_number() OVER (PARTITION BY subject_id ORDER BY done_on IS NOT NULL,
                               CASE WHEN done_on IS NULL THEN on_day END, on_day DESC, started.seq DESC) = 1
    ) AS clock ON clock.subject_id = wide.provider_id"""


def clock_query(rule: ClockRule, provider_table: ProviderTable) -> RuleQuery:
    """A dated duty: not started, running, fulfilled, lapsed, or not known since."""
    query, day = Query(), provider_table.day
    since = rule.forgotten_after.day_before(day)
    days = [since + timedelta(days=number) for number in range((day - since).days + 1)]
    extension = rule.extension
    later = [_extended_due_day(one, rule.within, extension.by if extension else None) for one in days]
    titles = [
        (provider_table.indicators[key], title_of(key)) for key in rule.starts if key in provider_table.indicators
    ]
    what = case_when_sql(
        *((f"indicator_id = {query.bind_value(n)}", query.bind_value(t)) for n, t in titles), otherwise="''"
    )
    table = _CLOCK_TABLE.format(
        days=f"{query.bind_value(days)}::DATE[]",
        dues=f"{query.bind_value([rule.within.day_after(one) for one in days])}::DATE[]",
        extended=f"{query.bind_value(later)}::DATE[]",
        what=concat_sql(what, "' on '", day_sql("on_day")),
        starting=query.bind_value(list(rule.starts)),
        ending=query.bind_value(list(rule.done_by)),
        extending=query.bind_value(list(extension.events) if extension else []),
        starts=provider_table.indicator_ids(query, rule.starts),
        done=provider_table.indicator_ids(query, rule.done_by),
        longer=provider_table.indicator_ids(query, extension.events if extension else ()),
        since=query.bind_value(since),
        day=query.bind_value(day),
    )
    registers = sorted({r for key in (*rule.starts, *rule.done_by) for r in catalogue.load().indicators[key].registers})
    seen = " OR ".join(quote_column("seen", register) for register in registers) or "false"
    answered_by = {r for key in rule.done_by for r in catalogue.load().indicators[key].registers}
    looked_on = max(
        (provider_table.register_checked_on[r] for r in answered_by if r in provider_table.register_checked_on),
        default=None,
    )
    # The register that reports the start by a status would report the end of it.
    stated_on = max(
        (
            provider_table.register_checked_on[r]
            for r in _status_registers(provider_table, rule.starts)
            if r in provider_table.register_checked_on
        ),
        default=None,
    )
    looked = f"{query.bind_value(looked_on)}::DATE"
    looked = case_when_sql(
        ("is_reported", f"greatest({looked}, {query.bind_value(stated_on)}::DATE)"), otherwise=looked
    )
    name, then, started = query.bind_value(rule.title), query.bind_value(f": {rule.then}"), "clock.what"
    due = concat_sql(day_sql("due_on"), case_when_sql(("is_extended", "', extended'"), otherwise="''"))
    ahead, unseen = f"due_on >= {query.bind_value(day)}", f"coalesce({looked} <= due_on, true)"
    is_unstarted = f"clock.on_day IS NULL AND ({seen})"
    columns = {
        "level": case_when_sql(
            ("clock.on_day IS NULL", case_when_sql((seen, "0"))),
            ("done_on IS NOT NULL", "0"),
            (ahead, "0"),
            (unseen, "NULL"),
            otherwise=query.bind_value(rule.level.rank),
        ),
        "value_text": "due_on::VARCHAR",
        "title": case_when_sql(
            (is_unstarted, concat_sql(name, "': nothing has started it'")),
            ("clock.on_day IS NULL", concat_sql(name, "': not known, no register speaks of it'")),
            (
                "done_on IS NOT NULL",
                concat_sql(
                    name,
                    "': '",
                    started,
                    "', fulfilled on '",
                    day_sql("done_on"),
                    case_when_sql(("done_reported", "' at the latest'"), otherwise="''"),
                    case_when_sql(("done_on > due_on", concat_sql("', due by '", due)), otherwise="''"),
                ),
            ),
            (ahead, concat_sql(name, "': '", started, "', due by '", due)),
            (unseen, concat_sql(name, "': '", started, "', was due by '", due, "'; not known since'")),
            otherwise=concat_sql(name, "': '", started, "', was due by '", due, "' and is not fulfilled'", then),
        ),
        "seqs": "list_sort(list_distinct([clock.seq, done_seq]::BIGINT[]))",
        "period_end": "coalesce(done_on, clock.on_day)",
        "known_on": "greatest(clock.known_on, done_known)",
        "is_recalled": "coalesce(clock.is_recalled, false)",
        "was_given": "clock.on_day IS NOT NULL",
        "is_nothing_due": is_unstarted,
    }
    limits = f"{rule.level}: not fulfilled within {rule.within}"
    return RuleQuery(select_columns(rule, columns, table), query.parameters, (*rule.starts, *rule.done_by), "", limits)


def _status_registers(provider_table: ProviderTable, events: Iterable[str]) -> set[str]:
    """The registers that report one of the events by a status of the regime's providers."""
    known = catalogue.load().indicators.items()
    statuses = [key for key, indicator in known if not set(indicator.starts.values()).isdisjoint(events)]
    return {register for status in statuses if (register := provider_table.register_of(status)) is not None}


def _extended_due_day(day: date, within: Duration, by: Duration | None) -> date:
    return by.day_after(within.day_after(day)) if by else within.day_after(day)
