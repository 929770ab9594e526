"""The roles of users, the actions, and the table of the roles that each action needs. Pure.

Reading is no act: the audiences of a person decide what the person reads. The service itself (a scheduled run) asks
nobody. Every act that a person starts, by a command or on a page, is checked here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from models.vocabulary import PUBLIC
from settings import WrongInput


class Role(StrEnum):
    """The part that a user has in this installation."""

    REGULATOR = "regulator"  # watches over providers and uses the powers there are
    OFFICIAL = "official"  # decides in a department or at a review
    COMMISSIONER = "commissioner"  # buys from providers, or answers for the people in their care
    POLICY_OWNER = "policy_owner"  # writes regimes and takes them into use
    COUNCILLOR = "councillor"  # reads what may be published
    PROVIDER = "provider"  # reads what may be published about itself
    OPERATOR = "operator"  # installs and runs the service, and keeps the record of persons
    AUDITOR = "auditor"  # reads everything, does nothing


class Permission(StrEnum):
    """Something that a person does here, in the words that follow "may not"."""

    PULL = "pull registers"
    WATCH = "run the day"
    SAMPLE = "load the sample"
    TRAIN = "train the failure model"
    DRIFT = "store a measurement of drift"
    SEND = "send messages"
    START_SCHEDULES = "start the schedules"
    MANAGE_USERS = "register users or change them"
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
    TOLD = "enter a notification of a body"
    JUDGEMENT = "enter a judgement"
    DUTY = "enter a duty"
    ACKNOWLEDGE = "acknowledge an escalation"
    SILENCE = "silence an escalation or end its silence"
    CLOSE = "close an escalation"
    REOPEN = "open an escalation again"

    @classmethod
    def for_kind(cls, kind: str) -> "Permission":
        """The permission to write a record of a kind of casework (``kinds.yaml``)."""
        return cls[kind.upper()]


_OPERATORS = frozenset({Role.OPERATOR})
_POWER_HOLDERS = frozenset({Role.REGULATOR, Role.OFFICIAL})
_CASE_WORKERS = _POWER_HOLDERS | {Role.COMMISSIONER}

RIGHTS: Mapping[Permission, frozenset[Role]] = {
    Permission.PULL: _OPERATORS,
    Permission.WATCH: _OPERATORS,
    Permission.SAMPLE: _OPERATORS,
    Permission.TRAIN: _OPERATORS,
    Permission.DRIFT: _OPERATORS,
    Permission.SEND: _OPERATORS,
    Permission.START_SCHEDULES: _OPERATORS,
    Permission.MANAGE_USERS: _OPERATORS,
    Permission.WITHDRAW: frozenset({Role.OPERATOR, Role.REGULATOR}),
    Permission.ADOPT: frozenset({Role.OPERATOR, Role.POLICY_OWNER}),
    Permission.CONCERN: _CASE_WORKERS,
    Permission.PLAN: _CASE_WORKERS,
    Permission.MILESTONE: _CASE_WORKERS,
    Permission.SUPPORT: _CASE_WORKERS,
    Permission.NOTICE: _POWER_HOLDERS,
    Permission.CONDITION: _POWER_HOLDERS,
    Permission.DECISION: _CASE_WORKERS,
    Permission.CONSEQUENCE: _POWER_HOLDERS,
    Permission.OVERRIDE: _POWER_HOLDERS,
    Permission.APPROVE: _POWER_HOLDERS,
    Permission.STAGE: _POWER_HOLDERS,
    Permission.ARRANGEMENT: _CASE_WORKERS,
    Permission.TOLD: _CASE_WORKERS,
    Permission.JUDGEMENT: _POWER_HOLDERS,
    Permission.DUTY: _CASE_WORKERS,
    Permission.ACKNOWLEDGE: _CASE_WORKERS,
    Permission.SILENCE: _POWER_HOLDERS,
    Permission.CLOSE: _POWER_HOLDERS,
    Permission.REOPEN: _POWER_HOLDERS,
}


class NotAllowed(WrongInput):
    """The person may not do this."""


class Actor(Protocol):
    """The fields of a person on which rights depend."""

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


def is_permitted(actor: Actor, permission: Permission) -> bool:
    """Whether a person may do something.

    A role counts together with an audience beyond the public; the role ``operator`` counts alone, because running the
    service shows no casework.
    """
    fitting = actor.roles & RIGHTS[permission]
    return Role.OPERATOR in fitting or (bool(fitting) and not actor.audiences <= {PUBLIC})


def check_permission(actor: Actor, permission: Permission) -> None:
    """Check that a person may do something.

    Raises:
        NotAllowed: the person may not; says which role or audience is missing and how to get it.
    """
    if is_permitted(actor, permission):
        return
    if actor.roles & RIGHTS[permission]:
        raise NotAllowed(
            f"'{actor.key}' belongs to the public alone and may not {permission}; an operator adds an audience: "
            f"continuity case person add {actor.key} --audiences casework"
        )
    roles = sorted({*actor.roles - {Role.AUDITOR}, _first_role(permission)})
    raise NotAllowed(
        f"'{actor.key}' may not {permission}: that needs the role {required_roles(permission)}; an operator gives it: "
        f"continuity case person add {actor.key} --roles {','.join(roles)}"
    )


def not_registered_error(key: str, permission: Permission) -> NotAllowed:
    """The refusal for a user who is not registered; names the role that the action needs and the command for it."""
    audience = "" if Role.OPERATOR in RIGHTS[permission] else " --audiences casework"
    return NotAllowed(
        f"'{key}' (CONTINUITY_USER) is not registered and may not {permission}: that needs the role "
        f"{required_roles(permission)}; an operator adds the user: continuity case person add {key} "
        f"--roles {_first_role(permission)}{audience}"
    )


def required_roles(permission: Permission) -> str:
    """The roles that may do something, in words."""
    return " or ".join(role for role in Role if role in RIGHTS[permission])


def _first_role(act: Permission) -> Role:
    return Role.OPERATOR if Role.OPERATOR in RIGHTS[act] else next(role for role in Role if role in RIGHTS[act])
