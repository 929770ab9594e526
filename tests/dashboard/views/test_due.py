"""Due dates: the grid of weeks, the days, filters in the address; and escalations without action on the first page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from access.people import current_viewer
from casework import clocks
from casework.writing import case_writer
from dashboard import cache
from queries import casework
from settings import Settings
from tests.alerts.scenes import score_and_tell
from tests.dashboard.casework_scenes import LONG_AGO, NOON, SUNNY, TODAY, in_days, persons, story
from tests.dashboard.conftest import html

Open = Callable[..., AppTest]


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
