"""Ledger rows for screens and commands: observations as plain values with ISO dates. No Streamlit."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date
from typing import NotRequired, TypedDict

from sqlalchemy import Engine

from access.viewer import ReaderAudiences
from indicators import catalogue
from indicators.ledger.day_numbers import day_of
from indicators.ledger.rows import LedgerRow, read_ledger_rows, read_rows_known_after, stream_known_rows
from indicators.names import read_names
from models import bulk
from models.database import read_session
from models.vocabulary import DateBasis


class ObservationRow(TypedDict):
    """One row of the ledger with the way back to its document; dates are ISO dates."""

    seq: int
    subject: str
    indicator: str
    title: str  # of the indicator, as the catalogue has it
    kind: str
    period_start: str | None
    period_end: str | None
    occurrence: str
    known_on: str
    known_on_basis: str  # stated, inferred or snapshot
    age_days: int  # on the day asked for; negative for a forecast of a later day
    value: float | str | None
    verbatim: str | None  # the value as the document writes it
    unit: str
    register: str | None  # None, as the document's other fields: the row was entered here
    document: str | None
    address: str | None
    fetched_at: str | None
    sha256: str | None
    line: int | None
    place: str
    is_recalled: bool
    subject_name: NotRequired[str]
    name: NotRequired[str]  # the subject's name, in exports


def read_figures(
    engine: Engine, seqs: Iterable[int], day: date, *, audiences: ReaderAudiences
) -> dict[int, ObservationRow]:
    """Ledger rows by number, with their age on the day; rows that the reader may not see are left out."""
    with read_session(engine) as session:
        rows = read_ledger_rows(session, sorted(seq for seq in seqs if seq > 0), audiences=audiences)
        return {row.seq: observation_row(row, day) for row in rows}


def observation_row(row: LedgerRow, day: date) -> ObservationRow:
    """A ledger row as plain values with ISO dates, and its age on the day."""
    indicator = catalogue.load().indicators.get(row.indicator)
    known_on, ends = day_of(row.known_on), _iso_day(row.period_end)
    return {
        "seq": row.seq,
        "subject": row.subject,
        "indicator": row.indicator,
        "title": indicator.title if indicator else row.indicator,
        "kind": row.kind,
        "period_start": _iso_day(row.period_start),
        "period_end": ends,
        "occurrence": row.occurrence,
        "known_on": known_on.isoformat(),
        "known_on_basis": DateBasis(row.known_on_basis).name.lower(),
        "age_days": (day - (date.fromisoformat(ends) if ends else known_on)).days,
        "value": row.value_text if row.value_number is None or row.kind == "grade" else row.value_number,
        "verbatim": row.value_text,
        "unit": row.unit or (indicator.unit if indicator else ""),
        "register": row.register,
        "document": row.document,
        "address": row.address,
        "fetched_at": row.fetched_at.astimezone(UTC).isoformat() if row.fetched_at is not None else None,
        "sha256": row.sha256,
        "line": row.line,
        "place": row.place or "",
        "is_recalled": bool(row.is_recalled),
    }


def _iso_day(number: int | None) -> str | None:
    return None if number is None else day_of(number).isoformat()


def read_observations(
    engine: Engine, day: date, *, audiences: ReaderAudiences, subject: str | None = None, register: str | None = None
) -> Iterator[ObservationRow]:
    """The ledger's live rows for some audiences as known by a day, oldest first, streamed.

    Values that a later list of the register no longer gives are left out.
    """
    for row in stream_known_rows(engine, day, audiences=audiences, subject=subject, register=register):
        yield observation_row(row, day)


def read_later_observations(
    engine: Engine, day: date, providers: Iterable[str], *, audiences: ReaderAudiences, only_events: bool = False
) -> list[ObservationRow]:
    """The observations about the providers that became known only after ``day``, the first known first."""
    rows: list[ObservationRow] = []
    for chunk in bulk.split_chunks(providers):
        with read_session(engine) as session:
            later = read_rows_known_after(session, day, chunk, audiences=audiences, only_events=only_events)
            rows += [observation_row(row, day) for row in later]
    return sorted(rows, key=lambda row: (row["known_on"], row["seq"]))


def add_names(engine: Engine, rows: Iterable[ObservationRow], day: date) -> Iterator[ObservationRow]:
    """The rows with ``name``, the subject's name as known on the day; streamed, each name is read once."""
    names: dict[str, str] = {}
    for chunk in bulk.split_chunks(rows):
        unread = {row["subject"] for row in chunk} - names.keys()
        with read_session(engine) as session:
            names |= dict(zip(unread, unread, strict=True)) | read_names(session, unread, day)
        for row in chunk:
            row["name"] = names[row["subject"]]
            yield row
