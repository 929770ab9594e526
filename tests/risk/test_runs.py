"""Runs in the database: which one counts for a day, and what a killed one leaves."""

from datetime import date

import pytest
from sqlalchemy import Engine, func, select

from models.database import read_session, table_of, write_session
from models.scoring import Assessment, Run
from models.vocabulary import RunStatus, View
from risk.runs import (
    NothingScored,
    delete_killed_runs,
    find_newest_run,
    list_runs_of_day,
    newest_finished_run,
    newest_revision,
    newest_run_by_day,
)
from tests.alerts.scenes import score

MONDAY, TUESDAY, FRIDAY = date(2024, 1, 8), date(2024, 1, 9), date(2024, 1, 12)
HOME = {"Sunny House": "concern"}


@pytest.fixture
def scored(engine: Engine) -> Engine:
    """Run 1 of Monday, runs 2 and 3 of Tuesday, run 4 of Tuesday on public rows only, run 5 of Monday again."""
    for day, view in ((MONDAY, View.FULL), (TUESDAY, View.FULL), (TUESDAY, View.FULL), (TUESDAY, View.OPEN)):
        score(engine, day, HOME, view=view)
    score(engine, MONDAY, HOME)
    return engine


def test_the_newest_revision_of_the_newest_day_counts(scored: Engine) -> None:
    assert newest_finished_run(scored, FRIDAY).id == 3
    assert newest_finished_run(scored, MONDAY).id == 5
    with read_session(scored) as session:
        newest = find_newest_run(session)
        assert newest is not None
        assert newest.id == 3
        assert newest_run_by_day(session) == {MONDAY: 5, TUESDAY: 3}


def test_a_day_has_runs_of_both_views(scored: Engine) -> None:
    assert [run.id for run in list_runs_of_day(scored, TUESDAY)] == [2, 3, 4]
    public = newest_revision(scored, TUESDAY, View.OPEN)
    assert public is not None
    assert public.id == 4
    assert newest_revision(scored, FRIDAY, View.FULL) is None


def test_a_day_before_the_first_scored_one_says_what_to_run(sqlite_engine: Engine) -> None:
    score(sqlite_engine, TUESDAY, HOME)
    with pytest.raises(NothingScored, match="continuity watch --as-of 2024-01-08"):
        newest_finished_run(sqlite_engine, MONDAY)


def test_the_rows_of_a_killed_run_are_deleted(sqlite_engine: Engine) -> None:
    score(sqlite_engine, MONDAY, HOME)
    killed = score(sqlite_engine, TUESDAY, HOME)
    with write_session(sqlite_engine) as session:
        session.get_one(Run, killed).status = RunStatus.RUNNING
    delete_killed_runs(sqlite_engine)
    assert newest_finished_run(sqlite_engine, TUESDAY).day == MONDAY
    with read_session(sqlite_engine) as session:
        assert session.get_one(Run, killed).status == RunStatus.ABANDONED
        statement = select(func.count()).where(table_of(Assessment).c.run_id == killed)
        assert session.scalar(statement) == 0
