"""``late``: something due has not come, although its register was read after the due date."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from indicators import catalogue
from regimes.rules import sql_text
from regimes.rules.base import DueDateKey, IndicatorKey, PlainText, TimeThreshold, check_calendar_units
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery, plain_expression, provenance_columns, subtract_sql
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column


class LateRule(CitedRule):
    """Something due has not come, and the register was looked at after the due date."""

    kind: Literal["late"]
    title: PlainText
    due: DueDateKey
    received: IndicatorKey | None = Field(default=None, description="the day it came, or a figure that came with it")
    late: Annotated[tuple[TimeThreshold, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counts_calendar_time(self) -> Self:
        check_calendar_units("late", self.late)
        return self

    def column_needs(self) -> ColumnNeeds:
        """The due date and the receipt."""
        return super().column_needs() | ColumnNeeds(frozenset(self._indicators()))

    def limits_text(self) -> str:
        """The levels by time overdue, in words."""
        return sql_text.format_limits(
            (step.level, f"more than {step.after} late" if step.after.number else "late") for step in self.late
        )

    def build_query(self, context: RuleContext) -> RuleQuery:
        """Whether the thing due had come when its register was read after the due date."""
        query, expression = Query(), plain_expression(*self._indicators())
        due, register = quote_column(self.due), catalogue.load().indicators[self.due].registers[0]
        came = "false"
        if self.received:  # for the same period
            came = f"{quote_column(self.received, 'end')} IS NOT DISTINCT FROM {quote_column(self.due, 'end')}"
            came += f" AND {quote_column(self.received, 'seq')} IS NOT NULL"
        read_on = f"{query.bind_value(context.register_checked_on.get(register))}::DATE"
        checked_on = f"coalesce({quote_column('listed', register)}, {read_on})"
        is_ahead, is_unchecked = f"{due} >= {query.bind_value(context.day)}", f"coalesce({checked_on} <= {due}, true)"
        steps = sorted(self.late, key=lambda step: step.after.day_before(context.day))
        levels = [
            (f"{due} < {subtract_sql(step.after, checked_on)}", query.bind_value(step.level.rank)) for step in steps
        ]
        name, day = query.bind_value(self.title), day_sql(due)
        not_since = concat_sql("'; not known since'", f"coalesce(' ' || {day_sql(checked_on)}, '')")
        columns = provenance_columns(expression) | {
            "level": case_when_sql(
                (f"{due} IS NULL", "NULL"),
                (f"{came} OR {is_ahead}", "0"),
                (is_unchecked, "NULL"),
                *levels,
                otherwise="0",
            ),
            "value_text": f"{due}::VARCHAR",
            "title": case_when_sql(
                (f"{due} IS NULL", concat_sql(name, "': not known when due'")),
                (came, concat_sql(name, "': came, due by '", day)),
                (is_ahead, concat_sql(name, "': due by '", day)),
                (
                    is_unchecked,
                    concat_sql(name, "': was due by '", day, not_since, "', when the register was last looked at'"),
                ),
                otherwise=concat_sql(
                    name, "': was due by '", day, "' and had not come when the register was looked at'"
                ),
            ),
            "was_given": f"{quote_column(self.due, 'seq')} IS NOT NULL",
        }
        return RuleQuery(self.select_columns(columns), query.parameters, expression.columns)

    def _indicators(self) -> list[str]:
        return [self.due, *([self.received] if self.received else [])]
