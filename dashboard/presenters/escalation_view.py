"""What is shown of escalations: moments of the timeline, and thresholds met with nothing done. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from alerts.escalation.no_action import EscalationWithoutAction
from dashboard.presenters.case_view import casework_address
from dashboard.presenters.value_text import level_badge
from models.vocabulary import Level
from queries.timeline import TimelineEvent
from text.english import format_day, format_span

EVENT_TITLES = {
    "assessed": "Assessed",
    "escalation": "Escalation",
    "told": "Told",
    "not told": "Not told",
    "clock": "Clock",
    "casework": "Casework",
}


def timeline_address(provider: str) -> str:
    """Where the timeline of a provider is."""
    return f"./timeline?{urlencode({'id': provider})}"


def timeline_days(events: Sequence[TimelineEvent], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The moments, a day to each entry, newest first.

    Args:
        events: newest first.
        titles: of the regimes, by key.
    """
    days = dict[date, list[dict[str, str]]]()
    for moment in reversed(events):
        days.setdefault(moment.on, []).append(
            {
                "kind": EVENT_TITLES[moment.kind],
                "who": moment.who,
                "words": moment.words,
                "text": moment.text,
                "regime": titles.get(moment.regime, moment.regime),
            }
        )
    return [{"day": format_day(day), "moments": days[day]} for day in sorted(days, reverse=True)]


def no_action_rows(
    escalations: Iterable[EscalationWithoutAction], titles: Mapping[str, str], day: date
) -> list[dict[str, Any]]:
    """A row for each escalation about which nothing is done."""
    return [
        {
            "provider": one.name,
            "id": one.provider,
            "timeline": timeline_address(one.provider),
            "address": casework_address(one.provider, escalation=one.escalation),
            "level": level_badge(Level(one.level)),
            "since": format_day(one.since),
            "ago": f"{format_span((day - one.since).days)} ago",
            "regime": titles.get(one.regime, one.regime),
            "escalation": one.escalation,
            "command": f"continuity alerts ack {one.escalation} --next STEP --until DATE",
        }
        for one in escalations
    ]


def worst_by_provider(
    escalations: Iterable[EscalationWithoutAction], limit: int
) -> tuple[list[EscalationWithoutAction], int]:
    """The worst few of them, one for each provider; and how many providers more there are."""
    by_provider = dict[str, EscalationWithoutAction]()
    for one in escalations:
        by_provider.setdefault(one.provider, one)
    return list(by_provider.values())[:limit], max(0, len(by_provider) - limit)
