"""The calendar of what is due: a grid of the coming weeks, and the list day by day. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from casework.clocks import RunningClock, milestone_pace
from dashboard.presenters.case_view import casework_address, time_left
from regimes.clocks import is_working_day
from text.english import format_day

WEEKS = 6
SHOWN_CLOCKS = 2  # of a day's clocks, in words in its cell
WEEKDAYS = tuple(
    (name, name[:3]) for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
)


def last_day(day: date) -> date:
    """The last day of the grid, a Sunday."""
    return day - timedelta(days=day.weekday()) + timedelta(weeks=WEEKS, days=-1)


def calendar_weeks(clocks: Iterable[RunningClock], day: date, names: Mapping[str, str]) -> list[list[dict[str, Any]]]:
    """The grid from this week's Monday on, a row a week: how much is due on each day, and what."""
    by_day = dict[date, list[RunningClock]]()
    for clock in clocks:
        by_day.setdefault(clock.due_on, []).append(clock)
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=number) for number in range(7 * WEEKS)]
    cells = [_day_cell(one, day, by_day.get(one, []), names, is_first=one == monday) for one in days]
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def _day_cell(
    on: date, today: date, due: Sequence[RunningClock], names: Mapping[str, str], *, is_first: bool
) -> dict[str, Any]:
    words = [
        f"{names.get(one.provider, one.provider)}: {one.record.kind.key} {one.record.newest_entry.summary}"
        for one in due
    ]
    return {
        "number": on.day,
        "month": f"{on:%b}" if is_first or on.day == 1 else "",
        "spoken": f"{on:%A} {format_day(on)}",
        "is_past": on < today,
        "is_today": on == today,
        "is_free": not is_working_day(on),
        "count": len(due),
        "words": "; ".join(words),
        "shown": words[:SHOWN_CLOCKS],
    }


def clocks_by_day(
    clocks: Iterable[RunningClock], day: date, names: Mapping[str, str], persons: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The clocks in the order given, those of one date together; names of providers and persons by their keys."""
    return [
        {
            "day": f"{due_on:%A} {format_day(due_on)}",
            "left": time_left(due_on, day),
            "is_late": due_on < day,
            "clocks": [_clock_row(clock, day, names, persons) for clock in those],
        }
        for due_on, those in groupby(clocks, key=lambda clock: clock.due_on)
    ]


def _clock_row(clock: RunningClock, day: date, names: Mapping[str, str], persons: Mapping[str, str]) -> dict[str, Any]:
    newest, forecast = clock.record.newest_entry, milestone_pace(clock.record, day)
    return {
        "provider": names.get(clock.provider, clock.provider),
        "address": casework_address(clock.provider, clock.record.number),
        "record": clock.record.number,
        "kind": newest.kind,
        "what": newest.summary,
        "state": newest.state,
        "owner": persons.get(clock.owner, clock.owner),
        "then": str(newest.details.get("then", "")),
        "pace": forecast.summary if forecast else "",
        "extended": len(clock.extensions),
    }
