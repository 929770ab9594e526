"""Finds the bodies that a stage says to notify: the council, the owner and the buyers of a provider, by its links."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine

from casework.kinds import WrongCasework
from indicators.authorities import Authority, load_directory
from indicators.commissioners import authority_of
from indicators.links import Certainty, certainty_of, read_links
from indicators.names import read_all_names
from models.database import read_session
from models.vocabulary import Relation
from regimes.roles import PROVIDER_ROLES, ROLES, RoleLinks

_ROLE_FILLERS = {str(role): filled for role, filled in ROLES.items()}


@dataclass(frozen=True)
class Body:
    """A body to notify, in the role that the regime names; without a name if no register says who the body is."""

    role: str
    name: str = ""
    identifier: str = ""
    not_known: str = ""  # why no body is named

    @property
    def is_known(self) -> bool:
        """Whether the body is known, so that somebody can write to it."""
        return bool(self.name)

    @property
    def title(self) -> str:
        """The name with the identifier, or the role with the reason why the body is not known."""
        if not self.is_known:
            return f"{self.role}: not known: {self.not_known}"
        return f"{self.name} ({self.identifier})" if self.identifier else self.name

    def describe_with_role(self) -> str:
        """The body with its role: "Kent County Council (GB-LAE-KEN), council of the area"."""
        return self.title if self.role in {self.name, ""} or not self.is_known else f"{self.title}, {self.role}"


class LinkedBody(NamedTuple):
    """The body at the other end of a provider's link in force."""

    relation: str
    kind: str
    is_object: bool  # whether the body is the object of the link: an owner, not a company owned
    key: str
    name: str
    confidence: float


def linked_bodies(engine: Engine, provider: str, day: date, *, audiences: Collection[str] | None) -> list[LinkedBody]:
    """The other ends of a provider's links in force on a day, with the newest names known by the day."""
    links = [link for link in read_links(engine, provider, day, audiences=audiences) if link.ended_on is None]
    with read_session(engine) as session:
        names = read_all_names(session, {number for link in links for number in (link.subject_id, link.object_id)}, day)
    ends = []
    for link in links:
        is_object = link.subject == provider
        number, key = (link.object_id, link.object) if is_object else (link.subject_id, link.subject)
        name = names.get(number, (key,))[-1]
        ends.append(LinkedBody(link.relation, link.kind, is_object, key, name, link.confidence))
    return ends


def bodies_to_notify(
    roles: Iterable[str], link_ends: Sequence[LinkedBody], *, provider: str, name: str, day: date
) -> list[Body]:
    """The bodies that the roles of a stage stand for, each once for each role; an unknown body carries the reason.

    Args:
        roles: roles as ``regimes.roles.ToldRole`` has them.
        link_ends: the other ends of the provider's links in force.
        provider: the provider's identifier.
        name: the provider's name.
        day: the day for which authorities are looked up.
    """
    bodies: list[Body] = []
    for role in roles:
        if role in PROVIDER_ROLES:
            bodies.append(Body(role, name, provider))
        elif filled := _ROLE_FILLERS.get(role):
            bodies += dict.fromkeys(_bodies_filling_role(role, filled, link_ends, day)) or [
                Body(role, not_known=filled.unknown_reason)
            ]
        else:  # a national body by its name, or a role in a file that was archived before the roles were fixed
            bodies.append(Body(role, role))
    return bodies


def body_titles(
    engine: Engine,
    provider: str,
    name_or_role: str,
    day: date,
    *,
    is_notified: bool,
    audiences: Collection[str] | None,
) -> list[str]:
    """The bodies to record for a name or role that a person enters: a role becomes the bodies that fill it.

    Args:
        engine: the database.
        provider: the provider's identifier.
        name_or_role: a name, which is recorded as entered, or a role that links fill.
        day: the day on which the links are in force.
        is_notified: whether the body has been notified already; if not, the body may be unknown.
        audiences: the audiences of the person.

    Raises:
        WrongCasework: the role was notified already, but no register says who fills the role.
    """
    role = " ".join(name_or_role.split()).lower()
    if role not in _ROLE_FILLERS:
        return [name_or_role]
    linked = linked_bodies(engine, provider, day, audiences=audiences)
    bodies = bodies_to_notify([role], linked, provider=provider, name=provider, day=day)
    if is_notified and (unknown := [body for body in bodies if not body.is_known]):
        raise WrongCasework(f"{unknown[0].title}; enter the name of the body that was notified")
    return [body.title for body in bodies]


def _bodies_filling_role(role: str, filled: RoleLinks, linked: Sequence[LinkedBody], day: date) -> Iterator[Body]:
    for end in linked:
        is_at_right_end = end.is_object == (filled.relation is Relation.OWNED_BY)
        is_sure = certainty_of(end.confidence) is Certainty.DECLARED
        if end.relation != filled.relation or end.kind not in filled.kinds or not (is_at_right_end and is_sure):
            continue
        authority = authority_of(end.key, [end.name], day) if filled.relation is Relation.BUYS_FROM else None
        if filled.is_council in {None, authority is not None}:
            yield _body_from_link(role, end, authority and load_directory().authority_on(authority, day))


def _body_from_link(role: str, end: LinkedBody, authority: Authority | None) -> Body:
    if authority is not None:
        return Body(role, authority.official_name, authority.identifier)
    return Body(role, end.name, end.key)
