"""A provider's page in process: findings, figures, links, and what is there without an assessment."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from tests.dashboard import scenes
from tests.dashboard.conftest import html
from tests.dashboard.scenes import ALDER, BIRCH, DAY
from tests.factories import load

Open = Callable[..., AppTest]


LATER = ("Opened in secret", "Administration", "31 December 2020")


def test_the_providers_page_without_the_panel_has_no_later_fact(told: Engine, open_app: Open) -> None:
    app = open_app(told, "provider", id=ALDER, day=DAY.isoformat())
    assert [word for word in LATER if word in html(app)]
    app.toggle(key="later").set_value(False).run()
    assert not [word for word in LATER if word in html(app)]


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
