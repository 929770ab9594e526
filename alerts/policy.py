"""Reads the policy: who is notified about what, by which steps, and how soon a level may be lowered again."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, model_validator

from access.viewer import may_see
from models.vocabulary import PUBLIC, Level
from regimes.clocks import Duration, YamlDuration
from settings import Settings
from text import yaml_lines
from text.yaml_lines import LocatedProblems, WrongYaml, YamlPath

SHIPPED_POLICY = Path(__file__).with_name("policy.yaml")
FILE_CHANNEL = "file"
EVERYBODY, OWNER, EVERYTHING = "everybody", "owner", "everything"
NO_DELAY = Duration(0, "day")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

PolicyKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
AlarmingLevel = Literal["watch", "concern", "critical"]


class WrongPolicy(WrongYaml):
    """The policy file cannot be used."""

    noun = "policy"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Addressee(_Strict):
    """A person or team that is notified."""

    title: str = Field(min_length=1)
    channel: PolicyKey
    fallback: PolicyKey | None = Field(default=None, description="takes a critical message if the channel does not")
    groups: tuple[PolicyKey, ...] = Field(default=(), description="names for several recipients together")
    person: str | None = Field(
        default=None, min_length=1, description="the user of casework who is the 'owner' of clocks"
    )
    sees: Literal["everything"] | tuple[str, ...] = Field(
        default=(PUBLIC,), description="the audiences whose records it may see"
    )
    regimes: tuple[PolicyKey, ...] = Field(default=(), description="only providers under these")
    commissioners: tuple[str, ...] = Field(
        default=(), description="only providers that these buy from or host: GSS codes, identifiers or names"
    )
    exposure_gbp: float | None = Field(
        default=None, gt=0, description="only providers with contracts of this amount in force"
    )
    digest: tuple[Weekday, ...] = Field(
        default=(), description="news is kept for these days; new critical levels are not"
    )
    heartbeat: Literal["never", "daily", "working days"] = "never"

    @property
    def audiences(self) -> frozenset[str] | None:
        """The audiences it belongs to; None: all audiences."""
        return None if isinstance(self.sees, str) else frozenset(self.sees)

    def may_see(self, audience: str) -> bool:
        """Whether the recipient may see information for an audience."""
        return may_see(self.audiences, [audience])

    def is_due(self, day: date) -> bool:
        """Whether a summary goes out on the day."""
        return not self.digest or WEEKDAYS[day.weekday()] in self.digest


class EscalationStep(_Strict):
    """The recipients to notify, and the delay; an acknowledgement in the meantime pauses the step."""

    after: YamlDuration = NO_DELAY
    to: tuple[PolicyKey, ...] = Field(
        min_length=1, description="recipients, groups of them, everybody; owner for clocks"
    )


class NoActionRule(_Strict):
    """The level and the time after which an escalation without action is listed."""

    from_level: AlarmingLevel = "concern"
    after: YamlDuration = Field(default=Duration(10, "working day"))


class Policy(_Strict):
    """A policy as its file has it."""

    version: Literal[2] = Field(alias="schema")
    title: str
    lower_after: int = Field(ge=1, le=30)
    useful_for_days: int = Field(ge=1, le=90)
    lines: int = Field(ge=1, le=30)
    criticals_alone: int = Field(ge=0, le=1000)
    repeat_after: YamlDuration | None = None
    nothing_done: NoActionRule = NoActionRule()
    recipients: dict[PolicyKey, Addressee] = Field(min_length=1)
    steps: dict[AlarmingLevel, Annotated[tuple[EscalationStep, ...], Field(min_length=1)]] = Field(min_length=1)
    lapsed: tuple[EscalationStep, ...] = ()
    pace: tuple[PolicyKey, ...] = Field(default=(), description="who is notified about milestones that will be late")
    rule_changes: tuple[PolicyKey, ...] = Field(
        default=(), description="who is notified about a new version of a regime"
    )
    _text: str = PrivateAttr(default="")
    _path: Path = PrivateAttr(default=SHIPPED_POLICY)

    @property
    def text(self) -> str:
        """The text of the file, as it is archived."""
        return self._text

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self._path

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    @cached_property
    def _recipients_by_name(self) -> Mapping[str, tuple[str, ...]]:
        members: dict[str, list[str]] = {EVERYBODY: list(self.recipients)}
        for key, to in self.recipients.items():
            members.setdefault(key, []).append(key)
            for group in to.groups:
                members.setdefault(group, []).append(key)
        return {name: tuple(keys) for name, keys in members.items()}

    def recipients_named(self, name: str) -> tuple[str, ...]:
        """The recipients that a name in ``to`` stands for; empty if the name is unknown."""
        return self._recipients_by_name.get(name, ())

    @cached_property
    def rule_change_recipients(self) -> tuple[str, ...]:
        """The recipients of messages about a new version of a regime, each once.

        A policy that names none means the recipients of its first step for the lowest level.
        """
        lowest = min(self.steps, key=lambda level: Level(level).rank)
        named = self.rule_changes or self.steps[lowest][0].to
        return tuple(dict.fromkeys(key for name in named for key in self.recipients_named(name)))

    @cached_property
    def _steps_by_recipient(self) -> Mapping[str, tuple[tuple[Level, Duration], ...]]:
        by_recipient: dict[str, list[tuple[Level, Duration]]] = {}
        for level, steps in sorted(self.steps.items(), key=lambda item: Level(item[0]).rank):
            for step in steps:
                for key in dict.fromkeys(key for name in step.to for key in self.recipients_named(name)):
                    by_recipient.setdefault(key, []).append((Level(level), step.after))
        return {key: tuple(steps) for key, steps in by_recipient.items()}

    def steps_of(self, recipient: str) -> tuple[tuple[Level, Duration], ...]:
        """The level and the delay of each step that names the recipient; a step also applies at worse levels."""
        return self._steps_by_recipient.get(recipient, ())

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        problems = list(self._find_problems())
        if problems:
            raise LocatedProblems(problems)
        return self

    def _find_problems(self) -> Iterator[tuple[YamlPath, str]]:
        groups = {group for to in self.recipients.values() for group in to.groups}
        known = sorted({*self.recipients, *groups, EVERYBODY})
        for key in ({*self.recipients} | groups) & {EVERYBODY, OWNER}:
            yield ("recipients",), f"'{key}' is a reserved name; choose another name"
        for key in sorted(groups & {*self.recipients}):
            yield ("recipients", key), f"'{key}' is both a recipient and a group; rename one of them"
        named: list[tuple[YamlPath, str, bool]] = []
        for level, steps in self.steps.items():
            named += [(("steps", level, n, "to"), name, False) for n, step in enumerate(steps) for name in step.to]
        named += [(("lapsed", n, "to"), name, True) for n, step in enumerate(self.lapsed) for name in step.to]
        named += [(("pace",), name, True) for name in self.pace]
        named += [(("rule_changes",), name, False) for name in self.rule_changes]
        for where, name, may_be_owner in named:
            if name == OWNER and not may_be_owner:
                yield where, "'owner' can only be notified about clocks; name a recipient or group"
            elif name != OWNER and name not in known:
                yield where, f"unknown recipient '{name}'; choose one of: {', '.join(known)}"
        reached = {key for _, name, _ in named for key in self._recipients_by_name.get(name, ())}
        has_owner = any(name == OWNER for _, name, _ in named)
        for key, to in self.recipients.items():
            if key not in reached and not (has_owner and to.person) and to.heartbeat == "never":
                yield ("recipients", key), f"'{key}' is in no step and would never be notified; add it to a step"


def load_policy(settings: Settings) -> Policy:
    """The organisation's policy (``policy.yaml`` in the data directory) or else the shipped one.

    Raises:
        WrongPolicy: the file cannot be read or is not a valid policy.
    """
    own = settings.home / "policy.yaml"
    return read_policy(own if own.exists() else SHIPPED_POLICY)


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        WrongPolicy: the file cannot be read or is not a valid policy; the text has ``file:line: problem`` lines.
    """
    return _validate_policy(path, yaml_lines.read_yaml_file(path, WrongPolicy))


def policy_from_text(text: str, name: str = "archived policy") -> Policy:
    """The policy in an archived text.

    Raises:
        WrongPolicy: the text is not valid for this version of the code; it may have another schema.
    """
    return _validate_policy(Path(name), text)


def _validate_policy(path: Path, text: str) -> Policy:
    policy = yaml_lines.validate_yaml(path, text, Policy, WrongPolicy)
    policy._text, policy._path = text, path
    return policy
