"""Reads casework: the records that a viewer may see, as they stood on a day or at an instant."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, Select, select

from access.viewer import Viewer
from casework.kinds import RecordKind, record_kinds
from models.alerting import Person
from models.casework import CaseEntry
from models.database import Session, read_session, table_of
from models.subjects import Audience, Subject
from models.vocabulary import LONDON, day_in_london
from settings import WrongInput

ENTRY, SUBJECT, AUDIENCE = table_of(CaseEntry).c, table_of(Subject).c, table_of(Audience).c


class UnknownRecord(WrongInput):
    """No record has this number, or the person may not see the record; the error does not say which."""


@dataclass(frozen=True)
class Entry:
    """An entry of a record, with users, audience and provider by their keys."""

    id: int
    record: int
    part_of: int | None
    provider: str
    regime: str | None
    kind: str
    state: str
    about_on: date
    due_on: date | None
    owner: str
    author: str
    entered_at: datetime
    audience: str
    rationale: str
    details: dict[str, Any]

    @property
    def entered_on(self) -> date:
        """The day of entry in London: the first day on which anybody here could know the entry."""
        return day_in_london(self.entered_at)

    @property
    def summary(self) -> str:
        """The record in one line, as the entry describes it: "Turnaround plan", "New manager, 20 % done"."""
        return record_kinds()[self.kind].says.format(**self.details).strip()


@dataclass(frozen=True)
class Record:
    """A record: the chain of its entries. The newest entry gives the current state."""

    entries: tuple[Entry, ...]

    @property
    def number(self) -> int:
        """The number by which people name the record."""
        return self.first_entry.record

    @property
    def first_entry(self) -> Entry:
        """The entry that opened the record."""
        return self.entries[0]

    @property
    def newest_entry(self) -> Entry:
        """The entry with the current state and details."""
        return self.entries[-1]

    @property
    def kind(self) -> RecordKind:
        """The kind of the record, with its states."""
        return record_kinds()[self.first_entry.kind]

    @property
    def state(self) -> str:
        """The current state."""
        return self.newest_entry.state

    @property
    def is_open(self) -> bool:
        """Whether the record is open."""
        return self.kind.states[self.state].is_open

    @property
    def is_waiting(self) -> bool:
        """Whether the record waits for its due date."""
        return self.kind.states[self.state].waits

    @property
    def authors(self) -> frozenset[str]:
        """The keys of the users who wrote an entry of the record."""
        return frozenset(entry.author for entry in self.entries)


def describe_entry_changes(entry: Entry, before: Entry | None) -> str:
    """The changes from the entry before, in words: "open -> met, owner ann, was ben"; "note" if there are none."""
    if before is None:
        changes = [f"opened as {entry.state}"] + ([f"due {entry.due_on}"] if entry.due_on else [])
    else:
        changes = [f"{before.state} -> {entry.state}"] if entry.state != before.state else []
        if entry.due_on != before.due_on:
            due = f"due {entry.due_on}" if entry.due_on else "no due date"
            changes.append(f"{due}, was {before.due_on or 'not set'}")
        if entry.owner != before.owner:
            changes.append(f"owner {entry.owner}, was {before.owner}")
        changed = {key: value for key, value in entry.details.items() if value != before.details.get(key, "")}
        changes += [f"{key.replace('_', ' ')} {'none' if value == '' else value}" for key, value in changed.items()]
    return ", ".join(changes) or "note"


def list_records(
    engine: Engine,
    viewer: Viewer,
    *,
    day: date | None = None,
    instant: datetime | None = None,
    provider: str | None = None,
    kinds: Collection[str] = (),
    numbers: Collection[int] = (),
) -> list[Record]:
    """The records the viewer may see, in the order they were opened.

    Args:
        engine: the database.
        viewer: the reader.
        day: the records as they stood at the end of this day in London, without later entries.
        instant: the records as they stood at this instant.
        provider: only records about this provider.
        kinds: only these kinds; all kinds if empty.
        numbers: only these records; all records if empty.
    """
    with read_session(engine) as session:
        return list(
            read_records(
                session,
                viewer,
                entered_before=_first_unread_instant(day, instant),
                provider=provider,
                kinds=kinds,
                numbers=numbers,
            )
        )


def find_record(
    engine: Engine, viewer: Viewer, number: int, *, day: date | None = None, instant: datetime | None = None
) -> Record:
    """The record with this number.

    Raises:
        UnknownRecord: no record has this number, or the viewer may not see the record.
    """
    records = list_records(engine, viewer, day=day, instant=instant, numbers=[number])
    if not records:
        raise unknown_record_error(number)
    return records[0]


def unknown_record_error(number: int) -> UnknownRecord:
    """The error about a record that is missing or not visible."""
    return UnknownRecord(f"there is no record {number} that you may see; 'continuity case list' shows those you may")


def _first_unread_instant(day: date | None, instant: datetime | None) -> datetime | None:
    """The first instant after the period that is read; None if there is no limit."""
    if day is not None:
        return datetime.combine(day + timedelta(days=1), time(), LONDON)
    return None if instant is None else instant + timedelta(microseconds=1)


def read_records(
    session: Session,
    viewer: Viewer,
    *,
    entered_before: datetime | None = None,
    newest_entry_id: int | None = None,
    provider: str | None = None,
    kinds: Collection[str] = (),
    numbers: Collection[int] = (),
) -> Iterator[Record]:
    """The records that the viewer may see, read in a transaction; entries after ``newest_entry_id`` are left out."""
    statement = _select_entries()
    if viewer.audiences is not None:
        statement = statement.where(AUDIENCE.key.in_(sorted(viewer.audiences)))
    if entered_before is not None:
        statement = statement.where(ENTRY.entered_at < entered_before)
    if newest_entry_id is not None:
        statement = statement.where(ENTRY.id <= newest_entry_id)
    if provider is not None:
        statement = statement.where(SUBJECT.key == provider)
    if kinds:
        statement = statement.where(ENTRY.kind.in_(sorted(kinds)))
    if numbers:
        statement = statement.where(ENTRY.record_id.in_(sorted(numbers)))
    for _, chain in groupby(map(_entry_from_row, session.execute(statement)), key=lambda entry: entry.record):
        yield Record(tuple(chain))


def _select_entries() -> Select[Any]:
    owner, author = table_of(Person).alias("owner"), table_of(Person).alias("author")
    return (
        select(
            table_of(CaseEntry),
            SUBJECT.key.label("provider"),
            owner.c.key.label("owner"),
            author.c.key.label("author"),
            AUDIENCE.key.label("audience"),
        )
        .join(table_of(Subject), SUBJECT.id == ENTRY.subject_id)
        .join(owner, owner.c.id == ENTRY.owner_id)
        .join(author, author.c.id == ENTRY.author_id)
        .join(table_of(Audience), AUDIENCE.id == ENTRY.audience_id)
        .order_by(ENTRY.record_id, ENTRY.id)
    )


def _entry_from_row(row: Any) -> Entry:
    return Entry(
        id=row.id,
        record=row.record_id,
        part_of=row.parent_id,
        provider=row.provider,
        regime=row.regime,
        kind=row.kind,
        state=row.state,
        about_on=row.about_on,
        due_on=row.due_on,
        owner=row.owner,
        author=row.author,
        entered_at=row.entered_at,
        audience=row.audience,
        rationale=row.rationale,
        details=row.details,
    )
