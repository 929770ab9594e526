"""Reads the health of each register on a day: its rows in the ledger, its unreadable documents, its age."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, Select, func, select

from indicators import catalogue
from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LINK, LOAD, OBSERVATION, retracted_rows
from models import bulk
from models.database import Session, read_session, table_of
from models.ledger import Listing, Load, Pull, Quarantine, Snapshot

SNAPSHOT, LISTING, PULL = table_of(Snapshot).c, table_of(Listing).c, table_of(Pull).c
QUARANTINE = table_of(Quarantine).c


@dataclass
class RegisterHealth:
    """Counts of the rows that one register gave by a day, the documents it could not read, and its age."""

    register: str
    snapshots: int = 0  # documents that say something known by the day
    observations: int = 0  # live rows
    links: int = 0
    listed: int = 0  # subjects in its newest complete list
    not_yet_public: int = 0  # subjects of its documents by then with values that become public only later
    unreadable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # why, and how often
    first: dict[str, str] = field(default_factory=dict)  # why, and where that is first met: document, line, place
    looked_on: date | None = None
    is_stale: bool = False
    error: str = ""  # of the newest attempt to reach it


def read_register_health(engine: Engine, day: date) -> list[RegisterHealth]:
    """One line for each register of the catalogue, as of the day."""
    with read_session(engine) as session:
        looked_on = read_looked_on(session, day)
        return [_register_health(session, key, day, looked_on.get(key)) for key in catalogue.load().registers]


def read_looked_on(session: Session, day: date) -> dict[str, date]:
    """Register to the newest day, up to ``day``, on which it was looked at; registers never looked at are left out.

    A register on the web is looked at when it is pulled; a folder shows it as of the days of its documents.
    """
    shown = (
        select(SNAPSHOT.register, func.max(LOAD.looked_on).label("looked_on"))
        .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(LOAD.is_done, LOAD.withdrawn_by.is_(None), LOAD.looked_on <= day)
        .group_by(SNAPSHOT.register)
    )
    pulled = (
        select(PULL.register, func.max(PULL.pulled_on).label("looked_on"))
        .where(PULL.is_web, PULL.error == "", PULL.pulled_on <= day)
        .group_by(PULL.register)
    )
    newest: dict[str, date] = {}
    for row in (*session.execute(shown), *session.execute(pulled)):
        newest[row.register] = max(row.looked_on, newest.get(row.register, row.looked_on))
    return newest


def count_fresh_registers(session: Session, day: date) -> tuple[int, int]:
    """How many registers of the catalogue are fresh on the day, and how many have ever been read.

    A register is fresh for as many days after the newest look as the catalogue says (``stale_after_days``).
    """
    registers = catalogue.load().registers
    looked_on = {key: on for key, on in read_looked_on(session, day).items() if key in registers}
    fresh = [key for key, on in looked_on.items() if not _is_stale(key, on, day)]
    return len(fresh), len(looked_on)


def _is_stale(register: str, looked_on: date, day: date) -> bool:
    return day - looked_on > timedelta(days=catalogue.load().registers[register].stale_after_days)


def read_list_days(session: Session, register: str) -> list[date]:
    """The days of the register's complete lists in the ledger, oldest first."""
    statement = (
        select(LOAD.listed_on)
        .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(LOAD.is_done, LOAD.withdrawn_by.is_(None), LOAD.listed_on.is_not(None), SNAPSHOT.register == register)
        .distinct()
        .order_by(LOAD.listed_on)
    )
    return list(session.scalars(statement))


def _register_health(session: Session, register: str, day: date, looked_on: date | None) -> RegisterHealth:
    health, number = RegisterHealth(register), day_number(day)
    loads = (
        select(LOAD.id)
        .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(SNAPSHOT.register == register, LOAD.is_done, LOAD.withdrawn_by.is_(None))
    )
    known = loads.where((LOAD.known_from <= number) | LOAD.known_from.is_(None))
    health.snapshots = _count_rows(
        session, select(func.count(LOAD.snapshot_id.distinct())).where(LOAD.id.in_(known), LOAD.known_from.is_not(None))
    )
    for name, table in (("observations", OBSERVATION), ("links", LINK)):
        live = (table.c.load_id.in_(loads), table.c.retracts.is_(None), table.c.seq.not_in(retracted_rows(table)))
        setattr(health, name, _count_rows(session, select(func.count()).where(*live, table.c.known_on <= number)))
    health.looked_on, health.is_stale = looked_on, looked_on is not None and _is_stale(register, looked_on, day)
    newest_list = select(func.max(LOAD.listed_on)).where(LOAD.id.in_(loads), LOAD.listed_on <= day).scalar_subquery()
    lists = loads.where(LOAD.listed_on == newest_list)
    health.listed = _count_rows(
        session, select(func.count(LISTING.subject_id.distinct())).where(LISTING.load_id.in_(lists))
    )
    o = OBSERVATION.c
    shown = loads.where(LOAD.looked_on <= day)
    health.not_yet_public = _count_rows(
        session,
        select(func.count(o.subject_id.distinct())).where(
            o.load_id.in_(shown), o.known_on > number, o.retracts.is_(None), o.seq.not_in(retracted_rows(OBSERVATION))
        ),
    )
    newest_readings = select(func.max(LOAD.id)).where(LOAD.id.in_(known)).group_by(LOAD.snapshot_id)
    reasons = session.execute(
        select(QUARANTINE.reason, func.count().label("often"), func.min(QUARANTINE.id).label("first"))
        .where(QUARANTINE.load_id.in_(newest_readings))
        .group_by(QUARANTINE.reason)
    ).all()
    health.reasons = {row.reason: row.often for row in sorted(reasons, key=lambda row: (-row.often, row.reason))}
    health.unreadable = sum(health.reasons.values())
    health.first = _first_places(session, [row.first for row in reasons])
    health.error = (
        session.scalar(select(PULL.error).where(PULL.register == register).order_by(PULL.id.desc()).limit(1)) or ""
    )
    return health


def _first_places(session: Session, numbers: list[int]) -> dict[str, str]:
    """Reason to the place of a row of the quarantine, as people look it up: ``file.csv line 7, Places``."""
    places = {}
    for chunk in bulk.split_chunks(numbers):
        statement = (
            select(QUARANTINE.reason, QUARANTINE.line, QUARANTINE.place, SNAPSHOT.name)
            .join_from(table_of(Quarantine), table_of(Load), LOAD.id == QUARANTINE.load_id)
            .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(QUARANTINE.id.in_(chunk))
        )
        for row in session.execute(statement):
            where = row.name if row.line is None else f"{row.name} line {row.line}"
            places[row.reason] = f"{where}, {row.place}" if row.place else where
    return places


def _count_rows(session: Session, statement: Select[Any]) -> int:
    return int(session.scalar(statement) or 0)
