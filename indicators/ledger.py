"""The append-only ledger: one load is one parse of one snapshot, visible by one final row.

A value that is already known, live and unchanged on the day it is stated for is not repeated. Corrections are new rows;
a new parser version retracts what the old one read and adds its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice

from sqlalchemy import Engine, delete, select, update

from indicators import catalogue
from indicators.batch import (
    LISTING,
    QUARANTINE,
    REPEAT,
    ROUNDING,
    Batch,
    Dictionaries,
    Loaded,
    day_number,
    day_of,
)
from indicators.corrections import retract_older_parsers
from indicators.records import Linked, Record, Unreadable
from indicators.repeats import LINK, OBSERVATION
from models.database import Session, table_of, writing
from models.ledger import Load
from models.memory import uncollected

BATCH = 10_000  # records to a transaction: well under a second on SQLite
LOAD = table_of(Load)


def append(
    engine: Engine,
    snapshot_id: int,
    parser: str,
    records: Iterable[Record],
    *,
    recorded_at: datetime,
    scope: str = "all",
    wanted: set[str] | None = None,
    repetition: int = 0,
) -> Loaded:
    """Add what one parse of one snapshot says, and show it by one final row.

    Args:
        engine: the database.
        snapshot_id: the snapshot that was parsed.
        parser: name and version of the parser.
        records: what it read, streamed.
        recorded_at: the wall clock.
        scope: what ``wanted`` was, as a hash; the same (snapshot, parser, scope, repetition) again adds nothing.
        wanted: only records about these subjects are kept (links with either end among them); None keeps all.
        repetition: raised when a snapshot is read again because an older one arrived after it.
    """
    load = Load(
        snapshot_id=snapshot_id,
        parser=parser,
        scope=scope,
        repetition=repetition,
        recorded_at=recorded_at,
    )
    with writing(engine) as session:
        load_id = _begin(session, load)
        if load_id is None:
            return Loaded()
    loaded, names = Loaded(), Dictionaries()
    register = catalogue.load().registers.get(parser.partition("/")[0])
    says_again = register is None or not register.said_once
    for batch in _batches(_kept(records, wanted)):
        with uncollected():
            _add(engine, load_id, batch, names, loaded, says_again=says_again)
    with writing(engine) as session:
        retract_older_parsers(session, load_id, after_row=loaded.records)
        looked_on = None if loaded.looked_on is None else day_of(loaded.looked_on)
        counts = {**asdict(loaded), "looked_on": looked_on, "listed_on": looked_on if loaded.listed else None}
        session.execute(update(LOAD).where(LOAD.c.id == load_id).values(is_done=True, **counts))
    return loaded


def _add(
    engine: Engine, load_id: int, batch: list[Record], names: Dictionaries, loaded: Loaded, *, says_again: bool
) -> None:
    """Write the rows of a batch in one transaction; nothing of them is left when it returns."""
    with writing(engine) as session:
        rows = Batch(session, load_id, batch, names, says_again=says_again)
        rows.add(loaded)
        rows.write(session, loaded)


def _begin(session: Session, load: Load) -> int | None:
    """The number of a fresh load, or None when it is already done; what a killed one left is cleared away."""
    known = session.execute(
        select(LOAD.c.id, LOAD.c.is_done).where(
            LOAD.c.snapshot_id == load.snapshot_id,
            LOAD.c.parser == load.parser,
            LOAD.c.scope == load.scope,
            LOAD.c.repetition == load.repetition,
        )
    ).one_or_none()
    if known is not None and known.is_done:
        return None
    if known is not None:  # killed half-way: its rows were never visible
        for table in (OBSERVATION, ROUNDING, LINK, LISTING, QUARANTINE, REPEAT):
            session.execute(delete(table).where(table.c.load_id == known.id))
        session.execute(delete(LOAD).where(LOAD.c.id == known.id))
    session.add(load)
    session.flush()
    return load.id


def _kept(records: Iterable[Record], wanted: set[str] | None) -> Iterator[Record]:
    if wanted is None:
        yield from records
        return
    for record in records:
        if (
            isinstance(record, Unreadable)
            or record.subject in wanted
            or (isinstance(record, Linked) and record.object in wanted)
        ):
            yield record


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH)):
        yield batch


__all__ = ["Loaded", "append", "day_number", "day_of"]
