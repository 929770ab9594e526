"""``clock``: a dated duty; once something has happened, something else must follow in time."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from indicators import catalogue
from regimes.clocks import Duration, YamlDuration
from regimes.rules.base import EventKey, PlainText, RuleLevel, StrictModel
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext, registers_of
from regimes.rules.rule_inputs import ColumnNeeds, UnnamedRows
from regimes.rules.sql import RuleQuery, any_covered_sql, title_of
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql

# If several clocks run, the one unfulfilled for longest counts; if all are fulfilled, the newest.
_CLOCK_TABLE = """provider_table LEFT JOIN (
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
    ) AS clock ON clock.subject_id = provider_table.provider_id"""


class Extension(StrictModel):
    """More time, once one of these events has happened since the clock started."""

    events: Annotated[tuple[EventKey, ...], Field(min_length=1)]
    by: YamlDuration


class ClockRule(CitedRule):
    """A dated duty: once something has happened, something else must follow in time: ``clock``."""

    kind: Literal["clock"]
    title: PlainText
    starts: Annotated[tuple[EventKey, ...], Field(min_length=1)] = Field(description="the events that start it")
    within: YamlDuration = Field(description="how long there is: working days, days, weeks, months, years")
    done_by: Annotated[tuple[EventKey, ...], Field(min_length=1)] = Field(description="the events that fulfil it")
    extension: Extension | None = None
    level: RuleLevel = Field(description="when it has lapsed: not done, and the register looked at since")
    then: PlainText = Field(description="what happens when it lapses")
    forgotten_after: YamlDuration = Field(description="how long after its start it is looked at")

    @model_validator(mode="after")
    def _can_lapse(self) -> Self:
        if self.forgotten_after.average_days <= self.within.average_days:
            raise ValueError(
                f"'forgotten_after' is {self.forgotten_after}, before it lapses ({self.within}); write a longer time"
            )
        return self

    def column_needs(self) -> ColumnNeeds:
        """Whether the events' registers cover the provider."""
        return super().column_needs() | ColumnNeeds(registers=registers_of(self._events()))

    def unnamed_rows(self) -> UnnamedRows:
        """All events of the clock decide, also those that a finding does not name."""
        longer = self.extension.events if self.extension else ()
        events = self._events()
        return super().unnamed_rows() | UnnamedRows(
            of_provider=frozenset((*events, *longer)), registers=registers_of(events)
        )

    def limits_text(self) -> str:
        """The time allowed by the rule, in words."""
        return f"{self.level}: not fulfilled within {self.within}"

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The state of the duty: not started, running, fulfilled, overdue, or not known since."""
        query = Query()
        table = self._table_sql(query, context)
        is_covered = any_covered_sql(sorted(registers_of(self._events())))
        checked_on = self._checked_on_sql(query, context)
        is_ahead, is_unchecked = f"due_on >= {query.bind_value(context.day)}", f"coalesce({checked_on} <= due_on, true)"
        is_unstarted = f"clock.on_day IS NULL AND ({is_covered})"
        name, then, started = query.bind_value(self.title), query.bind_value(f": {self.then}"), "clock.what"
        due = concat_sql(day_sql("due_on"), case_when_sql(("is_extended", "', extended'"), otherwise="''"))
        fulfilled = concat_sql(
            name,
            "': '",
            started,
            "', fulfilled on '",
            day_sql("done_on"),
            case_when_sql(("done_reported", "' at the latest'"), otherwise="''"),
            case_when_sql(("done_on > due_on", concat_sql("', due by '", due)), otherwise="''"),
        )
        columns = {
            "level": case_when_sql(
                ("clock.on_day IS NULL", case_when_sql((is_covered, "0"))),
                ("done_on IS NOT NULL", "0"),
                (is_ahead, "0"),
                (is_unchecked, "NULL"),
                otherwise=query.bind_value(self.level.rank),
            ),
            "value_text": "due_on::VARCHAR",
            "title": case_when_sql(
                (is_unstarted, concat_sql(name, "': nothing has started it'")),
                ("clock.on_day IS NULL", concat_sql(name, "': not known, no register speaks of it'")),
                ("done_on IS NOT NULL", fulfilled),
                (is_ahead, concat_sql(name, "': '", started, "', due by '", due)),
                (is_unchecked, concat_sql(name, "': '", started, "', was due by '", due, "'; not known since'")),
                otherwise=concat_sql(name, "': '", started, "', was due by '", due, "' and is not fulfilled'", then),
            ),
            "seqs": "list_sort(list_distinct([clock.seq, done_seq]::BIGINT[]))",
            "period_end": "coalesce(done_on, clock.on_day)",
            "known_on": "greatest(clock.known_on, done_known)",
            "is_recalled": "coalesce(clock.is_recalled, false)",
            "was_given": "clock.on_day IS NOT NULL",
            "is_nothing_due": is_unstarted,
        }
        return RuleQuery(self.select_columns(columns, table), query.parameters, self._events())

    def _events(self) -> tuple[str, ...]:
        return (*self.starts, *self.done_by)

    def _table_sql(self, query: Query, context: RuleContext) -> str:
        """The table of providers with the clock of each."""
        since = self.forgotten_after.day_before(context.day)
        days = [since + timedelta(days=number) for number in range((context.day - since).days + 1)]
        extension, longer = self.extension, self.extension.events if self.extension else ()
        extended = [_extended_due_day(day, self.within, extension.by if extension else None) for day in days]
        titles = [
            (f"indicator_id = {query.bind_value(context.indicators[key])}", query.bind_value(title_of(key)))
            for key in self.starts
            if key in context.indicators
        ]
        return _CLOCK_TABLE.format(
            days=f"{query.bind_value(days)}::DATE[]",
            dues=f"{query.bind_value([self.within.day_after(day) for day in days])}::DATE[]",
            extended=f"{query.bind_value(extended)}::DATE[]",
            what=concat_sql(case_when_sql(*titles, otherwise="''"), "' on '", day_sql("on_day")),
            starting=query.bind_value(list(self.starts)),
            ending=query.bind_value(list(self.done_by)),
            extending=query.bind_value(list(longer)),
            starts=context.indicator_ids(query, self.starts),
            done=context.indicator_ids(query, self.done_by),
            longer=context.indicator_ids(query, longer),
            since=query.bind_value(since),
            day=query.bind_value(context.day),
        )

    def _checked_on_sql(self, query: Query, context: RuleContext) -> str:
        """SQL for the day on which a register was last read that would report the fulfilment.

        A register that reports the start by a status would report the end of that status.
        """
        done_on = query.bind_value(_newest_check(registers_of(self.done_by), context))
        status_on = query.bind_value(_newest_check(_status_registers(self.starts, context), context))
        checked_on = f"{done_on}::DATE"
        return case_when_sql(("is_reported", f"greatest({checked_on}, {status_on}::DATE)"), otherwise=checked_on)


def _newest_check(registers: Iterable[str], context: RuleContext) -> date | None:
    """The newest day on which one of the registers was read; None if none ever was."""
    checked_on = context.register_checked_on
    return max((checked_on[register] for register in registers if register in checked_on), default=None)


def _status_registers(events: Iterable[str], context: RuleContext) -> set[str]:
    """The registers that report one of the events by a status of the regime's providers."""
    known = catalogue.load().indicators.items()
    statuses = [key for key, indicator in known if not set(indicator.starts.values()).isdisjoint(events)]
    return {register for status in statuses if (register := context.register_of(status)) is not None}


def _extended_due_day(day: date, within: Duration, by: Duration | None) -> date:
    return by.day_after(within.day_after(day)) if by else within.day_after(day)
