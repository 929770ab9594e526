"""Escalations as pages show them: the events of a timeline, and escalations that nobody has acted on. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from alerts.escalation.no_action import EscalationWithoutAction
from dashboard.presenters.addresses import casework_address, timeline_address
from models.vocabulary import Level
from queries.timeline import TimelineEvent
from queries.value_text import LevelBadge, level_badge
from text.english import format_day, format_span

EVENT_TITLES = {
    "assessed": "Assessed",
    "escalation": "Escalation",
    "told": "Notified",
    "not told": "Not notified",
    "clock": "Clock",
    "casework": "Casework",
}


@dataclass(frozen=True)
class EventView:
    """One event of a timeline."""

    kind: str
    who: str
    words: str
    text: str  # a person's own words
    regime: str


@dataclass(frozen=True)
class TimelineDay:
    """The events of one day."""

    day: str
    events: Sequence[EventView]


@dataclass(frozen=True)
class TimelineView:
    """The events of a provider, newest day first."""

    template: ClassVar[str] = "timeline"
    days: Sequence[TimelineDay]


@dataclass(frozen=True)
class NoActionRow:
    """An escalation that nobody has acted on."""

    provider: str
    id: str
    timeline: str  # address
    address: str  # of the form to acknowledge the escalation
    level: LevelBadge
    since: str
    ago: str
    regime: str
    escalation: int
    command: str  # that acknowledges the escalation


@dataclass(frozen=True)
class NoActionTable:
    """The escalations that nobody has acted on."""

    template: ClassVar[str] = "no_action"
    rows: Sequence[NoActionRow]
    total: int
    about: str
    empty: str  # the sentence in the place of no escalations


@dataclass(frozen=True)
class OverdueNotice:
    """The notice on the watchlist about escalations without action and overdue clocks."""

    template: ClassVar[str] = "overdue_notice"
    escalations: Sequence[NoActionRow]
    more: int  # providers that are not shown
    overdue_clocks: str  # how many, in words; empty without any


def timeline_view(events: Sequence[TimelineEvent], titles: Mapping[str, str]) -> TimelineView:
    """The events, a day to each entry, newest day first.

    Args:
        events: newest first.
        titles: of the regimes, by key.
    """
    by_day = dict[date, list[EventView]]()
    for event in reversed(events):
        regime = titles.get(event.regime, event.regime)
        view = EventView(EVENT_TITLES[event.kind], event.who, event.words, event.text, regime)
        by_day.setdefault(event.on, []).append(view)
    return TimelineView([TimelineDay(format_day(day), by_day[day]) for day in sorted(by_day, reverse=True)])


def no_action_rows(
    escalations: Iterable[EscalationWithoutAction], titles: Mapping[str, str], day: date
) -> list[NoActionRow]:
    """A row for each escalation that nobody has acted on."""
    return [
        NoActionRow(
            provider=escalation.name,
            id=escalation.provider,
            timeline=timeline_address(escalation.provider),
            address=casework_address(escalation.provider, escalation=escalation.escalation),
            level=level_badge(Level(escalation.level)),
            since=format_day(escalation.since),
            ago=f"{format_span((day - escalation.since).days)} ago",
            regime=titles.get(escalation.regime, escalation.regime),
            escalation=escalation.escalation,
            command=f"continuity alerts ack {escalation.escalation} --next STEP --until DATE",
        )
        for escalation in escalations
    ]


def worst_by_provider(
    escalations: Iterable[EscalationWithoutAction], limit: int
) -> tuple[list[EscalationWithoutAction], int]:
    """The first few escalations, one for each provider, and the number of the other providers."""
    by_provider = dict[str, EscalationWithoutAction]()
    for escalation in escalations:
        by_provider.setdefault(escalation.provider, escalation)
    return list(by_provider.values())[:limit], max(0, len(by_provider) - limit)
