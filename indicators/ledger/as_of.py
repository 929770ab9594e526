"""Reads the ledger as it was known on a day: scoring, training, back-tests and replays all read through ``as_of``.

Rows leave the database in bulk and DuckDB does the rest in memory, so both databases give the same results. A national
day has twenty million rows: nothing of that size is held twice or sorted at once.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from functools import partial
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import duckdb
from sqlalchemy import Engine

from indicators import catalogue
from indicators.ledger.as_of_sql import (
    CREATE_AUDIENCES,
    CREATE_CORRECTED,
    CREATE_ENDED_LINKS,
    CREATE_LINKS,
    CREATE_LISTINGS,
    CREATE_MACRO,
    CREATE_RANKED,
    CREATE_RESTATED,
    CREATE_RESTRICTED,
    CREATE_STATUS_EVENTS,
    CREATE_VIEWS,
    DELETE_BLANKS,
    DELETE_CORRECTED,
    DELETE_ENDED_LINKS,
    DELETE_OTHERS_LEFT,
    DELETE_REPEATED_EVENTS,
    DELETE_RETRACTED,
    DELETE_ROUNDED,
    FIND_CORRECTED,
    INSERT_LEFT_REGISTER,
    RANK_NEWEST,
)
from indicators.ledger.reader import Horizon, LedgerReader, read_horizon
from models.vocabulary import View
from text.english import DAY_FORMAT

MEMORY = "2500MB"  # of DuckDB; a national day must fit in 4 GB altogether
PART_ROWS = 2_500_000  # rows that are sorted or grouped at once


class AsOf:
    """The ledger as it was known on a day, as DuckDB tables.

    Tables of ``db`` (days are DATE): ``observation`` (live rows, the latest known per subject, indicator, period and
    occurrence; ``left_register`` events are derived and have a negative ``seq``), ``latest`` and ``previous`` (the
    newest per subject and indicator by period, and the one before), ``restated`` (figures and grades of a period that
    the same register later corrected: value, text, ``seq`` and ``known_on`` of the first statement and of the newest;
    values that we read wrongly and withdrew are not among them), ``subject``, ``indicator``, ``word`` (units), ``link``
    (in force), ``ended_link`` (with ``ended_on``, the first day without the link),
    ``status_event`` (events that a status reports, by the key of the event: the ``seq`` of the row that states the
    status, the day of the first list that had it as ``known_on``, a ``report`` in words; the event has happened on that
    day at the latest),
    ``listing`` (newest list that had the subject; ``is_present`` when that is the newest list of its kind, and the
    register's newer lists have not dropped the kind),
    ``look`` (newest day on which each register was looked at), ``load`` (the register of each), ``recalled`` (the
    ``seq`` of rows that were remembered, not read in their source), ``audience`` (of the rows that are not public:
    for whom), ``restricted`` (``subject_id`` and ``audience`` of all such rows, corrected ones too).

    ``digest`` is a hash of what was read: the same digest means the same rows. ``read_again(subjects, audiences)``
    reads the same day once more, only these subjects and only the rows that these audiences may see.
    """

    read_again: Callable[[Collection[str], Collection[str]], "AsOf"]

    def __init__(self, day: date, view: View, upto: Horizon) -> None:
        self.day, self.view, self.upto = day, view, upto
        self.digest = ""
        self._spill = TemporaryDirectory(prefix="continuity-")  # for this reading alone, removed by ``close``
        settings: dict[str, str | bool] = {"memory_limit": MEMORY, "temp_directory": self._spill.name}
        settings["checkpoint_threshold"] = "1TB"  # nothing here outlives us: compressing it costs more than it saves
        self.db = duckdb.connect(":memory:", config={"enable_external_access": False, **settings})

    def sql(self, query: str, **parameters: object) -> duckdb.DuckDBPyRelation:
        """The result of a query over the tables; parameters are written ``$name``."""
        return self.db.sql(query, params=parameters or None)

    def close(self) -> None:
        """Give the memory back."""
        self.db.close()
        self._spill.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def as_of(
    engine: Engine,
    day: date,
    *,
    view: View = View.FULL,
    upto: Horizon | None = None,
    subjects: Iterable[str] | None = None,
    audiences: Collection[str] | None = None,
) -> AsOf:
    """The ledger as it was known on a day.

    Args:
        engine: the database.
        day: rows that became known later are not read.
        view: ``open`` reads public rows only.
        upto: for a replay: rows that the ledger did not have yet are not read.
        subjects: only rows about these subjects, for a page about one provider.
        audiences: only rows for these audiences and the public, for a person who reads; all if left out.
    """
    result = AsOf(day, view, upto or read_horizon(engine))
    result.db.execute(CREATE_MACRO)
    reader = LedgerReader(engine, result.db, day, view, result.upto, audiences=audiences)
    result.digest = reader.read_rows(subjects)
    result.read_again = partial(_read_again, engine, day, view, result.upto)
    result.db.execute(CREATE_RESTRICTED)
    result.db.execute(DELETE_RETRACTED)
    if result.db.execute("SELECT 1 FROM raw_rounding LIMIT 1").fetchone():
        result.db.execute(DELETE_ROUNDED)
    keep_newest(result.db)
    result.db.execute(DELETE_REPEATED_EVENTS, {"once": sorted(catalogue.one_time_events())})
    result.db.execute(INSERT_LEFT_REGISTER)
    if reader.subject_ids is not None:
        result.db.execute(DELETE_OTHERS_LEFT, {"only": reader.subject_ids})
    _execute_in_parts(result.db, RANK_NEWEST)
    for statement in (CREATE_RANKED, CREATE_LINKS, CREATE_LISTINGS):
        result.db.execute(statement)
    result.db.execute(CREATE_ENDED_LINKS, {"day": day})
    for statement in (DELETE_ENDED_LINKS, CREATE_AUDIENCES, CREATE_VIEWS):
        result.db.execute(statement)
    return result


def _read_again(  # noqa: PLR0917  (the first four are bound by `partial`)
    engine: Engine, day: date, view: View, upto: Horizon, subjects: Collection[str], audiences: Collection[str]
) -> AsOf:
    return as_of(engine, day, view=view, upto=upto, subjects=subjects, audiences=audiences)


def keep_newest(db: duckdb.DuckDBPyConnection) -> None:
    """Leave in ``observation`` the newest statement about each thing, and none if its register gives a value no longer.

    ``restated`` gets the statements that were replaced, ``status_event`` the events that changes of status report.
    """
    rows = [
        (key, indicator.title, value, indicator.starts.get(value), indicator.ends.get(value))
        for key, indicator in catalogue.load().indicators.items()
        for value in sorted({*indicator.starts, *indicator.ends})
    ]
    names = ("statuses", "titles", "values", "starts", "ends")
    db.execute(
        CREATE_STATUS_EVENTS,
        {**dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), "day_format": DAY_FORMAT},
    )
    db.execute(CREATE_CORRECTED)
    _execute_in_parts(db, FIND_CORRECTED)
    db.execute(CREATE_RESTATED)
    db.execute(DELETE_CORRECTED)
    db.execute(DELETE_BLANKS)


def _execute_in_parts(db: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Run a statement on one part of the subjects after the other; the statement must treat each subject by itself."""
    (rows,) = db.execute("SELECT count(*) FROM observation").fetchone() or (0,)
    parts = 1 + rows // PART_ROWS
    for part in range(parts):
        db.execute(statement, {"parts": parts, "part": part})


__all__ = ["AsOf", "Horizon", "as_of", "keep_newest", "read_horizon"]
