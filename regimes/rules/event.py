"""``event``: an event happened within a time that the rule sets."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from indicators import catalogue
from regimes.clocks import YamlDuration
from regimes.rules.base import EventKey, PlainText, RuleLevel, WholeNumber
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext, registers_of
from regimes.rules.rule_inputs import ColumnNeeds, UnnamedRows
from regimes.rules.sql import RuleQuery, any_covered_sql, title_of
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql

_EVENT_TABLE = """provider_table LEFT JOIN (
    WITH remedy AS (SELECT subject_id, max(coalesce(period_end, known_on)) AS remedied_on FROM observation
                    WHERE indicator_id IN ({remedies}) GROUP BY subject_id),
         event AS (SELECT *, coalesce(period_end, known_on) AS on_day, seq IN (FROM recalled) AS is_recalled,
                          {titles} AS what
                   FROM observation WHERE indicator_id IN ({events}) AND on_day >= {since})
    SELECT event.subject_id, count(*) AS n, list_sort(list(seq)) AS event_seqs, max(on_day) AS last_on,
           min(on_day) AS first_on, max(known_on) AS last_known, bool_or(is_recalled) AS any_recalled,
           arg_max(what, (on_day, seq)) AS what, arg_max(value_text, (on_day, seq)) AS stated
    FROM event LEFT JOIN remedy ON remedy.subject_id = event.subject_id
    WHERE remedied_on IS NULL OR remedied_on < on_day
    GROUP BY event.subject_id) AS happened ON happened.subject_id = provider_table.provider_id"""


class EventRule(CitedRule):
    """Something happened not long ago."""

    kind: Literal["event"]
    title: PlainText
    events: Annotated[tuple[EventKey, ...], Field(min_length=1)]
    within: YamlDuration
    at_least: WholeNumber = Field(default=1, ge=1, description="how many of them in that time")
    unless_since: tuple[EventKey, ...] = Field(default=(), description="later events of these kinds make it good again")
    level: RuleLevel

    def column_needs(self) -> ColumnNeeds:
        """Whether the events' registers cover the provider."""
        return super().column_needs() | ColumnNeeds(registers=registers_of(self.events))

    def unnamed_rows(self) -> UnnamedRows:
        """Later events can make it good again, and silence counts only if a register covers the provider."""
        return super().unnamed_rows() | UnnamedRows(
            of_provider=frozenset(self.unless_since), registers=registers_of(self.events)
        )

    def limits_text(self) -> str:
        """The number of events that raise a level, and the time looked at, in words."""
        least = f"{self.at_least} within" if self.at_least > 1 else "within"
        return f"{self.level}: {least} {self.within}"

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The events of the time. Without any, the result is "none" only if a register covers the provider."""
        query = Query()
        table = _EVENT_TABLE.format(
            remedies=context.indicator_ids(query, self.unless_since),
            events=context.indicator_ids(query, self.events),
            titles=self._event_titles_sql(query, context),
            since=query.bind_value(self.within.day_before(context.day)),
        )
        registers = sorted(registers_of(self.events))
        is_covered = any_covered_sql(registers)
        is_old = any_covered_sql(register for register in registers if _is_register_stale(register, context))
        is_met = f"coalesce(n >= {query.bind_value(self.at_least)}, false)"
        name = query.bind_value(self.title)
        newest = f"concat_ws(', ', what, {day_sql('last_on')}, stated)"
        several = case_when_sql(("n > 1", concat_sql("'; '", "n", "' since '", day_sql("first_on"))), otherwise="''")
        columns = {
            "level": case_when_sql((is_met, query.bind_value(self.level.rank)), (is_covered, "0")),
            "value_number": "coalesce(n, 0)::DOUBLE",
            "title": case_when_sql(
                ("n > 0", concat_sql(name, "': '", newest, several)),
                (is_covered, concat_sql(name, "': none within '", query.bind_value(str(self.within)))),
                otherwise=concat_sql(name, "': not known, no register speaks of it'"),
            ),
            "seqs": "coalesce(event_seqs, [])",
            "period_end": "last_on",
            "known_on": "last_known",
            "is_recalled": "coalesce(any_recalled, false)",
            "is_stale": f"({is_old}) AND NOT {is_met}",
        }
        return RuleQuery(self.select_columns(columns, table), query.parameters, self.events)

    def _event_titles_sql(self, query: Query, context: RuleContext) -> str:
        """SQL for the title of an event; null if the rule is about one kind of event, which its own title names."""
        if len(self.events) == 1:
            return "NULL::VARCHAR"
        titles = [
            (f"indicator_id = {query.bind_value(context.indicators[key])}", query.bind_value(title_of(key)))
            for key in self.events
            if key in context.indicators
        ]
        return case_when_sql(*titles, otherwise="NULL::VARCHAR")


def _is_register_stale(register: str, context: RuleContext) -> bool:
    """Whether the register was last read so long ago that events may have happened since."""
    checked_on: date | None = context.register_checked_on.get(register)
    if checked_on is None:
        return False
    return (context.day - checked_on).days > catalogue.load().registers[register].stale_after_days
