"""Corrects the ledger without changing a row: by retractions, repeated readings and withdrawals."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Table, delete, func, insert, literal, select, update

from indicators.archive import Archive
from indicators.ledger.repeats import LINK, LOAD, OBSERVATION, retracted_rows
from models.database import Session, read_session, table_of, write_session
from models.ledger import Load, Quarantine, Repeat, Snapshot, Withdrawal
from models.subjects import Subject
from settings import WrongInput

SNAPSHOT, REPEAT = table_of(Snapshot).c, table_of(Repeat).c
VALUE_KEY = ("subject_id", "indicator_id", "period_start", "period_end", "occurrence")
LINK_KEY = ("subject_id", "relation", "kind", "reference")
WITHDRAWAL_PARSER = "withdrawal/1"


class NothingToWithdraw(WrongInput):
    """No snapshot or subject has this name, or several have."""


def retract_rows(
    session: Session, table: Table, condition: ColumnElement[bool], load_id: int, *, after_row: int
) -> int:
    """Retract the live rows that ``condition`` selects, by adding a row for each; returns how many.

    A retraction takes effect from the day its row became known: the row was never right. A replay up to an earlier
    ``seq`` still sees it.
    """
    values: dict[str, Any] = {column.name: column for column in table.c if column.name != "seq"}
    values["load_id"] = literal(load_id)
    values["row"] = func.row_number().over(order_by=table.c.seq) + after_row
    values["retracts"] = table.c.seq
    live = select(*values.values()).where(
        condition, table.c.retracts.is_(None), table.c.seq.not_in(retracted_rows(table))
    )
    number = session.scalar(select(func.count()).select_from(live.subquery())) or 0
    session.execute(insert(table).from_select(list(values), live))
    return int(number)


def retract_older_parsers(session: Session, load_id: int, *, after_row: int) -> None:
    """Retract the rows that older versions of the parser read in the load's snapshot."""
    this = select(LOAD.snapshot_id, LOAD.parser).where(LOAD.id == load_id).subquery()
    older = list(
        session.scalars(
            select(LOAD.id).where(
                LOAD.snapshot_id == this.c.snapshot_id,
                LOAD.parser != this.c.parser,
                LOAD.is_done,
                LOAD.withdrawn_by.is_(None),
            )
        )
    )
    if not older:
        return
    for table in (OBSERVATION, LINK):
        retract_rows(session, table, table.c.load_id.in_(older), load_id, after_row=after_row)
    session.execute(update(table_of(Load)).where(LOAD.id.in_(older)).values(withdrawn_by=load_id))


def outdated_readings(engine: Engine, register: str) -> list[tuple[int, str, int]]:
    """Readings that left out values as unchanged, before an older document with other values arrived.

    Returns:
        (snapshot_id, scope, repetition) of the newest reading of each such snapshot, oldest first; the snapshot is to
        be read again with the next repetition.
    """
    newest = (
        select(func.max(LOAD.id).label("id"))
        .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(SNAPSHOT.register == register, LOAD.is_done, LOAD.withdrawn_by.is_(None))
        .group_by(LOAD.snapshot_id, LOAD.parser, LOAD.scope)
    )
    late = [_has_later_row(OBSERVATION, VALUE_KEY), _has_later_row(LINK, LINK_KEY)]
    overtaken = select(1).where(REPEAT.load_id == LOAD.id, late[0] | late[1]).correlate(table_of(Load)).exists()
    statement = (
        select(LOAD.snapshot_id, LOAD.scope, LOAD.repetition).where(LOAD.id.in_(newest), overtaken).order_by(LOAD.id)
    )
    with read_session(engine) as session:
        return [tuple(row) for row in session.execute(statement)]


def _has_later_row(table: Table, key: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a later load added, with an earlier day, a row about a subject that has values left out of the load.

    Only rows about things that were already known count: the load left out no value of anything new.
    """
    earlier = table.alias("earlier")
    same = [earlier.c[name].is_not_distinct_from(table.c[name]) for name in key]
    return (
        select(1)
        .where(
            table.c.subject_id == REPEAT.subject_id,
            table.c.load_id >= LOAD.id,  # a document can overtake itself, batch by batch
            table.c.known_on < LOAD.known_to,
            select(1).where(*same, earlier.c.seq < table.c.seq).correlate(table).exists(),
        )
        .correlate(table_of(Load), table_of(Repeat))
        .exists()
    )


def withdraw(
    engine: Engine,
    archive: Archive,
    target: str,
    *,
    reason: str,
    person: str,
    now: datetime,
    delete_bytes: bool = False,
) -> int:
    """Retract all rows of a snapshot (by SHA-256 or its beginning) or all rows about a subject (by its key).

    A tombstone stays and records the target, the person, the reason and the number of rows. Replays of runs that used
    the rows then say so.

    Returns:
        How many rows of the ledger were retracted.

    Raises:
        NothingToWithdraw: neither a snapshot nor a subject has this name, or the beginning fits several snapshots.
    """
    with write_session(engine) as session:
        snapshots = list(
            session.execute(
                select(SNAPSHOT.id, SNAPSHOT.sha256).where(SNAPSHOT.sha256.startswith(target.lower(), autoescape=True))
            )
        )
        subject = session.scalar(select(table_of(Subject).c.id).where(table_of(Subject).c.key == target))
        if len({row.sha256 for row in snapshots}) > 1 or (not snapshots and subject is None) or len(target) < 8:
            raise NothingToWithdraw(
                f"'{target}' names {len(snapshots) or 'no'} snapshots and no subject; "
                "give a subject's full identifier or at least 8 digits of a snapshot's SHA-256"
            )
        load = Load(
            snapshot_id=snapshots[0].id if snapshots else None,
            parser=WITHDRAWAL_PARSER,
            scope=f"{target}@{now.isoformat()}",
            recorded_at=now,
            is_done=True,
        )
        session.add(load)
        session.flush()
        load_id = load.id or 0
        loads = select(LOAD.id).where(LOAD.snapshot_id.in_([row.id for row in snapshots]))
        retractions = 0
        for table in (OBSERVATION, LINK):
            condition = table.c.load_id.in_(loads) if snapshots else table.c.subject_id == subject
            if not snapshots and table is LINK:
                condition = condition | (table.c.object_id == subject)
            retractions += retract_rows(session, table, condition, load_id, after_row=0)
        sha256 = snapshots[0].sha256 if snapshots else ""
        if snapshots:
            session.execute(update(table_of(Load)).where(LOAD.id.in_(loads)).values(withdrawn_by=load_id))
        else:
            session.execute(delete(table_of(Repeat)).where(REPEAT.subject_id == subject))
        deletes = bool(delete_bytes and snapshots)
        session.add(
            Withdrawal(
                target=sha256 or target,
                reason=reason,
                person=person,
                withdrawn_at=now,
                retracted=retractions,
                bytes_deleted=deletes,
            )
        )
        if deletes:
            quarantine = table_of(Quarantine)
            session.execute(delete(quarantine).where(quarantine.c.load_id.in_(loads)))
    if deletes:
        archive.file_path(sha256).unlink(missing_ok=True)
    return retractions


def withdrawals_after(session: Session, load_id: int) -> list[str]:
    """The targets (SHA-256 or subject) of the withdrawals that came after a load, oldest first."""
    statement = select(LOAD.scope).where(LOAD.parser == WITHDRAWAL_PARSER, LOAD.id > load_id).order_by(LOAD.id)
    return [scope.split("@")[0] for scope in session.scalars(statement)]
