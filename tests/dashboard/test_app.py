"""The views in process: their content, no traceback, and no later fact outside its panel."""

import importlib.metadata
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import url_state
from tests.dashboard import scenes
from tests.dashboard.conftest import html
from tests.dashboard.scenes import ALDER, BIRCH, DAY
from tests.factories import on_record

Open = Callable[..., AppTest]
LATER = ("Opened in secret", "Administration", "31 December 2020")


@pytest.mark.parametrize("page", ["watchlist", "provider"])
def test_each_view_works_on_each_kind_of_database(engine: Engine, open_app: Open, page: str) -> None:
    scenes.story(engine)
    app = open_app(engine, page, id=ALDER, day=DAY.isoformat())
    assert not app.exception
    assert "Alder Care Ltd" in html(app)
    assert "could not" not in html(app)


def test_register_text_is_never_markup(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat())
    assert "<script>" not in html(app)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Cedar" in html(app)
    assert "&lt;b&gt;Administration&lt;/b&gt;" in html(app)


def test_later_facts_are_only_in_their_panel(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat())
    inside = next(part for part in html(app).split("\n<div") if "Later events" in part)
    assert "31 December 2020" in inside
    app.toggle(key="later").set_value(False).run()
    assert not [word for word in LATER if word in html(app)]


def test_the_newest_scored_day_has_no_panel_of_later_events(told: Engine, open_app: Open) -> None:
    app = open_app(told, day="2020-12-31")
    assert "Later events" not in html(app)


def test_a_day_that_was_not_scored_shows_the_one_before_and_says_so(told: Engine, open_app: Open) -> None:
    shown = html(open_app(told, day="2020-07-20"))
    assert "20 July 2020 was not scored. This list was scored on 30 June 2020" in shown
    assert "Cedar" in shown


def test_a_day_before_the_first_scored_one_says_which_is_the_first(told: Engine, open_app: Open) -> None:
    app = open_app(told, day="2010-01-01")
    assert not app.exception
    assert "No day up to 1 January 2010 has been scored." in html(app)
    assert "The first scored day is 31 March 2020" in html(app)


def test_the_steps_lead_from_one_scored_day_to_the_next(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat())
    app.button[0].click().run()
    assert "Watchlist of 31 March 2020" in html(app)
    app.button[1].click().run()
    assert "Watchlist of 30 June 2020" in html(app)


def test_any_day_can_be_picked_and_cleared_again(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat())
    app.date_input(key="any_day").set_value(date(2020, 4, 15)).run()
    assert "Watchlist of 15 April 2020" in html(app)
    app.selectbox(key="scored_day").set_value(DAY).run()
    assert "Watchlist of 30 June 2020" in html(app)
    app.date_input(key="any_day").set_value(None).run()
    assert "Watchlist of 31 December 2020" in html(app)


def test_a_day_that_is_no_day_is_not_an_error(told: Engine, open_app: Open) -> None:
    app = open_app(told, day="yesterday")
    assert not app.exception
    assert "Watchlist of 31 December 2020" in html(app)


def test_a_long_list_is_shown_in_pages(told: Engine, open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_state, "LIST_ROWS", 1)
    shown = html(open_app(told, "provider", id=ALDER, day=DAY.isoformat()))
    total = re.findall(r"1 to 1 of (\d+)", shown)[-1]
    assert int(total) > 1
    assert f"2 to 2 of {total}" not in shown
    second = html(open_app(told, "provider", id=ALDER, day=DAY.isoformat(), known_page="2"))
    assert f"2 to 2 of {total}" in second


def test_without_a_database_there_are_words(open_app: Open, tmp_path: Path) -> None:
    app = open_app(f"sqlite:///{tmp_path / 'nowhere.db'}")
    assert not app.exception
    assert "there is no database yet; run &#39;continuity init&#39;" in html(app)


@pytest.mark.parametrize("page", ["watchlist", "provider"])
def test_with_nothing_scored_there_are_words(sqlite_engine: Engine, open_app: Open, page: str) -> None:
    app = open_app(sqlite_engine, page)
    assert not app.exception
    assert "No day has been scored yet." in html(app)
    assert "continuity sample" in html(app)


def test_a_database_that_breaks_is_said_in_words(told: Engine, open_app: Open) -> None:
    with told.connect() as connection:
        connection.execute(text("DROP TABLE assessment"))
        connection.commit()
    app = open_app(told, day=DAY.isoformat())
    assert not app.exception
    assert "The database could not be read." in html(app)


def test_our_own_fault_is_said_in_words(told: Engine, open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.cache.newest_run_by_day", lambda _at: 1 / 0)
    app = open_app(told)
    assert not app.exception
    assert "This page could not be shown." in html(app)


def test_a_registered_user_reads_which_records_they_see(
    told: Engine, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_record(told, "guest", audiences=[])
    monkeypatch.setenv("CONTINUITY_USER", "guest")
    assert "You see only information for: public." in html(open_app(told))


def test_a_new_run_is_shown_without_a_restart(told: Engine, open_app: Open) -> None:
    app = open_app(told)
    scenes.score(told, date(2021, 2, 1), scenes.Scored(BIRCH, "Birch Homes Ltd", "critical"))
    app.run()
    assert "Watchlist of 31 December 2020" in html(app)  # the reader's day does not move by itself
    app.button[1].click().run()
    assert "Watchlist of 1 February 2021" in html(app)


def test_no_file_of_the_dashboard_hides_a_module() -> None:
    folder = Path(dashboard.__file__).parent
    names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()} - {
        "__init__",
        "__pycache__",
    }
    root = {path.stem for path in folder.parent.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names & (root | set(sys.stdlib_module_names) | set(importlib.metadata.packages_distributions())) == set()
