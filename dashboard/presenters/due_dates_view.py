"""The calendar of due dates: a grid of the coming weeks, and the list day by day. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import ClassVar

from casework.clocks import RunningClock, milestone_pace
from dashboard.presenters.addresses import casework_address
from dashboard.presenters.case_view import time_left
from regimes.clocks import is_working_day
from text.english import format_day

WEEKS = 6
SHOWN_CLOCKS = 2  # clocks of a day that its cell names
WEEKDAYS = tuple(
    (name, name[:3]) for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
)


@dataclass(frozen=True)
class DayCell:
    """One day of the grid."""

    number: int  # of the month
    month: str  # at the start of the grid and of a month; else empty
    spoken: str  # the day in full, for screen readers
    is_past: bool
    is_today: bool
    is_free: bool  # no working day
    count: int  # clocks due
    tooltip: str  # all clocks in words
    shown: Sequence[str]  # the clocks that the cell names


@dataclass(frozen=True)
class CalendarGrid:
    """The coming weeks, one row a week."""

    template: ClassVar[str] = "due_weeks"
    weeks: Sequence[Sequence[DayCell]]
    weekdays: Sequence[tuple[str, str]] = WEEKDAYS  # full and short name


@dataclass(frozen=True)
class ClockRow:
    """A clock in the list."""

    provider: str
    address: str
    record: int
    kind: str
    summary: str
    state: str
    owner: str
    then: str  # the consequence of a missed date; may be empty
    pace: str
    extended: int  # times


@dataclass(frozen=True)
class DueDay:
    """The clocks of one date."""

    day: str
    left: str
    is_late: bool
    clocks: Sequence[ClockRow]


@dataclass(frozen=True)
class DueList:
    """Clocks under a title, day by day."""

    template: ClassVar[str] = "due_days"
    title: str
    days: Sequence[DueDay]
    empty: str  # the sentence in the place of no clocks
    about: str = ""


def last_day(day: date) -> date:
    """The last day of the grid, a Sunday."""
    return day - timedelta(days=day.weekday()) + timedelta(weeks=WEEKS, days=-1)


def calendar_grid(clocks: Iterable[RunningClock], day: date, names: Mapping[str, str]) -> CalendarGrid:
    """The grid from this week's Monday on: the number of due dates on each day, and their providers."""
    by_day = dict[date, list[RunningClock]]()
    for clock in clocks:
        by_day.setdefault(clock.due_on, []).append(clock)
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=number) for number in range(7 * WEEKS)]
    cells = [_day_cell(on, day, by_day.get(on, []), names, is_first=on == monday) for on in days]
    return CalendarGrid([cells[start : start + 7] for start in range(0, len(cells), 7)])


def _day_cell(
    on: date, today: date, clocks: Sequence[RunningClock], names: Mapping[str, str], *, is_first: bool
) -> DayCell:
    texts = [
        f"{names.get(clock.provider, clock.provider)}: {clock.record.kind.key} {clock.record.newest_entry.summary}"
        for clock in clocks
    ]
    return DayCell(
        number=on.day,
        month=f"{on:%b}" if is_first or on.day == 1 else "",
        spoken=f"{on:%A} {format_day(on)}",
        is_past=on < today,
        is_today=on == today,
        is_free=not is_working_day(on),
        count=len(clocks),
        tooltip="; ".join(texts),
        shown=texts[:SHOWN_CLOCKS],
    )


def clocks_by_day(
    clocks: Iterable[RunningClock], day: date, names: Mapping[str, str], persons: Mapping[str, str]
) -> list[DueDay]:
    """The clocks in the order given, grouped by date; ``names`` of providers and ``persons`` by their keys."""
    return [
        DueDay(
            day=f"{due_on:%A} {format_day(due_on)}",
            left=time_left(due_on, day),
            is_late=due_on < day,
            clocks=[_clock_row(clock, day, names, persons) for clock in clocks_of_day],
        )
        for due_on, clocks_of_day in groupby(clocks, key=lambda clock: clock.due_on)
    ]


def _clock_row(clock: RunningClock, day: date, names: Mapping[str, str], persons: Mapping[str, str]) -> ClockRow:
    newest, forecast = clock.record.newest_entry, milestone_pace(clock.record, day)
    return ClockRow(
        provider=names.get(clock.provider, clock.provider),
        address=casework_address(clock.provider, clock.record.number),
        record=clock.record.number,
        kind=newest.kind,
        summary=newest.summary,
        state=newest.state,
        owner=persons.get(clock.owner, clock.owner),
        then=str(newest.details.get("then", "")),
        pace=forecast.summary if forecast else "",
        extended=len(clock.extensions),
    )
