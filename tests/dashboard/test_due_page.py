"""Due dates: the grid of weeks, the days, filters in the address; and escalations without action on the first page."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from access.people import current_viewer
from casework import clocks
from casework.reading import Entry, Record
from casework.writing import case_writer
from dashboard import cache
from dashboard.presenters import due_dates_view, escalation_view
from dashboard.presenters.due_dates_view import DayCell
from models.vocabulary import LONDON, Level
from queries import casework
from settings import Settings
from tests.alerts.scenes import key_of, score_and_tell
from tests.dashboard.casework_scenes import LONG_AGO, NOON, ROSE, SUNNY, TODAY, in_days, persons, story
from tests.dashboard.conftest import html

Open = Callable[..., AppTest]
WEDNESDAY = date(2026, 12, 23)


def record(number: int, due_on: date, *, kind: str = "duty", **details: Any) -> Record:
    entry = Entry(
        number,
        number,
        None,
        ROSE,
        None,
        kind,
        "open",
        date(2026, 11, 1),
        due_on,
        "ann",
        "ann",
        datetime(2026, 11, 1, 12, tzinfo=LONDON),
        "casework",
        "",
        {"title": f"Step {number}", "then": "", **details},
    )
    return Record((entry,))


def grid(*records: Record) -> Sequence[Sequence[DayCell]]:
    running = clocks.find_running_clocks(records)
    return due_dates_view.calendar_grid(running, WEDNESDAY, {ROSE: "Rose Lodge"}).weeks


def test_the_grid_has_whole_weeks_from_this_monday_on() -> None:
    weeks = grid()
    assert {len(week) for week in weeks} == {7}
    assert weeks[0][0].number == 21
    assert weeks[0][0].month == "Dec"
    assert [day.number for week in weeks for day in week if day.is_today] == [23]
    assert [day.number for day in weeks[0] if day.is_past] == [21, 22]
    assert [day.number for day in weeks[0] if day.is_free] == [25, 26, 27]  # Christmas and the weekend
    assert due_dates_view.last_day(WEDNESDAY) == date(2027, 1, 31)
    assert weeks[-1][-1].spoken == "Sunday 31 January 2027"


def test_the_grid_counts_what_is_due_and_names_the_first() -> None:
    weeks = grid(record(1, date(2027, 1, 4)), record(2, date(2027, 1, 4)), record(3, date(2027, 1, 4)))
    [full] = [day for week in weeks for day in week if day.count]
    assert full.number == 4
    assert full.count == 3
    assert full.shown == ["Rose Lodge: duty Step 1", "Rose Lodge: duty Step 2"]
    assert full.tooltip.endswith("; Rose Lodge: duty Step 3")


def test_the_days_are_in_order_with_how_long_there_is() -> None:
    running = clocks.find_running_clocks(
        [record(2, date(2026, 12, 24)), record(1, date(2026, 12, 20)), record(3, date(2026, 12, 24))]
    )
    days = due_dates_view.clocks_by_day(running, WEDNESDAY, {}, {"ann": "Ann"})
    assert [(day.day, day.left, day.is_late, len(day.clocks)) for day in days] == [
        ("Sunday 20 December 2026", "was due 3 days ago", True, 1),
        ("Thursday 24 December 2026", "tomorrow", False, 2),
    ]
    assert days[0].clocks[0].owner == "Ann"
    assert days[0].clocks[0].address == f"./casework?id={ROSE}&record=1"


@pytest.fixture
def told(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The story, as Ann sees it."""
    story(sqlite_engine)
    monkeypatch.setenv("CONTINUITY_USER", "ann")
    return sqlite_engine


def test_the_calendar_is_of_a_person_and_of_a_provider(told: Engine, open_app: Open) -> None:
    shown = html(open_app(told, "due"))
    assert "1 clock overdue" in shown
    assert "A manager, 20 % done" in shown
    assert "at this pace 70 days late" in shown
    assert "irregularity" not in shown  # Vic's
    shown = html(open_app(told, "due", person="ben"))
    assert "Visit" in shown
    assert "A manager" not in shown
    assert "Threshold met" not in shown
    shown = html(open_app(told, "due", provider=SUNNY))
    assert "Nothing is overdue." in shown
    assert "A manager" not in shown
    assert "continuity alerts ack" in shown


def test_a_filter_goes_into_the_address(told: Engine, open_app: Open) -> None:
    app = open_app(told, "due")
    app.selectbox(key="due_person").set_value("ben").run()
    assert app.query_params["person"] == "ben"
    assert "A manager" not in html(app)


def test_the_share_that_ends_late_is_said_once_fifty_have_closed(told: Engine, open_app: Open) -> None:
    ann = casework.current_author(told, Settings(user="ann"))[0]
    assert ann is not None
    with case_writer(told, ann, now=NOON) as book:
        for number in range(clocks.LEAST_CLOSED):
            if number == clocks.LEAST_CLOSED - 1:
                assert "closed so far" not in html(open_app(told, "due"))
            more = {"title": f"Step {number}"}
            one = book.open_record("milestone", part_of=1, due_on=in_days(1), details=more)
            if number % 5:
                book.change_record(one.number, state="met", details={"evidence": "Seen"})
            else:
                book.change_record(one.number, state="missed", rationale="Nobody came")
    assert "20% of the milestones closed so far were late." in html(open_app(told, "due"))


def test_the_first_page_says_what_nobody_acted_on(told: Engine, open_app: Open) -> None:
    shown = html(open_app(told))
    assert "Threshold met, nothing done:" in shown
    assert f"./casework?id={SUNNY}&amp;do=escalation&amp;escalation=" in shown
    assert "Sunny House</a>" in shown
    assert "1 clock overdue" in shown


def test_the_first_page_says_it_of_the_newest_day_only(told: Engine, open_app: Open) -> None:
    score_and_tell(told, LONG_AGO + timedelta(days=1), {"Rose Lodge": "concern", "Sunny House": "critical"})
    assert "Threshold met" not in html(open_app(told, day=LONG_AGO.isoformat()))
    assert "Threshold met" in html(open_app(told, day=(LONG_AGO + timedelta(days=1)).isoformat()))


@pytest.mark.parametrize("user", ["pat", "vic"])
def test_the_first_page_says_only_what_somebody_may_see(
    told: Engine, open_app: Open, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    monkeypatch.setenv("CONTINUITY_USER", user)
    shown = html(open_app(told))
    assert "clock overdue" not in shown  # Ben's, of casework
    assert ("Threshold met" in shown) is (user == "vic")


def test_the_first_page_is_quiet_where_there_is_nothing(sqlite_engine: Engine, open_app: Open) -> None:
    score_and_tell(sqlite_engine, TODAY, {"Rose Lodge": "critical"})
    persons(sqlite_engine)
    assert "Not acted on" not in html(open_app(sqlite_engine))


def test_what_somebody_enters_is_on_the_first_page_at_once(told: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(user="ann", database_url=str(told.url), home=Settings().home)
    monkeypatch.setenv("CONTINUITY_DATABASE_URL", str(told.url))
    at, viewer = cache.current_context(), current_viewer(told, settings)
    assert cache.read_overdue_work(at, viewer, settings, TODAY).overdue_clocks == 1
    ann = casework.current_author(told, settings)[0]
    assert ann is not None
    with case_writer(told, ann, now=NOON) as book:
        book.change_record(3, state="done", details={"evidence": "Report"})
    assert cache.read_overdue_work(at, viewer, settings, TODAY).overdue_clocks == 0


def test_the_worst_are_named_once_each() -> None:
    def undone(provider: str, level: Level) -> casework.EscalationWithoutAction:
        return casework.EscalationWithoutAction(1, key_of(provider), provider, "homes", level, LONG_AGO)

    escalations = [
        undone("A", Level.CRITICAL),
        undone("A", Level.CONCERN),
        undone("B", Level.CONCERN),
        undone("C", Level.CONCERN),
    ]
    shown, more = escalation_view.worst_by_provider(escalations, 2)
    assert [escalation.name for escalation in shown] == ["A", "B"]
    assert more == 1
