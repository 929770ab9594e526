"""What is read over several runs, on each kind of database."""

from datetime import date

from sqlalchemy import Engine

from access.people import current_viewer
from models.vocabulary import View
from queries import commissioners, level_history
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


def test_who_was_there_before_and_is_not_now(engine: Engine) -> None:
    before = score(engine, BEFORE, Scored(DOGWOOD, "Dogwood", "watch"), Scored(CEDAR, "Cedar", "critical"))
    run = score(engine, DAY, Scored(BIRCH, "Birch", "none"))
    assert level_history.providers_no_longer_covered(engine, run, before, audiences=None) == [
        {"id": CEDAR, "name": "Cedar", "level": "critical"},
        {"id": DOGWOOD, "name": "Dogwood", "level": "watch"},
    ]


def test_later_levels_and_facts_begin_after_the_day(engine: Engine) -> None:
    scenes.story(engine)
    assert level_history.later_levels(engine, DAY, [ALDER], audiences=None) == {
        ALDER: [{"day": AFTER, "level": "critical"}]
    }
    assert [row["indicator"] for row in level_history.later_facts(engine, DAY, [ALDER], audiences=None)] == [
        "investigation_opened",
        "outcome_failed",
    ]
    assert level_history.later_facts(engine, date(2021, 1, 15), [ALDER], audiences=None) == []


def test_only_events_of_later_can_be_asked_for(engine: Engine) -> None:
    scenes.story(engine)
    early = date(2019, 1, 1)
    every, events = (
        level_history.later_facts(engine, early, [ALDER], only_events=only, audiences=None) for only in (False, True)
    )
    assert {row["kind"] for row in events} == {"event"}
    assert len(every) > len(events)


def test_findings_come_for_the_providers_asked_for(engine: Engine) -> None:
    scenes.story(engine)
    run = level_history.newest_run_by_day(engine)[DAY]
    found = level_history.provider_findings(engine, run, [ALDER, "GB-COH-00000099"], audiences=None)
    assert [finding["rule"] for finding in found[ALDER, "care"]] == ["net_assets", "turnover", "powers"]
    assert list(found) == [(ALDER, "care")]


def test_a_runs_regimes_are_the_files_it_used(engine: Engine) -> None:
    old = score(engine, BEFORE, Scored(BIRCH, "Birch", "none"), regime_file="title: Before\n")
    new = score(engine, DAY, Scored(BIRCH, "Birch", "none"), regime_file="title: Now\n")
    assert level_history.regime_files(engine, old) == {"care": {"title": "Before"}}
    assert level_history.regime_files(engine, new) == {"care": {"title": "Now"}}


def test_the_moment_moves_with_every_run_and_load(engine: Engine) -> None:
    first = level_history.read_data_version(engine)
    load(engine, scenes.facts())
    second = level_history.read_data_version(engine)
    score(engine, DAY, Scored(BIRCH, "Birch", "none"))
    assert first < second < level_history.read_data_version(engine)


def test_commissioners_are_those_known_by_the_day(engine: Engine) -> None:
    load(engine, scenes.facts())
    assert commissioners.commissioner_titles(engine, date(2019, 3, 31)) == {}
    assert commissioners.commissioner_titles(engine, date(2019, 4, 1)) == {"E08000035": "Leeds City Council"}


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
    assert (ann.name, ann.audiences) == ("Ann", {"public", "casework"})
    assert current_viewer(sqlite_engine, Settings(user="guest")).audiences == {"public"}
