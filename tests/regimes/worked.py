"""Reads worked examples of a regime: files that a domain expert writes. The format is described in docs/regimes.md."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple
from unittest.mock import patch

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field

from indicators import catalogue
from models.vocabulary import IndicatorKind, Level, Principle, UnscorableReason
from regimes import source_findings
from regimes.schema import Regime, shipped_regimes
from risk.score import Verdict, assess_providers
from tests.regimes.builder import Known, reading

FOLDER = Path(__file__).with_name("examples")
THIS = "this"  # the provider that an example is about

Status = Literal["met", "clear", "missing", "stale", "not_applicable", "source"]
Given = dict[str, Any]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Strict):
    """The verdict that the regime must give; only written keys are compared."""

    level: Level | None = None
    rating: str | None = None
    stage: str | None = None
    principles: dict[Principle, Level] = {}
    because: dict[Principle, UnscorableReason] = {}
    findings: dict[str, Status | tuple[Status, Level]] = {}
    scores: dict[str, float] = {}
    says: dict[str, str] = {}


class Example(_Strict):
    """One provider and what the regime says of it."""

    name: str = Field(min_length=1)
    day: date | None = None
    given: Given = {}
    looks: dict[str, date] = {}
    judgements: dict[str, Any] = {}
    owners: dict[str, str] = {}
    areas: dict[str, str] = {}
    contracts: tuple[tuple[str, date, date, float], ...] = ()
    others: dict[str, Given] = {}
    alike: int = 0
    probability: float | None = None
    expect: Expected | Literal["not covered"]


class Examples(_Strict):
    """The worked examples of one regime; ``given`` and ``looks`` hold for all of them."""

    regime: str
    day: date
    scheme: str | None = None
    given: Given = {}
    looks: dict[str, date] = {}
    examples: tuple[Example, ...] = Field(min_length=1)


class Case(NamedTuple):
    """One example with the file it is from."""

    file: Examples
    example: Example

    @property
    def regime(self) -> Regime:
        """The shipped regime that it is about."""
        return shipped_regimes()[self.file.regime]


@cache
def read(path: Path) -> Examples:
    """The worked examples in a file."""
    return Examples.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def cases() -> list[Case]:
    """Every example of every file."""
    return [Case(read(path), example) for path in sorted(FOLDER.glob("*.yaml")) for example in read(path).examples]


def verdict(case: Case) -> Verdict | None:
    """The verdict on the example's provider; None if the regime does not cover it."""
    return _verdicts(case.file.regime)[case.example.name]


@cache
def _verdicts(regime: str) -> dict[str, Verdict | None]:
    """The verdicts on all examples of the regime, by the name of the example."""
    mine = [case for case in cases() if case.file.regime == regime]
    alone = [[case] for case in mine if _is_among_others(case)]
    return {name: result for batch in alone + list(_batches(mine)) for name, result in _assess(batch).items()}


def _is_among_others(case: Case) -> bool:
    example, kinds = case.example, {rule.kind for _, rule in case.regime.rules()}
    owned = example.owners or example.areas or example.contracts
    return bool(example.others or example.alike or owned or example.probability is not None or "quantile" in kinds)


def _batches(mine: list[Case]) -> Iterator[list[Case]]:
    """Examples that can be looked at together: at a third of a second each the tests would take minutes."""
    together: dict[Any, list[Case]] = {}
    for case in mine:
        if not _is_among_others(case):
            day, looks = case.example.day or case.file.day, case.file.looks | case.example.looks
            together.setdefault((day, *sorted(looks.items())), []).append(case)
    yield from together.values()


def _assess(batch: list[Case]) -> dict[str, Verdict | None]:
    """The verdict on each of these examples' providers; all have the day and looks of the first."""
    file, example, regime = batch[0].file, batch[0].example, batch[0].regime
    scheme = file.scheme or regime.covers.schemes[0]
    this = {f"{THIS}-{number}": _values(case) for number, case in enumerate(batch)}
    rest = {name: subject(file.given | given) for name, given in example.others.items()}
    rest |= {f"alike-{number}": _values(batch[0]) for number in range(example.alike)}

    def key(name: str) -> str:
        return f"{scheme}-{THIS}-0" if name == THIS else f"{scheme}-{name}"

    # Examples that stand together only to save time must not be taken for a register of which too much is true at once.
    least = len(batch) + 1 if len(batch) > 1 else source_findings.SOURCE_MIN_PROVIDERS
    with (
        patch.object(source_findings, "SOURCE_MIN_PROVIDERS", least),
        reading(
            {key(name): values for name, values in (this | rest).items()},
            day=example.day or file.day,
            looks={register: day.isoformat() for register, day in (file.looks | example.looks).items()},
            owners={key(name): f"CW-OWNER-{owner}" for name, owner in example.owners.items()},
            areas={key(name): f"CW-AREA-{area}" for name, area in example.areas.items()},
            contracts=[
                (f"GB-CFS-{buyer}", key(THIS), since.isoformat(), until.isoformat(), value)
                for buyer, since, until, value in example.contracts
            ],
        ) as reading_,
    ):
        verdicts = {
            result.provider: result
            for result in assess_providers(reading_, [regime], probabilities(example.probability)).verdicts
        }
    return {case.example.name: verdicts.get(key(name)) for name, case in zip(this, batch, strict=True)}


def _values(case: Case) -> dict[str, Any]:
    each = [known("judgement", given, f"{case.regime.key}/{rule}") for rule, given in case.example.judgements.items()]
    judged = [one for given in each for one in (given if isinstance(given, list) else [given])]
    return subject(case.file.given | case.example.given) | ({"judgement": judged} if judged else {})


def probabilities(of_this: float | None) -> pa.Table | None:
    """The failure model's probability of the example's provider, which has the first number."""
    if of_this is None:
        return None
    return pa.table({"subject_id": pa.array([1]), "probability": [of_this], "reason": ["worked example"]})


def subject(given: Mapping[str, Any]) -> dict[str, Any]:
    """An example's values as the builder takes them; ``null`` takes a shared one away."""
    return {key: known(key, one) for key, one in given.items() if one is not None}


def known(key: str, given: Any, occurrence: str = "") -> Any:
    """A value, ``[value, period_end, known_on]``, a mapping of these and more, or a list of those."""
    is_event = catalogue.load().find_indicator(key).kind is IndicatorKind.EVENT
    if isinstance(given, list) and (isinstance(given[0], list | dict) or (is_event and isinstance(given[0], date))):
        return [known(key, one, occurrence) for one in given]
    if isinstance(given, dict):
        return Known(**{"value": None, "occurrence": occurrence, **{k: _plain(value) for k, value in given.items()}})
    if is_event and isinstance(given, date):
        given = [None, given]
    parts: Sequence[Any] = given if isinstance(given, list) else [given]
    return Known(*map(_plain, parts))._replace(occurrence=occurrence)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
