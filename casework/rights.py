"""Who may do what: the roles of persons, the acts there are, and the one table that says which role an act needs. Pure.

Reading is no act: the audiences of a person decide what the person reads. The service itself (a scheduled run) asks
nobody. Every act that a person starts, by a command or on a page, is checked here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from models.vocabulary import PUBLIC
from settings import WrongInput


class Role(StrEnum):
    """What a person is to this installation."""

    REGULATOR = "regulator"  # watches over providers and uses the powers there are
    OFFICIAL = "official"  # decides in a department or at a review
    COMMISSIONER = "commissioner"  # buys from providers, or answers for the people in their care
    POLICY_OWNER = "policy_owner"  # writes regimes and takes them into use
    COUNCILLOR = "councillor"  # reads what may be published
    PROVIDER = "provider"  # reads what may be published about itself
    OPERATOR = "operator"  # installs and runs the service, and keeps the record of persons
    AUDITOR = "auditor"  # reads everything, does nothing


class Act(StrEnum):
    """Something that a person does here, in the words that follow "may not"."""

    PULL = "pull registers"
    WATCH = "run the day"
    SAMPLE = "load the sample"
    TRAIN = "train the failure model"
    DRIFT = "store a measurement of drift"
    SEND = "send messages"
    UP = "start the schedules"
    PEOPLE = "put persons on record or change them"
    WITHDRAW = "withdraw a document or a subject"
    ADOPT = "take a regime into use"
    CONCERN = "enter a concern"
    PLAN = "enter a plan"
    MILESTONE = "enter a milestone"
    SUPPORT = "enter support"
    NOTICE = "enter a notice"
    CONDITION = "enter a condition"
    DECISION = "enter a decision"
    CONSEQUENCE = "enter a consequence"
    OVERRIDE = "propose an override"
    APPROVE = "approve or refuse an override"
    STAGE = "confirm a stage"
    ARRANGEMENT = "enter an arrangement"
    TOLD = "enter who was told"
    JUDGEMENT = "enter a judgement"
    DUTY = "enter a duty"
    ACKNOWLEDGE = "acknowledge an escalation"
    SILENCE = "silence an escalation or end its silence"
    CLOSE = "close an escalation"
    REOPEN = "open an escalation again"

    @classmethod
    def of_kind(cls, kind: str) -> "Act":
        """The act of writing a record of a kind of casework (``kinds.yaml``)."""
        return cls[kind.upper()]


_RUNS = frozenset({Role.OPERATOR})
_POWERS = frozenset({Role.REGULATOR, Role.OFFICIAL})
_WORKS = _POWERS | {Role.COMMISSIONER}

RIGHTS: Mapping[Act, frozenset[Role]] = {
    Act.PULL: _RUNS,
    Act.WATCH: _RUNS,
    Act.SAMPLE: _RUNS,
    Act.TRAIN: _RUNS,
    Act.DRIFT: _RUNS,
    Act.SEND: _RUNS,
    Act.UP: _RUNS,
    Act.PEOPLE: _RUNS,
    Act.WITHDRAW: frozenset({Role.OPERATOR, Role.REGULATOR}),
    Act.ADOPT: frozenset({Role.OPERATOR, Role.POLICY_OWNER}),
    Act.CONCERN: _WORKS,
    Act.PLAN: _WORKS,
    Act.MILESTONE: _WORKS,
    Act.SUPPORT: _WORKS,
    Act.NOTICE: _POWERS,
    Act.CONDITION: _POWERS,
    Act.DECISION: _WORKS,
    Act.CONSEQUENCE: _POWERS,
    Act.OVERRIDE: _POWERS,
    Act.APPROVE: _POWERS,
    Act.STAGE: _POWERS,
    Act.ARRANGEMENT: _WORKS,
    Act.TOLD: _WORKS,
    Act.JUDGEMENT: _POWERS,
    Act.DUTY: _WORKS,
    Act.ACKNOWLEDGE: _WORKS,
    Act.SILENCE: _POWERS,
    Act.CLOSE: _POWERS,
    Act.REOPEN: _POWERS,
}


class NotAllowed(WrongInput):
    """The person may not do this."""


class Actor(Protocol):
    """A person as far as rights depend on the person."""

    @property
    def key(self) -> str:
        """The name in ``CONTINUITY_USER``."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """The person's roles."""
        ...

    @property
    def audiences(self) -> frozenset[str]:
        """The audiences that the person belongs to."""
        ...


def may(actor: Actor, act: Act) -> bool:
    """Whether a person may do something.

    A role counts together with an audience beyond the public; the role ``operator`` counts alone, because running the
    service shows no casework.
    """
    fitting = actor.roles & RIGHTS[act]
    return Role.OPERATOR in fitting or (bool(fitting) and not actor.audiences <= {PUBLIC})


def check(actor: Actor, act: Act) -> None:
    """Let a person who may do something go on.

    Raises:
        NotAllowed: the person may not; says which role or audience is missing and how to get it.
    """
    if may(actor, act):
        return
    if actor.roles & RIGHTS[act]:
        raise NotAllowed(
            f"'{actor.key}' belongs to the public alone and may not {act}; an operator adds an audience: "
            f"continuity case person add {actor.key} --audiences casework"
        )
    roles = sorted({*actor.roles - {Role.AUDITOR}, _first(act)})
    raise NotAllowed(
        f"'{actor.key}' may not {act}: that needs the role {needed(act)}; an operator gives it: "
        f"continuity case person add {actor.key} --roles {','.join(roles)}"
    )


def not_on_record(key: str, act: Act) -> NotAllowed:
    """The refusal for somebody who is not on record: names the role that the act needs and the command that adds it."""
    audience = "" if Role.OPERATOR in RIGHTS[act] else " --audiences casework"
    return NotAllowed(
        f"'{key}' (CONTINUITY_USER) is not on record and may not {act}: that needs the role {needed(act)}; an operator "
        f"adds the person: continuity case person add {key} --roles {_first(act)}{audience}"
    )


def needed(act: Act) -> str:
    """The roles that may do something, in words."""
    return " or ".join(role for role in Role if role in RIGHTS[act])


def _first(act: Act) -> Role:
    return Role.OPERATOR if Role.OPERATOR in RIGHTS[act] else next(role for role in Role if role in RIGHTS[act])
