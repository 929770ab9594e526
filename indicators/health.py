"""How each register stands on a day: what is held, what could not be read, how old it is."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, Select, func, select

from indicators import catalogue
from indicators.ledger.append import day_number
from indicators.ledger.repeats import LINK, LOAD, OBSERVATION, retracted_rows
from models import bulk
from models.database import Session, read_session, table_of
from models.ledger import Listing, Load, Pull, Quarantine, Snapshot

SNAPSHOT, LISTING, PULL = table_of(Snapshot).c, table_of(Listing).c, table_of(Pull).c
QUARANTINE = table_of(Quarantine).c


@dataclass
class RegisterHealth:
    """What was known from one register by a day."""

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
        return [_register_health(session, key, day) for key in catalogue.load().registers]


def _register_health(session: Session, register: str, day: date) -> RegisterHealth:
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
    looked = select(func.max(LOAD.looked_on)).where(LOAD.id.in_(loads), LOAD.looked_on <= day)
    pulled = select(func.max(PULL.pulled_on)).where(
        PULL.register == register, PULL.is_web, PULL.error == "", PULL.pulled_on <= day
    )
    health.looked_on = max(filter(None, (session.scalar(looked), session.scalar(pulled))), default=None)
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
    limit = timedelta(days=catalogue.load().registers[register].stale_after_days)
    health.is_stale = health.looked_on is not None and day - health.looked_on > limit
    return health


def _first_places(session: Session, numbers: list[int]) -> dict[str, str]:
    """Reason to where the row of the quarantine stands, as people look it up: ``file.csv line 7, Places``."""
    found = {}
    for chunk in bulk.split_chunks(numbers):
        statement = (
            select(QUARANTINE.reason, QUARANTINE.line, QUARANTINE.place, SNAPSHOT.name)
            .join_from(table_of(Quarantine), table_of(Load), LOAD.id == QUARANTINE.load_id)
            .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(QUARANTINE.id.in_(chunk))
        )
        for row in session.execute(statement):
            where = row.name if row.line is None else f"{row.name} line {row.line}"
            found[row.reason] = f"{where}, {row.place}" if row.place else where
    return found


def _count_rows(session: Session, statement: Select[Any]) -> int:
    return int(session.scalar(statement) or 0)
