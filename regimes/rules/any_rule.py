"""The kinds of rule that a regime can hold, as Pydantic models: the words a policy owner writes.

Every rule looks at one thing about a provider and gives a level (``none`` is "looked at, nothing to report"). A missing
or stale value is never ``none``: it makes a finding of its own, which the engine adds to every rule by itself.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from regimes.clocks import YamlDuration
from regimes.rules.base import CitedNumber, PlainText, RuleKey, RuleLevel, StrictModel
from regimes.rules.day_rules import AgeRule, ClockRule, DefaultsRule, EventRule, LateRule, RestatedRule
from regimes.rules.value_rules import (
    BandsRule,
    CitedRule,
    ConditionRule,
    ExternalGradeRule,
    GradesRule,
    ProbabilityOverRule,
    QuantileRule,
    SiblingsRule,
)

__all__ = [
    "AgeRule",
    "AnyRule",
    "BandsRule",
    "CaseworkRule",
    "CitedRule",
    "ClockRule",
    "ConditionRule",
    "DefaultsRule",
    "EventRule",
    "ExternalGradeRule",
    "GradesRule",
    "JudgementRule",
    "LateRule",
    "ProbabilityOverRule",
    "QuantileRule",
    "RestatedRule",
    "SiblingsRule",
    "evidence_of",
]


class CaseworkRule(StrictModel):
    """Something only our own casework can say. Until it is recorded, it is missing."""

    key: RuleKey
    kind: Literal["casework"]
    needs: PlainText = Field(description="what must be recorded, such as 'a turnaround plan with an end date'")


class JudgementRule(CitedNumber):
    """A person's rating, recorded as casework with its author: where the regime's owner judges and does not count."""

    key: RuleKey
    kind: Literal["judgement"]
    title: PlainText
    by: PlainText = Field(description="who judges")
    scale: dict[str, RuleLevel] = Field(min_length=2, description="the words of the rating, best first, with levels")
    stale_after: YamlDuration | None = Field(default=None, description="how long a judgement stands")
    optional_because: PlainText | None = Field(
        default=None, description="why one that was never judged is not unscorable"
    )

    @model_validator(mode="after")
    def _gets_worse(self) -> Self:
        ranks = [level.rank for level in self.scale.values()]
        if ranks != sorted(ranks):
            raise ValueError("'scale' must begin with the best word and get worse; put them in order")
        return self


AnyRule = Annotated[
    BandsRule
    | GradesRule
    | ConditionRule
    | EventRule
    | LateRule
    | DefaultsRule
    | AgeRule
    | ClockRule
    | RestatedRule
    | SiblingsRule
    | QuantileRule
    | ExternalGradeRule
    | ProbabilityOverRule
    | JudgementRule
    | CaseworkRule,
    Field(discriminator="kind"),
]


def evidence_of(rule: AnyRule) -> set[str]:
    """How sure the numbers of a rule are: words of ``Evidence``."""
    if not isinstance(rule, CitedNumber):
        return set()
    return {rule.evidence} | {band.evidence for band in getattr(rule, "bands", ()) if band.evidence}
