"""Reads single rows of the ledger with the way back to their documents: address, time of the fetch, line and place."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, func, or_, select

from indicators.ledger.day_numbers import day_number
from indicators.ledger.reader import audience_conditions, is_recalled_row
from indicators.ledger.repeats import LINK, LOAD, OBSERVATION, is_current, retracted_rows
from models import bulk
from models.database import Session, table_of
from models.ledger import IndicatorKey, InternedText, Load, Quarantine, Snapshot, Withdrawal
from models.subjects import Subject
from models.vocabulary import IndicatorKind

SUBJECT, INDICATOR, SNAPSHOT = table_of(Subject).c, table_of(IndicatorKey).c, table_of(Snapshot).c
QUARANTINE, WITHDRAWAL, WORD = table_of(Quarantine).c, table_of(Withdrawal).c, table_of(InternedText)
BATCH_ROWS = 10_000  # rows fetched at a time when many are streamed


class LedgerRow(NamedTuple):
    """An observation and the document it was read from; days are day numbers, as the ledger keeps them."""

    seq: int
    subject: str  # identifier
    indicator: str  # key in the catalogue
    kind: str
    period_start: int | None
    period_end: int | None
    occurrence: str
    known_on: int
    known_on_basis: int
    value_number: float | None
    value_text: str | None
    unit: str | None  # None: the unit of the catalogue
    snapshot_id: int | None  # None, as all that follows of the document: the row was entered here
    register: str | None
    document: str | None
    address: str | None
    fetched_at: datetime | None
    sha256: str | None
    line: int | None
    place: str | None
    is_recalled: bool  # written from memory: nobody has read the value in its source


def read_ledger_rows(
    session: Session, seqs: Iterable[int], *, audiences: Collection[str] | None
) -> Iterator[LedgerRow]:
    """The rows with these numbers that readers of some audiences (None: all) may see; retracted rows included."""
    for chunk in bulk.split_chunks(seqs):
        for row in session.execute(_select_rows(audiences).where(OBSERVATION.c.seq.in_(chunk))):
            yield LedgerRow._make(row)


def stream_known_rows(
    engine: Engine,
    day: date,
    *,
    audiences: Collection[str] | None,
    subject: str | None = None,
    register: str | None = None,
) -> Iterator[LedgerRow]:
    """The live rows known by a day, by number, without values that a later list of the register no longer gives.

    Args:
        engine: the database.
        day: rows that became known later are left out.
        audiences: of the readers; None for all rows.
        subject: only rows about this identifier.
        register: only rows of this register.
    """
    o, number = OBSERVATION.c, day_number(day) or 0
    statement = _select_live_rows(audiences).where(o.known_on <= number, is_current(number))
    if subject is not None:
        statement = statement.where(SUBJECT.key == subject)
    if register is not None:
        statement = statement.where(SNAPSHOT.register == register)
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(statement.order_by(o.seq))
        for rows in result.partitions(BATCH_ROWS):
            yield from map(LedgerRow._make, rows)


def read_rows_known_after(
    session: Session,
    day: date,
    subjects: Collection[str],
    *,
    audiences: Collection[str] | None,
    only_events: bool = False,
) -> Iterator[LedgerRow]:
    """The live rows about some identifiers (at most one chunk of them) that became known after a day."""
    statement = _select_live_rows(audiences).where(OBSERVATION.c.known_on > day_number(day), SUBJECT.key.in_(subjects))
    if only_events:
        statement = statement.where(INDICATOR.kind == IndicatorKind.EVENT)
    return map(LedgerRow._make, session.execute(statement))


def _select_live_rows(audiences: Collection[str] | None) -> Select[Any]:
    o = OBSERVATION.c
    return _select_rows(audiences).where(LOAD.is_done, o.retracts.is_(None), o.seq.not_in(retracted_rows(OBSERVATION)))


def _select_rows(audiences: Collection[str] | None) -> Select[Any]:
    """The statement for the fields of ``LedgerRow``, in their order."""
    o, place, unit = OBSERVATION.c, WORD.alias("place"), WORD.alias("unit_word")
    return (
        select(
            o.seq,
            SUBJECT.key.label("subject"),
            INDICATOR.key.label("indicator"),
            INDICATOR.kind,
            o.period_start,
            o.period_end,
            o.occurrence,
            o.known_on,
            o.known_on_basis,
            o.value_number,
            o.value_text,
            unit.c.text.label("unit"),
            SNAPSHOT.id.label("snapshot_id"),
            SNAPSHOT.register,
            SNAPSHOT.name.label("document"),
            SNAPSHOT.address,
            SNAPSHOT.fetched_at,
            SNAPSHOT.sha256,
            o.line,
            place.c.text.label("place"),
            is_recalled_row(o).label("is_recalled"),
        )
        .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
        .join(table_of(IndicatorKey), INDICATOR.id == o.indicator_id)
        .join(LOAD.id.table, LOAD.id == o.load_id)
        .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .outerjoin(place, place.c.id == o.place_id)
        .outerjoin(unit, unit.c.id == o.unit_id)
        .where(*audience_conditions(o, audiences))
    )


class LinkSource(NamedTuple):
    """The place that a link was read from."""

    document: str | None
    line: int | None
    place: str
    is_recalled: bool  # written from memory: nobody has read the link in its source


def read_link_sources(session: Session, seqs: Iterable[int]) -> dict[int, LinkSource]:
    """The places that links were read from, by the links' numbers."""
    k, sources = LINK.c, dict[int, LinkSource]()
    for chunk in bulk.split_chunks(seqs):
        statement = (
            select(k.seq, SNAPSHOT.name, k.line, WORD.c.text, is_recalled_row(k))
            .join_from(LINK, LOAD.id.table, LOAD.id == k.load_id)
            .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .outerjoin(WORD, WORD.c.id == k.place_id)
            .where(k.seq.in_(chunk))
        )
        for seq, document, line, place, is_recalled in session.execute(statement):
            sources[seq] = LinkSource(document, line, place or "", bool(is_recalled))
    return sources


def read_places(session: Session, subject: str, register: str, *, audiences: Collection[str] | None) -> list[str]:
    """Every place, once each, that a register's rows about a subject were read from, as far as readers may see them."""
    o = OBSERVATION.c
    statement = (
        select(WORD.c.text)
        .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
        .join(LOAD.id.table, LOAD.id == o.load_id)
        .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .join(WORD, WORD.c.id == o.place_id)
        .where(SUBJECT.key == subject, SNAPSHOT.register == register, *audience_conditions(o, audiences))
        .distinct()
    )
    return list(session.scalars(statement))


class DocumentName(NamedTuple):
    """A document of a register, by its path in the folder layout."""

    register: str
    name: str


def find_document_of_load(session: Session, load_id: int) -> DocumentName | None:
    """The document that a load parsed; None when the load holds rows that were entered here."""
    row = session.execute(
        select(SNAPSHOT.register, SNAPSHOT.name)
        .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(LOAD.id == load_id)
    ).first()
    return None if row is None else DocumentName._make(row)


def newest_load(session: Session) -> int:
    """The number of the newest finished load; 0 when there is none."""
    return session.scalar(select(func.max(LOAD.id)).where(LOAD.is_done)) or 0


class QuarantinedRow(NamedTuple):
    """A document, row or cell that could not be read."""

    document: str
    place: str
    reason: str


def read_quarantined_rows(
    session: Session, text: str, day: date, *, without_register: str | None = None
) -> list[QuarantinedRow]:
    """The quarantined rows, as known on a day, whose document's name or place contains a text.

    Args:
        session: of the database.
        text: letter case counts as the database compares it; signs such as ``%`` stand for themselves.
        day: of each document, the newest load known by this day counts.
        without_register: a register whose documents are left out.
    """
    newest_loads = select(func.max(LOAD.id)).where(
        LOAD.is_done,
        LOAD.withdrawn_by.is_(None),
        (LOAD.known_from <= day_number(day)) | LOAD.known_from.is_(None),
        (LOAD.looked_on <= day) | LOAD.looked_on.is_(None),
    )
    statement = (
        select(SNAPSHOT.name, QUARANTINE.place, QUARANTINE.reason)
        .join_from(table_of(Quarantine), table_of(Load), LOAD.id == QUARANTINE.load_id)
        .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(
            QUARANTINE.load_id.in_(newest_loads.group_by(LOAD.snapshot_id)),
            or_(*(column.contains(text, autoescape=True) for column in (SNAPSHOT.name, QUARANTINE.place))),
        )
        .order_by(QUARANTINE.id)
    )
    if without_register is not None:
        statement = statement.where(SNAPSHOT.register != without_register)
    return list(map(QuarantinedRow._make, session.execute(statement)))


class WithdrawalNote(NamedTuple):
    """Who withdrew a document, or everything about a subject, and why."""

    is_document: bool
    withdrawn_at: datetime
    person: str
    reason: str
    bytes_deleted: bool


def find_withdrawal(session: Session, sha256: str, subject: str) -> WithdrawalNote | None:
    """The newest withdrawal of a document, or of everything about a subject; None when neither was withdrawn."""
    for row in session.execute(select(table_of(Withdrawal)).order_by(WITHDRAWAL.id.desc())):
        is_document = sha256.startswith(row.target.lower())
        if is_document or row.target == subject:
            return WithdrawalNote(is_document, row.withdrawn_at, row.person, row.reason, bool(row.bytes_deleted))
    return None
