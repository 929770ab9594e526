"""Casework beside an assessment: what holds on a day, and what has run out."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine

from access.viewer import UNRESTRICTED_VIEWER
from casework.writing import case_writer
from models.vocabulary import LONDON
from queries.casework_on_day import read_casework_on_day
from tests.dashboard.casework_scenes import ROSE, story

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def at(day: date) -> datetime:
    return datetime.combine(day, time(12), LONDON)


def test_an_override_holds_from_its_approval_until_its_day_and_then_has_run_out(engine: Engine) -> None:
    who = story(engine)
    with case_writer(engine, who["ann"], now=at(MAY)) as book:
        number = book.open_record(
            "override", ROSE, regime="homes", due_on=JUNE, rationale="Lifted", details={"of": "level", "to": "watch"}
        ).number
    approved_on = MAY + timedelta(days=3)
    with case_writer(engine, who["ben"], now=at(approved_on)) as book:
        book.change_record(number, state="approved", rationale="Seen the letter")

    def holding(day: date) -> tuple[int, int]:
        casework = read_casework_on_day(engine, UNRESTRICTED_VIEWER, ROSE, day)
        return len(casework.overrides_in_force), len(casework.expired_overrides)

    days = (MAY, approved_on, JUNE, JUNE + timedelta(days=1))
    assert [holding(day) for day in days] == [(0, 0), (1, 0), (1, 0), (0, 1)]
    assert read_casework_on_day(engine, UNRESTRICTED_VIEWER, ROSE, JUNE).as_json()["overrides"] == [
        {
            "record": number,
            "regime": "homes",
            "of": "level",
            "to": "watch",
            "proposed_by": "ann",
            "approved_by": "ben",
            "since": "2026-05-04",
            "until": "2026-06-01",
            "rationale": "Lifted",
        }
    ]
    assert read_casework_on_day(engine, who["vic"].viewer, ROSE, JUNE).as_json()["overrides"] == []
