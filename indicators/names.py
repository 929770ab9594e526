"""Reads the names that registers give to subjects."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import case, select

from indicators.identity import NAME_PRECEDENCE, fallback_name
from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LOAD, OBSERVATION, retracted_rows
from models import bulk
from models.database import Session, table_of
from models.ledger import IndicatorKey, Snapshot
from models.subjects import Subject

SUBJECT, INDICATOR, SNAPSHOT = table_of(Subject).c, table_of(IndicatorKey).c, table_of(Snapshot).c


def read_names(session: Session, keys: Iterable[str], day: date) -> dict[str, str]:
    """Identifier to the newest name known by the day; subjects without a name are left out.

    The name of the subject's own register counts most, then the name in accounts, then the name that buyers use. If
    a register withholds the name, the name is the kind of provider and its number.
    """
    wanted = set(keys)
    names = _newest_texts(session, wanted, "name", day)
    kinds = _newest_texts(session, wanted - names.keys(), "provision_type", day)
    return names | {key: fallback_name(key, kind) for key, kind in kinds.items()}


def _newest_texts(session: Session, keys: Iterable[str], indicator: str, day: date) -> dict[str, str]:
    o = OBSERVATION.c
    texts: dict[str, str] = {}
    word = case({register: nth for nth, register in enumerate(NAME_PRECEDENCE)}, value=SNAPSHOT.register, else_=9)
    number = select(INDICATOR.id).where(INDICATOR.key == indicator).scalar_subquery()
    for chunk in bulk.split_chunks(sorted(keys)):
        statement = (
            select(SUBJECT.key, o.value_text)
            .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
            .join(LOAD.id.table, LOAD.id == o.load_id)
            .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(
                SUBJECT.key.in_(chunk),
                o.indicator_id == number,
                o.known_on <= day_number(day),
                o.value_text.is_not(None),
                o.retracts.is_(None),
                o.seq.not_in(retracted_rows(OBSERVATION)),
            )
            .order_by(word, o.known_on, o.seq)
        )
        texts.update({row.key: row.value_text for row in session.execute(statement)})
    return texts


def read_all_names(session: Session, subjects: Iterable[int], day: date) -> Mapping[int, tuple[str, ...]]:
    """Subject's number to every name that was known by a day, each once, the newest last."""
    o = OBSERVATION.c
    name = select(INDICATOR.id).where(INDICATOR.key == "name").scalar_subquery()
    names_by_subject: dict[int, dict[str, None]] = defaultdict(dict)
    for chunk in bulk.split_chunks(subjects):
        rows = session.execute(
            select(o.subject_id, o.value_text)
            .where(
                o.subject_id.in_(chunk),
                o.indicator_id == name,
                o.known_on <= day_number(day),
                o.value_text.is_not(None),
                o.retracts.is_(None),
                o.seq.not_in(retracted_rows(OBSERVATION)),
            )
            .order_by(o.known_on, o.seq)
        )
        for row in rows:
            names_by_subject[row.subject_id].pop(row.value_text, None)
            names_by_subject[row.subject_id][row.value_text] = None
    return {number: tuple(names) for number, names in names_by_subject.items()}
