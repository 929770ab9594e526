"""``probability_over``: the failure model's probability is over a line. The model reaches a level in no other way."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from regimes.rules import sql_text
from regimes.rules.base import FiniteNumber, LimitDistance, NearestLimits, PlainText, RuleLevel
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, quote_column

PROBABILITY = "probability"  # a fact of ``regimes/expressions.py``


class ProbabilityOverRule(CitedRule):
    """The failure model's probability is over a line. The only way in which it touches a level."""

    kind: Literal["probability_over"]
    title: PlainText = "Probability by the model"
    over: FiniteNumber = Field(ge=0, lt=1, description="a share: 0.5 is more likely than not")
    level: RuleLevel

    def column_needs(self) -> ColumnNeeds:
        """The probability."""
        return super().column_needs() | ColumnNeeds(frozenset([PROBABILITY]))

    def limits_text(self) -> str:
        """The line."""
        return f"{self.level}: over {sql_text.format_exact_number(self.over, 'share')}"

    @classmethod
    def nearest_limits(cls, written: Mapping[str, Any], value: float) -> NearestLimits | None:
        """The line, which is for the better from above and for the worse from below."""
        distance = round(abs(value - written["over"]), 6)
        if value > written["over"]:
            return NearestLimits(worse=None, better=LimitDistance(level="none", at=written["over"], distance=distance))
        limit = LimitDistance(level=written["level"], at=written["over"], distance=distance)
        return NearestLimits(worse=limit, better=None)

    def build_query(self, context: RuleContext) -> RuleQuery:
        """Whether the probability is over the line."""
        del context
        query, value = Query(), quote_column(PROBABILITY)
        name, line = query.bind_value(self.title), query.bind_value(self.over)
        is_over = f"{value} > {line}"
        limit = case_when_sql((is_over, query.bind_value(f" ({self.limits_text()})")), otherwise="''")
        columns = {
            "level": case_when_sql((is_over, query.bind_value(self.level.rank)), (f"{value} <= {line}", "0")),
            "value_number": value,
            "title": case_when_sql(
                (f"{value} IS NULL", concat_sql(name, "': none, no failure model covers it'")),
                otherwise=concat_sql(name, "': '", sql_text.number_sql(value, "share"), limit),
            ),
        }
        return RuleQuery(self.select_columns(columns), query.parameters, (), "share")
