"""Compares an edited regime with the published one over past days: changed levels, outcomes caught, extra messages.

Each day is read once, as it was known then, and judged by both. Nothing is written.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Engine

from access.redaction import pick_audiences
from access.viewer import ReaderAudiences, may_see_whole
from alerts.escalation.added_findings import NO_ADVERSE_FINDINGS, RuleKey, adverse_findings, changed_rules
from alerts.escalation.change_causes import LevelWithFindings, find_causes
from alerts.escalation.version_differences import version_differences
from alerts.policy import Policy
from alerts.recipients import RecipientScope
from hindsight.differences import differing_rules
from hindsight.outcomes import HORIZON, Ending, read_endings
from hindsight.simulated_messages import MessageSimulation, SimulatedDay, simulate_messages
from hindsight.simulated_messages import SimulatedVerdict as Told
from indicators.ledger.as_of import AsOf, as_of
from models.database import read_session
from models.vocabulary import Level, View
from regimes.schema import Regime, regimes_in_force
from risk.day import provider_names
from risk.model import FailureModel, subject_probabilities
from risk.score import RunScores, Verdict, assess_providers
from settings import WrongInput
from text.progress import ProgressCallback, ignore_progress

LINE_LEVELS = (Level.WATCH, Level.CONCERN, Level.CRITICAL)  # "at this level or worse"
DAYS_IN_MONTH = 30.4375
_ALL_ROWS = 2**63 - 1  # all rows are there today; the days on which they became known say what was new


class NothingToCompare(WrongInput):
    """No published regime has the edited one's key, or none was in force on the days."""


@dataclass(frozen=True)
class DifferencePeriod:
    """Days in a row on which the two regimes disagree about a provider in one way."""

    provider: str
    name: str
    first_on: date
    last_on: date
    published: Level | None  # None: not covered
    edited: Level | None
    rules: tuple[str, ...]  # whose findings differ on the first of the days


@dataclass(frozen=True)
class EndingLeadTimes:
    """A provider that ended, and how long before both regimes had it at a level or worse, without a break."""

    ending: Ending
    name: str
    published: int | None  # days before; None: it did not stand there on the last day looked at
    edited: int | None


@dataclass(frozen=True)
class DayCounts:
    """The number of providers at each level on one day."""

    day: date
    providers: int
    published: Counter[Level]
    edited: Counter[Level]
    raised: int
    lowered: int


@dataclass
class WhatIf:
    """The result of the comparison."""

    edited: Regime
    published: dict[date, Regime]  # the version in force on each day
    view: View
    omitted_days: list[date]  # no version was in force
    days: list[DayCounts] = field(default_factory=list)
    changes: list[DifferencePeriod] = field(default_factory=list)
    ending_count: int = 0  # within twelve months after a day on which both covered them
    lead_times: dict[Level, list[EndingLeadTimes]] = field(default_factory=dict)  # by line, everybody who ended
    simulations: dict[str, dict[str, MessageSimulation]] = field(
        default_factory=dict
    )  # recipient, side -> what they would be sent

    @property
    def months(self) -> float:
        """How long the days span; at least one month, so that one day's messages are not multiplied."""
        return max(1.0, (self.days[-1].day - self.days[0].day).days / DAYS_IN_MONTH)


LevelSeries = dict[int, list[Level | None]]  # provider's number -> its level on each day


def compare_regimes(
    engine: Engine,
    edited: Regime,
    published: Sequence[Regime],
    *,
    days: Sequence[date],
    view: View,
    audiences: ReaderAudiences,
    policy: Policy,
    models: Sequence[FailureModel],
    until: date,
    progress: ProgressCallback = ignore_progress,
) -> WhatIf:
    """Compare an edited regime with the published one of the same key.

    The edited regime is applied to every day, whatever its own first and last day; the published one in the version
    that was in force on the day. A day without one is left out.

    Args:
        engine: the database.
        edited: the file that may be published.
        published: every version of every regime.
        days: oldest first.
        view: which rows are read.
        audiences: the audiences of the reader: only rows for these are read.
        policy: who would have been notified, and how late levels come down.
        models: those of ``risk.model.trained``.
        until: outcomes that became known up to this day count.
        progress: gets a description of each step.

    Raises:
        NothingToCompare: there is no published regime with this key, or none in force on the days.
    """
    versions = _published_versions(edited, published, days)
    result = WhatIf(edited, versions, view, [day for day in days if day not in versions])
    comparing = _Comparison(result, policy)
    for number, day in enumerate(versions):
        progress(f"judging {day.isoformat()} by both", number, len(versions) + 1)
        with as_of(engine, day, view=view, audiences=audiences) as known:
            chances = subject_probabilities(known, models) if models else None
            pair = [
                assess_providers(known, [regime], chances, with_redacted=True) for regime in (versions[day], edited)
            ]
            comparing.add_day(known, number, *pair)
    progress("reading the outcomes", len(versions), len(versions) + 1)
    events = {event for regime in (*versions.values(), edited) for event in regime.covers.ends_on}
    with as_of(engine, max(until, *versions), view=view, audiences=audiences) as known:
        comparing.finish_result([ending for ending in read_endings(known, sorted(events)) if ending.is_failure], known)
    with read_session(engine) as session:
        reaches = {day: RecipientScope(session, policy, day) for day in versions}
    sides = {
        side: simulate_messages(scored, regime=edited.key, policy=policy, reach_on=reaches.__getitem__)
        for side, scored in comparing.scored.items()
    }
    result.simulations = {
        key: {side: simulations[key] for side, simulations in sides.items()} for key in policy.recipients
    }
    return result


def _published_versions(edited: Regime, published: Sequence[Regime], days: Sequence[date]) -> dict[date, Regime]:
    same = [regime for regime in published if regime.key == edited.key]
    if not same:
        keys = ", ".join(sorted({regime.key for regime in published}))
        raise NothingToCompare(f"no published regime has the key '{edited.key}'; there are {keys}")
    versions = {day: regime for day in days for regime in regimes_in_force(same, day)}
    if not versions:
        spans = ", ".join(f"{version.valid_from} to {version.valid_to or 'now'}" for version in same)
        raise NothingToCompare(f"'{edited.key}' was not in force on any of the days; it was {spans}")
    return versions


PUBLISHED, EDITED = "published", "edited"
RedactedByProvider = Mapping[int, Mapping[frozenset[str], Verdict]]  # provider, audiences of the reader
RedactedByRecipient = dict[str, dict[int, Told]]  # recipient, provider


class _Comparison:
    """Gathers the verdicts of both regimes, day by day."""

    def __init__(self, result: WhatIf, policy: Policy) -> None:
        self.result, self.policy = result, policy
        self.days = list(result.published)
        self.series: dict[str, LevelSeries] = {PUBLISHED: {}, EDITED: {}}
        self.scored: dict[str, list[SimulatedDay]] = {PUBLISHED: [], EDITED: []}
        self.previous_verdicts: Mapping[int, Verdict] = {}  # of the published version on the day before
        self.keys: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.rules: dict[tuple[int, int], tuple[str, ...]] = {}  # day's place, provider -> rules whose findings differ

    def add_day(self, known: AsOf, number: int, published: RunScores, edited: RunScores) -> None:
        """Add the verdicts of both regimes on one day."""
        before, after = ({verdict.provider_id: verdict for verdict in side.verdicts} for side in (published, edited))
        for side, verdicts in ((PUBLISHED, before), (EDITED, after)):
            for provider, verdict in verdicts.items():
                self.keys[provider] = verdict.provider
                self.series[side].setdefault(provider, [None] * len(self.days))[number] = verdict.level
        redacted = [_redacted_by_provider(side) for side in (published, edited)]
        self._add_simulated_days(known.day, number, (before, after), redacted)
        differ = [p for p in before.keys() | after.keys() if _level_of(before.get(p)) is not _level_of(after.get(p))]
        for provider in differ:
            self.rules[number, provider] = differing_rules(before.get(provider), after.get(provider))
        moved = [after[p].level.rank - before[p].level.rank for p in differ if p in before and p in after]
        self.result.days.append(
            DayCounts(
                day=known.day,
                providers=len(after),
                published=Counter(verdict.level for verdict in before.values()),
                edited=Counter(verdict.level for verdict in after.values()),
                raised=sum(step > 0 for step in moved),
                lowered=sum(step < 0 for step in moved),
            )
        )

    def _add_simulated_days(
        self,
        day: date,
        number: int,
        sides: tuple[Mapping[int, Verdict], Mapping[int, Verdict]],
        redacted_sides: Sequence[RedactedByProvider],
    ) -> None:
        """Keep the verdicts that the alerts would decide on."""
        published, _ = sides
        now = self.result.published[day]
        was = self.result.published[self.days[number - 1]] if number else now
        new_rules: frozenset[RuleKey] | None = None
        by_rule: list[int] = []
        if was is not now:
            files = [_regime_file(regime) for regime in (was, now)]
            new_rules = changed_rules(*files)
            apart = version_differences(*files, since=self.days[number - 1], upto_seq=_ALL_ROWS)
            for provider in self.previous_verdicts.keys() & published.keys():
                earlier, later = self.previous_verdicts[provider], published[provider]
                is_moved = earlier.level is not later.level
                if is_moved and find_causes(_judged_verdict(earlier), _judged_verdict(later), apart).is_rule_alone:
                    by_rule.append(provider)
        self.previous_verdicts = published
        for side, verdicts, redacted in zip((PUBLISHED, EDITED), sides, redacted_sides, strict=True):
            is_published = side == PUBLISHED
            self.scored[side].append(
                SimulatedDay(
                    day,
                    {provider: _simulated_verdict(verdict) for provider, verdict in verdicts.items()},
                    self._redact_verdicts(verdicts, redacted),
                    new_rules if is_published else None,
                    frozenset(by_rule) if is_published else frozenset(),
                )
            )

    def _redact_verdicts(self, verdicts: Mapping[int, Verdict], redacted: RedactedByProvider) -> RedactedByRecipient:
        """The verdicts that a recipient may not see whole, as the recipient sees them."""
        by_audiences = dict[frozenset[str], dict[int, Told]]()
        restricted = {number: verdict for number, verdict in verdicts.items() if verdict.audiences}
        by_recipient: RedactedByRecipient = {}
        for key, recipient in self.policy.recipients.items() if restricted else ():
            audiences = recipient.audiences
            if audiences is None:
                continue
            if audiences not in by_audiences:
                by_audiences[audiences] = {
                    number: _redact_verdict(redacted.get(number, {}), audiences)
                    for number, verdict in restricted.items()
                    if not may_see_whole(audiences, verdict.audiences)
                }
            by_recipient[key] = by_audiences[audiences]
        return by_recipient

    def finish_result(self, ended: Sequence[Ending], known: AsOf) -> None:
        """The result: the providers that changed level, and the ended providers that each side caught."""
        self.names = provider_names(known, self.keys)
        for provider in sorted({provider for _, provider in self.rules}, key=lambda provider: self.keys[provider]):
            self.result.changes += self._difference_periods(provider)
        last = [(ending, self._last_day_before(ending)) for ending in ended]
        counted = [(ending, number) for ending, number in last if number is not None]
        self.result.ending_count = len(counted)
        for line in LINE_LEVELS:
            self.result.lead_times[line] = [self._lead_times(ending, number, line) for ending, number in counted]

    def _last_day_before(self, ending: Ending) -> int | None:
        """The place of the last day before a provider ended, if it was covered then and that is not too long ago."""
        places = [number for number, day in enumerate(self.days) if day < ending.first_on]
        if not places or ending.first_on - self.days[places[-1]] > HORIZON:
            return None
        levels = (series.get(ending.provider_id) for series in self.series.values())
        return places[-1] if any(level is not None and level[places[-1]] for level in levels) else None

    def _lead_times(self, ending: Ending, number: int, line: Level) -> EndingLeadTimes:
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
        return EndingLeadTimes(ending, self.names[ending.provider_id], days[PUBLISHED], days[EDITED])

    def _difference_periods(self, provider: int) -> list[DifferencePeriod]:
        nothing: list[Level | None] = [None] * len(self.days)
        pairs = list(zip(*(self.series[side].get(provider, nothing) for side in (PUBLISHED, EDITED)), strict=True))
        periods: list[DifferencePeriod] = []
        for number, (published, edited) in enumerate(pairs):
            if published is edited:
                continue
            first = number
            if periods and number and pairs[number - 1] == (published, edited):
                first = self.days.index(periods.pop().first_on)
            periods.append(
                DifferencePeriod(
                    self.keys[provider],
                    self.names[provider],
                    self.days[first],
                    self.days[number],
                    published,
                    edited,
                    self.rules[first, provider],
                )
            )
        return periods


def _regime_file(regime: Regime) -> dict[str, Any]:
    """The content of a regime's file."""
    return regime.model_dump(mode="json", by_alias=True)


def _redacted_by_provider(scores: RunScores) -> RedactedByProvider:
    by_provider: dict[int, dict[frozenset[str], Verdict]] = {}
    for visible_to, verdict in scores.redacted_verdicts:
        by_provider.setdefault(verdict.provider_id, {})[visible_to] = verdict
    return by_provider


def _simulated_verdict(verdict: Verdict) -> Told:
    return Told(
        verdict.level, adverse_findings(json.loads(verdict.findings)) if verdict.level.rank else NO_ADVERSE_FINDINGS
    )


def _judged_verdict(verdict: Verdict) -> LevelWithFindings:
    return LevelWithFindings(verdict.level, json.loads(verdict.findings))


def _redact_verdict(redacted: Mapping[frozenset[str], Verdict], audiences: frozenset[str]) -> Told:
    """A verdict as readers with these audiences see it."""
    visible_to = pick_audiences(audiences, redacted)
    return Told(Level.UNSCORABLE) if visible_to is None else _simulated_verdict(redacted[visible_to])


def _level_of(verdict: Verdict | None) -> Level | None:
    return None if verdict is None else verdict.level
