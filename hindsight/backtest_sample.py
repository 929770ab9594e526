"""Tests verdicts on the embedded sample: the first day at each level, the days from there to the end, the finding."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine

from hindsight import baselines
from hindsight.baselines import TextbookScore
from hindsight.outcomes import Ending, read_endings
from indicators.ledger.as_of import as_of
from models.vocabulary import Level, Principle, View
from regimes.schema import Regime, regimes_in_force
from risk.day import provider_names
from risk.score import Verdict, assess_providers
from text.progress import ProgressCallback, ignore_progress

LINE_LEVELS = (Level.WATCH, Level.CONCERN, Level.CRITICAL)
OUTCOMES = ("outcome_failed", "outcome_left", "outcome_merged", "outcome_survived")
_RISK_PRINCIPLES = {Principle.ACCOUNTABILITY, Principle.EVIDENCE}  # what a level rests on


# Everybody the sample tells of, covered or not.
_SAMPLE_SUBJECTS = """
SELECT subject.id, subject.key
FROM latest JOIN indicator ON indicator.id = indicator_id JOIN subject ON subject.id = subject_id
WHERE indicator.key = 'provider_kind' ORDER BY subject.key
"""


@dataclass
class LevelReached:
    """A level, or a worse one, reached for the first time."""

    level: Level
    first_on: date
    rules: tuple[str, ...]  # whose findings raised it
    finding: str  # the first of them, in words


@dataclass
class ProviderHistory:
    """The verdicts of one regime on one provider of the sample."""

    provider: str
    name: str
    regime: str
    ending: Ending | None = None  # none: nothing is known of it
    levels_reached: dict[Level, LevelReached] = field(default_factory=dict)
    scored_spans: list[tuple[date, date, Level]] = field(default_factory=list)  # day, the next day looked at, level
    scores: list[TextbookScore] = field(default_factory=list)  # textbook scores at the last accounts before the end

    @property
    def has_ended(self) -> bool:
        """Whether its coverage ended: failed, left or merged."""
        return self.ending is not None and self.ending.event != "outcome_survived"

    @property
    def last_level(self) -> Level:
        """Its level on the last day on which it was covered."""
        return self.scored_spans[-1][2]

    def days_at(self, level: Level) -> int:
        """Days at just this level: from each day looked at to the next, or to the end if that came first."""
        end = self.ending.first_on if self.has_ended and self.ending is not None else date.max
        return sum((min(until, end) - day).days for day, until, stood in self.scored_spans if stood is level)

    def at_level_since(self, line: Level) -> date | None:
        """Since when it stood at a level or worse without a break, up to the last day on which it was covered."""
        since = None
        for day, _, level in reversed(self.scored_spans):
            if level.rank < line.rank:
                break
            since = day
        return since

    def lead_days(self, line: Level) -> int | None:
        """Days from the first day at a level to the failure; None where it was never reached, or nothing failed."""
        if self.ending is None or not self.ending.is_failure or line not in self.levels_reached:
            return None
        return (self.ending.ended_on - self.levels_reached[line].first_on).days


@dataclass
class SampleBackTest:
    """The verdicts of the regimes on all providers of the sample."""

    days: Sequence[date]
    histories: list[ProviderHistory]
    never_covered: list[tuple[str, str]] = field(default_factory=list)  # identifier and name: no regime covered it


def run_sample_backtest(
    engine: Engine,
    regimes: Sequence[Regime],
    *,
    days: Sequence[date],
    until: date,
    progress: ProgressCallback = ignore_progress,
) -> SampleBackTest:
    """The verdicts of the regimes in force on each day, from the rows that the public could have known.

    Args:
        engine: a database that holds the sample's facts and nothing else.
        regimes: every version of every regime.
        days: oldest first.
        until: outcomes that became known up to this day count.
        progress: gets a description of each step.
    """
    histories: dict[tuple[int, str], ProviderHistory] = {}
    for number, day in enumerate(days):
        progress(f"judging {day.isoformat()}", number, len(days) + 1)
        next_day = days[number + 1] if number + 1 < len(days) else day
        with as_of(engine, day, view=View.OPEN) as known:
            for verdict in assess_providers(known, regimes_in_force(regimes, day)).verdicts:
                history = histories.setdefault(
                    (verdict.provider_id, verdict.regime),
                    ProviderHistory(verdict.provider, verdict.provider, verdict.regime),
                )
                _add_verdict(history, verdict, day, next_day)
    progress("reading the outcomes", len(days), len(days) + 1)
    never = _add_endings(engine, histories, max(until, days[-1]))
    _add_scores(engine, histories.values(), days[-1])
    return SampleBackTest(days, sorted(histories.values(), key=_sort_key), never)


def _sort_key(history: ProviderHistory) -> tuple[Any, ...]:
    ended = history.ending.ended_on if history.ending is not None else date.max
    return not history.has_ended, ended, history.name, history.regime


def _add_verdict(history: ProviderHistory, verdict: Verdict, day: date, next_day: date) -> None:
    """One day's verdict."""
    level = verdict.level
    history.scored_spans.append((day, next_day, level))
    new = [line for line in LINE_LEVELS if level.rank >= line.rank and line not in history.levels_reached]
    if not new:
        return
    raising = [
        finding
        for finding in json.loads(verdict.findings)
        if finding["principle"] in _RISK_PRINCIPLES and finding["level"] != Level.NONE
    ]
    for line in new:
        # In a section with a combined score, no single finding may be as bad as the whole.
        bad = [finding for finding in raising if Level(finding["level"]).rank >= line.rank] or raising
        title = bad[0]["title"] if bad else "several findings together"
        history.levels_reached[line] = LevelReached(line, day, tuple(finding["rule"] for finding in bad), title)


def _add_endings(
    engine: Engine, histories: dict[tuple[int, str], ProviderHistory], until: date
) -> list[tuple[str, str]]:
    """Add the outcome of each provider and its newest name; returns the providers that no regime covered."""
    with as_of(engine, until, view=View.OPEN) as known:
        told_of: dict[int, str] = dict(known.sql(_SAMPLE_SUBJECTS).fetchall())
        names = provider_names(
            known, told_of | {number: history.provider for (number, _), history in histories.items()}
        )
        ended = {ending.provider_id: ending for ending in read_endings(known, OUTCOMES)}
    for (number, _), history in histories.items():
        history.name, history.ending = names[number], ended.get(number)
    covered = {number for number, _ in histories}
    return [(key, names[number]) for number, key in told_of.items() if number not in covered]


def _add_scores(engine: Engine, histories: Iterable[ProviderHistory], last: date) -> None:
    """Textbook scores at the last accounts that were public the day before the end, or on the last day."""
    by_day: dict[date, list[ProviderHistory]] = {}
    for history in histories:
        on = min(last, history.ending.first_on - timedelta(days=1)) if history.has_ended and history.ending else last
        by_day.setdefault(on, []).append(history)
    for on, ending_histories in by_day.items():
        with as_of(engine, on, view=View.OPEN) as known:
            scores = baselines.textbook_scores(known, {history.provider for history in ending_histories})
        for history in ending_histories:
            history.scores = scores[history.provider]


def sample_backtest_json(result: SampleBackTest) -> dict[str, Any]:
    """Plain values with ISO dates; the keys are documented in docs/hindsight.md."""
    return {
        "from": result.days[0].isoformat(),
        "to": result.days[-1].isoformat(),
        "days": len(result.days),
        "providers": [_history_json(history) for history in result.histories],
        "never_covered": [{"id": key, "name": name} for key, name in result.never_covered],
    }


def _history_json(history: ProviderHistory) -> dict[str, Any]:
    ending = history.ending
    return {
        "id": history.provider,
        "name": history.name,
        "regime": history.regime,
        "outcome": None
        if ending is None
        else {"event": ending.event, "on": ending.ended_on.isoformat(), "words": ending.description},
        "failed": ending is not None and ending.is_failure,
        "levels": {str(line): _level_json(history, line) for line in LINE_LEVELS},
        "days_at": {str(level): history.days_at(level) for level in Level},
        "last_level": history.last_level,
        "scores": {
            score.key: {
                "value": None if score.value is None else round(score.value, 4),
                "zone": score.zone or None,
                "accounts": score.accounts_on.isoformat() if score.accounts_on else None,
                "missing": list(score.missing),
                "unless": score.distress_condition or None,
            }
            for score in history.scores
        },
    }


def _level_json(history: ProviderHistory, line: Level) -> dict[str, Any] | None:
    reached = history.levels_reached.get(line)
    if reached is None:
        return None
    since = history.at_level_since(line)
    return {
        "first_on": reached.first_on.isoformat(),
        "standing_since": since.isoformat() if since else None,
        "lead_days": history.lead_days(line),
        "rules": list(reached.rules),
        "finding": reached.finding,
    }
