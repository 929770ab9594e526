"""Who is who: subjects under the registers' own identifiers, found by identifier or by a part of a name."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, Select, case, exists, func, select

from indicators.ledger import day_number
from indicators.repeats import LOAD, OBSERVATION, retracted
from models.database import reading, table_of, writing
from models.ledger import IndicatorKey, Snapshot, Subject
from settings import WrongInput

SUBJECT, INDICATOR, SNAPSHOT = table_of(Subject).c, table_of(IndicatorKey).c, table_of(Snapshot).c
SHOWN = 5  # candidates named in an error
BUYERS = "contracts"  # the register in which others say what a subject is called
# How much a register's word on a name counts, the least first; any other names its own subjects, and counts most. A
# buyer may call a supplier anything; accounts published after a change of name carry the name of their year.
WORD_ON_NAMES = (BUYERS, "companies_house_accounts")


class UnknownProvider(WrongInput):
    """Nothing in the ledger has this identifier or name."""


class AmbiguousProvider(WrongInput):
    """The name fits several subjects."""


def find(engine: Engine, text: str, day: date) -> str:
    """The identifier of the one subject that ``text`` names: its identifier, or an unambiguous part of a name.

    Names are those known by the day, present or past. What buyers call a supplier counts only where no register of its
    own has a name that fits. Where no name does, the number in an identifier is enough, as is what ``unnamed`` says.

    Raises:
        UnknownProvider: no subject fits.
        AmbiguousProvider: several do; says which.
    """
    with reading(engine) as session:
        key = session.scalar(select(SUBJECT.key).where(func.lower(SUBJECT.key) == text.strip().lower()))
        if key is not None:
            return str(key)
        rows = session.execute(_named(text.strip().lower(), day)).all()
        numbered = [] if rows else session.scalars(_numbered(text)).all()
    if len(numbered) == 1:
        return str(numbered[0])
    if not rows:
        raise UnknownProvider(
            f"no provider known by {day.isoformat()} is called '{text}'; see 'continuity watchlist', or give an "
            "identifier such as GB-COH-03782379"
        )
    rows = [row for row in rows if row.is_own] or rows
    whole = [row for row in rows if row.is_whole]
    if len(rows) == 1 or len(whole) == 1:
        return str((whole or rows)[0].key)
    shown = "; ".join(f"{row.key} {row.name}" for row in rows[:SHOWN])
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    raise AmbiguousProvider(f"'{text}' fits {len(rows)} subjects: {shown}{more}; give one identifier")


def _named(text: str, day: date) -> Select[Any]:
    """Subjects with a name that has the text in it: one of them, and whether it is the register's own or the whole."""
    o, name = OBSERVATION.c, select(INDICATOR.id).where(INDICATOR.key == "name").scalar_subquery()
    called = func.lower(o.value_text)
    is_own = case((SNAPSHOT.register == BUYERS, 0), else_=1)
    return (
        select(
            SUBJECT.key,
            func.max(o.value_text).label("name"),
            func.max(is_own).label("is_own"),
            func.max(case((called == text, 1), else_=0)).label("is_whole"),
        )
        .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
        .join(LOAD.id.table, LOAD.id == o.load_id)
        .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(
            o.indicator_id == name,
            called.contains(text, autoescape=True),
            o.known_on <= day_number(day),
            o.retracts.is_(None),
            o.seq.not_in(retracted(OBSERVATION)),
        )
        .group_by(SUBJECT.key)
        .order_by(SUBJECT.key)
    )


def _numbered(text: str) -> Select[Any]:
    """Subjects whose number is the text; or its last word, where the register keeps their name back."""
    *more, number = text.lower().split() or [text]
    name = select(INDICATOR.id).where(INDICATOR.key == "name").scalar_subquery()
    statement = select(SUBJECT.key).where(func.lower(SUBJECT.key).endswith(f"-{number}", autoescape=True))
    if more:
        has_name = exists().where(OBSERVATION.c.subject_id == SUBJECT.id, OBSERVATION.c.indicator_id == name)
        statement = statement.where(~has_name)
    return statement


def unnamed(key: str, kind: str | None) -> str:
    """What people call a subject whose name its register keeps back: what it is, and its number."""
    return f"{kind or 'Provider'} {key.split('-', 2)[-1]}"


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
