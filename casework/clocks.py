"""Clocks: every dated duty with its start, its due date and its extensions, and whether it is overdue. Pure.

A clock is any record that waits for a date: a milestone, the agreed end of a plan, the day to comply with a notice, the
expiry of an override, a duty of a regime's stage. A clock runs until somebody enters the outcome. The due date is the
last day in time; from the next day on, the clock is overdue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from casework.reading import Entry, Record
from text.english import format_count

LEAST_CLOSED = 50  # closed milestones before a share is shown: a share of fewer says little
ALL_DONE = 100  # per cent


@dataclass(frozen=True)
class RunningClock:
    """A record that waits for a date."""

    record: Record
    due_on: date

    @property
    def started_on(self) -> date:
        """The day that the record's first entry is about."""
        return self.record.first_entry.about_on

    @property
    def owner(self) -> str:
        """The person responsible."""
        return self.record.newest_entry.owner

    @property
    def provider(self) -> str:
        """The provider that the record is about."""
        return self.record.first_entry.provider

    @property
    def extensions(self) -> list[Entry]:
        """The entries that moved the due date, each with its reason."""
        return extension_entries(self.record)

    def days_left(self, day: date) -> int:
        """Days until the due date; negative once the clock is overdue."""
        return (self.due_on - day).days

    def is_overdue(self, day: date) -> bool:
        """Whether the due date has passed and nobody has entered the outcome."""
        return self.due_on < day


def extension_entries(record: Record) -> list[Entry]:
    """The entries that moved the due date of a record."""
    moved, due_on = [], None
    for entry in record.entries:
        if due_on is not None and entry.due_on not in {None, due_on}:
            moved.append(entry)
        due_on = entry.due_on
    return moved


def first_due_on(record: Record) -> date | None:
    """The due date agreed at first, before any extension."""
    return next((entry.due_on for entry in record.entries if entry.due_on is not None), None)


def find_running_clocks(records: Sequence[Record]) -> list[RunningClock]:
    """The running clocks, the next due first. A part of a closed record (a milestone of a closed plan) has no clock."""
    closed = {record.number for record in records if not record.is_open}
    clocks = [
        RunningClock(record, record.newest_entry.due_on)
        for record in records
        if record.is_waiting and record.newest_entry.due_on is not None and record.first_entry.part_of not in closed
    ]
    return sorted(clocks, key=lambda clock: (clock.due_on, clock.record.number))


def find_due_clocks(records: Sequence[Record], day: date, *, until: date) -> list[RunningClock]:
    """The clocks that are due between two days, both included."""
    return [clock for clock in find_running_clocks(records) if day <= clock.due_on <= until]


def find_overdue_clocks(records: Sequence[Record], day: date) -> list[RunningClock]:
    """The clocks that are overdue on a day, the longest overdue first."""
    return [clock for clock in find_running_clocks(records) if clock.is_overdue(day)]


@dataclass(frozen=True)
class Pace:
    """The day a milestone will be finished if progress continues at its average rate so far."""

    percent_done: int  # per cent
    reported_on: date  # the day of the last recorded progress
    ends_on: date | None  # None: no progress yet, so there is no pace
    days_late: int  # after the due date; 0 if in time, or if there is no pace

    @property
    def summary(self) -> str:
        """The pace in a few words."""
        if self.ends_on is None:
            return f"no progress recorded since {self.reported_on}"
        if self.days_late:
            return f"at this pace {format_count(self.days_late, 'day')} late"
        return "at this pace on time"


def milestone_pace(milestone: Record, day: date) -> Pace | None:
    """The pace of an open milestone with a due date; None for any other record.

    We assume progress continues at its average rate so far, from the start to the last recorded progress. If that rate
    says the milestone should already be finished, we also count the days since the last entry, because nothing further
    has been recorded. This is our own rule, not a published formula.
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
    """The day on which the rest is finished at the rate from ``start`` to ``until``, rounded up."""
    return until + timedelta(days=-(-left * (until - start).days // gained))


def late_milestone_share(records: Iterable[Record]) -> float | None:
    """The share of closed milestones that were missed, or met after the date agreed at first (0 to 1).

    None before ``LEAST_CLOSED`` milestones have closed. Dropped milestones do not count.
    """
    closed = [record for record in records if record.kind.key == "milestone" and record.state in {"met", "missed"}]
    if len(closed) < LEAST_CLOSED:
        return None
    return sum(_is_late(milestone) for milestone in closed) / len(closed)


def _is_late(milestone: Record) -> bool:
    due_on = first_due_on(milestone)
    was_missed = any(entry.state == "missed" for entry in milestone.entries)
    return was_missed or (due_on is not None and milestone.newest_entry.about_on > due_on)
