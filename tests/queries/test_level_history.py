"""Levels and findings over several runs, on each kind of database."""

from sqlalchemy import Engine

from access.people import current_viewer
from models.vocabulary import Level, View
from queries import level_history
from queries.level_history import LevelOnDay, RegimeLevel, UncoveredProvider
from settings import Settings
from tests.dashboard import scenes
from tests.dashboard.scenes import AFTER, ALDER, BEFORE, BIRCH, CEDAR, DAY, DOGWOOD, Scored, score
from tests.factories import load, on_record


def test_the_newest_run_of_each_day_counts(engine: Engine) -> None:
    score(engine, DAY, Scored(BIRCH, "Birch", "none"))
    revision = score(engine, DAY, Scored(BIRCH, "Birch", "watch"))
    before = score(engine, BEFORE, Scored(BIRCH, "Birch", "none"))
    score(engine, AFTER, Scored(BIRCH, "Birch", "none"), view=View.OPEN)
    assert level_history.newest_run_by_day(engine) == {BEFORE: before, DAY: revision}


def test_levels_are_counted_by_each_providers_worst_regime(engine: Engine) -> None:
    run = score(
        engine,
        DAY,
        Scored(ALDER, "Alder", "none"),
        Scored(ALDER, "Alder", "critical", regime="money"),
        Scored(BIRCH, "Birch", "unscorable"),
        Scored(BIRCH, "Birch", "none", regime="money"),
    )
    assert level_history.level_counts(engine, run, audiences=None) == {
        "critical": 1,
        "concern": 0,
        "watch": 0,
        "unscorable": 1,
        "none": 0,
    }


def test_providers_of_the_run_before_that_are_no_longer_covered(engine: Engine) -> None:
    before = score(engine, BEFORE, Scored(DOGWOOD, "Dogwood", "watch"), Scored(CEDAR, "Cedar", "critical"))
    run = score(engine, DAY, Scored(BIRCH, "Birch", "none"))
    assert level_history.providers_no_longer_covered(engine, run, before, audiences=None) == [
        UncoveredProvider(CEDAR, "Cedar", Level.CRITICAL),
        UncoveredProvider(DOGWOOD, "Dogwood", Level.WATCH),
    ]


def test_later_levels_begin_after_the_day(engine: Engine) -> None:
    scenes.story(engine)
    assert level_history.later_levels(engine, DAY, [ALDER], audiences=None) == {
        ALDER: [LevelOnDay(AFTER, Level.CRITICAL)]
    }


def test_a_providers_level_on_every_scored_day(engine: Engine) -> None:
    score(engine, BEFORE, Scored(BIRCH, "Birch", "none"))
    score(engine, DAY, Scored(BIRCH, "Birch", "watch"))
    assert level_history.levels_over_time(engine, BIRCH, DAY, audiences=None) == [
        RegimeLevel(BEFORE, "care", "none"),
        RegimeLevel(DAY, "care", "watch"),
    ]


def test_findings_come_for_the_providers_asked_for(engine: Engine) -> None:
    scenes.story(engine)
    run = level_history.newest_run_by_day(engine)[DAY]
    findings = level_history.provider_findings(engine, run, [ALDER, "GB-COH-00000099"], audiences=None)
    assert [finding["rule"] for finding in findings[ALDER, "care"]] == ["net_assets", "turnover", "powers"]
    assert list(findings) == [(ALDER, "care")]


def test_a_runs_regimes_are_the_files_it_used(engine: Engine) -> None:
    old = score(engine, BEFORE, Scored(BIRCH, "Birch", "none"), regime_file="title: Before\n")
    new = score(engine, DAY, Scored(BIRCH, "Birch", "none"), regime_file="title: Now\n")
    assert level_history.regime_files(engine, old) == {"care": {"title": "Before"}}
    assert level_history.regime_files(engine, new) == {"care": {"title": "Now"}}


def test_the_data_version_moves_with_every_run_and_load(engine: Engine) -> None:
    first = level_history.read_data_version(engine)
    load(engine, scenes.facts())
    second = level_history.read_data_version(engine)
    score(engine, DAY, Scored(BIRCH, "Birch", "none"))
    assert first < second < level_history.read_data_version(engine)


def test_somebody_who_is_not_on_record_sees_what_is_public(sqlite_engine: Engine) -> None:
    viewer = current_viewer(sqlite_engine, Settings(user="somebody"))
    assert viewer.name == "somebody"
    assert viewer.audiences == {"public"}


def test_an_auditor_sees_everything(sqlite_engine: Engine) -> None:
    on_record(sqlite_engine, "ada", roles=["auditor"], audiences=[])
    assert current_viewer(sqlite_engine, Settings(user="ada")).audiences is None


def test_a_person_sees_the_audiences_on_record(sqlite_engine: Engine) -> None:
    on_record(sqlite_engine, "ann", name="Ann")
    on_record(sqlite_engine, "guest", audiences=[])
    ann = current_viewer(sqlite_engine, Settings(user="ann"))
    assert ann.name == "Ann"
    assert ann.audiences == {"public", "casework"}
    assert current_viewer(sqlite_engine, Settings(user="guest")).audiences == {"public"}
