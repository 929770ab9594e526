"""The watchlist in process: rows, filters, pages."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from tests.dashboard import scenes
from tests.dashboard.conftest import html
from tests.dashboard.scenes import ALDER, DAY, DOGWOOD

Open = Callable[..., AppTest]


def _table(app: AppTest) -> str:
    return next(part for part in html(app).split('<div class="cw">') if "cw-list" in part)


def test_the_worst_provider_stands_first(told: Engine, open_app: Open) -> None:
    app = open_app(told, day=DAY.isoformat())
    assert not app.exception
    table = _table(app)
    order = sorted(("Alder Care Ltd", "Birch Homes Ltd", "Cedar"), key=table.index)
    assert order == ["Alder Care Ltd", "Cedar", "Birch Homes Ltd"]


def test_a_row_says_what_changed_and_why(told: Engine, open_app: Open) -> None:
    table = _table(open_app(told, day=DAY.isoformat()))
    assert "was watch" in table
    assert "Net assets -£1,250,000 at 31 December 2019" in table
    assert ">recalled<" in table
    assert "no probability: no failure model covers companies" in table
    assert "7.0 %" in table


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
