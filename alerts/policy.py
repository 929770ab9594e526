"""Reads the policy: who is told what, by which steps, and how soon a level may come down again."""

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
    """A person or team that is told."""

    title: str = Field(min_length=1)
    channel: PolicyKey
    fallback: PolicyKey | None = Field(default=None, description="takes a critical message that the channel does not")
    groups: tuple[PolicyKey, ...] = Field(default=(), description="names for several recipients together")
    person: str | None = Field(default=None, min_length=1, description="of casework: the 'owner' of clocks")
    sees: Literal["everything"] | tuple[str, ...] = Field(default=(PUBLIC,), description="whose records it may see")
    regimes: tuple[PolicyKey, ...] = Field(default=(), description="only providers under these")
    commissioners: tuple[str, ...] = Field(
        default=(), description="only providers that these buy from or host: GSS codes, identifiers or names"
    )
    exposure_gbp: float | None = Field(default=None, gt=0, description="only with contracts of so much in force")
    digest: tuple[Weekday, ...] = Field(default=(), description="news is kept for these days; criticals are not")
    heartbeat: Literal["never", "daily", "working days"] = "never"

    @property
    def audiences(self) -> frozenset[str] | None:
        """The audiences it belongs to; None: all there are."""
        return None if isinstance(self.sees, str) else frozenset(self.sees)

    def may_see(self, audience: str) -> bool:
        """Whether what is for an audience may be told here."""
        return may_see(self.audiences, [audience])

    def is_due(self, day: date) -> bool:
        """Whether a summary goes out on the day."""
        return not self.digest or WEEKDAYS[day.weekday()] in self.digest


class EscalationStep(_Strict):
    """Who is told how long after, unless somebody has acknowledged by then."""

    after: YamlDuration = NO_DELAY
    to: tuple[PolicyKey, ...] = Field(
        min_length=1, description="recipients, groups of them, everybody; owner for clocks"
    )


class NoActionRule(_Strict):
    """When a level counts as met with nothing done about it."""

    from_level: AlarmingLevel = "concern"
    after: YamlDuration = Field(default=Duration(10, "working day"))


class Policy(_Strict):
    """Who is told what."""

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
    pace: tuple[PolicyKey, ...] = Field(default=(), description="who is warned of milestones that will be late")
    rule_changes: tuple[PolicyKey, ...] = Field(
        default=(), description="who is told what a new version of a regime does"
    )
    _text: str = PrivateAttr(default="")
    _path: Path = PrivateAttr(default=SHIPPED_POLICY)

    @property
    def text(self) -> str:
        """The file, as it is archived."""
        return self._text

    @property
    def path(self) -> Path:
        """Where the file was read."""
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
        """The recipients that a word in ``to`` stands for; nobody where it names none."""
        return self._recipients_by_name.get(name, ())

    @cached_property
    def rule_change_recipients(self) -> tuple[str, ...]:
        """The recipients that are told what a new version of a regime does, each once.

        Where the policy names none, those whom its first step for the lowest level names.
        """
        lowest = min(self.steps, key=lambda level: Level(level).rank)
        named = self.rule_changes or self.steps[lowest][0].to
        return tuple(dict.fromkeys(key for name in named for key in self.recipients_named(name)))

    @cached_property
    def _steps_by_recipient(self) -> Mapping[str, tuple[tuple[Level, Duration], ...]]:
        found: dict[str, list[tuple[Level, Duration]]] = {}
        for level, steps in sorted(self.steps.items(), key=lambda item: Level(item[0]).rank):
            for step in steps:
                for key in dict.fromkeys(key for name in step.to for key in self.recipients_named(name)):
                    found.setdefault(key, []).append((Level(level), step.after))
        return {key: tuple(steps) for key, steps in found.items()}

    def steps_of(self, recipient: str) -> tuple[tuple[Level, Duration], ...]:
        """The level and the delay of each step that has the recipient; a step holds at worse levels too."""
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
            yield ("recipients",), f"'{key}' has a meaning of its own; name it otherwise"
        for key in sorted(groups & {*self.recipients}):
            yield ("recipients", key), f"'{key}' is a recipient and a group; name one of them otherwise"
        named: list[tuple[YamlPath, str, bool]] = []
        for level, steps in self.steps.items():
            named += [(("steps", level, n, "to"), name, False) for n, step in enumerate(steps) for name in step.to]
        named += [(("lapsed", n, "to"), name, True) for n, step in enumerate(self.lapsed) for name in step.to]
        named += [(("pace",), name, True) for name in self.pace]
        named += [(("rule_changes",), name, False) for name in self.rule_changes]
        for where, name, may_be_owner in named:
            if name == OWNER and not may_be_owner:
                yield where, "'owner' has a meaning only for clocks; name a recipient or group"
            elif name != OWNER and name not in known:
                yield where, f"unknown recipient '{name}'; there are {', '.join(known)}"
        reached = {key for _, name, _ in named for key in self._recipients_by_name.get(name, ())}
        has_owner = any(name == OWNER for _, name, _ in named)
        for key, to in self.recipients.items():
            if key not in reached and not (has_owner and to.person) and to.heartbeat == "never":
                yield ("recipients", key), f"'{key}' is in no step and would never be told; add it to one"


def load_policy(settings: Settings) -> Policy:
    """The organisation's policy (``policy.yaml`` in the data directory) or else the shipped one.

    Raises:
        WrongPolicy: the file cannot be read or does not fit.
    """
    own = settings.home / "policy.yaml"
    return read_policy(own if own.exists() else SHIPPED_POLICY)


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        WrongPolicy: the file cannot be read or does not fit: ``file:line: what is wrong``, a line for each problem.
    """
    return _validate_policy(path, yaml_lines.read_yaml_file(path, WrongPolicy))


def policy_from_text(text: str, name: str = "archived policy") -> Policy:
    """A policy as it was archived.

    Raises:
        WrongPolicy: this code does not read it, as one of another schema.
    """
    return _validate_policy(Path(name), text)


def _validate_policy(path: Path, text: str) -> Policy:
    policy = yaml_lines.validate_yaml(path, text, Policy, WrongPolicy)
    policy._text, policy._path = text, path
    return policy
