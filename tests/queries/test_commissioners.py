"""Commissioners of a watchlist: those known by the day, found by identifier or name."""

from datetime import date

from sqlalchemy import Engine

from queries import commissioners
from tests.dashboard import scenes
from tests.dashboard.scenes import DAY
from tests.factories import load


def test_commissioners_are_those_known_by_the_day(engine: Engine) -> None:
    load(engine, scenes.facts())
    assert commissioners.commissioner_titles(engine, date(2019, 3, 31)) == {}
    assert commissioners.commissioner_titles(engine, date(2019, 4, 1)) == {"E08000035": "Leeds City Council"}


def test_a_commissioner_is_found_by_any_of_its_identifiers(engine: Engine) -> None:
    load(engine, scenes.facts())
    assert commissioners.find_commissioner_key(engine, DAY, "CW-AREA-leeds") == "E08000035"
    assert commissioners.find_commissioner_key(engine, DAY, "nowhere") is None
