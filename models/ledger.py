"""The tables of the ledger: snapshots, loads, observations, links, listings, quarantine, withdrawals."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

# SQLite only hands out rowids for INTEGER, PostgreSQL needs eight bytes for a ledger of this size.
_IS_RETRACTION = text("retracts IS NOT NULL")
_IS_RESTRICTED = text("audience_id <> 1")
SEQ = BigInteger().with_variant(Integer(), "sqlite")


class Snapshot(SQLModel, table=True):
    """Bytes fetched from a register, kept in the archive under their SHA-256."""

    __table_args__ = (UniqueConstraint("register", "name", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    register_key: str = Field(index=True, sa_column_kwargs={"name": "register"})
    name: str  # path in the folder layout, also if it came from the web
    sha256: str = Field(index=True)
    size: int  # bytes
    address: str
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None


class Pull(SQLModel, table=True):
    """One look at a register: the number of new documents, or why the register could not be reached."""

    id: int | None = Field(default=None, primary_key=True)
    register_key: str = Field(index=True, sa_column_kwargs={"name": "register"})
    is_web: bool  # a folder shows the register as of its documents' days, not as of today
    pulled_at: datetime
    pulled_on: date  # the same instant as a day in London
    documents: int = 0
    new: int = 0
    error: str = ""


class Load(SQLModel, table=True):
    """One parse of one snapshot by one parser version; its rows are visible once ``is_done``."""

    __table_args__ = (UniqueConstraint("snapshot_id", "parser", "scope", "repetition"),)

    id: int | None = Field(default=None, primary_key=True)
    snapshot_id: int | None = Field(default=None, foreign_key="snapshot.id", index=True)  # None: our own entry
    parser: str  # "<register>/<version>"
    scope: str = "all"  # or the hash of the wanted subjects, where a register is only read for those
    repetition: int = 0  # raised when an older snapshot arrived later and this one had to be read again
    listed_on: date | None = None  # the day of the list, where the document is one
    recorded_at: datetime
    is_done: bool = False
    withdrawn_by: int | None = None  # the load that retracted this one, whose lists and quarantine no longer count
    looked_on: date | None = None  # the newest day for which it shows the register as it stood
    known_from: int | None = None  # first and last known_on of its rows, as days since 1970-01-01
    known_to: int | None = None
    records: int = 0
    observations: int = 0
    links: int = 0
    listed: int = 0
    unreadable: int = 0


class IndicatorKey(SQLModel, table=True):
    """The catalogue's keys as small numbers."""

    __tablename__ = "indicator"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str


class InternedText(SQLModel, table=True):
    """Texts that recur in millions of rows, stored once: units, scopes, columns, facts and contexts."""

    __tablename__ = "word"

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(unique=True)


class Observation(SQLModel, table=True):
    """One row of the ledger: append-only, a correction is a new row.

    Days are whole days since 1970-01-01, as DuckDB's dates are. ``(load_id, row)`` is the key: loading twice adds
    nothing and inserts stay sequential.
    """

    __table_args__ = (
        UniqueConstraint("load_id", "row"),
        Index("ix_observation_subject", "subject_id", "indicator_id"),
        Index("ix_observation_retracts", "retracts", sqlite_where=_IS_RETRACTION, postgresql_where=_IS_RETRACTION),
        Index("ix_observation_not_public", "seq", sqlite_where=_IS_RESTRICTED, postgresql_where=_IS_RESTRICTED),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SEQ)
    load_id: int = Field(sa_type=Integer)
    row: int
    subject_id: int
    indicator_id: int = Field(sa_type=SmallInteger)
    period_start: int | None = None
    period_end: int | None = None
    occurrence: str = ""
    known_on: int
    known_on_basis: int = Field(sa_type=SmallInteger)
    value_number: float | None = None
    value_text: str | None = None  # verbatim
    unit_id: int | None = None
    audience_id: int = Field(default=1, sa_type=SmallInteger)
    line: int | None = None
    place_id: int | None = None
    retracts: int | None = Field(default=None, sa_type=SEQ)


class Rounding(SQLModel, table=True):
    """The rounding of a figure by its document: -3 to thousands. Few are rounded, so observations have no column.

    A rounded figure that agrees with a more precise figure is not a restatement (``indicators/ledger/as_of_sql.py``).
    """

    load_id: int = Field(primary_key=True)
    row: int = Field(primary_key=True)
    decimals: int = Field(sa_type=SmallInteger)


class RecalledRow(SQLModel, table=True):
    """An observation or link that its document gives from memory: nobody has read it in its source.

    Few rows are recalled, so neither table has a column.
    """

    __tablename__ = "recalled_row"

    load_id: int = Field(primary_key=True)
    row: int = Field(primary_key=True)


class Link(SQLModel, table=True):
    """A dated relation between two subjects, read ``subject relation object``. Append-only like the ledger."""

    __table_args__ = (UniqueConstraint("load_id", "row"), Index("ix_link_object", "object_id"))

    seq: int | None = Field(default=None, primary_key=True, sa_type=SEQ)
    load_id: int = Field(sa_type=Integer)
    row: int
    subject_id: int = Field(index=True)
    relation: str
    kind: str = ""  # of buys_from: buyer, funder, host_area, regulator
    object_id: int | None = None  # None: the relation has ended
    since: int | None = None
    until: int | None = None
    known_on: int
    known_on_basis: int = Field(sa_type=SmallInteger)
    confidence: float = 1.0
    reference: str = ""
    value_gbp: float | None = None
    audience_id: int = Field(default=1, sa_type=SmallInteger)
    line: int | None = None
    place_id: int | None = None
    retracts: int | None = Field(default=None, sa_type=SEQ)


class Listing(SQLModel, table=True):
    """A subject that a complete list had, with its kind of setting: the source of last-seen and ``left_register``."""

    load_id: int = Field(primary_key=True)
    subject_id: int = Field(primary_key=True)
    scope_id: int
    line: int | None = None


class Repeat(SQLModel, table=True):
    """A subject with values that a load left out because they were known and unchanged.

    If an older document arrives later, the loads after it are read again for these subjects.
    """

    load_id: int = Field(primary_key=True)
    subject_id: int = Field(primary_key=True)


class Quarantine(SQLModel, table=True):
    """A document, row or cell that could not be read, with the reason."""

    __table_args__ = (UniqueConstraint("load_id", "row"),)

    id: int | None = Field(default=None, primary_key=True)
    load_id: int = Field(index=True)
    row: int
    line: int | None = None
    place: str = ""
    reason: str


class Withdrawal(SQLModel, table=True):
    """A tombstone: the snapshot or subject that was withdrawn, the person, the reason, and the number of rows."""

    id: int | None = Field(default=None, primary_key=True)
    target: str  # SHA-256 of a snapshot, or a subject's key
    reason: str
    person: str
    withdrawn_at: datetime
    retracted: int  # rows of the ledger
    bytes_deleted: bool = False
