"""The kinds of rule that a regime can hold, as Pydantic models: the words a policy owner writes.

Every rule looks at one thing about a provider and gives a level (``none`` is "looked at, nothing to report"). A missing
or stale value is never ``none``: it makes a finding of its own, which the engine adds to every rule by itself.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from indicators import catalogue
from models.vocabulary import Level
from regimes import expressions
from regimes.clocks import Length
from regimes.parts import (
    Bands,
    Cited,
    Condition,
    DueDate,
    Event,
    Expression,
    Grade,
    IndicatorKey,
    Key,
    RuleLevel,
    Step,
    Strict,
    Words,
)


class CitedRule(Cited):
    """What all rules have that look at figures."""

    key: Key
    title: Words | None = Field(default=None, description="what people read; the indicator's own title if left out")
    stale_after: Length | None = Field(default=None, description="where it differs from the indicator's shelf life")
    applies_when: Condition | None = Field(default=None, description="where false, the rule does not apply")
    optional_because: Words | None = Field(
        default=None, description="why a provider that never gave the figure is not unscorable for it"
    )


class BandsRule(CitedRule):
    """A number falls into a band: ``bands``."""

    kind: Literal["bands"]
    indicator: IndicatorKey | None = None
    expression: Expression | None = None
    unit: str | None = Field(default=None, description="of an expression: GBP, share, percent, times, months ...")
    mixed_periods: bool = Field(default=False, description="figures of an expression may be of different periods")
    better: Literal["higher", "lower"]
    bands: Bands

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.indicator is None) == (self.expression is None):
            raise ValueError("write either 'indicator' or 'expression'")
        if self.indicator is not None and expressions.column_type(self.indicator) != "DOUBLE":
            raise ValueError(f"'{self.indicator}' is not a number; use kind: grades, condition or event")
        if self.expression is not None and self.title is None:
            raise ValueError("'title' is missing: an expression needs words for what it is")
        ranks = [band.level.rank for band in self.bands]
        if ranks != sorted(ranks, reverse=self.better == "higher"):
            raise ValueError(f"'better: {self.better}' but the levels do not get better that way; put them in order")
        return self


class GradesRule(CitedRule):
    """A grade has a level: ``grades``. All grades of the scale must be there, by any of their words."""

    kind: Literal["grades"]
    indicator: Grade
    grades: dict[str, RuleLevel]

    def ranks(self) -> dict[int, Level]:
        """The level of each rank of the scale, 1 the best."""
        scale = expressions.known(self.indicator).grades
        return {scale[word.lower()]: level for word, level in self.grades.items()}

    @model_validator(mode="after")
    def _covers_the_scale(self) -> Self:
        scale = catalogue.load().indicators[self.indicator].grades
        unknown = [word for word in self.grades if word.lower() not in scale]
        if unknown:
            raise ValueError(f"'{unknown[0]}' is no grade of {self.indicator}; write one of {', '.join(scale)}")
        ranks = self.ranks()
        if len({scale[word.lower()] for word in self.grades}) < len(self.grades):
            raise ValueError(f"two words for the same grade of {self.indicator}; write one of them")
        left_out = [word for word, rank in scale.items() if rank not in ranks]
        if left_out:
            raise ValueError(f"the grade '{left_out[0]}' of {self.indicator} has no level; add it")
        levels = [ranks[rank].rank for rank in sorted(ranks)]
        if levels != sorted(levels):
            raise ValueError(f"a worse grade of {self.indicator} has a better level; put them in order")
        return self


class ConditionRule(CitedRule):
    """Something is the case: a flag, a status, a comparison. Its title is answered by yes or no."""

    kind: Literal["condition"]
    title: Words
    when: Condition
    meaning: Words | None = Field(default=None, description="the condition in words, where it is hard to read")
    level: RuleLevel


class EventRule(CitedRule):
    """Something happened not long ago."""

    kind: Literal["event"]
    title: Words
    events: Annotated[tuple[Event, ...], Field(min_length=1)]
    within: Length
    at_least: int = Field(default=1, ge=1, description="how many of them in that time")
    unless_since: tuple[Event, ...] = Field(default=(), description="later events of these kinds make it good again")
    level: RuleLevel


class LateRule(CitedRule):
    """Something due has not come, and the register was looked at after the due date."""

    kind: Literal["late"]
    title: Words
    due: DueDate
    received: IndicatorKey | None = Field(default=None, description="the day it came, or a figure that came with it")
    late: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counts_calendar_time(self) -> Self:
        if any(step.after.unit == "working day" for step in self.late):
            raise ValueError("'late' counts days, weeks, months or years; write working days as calendar days")
        return self


class DefaultsRule(CitedRule):
    """Something due every year came late or not at all, in how many of the last years."""

    kind: Literal["defaults"]
    title: Words
    due: DueDate
    received: DueDate
    of_last: int = Field(ge=1, description="years, the newest that are due")
    at_least: int = Field(ge=1, description="years in default")
    level: RuleLevel


class AgeRule(CitedRule):
    """Nothing newer has come for some time: what a regime says must be renewed is old."""

    kind: Literal["age"]
    title: Words
    indicator: IndicatorKey
    old: Annotated[tuple[Step, ...], Field(min_length=1)]


class SiblingsRule(CitedRule):
    """How many of the owner's other settings are graded badly."""

    kind: Literal["siblings"]
    title: Words
    indicator: Grade
    worse_than: Words
    at_least: int = Field(default=2, ge=1, description="other settings with a grade; with fewer it says nothing")
    better: Literal["lower"] = "lower"
    bands: Bands

    @model_validator(mode="after")
    def _is_a_grade(self) -> Self:
        scale = expressions.known(self.indicator).grades
        if self.worse_than.lower() not in scale:
            raise ValueError(f"'{self.worse_than}' is no grade of {self.indicator}; write one of {', '.join(scale)}")
        return self


class CaseworkRule(Strict):
    """Something only our own casework can say. Until it is recorded, it is missing."""

    key: Key
    kind: Literal["casework"]
    needs: Words = Field(description="what must be recorded, such as 'a turnaround plan with an end date'")


AnyRule = Annotated[
    BandsRule
    | GradesRule
    | ConditionRule
    | EventRule
    | LateRule
    | DefaultsRule
    | AgeRule
    | SiblingsRule
    | CaseworkRule,
    Field(discriminator="kind"),
]


def evidence_of(rule: AnyRule) -> set[str]:
    """How sure the numbers of a rule are: words of ``Evidence``."""
    if rule.kind == "casework":
        return set()
    return {rule.evidence} | {band.evidence for band in getattr(rule, "bands", ()) if band.evidence}
