"""A regime file: the rules for one kind of provider, dated and cited, as Pydantic models.

``load_regime_file`` reads one file and reports everything that is wrong with it, line by line. ``shipped_regimes``
gives the regimes that come with the service, ``regimes_in_force`` those that apply on a day. The kinds of rule are in
``rules/``, one file for each.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from models.vocabulary import Level, Principle
from regimes import expressions
from regimes.clocks import YamlDuration
from regimes.coverage import Coverage, coverage_problems
from regimes.roles import NotifiedRole, check_role
from regimes.rules.base import (
    CalendarDay,
    CitedNumber,
    EventKey,
    FiniteNumber,
    IndicatorKey,
    PlainText,
    RuleKey,
    RuleLevel,
    StrictModel,
    WholeNumber,
    YesNo,
)
from regimes.rules.registry import AnyRule
from regimes.sections import ExternalPowers, Flexibility, Section
from text import yaml_lines
from text.yaml_lines import LocatedProblems, WrongYaml, YamlPath

__all__ = ["Regime", "WrongRegime", "load_regime_file", "overlap_problems", "regimes_in_force", "shipped_regimes"]

DEFINITIONS = Path(__file__).with_name("definitions")
POWERS = "powers"  # the finding about the outside bodies, which is no rule


class WrongRegime(WrongYaml):
    """A regime file is wrong, or the regime files do not fit together."""

    noun = "regime"


class Principles(StrictModel):
    """The six principles, which every regime has."""

    support: Section
    accountability: Section
    consequences: Section
    evidence: Section
    external_powers: ExternalPowers
    flexibility: Flexibility

    def sections(self) -> Iterator[tuple[Principle, Section]]:
        """The principles in their order, each with its section."""
        for principle in Principle:
            yield principle, getattr(self, principle)


class LevelLimit(CitedNumber):
    """A named override, cap or floor: when the rule is met, the provider's level is at most, or at least, this."""

    title: PlainText | None = Field(default=None, description="its name, where it has one")
    rule: RuleKey
    level: RuleLevel


class Risk(StrictModel):
    """How money and quality (``accountability``) and ``evidence`` make the provider's level.

    A status, flag or grade that is only last known recommends no stage and brings no cap; a floor by it lifts the level
    no further than ``last_known_up_to``.
    """

    combine: Literal["worst_of"] = "worst_of"
    evidence_up_to: RuleLevel = Field(default=Level.WATCH, description="evidence alone never exceeds this")
    last_known_up_to: RuleLevel = Field(
        default=Level.WATCH, description="a status, flag or grade past its shelf life never raises a level further"
    )
    caps: tuple[LevelLimit, ...] = ()
    floors: tuple[LevelLimit, ...] = ()


class ClockExtension(StrictModel):
    """More time for a dated duty, and who may give it."""

    by: YamlDuration
    when: PlainText


class ClockDefinition(CitedNumber):
    """A dated duty of a stage; it runs from the day the stage is confirmed, or from an event of ``starts``."""

    title: PlainText
    starts: tuple[EventKey, ...] = Field(default=(), description="the events that start it; the stage itself if none")
    within: YamlDuration
    extension: ClockExtension | None = None
    then: PlainText = Field(description="what happens when it lapses")


class LadderStage(StrictModel):
    """A step of the ladder. The service recommends it, a person confirms it."""

    key: RuleKey
    title: PlainText
    from_level: RuleLevel | None = Field(default=None, description="recommended from this level on")
    from_rules: tuple[RuleKey, ...] = Field(default=(), description="recommended when one of these rules is met")
    next_step: PlainText = Field(description="what is to be done now, and by whom")
    told: tuple[Annotated[NotifiedRole, BeforeValidator(check_role)], ...] = Field(
        default=(), description="who is notified: roles that links fill, national bodies"
    )
    audience: RuleKey = Field(default="public", description="for whom the stage is entered when somebody confirms it")
    clocks: tuple[ClockDefinition, ...] = ()

    @model_validator(mode="after")
    def _is_reachable(self) -> Self:
        if self.from_level is None and not self.from_rules:
            raise ValueError(f"nothing recommends the stage '{self.key}'; write 'from_level' or 'from_rules'")
        return self


class PeerGroups(StrictModel):
    """The peers with which a provider's figures are compared: providers of its kind and about its size."""

    kind: IndicatorKey | None = Field(default=None, description="same value, such as provision_type")
    size: IndicatorKey | None = Field(default=None, description="a number, such as places")
    size_bands: tuple[FiniteNumber, ...] = Field(
        default=(), description="where one group of sizes ends and the next begins"
    )

    @model_validator(mode="after")
    def _sizes_belong_together(self) -> Self:
        if (self.size is None) != (not self.size_bands):
            raise ValueError("'size' and 'size_bands' go together; write both or none")
        if list(self.size_bands) != sorted(set(self.size_bands)):
            raise ValueError("'size_bands' must rise")
        if self.size is not None and expressions.column_type(self.size) != "DOUBLE":
            raise ValueError(f"'{self.size}' is not a number; name one for 'size'")
        return self


class Regime(StrictModel):
    """The rules for one kind of provider."""

    schema_version: Literal[1] = Field(alias="schema", description="version of this file format: 1")
    key: RuleKey
    version: WholeNumber = Field(
        default=1, ge=1, description="raised with every change; a version once used stays as it is"
    )
    title: PlainText
    about: PlainText = Field(description="what it is and what it is not, for people who read a rating")
    publisher: PlainText
    owner: PlainText = Field(description="who answers for this file")
    legal_basis: PlainText
    valid_from: CalendarDay
    valid_to: CalendarDay | None = Field(default=None, description="the last day; none while it is in force")
    review_on: CalendarDay
    official: YesNo = Field(description="whether its rating is the publisher's own")
    retrospective: YesNo = Field(default=False, description="ours, and applied to the past")
    covers: Coverage
    peers: PeerGroups = PeerGroups()
    principles: Principles
    risk: Risk = Risk()
    levels: dict[str, RuleLevel] = Field(description="the regime's own ratings, best first, and how worried to be")
    ladder: Annotated[tuple[LadderStage, ...], Field(min_length=1)] = Field(description="stages, the mildest first")

    _text: str = PrivateAttr(default="")
    _sha256: str = PrivateAttr(default="")
    _path: Path = PrivateAttr(default=Path())

    @property
    def text(self) -> str:
        """The file as it was read."""
        return self._text

    @property
    def sha256(self) -> str:
        """The hash of the file's text in UTF-8."""
        return self._sha256

    def line_reference(self, key: str) -> str:
        """``file:line`` of a top-level key; the first line of the file if the key is missing."""
        written = (number for number, line in enumerate(self._text.splitlines(), 1) if line.startswith(f"{key}:"))
        return f"{self._path}:{next(written, 1)}"

    @property
    def is_official(self) -> bool:
        """Whether a rating may be called official: never if a number was not read in its source."""
        return self.official and not self.unverified_parts()

    def rating_for_level(self, level: Level) -> str:
        """The regime's own word for a level; the best word if there are several."""
        return next((word for word, own_level in self.levels.items() if own_level is level), "not scored")

    def rules(self) -> Iterator[tuple[Principle, AnyRule]]:
        """Every rule with its principle, in the order of the file."""
        for principle, section in self.principles.sections():
            for rule in section.rules:
                yield principle, rule

    def is_in_force(self, day: date) -> bool:
        """Whether the regime applies on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def unverified_parts(self) -> list[str]:
        """The parts that rest on a number that was not read in its source, in words."""
        parts = [f"rule '{rule.key}'" for _, rule in self.rules() if rule.evidence_kinds() - {"verified"}]
        for principle, section in self.principles.sections():
            if section.evidence not in {None, "verified"}:
                parts.append(f"how '{principle}' is put together")
            parts += [f"limit '{limit.title}'" for limit in section.limits if limit.evidence != "verified"]
        parts += [
            f"{kind} by '{limit.rule}'"
            for kind in ("caps", "floors")
            for limit in getattr(self.risk, kind)
            if limit.evidence != "verified"
        ]
        return parts

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        problems = list(_consistency_problems(self))
        if problems:
            raise LocatedProblems(problems)
        return self


def _consistency_problems(regime: Regime) -> Iterator[tuple[YamlPath, str]]:
    """Contradictions between parts of a regime that are each right by themselves, with their places."""
    places: dict[str, YamlPath] = {}
    for principle, section in regime.principles.sections():
        for number, rule in enumerate(section.rules):
            where = ("principles", str(principle), "rules", number)
            if rule.key == POWERS:
                yield where, f"'{POWERS}' is what the service says of the outside bodies; give the rule another key"
            if rule.key in places:
                yield where, f"two rules have the key '{rule.key}'; give each its own"
            places[rule.key] = where
    named: list[tuple[YamlPath, str]] = [
        (("risk", kind, number, "rule"), limit.rule)
        for kind, limits in (("caps", regime.risk.caps), ("floors", regime.risk.floors))
        for number, limit in enumerate(limits)
    ]
    named += [(("ladder", number), key) for number, stage in enumerate(regime.ladder) for key in stage.from_rules]
    stages = [stage.key for stage in regime.ladder]
    for number, key in enumerate(stages):
        if key in stages[:number]:
            yield ("ladder", number), f"two stages have the key '{key}'; give each its own"
    yield from (
        (where, f"unknown rule '{key}'; name one of this file's rules") for where, key in named if key not in places
    )
    if set(regime.levels.values()) != set(Level) - {Level.UNSCORABLE}:
        yield ("levels",), "'levels' needs a word each for none, watch, concern and critical"
    yield from _rating_problems(regime)
    yield from _circularity_problems(regime)
    yield from coverage_problems(regime.covers)
    if regime.valid_to is not None and regime.valid_to < regime.valid_from:
        yield ("valid_to",), "'valid_to' is before 'valid_from'"
    if not regime.principles.accountability.rules:
        yield ("principles", "accountability"), "'accountability' has no rules; without any no provider can be scored"
    if regime.official and regime.retrospective:
        yield ("official",), "a retrospective regime is ours and cannot be official; write official: false"
    elif regime.official and regime.unverified_parts():
        because = f"{regime.unverified_parts()[0]} is not verified; read the source, or write official: false"
        yield ("official",), f"it cannot be official: {because}"


def _rating_problems(regime: Regime) -> Iterator[tuple[YamlPath, str]]:
    """Words of ``levels`` that do not get worse, and ratings of accountability that are not among them."""
    ranks = [level.rank for level in regime.levels.values()]
    if ranks != sorted(ranks):
        yield ("levels",), "'levels' must begin with the best word and get worse; put them in order"
    for number, grade in enumerate(regime.principles.accountability.grades):
        if regime.levels.get(grade.rating) is not grade.level:
            where = ("principles", "accountability", "grades", number)
            yield where, f"'{grade.rating}' is no word of 'levels' for {grade.level}; write it there, or another here"


def _circularity_problems(regime: Regime) -> Iterator[tuple[YamlPath, str]]:
    """Conditions that depend on a result that does not exist yet when they are asked."""
    for name in ("where", "except_when"):
        text = getattr(regime.covers, name)
        if text and (later := {"completeness", "probability"} & set(expressions.parse(text).columns)):
            reason = f"{min(later)} is known only of those who are covered"
            yield ("covers", name), f"'{name}' goes in a circle: {reason}; name an indicator of a register"
    for number, rule in enumerate(regime.principles.accountability.rules):
        texts = [getattr(rule, name, None) for name in ("expression", "when", "applies_when")]
        if any("completeness" in expressions.parse(text).columns for text in texts if text):
            where = ("principles", "accountability", "rules", number)
            yield where, f"'{rule.key}' goes in a circle: completeness is made of these rules; move it to evidence"
        if getattr(rule, "applies_from_level", None) is not None:
            where = ("principles", "accountability", "rules", number)
            yield where, f"'{rule.key}' goes in a circle: the level is that of these rules; write 'applies_when'"


def load_regime_file(path: Path) -> Regime:
    """The regime in a file.

    Raises:
        WrongRegime: everything that is wrong with it, as lines ``file:line: what is wrong, what to write instead``.
    """
    return load_regime_text(path, yaml_lines.read_yaml_file(path, WrongRegime))


def load_regime_text(path: Path, text: str) -> Regime:
    """The regime that a text holds, as it was archived; ``path`` names it in errors.

    Raises:
        WrongRegime: everything that is wrong with it.
    """
    regime = yaml_lines.validate_yaml(path, text, Regime, WrongRegime)
    regime._text, regime._path, regime._sha256 = text, path, hashlib.sha256(text.encode()).hexdigest()
    return regime


@cache
def shipped_regimes() -> dict[str, Regime]:
    """The regimes that come with the service, by the name of their file without ``.yaml``."""
    return {path.stem: load_regime_file(path) for path in sorted(DEFINITIONS.glob("*.yaml"))}


def regimes_in_force(regimes: Iterable[Regime], day: date) -> list[Regime]:
    """The regimes that apply on a day, in order of their keys; of those with one first day, the highest version.

    Raises:
        WrongRegime: two versions of one regime apply on the day.
    """
    in_force: dict[str, Regime] = {}
    for regime in _highest_versions(regimes):
        if not regime.is_in_force(day):
            continue
        if regime.key in in_force:
            raise WrongRegime([f"two versions of the regime '{regime.key}' apply on {day}; end one with 'valid_to'"])
        in_force[regime.key] = regime
    return [in_force[key] for key in sorted(in_force)]


def _highest_versions(regimes: Iterable[Regime]) -> list[Regime]:
    """The highest version for each key and first day, also if it ends before a lower version would."""
    highest: dict[tuple[str, date], Regime] = {}
    for regime in regimes:
        other = highest.get((regime.key, regime.valid_from))
        if other is None or regime.version > other.version:
            highest[regime.key, regime.valid_from] = regime
    return list(highest.values())


def overlap_problems(regimes: Iterable[Regime]) -> Iterator[str]:
    """Versions of one regime that apply on the same days: ``file:line: what is wrong, what to write instead``."""
    ordered = sorted(_highest_versions(regimes), key=lambda regime: (regime.key, regime.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.key == later.key and earlier.is_in_force(later.valid_from):
            last = later.valid_from - timedelta(days=1)
            yield (
                f"{later.line_reference('valid_from')}: '{later.key}' of {earlier.valid_from} still applies on "
                f"{later.valid_from}; end that one with 'valid_to: {last}', in a version {earlier.version + 1} of it"
            )
