"""Who is who: subjects under the registers' own identifiers, found by identifier or by a part of a name."""

from datetime import date

from sqlalchemy import Engine, func, select

from indicators.ledger import day_number
from indicators.repeats import OBSERVATION, retracted
from models.database import reading, table_of, writing
from models.ledger import IndicatorKey, Subject
from settings import WrongInput

SUBJECT, INDICATOR = table_of(Subject).c, table_of(IndicatorKey).c
SHOWN = 5  # candidates named in an error


class UnknownProvider(WrongInput):
    """Nothing in the ledger has this identifier or name."""


class AmbiguousProvider(WrongInput):
    """The name fits several subjects."""


def find(engine: Engine, text: str, day: date) -> str:
    """The identifier of the one subject that ``text`` names: its identifier, or an unambiguous part of a name.

    Names are those known by the day, present or past.

    Raises:
        UnknownProvider: no subject fits.
        AmbiguousProvider: several do; says which.
    """
    with reading(engine) as session:
        key = session.scalar(select(SUBJECT.key).where(func.lower(SUBJECT.key) == text.strip().lower()))
        if key is not None:
            return str(key)
        o = OBSERVATION.c
        name = select(INDICATOR.id).where(INDICATOR.key == "name").scalar_subquery()
        rows = session.execute(
            select(SUBJECT.key, func.max(o.value_text).label("name"))
            .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
            .where(
                o.indicator_id == name,
                func.lower(o.value_text).contains(text.strip().lower(), autoescape=True),
                o.known_on <= day_number(day),
                o.retracts.is_(None),
                o.seq.not_in(retracted(OBSERVATION)),
            )
            .group_by(SUBJECT.key)
            .order_by(SUBJECT.key)
        ).all()
    if not rows:
        raise UnknownProvider(
            f"no provider known by {day.isoformat()} is called '{text}'; see 'continuity watchlist', or give an "
            "identifier such as GB-COH-03782379"
        )
    exact = [row for row in rows if row.name.lower() == text.strip().lower()]
    if len(rows) > 1 and len(exact) != 1:
        shown = "; ".join(f"{row.key} {row.name}" for row in rows[:SHOWN])
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        raise AmbiguousProvider(f"'{text}' fits {len(rows)} subjects: {shown}{more}; give one identifier")
    return str((exact or rows)[0].key)


def wanted(engine: Engine, scheme: str) -> set[str]:
    """The subjects of a scheme that a register read only on demand is read for: covered, linked, or asked for.

    The ledger only ever gives a number to such subjects, so these are all that it has.
    """
    with reading(engine) as session:
        return set(session.scalars(select(SUBJECT.key).where(SUBJECT.key.startswith(scheme, autoescape=True))))


def ask_for(engine: Engine, keys: list[str]) -> None:
    """Have the next readings include these subjects, whether or not a regime covers them.

    Raises:
        UnknownProvider: an identifier has no scheme.
    """
    for key in keys:
        if key.count("-") < 2 or key != key.strip():
            raise UnknownProvider(f"'{key}' is not an identifier with its scheme; write for example GB-COH-03782379")
    with writing(engine) as session:
        for key in keys:
            subject = session.scalar(select(Subject).where(SUBJECT.key == key)) or Subject(key=key)
            subject.is_asked_for = True
            session.add(subject)
