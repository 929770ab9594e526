"""All kinds of rule that a regime can hold. A new kind is a file of its own and a line in the union below."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import Field

from regimes.rules import (
    age,
    bands,
    casework,
    clock,
    condition,
    defaults,
    event,
    external_grade,
    grades,
    judgement,
    late,
    probability_over,
    quantile,
    restated,
    siblings,
)
from regimes.rules.base import NearestLimits
from regimes.rules.rule import Rule

AnyRule = Annotated[
    bands.BandsRule
    | grades.GradesRule
    | condition.ConditionRule
    | event.EventRule
    | late.LateRule
    | defaults.DefaultsRule
    | age.AgeRule
    | clock.ClockRule
    | restated.RestatedRule
    | siblings.SiblingsRule
    | quantile.QuantileRule
    | external_grade.ExternalGradeRule
    | probability_over.ProbabilityOverRule
    | judgement.JudgementRule
    | casework.CaseworkRule,
    Field(discriminator="kind"),
]
# The word that a regime file writes under ``kind``, and the class.
RULE_KINDS: Mapping[str, type[Rule]] = {
    get_args(rule.model_fields["kind"].annotation)[0]: rule for rule in get_args(get_args(AnyRule)[0])
}


def nearest_limits(written: Mapping[str, Any], value: float) -> NearestLimits | None:
    """The nearest limits of a number: by how much it would have to change to be worse or better.

    Args:
        written: a rule as an archived regime file has it; an unknown or missing kind has no limits.
        value: the number that the rule read.
    """
    kind = RULE_KINDS.get(written.get("kind", ""))
    return kind.nearest_limits(written, value) if kind is not None else None
