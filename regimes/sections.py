"""The sections of a regime, one for each principle: its rules, and how their findings are combined."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from regimes.rules.base import (
    CitedNumber,
    EvidenceKind,
    FiniteNumber,
    PlainText,
    RuleKey,
    ScoreBands,
    StrictModel,
    has_ordered_levels,
)
from regimes.rules.registry import AnyRule
from text.yaml_lines import LocatedProblems, YamlPath

BREACH_SCORE = 1.0  # what a breach counts where breaches are counted


class ScoreLimit(CitedNumber):
    """A named override of the section's score: if it is met, the score can be no better than ``no_better_than``."""

    title: PlainText
    rule: RuleKey | None = Field(default=None, description="when this rule of the section is met")
    any_score_at: FiniteNumber | None = Field(default=None, description="when any rule's score is this or worse")
    no_better_than: FiniteNumber

    @model_validator(mode="after")
    def _has_one_trigger(self) -> Self:
        if (self.rule is None) == (self.any_score_at is None):
            raise ValueError("write either 'rule' or 'any_score_at'")
        return self


class Section(StrictModel):
    """One principle: its rules and how their findings make its level.

    ``worst_of``: the worst level counts. ``weighted_mean``, ``points`` (the sum) and ``count_of_breaches`` make a score
    out of the scores of its rules, which ``grades`` translate; rules without scores still raise the level themselves.
    """

    combine: Literal["worst_of", "weighted_mean", "points", "count_of_breaches"] = "worst_of"
    rounding: Literal["none", "half_up", "half_even", "up", "down"] = Field(
        default="none", description="of the score, before the limits"
    )
    better: Literal["higher", "lower"] | None = Field(default=None, description="which scores are the better ones")
    limits: tuple[ScoreLimit, ...] = Field(default=(), description="named overrides of the score")
    grades: ScoreBands = Field(default=(), description="the score's bands, each with its rating and level")
    source: PlainText | None = Field(default=None, description="where the combination and its grades are from")
    evidence: EvidenceKind | None = None
    rules: tuple[AnyRule, ...] = ()

    @property
    def is_scored(self) -> bool:
        """Whether the scores of the rules are combined."""
        return self.combine != "worst_of"

    def rule_weight(self, rule: AnyRule) -> float | None:
        """The weight of a rule in the score; None if the rule has no score and raises the level by itself."""
        if self.combine == "count_of_breaches":
            return BREACH_SCORE if rule.is_breach else None
        return (getattr(rule, "weight", None) or 1.0) if self.is_scored and rule.possible_scores() else None

    def best_score(self, rule: AnyRule) -> float:
        """The best score of a rule: the score of a missing value, which makes no result worse and is still missing."""
        if self.combine == "count_of_breaches":
            return 0.0
        return max(rule.possible_scores()) if self.better == "higher" else min(rule.possible_scores())

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        problems = list(self._problems_of_scores() if self.is_scored else self._problems_of_levels())
        if problems:
            raise LocatedProblems(problems)
        return self

    def _problems_of_levels(self) -> Iterator[tuple[YamlPath, str]]:
        for name in ("better", "limits", "grades", "source", "evidence"):
            if getattr(self, name):
                yield (name,), f"'{name}' belongs to a score; write 'combine: weighted_mean', or remove it"
        if self.rounding != "none":
            yield ("rounding",), "'rounding' belongs to a score; write 'combine: weighted_mean', or remove it"
        for number, rule in enumerate(self.rules):
            if rule.possible_scores() or getattr(rule, "weight", None):
                yield (
                    ("rules", number),
                    f"'{rule.key}' has a score or weight; write 'combine: weighted_mean' or 'points'",
                )

    def _problems_of_scores(self) -> Iterator[tuple[YamlPath, str]]:
        for name in ("better", "grades", "source", "evidence"):
            if not getattr(self, name):
                yield (), f"'{name}' is missing: a section with 'combine: {self.combine}' needs it"
        is_higher_better = self.better == "higher"
        if not has_ordered_levels(self.grades, is_higher_better=is_higher_better):
            yield ("grades",), f"'better: {self.better}' but the levels of 'grades' do not get better that way"
        weighed = [self.rule_weight(rule) for rule in self.rules]
        if not any(weighed):
            yield ("rules",), "no rule has a score; write a 'score' in each of its bands"
        for number, rule in enumerate(self.rules):
            for problem in self._problems_of_rule(rule):
                yield ("rules", number), problem
        keys = {rule.key for rule in self.rules}
        for number, limit in enumerate(self.limits):
            if limit.rule is not None and limit.rule not in keys:
                yield ("limits", number, "rule"), f"unknown rule '{limit.rule}'; name one of this section's rules"

    def _problems_of_rule(self, rule: AnyRule) -> Iterator[str]:
        if self.combine == "count_of_breaches" and (rule.possible_scores() or getattr(rule, "weight", None)):
            yield f"'{rule.key}' has a score or weight, but breaches are counted as one each; remove it"
        elif self.rule_weight(rule) is None and getattr(rule, "weight", None):
            yield f"'{rule.key}' has a weight but no scores; write a 'score' in each of its bands"
        elif self.rule_weight(rule) is not None and getattr(rule, "optional_because", None):
            yield f"'{rule.key}' counts in the score and cannot be excused; remove 'optional_because'"
        bands = getattr(rule, "bands", ())
        if any(band.score is None for band in bands) and any(band.score is not None for band in bands):
            yield f"a band of '{rule.key}' has no score; write one in each"
        elif rule.possible_scores() and not rule.has_ordered_scores(is_higher_better=self.better == "higher"):
            yield f"the scores of '{rule.key}' do not get better with its levels as 'better: {self.better}' says"


class Power(CitedNumber):
    """An outside body that can step in."""

    body: PlainText
    can: PlainText


class ExternalPowers(Section):
    """The bodies that can step in. A regime that names none has a finding about that."""

    powers: tuple[Power, ...] = ()


class Flexibility(Section):
    """The long-term vision and the arrangements for the transition."""

    vision: PlainText
    transition: PlainText
