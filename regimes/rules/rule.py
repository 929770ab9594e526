"""The parts of every kind of rule: words in a regime file, the columns it reads, its SQL, its limits in words.

Every rule reads one thing about a provider and gives a level; ``none`` means "read, nothing to report". A missing or
stale value is never ``none``: the engine (``regimes/evaluate.py``) makes a finding of its own from it, for every kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from regimes import expressions
from regimes.clocks import YamlDuration
from regimes.expressions import COMPLETENESS
from regimes.rules.base import (
    Band,
    Bands,
    CitedNumber,
    ConditionText,
    FiniteNumber,
    NearestLimits,
    PlainText,
    RuleKey,
    RuleLevel,
    StrictModel,
    nearest_band_limits,
)
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds, UnnamedRows, expression_needs, expression_rows
from regimes.rules.sql import ACCOUNTABILITY_LEVEL, RuleQuery, select_columns, title_of


class Rule(StrictModel, ABC):
    """One kind of rule. A new kind is a file with a subclass, and a line in ``registry.py``."""

    is_breach: ClassVar[bool] = True  # whether ``combine: count_of_breaches`` counts the rule

    @abstractmethod
    def display_title(self) -> str:
        """The title that people read."""

    @abstractmethod
    def column_needs(self) -> ColumnNeeds:
        """The columns that the rule reads from the table of providers."""

    @abstractmethod
    def build_query(self, context: RuleContext) -> RuleQuery:
        """The SQL with a row for every provider; the columns are those of ``regimes/rules/sql.py``."""

    @abstractmethod
    def limits_text(self) -> str:
        """The limits that raise a level, in words, the worst first; empty if the rule has no limits."""

    def unnamed_rows(self) -> UnnamedRows:
        """The rows that decide a finding although the finding does not name them."""
        return UnnamedRows()

    def reads_accountability(self) -> bool:
        """Whether the rule depends on the findings of the rules on money and quality."""
        return False

    def evidence_kinds(self) -> set[str]:
        """How sure the numbers of the rule are: values of ``EvidenceKind``."""
        return set()

    def possible_scores(self) -> list[float]:
        """The scores that the rule can give; none if the rule is not scored."""
        return []

    def has_ordered_scores(self, *, is_higher_better: bool) -> bool:
        """Whether a better level never has a worse score, and scores change one way along the scale."""
        del is_higher_better
        return True

    @classmethod
    def nearest_limits(cls, written: Mapping[str, Any], value: float) -> NearestLimits | None:
        """The nearest limits of a number, one for the worse and one for the better; None for a kind without limits.

        Args:
            written: the rule as a regime file has it. A file that was archived long ago is not validated again,
                because the catalogue may have lost an indicator since.
            value: the number that the rule read.
        """
        del written, value
        return None


class CitedRule(CitedNumber, Rule):
    """A rule about the columns of the table of providers, with the keys that all such rules share."""

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

    def display_title(self) -> str:
        """The rule's own title, or else that of its indicator."""
        indicator: str | None = getattr(self, "indicator", None)
        return self.title or (title_of(indicator) if indicator else self.key)

    def column_needs(self) -> ColumnNeeds:
        """The columns that ``applies_when`` reads; each kind adds its own."""
        return expression_needs(self.applies_when)

    def unnamed_rows(self) -> UnnamedRows:
        """The rows that ``applies_when`` reads; each kind adds its own."""
        return UnnamedRows(of_provider=expression_rows(self.applies_when))

    def reads_accountability(self) -> bool:
        """Whether the rule is asked from a level on, or reads how complete the evidence is."""
        return self.applies_from_level is not None or COMPLETENESS in self.column_needs().names

    def select_columns(self, columns: Mapping[str, str], table: str = "provider_table") -> str:
        """The rule's query; a column that is not named has its usual value, and ``applies`` is added."""
        applies = columns.get("applies", "true")
        if self.applies_when:
            applies = f"({expressions.parse(self.applies_when).yearly_sql}) AND ({applies})"
        if self.applies_from_level is not None:
            applies = f"({ACCOUNTABILITY_LEVEL} >= {self.applies_from_level.rank:d}) AND ({applies})"
        return select_columns({**columns, "applies": applies}, table)


class BandedRule(CitedRule):
    """A rule whose number falls into a band."""

    bands: Bands

    def evidence_kinds(self) -> set[str]:
        """How sure the rule's own number and those of its bands are."""
        return super().evidence_kinds() | {band.evidence for band in self.bands if band.evidence}

    @classmethod
    def nearest_limits(cls, written: Mapping[str, Any], value: float) -> NearestLimits | None:
        """The edges of the bands of another level next to the value."""
        return nearest_band_limits([Band.model_validate(band) for band in written.get("bands", ())], value)


class ScoredBandsRule(BandedRule):
    """A rule whose bands may have scores."""

    def possible_scores(self) -> list[float]:
        """The scores of the bands."""
        return [band.score for band in self.bands if band.score is not None]
