"""Who is looking, and what day it is where they are: the two things a view asks its surroundings."""

from datetime import UTC, date, datetime

from sqlalchemy import Engine

from access import people
from access.people import Viewer
from models.vocabulary import day_in_london
from settings import Settings

__all__ = ["Viewer", "current_viewer", "today_in_london"]


def current_viewer(engine: Engine, settings: Settings) -> Viewer:
    """The person whom ``CONTINUITY_USER`` names; somebody who is not on record reads what is public."""
    return people.find_viewer(engine, settings.user)


def today_in_london() -> date:
    """The day in London."""
    return day_in_london(datetime.now(UTC))
