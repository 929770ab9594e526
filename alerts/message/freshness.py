"""Counts the registers that are up to date, so that readers can trust a message without news."""

from datetime import date, timedelta

from sqlalchemy import func, select

from indicators import catalogue
from models.database import Session, table_of
from models.ledger import Load, Pull, Snapshot
from text.english import format_count

LOAD, SNAPSHOT, PULL = table_of(Load).c, table_of(Snapshot).c, table_of(Pull).c


def describe_freshness(session: Session, day: date) -> str:
    """A text as "5 of 6 sources fresh"; empty if no register was ever read.

    A register is fresh for ``stale_after_days`` of the catalogue after it was last read, as in the run's own summary.
    """
    read_on = {
        row.register: row.on
        for row in session.execute(
            select(SNAPSHOT.register, func.max(LOAD.looked_on).label("on"))
            .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(LOAD.is_done, LOAD.withdrawn_by.is_(None), LOAD.looked_on <= day)
            .group_by(SNAPSHOT.register)
        )
    }
    pulled = session.execute(
        select(PULL.register, func.max(PULL.pulled_on).label("on"))
        .where(PULL.is_web, PULL.error == "", PULL.pulled_on <= day)
        .group_by(PULL.register)
    )
    for row in pulled:
        read_on[row.register] = max(row.on, read_on.get(row.register) or row.on)
    registers = catalogue.load().registers
    ages = {key: day - on for key, on in read_on.items() if on is not None and key in registers}
    fresh = [key for key, age in ages.items() if age <= timedelta(days=registers[key].stale_after_days)]
    return f"{len(fresh)} of {format_count(len(ages), 'source')} fresh" if ages else ""
