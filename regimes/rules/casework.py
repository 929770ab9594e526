"""``casework``: a fact that only our own casework can give; the result is missing until a person records the fact."""

from typing import ClassVar, Literal

from pydantic import Field

from regimes.rules.base import PlainText, RuleKey
from regimes.rules.rule import Rule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery, constant_query


class CaseworkRule(Rule):
    """A fact that only our own casework can give. The result is missing until the fact is recorded."""

    is_breach: ClassVar[bool] = False

    key: RuleKey
    kind: Literal["casework"]
    needs: PlainText = Field(description="what must be recorded, such as 'a turnaround plan with an end date'")

    def display_title(self) -> str:
        """The rule's key: such a rule has no title."""
        return self.key

    def column_needs(self) -> ColumnNeeds:
        """No column."""
        return ColumnNeeds()

    def limits_text(self) -> str:
        """Empty: the rule has no level."""
        return ""

    def build_query(self, context: RuleContext) -> RuleQuery:
        """Missing for every provider."""
        del context
        return constant_query(f"Nothing is recorded: {self.needs}", None)
