"""What rules are made of: checked words, names of indicators and expressions, citations, bands."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from models.vocabulary import Kind, Level
from regimes import expressions
from regimes.clocks import Length

LEVELS = tuple(level for level in Level if level is not Level.UNSCORABLE)
KEY = r"^[a-z][a-z0-9_]*$(?!\n)"


class Strict(BaseModel):
    """No unknown keys, never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, regex_engine="python-re")


def _level(written: Any) -> Level:
    if written == Level.UNSCORABLE:
        raise ValueError("a rule cannot say 'unscorable'; write none, watch, concern or critical")
    if written not in LEVELS:
        raise ValueError(f"'{written}' is no level; write none, watch, concern or critical")
    return Level(written)


def _indicator(key: str) -> str:
    expressions.known(key)
    return key


def _expression(text: str) -> str:
    if expressions.parse(text).is_condition:
        raise ValueError(f"'{text}' is true or false; a number is needed here (or write kind: condition)")
    return text


def _condition(text: str) -> str:
    if not expressions.parse(text).is_condition:
        raise ValueError(f"'{text}' is a number; write a comparison, such as '{text} > 0'")
    return text


def _day(written: Any) -> date:
    if type(written) is date:
        return written
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError) as error:
        raise ValueError(f"'{written}' is no day; write it as 2015-01-31") from error


def _of_kind(*kinds: Kind) -> AfterValidator:
    def check(key: str) -> str:
        kind = expressions.known(key).kind
        if kind not in kinds:
            raise ValueError(f"'{key}' is of kind {kind}; name one of kind {' or '.join(kinds)}")
        return key

    return AfterValidator(check)


def _is_stated(key: str) -> str:
    if expressions.known(key).expression:
        raise ValueError(f"'{key}' is worked out by the service and never restated; name the figures it is made of")
    return key


def _is_due_date(key: str) -> str:
    if expressions.known(key).unit != "date":
        raise ValueError(f"'{key}' is not a date; name an indicator with unit: date")
    return key


RuleLevel = Annotated[
    Level,
    BeforeValidator(_level),
    WithJsonSchema({"type": "string", "enum": [str(level) for level in LEVELS], "description": "how worried to be"}),
]
IndicatorKey = Annotated[str, AfterValidator(_indicator)]
Expression = Annotated[str, AfterValidator(_expression)]
Condition = Annotated[str, AfterValidator(_condition)]
Grade = Annotated[str, _of_kind(Kind.GRADE)]
Event = Annotated[str, _of_kind(Kind.EVENT)]
Restatable = Annotated[str, _of_kind(Kind.FIGURE, Kind.GRADE), AfterValidator(_is_stated)]
DueDate = Annotated[str, AfterValidator(_is_due_date)]
Key = Annotated[str, Field(pattern=KEY, max_length=60)]
Words = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # neither true nor a word that looks like one
Whole = Annotated[int, Field(strict=True, le=1_000_000)]
YesNo = Annotated[bool, Field(strict=True)]
Day = Annotated[date, BeforeValidator(_day)]
Evidence = Literal["verified", "recalled", "ours"]


class Cited(Strict):
    """Something with a number in it: which document it is from, and whether that document was read."""

    source: Words = Field(description="the document a reader can look it up in, or why we chose it")
    evidence: Evidence = Field(
        description="verified: read in the source; recalled: from memory; ours: our own choice, never official"
    )


class Step(Strict):
    """A level from some length of time on."""

    after: Length = Field(description="'0 days' or longer")
    level: RuleLevel


class Band(Strict):
    """A stretch of values with its level. ``from`` and ``to`` include their number, ``above`` and ``below`` do not."""

    level: RuleLevel
    from_: Number | None = Field(default=None, alias="from")
    above: Number | None = None
    to: Number | None = None
    below: Number | None = None
    score: Number | None = Field(default=None, description="in a section with 'combine': what the value counts")
    source: Words | None = Field(default=None, description="where it differs from the rule's")
    evidence: Evidence | None = None

    @model_validator(mode="after")
    def _has_one_of_each_edge(self) -> Self:
        if self.from_ is not None and self.above is not None:
            raise ValueError("write 'from' (included) or 'above' (not included), not both")
        if self.to is not None and self.below is not None:
            raise ValueError("write 'to' (included) or 'below' (not included), not both")
        if self.low is not None and self.high is not None and not self._holds_something(self.low, self.high):
            raise ValueError(f"the band '{self.level}' has no number in it; let it end above where it begins")
        return self

    def _holds_something(self, low: float, high: float) -> bool:
        return low < high or (low == high and self.from_ is not None and self.to is not None)

    @property
    def low(self) -> Number | None:
        """The lower edge; None when there is none."""
        return self.above if self.from_ is None else self.from_

    @property
    def high(self) -> Number | None:
        """The upper edge; None when there is none."""
        return self.below if self.to is None else self.to


class Grading(Band):
    """A stretch of a section's score, with the regime's own word for it."""

    rating: Words


AnyBand = TypeVar("AnyBand", bound=Band)


def _joined(bands: tuple[AnyBand, ...]) -> tuple[AnyBand, ...]:
    """Bands in order that cover every number once."""
    ordered = sorted(bands, key=lambda band: float("-inf") if band.low is None else band.low)
    if ordered[0].low is not None or ordered[-1].high is not None:
        edge = "below any 'from' or 'above'" if ordered[0].low is not None else "beyond the last 'to' or 'below'"
        raise ValueError(f"the bands leave a gap {edge}; leave the first and the last band open at the outer end")
    for lower, upper in pairwise(ordered):
        _check_seam(lower, upper)
    return tuple(ordered)


def _joined_if_any(bands: tuple[Grading, ...]) -> tuple[Grading, ...]:
    return _joined(bands) if bands else bands


def _plain(number: float) -> str:
    """A number as people write it in a file: 300000000 and not 3e+08."""
    return str(int(number)) if number.is_integer() else repr(number)


def _check_seam(lower: Band, upper: Band) -> None:
    if lower.high is None or upper.low is None or lower.high > upper.low:
        raise ValueError(f"the bands '{lower.level}' and '{upper.level}' overlap; let each begin where the other ends")
    if lower.high < upper.low:
        raise ValueError(
            f"the bands leave a gap from {_plain(lower.high)} to {_plain(upper.low)}; let '{upper.level}' begin where "
            f"'{lower.level}' ends"
        )
    if lower.to is not None and upper.from_ is not None:
        raise ValueError(
            f"the bands '{lower.level}' and '{upper.level}' overlap at {_plain(lower.high)}; let one have it"
        )
    if lower.below is not None and upper.above is not None:
        raise ValueError(
            f"the bands leave a gap at {_plain(lower.high)}; let '{lower.level}' or '{upper.level}' have it"
        )


Bands = Annotated[tuple[Band, ...], Field(min_length=2), AfterValidator(_joined)]
Gradings = Annotated[tuple[Grading, ...], AfterValidator(_joined_if_any)]


def levels_in_order(bands: Sequence[Band], *, is_higher_better: bool) -> bool:
    """Whether the levels of bands that stand in order get better, or worse, all the way."""
    ranks = [band.level.rank for band in bands]
    return ranks == sorted(ranks, reverse=is_higher_better)
