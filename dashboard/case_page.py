"""What the pages about casework and escalations show: rows made of what was read. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from alerts.timeline import Moment
from alerts.undone import Undone
from casework.clocks import Clock, pace
from dashboard.presenters import in_words, look
from models.vocabulary import Level

KINDS = {
    "assessed": "Assessed",
    "escalation": "Escalation",
    "told": "Told",
    "not told": "Not told",
    "clock": "Clock",
    "casework": "Casework",
}


def provider_address(provider: str) -> str:
    """Where the timeline of a provider is."""
    return f"./timeline?{urlencode({'id': provider})}"


def moments(found: Sequence[Moment], kinds: Iterable[str]) -> list[dict[str, Any]]:
    """The moments of the kinds asked for, a day to each entry, newest first."""
    wanted, days = set(kinds), dict[date, list[dict[str, str]]]()
    for moment in found:
        if moment.kind in wanted:
            days.setdefault(moment.on, []).append(
                {
                    "kind": KINDS[moment.kind],
                    "who": moment.who,
                    "words": moment.words,
                    "text": moment.text,
                    "regime": moment.regime,
                }
            )
    return [{"day": in_words(day), "moments": days[day]} for day in sorted(days, reverse=True)]


def clocks(found: Iterable[Clock], day: date, names: dict[str, str]) -> list[dict[str, Any]]:
    """A row for each clock, in the order given."""
    rows = []
    for clock in found:
        newest, forecast = clock.record.newest, pace(clock.record, day)
        left = clock.days_left(day)
        rows.append(
            {
                "provider": names.get(clock.provider, clock.provider),
                "id": clock.provider,
                "address": provider_address(clock.provider),
                "record": clock.record.number,
                "what": f"{newest.kind}: {newest.words}",
                "state": newest.state,
                "due": in_words(clock.due_on),
                "left": f"{-left} days late" if left < 0 else f"in {left} days",
                "owner": clock.owner,
                "then": str(newest.details.get("then", "")),
                "pace": forecast.words if forecast else "",
                "extended": len(clock.extensions),
            }
        )
    return rows


def undone(found: Iterable[Undone], titles: dict[str, str]) -> list[dict[str, Any]]:
    """A row for each escalation about which nothing is done."""
    return [
        {
            "provider": one.name,
            "id": one.provider,
            "address": provider_address(one.provider),
            "level": look(Level(one.level)),
            "since": in_words(one.since),
            "regime": titles.get(one.regime, one.regime),
            "command": f"continuity alerts ack {one.escalation} --next STEP --until DATE",
        }
        for one in found
    ]
