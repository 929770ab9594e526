"""The append-only ledger: one load is one parse of one snapshot, visible by one final row.

A value that is known, live and unchanged on its day is not repeated. Corrections are new rows. A new parser version
retracts the rows of the old version and adds its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice

from sqlalchemy import Engine, delete, select, update

from indicators import catalogue
from indicators.ledger.batch import LISTING, QUARANTINE, RECALLED, REPEAT, ROUNDING, Batch
from indicators.ledger.corrections import retract_older_parsers
from indicators.ledger.day_numbers import day_of
from indicators.ledger.dictionaries import Dictionaries
from indicators.ledger.load_counts import LoadCounts
from indicators.ledger.repeats import LINK, OBSERVATION
from indicators.parsed_records import LinkRecord, Record, UnreadableRecord
from models.database import Session, table_of, write_session
from models.garbage_collection import gc_paused
from models.ledger import Load

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
    wanted_subjects: set[str] | None = None,
    repetition: int = 0,
) -> LoadCounts:
    """Add the records of one parse of one snapshot, and make them visible by one final row.

    Args:
        engine: the database.
        snapshot_id: the snapshot that was parsed.
        parser: name and version of the parser.
        records: of the parser, streamed.
        recorded_at: the wall clock.
        scope: the hash of ``wanted_subjects``; the same (snapshot, parser, scope, repetition) again adds nothing.
        wanted_subjects: only records about these subjects are kept (links with either end among them); None keeps all.
        repetition: raised when a snapshot is read again because an older snapshot arrived after it.
    """
    load = Load(
        snapshot_id=snapshot_id,
        parser=parser,
        scope=scope,
        repetition=repetition,
        recorded_at=recorded_at,
    )
    with write_session(engine) as session:
        load_id = _begin_load(session, load)
        if load_id is None:
            return LoadCounts()
    loaded, names = LoadCounts(), Dictionaries()
    register = catalogue.load().registers.get(parser.partition("/")[0])
    says_again = register is None or not register.never_repeats
    for batch in _split_batches(_wanted_records(records, wanted_subjects)):
        with gc_paused():
            _add_batch(engine, load_id, batch, names, loaded, may_repeat=says_again)
    with write_session(engine) as session:
        retract_older_parsers(session, load_id, after_row=loaded.records)
        looked_on = None if loaded.looked_on is None else day_of(loaded.looked_on)
        counts = {**asdict(loaded), "looked_on": looked_on, "listed_on": looked_on if loaded.listed else None}
        session.execute(update(LOAD).where(LOAD.c.id == load_id).values(is_done=True, **counts))
    return loaded


def _add_batch(
    engine: Engine, load_id: int, batch: list[Record], names: Dictionaries, loaded: LoadCounts, *, may_repeat: bool
) -> None:
    """Write the rows of a batch in one transaction; the batch is out of memory when this returns."""
    with write_session(engine) as session:
        rows = Batch(session, load_id, batch, names, may_repeat=may_repeat)
        rows.add_rows(loaded)
        rows.write_rows(session, loaded)


def _begin_load(session: Session, load: Load) -> int | None:
    """The number of a fresh load; None if the load is already done. Rows that a killed load left are deleted."""
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
        for table in (OBSERVATION, ROUNDING, RECALLED, LINK, LISTING, QUARANTINE, REPEAT):
            session.execute(delete(table).where(table.c.load_id == known.id))
        session.execute(delete(LOAD).where(LOAD.c.id == known.id))
    session.add(load)
    session.flush()
    return load.id


def _wanted_records(records: Iterable[Record], wanted: set[str] | None) -> Iterator[Record]:
    if wanted is None:
        yield from records
        return
    for record in records:
        if (
            isinstance(record, UnreadableRecord)
            or record.subject in wanted
            or (isinstance(record, LinkRecord) and record.object in wanted)
        ):
            yield record


def _split_batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH)):
        yield batch
