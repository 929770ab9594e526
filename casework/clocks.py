"""Clocks: every dated duty with its start, its due date, its extensions, and whether it has lapsed. Pure.

A clock is any record that waits for a date: a milestone, a plan's agreed end, the day to comply with a notice, the
expiry of an override, a duty of a regime's stage. It runs until somebody enters what became of it; once past its date
it has lapsed and stays so. A due date is the last day in time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from casework.reading import Entry, Record
from text.english import format_count

LEAST_CLOSED = 50  # milestones, before a chance is shown: fewer say nothing
ALL_DONE = 100  # per cent


@dataclass(frozen=True)
class RunningClock:
    """A record that waits for a date."""

    record: Record
    due_on: date

    @property
    def started_on(self) -> date:
        """The day its record is about."""
        return self.record.first_entry.about_on

    @property
    def owner(self) -> str:
        """Who has to see to it."""
        return self.record.newest_entry.owner

    @property
    def provider(self) -> str:
        """The provider it is about."""
        return self.record.first_entry.provider

    @property
    def extensions(self) -> list[Entry]:
        """The entries that moved its date, each with its reason."""
        return extension_entries(self.record)

    def days_left(self, day: date) -> int:
        """Days until it is due; negative once it has lapsed."""
        return (self.due_on - day).days

    def is_overdue(self, day: date) -> bool:
        """Whether its date has passed and nobody has entered what became of it."""
        return self.due_on < day


def extension_entries(record: Record) -> list[Entry]:
    """The entries that moved a record's date."""
    moved, due_on = [], None
    for entry in record.entries:
        if due_on is not None and entry.due_on not in {None, due_on}:
            moved.append(entry)
        due_on = entry.due_on
    return moved


def first_due_on(record: Record) -> date | None:
    """The date agreed at first, before any extension."""
    return next((entry.due_on for entry in record.entries if entry.due_on is not None), None)


def find_running_clocks(records: Sequence[Record]) -> list[RunningClock]:
    """The clocks that run, the next due first. What is part of something closed does not run any more."""
    closed = {record.number for record in records if not record.is_open}
    clocks = [
        RunningClock(record, record.newest_entry.due_on)
        for record in records
        if record.is_waiting and record.newest_entry.due_on is not None and record.first_entry.part_of not in closed
    ]
    return sorted(clocks, key=lambda clock: (clock.due_on, clock.record.number))


def find_due_clocks(records: Sequence[Record], day: date, *, until: date) -> list[RunningClock]:
    """What is due from a day on until another."""
    return [clock for clock in find_running_clocks(records) if day <= clock.due_on <= until]


def find_overdue_clocks(records: Sequence[Record], day: date) -> list[RunningClock]:
    """What has lapsed by a day, the longest ago first."""
    return [clock for clock in find_running_clocks(records) if clock.is_overdue(day)]


@dataclass(frozen=True)
class Pace:
    """When a milestone will be done if it goes on as it has."""

    percent_done: int  # per cent
    reported_on: date  # when progress was last made
    ends_on: date | None  # None: no progress yet, so there is no pace
    days_late: int  # against its date; 0 when in time, or when there is no pace

    @property
    def summary(self) -> str:
        """In a few words."""
        if self.ends_on is None:
            return f"no progress entered since {self.reported_on}"
        if self.days_late:
            return f"at this pace {format_count(self.days_late, 'day')} late"
        return "at this pace in time"


def milestone_pace(milestone: Record, day: date) -> Pace | None:
    """How a milestone comes on; None for whatever is no open milestone with a date.

    The rule: progress since it began, over the days until the last of it was made, goes on. If by that the milestone
    were done already, the days since count too: nothing entered is nothing done. Our own rule; no formula of others.
    """
    due_on = milestone.newest_entry.due_on
    if milestone.kind.key != "milestone" or not milestone.is_waiting or due_on is None:
        return None
    start, at_start = milestone.first_entry.about_on, int(milestone.first_entry.details["done"])
    reported_on, done = start, at_start
    for entry in milestone.entries:
        if int(entry.details["done"]) != done:
            reported_on, done = max(entry.about_on, start), int(entry.details["done"])
    gained = done - at_start
    if gained <= 0 or reported_on == start:
        return Pace(done, reported_on, None, 0)
    ends_on = _projected_end(start, reported_on, gained, ALL_DONE - done)
    if ends_on < day:
        ends_on = _projected_end(start, day, gained, ALL_DONE - done)
    return Pace(done, reported_on, ends_on, max(0, (ends_on - due_on).days))


def _projected_end(start: date, until: date, gained: int, left: int) -> date:
    """The day when the rest is done at the pace of the first stretch, rounded up."""
    return until + timedelta(days=-(-left * (until - start).days // gained))


def late_milestone_share(records: Iterable[Record]) -> float | None:
    """The share of closed milestones that were missed or met after the date agreed at first.

    None before ``LEAST_CLOSED`` have closed. Dropped ones do not count.
    """
    closed = [one for one in records if one.kind.key == "milestone" and one.state in {"met", "missed"}]
    if len(closed) < LEAST_CLOSED:
        return None
    return sum(_is_late(one) for one in closed) / len(closed)


def _is_late(milestone: Record) -> bool:
    due_on = first_due_on(milestone)
    was_missed = any(entry.state == "missed" for entry in milestone.entries)
    return was_missed or (due_on is not None and milestone.newest_entry.about_on > due_on)
