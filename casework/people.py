"""Who acts and reads: the persons on record, their roles and the audiences they belong to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine, select

from models.alerting import Person as PersonRow
from models.database import Session, reading, table_of, writing
from models.ledger import Audience
from models.vocabulary import PUBLIC
from settings import WrongInput

PERSON, AUDIENCE = table_of(PersonRow).c, table_of(Audience).c
ROLES = ("regulator", "commissioner", "official", "policy_owner", "operator")
ADDS_PEOPLE = "operator"
KEY = re.compile(r"[a-z0-9][a-z0-9._@-]*")


class UnknownPerson(WrongInput):
    """Nobody with this key is on record."""


class NotAllowed(WrongInput):
    """The person may not do this."""


class Viewer(Protocol):
    """Whoever reads: only records of these audiences are shown; None stands for all there are."""

    @property
    def audiences(self) -> frozenset[str] | None:
        """Keys of audiences."""
        ...


@dataclass(frozen=True)
class Person:
    """Somebody on record."""

    id: int
    key: str
    name: str
    roles: frozenset[str]
    audiences: frozenset[str]


def person(engine: Engine, key: str) -> Person:
    """The person with this key: whoever ``CONTINUITY_USER`` names, or an owner.

    Raises:
        UnknownPerson: nobody has it; says how to add them.
    """
    with reading(engine) as session:
        return found(session, key)


def found(session: Session, key: str) -> Person:
    """The same within a transaction.

    Raises:
        UnknownPerson: nobody has it.
    """
    row = session.scalar(select(PersonRow).where(PERSON.key == key))
    if row is None:
        raise UnknownPerson(
            f"no person '{key}' is on record; set CONTINUITY_USER to one who is, or add them: "
            f"continuity case person add {key} --name NAME --roles regulator --audiences casework"
        )
    return _person(row)


def people(engine: Engine) -> list[Person]:
    """Everybody on record, by key."""
    with reading(engine) as session:
        return [_person(row) for row in session.scalars(select(PersonRow).order_by(PERSON.key))]


def add(
    engine: Engine,
    key: str,
    *,
    by: str,
    name: str | None = None,
    roles: Iterable[str] | None = None,
    audiences: Iterable[str] | None = None,
) -> Person:
    """Put a person on record, or change what is given of one who is. Everybody belongs to the public.

    Args:
        engine: the database.
        key: what ``CONTINUITY_USER`` names.
        by: who adds them. One who is not on record is whoever installed the service: they have the database anyway.
        name: for people to read.
        roles: some of ``ROLES``.
        audiences: whose records the person may see and write, besides the public's.

    Raises:
        WrongInput: a key, role or audience is not written as one.
        NotAllowed: whoever adds them is on record and no operator.
    """
    for word in (key, *(audiences or ())):
        if not KEY.fullmatch(word):
            raise WrongInput(f"'{word}' is no key; write small letters, digits, '.', '_', '@' and '-'")
    for role in roles or ():
        if role not in ROLES:
            raise WrongInput(f"'{role}' is no role; write {', '.join(ROLES)}")
    with writing(engine) as session:
        adder = session.scalar(select(PersonRow).where(PERSON.key == by))
        if adder is not None and ADDS_PEOPLE not in _person(adder).roles:
            raise NotAllowed(f"'{by}' is no operator; only an operator puts people on record")
        row = session.scalar(select(PersonRow).where(PERSON.key == key)) or PersonRow(key=key)
        row.name = row.name if name is None else name
        row.roles = row.roles if roles is None else ",".join(sorted(set(roles)))
        row.audiences = row.audiences if audiences is None else ",".join(sorted({PUBLIC, *audiences}))
        session.add(row)
        for audience in sorted(_listed(row.audiences)):
            audience_number(session, audience)
        session.flush()
        return _person(row)


def audience_number(session: Session, key: str) -> int:
    """The number of an audience, which is new if nobody had it yet."""
    number = session.scalar(select(AUDIENCE.id).where(AUDIENCE.key == key))
    if number is None:
        audience = Audience(key=key)
        session.add(audience)
        session.flush()
        number = audience.id
    return int(number or 0)


def _person(row: PersonRow) -> Person:
    return Person(row.id or 0, row.key, row.name, _listed(row.roles), _listed(row.audiences) | {PUBLIC})


def _listed(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
