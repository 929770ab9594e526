"""Parts of rules: checked words, names of indicators and expressions, citations, bands and their limits."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, TypedDict, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from models.vocabulary import IndicatorKind, Level
from regimes import expressions
from regimes.clocks import YamlDuration

LEVELS = tuple(level for level in Level if level is not Level.UNSCORABLE)
KEY_PATTERN = r"^[a-z][a-z0-9_]*$(?!\n)"


class StrictModel(BaseModel):
    """A part of a regime file. Unknown keys are refused, and the part never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, regex_engine="python-re")


def _check_level(written: Any) -> Level:
    if written == Level.UNSCORABLE:
        raise ValueError("a rule cannot say 'unscorable'; write none, watch, concern or critical")
    if written not in LEVELS:
        raise ValueError(f"'{written}' is not a level; write none, watch, concern or critical")
    return Level(written)


def _check_indicator(key: str) -> str:
    expressions.find_indicator(key)
    return key


def _check_expression(text: str) -> str:
    if expressions.parse(text).is_condition:
        raise ValueError(f"'{text}' is true or false; a number is needed here (or write kind: condition)")
    return text


def _check_condition(text: str) -> str:
    if not expressions.parse(text).is_condition:
        raise ValueError(f"'{text}' is a number; write a comparison, such as '{text} > 0'")
    return text


def _parse_day(written: Any) -> date:
    if type(written) is date:
        return written
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError) as error:
        raise ValueError(f"'{written}' is not a day; write it as 2015-01-31") from error


def _kind_validator(*kinds: IndicatorKind) -> AfterValidator:
    def check(key: str) -> str:
        kind = expressions.find_indicator(key).kind
        if kind not in kinds:
            raise ValueError(f"'{key}' is of kind {kind}; name one of kind {' or '.join(kinds)}")
        return key

    return AfterValidator(check)


def _check_restatable(key: str) -> str:
    if expressions.find_indicator(key).expression:
        raise ValueError(f"'{key}' is worked out by the service and never restated; name the figures it is made of")
    return key


def _check_due_date(key: str) -> str:
    if expressions.find_indicator(key).unit != "date":
        raise ValueError(f"'{key}' is not a date; name an indicator with unit: date")
    return key


RuleLevel = Annotated[
    Level,
    BeforeValidator(_check_level),
    WithJsonSchema({"type": "string", "enum": [str(level) for level in LEVELS], "description": "how worried to be"}),
]
IndicatorKey = Annotated[str, AfterValidator(_check_indicator)]
ExpressionText = Annotated[str, AfterValidator(_check_expression)]
ConditionText = Annotated[str, AfterValidator(_check_condition)]
GradeKey = Annotated[str, _kind_validator(IndicatorKind.GRADE)]
EventKey = Annotated[str, _kind_validator(IndicatorKind.EVENT)]
RestatableKey = Annotated[
    str, _kind_validator(IndicatorKind.FIGURE, IndicatorKind.GRADE), AfterValidator(_check_restatable)
]
DueDateKey = Annotated[str, AfterValidator(_check_due_date)]
RuleKey = Annotated[str, Field(pattern=KEY_PATTERN, max_length=60)]
PlainText = Annotated[str, Field(min_length=1)]
FiniteNumber = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # neither true nor a word that looks like one
WholeNumber = Annotated[int, Field(strict=True, le=1_000_000)]
YesNo = Annotated[bool, Field(strict=True)]
CalendarDay = Annotated[date, BeforeValidator(_parse_day)]
EvidenceKind = Literal["verified", "recalled", "ours"]


class CitedNumber(StrictModel):
    """Something with a number in it: which document it is from, and whether that document was read."""

    source: PlainText = Field(description="the document a reader can look it up in, or why we chose it")
    evidence: EvidenceKind = Field(
        description="verified: read in the source; recalled: from memory; ours: our own choice, never official"
    )

    def evidence_kinds(self) -> set[str]:
        """How sure the number is."""
        return {self.evidence}


class TimeThreshold(StrictModel):
    """A level from some length of time on."""

    after: YamlDuration = Field(description="'0 days' or longer")
    level: RuleLevel


class Band(StrictModel):
    """A stretch of values with its level. ``from`` and ``to`` include their number, ``above`` and ``below`` do not."""

    level: RuleLevel
    from_: FiniteNumber | None = Field(default=None, alias="from")
    above: FiniteNumber | None = None
    to: FiniteNumber | None = None
    below: FiniteNumber | None = None
    score: FiniteNumber | None = Field(default=None, description="in a section with 'combine': what the value counts")
    source: PlainText | None = Field(default=None, description="where it differs from the rule's")
    evidence: EvidenceKind | None = None

    @model_validator(mode="after")
    def _has_one_of_each_edge(self) -> Self:
        if self.from_ is not None and self.above is not None:
            raise ValueError("write 'from' (included) or 'above' (not included), not both")
        if self.to is not None and self.below is not None:
            raise ValueError("write 'to' (included) or 'below' (not included), not both")
        if self.low is not None and self.high is not None and not self._is_nonempty(self.low, self.high):
            raise ValueError(f"the band '{self.level}' has no number in it; let it end above where it begins")
        return self

    def _is_nonempty(self, low: float, high: float) -> bool:
        return low < high or (low == high and self.from_ is not None and self.to is not None)

    @property
    def low(self) -> FiniteNumber | None:
        """The lower edge; None when there is none."""
        return self.above if self.from_ is None else self.from_

    @property
    def high(self) -> FiniteNumber | None:
        """The upper edge; None when there is none."""
        return self.below if self.to is None else self.to

    def has_value(self, value: float) -> bool:
        """Whether a value is in the band."""
        is_above = self.low is None or value > self.low or (value == self.low and self.from_ is not None)
        return is_above and (self.high is None or value < self.high or (value == self.high and self.to is not None))


class ScoreBand(Band):
    """A stretch of a section's score, with the regime's own word for it."""

    rating: PlainText


AnyBand = TypeVar("AnyBand", bound=Band)


def _join_bands(bands: tuple[AnyBand, ...]) -> tuple[AnyBand, ...]:
    """Bands in order that cover every number once."""
    ordered = sorted(bands, key=lambda band: float("-inf") if band.low is None else band.low)
    if ordered[0].low is not None or ordered[-1].high is not None:
        edge = "below any 'from' or 'above'" if ordered[0].low is not None else "beyond the last 'to' or 'below'"
        raise ValueError(f"the bands leave a gap {edge}; leave the first and the last band open at the outer end")
    for lower, upper in pairwise(ordered):
        _check_adjacent_bands(lower, upper)
    return tuple(ordered)


def _join_bands_if_any(bands: tuple[ScoreBand, ...]) -> tuple[ScoreBand, ...]:
    return _join_bands(bands) if bands else bands


def _format_plain_number(number: float) -> str:
    """A number as people write it in a file: 300000000 and not 3e+08."""
    return str(int(number)) if number.is_integer() else repr(number)


def _check_adjacent_bands(lower: Band, upper: Band) -> None:
    if lower.high is None or upper.low is None or lower.high > upper.low:
        raise ValueError(f"the bands '{lower.level}' and '{upper.level}' overlap; let each begin where the other ends")
    if lower.high < upper.low:
        gap = f"from {_format_plain_number(lower.high)} to {_format_plain_number(upper.low)}"
        raise ValueError(f"the bands leave a gap {gap}; let '{upper.level}' begin where '{lower.level}' ends")
    edge = _format_plain_number(lower.high)
    if lower.to is not None and upper.from_ is not None:
        raise ValueError(f"the bands '{lower.level}' and '{upper.level}' overlap at {edge}; let one have it")
    if lower.below is not None and upper.above is not None:
        raise ValueError(f"the bands leave a gap at {edge}; let '{lower.level}' or '{upper.level}' have it")


Bands = Annotated[tuple[Band, ...], Field(min_length=2), AfterValidator(_join_bands)]
ScoreBands = Annotated[tuple[ScoreBand, ...], AfterValidator(_join_bands_if_any)]


def has_ordered_levels(bands: Sequence[Band], *, is_higher_better: bool) -> bool:
    """Whether the levels of bands that stand in order get better, or worse, all the way."""
    ranks = [band.level.rank for band in bands]
    return ranks == sorted(ranks, reverse=is_higher_better)


def check_level_order(better: Literal["higher", "lower"], bands: Bands) -> None:
    """Check that the levels of bands get better as ``better`` says.

    Raises:
        ValueError: they do not.
    """
    if not has_ordered_levels(bands, is_higher_better=better == "higher"):
        raise ValueError(f"'better: {better}' but the levels do not get better that way; put them in order")


def check_calendar_units(name: str, steps: tuple[TimeThreshold, ...]) -> None:
    """Check that no threshold of the key ``name`` counts working days.

    Raises:
        ValueError: one does.
    """
    if any(step.after.unit == "working day" for step in steps):
        raise ValueError(f"'{name}' counts days, weeks, months or years; write working days as calendar days")


class LimitDistance(TypedDict):
    """The number at which a level begins, and how far a value is from it."""

    level: str
    at: float
    distance: float


class NearestLimits(TypedDict):
    """The nearest limits of a value in both directions; None if no other level lies there."""

    worse: LimitDistance | None
    better: LimitDistance | None


def nearest_band_limits(bands: Sequence[Band], value: float) -> NearestLimits | None:
    """The nearest limits of a value among bands; None if no band has the value."""
    ordered = sorted(bands, key=lambda band: float("-inf") if band.low is None else band.low)
    place = next((number for number, band in enumerate(ordered) if band.has_value(value)), None)
    if place is None:
        return None
    level, limits = ordered[place].level, NearestLimits(worse=None, better=None)
    lower = next((band for band in reversed(ordered[:place]) if band.level is not level), None)
    upper = next((band for band in ordered[place + 1 :] if band.level is not level), None)
    for band, edge in ((lower, lower.high if lower else None), (upper, upper.low if upper else None)):
        if band is not None and edge is not None:
            limit = LimitDistance(level=str(band.level), at=edge, distance=round(abs(value - edge), 6))
            limits["worse" if band.level.rank > level.rank else "better"] = limit
    return limits
