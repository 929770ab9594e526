"""The watchlist's column of later events: facts that nobody could know on the day shown. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from models.vocabulary import Level
from queries.ledger_rows import ObservationRow
from queries.level_history import LevelOnDay
from queries.value_text import LevelBadge, level_badge
from queries.watchlist import WatchlistRow
from text.english import format_day, format_span

_OUTCOME_WORDS = {
    "outcome_failed": "failed",
    "outcome_left": "left the service",
    "outcome_merged": "merged",
    "outcome_survived": "survived",
}


@dataclass(frozen=True)
class LaterFact:
    """A fact that became known after the day."""

    title: str
    text: str
    happened: str  # the day the fact is about; empty where the row has none
    known_on: str
    later: str  # the time from the day to ``known_on``
    is_recalled: bool


@dataclass(frozen=True)
class LaterLevel:
    """A level that a later run gave; without a badge, the day on which the coverage had ended."""

    day: str
    later: str  # the time from the day shown
    level: LevelBadge | None = None


@dataclass(frozen=True)
class LaterOutcome:
    """How a provider ended."""

    word: str
    is_bad: bool
    fact: LaterFact


@dataclass(frozen=True)
class ProviderOutcome:
    """Everything that became known about one provider after the day."""

    order: tuple[bool, str, str]  # of the list: ended providers first, by day, then by name
    id: str
    name: str
    outcome: LaterOutcome | None
    coverage_end: LaterLevel | None  # where no outcome is known
    worst: LaterLevel | None  # where a later level was worse
    true_on_day: Sequence[LaterFact]  # already true on the day, public only later

    @property
    def is_empty(self) -> bool:
        """Whether nothing became known."""
        return not (self.outcome or self.coverage_end or self.worst or self.true_on_day)


@dataclass(frozen=True)
class LaterOutcomes:
    """The column of later events beside the watchlist."""

    template: ClassVar[str] = "later_outcomes"
    day: str
    providers: Sequence[ProviderOutcome]


def later_outcomes(
    day: date,
    rows: Sequence[WatchlistRow],
    levels: Mapping[str, Sequence[LevelOnDay]],
    facts: Sequence[ObservationRow],
    later_days: Sequence[date],
) -> LaterOutcomes:
    """The later events of each provider, as far as there are any; providers that ended come first, by day.

    Args:
        day: the day shown.
        rows: the providers.
        levels: by identifier, the level on each later scored day that covers the provider.
        facts: events that became known later.
        later_days: every later scored day.
    """
    by_provider: dict[str, list[ObservationRow]] = {}
    for fact in facts:
        by_provider.setdefault(fact["subject"], []).append(fact)
    outcomes = (
        _provider_outcome(day, row, levels.get(row.id, ()), by_provider.get(row.id, ()), later_days) for row in rows
    )
    shown = sorted((outcome for outcome in outcomes if not outcome.is_empty), key=lambda outcome: outcome.order)
    return LaterOutcomes(format_day(day), shown)


def _provider_outcome(
    day: date,
    row: WatchlistRow,
    levels: Sequence[LevelOnDay],
    facts: Sequence[ObservationRow],
    later_days: Sequence[date],
) -> ProviderOutcome:
    outcome = next((fact for fact in facts if fact["indicator"] in _OUTCOME_WORDS), None)
    worst = max(levels, key=lambda level: (level.level.rank, -level.day.toordinal()), default=None)
    if worst is not None and worst.level.rank <= Level(row.level).rank:
        worst = None
    covered_until = levels[-1].day if levels else day
    uncovered_days = (later_day for later_day in later_days if later_day > covered_until)
    coverage_end = next(uncovered_days, None) if outcome is None else None
    has_ended = coverage_end is not None or (outcome is not None and outcome["indicator"] != "outcome_survived")
    ended_on = outcome["known_on"] if outcome else coverage_end.isoformat() if coverage_end else "9"
    return ProviderOutcome(
        order=(not has_ended, ended_on, row.name),
        id=row.id,
        name=row.name,
        outcome=LaterOutcome(
            _OUTCOME_WORDS[outcome["indicator"]],
            outcome["indicator"] == "outcome_failed",
            _later_fact(day, outcome),
        )
        if outcome is not None
        else None,
        coverage_end=_later_level(day, coverage_end) if coverage_end is not None else None,
        worst=_later_level(day, worst.day, worst.level) if worst is not None else None,
        true_on_day=[
            _later_fact(day, fact) for fact in facts if (fact["period_end"] or fact["known_on"]) <= day.isoformat()
        ],
    )


def _later_level(day: date, later_day: date, level: Level | None = None) -> LaterLevel:
    badge = level_badge(level) if level is not None else None
    return LaterLevel(format_day(later_day), format_span((later_day - day).days), badge)


def _later_fact(day: date, fact: ObservationRow) -> LaterFact:
    return LaterFact(
        title=fact["title"],
        text=fact["verbatim"] or "",
        happened=format_day(fact["period_end"]),
        known_on=format_day(fact["known_on"]),
        later=format_span((date.fromisoformat(fact["known_on"]) - day).days),
        is_recalled=fact["is_recalled"],
    )
