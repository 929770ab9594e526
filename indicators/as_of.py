"""What was known on a day: the one reading through which everything is scored, trained, back-tested and replayed.

Rows leave the database in bulk and the rest is done by DuckDB in memory, so both databases answer alike.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from types import TracebackType
from typing import Any, NamedTuple, Self

import duckdb
from sqlalchemy import Engine, Select, case, func, select, union_all

from indicators.ledger import day_number
from indicators.repeats import LINK, LOAD, OBSERVATION
from models import bulk
from models.database import reading, table_of
from models.ledger import IndicatorKey, Listing, Load, Pull, Snapshot, Subject, Word
from models.vocabulary import View

SUBJECT, INDICATOR, WORD = table_of(Subject).c, table_of(IndicatorKey).c, table_of(Word).c
LISTING, SNAPSHOT, PULL = table_of(Listing).c, table_of(Snapshot).c, table_of(Pull).c
PUBLIC_AUDIENCE = 1
MEMORY = "3GB"  # of DuckDB; a national day must fit in 4 GB altogether

_MACRO = "CREATE MACRO as_day(number) AS DATE '1970-01-01' + number::INTEGER"

# A correction replaces what it corrects: the latest known of the same thing. Events that a register does not number
# apart all count, since two of one kind may happen on one day.
_LIVE = """
CREATE TABLE observation AS
SELECT seq, subject_id, indicator_id, as_day(period_start) AS period_start, as_day(period_end) AS period_end,
       occurrence, as_day(known_on) AS known_on, known_on_basis, value_number, value_text, unit_id, load_id
FROM raw_observation
WHERE retracts IS NULL AND seq NOT IN (SELECT retracts FROM raw_observation WHERE retracts IS NOT NULL)
QUALIFY row_number() OVER (
    PARTITION BY subject_id, indicator_id, period_start, period_end, occurrence,
                 CASE WHEN occurrence = '' AND indicator_id IN (SELECT id FROM indicator WHERE kind = 'event')
                      THEN seq END
    ORDER BY known_on DESC, seq DESC) = 1
"""

# A setting left when the next list no longer has it, if both lists have settings of its kind.
_LEFT = """
INSERT INTO observation
WITH lists AS (SELECT register, listed_on, max(load_id) AS load_id FROM raw_list GROUP BY ALL),
     pairs AS (SELECT register, listed_on, load_id, lead(load_id) OVER w AS next_load, lead(listed_on) OVER w AS next_on
               FROM lists WINDOW w AS (PARTITION BY register ORDER BY listed_on))
SELECT -row_number() OVER (ORDER BY pairs.next_on, gone.subject_id), gone.subject_id,
       (SELECT id FROM indicator WHERE key = 'left_register'), pairs.listed_on, pairs.next_on, pairs.register,
       pairs.next_on, 2, NULL, NULL, NULL, pairs.next_load
FROM pairs
JOIN raw_listing AS gone ON gone.load_id = pairs.load_id
WHERE pairs.next_load IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM raw_listing AS l WHERE l.load_id = pairs.next_load AND l.subject_id = gone.subject_id)
  AND EXISTS (SELECT 1 FROM raw_list AS l WHERE l.load_id = pairs.next_load AND l.scope_id = gone.scope_id)
"""

_RANKED = """
CREATE TABLE ranked AS
SELECT *, row_number() OVER (PARTITION BY subject_id, indicator_id
                             ORDER BY coalesce(period_end, known_on) DESC, known_on DESC, seq DESC) AS nth
FROM observation
"""

_VIEWS = """
CREATE VIEW latest AS SELECT * EXCLUDE nth FROM ranked WHERE nth = 1;
CREATE VIEW previous AS SELECT * EXCLUDE nth FROM ranked WHERE nth = 2;
DROP TABLE raw_observation; DROP TABLE raw_link; DROP TABLE raw_listing; DROP TABLE raw_list;
SET lock_configuration = true
"""

_LINKS = """
CREATE TABLE link AS
SELECT seq, subject_id, relation, kind, object_id, as_day(since) AS since, as_day(until) AS until,
       as_day(known_on) AS known_on, confidence, reference, value_gbp, load_id
FROM raw_link
WHERE retracts IS NULL AND seq NOT IN (SELECT retracts FROM raw_link WHERE retracts IS NOT NULL)
QUALIFY row_number() OVER (
    PARTITION BY relation, kind,
                 CASE WHEN kind = 'host_area' THEN NULL ELSE subject_id END,
                 CASE WHEN relation = 'owned_by' THEN NULL ELSE object_id END, reference
    ORDER BY known_on DESC, seq DESC) = 1
"""

_LISTINGS = """
CREATE TABLE listing AS
WITH newest AS (SELECT register, scope_id, max(listed_on) AS newest_on FROM raw_list GROUP BY ALL)
SELECT subject_id, register, scope, listed_on, listed_on >= newest_on AS is_present, load_id
FROM raw_listing JOIN raw_list USING (load_id, scope_id) JOIN newest USING (register, scope_id)
QUALIFY row_number() OVER (PARTITION BY subject_id, register ORDER BY listed_on DESC, load_id DESC) = 1
"""


class Horizon(NamedTuple):
    """How far the ledger had grown: rows, loads and pulls with higher numbers are not read."""

    seq: int
    load: int
    pull: int


class AsOf:
    """The ledger as it was known on a day, as DuckDB tables.

    Tables of ``db`` (days are DATE): ``observation`` (live rows, the latest known per subject, indicator, period and
    occurrence; ``left_register`` events are derived and have a negative ``seq``), ``latest`` and ``previous`` (the
    newest per subject and indicator by period, and the one before), ``subject``, ``indicator``, ``word`` (units),
    ``link``, ``listing`` (newest list that had the subject; ``is_present`` when that is the newest list of its kind),
    ``look`` (newest day on which each register was looked at), ``load`` (the register of each), ``recalled`` (the
    ``seq`` of rows that were remembered, not read in their source).

    ``digest`` is a hash of what was read: the same digest means the same rows.
    """

    def __init__(self, day: date, view: View, upto: Horizon) -> None:
        self.day, self.view, self.upto = day, view, upto
        self.digest = ""
        self.db = duckdb.connect(":memory:", config={"enable_external_access": "false", "memory_limit": MEMORY})

    def sql(self, query: str, **parameters: object) -> duckdb.DuckDBPyRelation:
        """The result of a query over the tables; parameters are written ``$name``."""
        return self.db.sql(query, params=parameters or None)

    def close(self) -> None:
        """Give the memory back."""
        self.db.close()

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
) -> AsOf:
    """The ledger as it was known on a day.

    Args:
        engine: the database.
        day: nothing that became known later is read.
        view: ``open`` reads public rows only.
        upto: for a replay: what the ledger did not have yet is not read.
        subjects: only what is said about these subjects, for a page about one provider.
    """
    result = AsOf(day, view, upto or horizon(engine))
    reader = _Reader(engine, result, None if subjects is None else _subject_ids(engine, subjects))
    reader.read()
    for statement in (_MACRO, _LIVE, _LEFT, _RANKED, _LINKS, _LISTINGS, _VIEWS):
        result.db.execute(statement)
    return result


def horizon(engine: Engine) -> Horizon:
    """How far the ledger has grown now."""
    with reading(engine) as session:
        load = session.scalar(select(func.max(LOAD.id)).where(LOAD.is_done)) or 0
        pull = session.scalar(select(func.max(PULL.id)).where(PULL.is_web)) or 0  # a folder's is no look of its own
        seq = max(session.scalar(select(func.max(table.c.seq))) or 0 for table in (OBSERVATION, LINK))
    return Horizon(seq, load, pull)


def _subject_ids(engine: Engine, keys: Iterable[str]) -> list[int]:
    with reading(engine) as session:
        return [
            number
            for chunk in bulk.chunked(keys)
            for number in session.scalars(select(SUBJECT.id).where(SUBJECT.key.in_(chunk)))
        ]


class _Reader:
    """Brings the rows of one reading from the database into DuckDB."""

    def __init__(self, engine: Engine, result: AsOf, only: list[int] | None) -> None:
        self.engine, self.result, self.only = engine, result, only
        self.done = select(LOAD.id).where(LOAD.is_done, LOAD.id <= result.upto.load)

    def read(self) -> None:
        """Read everything, and take the digest."""
        self._table("indicator", select(INDICATOR.id, INDICATOR.key, INDICATOR.kind))
        self.result.db.execute(
            "INSERT INTO indicator SELECT coalesce(max(id), 0) + 1, 'left_register', 'event' FROM indicator "
            "HAVING count(*) FILTER (key = 'left_register') = 0"
        )
        self._table("raw_observation", self._observations())
        self._table("recalled", self._recalled())
        self._table("raw_link", self._links())
        self._table("raw_list", self._lists())
        self._table("raw_listing", self._listings())
        self._table("look", self._looks())
        self._table("load", self._loads())
        self._table("subject", self._subjects())
        units = self._column("SELECT DISTINCT unit_id FROM raw_observation WHERE unit_id IS NOT NULL")
        self._table("word", select(WORD.id, WORD.text).where(WORD.id.in_(units)))
        parts = (
            "SELECT count(*), max(seq), sum(seq) FROM raw_observation",
            "SELECT count(*), max(seq), sum(seq) FROM raw_link",
            "SELECT list(load_id ORDER BY load_id) FROM (SELECT DISTINCT load_id FROM raw_list)",
            "SELECT list(register || looked_on::VARCHAR ORDER BY register) FROM look",
        )
        facts = [str(self.result.db.execute(part).fetchone()) for part in parts]
        text = "|".join([self.result.day.isoformat(), self.result.view, *facts])
        self.result.digest = hashlib.sha256(text.encode()).hexdigest()

    def _table(self, name: str, statement: Select[Any]) -> None:
        self.result.db.from_arrow(bulk.read(self.engine, statement)).create(name)

    def _column(self, query: str) -> list[int]:
        return [row[0] for row in self.result.db.execute(query).fetchall()]

    def _rows(self, table: Any, columns: Iterable[Any]) -> Select[Any]:
        """Rows of the ledger or of the links that were known on the day."""
        statement = select(*columns).where(
            table.known_on <= day_number(self.result.day),
            table.seq <= self.result.upto.seq,
            table.load_id.in_(self.done),
        )
        if self.result.view is View.OPEN:
            statement = statement.where(table.audience_id == PUBLIC_AUDIENCE)
        return statement

    def _observations(self) -> Select[Any]:
        o = OBSERVATION.c
        figures = self._column("SELECT id FROM indicator WHERE kind IN ('figure', 'forecast', 'flag')")
        text = case((o.indicator_id.in_(figures), None), else_=o.value_text).label("value_text")
        statement = self._rows(
            o,
            (
                o.seq, o.subject_id, o.indicator_id, o.period_start, o.period_end, o.occurrence, o.known_on,
                o.known_on_basis, o.value_number, text, o.unit_id, o.load_id, o.retracts,
            ),
        )  # fmt: skip
        return statement if self.only is None else statement.where(o.subject_id.in_(self.only))

    def _recalled(self) -> Select[Any]:
        """Rows that the casebook marks, in their place, as recalled and not read in a document."""
        o, casebook = OBSERVATION.c, select(SNAPSHOT.id).where(SNAPSHOT.register == "casebook")
        marked = select(WORD.id).where(WORD.text.like("% · recalled (%"))
        loads = select(LOAD.id).where(LOAD.snapshot_id.in_(casebook))
        return select(o.seq).where(o.load_id.in_(loads), o.place_id.in_(marked))

    def _links(self) -> Select[Any]:
        k = LINK.c
        statement = self._rows(
            k,
            (
                k.seq, k.subject_id, k.relation, k.kind, k.object_id, k.since, k.until, k.known_on, k.confidence,
                k.reference, k.value_gbp, k.load_id, k.retracts,
            ),
        )  # fmt: skip
        if self.only is None:
            return statement
        return statement.where(k.subject_id.in_(self.only) | k.object_id.in_(self.only))

    def _lists(self) -> Select[Any]:
        """Which complete lists there were, and of which kinds of setting."""
        return (
            select(LISTING.load_id, LISTING.scope_id, WORD.text.label("scope"), SNAPSHOT.register, LOAD.listed_on)
            .join_from(table_of(Listing), table_of(Load), LOAD.id == LISTING.load_id)
            .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .join(table_of(Word), WORD.id == LISTING.scope_id)
            .where(
                LOAD.id.in_(self.done),
                LOAD.withdrawn_by.is_(None) | (LOAD.withdrawn_by > self.result.upto.load),
                LOAD.listed_on <= self.result.day,
            )
            .distinct()
        )

    def _listings(self) -> Select[Any]:
        lists = self._column("SELECT DISTINCT load_id FROM raw_list")
        statement = select(LISTING.load_id, LISTING.subject_id, LISTING.scope_id).where(LISTING.load_id.in_(lists))
        return statement if self.only is None else statement.where(LISTING.subject_id.in_(self.only))

    def _looks(self) -> Select[Any]:
        """A web register is looked at when it is pulled; a folder shows it as of its documents' days."""
        seen = (
            select(SNAPSHOT.register, LOAD.looked_on.label("day"))
            .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(LOAD.id.in_(self.done), LOAD.looked_on <= self.result.day)
        )
        pulled = select(PULL.register, PULL.pulled_on.label("day")).where(
            PULL.is_web, PULL.error == "", PULL.id <= self.result.upto.pull, PULL.pulled_on <= self.result.day
        )
        looks = union_all(seen, pulled).subquery()
        return select(looks.c.register, func.max(looks.c.day).label("looked_on")).group_by(looks.c.register)

    def _loads(self) -> Select[Any]:
        """Which register each load is of."""
        return (
            select(LOAD.id, SNAPSHOT.register)
            .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(LOAD.id.in_(self.done))
        )

    def _subjects(self) -> Select[Any]:
        if self.only is None:
            return select(SUBJECT.id, SUBJECT.key)
        ends = self._column("SELECT subject_id FROM raw_link UNION SELECT object_id FROM raw_link")
        wanted = [number for number in {*self.only, *ends} if number is not None]
        return select(SUBJECT.id, SUBJECT.key).where(SUBJECT.id.in_(wanted))
