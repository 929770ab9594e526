"""Kinds of rule that look at values as they stand, as Pydantic models."""

from typing import Literal, Self

from pydantic import Field, model_validator

from indicators import catalogue
from models.vocabulary import Level
from regimes import expressions
from regimes.clocks import YamlDuration
from regimes.rules.base import (
    Bands,
    CitedNumber,
    ConditionText,
    ExpressionText,
    FiniteNumber,
    GradeKey,
    IndicatorKey,
    PlainText,
    RuleKey,
    RuleLevel,
    StrictModel,
    WholeNumber,
    YesNo,
    has_ordered_levels,
)


def _check_level_order(better: str, bands: Bands) -> None:
    if not has_ordered_levels(bands, is_higher_better=better == "higher"):
        raise ValueError(f"'better: {better}' but the levels do not get better that way; put them in order")


class CitedRule(CitedNumber):
    """What all rules have that look at figures."""

    key: RuleKey
    title: PlainText | None = Field(default=None, description="what people read; the indicator's own title if left out")
    stale_after: YamlDuration | None = Field(
        default=None, description="where it differs from the indicator's shelf life"
    )
    applies_when: ConditionText | None = Field(default=None, description="where false, the rule does not apply")
    applies_from_level: RuleLevel | None = Field(
        default=None, description="only to providers of which a rule of accountability finds this level or worse"
    )
    optional_because: PlainText | None = Field(
        default=None, description="why a provider that never gave the figure is not unscorable for it"
    )
    weight: FiniteNumber | None = Field(default=None, gt=0, description="in a section with 'combine'; 1 if left out")

    @model_validator(mode="after")
    def _applies_for_one_reason(self) -> Self:
        if self.applies_when is not None and self.applies_from_level is not None:
            raise ValueError("write either 'applies_when' or 'applies_from_level', or make it two rules")
        return self


class BandsRule(CitedRule):
    """A number falls into a band: ``bands``."""

    kind: Literal["bands"]
    indicator: IndicatorKey | None = None
    expression: ExpressionText | None = None
    unit: str | None = Field(default=None, description="of an expression: GBP, share, percent, times, months ...")
    mixed_periods: YesNo = Field(default=False, description="figures of an expression may be of different periods")
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
        _check_level_order(self.better, self.bands)
        return self


class GradesRule(CitedRule):
    """A grade has a level: ``grades``. All grades of the scale must be there, by any of their words."""

    kind: Literal["grades"]
    indicator: GradeKey
    grades: dict[str, RuleLevel]
    scores: dict[str, FiniteNumber] = Field(
        default_factory=dict, description="in a section with 'combine': what each counts"
    )

    def scores_by_rank(self) -> dict[int, float]:
        """What each rank of the scale counts, 1 the best; empty where it is not scored."""
        scale = expressions.find_indicator(self.indicator).grades
        return {scale[word.lower()]: score for word, score in self.scores.items() if word.lower() in scale}

    def levels_by_rank(self) -> dict[int, Level]:
        """The level of each rank of the scale, 1 the best."""
        scale = expressions.find_indicator(self.indicator).grades
        return {scale[word.lower()]: level for word, level in self.grades.items()}

    @model_validator(mode="after")
    def _covers_the_scale(self) -> Self:
        scale = catalogue.load().indicators[self.indicator].grades
        unknown = [word for word in self.grades if word.lower() not in scale]
        if unknown:
            raise ValueError(f"'{unknown[0]}' is no grade of {self.indicator}; write one of {', '.join(scale)}")
        ranks = self.levels_by_rank()
        if len({scale[word.lower()] for word in self.grades}) < len(self.grades):
            raise ValueError(f"two words for the same grade of {self.indicator}; write one of them")
        left_out = [word for word, rank in scale.items() if rank not in ranks]
        if left_out:
            raise ValueError(f"the grade '{left_out[0]}' of {self.indicator} has no level; add it")
        levels = [ranks[rank].rank for rank in sorted(ranks)]
        if levels != sorted(levels):
            raise ValueError(f"a worse grade of {self.indicator} has a better level; put them in order")
        if self.scores and self.scores_by_rank().keys() != ranks.keys():
            raise ValueError(f"'scores' needs a number for each grade of {self.indicator} that 'grades' has")
        return self


class ConditionRule(CitedRule):
    """Something is the case: a flag, a status, a comparison. Its title is answered by yes or no."""

    kind: Literal["condition"]
    title: PlainText
    when: ConditionText
    meaning: PlainText | None = Field(default=None, description="the condition in words, where it is hard to read")
    level: RuleLevel


class SiblingsRule(CitedRule):
    """How many of the owner's other settings are graded badly."""

    kind: Literal["siblings"]
    title: PlainText
    indicator: GradeKey
    worse_than: PlainText
    at_least: WholeNumber = Field(
        default=2, ge=1, description="other settings with a grade; with fewer it says nothing"
    )
    better: Literal["lower"] = "lower"
    bands: Bands

    @model_validator(mode="after")
    def _is_a_grade(self) -> Self:
        scale = expressions.find_indicator(self.indicator).grades
        if self.worse_than.lower() not in scale:
            raise ValueError(f"'{self.worse_than}' is no grade of {self.indicator}; write one of {', '.join(scale)}")
        if not has_ordered_levels(self.bands, is_higher_better=False):
            raise ValueError("a larger share of badly graded settings has a better level; put the levels in order")
        return self


class QuantileRule(CitedRule):
    """Where a number stands among those of all providers that the regime covers: 0 the best of them, 1 the worst."""

    kind: Literal["quantile"]
    indicator: IndicatorKey | None = None
    expression: ExpressionText | None = None
    unit: str | None = Field(default=None, description="of an expression: GBP, share, percent, times, months ...")
    mixed_periods: YesNo = Field(default=False, description="figures of an expression may be of different periods")
    better: Literal["higher", "lower"] = Field(description="which numbers are the better ones")
    at_least: WholeNumber = Field(
        default=20, ge=2, description="providers with the number; with fewer it does not apply"
    )
    bands: Bands

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.indicator is None) == (self.expression is None):
            raise ValueError("write either 'indicator' or 'expression'")
        if self.indicator is not None and expressions.column_type(self.indicator) != "DOUBLE":
            raise ValueError(f"'{self.indicator}' is not a number; only numbers have an order")
        if self.expression is not None and self.title is None:
            raise ValueError("'title' is missing: an expression needs words for what it is")
        _check_level_order("lower", self.bands)
        return self


class Outlook(StrictModel):
    """The direction that a rating agency expects, for a grade that stands just at the line."""

    indicator: GradeKey
    at_or_below: PlainText


class ExternalGradeRule(CitedRule):
    """Somebody else's grade is at or below a line: ``external_grade``. With an outlook, only a bad one counts there."""

    kind: Literal["external_grade"]
    indicator: GradeKey
    at_or_below: PlainText
    outlook: Outlook | None = Field(default=None, description="at the line itself, the outlook must be this bad too")
    level: RuleLevel

    def line_rank(self) -> int:
        """The rank of the line, 1 the best of the scale."""
        return expressions.find_indicator(self.indicator).grades[self.at_or_below.lower()]

    @model_validator(mode="after")
    def _is_on_the_scales(self) -> Self:
        for indicator, word in ((self.indicator, self.at_or_below), *self._outlook_lines()):
            scale = expressions.find_indicator(indicator).grades
            if word.lower() not in scale:
                raise ValueError(f"'{word}' is no grade of {indicator}; write one of {', '.join(scale)}")
        return self

    def _outlook_lines(self) -> list[tuple[str, str]]:
        return [(self.outlook.indicator, self.outlook.at_or_below)] if self.outlook else []


class ProbabilityOverRule(CitedRule):
    """The failure model's probability is over a line. The only way in which it touches a level."""

    kind: Literal["probability_over"]
    title: PlainText = "Probability by the model"
    over: FiniteNumber = Field(ge=0, lt=1, description="a share: 0.5 is more likely than not")
    level: RuleLevel
