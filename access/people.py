"""The registered users, their roles and the audiences they belong to; each change is an entry."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, func, select

from access import permissions
from access.permissions import Permission, Role
from access.viewer import Viewer
from models.alerting import Person as PersonRow
from models.alerting import PersonEntry
from models.database import Session, read_session, table_of, write_session
from models.subjects import Audience
from models.vocabulary import PUBLIC
from settings import Settings, WrongInput

PERSON, ENTRY, AUDIENCE = table_of(PersonRow).c, table_of(PersonEntry).c, table_of(Audience).c
KEY = re.compile(r"[a-z0-9][a-z0-9._@-]*")


class UnknownUser(WrongInput):
    """No user is registered under this key."""


@dataclass(frozen=True)
class RegisteredUser:
    """A person with a key, roles and audiences."""

    id: int
    key: str
    name: str
    roles: frozenset[str]
    audiences: frozenset[str]

    @property
    def viewer(self) -> Viewer:
        """The user as a reader: an auditor reads everything, other users read what their audiences may see."""
        audiences = None if Role.AUDITOR in self.roles else self.audiences
        return Viewer(self.key, self.name or self.key, self.roles, audiences)


class RoleChange(NamedTuple):
    """One change of a person's roles or audiences."""

    person: str
    entered_at: datetime
    author: str | None  # None: the service itself, when it was set up or brought up to date
    changed_field: str  # roles, audiences
    old: tuple[str, ...]
    new: tuple[str, ...]


def find_viewer(engine: Engine, key: str) -> Viewer:
    """The reader with this key; a reader who is not registered reads public information only."""
    with read_session(engine) as session:
        person = _find_registered_user(session, key)
    return Viewer(key, key, frozenset(), frozenset({PUBLIC})) if person is None else person.viewer


def find_user(engine: Engine, key: str) -> RegisteredUser:
    """The registered user with this key, which comes from ``CONTINUITY_USER`` or from the owner of a record.

    Raises:
        UnknownUser: nobody has the key; says how to add the user.
    """
    with read_session(engine) as session:
        return read_user(session, key)


def read_user(session: Session, key: str) -> RegisteredUser:
    """The registered user with this key, read in a transaction of the caller.

    Raises:
        UnknownUser: nobody has the key.
    """
    person = _find_registered_user(session, key)
    if person is None:
        raise UnknownUser(
            f"no user '{key}' is registered; set CONTINUITY_USER to a registered user, or an operator adds the user: "
            f"continuity case person add {key} --name NAME --roles regulator --audiences casework"
        )
    return person


def find_permitted_user(engine: Engine, key: str, permission: Permission) -> RegisteredUser:
    """The person with this key, who may do this.

    Raises:
        NotAllowed: nobody has the key, or the person lacks the role; says which and how to get it.
    """
    with read_session(engine) as session:
        person = _find_registered_user(session, key)
    if person is None:
        raise permissions.not_registered_error(key, permission)
    permissions.check_permission(person, permission)
    return person


def not_public_error(subject: str, viewer: Viewer) -> permissions.NotAllowed:
    """The refusal to show restricted information, with the command that lets the reader see it."""
    return permissions.NotAllowed(
        f"{subject} is not public, and '{viewer.key}' (CONTINUITY_USER) sees only public information; an operator adds "
        f"an audience: continuity case person add {viewer.key} --audiences casework"
    )


def list_users(engine: Engine) -> list[RegisteredUser]:
    """The registered users, by key."""
    with read_session(engine) as session:
        return [_user_from_row(row) for row in session.execute(_select_users().order_by(PERSON.key))]


def list_role_changes(engine: Engine, key: str | None = None) -> list[RoleChange]:
    """Every change of roles and audiences, oldest first; only of one person if a key is given.

    Raises:
        UnknownUser: nobody has the key.
    """
    author = table_of(PersonRow).alias("author")
    statement = (
        select(table_of(PersonEntry), PERSON.key, author.c.key.label("author"))
        .join_from(table_of(PersonEntry), table_of(PersonRow), PERSON.id == ENTRY.person_id)
        .outerjoin(author, author.c.id == ENTRY.author_id)
        .order_by(ENTRY.id)
    )
    changes, before = list[RoleChange](), dict[str, Any]()
    with read_session(engine) as session:
        if key is not None:
            read_user(session, key)
            statement = statement.where(PERSON.key == key)
        for row in session.execute(statement):
            old = before.get(row.key)
            for what in ("roles", "audiences"):
                was = sorted(_split_list(getattr(old, what))) if old is not None else []
                now = sorted(_split_list(getattr(row, what)))
                if now != was:
                    changes.append(RoleChange(row.key, row.entered_at, row.author, what, tuple(was), tuple(now)))
            before[row.key] = row
    return changes


def add_user(
    engine: Engine,
    key: str,
    *,
    author: RegisteredUser | None,
    now: datetime,
    name: str | None = None,
    roles: Iterable[str] | None = None,
    audiences: Iterable[str] | None = None,
) -> RegisteredUser:
    """Register a person, or enter a change of a registered person. Everybody belongs to the public.

    Args:
        engine: the database.
        key: what ``CONTINUITY_USER`` names.
        author: who adds the person; None: the service itself.
        now: when.
        name: for people to read.
        roles: some of ``Role``; those the person has if left out.
        audiences: whose records the person may see and write, besides the public's; as before if left out.

    Raises:
        WrongInput: a key, role or audience is not written as one, an auditor has another role, or nobody would be
            operator any more.
        NotAllowed: ``author`` may not.
    """
    if author is not None:
        permissions.check_permission(author, Permission.MANAGE_USERS)
    for word in (key, *(audiences or ())):
        if not KEY.fullmatch(word):
            raise WrongInput(f"'{word}' is not a key; write small letters, digits, '.', '_', '@' and '-'")
    for role in roles or ():
        if role not in set(Role):
            raise WrongInput(f"'{role}' is not a role; write {', '.join(Role)}")
    with write_session(engine) as session:
        row = session.scalar(select(PersonRow).where(PERSON.key == key).with_for_update())
        old = _find_registered_user(session, key)
        has = frozenset(roles) if roles is not None else old.roles if old else frozenset[str]()
        reader_audiences = frozenset(audiences) if audiences is not None else old.audiences if old else frozenset[str]()
        _check_roles(session, key, has)
        row = row or PersonRow(key=key)
        row.name = row.name if name is None else name
        session.add(row)
        session.flush()
        for audience in sorted({PUBLIC, *reader_audiences}):
            audience_number(session, audience)
        if old is None or (has, reader_audiences | {PUBLIC}) != (old.roles, old.audiences):
            session.add(
                PersonEntry(
                    person_id=row.id or 0,
                    entered_at=now,
                    author_id=author.id if author else None,
                    roles=",".join(sorted(has)),
                    audiences=",".join(sorted({PUBLIC, *reader_audiences})),
                )
            )
            session.flush()
        return read_user(session, key)


def add_installer(engine: Engine, key: str, *, now: datetime) -> RegisteredUser | None:
    """Register the person who sets up the service as ``operator``, unless an operator is registered; else None.

    Without an operator nobody could register a user. A user who is registered with other roles stays as is.

    Args:
        engine: the database.
        key: the name in ``CONTINUITY_USER``.
        now: when.

    Raises:
        WrongInput: the key is not written as one.
    """
    there = list_users(engine)
    if any(person.key == key or Role.OPERATOR in person.roles for person in there):
        return None
    if not KEY.fullmatch(key):
        raise WrongInput(f"CONTINUITY_USER: '{key}' is not a key; write small letters, digits, '.', '_', '@' and '-'")
    return add_user(engine, key, author=None, now=now, roles=[Role.OPERATOR])


def _check_roles(session: Session, key: str, roles: frozenset[str]) -> None:
    if Role.AUDITOR in roles and len(roles) > 1:
        raise WrongInput(f"an auditor reads everything and enters nothing: '{key}' cannot have another role as well")
    operators = {row.key for row in session.execute(_select_users()) if Role.OPERATOR in _split_list(row.roles)}
    if operators == {key} and Role.OPERATOR not in roles:
        raise WrongInput(f"'{key}' is the only operator; make another person operator first")


def _select_users() -> Select[Any]:
    """Every person with the newest entry."""
    newest = select(func.max(ENTRY.id)).group_by(ENTRY.person_id)
    return (
        select(PERSON.id, PERSON.key, PERSON.name, ENTRY.roles, ENTRY.audiences)
        .join_from(table_of(PersonRow), table_of(PersonEntry), ENTRY.person_id == PERSON.id)
        .where(ENTRY.id.in_(newest))
    )


def _find_registered_user(session: Session, key: str) -> RegisteredUser | None:
    row = session.execute(_select_users().where(PERSON.key == key)).first()
    return None if row is None else _user_from_row(row)


def audience_number(session: Session, key: str) -> int:
    """The number of an audience, which is new if nobody had it yet."""
    number = session.scalar(select(AUDIENCE.id).where(AUDIENCE.key == key))
    if number is None:
        audience = Audience(key=key)
        session.add(audience)
        session.flush()
        number = audience.id
    return int(number or 0)


def _user_from_row(row: Any) -> RegisteredUser:
    return RegisteredUser(row.id, row.key, row.name, _split_list(row.roles), _split_list(row.audiences) | {PUBLIC})


def _split_list(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def current_viewer(engine: Engine, settings: Settings) -> Viewer:
    """The reader whom ``CONTINUITY_USER`` names; a reader who is not registered reads public information only."""
    return find_viewer(engine, settings.user)
