"""The kinds of record, the states each can be in and the ways between them, read from ``kinds.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from casework import details
from settings import WrongInput

PATH = Path(__file__).with_name("kinds.yaml")
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
    """Something entered as casework does not fit; one line that says what, and what would."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordState(_Strict):
    """A state of a kind; ``kinds.yaml`` says what each word means."""

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
        """Whether the record lives on in it."""
        return self.waits or self.open


class RecordKind(_Strict):
    """A kind of record."""

    key: str
    says: str  # one of it in a line, with its details in braces
    states: dict[str, RecordState]
    begins: tuple[str, ...] = ()
    part_of: str | None = None  # a milestone is part of a plan
    is_single: bool = False  # one open at a time for a provider and regime
    single_by: tuple[str, ...] = ()  # and for each of these of its details
    due: str = "Due"  # what its date means
    reports: tuple[str, ...] = ()  # details that change as it goes on
    explains: tuple[str, ...] = ()  # details that rate: given or changed only with a reason
    needs_due: bool = False
    needs_regime: bool = False

    @property
    def first_states(self) -> tuple[str, ...]:
        """The states it may begin in; the first of them unless said otherwise."""
        return self.begins or tuple(self.states)[:1]


@cache
def record_kinds() -> dict[str, RecordKind]:
    """Every kind by its key."""
    read = yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {key: RecordKind(key=key, **kind) for key, kind in read.items()}


def find_kind(key: str) -> RecordKind:
    """The kind with this key.

    Raises:
        WrongCasework: there is none.
    """
    if key not in record_kinds():
        raise WrongCasework(f"'{key}' is no kind of record; write {', '.join(record_kinds())}")
    return record_kinds()[key]


def parse_state(kind: RecordKind, state_text: str) -> str:
    """The state as the kind has it; ``on-track`` and ``on_track`` are "on track".

    Raises:
        WrongCasework: it has none of that name.
    """
    state = " ".join(state_text.replace("_", " ").replace("-", " ").split()).lower()
    if state not in kind.states:
        raise WrongCasework(f"a {kind.key} is never '{state_text}'; it is {', '.join(kind.states)}")
    return state


def check_transition(kind: RecordKind, before: str, after: str) -> None:
    """Nothing, where the one state may follow the other.

    Raises:
        WrongCasework: it may not; says what may.
    """
    state = kind.states[before]
    if after in state.to or (after == before and state.is_open):
        return
    may = f"it can become {', '.join(state.to)}" if state.to else "open a new one"
    if after == before:
        raise WrongCasework(f"a {kind.key} that is '{before}' is closed; {may}")
    raise WrongCasework(f"a {kind.key} that is '{before}' cannot become '{after}'; {may}")


def read_details(kind: RecordKind, given_details: Mapping[str, object]) -> dict[str, Any]:
    """The details of a kind as they are stored, checked.

    Raises:
        WrongCasework: something is missing, unknown or wrong; names the first and what it may be.
    """
    try:
        return DETAILS[kind.key].model_validate(dict(given_details)).model_dump(mode="json")
    except ValidationError as error:
        raise WrongCasework(f"{kind.key}: {_format_first_error(error)}") from None


def _format_first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    where = first["loc"][0] if first["loc"] else ""
    message = {"missing": "is missing", "extra_forbidden": "is no detail of it"}.get(first["type"], first["msg"])
    return f"'{where}': {message.removeprefix('Value error, ')}"
