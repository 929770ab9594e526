"""The kinds of record, their states, and which state may follow which, read from ``kinds.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from casework import details
from settings import WrongInput

PATH = Path(__file__).with_name("kinds.yaml")
_TITLES = {"support": "an offer of support", "told": "a record of a notified body"}  # no nouns that take an article
DETAILS: Mapping[str, type[details.RecordDetails]] = {
    "concern": details.ConcernDetails,
    "plan": details.PlanDetails,
    "milestone": details.MilestoneDetails,
    "support": details.SupportDetails,
    "notice": details.NoticeDetails,
    "condition": details.ConditionDetails,
    "decision": details.DecisionDetails,
    "consequence": details.ConsequenceDetails,
    "override": details.OverrideDetails,
    "stage": details.StageDetails,
    "arrangement": details.ArrangementDetails,
    "told": details.NotifiedDetails,
    "judgement": details.JudgementDetails,
    "duty": details.DutyDetails,
}


class WrongCasework(WrongInput):
    """An entry of casework is wrong; one line gives the mistake and the remedy."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordState(_Strict):
    """A state of a kind; the head of ``kinds.yaml`` explains each field."""

    to: tuple[str, ...] = ()
    waits: bool = False
    open: bool = False
    explained: bool = False
    shown_by: tuple[str, ...] = ()
    by_another: bool = False
    settled: bool = False
    meets_due: bool = False
    whole: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a record in this state is open."""
        return self.waits or self.open


class RecordKind(_Strict):
    """A kind of record."""

    key: str
    says: str  # a record of the kind in one line, with its details in braces
    states: dict[str, RecordState]
    begins: tuple[str, ...] = ()
    part_of: str | None = None  # a milestone is part of a plan
    is_single: bool = False  # one open record at a time for a provider and regime
    single_by: tuple[str, ...] = ()  # and for each value of these details
    due: str = "Due"  # what the due date means
    reports: tuple[str, ...] = ()  # details that change as the record goes on
    explains: tuple[str, ...] = ()  # details that rate: giving or changing one needs a reason
    needs_due: bool = False
    needs_regime: bool = False

    @property
    def title(self) -> str:
        """The kind with its article, for a sentence: "an override", "a record of a notified body"."""
        return _TITLES.get(self.key) or f"{'an' if self.key[0] in 'aeiou' else 'a'} {self.key}"

    @property
    def first_states(self) -> tuple[str, ...]:
        """The states in which a record may begin; the first of them is used if no state is given."""
        return self.begins or tuple(self.states)[:1]


@cache
def record_kinds() -> dict[str, RecordKind]:
    """Every kind by its key."""
    kinds = yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {key: RecordKind(key=key, **kind) for key, kind in kinds.items()}


def find_kind(key: str) -> RecordKind:
    """The kind with this key.

    Raises:
        WrongCasework: no kind has this key.
    """
    if key not in record_kinds():
        raise WrongCasework(f"'{key}' is not a kind of record; choose one of: {', '.join(record_kinds())}")
    return record_kinds()[key]


def parse_state(kind: RecordKind, state_text: str) -> str:
    """The state as ``kinds.yaml`` spells it; ``on-track`` and ``on_track`` are "on track".

    Raises:
        WrongCasework: the kind has no such state.
    """
    state = " ".join(state_text.replace("_", " ").replace("-", " ").split()).lower()
    if state not in kind.states:
        raise WrongCasework(f"'{state_text}' is not a state of {kind.title}; choose one of: {', '.join(kind.states)}")
    return state


def check_transition(kind: RecordKind, before: str, after: str) -> None:
    """Check that one state may follow the other.

    Raises:
        WrongCasework: the state may not follow; names the states that may.
    """
    state = kind.states[before]
    if after in state.to or (after == before and state.is_open):
        return
    remedy = f"choose one of: {', '.join(state.to)}" if state.to else "open a new record"
    if after == before:
        raise WrongCasework(f"{kind.title} that is '{before}' is closed; {remedy}")
    raise WrongCasework(f"{kind.title} that is '{before}' cannot become '{after}'; {remedy}")


def read_details(kind: RecordKind, given_details: Mapping[str, object]) -> dict[str, Any]:
    """The details of a record, checked, in the form in which they are stored.

    Raises:
        WrongCasework: a field is missing, unknown or wrong; names the first one and the values it may have.
    """
    try:
        return DETAILS[kind.key].model_validate(dict(given_details)).model_dump(mode="json")
    except ValidationError as error:
        raise WrongCasework(f"{kind.key}: {_format_first_error(error)}") from None


def _format_first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    place = f"'{first['loc'][0]}'" if first["loc"] else ""
    if first["type"] == "missing":
        return f"{place} is missing"
    if first["type"] == "extra_forbidden":
        return f"{place} is not a field of this kind"
    if first["type"] == "literal_error":
        choices = first["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"{place}: '{first['input']}' is not a choice; choose one of: {choices}"
    return f"{place}: {first['msg'].removeprefix('Value error, ').removeprefix('Input ')}"
