"""Reads for the casework pages: who may write, and names of providers."""

from datetime import date

from sqlalchemy import Engine

from queries.casework import current_author, find_provider, person_names, provider_names
from settings import Settings
from tests.dashboard.scenes import BIRCH, DAY, Scored, score
from tests.factories import HOME, load, observed, on_record


def test_a_user_who_is_not_registered_learns_how_to_be(sqlite_engine: Engine) -> None:
    user, problem = current_author(sqlite_engine, Settings(user="dan"))
    assert user is None
    assert problem.startswith("'dan' (CONTINUITY_USER) is not a registered user.")


def test_a_reader_of_public_records_may_not_write(sqlite_engine: Engine) -> None:
    on_record(sqlite_engine, "pat", audiences=[])
    user, problem = current_author(sqlite_engine, Settings(user="pat"))
    assert user is None
    assert "'pat' sees public records only" in problem


def test_a_registered_regulator_may_write(sqlite_engine: Engine) -> None:
    on_record(sqlite_engine, "ann", name="Ann")
    user, problem = current_author(sqlite_engine, Settings(user="ann"))
    assert user is not None
    assert user.key == "ann"
    assert problem == ""
    assert person_names(sqlite_engine)["ann"] == "Ann"


def test_a_provider_has_its_name_of_the_last_assessment_or_of_the_day(engine: Engine) -> None:
    load(engine, [observed("Sunny House", indicator="name")])
    score(engine, DAY, Scored(BIRCH, "Birch Homes Ltd", "none"))
    assert provider_names(engine, [HOME, BIRCH], date(2030, 1, 1)) == {HOME: "Sunny House", BIRCH: "Birch Homes Ltd"}
    assert find_provider(engine, "GB-COH-99999999", DAY) is None
