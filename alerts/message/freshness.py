"""How many of the registers were looked at lately enough: what a quiet day's message says, so that it is believed."""

from datetime import date, timedelta

from sqlalchemy import func, select

from indicators import catalogue
from models.database import Session, table_of
from models.ledger import Load, Pull, Snapshot
from text.english import format_count

LOAD, SNAPSHOT, PULL = table_of(Load).c, table_of(Snapshot).c, table_of(Pull).c


def describe_freshness(session: Session, day: date) -> str:
    """In a few words; empty where no register was ever looked at.

    A register is fresh for as many days after the newest look as the catalogue says (``stale_after_days``), as in the
    run's own summary.
    """
    looked = {
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
        looked[row.register] = max(row.on, looked.get(row.register) or row.on)
    registers = catalogue.load().registers
    ages = {key: day - on for key, on in looked.items() if on is not None and key in registers}
    good = [key for key, age in ages.items() if age <= timedelta(days=registers[key].stale_after_days)]
    return f"{len(good)} of {format_count(len(ages), 'source')} fresh" if ages else ""
