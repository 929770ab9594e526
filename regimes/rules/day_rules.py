"""Kinds of rule that look at days, as Pydantic models: what happened, what is due, what came late, what is old."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from regimes import expressions
from regimes.clocks import YamlDuration
from regimes.rules.base import (
    Bands,
    DueDateKey,
    EventKey,
    FiniteNumber,
    IndicatorKey,
    PlainText,
    RestatableKey,
    RuleLevel,
    StrictModel,
    TimeThreshold,
    WholeNumber,
    YesNo,
    has_ordered_levels,
)
from regimes.rules.value_rules import CitedRule


def _check_calendar_units(name: str, steps: tuple[TimeThreshold, ...]) -> None:
    if any(step.after.unit == "working day" for step in steps):
        raise ValueError(f"'{name}' counts days, weeks, months or years; write working days as calendar days")


class EventRule(CitedRule):
    """Something happened not long ago."""

    kind: Literal["event"]
    title: PlainText
    events: Annotated[tuple[EventKey, ...], Field(min_length=1)]
    within: YamlDuration
    at_least: WholeNumber = Field(default=1, ge=1, description="how many of them in that time")
    unless_since: tuple[EventKey, ...] = Field(default=(), description="later events of these kinds make it good again")
    level: RuleLevel


class LateRule(CitedRule):
    """Something due has not come, and the register was looked at after the due date."""

    kind: Literal["late"]
    title: PlainText
    due: DueDateKey
    received: IndicatorKey | None = Field(default=None, description="the day it came, or a figure that came with it")
    late: Annotated[tuple[TimeThreshold, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counts_calendar_time(self) -> Self:
        _check_calendar_units("late", self.late)
        return self


class DefaultsRule(CitedRule):
    """Something due every year came late or not at all, in how many of the last years."""

    kind: Literal["defaults"]
    title: PlainText
    due: DueDateKey
    received: DueDateKey
    of_last: WholeNumber = Field(ge=1, description="years, the newest that are due")
    at_least: WholeNumber = Field(ge=1, description="years in default")
    level: RuleLevel

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.at_least > self.of_last:
            raise ValueError(
                f"'at_least' is {self.at_least} of only {self.of_last} years, so it is never met; write at most "
                f"{self.of_last}"
            )
        return self


class AgeRule(CitedRule):
    """Nothing newer has come for some time: what a regime says must be renewed is old."""

    kind: Literal["age"]
    title: PlainText
    indicator: IndicatorKey
    or_newest_of: tuple[IndicatorKey, ...] = Field(default=(), description="others that do as well, the newest of all")
    old: Annotated[tuple[TimeThreshold, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counts_calendar_time(self) -> Self:
        _check_calendar_units("old", self.old)
        return self


class RestatedRule(CitedRule):
    """Figures of a period that were later said otherwise: how many, not long ago: ``restated``."""

    kind: Literal["restated"]
    title: PlainText
    indicators: Annotated[tuple[RestatableKey, ...], Field(min_length=1)] = Field(description="figures and grades")
    by: FiniteNumber = Field(
        gt=0, le=1, description="change that counts, as a share of the first value; of a grade any change does"
    )
    worse_only: YesNo = Field(default=False, description="only what was restated for the worse")
    within: YamlDuration = Field(description="how long ago the newest value may have become known")
    better: Literal["lower"] = "lower"
    bands: Bands = Field(description="of the number of restated figures")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not has_ordered_levels(self.bands, is_higher_better=False):
            raise ValueError("more restated figures have a better level; put the levels in order")
        neutral = [key for key in self.indicators if expressions.find_indicator(key).direction == "neutral"]
        if self.worse_only and neutral:
            raise ValueError(f"nothing says which way '{neutral[0]}' is worse; leave it out, or remove 'worse_only'")
        twice = [key for key in self.indicators if self.indicators.count(key) > 1]
        if twice:
            raise ValueError(f"'{twice[0]}' is there twice; name it once")
        return self


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
