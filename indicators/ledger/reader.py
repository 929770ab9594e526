"""Copies the rows that were known on a day from the database into DuckDB, for ``indicators/ledger/as_of.py``."""

import hashlib
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb
from sqlalchemy import ColumnElement, Engine, Select, case, func, literal_column, select, union_all

from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LINK, LOAD, OBSERVATION
from models import bulk
from models.database import read_session, table_of
from models.ledger import IndicatorKey, InternedText, Listing, Load, Pull, RecalledRow, Rounding, Snapshot
from models.subjects import Audience, Subject
from models.vocabulary import PUBLIC, BuyerKind, IndicatorKind, Relation, View

SUBJECT, INDICATOR, WORD = table_of(Subject).c, table_of(IndicatorKey).c, table_of(InternedText).c
LISTING, SNAPSHOT, PULL = table_of(Listing).c, table_of(Snapshot).c, table_of(Pull).c
AUDIENCE, RECALLED = table_of(Audience).c, table_of(RecalledRow).c
PUBLIC_AUDIENCE = 1

# As narrow as the ledger's own columns: a national day has twenty million rows.
_CREATE_OBSERVATION = """
CREATE TABLE observation (
    seq BIGINT, subject_id INTEGER, indicator_id SMALLINT, period_start DATE, period_end DATE, occurrence VARCHAR,
    known_on DATE, known_on_basis TINYINT, value_number DOUBLE, value_text VARCHAR, unit_id INTEGER, load_id INTEGER)
"""
_INSERT_OBSERVATION = """
INSERT INTO observation
SELECT seq, subject_id, indicator_id, as_day(period_start), as_day(period_end), occurrence, as_day(known_on),
       known_on_basis, value_number, value_text, unit_id, load_id
FROM incoming
"""
# Rows that retract others are read separately: they hold no values.
_DIGEST = (
    """SELECT count(*), max(seq), sum(seq)
    FROM (SELECT seq FROM observation UNION ALL SELECT seq FROM raw_retraction)""",
    "SELECT count(*), max(seq), sum(seq) FROM raw_link",
    "SELECT list(load_id ORDER BY load_id) FROM (SELECT DISTINCT load_id FROM raw_list)",
    "SELECT list(register || looked_on::VARCHAR ORDER BY register) FROM look",
)


class Horizon(NamedTuple):
    """The highest numbers of rows, loads and pulls that are read."""

    seq: int
    load: int
    pull: int


def read_horizon(engine: Engine) -> Horizon:
    """The highest numbers of rows, loads and pulls now."""
    with read_session(engine) as session:
        load = session.scalar(select(func.max(LOAD.id)).where(LOAD.is_done)) or 0
        pull = (
            session.scalar(select(func.max(PULL.id)).where(PULL.is_web)) or 0
        )  # a pull from a folder does not look at the register
        seq = max(session.scalar(select(func.max(table.c.seq))) or 0 for table in (OBSERVATION, LINK))
    return Horizon(seq, load, pull)


def audience_conditions(table: Any, audiences: Collection[str] | None) -> list[Any]:
    """The condition that a row is for these audiences or the public; no condition if ``audiences`` is None (all)."""
    if audiences is None:
        return []
    return [table.audience_id.in_(select(AUDIENCE.id).where(AUDIENCE.key.in_(sorted({PUBLIC, *audiences}))))]


def is_recalled_row(table: Any) -> ColumnElement[bool]:
    """Whether a row of the observations or of the links is given from memory; ``table`` gives its columns."""
    return (
        select(1)
        .where(RECALLED.load_id == table.load_id, RECALLED.row == table.row)
        .correlate(table.load_id.table)
        .exists()
    )


class LedgerReader:
    """Copies the rows of one reading from the database into DuckDB."""

    def __init__(
        self,
        engine: Engine,
        db: duckdb.DuckDBPyConnection,
        day: date,
        view: View,
        upto: Horizon,
        *,
        audiences: Collection[str] | None = None,
    ) -> None:
        self.engine, self.db, self.day, self.view, self.upto = engine, db, day, view, upto
        self.audiences = audiences
        self.subject_ids: list[int] | None = None
        self.done_loads = select(LOAD.id).where(LOAD.is_done, LOAD.id <= upto.load)

    def read_rows(self, subjects: Iterable[str] | None) -> str:
        """Read all rows, or the rows about some subjects, and return the digest of the rows."""
        if subjects is not None:
            self.subject_ids = self._subject_numbers(subjects)
        self._create_table("indicator", select(INDICATOR.id, INDICATOR.key, INDICATOR.kind))
        self.db.execute(
            "INSERT INTO indicator SELECT coalesce(max(id), 0) + 1, 'left_register', 'event' FROM indicator "
            "HAVING count(*) FILTER (key = 'left_register') = 0"
        )
        self._read_observations()
        self._create_table("raw_retraction", self._select_retractions())
        self._create_table("recalled", self._select_recalled())
        self._create_table("raw_audience", self._select_audiences())
        self._create_table("raw_rounding", self._select_roundings())
        self._create_table("raw_link", self._select_links())
        self._create_table("raw_list", self._select_lists())
        self._create_table("raw_listing", self._select_listings())
        self._create_table("look", self._select_looked_on())
        self._create_table("load", self._select_loads())
        self._create_table("subject", self._select_subjects())
        units = self._read_column("SELECT DISTINCT unit_id FROM observation WHERE unit_id IS NOT NULL")
        self._create_table("word", select(WORD.id, WORD.text).where(WORD.id.in_(units)))
        facts = [str(self.db.execute(part).fetchone()) for part in _DIGEST]
        text = "|".join([self.day.isoformat(), self.view, *facts])
        return hashlib.sha256(text.encode()).hexdigest()

    def _subject_numbers(self, keys: Iterable[str]) -> list[int]:
        with read_session(self.engine) as session:
            return [
                number
                for chunk in bulk.split_chunks(keys)
                for number in session.scalars(select(SUBJECT.id).where(SUBJECT.key.in_(chunk)))
            ]

    def _read_observations(self) -> None:
        """Insert the rows as they stream in: two copies would not fit into memory."""
        self.db.execute(_CREATE_OBSERVATION)
        parts = bulk.parallel_count(self.engine) if self.subject_ids is None else 1
        if parts == 1:
            self._insert_rows(self.db, self.select_observations())
            return
        seq = OBSERVATION.c.seq
        cuts = pairwise(self.upto.seq * part // parts for part in range(parts + 1))
        with ThreadPoolExecutor(parts) as pool, ExitStack() as stack:
            dbs = [stack.enter_context(self.db.cursor()) for _ in range(parts)]
            list(
                pool.map(
                    self._insert_rows,
                    dbs,
                    [self.select_observations().where(seq > low, seq <= high) for low, high in cuts],
                )
            )

    def _insert_rows(self, db: duckdb.DuckDBPyConnection, statement: Select[Any]) -> None:
        for rows in bulk.stream_rows(self.engine, statement):
            db.register("incoming", rows)
            db.execute(_INSERT_OBSERVATION)
            db.unregister("incoming")

    def _create_table(self, name: str, statement: Select[Any]) -> None:
        self.db.from_arrow(bulk.read_rows(self.engine, statement)).create(name)

    def _read_column(self, query: str) -> list[int]:
        return [row[0] for row in self.db.execute(query).fetchall()]

    def _known_rows(self, table: Any, columns: Iterable[Any]) -> Select[Any]:
        """Rows of the ledger or of the links that were known on the day."""
        statement = select(*columns).where(
            table.known_on <= day_number(self.day),
            table.seq <= self.upto.seq,
            table.load_id.in_(self.done_loads),
            *audience_conditions(table, self.audiences),
        )
        if self.view is View.OPEN:
            statement = statement.where(table.audience_id == PUBLIC_AUDIENCE)
        return statement

    def select_observations(self) -> Select[Any]:
        """The rows of the ledger that hold values, not retractions."""
        o = OBSERVATION.c
        figures = select(INDICATOR.id).where(
            INDICATOR.kind.in_((IndicatorKind.FIGURE, IndicatorKind.FORECAST, IndicatorKind.FLAG))
        )
        text = case((o.indicator_id.in_(figures), None), else_=o.value_text).label("value_text")
        statement = self._known_rows(
            o,
            (
                o.seq,
                o.subject_id,
                o.indicator_id,
                o.period_start,
                o.period_end,
                o.occurrence,
                o.known_on,
                o.known_on_basis,
                o.value_number,
                text,
                o.unit_id,
                o.load_id,
            ),
        ).where(o.retracts.is_(None))
        return self._limit_to_subjects(statement)

    def _select_retractions(self) -> Select[Any]:
        o = OBSERVATION.c
        return self._limit_to_subjects(self._known_rows(o, (o.seq, o.retracts)).where(o.retracts.is_not(None)))

    def _limit_to_subjects(self, statement: Select[Any]) -> Select[Any]:
        return (
            statement if self.subject_ids is None else statement.where(OBSERVATION.c.subject_id.in_(self.subject_ids))
        )

    def _select_recalled(self) -> Select[Any]:
        """The rows that nobody has read in their source: few, and looked up by load and row."""
        o = OBSERVATION.c
        return select(o.seq).where(o.load_id == RECALLED.load_id, o.row == RECALLED.row, o.seq <= self.upto.seq)

    def _select_audiences(self) -> Select[Any]:
        """The audience of each row that is not public: few rows, with an index of their own."""
        o = OBSERVATION.c
        statement = self._known_rows(o, (o.seq, AUDIENCE.key.label("audience"))).join(
            table_of(Audience), AUDIENCE.id == o.audience_id
        )
        return self._limit_to_subjects(statement.where(o.audience_id != literal_column(str(PUBLIC_AUDIENCE))))

    def _select_roundings(self) -> Select[Any]:
        """The decimals of each row that its document rounds: few rows, looked up by load and row."""
        o = OBSERVATION.c
        rounding = table_of(Rounding).c
        statement = select(o.seq, rounding.decimals).where(
            o.load_id == rounding.load_id, o.row == rounding.row, o.load_id.in_(self.done_loads), o.seq <= self.upto.seq
        )
        return self._limit_to_subjects(statement)

    def _select_links(self) -> Select[Any]:
        k = LINK.c
        statement = self._known_rows(
            k,
            (
                k.seq,
                k.subject_id,
                k.relation,
                k.kind,
                k.object_id,
                k.since,
                k.until,
                k.known_on,
                k.confidence,
                k.reference,
                k.value_gbp,
                k.load_id,
                k.retracts,
            ),
        )
        if self.subject_ids is None:
            return statement
        # A setting has one owner and one area: a newer link to another one ends the link to these subjects.
        other = LINK.alias("other").c
        owned = select(other.subject_id).where(
            other.object_id.in_(self.subject_ids), other.relation == Relation.OWNED_BY
        )
        hosted = select(other.object_id).where(
            other.subject_id.in_(self.subject_ids), other.kind == BuyerKind.HOST_AREA
        )
        return statement.where(
            k.subject_id.in_(self.subject_ids)
            | k.object_id.in_(self.subject_ids)
            | ((k.relation == Relation.OWNED_BY) & k.subject_id.in_(owned))
            | ((k.kind == BuyerKind.HOST_AREA) & k.object_id.in_(hosted))
        )

    def _select_lists(self) -> Select[Any]:
        """The complete lists known by the day, with the kinds of setting of each."""
        return (
            select(LISTING.load_id, LISTING.scope_id, WORD.text.label("scope"), SNAPSHOT.register, LOAD.listed_on)
            .join_from(table_of(Listing), table_of(Load), LOAD.id == LISTING.load_id)
            .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .join(table_of(InternedText), WORD.id == LISTING.scope_id)
            .where(
                LOAD.id.in_(self.done_loads),
                LOAD.withdrawn_by.is_(None) | (LOAD.withdrawn_by > self.upto.load),
                LOAD.listed_on <= self.day,
            )
            .distinct()
        )

    def _select_listings(self) -> Select[Any]:
        """The subjects of each list. A reading about some subjects has these and the other ends of their links."""
        lists = self._read_column("SELECT DISTINCT load_id FROM raw_list")
        statement = select(LISTING.load_id, LISTING.subject_id, LISTING.scope_id).where(LISTING.load_id.in_(lists))
        return (
            statement
            if self.subject_ids is None
            else statement.where(LISTING.subject_id.in_(self._linked_subjects(self.subject_ids)))
        )

    def _select_looked_on(self) -> Select[Any]:
        """The newest day on which each register was looked at: by a pull from the web, or by a document of that day."""
        shown = (
            select(SNAPSHOT.register, LOAD.looked_on.label("day"))
            .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(LOAD.id.in_(self.done_loads), LOAD.looked_on <= self.day)
        )
        pulled = select(PULL.register, PULL.pulled_on.label("day")).where(
            PULL.is_web, PULL.error == "", PULL.id <= self.upto.pull, PULL.pulled_on <= self.day
        )
        looks = union_all(shown, pulled).subquery()
        return select(looks.c.register, func.max(looks.c.day).label("looked_on")).group_by(looks.c.register)

    def _select_loads(self) -> Select[Any]:
        """The register of each load."""
        return (
            select(LOAD.id, SNAPSHOT.register)
            .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(LOAD.id.in_(self.done_loads))
        )

    def _select_subjects(self) -> Select[Any]:
        if self.subject_ids is None:
            return select(SUBJECT.id, SUBJECT.key)
        return select(SUBJECT.id, SUBJECT.key).where(SUBJECT.id.in_(self._linked_subjects(self.subject_ids)))

    def _linked_subjects(self, only: Iterable[int]) -> list[int]:
        ends = self._read_column("SELECT subject_id FROM raw_link UNION SELECT object_id FROM raw_link")
        return sorted(number for number in {*only, *ends} if number is not None)
