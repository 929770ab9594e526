"""What registers call subjects."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select

from indicators.ledger import day_number
from indicators.repeats import OBSERVATION, retracted
from models import bulk
from models.database import Session, table_of
from models.ledger import IndicatorKey

INDICATOR = table_of(IndicatorKey).c


def names_of(session: Session, subjects: Iterable[int], day: date) -> Mapping[int, tuple[str, ...]]:
    """Subject's number to every name that was known by a day, each once, the newest last."""
    o = OBSERVATION.c
    name = select(INDICATOR.id).where(INDICATOR.key == "name").scalar_subquery()
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for chunk in bulk.chunked(subjects):
        rows = session.execute(
            select(o.subject_id, o.value_text)
            .where(
                o.subject_id.in_(chunk),
                o.indicator_id == name,
                o.known_on <= day_number(day),
                o.value_text.is_not(None),
                o.retracts.is_(None),
                o.seq.not_in(retracted(OBSERVATION)),
            )
            .order_by(o.known_on, o.seq)
        )
        for row in rows:
            found[row.subject_id].pop(row.value_text, None)
            found[row.subject_id][row.value_text] = None
    return {number: tuple(names) for number, names in found.items()}
