"""The commissioners that a watchlist can be limited to: who buys from, funds, regulates or hosts a provider."""

from datetime import date

from sqlalchemy import Engine

from indicators.commissioners import Commissioners, UnknownCommissioner
from models.database import read_session


def commissioner_titles(engine: Engine, day: date) -> dict[str, str]:
    """Key to title of every body known by the day that buys from, funds, regulates or hosts a provider, by title.

    An authority has one entry under its GSS code, whatever the registers call it.
    """
    with read_session(engine) as session:
        return {body.key: body.title for body in Commissioners(session, day).all_commissioners()}


def find_commissioner_key(engine: Engine, day: date, text: str) -> str | None:
    """The key in ``commissioner_titles`` of the body with an identifier or name; None where there is no such body."""
    with read_session(engine) as session:
        try:
            return Commissioners(session, day).find_commissioner(text).key
        except UnknownCommissioner:
            return None
