"""Who is looking, and what day it is where they are: the two things a view asks its surroundings."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from models.alerting import Person
from models.database import reading, table_of
from models.vocabulary import PUBLIC
from settings import Settings

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Viewer:
    """The person at the screen."""

    key: str
    name: str
    audiences: frozenset[str] | None  # None: all there are


def viewer(engine: Engine, settings: Settings) -> Viewer:
    """The person whom ``CONTINUITY_USER`` names; one who is not on record is the local operator, who sees everything.

    The dashboard listens on loopback, so whoever reaches it has the machine and the database already.
    """
    person = table_of(Person).c
    with reading(engine) as session:
        found = session.execute(select(person.name, person.audiences).where(person.key == settings.user)).first()
    if found is None:
        return Viewer(settings.user, settings.user, None)
    audiences = frozenset(part.strip() for part in found.audiences.split(",") if part.strip())
    return Viewer(settings.user, found.name or settings.user, audiences | {PUBLIC})


def today() -> date:
    """The day in London."""
    return datetime.now(UTC).astimezone(LONDON).date()
