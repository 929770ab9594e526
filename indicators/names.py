"""The names of subjects as known on a day."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from indicators.identity import BUYERS, unnamed
from indicators.ledger import day_number
from indicators.repeats import LOAD, OBSERVATION, retracted
from models import bulk
from models.database import table_of
from models.ledger import IndicatorKey, Snapshot, Subject

SUBJECT, INDICATOR, SNAPSHOT = table_of(Subject).c, table_of(IndicatorKey).c, table_of(Snapshot).c


def read_names(session: Session, keys: Iterable[str], day: date) -> dict[str, str]:
    """Identifier to the newest name known by the day; subjects without one are left out.

    A name that only buyers use counts where no register of the subject's own has one. Where a register keeps the name
    back, the name is the kind of provider and its number.
    """
    wanted = set(keys)
    found = _newest_texts(session, wanted, "name", day)
    kinds = _newest_texts(session, wanted - found.keys(), "provision_type", day)
    return found | {key: unnamed(key, kind) for key, kind in kinds.items()}


def _newest_texts(session: Session, keys: Iterable[str], indicator: str, day: date) -> dict[str, str]:
    o = OBSERVATION.c
    found: dict[str, str] = {}
    number = select(INDICATOR.id).where(INDICATOR.key == indicator).scalar_subquery()
    for chunk in bulk.chunked(sorted(keys)):
        statement = (
            select(SUBJECT.key, o.value_text)
            .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
            .join(LOAD.id.table, LOAD.id == o.load_id)
            .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(
                SUBJECT.key.in_(chunk),
                o.indicator_id == number,
                o.known_on <= day_number(day),
                o.retracts.is_(None),
                o.seq.not_in(retracted(OBSERVATION)),
            )
            .order_by(SNAPSHOT.register != BUYERS, o.known_on, o.seq)
        )
        found.update({row.key: row.value_text for row in session.execute(statement)})
    return found
