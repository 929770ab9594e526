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
from tests.dashboard.scenes import ALDER, BIRCH, DAY, DOGWOOD
from tests.factories import load, on_record

Open = Callable[..., AppTest]
LATER = ("Opened in secret", "Administration", "31 December 2020")


def _table(app: AppTest) -> str:
    return next(part for part in html(app).split('<div class="cw">') if "cw-list" in part)


def test_the_worst_provider_stands_first(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat())
    assert not app.exception
    table = _table(app)
    order = sorted(("Alder Care Ltd", "Birch Homes Ltd", "Cedar"), key=table.index)
    assert order == ["Alder Care Ltd", "Cedar", "Birch Homes Ltd"]


@pytest.mark.parametrize("page", ["watchlist", "provider"])
def test_each_view_works_on_each_kind_of_database(engine: Engine, open_app: Open, page: str) -> None:
    scenes.story(engine)
    app = open_app(engine, page, id=ALDER, day=DAY.isoformat())
    assert not app.exception
    assert "Alder Care Ltd" in html(app)
    assert "could not" not in html(app)


def test_a_row_says_what_changed_and_why(told: Engine, open_app: Open) -> None:
    table = _table(open_app(told, day=DAY.isoformat()))
    assert "was watch" in table
    assert "Net assets -£1,250,000 at 31 December 2019" in table
    assert ">recalled<" in table
    assert "no probability: no failure model covers companies" in table
    assert "7.0 %" in table


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


def test_the_providers_page_without_the_panel_has_no_later_fact(told: Engine, open_app: Open) -> None:
    app = open_app(told, "provider", id=ALDER, day=DAY.isoformat())
    assert [word for word in LATER if word in html(app)]
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


def test_providers_that_are_no_longer_covered_are_named(told: Engine, open_app: Open) -> None:
    shown = html(open_app(told, day=DAY.isoformat()))
    assert "No longer covered</strong> since 31 March 2020" in shown
    assert f"provider?id={DOGWOOD}&amp;day=2020-06-30" in shown


def test_a_finding_about_a_register_is_shown_once(told: Engine, open_app: Open) -> None:
    assert html(open_app(told, day=DAY.isoformat())).count("No inspections since March") == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"level": "concern"}, {"Alder Care Ltd"}),
        ({"q": "birch"}, {"Birch Homes Ltd"}),
        ({"q": ALDER.lower()}, {"Alder Care Ltd"}),
        ({"changed": "true"}, {"Alder Care Ltd", "Cedar"}),
        ({"commissioner": "E08000035"}, {"Alder Care Ltd", "Birch Homes Ltd"}),
        ({"commissioner": "CW-AREA-leeds"}, {"Alder Care Ltd", "Birch Homes Ltd"}),
    ],
)
def test_filters_stand_in_the_address(told: Engine, open_app: Open, query: dict[str, str], names: set[str]) -> None:
    table = _table(open_app(told, day=DAY.isoformat(), later="false", **query))
    assert {name for name in ("Alder Care Ltd", "Birch Homes Ltd", "Cedar") if f"{name}</a>" in table} == names


def test_a_filter_that_is_no_level_or_commissioner_is_passed_over(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat(), level="dreadful", commissioner="CW-AREA-nowhere", page="many")
    assert "Birch Homes Ltd" in _table(app)


def test_picking_a_level_keeps_it_in_the_address(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat())
    app.button_group(key="levels").set_value(["concern"]).run()
    assert app.query_params["level"] == "concern"
    assert "Birch Homes Ltd</a>" not in _table(app)


@pytest.mark.parametrize(("page", "first"), [("1", "Home 000"), ("2", "Home 050"), ("99", "Home 000")])
def test_a_long_list_is_shown_page_by_page(sqlite_engine: Engine, open_app: Open, page: str, first: str) -> None:
    homes = [scenes.Scored(f"GB-OFSTED-{number}", f"Home {number:03}", "none") for number in range(70)]
    scenes.score(sqlite_engine, DAY, *homes)
    table = _table(open_app(sqlite_engine, day=DAY.isoformat(), page=page))
    assert table.split("</a>")[0].endswith(first)


def test_a_filter_that_leaves_fewer_pages_is_no_error(sqlite_engine: Engine, open_app: Open) -> None:
    homes = [scenes.Scored(f"GB-OFSTED-{number}", f"Home {number:03}", "none") for number in range(170)]
    scenes.score(sqlite_engine, DAY, *homes)
    app = open_app(sqlite_engine, day=DAY.isoformat(), page="4")
    assert "Home 150" in _table(app)
    app.text_input(key="q").set_value("Home 0").run()
    assert not app.exception
    assert "Home 000" in _table(app)


def test_a_filter_that_nobody_passes_says_so(told: Engine, open_app: Open) -> None:
    assert "No provider passes these filters." in html(open_app(told, day=DAY.isoformat(), q="nobody"))


def test_the_principles_of_a_provider_with_figures_and_sources(told: Engine, open_app: Open) -> None:
    shown = html(open_app(told, "provider", id=ALDER, day=DAY.isoformat()))
    for words in (
        "Care companies",
        "Recommended stage:</strong> Failing",
        "Councils move people",
        "Plan: within 10 days",
        "Accountability",
        "Flexibility",
        "Councils can step in.",
        "Nobody loses a home.",
        "−£1.25 million",  # noqa: RUF001
        "31 December 2019",
        "1 June 2020",
        "6 months old",
        "file.csv",
        "Turnover: not known",
        ">recalled<",
        "The rule: Our own choice",
    ):
        assert words in shown, words


def test_links_say_who_owns_and_who_buys(told: Engine, open_app: Open) -> None:
    shown = html(open_app(told, "provider", id=ALDER, day=DAY.isoformat()))
    for words in ("Owned by", "Alder Group", "Customers", "£450,000", "1 April 2019 to 31 March 2022", "C-17"):
        assert words in shown, words
    assert "Alder Holdings Ltd" in shown


def test_an_area_is_not_said_to_depend_on_its_settings(told: Engine, open_app: Open) -> None:
    shown = html(open_app(told, "provider", id=BIRCH, day=DAY.isoformat()))
    assert "Stands in the area of" in shown
    assert "depend" not in shown.casefold()
    assert "Customers" not in shown


def test_a_subject_that_no_regime_covers_shows_the_known_facts(told: Engine, open_app: Open) -> None:
    app = open_app(told, "provider", id="CW-AREA-leeds", day=DAY.isoformat())
    assert not app.exception
    assert "No regime covers this provider on this day" in html(app)


def test_the_page_of_a_provider_says_why_no_regime_covers_it(sqlite_engine: Engine, open_app: Open) -> None:
    load(sqlite_engine, scenes.facts())
    regime_file = scenes.REGIME + "covers: {ends_on: [outcome_failed]}\n"
    scenes.score(sqlite_engine, date(2020, 3, 31), scenes.Scored(ALDER, "", "watch"), regime_file=regime_file)
    scenes.score(sqlite_engine, date(2021, 1, 31), scenes.Scored(BIRCH, "", "watch"), regime_file=regime_file)
    shown = html(open_app(sqlite_engine, "provider", id=ALDER, day="2021-01-31"))
    assert "No longer covered: Outcome: failed (&lt;b&gt;Administration&lt;/b&gt;), 14 January 2021." in shown
    assert "The last assessment was on 31 March 2020." in shown


def test_an_unknown_provider_is_said_in_words_with_a_search(told: Engine, open_app: Open) -> None:
    app = open_app(told, "provider", id="GB-COH-99999999", day=DAY.isoformat())
    assert not app.exception
    assert "Nothing was known about &#39;GB-COH-99999999&#39; on 30 June 2020." in html(app)
    app.text_input(key="find").set_value("alder").run()
    assert f"provider?id={ALDER}&amp;day=2020-06-30" in html(app)


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
