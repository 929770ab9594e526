"""The types of findings as they are stored, hashed and read: one rule's result for one provider."""

from typing import NotRequired, TypedDict


class Finding(TypedDict):
    """The result of one rule. ``risk/score.py`` explains each field and the order of the fields."""

    principle: str
    rule: str
    title: str
    status: str
    level: str
    unscorable_because: NotRequired[str | None]
    weight: float | None
    score: float | None
    contribution: float | None
    indicators: list[str]
    value: float | str | None
    unit: str
    threshold: str
    seqs: list[int]
    period_end: str | None
    known_on: str | None
    is_recalled: bool
    is_last_known: NotRequired[bool]
    source: str
    audiences: NotRequired[list[str]]


class SourceFinding(TypedDict):
    """One finding about registers, made when a rule finds the same of too many providers at once."""

    regime: str
    rule: str
    registers: list[str]
    title: str
    level: str
    providers: int
    of: int
    threshold: str
    source: str
