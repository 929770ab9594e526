"""``age``: something that must be renewed is old."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from regimes.rules import sql_text
from regimes.rules.base import IndicatorKey, PlainText, TimeThreshold, check_calendar_units
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext, sole_register
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery, plain_expression, provenance_columns, subtract_sql
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column


class AgeRule(CitedRule):
    """Something that the regime requires to be renewed is old, and nothing newer has come."""

    kind: Literal["age"]
    title: PlainText
    indicator: IndicatorKey
    or_newest_of: tuple[IndicatorKey, ...] = Field(default=(), description="others that do as well, the newest of all")
    old: Annotated[tuple[TimeThreshold, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counts_calendar_time(self) -> Self:
        check_calendar_units("old", self.old)
        return self

    def column_needs(self) -> ColumnNeeds:
        """The columns of all indicators that do."""
        return super().column_needs() | ColumnNeeds(frozenset(self._indicators()))

    def limits_text(self) -> str:
        """The ages that raise a level."""
        return sql_text.format_limits((step.level, f"more than {step.after} ago") for step in self.old)

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The age of the newest on the day on which its register was last read; later ones are not known."""
        query, keys = Query(), self._indicators()
        name = query.bind_value(self.title)
        days = [case_when_sql((f"{quote_column(key, 'seq')} IS NOT NULL", quote_column(key, "day"))) for key in keys]
        on_day, checked_on = f"greatest({', '.join(days)})", self._checked_on_sql(query, context)
        steps = sorted(self.old, key=lambda step: step.after.day_before(context.day))
        limits = [(f"{on_day} < {subtract_sql(step.after, checked_on)}", step) for step in steps]
        is_never, is_unchecked = f"{on_day} IS NULL", f"{on_day} < {subtract_sql(steps[-1].after, 'day')}"
        levels = [(is_older, query.bind_value(step.level.rank)) for is_older, step in limits]
        ages = [(is_older, query.bind_value(f", more than {step.after} ago")) for is_older, step in limits]
        not_since = concat_sql("'; not known since '", day_sql(checked_on), "', when the register was last looked at'")
        newest = [
            case_when_sql((f"{day} = {on_day}", quote_column(key, "seq"))) for day, key in zip(days, keys, strict=True)
        ]
        age_text = case_when_sql(*ages, (is_unchecked, not_since), otherwise="''")
        columns = provenance_columns(plain_expression(*keys)) | {
            "seqs": f"list_sort(list_distinct([{', '.join(newest)}]::BIGINT[]))",
            "level": case_when_sql((is_never, "NULL"), *levels, (is_unchecked, "NULL"), otherwise="0"),
            "value_text": case_when_sql((is_never, "NULL"), otherwise=f"{on_day}::VARCHAR"),
            "title": case_when_sql(
                (is_never, concat_sql(name, "': not known'")),
                otherwise=concat_sql(name, "': '", day_sql(on_day), age_text),
            ),
        }
        return RuleQuery(self.select_columns(columns), query.parameters, keys)

    def _indicators(self) -> tuple[str, ...]:
        return (self.indicator, *self.or_newest_of)

    def _checked_on_sql(self, query: Query, context: RuleContext) -> str:
        """SQL for the day on which the only register was last read; the scored day if there are several registers."""
        registers = {sole_register(key) for key in self._indicators()}
        register = registers.pop() if len(registers) == 1 else None
        if register is None or register not in context.register_checked_on:
            return "day"
        read_on = query.bind_value(context.register_checked_on[register])
        return f"coalesce({quote_column('listed', register)}, {read_on}::DATE)"
