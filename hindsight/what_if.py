"""Runs an edited regime beside the published one over past days: who changes level, what it gains, what it costs.

Each day is read once, as it was known then, and judged by both. Nothing is written.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from sqlalchemy import Engine

from alerts.further import Held, Rule, changed_rules, held
from alerts.policy import Policy
from hindsight.differences import rules_that_differ
from hindsight.endings import HORIZON, Ending, endings
from hindsight.recompute import names_of
from hindsight.telling import Telling, simulate
from indicators.as_of import AsOf, as_of
from models.vocabulary import Level, View
from regimes.schema import Regime, in_force
from risk.model import Model, probabilities
from risk.score import Verdict, assess
from risk.seen import Sees
from settings import WrongInput

LINES = (Level.WATCH, Level.CONCERN, Level.CRITICAL)  # "at this level or worse"
DAYS_IN_MONTH = 30.4375

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


class NothingToCompare(WrongInput):
    """No published regime has the edited one's key, or none was in force on the days."""


@dataclass(frozen=True)
class Stretch:
    """Days in a row on which the two regimes disagree about a provider in one way."""

    provider: str
    name: str
    first_on: date
    last_on: date
    published: Level | None  # None: not covered
    edited: Level | None
    rules: tuple[str, ...]  # whose findings differ on the first of the days


@dataclass(frozen=True)
class Caught:
    """A provider that ended, and how long before both regimes had it at a level or worse, without a break."""

    ending: Ending
    name: str
    published: int | None  # days before; None: it did not stand there on the last day looked at
    edited: int | None


@dataclass(frozen=True)
class DayCounts:
    """How many providers stood where on one day."""

    day: date
    providers: int
    published: Counter[Level]
    edited: Counter[Level]
    raised: int
    lowered: int


@dataclass
class WhatIf:
    """What came of running both."""

    edited: Regime
    published: dict[date, Regime]  # the version in force on each day
    view: View
    left_out: list[date]  # no version was in force
    days: list[DayCounts] = field(default_factory=list)
    changes: list[Stretch] = field(default_factory=list)
    ended: int = 0  # within twelve months after a day on which both covered them
    caught: dict[Level, list[Caught]] = field(default_factory=dict)  # by line, everybody who ended
    recipients: tuple[str, ...] = ()
    told: dict[str, Telling] = field(default_factory=dict)  # side -> what each recipient would have been sent

    @property
    def months(self) -> float:
        """How long the days span; at least one month, so that one day's messages are not multiplied."""
        return max(1.0, (self.days[-1].day - self.days[0].day).days / DAYS_IN_MONTH)


Series = dict[int, list[Level | None]]  # provider's number -> its level on each day


def what_if(
    engine: Engine,
    edited: Regime,
    published: Sequence[Regime],
    *,
    days: Sequence[date],
    view: View,
    sees: Sees,
    policy: Policy,
    models: Sequence[Model],
    until: date,
    progress: Progress = lambda _what, _done, _of: None,
) -> WhatIf:
    """What an edited regime would have said beside the published one of the same key.

    The edited regime is applied to every day, whatever its own first and last day; the published one in the version
    that was in force on the day. A day without one is left out.

    Args:
        engine: the database.
        edited: the file that somebody thinks of publishing.
        published: every version of every regime.
        days: oldest first.
        view: which rows are read.
        sees: the audiences of whoever asks: of those rows, only what is for these.
        policy: who would have been told, and how late levels come down.
        models: those of ``risk.model.trained``.
        until: what became known up to this day says who ended.
        progress: told in words what is being done.

    Raises:
        NothingToCompare: there is no published regime with this key, or none in force on the days.
    """
    versions = _versions(edited, published, days)
    result = WhatIf(edited, versions, view, [day for day in days if day not in versions])
    comparing = _Comparing(result)
    for number, day in enumerate(versions):
        progress(f"judging {day.isoformat()} by both", number, len(versions) + 1)
        with as_of(engine, day, view=view, sees=sees) as known:
            chances = probabilities(known, models) if models else None
            pair = [assess(known, [regime], chances).verdicts for regime in (versions[day], edited)]
            comparing.add(known, number, *pair)
    progress("reading what became of them", len(versions), len(versions) + 1)
    events = {event for regime in (*versions.values(), edited) for event in regime.covers.ends_on}
    with as_of(engine, max(until, *versions), view=view, sees=sees) as known:
        comparing.finish([ending for ending in endings(known, sorted(events)) if ending.is_failure], known)
    result.recipients = tuple(policy.recipients)
    for side, series in comparing.series.items():
        result.told[side] = simulate(
            series, days=len(versions), policy=policy, held=comparing.held[side],
            editions=_editions(versions) if side == PUBLISHED else {},
        )  # fmt: skip
    return result


def _editions(versions: dict[date, Regime]) -> dict[int, frozenset[Rule]]:
    """The places of days from which another version is in force, with its new rules."""
    return {
        place: changed_rules(before.model_dump(mode="json"), after.model_dump(mode="json"))
        for place, (before, after) in enumerate(pairwise(versions.values()), start=1) if before is not after
    }  # fmt: skip


def _versions(edited: Regime, published: Sequence[Regime], days: Sequence[date]) -> dict[date, Regime]:
    same = [regime for regime in published if regime.key == edited.key]
    if not same:
        keys = ", ".join(sorted({regime.key for regime in published}))
        raise NothingToCompare(f"no published regime has the key '{edited.key}'; there are {keys}")
    versions = {day: regime for day in days for regime in in_force(same, day)}
    if not versions:
        spans = ", ".join(f"{one.valid_from} to {one.valid_to or 'now'}" for one in same)
        raise NothingToCompare(f"'{edited.key}' was not in force on any of the days; it was {spans}")
    return versions


PUBLISHED, EDITED = "published", "edited"


class _Comparing:
    """Gathers, day by day, what both said."""

    def __init__(self, result: WhatIf) -> None:
        self.result = result
        self.days = list(result.published)
        self.series: dict[str, Series] = {PUBLISHED: {}, EDITED: {}}
        self.held: dict[str, dict[int, dict[int, Held]]] = {PUBLISHED: {}, EDITED: {}}
        self.keys: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.rules: dict[tuple[int, int], tuple[str, ...]] = {}  # day's place, provider -> rules whose findings differ

    def add(self, known: AsOf, number: int, published: Sequence[Verdict], edited: Sequence[Verdict]) -> None:
        """One day's verdicts of both."""
        before, after = ({verdict.provider_id: verdict for verdict in side} for side in (published, edited))
        for side, verdicts in ((PUBLISHED, before), (EDITED, after)):
            for provider, verdict in verdicts.items():
                self.keys[provider] = verdict.provider
                self.series[side].setdefault(provider, [None] * len(self.days))[number] = verdict.level
                if verdict.level.rank:
                    self.held[side].setdefault(provider, {})[number] = held(json.loads(verdict.findings))
        differ = [p for p in before.keys() | after.keys() if _level(before.get(p)) is not _level(after.get(p))]
        for provider in differ:
            self.rules[number, provider] = rules_that_differ(before.get(provider), after.get(provider))
        moved = [after[p].level.rank - before[p].level.rank for p in differ if p in before and p in after]
        self.result.days.append(
            DayCounts(
                day=known.day,
                providers=len(after),
                published=Counter(verdict.level for verdict in published),
                edited=Counter(verdict.level for verdict in edited),
                raised=sum(step > 0 for step in moved),
                lowered=sum(step < 0 for step in moved),
            )
        )

    def finish(self, ended: Sequence[Ending], known: AsOf) -> None:
        """Put together who changed level, and who of those that ended was caught."""
        self.names = names_of(known, self.keys)
        for provider in sorted({provider for _, provider in self.rules}, key=lambda provider: self.keys[provider]):
            self.result.changes += self._stretches(provider)
        last = [(ending, self._last_day_before(ending)) for ending in ended]
        counted = [(ending, number) for ending, number in last if number is not None]
        self.result.ended = len(counted)
        for line in LINES:
            self.result.caught[line] = [self._caught(ending, number, line) for ending, number in counted]

    def _last_day_before(self, ending: Ending) -> int | None:
        """The place of the last day before a provider ended, if it was covered then and that is not too long ago."""
        places = [number for number, day in enumerate(self.days) if day < ending.first_on]
        if not places or ending.first_on - self.days[places[-1]] > HORIZON:
            return None
        levels = (series.get(ending.provider_id) for series in self.series.values())
        return places[-1] if any(level is not None and level[places[-1]] for level in levels) else None

    def _caught(self, ending: Ending, number: int, line: Level) -> Caught:
        days = {}
        for side, series in self.series.items():
            levels = series.get(ending.provider_id, [])[: number + 1]
            since = None
            for place in range(len(levels) - 1, -1, -1):
                level = levels[place]
                if level is None or level.rank < line.rank:
                    break
                since = self.days[place]
            days[side] = None if since is None else (ending.ended_on - since).days
        return Caught(ending, self.names[ending.provider_id], days[PUBLISHED], days[EDITED])

    def _stretches(self, provider: int) -> list[Stretch]:
        nothing: list[Level | None] = [None] * len(self.days)
        pairs = list(zip(*(self.series[side].get(provider, nothing) for side in (PUBLISHED, EDITED)), strict=True))
        found: list[Stretch] = []
        for number, (published, edited) in enumerate(pairs):
            if published is edited:
                continue
            first = number
            if found and number and pairs[number - 1] == (published, edited):
                first = self.days.index(found.pop().first_on)
            found.append(
                Stretch(
                    self.keys[provider], self.names[provider], self.days[first],
                    self.days[number], published, edited, self.rules[first, provider],
                )
            )  # fmt: skip
        return found


def _level(verdict: Verdict | None) -> Level | None:
    return None if verdict is None else verdict.level
