"""Finds subjects, which keep the identifiers of their registers, by identifier or by a part of a name."""

import unicodedata
from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, exists, func, select
from sqlalchemy.orm import Session

from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LOAD, OBSERVATION, retracted_rows
from models import bulk
from models.database import read_session, table_of, write_session
from models.ledger import IndicatorKey, Snapshot
from models.subjects import Subject
from settings import WrongInput

SUBJECT, INDICATOR, SNAPSHOT = table_of(Subject).c, table_of(IndicatorKey).c, table_of(Snapshot).c
MAX_SHOWN = 5  # candidates named in an error
BUYERS_REGISTER = "contracts"  # the register in which buyers name their suppliers
# Registers in the order in which their names count, the least first; any other register names its own subjects and
# counts most. A buyer may use any name; accounts published after a change of name carry the name of their year.
NAME_PRECEDENCE = (BUYERS_REGISTER, "companies_house_accounts")


# Differences between how people type a name and how a register writes it. Quotes and full stops do not count, so that
# "St. Mary's" is also "St Marys".
_SAME_CHARACTERS = str.maketrans(
    dict.fromkeys("'`.\u2018\u2019\u201b\u2032\u02bc\u02bb\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
    | dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212", " ")
    | {
        "&": " and ",
        "\u00f8": "o",
        "\u0142": "l",
        "\u0111": "d",
        "\u00f0": "d",
        "\u00fe": "th",
        "\u00e6": "ae",
        "\u0153": "oe",
        "\u0131": "i",
    }
)


class UnknownProvider(WrongInput):
    """Nothing in the ledger has this identifier or name."""


class AmbiguousProvider(WrongInput):
    """The text fits the names of several subjects."""


def find_subject(engine: Engine, text: str, day: date) -> str:
    """The identifier of the one subject that ``text`` names: its identifier, or an unambiguous part of a name.

    Names are those known by the day, present or past. A name that only buyers use for a supplier counts if no register
    of the supplier's own has a name that fits. If no name fits, the number in an identifier is enough, or the text of
    ``fallback_name``.

    Raises:
        UnknownProvider: no subject fits.
        AmbiguousProvider: several fit; the message names them.
    """
    with read_session(engine) as session:
        key = session.scalar(select(SUBJECT.key).where(func.lower(SUBJECT.key) == text.strip().lower()))
        if key is not None:
            return str(key)
        rows = _subjects_by_name(session, text, day)
        numbered = [] if rows else session.scalars(_select_by_number(text)).all()
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
    shown = "; ".join(f"{row.key} {row.name}" for row in rows[:MAX_SHOWN])
    more = f" and {len(rows) - MAX_SHOWN} more" if len(rows) > MAX_SHOWN else ""
    raise AmbiguousProvider(f"'{text}' fits {len(rows)} subjects: {shown}{more}; give one identifier")


def fold_name(name: str) -> str:
    """A name as a search compares it: without case, accents, apostrophes and full stops, ``&`` as *and*.

    Dashes and any number of blanks are one blank. Databases fold the case of letters in different ways, and SQLite only
    that of ASCII, so names are compared here and not in SQL.
    """
    if not name.isascii():
        letters = unicodedata.normalize("NFKD", name)
        name = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(name.casefold().translate(_SAME_CHARACTERS).split())


class _NameMatch(NamedTuple):
    """A subject whose name fits: the name, whether a register of its own uses the name, whether the whole name fits."""

    key: str
    name: str
    is_own: bool
    is_whole: bool


def _subjects_by_name(session: Session, text: str, day: date) -> list[_NameMatch]:
    """Subjects known by the day under a name that contains the text, by identifier."""
    o, name, searched = OBSERVATION.c, select(INDICATOR.id).where(INDICATOR.key == "name"), fold_name(text)
    if not searched:
        return []
    called = session.execute(select(o.seq, o.value_text).where(o.indicator_id == name.scalar_subquery()))
    names = {seq: fold_name(value or "") for seq, value in called}
    fitting = [seq for seq, value in names.items() if searched in value]
    matches: dict[str, _NameMatch] = {}
    for chunk in bulk.split_chunks(fitting):
        for row in session.execute(_select_names(chunk, day)):
            before = matches.get(row.key, _NameMatch(row.key, "", is_own=False, is_whole=False))
            is_own, is_whole = row.register != BUYERS_REGISTER, names[row.seq] == searched
            matches[row.key] = _NameMatch(
                row.key, max(before.name, row.value_text), before.is_own or is_own, before.is_whole or is_whole
            )
    return [matches[key] for key in sorted(matches)]


def _select_names(seqs: Collection[int], day: date) -> Select[Any]:
    """Rows of the names that were known by the day, each with its subject and its register."""
    o = OBSERVATION.c
    return (
        select(SUBJECT.key, o.seq, o.value_text, SNAPSHOT.register)
        .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
        .join(LOAD.id.table, LOAD.id == o.load_id)
        .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(
            o.seq.in_(seqs),
            o.known_on <= day_number(day),
            o.retracts.is_(None),
            o.seq.not_in(retracted_rows(OBSERVATION)),
        )
    )


def _select_by_number(text: str) -> Select[Any]:
    """Subjects whose number is the text, or its last word if the register withholds their name."""
    *more, number = text.lower().split() or [text]
    name = select(INDICATOR.id).where(INDICATOR.key == "name").scalar_subquery()
    statement = select(SUBJECT.key).where(func.lower(SUBJECT.key).endswith(f"-{number}", autoescape=True))
    if more:
        has_name = exists().where(OBSERVATION.c.subject_id == SUBJECT.id, OBSERVATION.c.indicator_id == name)
        statement = statement.where(~has_name)
    return statement


def fallback_name(key: str, kind: str | None) -> str:
    """The name of a subject whose register withholds the name: the kind of provider and its number."""
    return f"{kind or 'Provider'} {key.split('-', 2)[-1]}"


def wanted_subjects(engine: Engine, scheme: str) -> set[str]:
    """The subjects of a scheme for which a register is read that is only read on demand: covered, linked, or asked for.

    The ledger gives numbers to no other subjects, so these are all subjects of the scheme.
    """
    with read_session(engine) as session:
        return set(session.scalars(select(SUBJECT.key).where(SUBJECT.key.startswith(scheme, autoescape=True))))


def request_subjects(engine: Engine, keys: list[str]) -> None:
    """Make the next readings include these subjects, whether or not a regime covers them.

    Raises:
        UnknownProvider: an identifier has no scheme.
    """
    for key in keys:
        if key.count("-") < 2 or key != key.strip():
            raise UnknownProvider(f"'{key}' is not an identifier with its scheme; write for example GB-COH-03782379")
    with write_session(engine) as session:
        for key in keys:
            subject = session.scalar(select(Subject).where(SUBJECT.key == key)) or Subject(key=key)
            subject.is_asked_for = True
            session.add(subject)
