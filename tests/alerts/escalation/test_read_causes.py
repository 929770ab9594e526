"""The causes of changed verdicts, read from two runs and the ledger."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from alerts.escalation.change_causes import UNKNOWN_CAUSES, ChangeCause, Versions
from alerts.escalation.read_causes import causes_between, previous_run, run_differences, visible_causes
from models.database import read_session
from models.scoring import Run
from models.subjects import Subject
from models.vocabulary import Level, View
from tests.alerts.scenes import HOMES, finding, key_of, score

MONDAY, TUESDAY, WEDNESDAY = date(2024, 1, 8), date(2024, 1, 9), date(2024, 1, 10)
HOME = "Sunny House"
WATCHED = finding("Late accounts", Level.WATCH, rule="late")
WORSE = finding("Late accounts", Level.CONCERN, rule="late")
LETTER = finding("Whistleblower's letter", Level.CONCERN, rule="letter", audiences=["casework"])


def scored(engine: Engine, day: date, level: Level, *findings: dict[str, Any], **more: Any) -> int:
    return score(engine, day, {HOME: level}, findings={HOME: list(findings)}, **more)


def causes_of(engine: Engine, before: int, run: int) -> Mapping[Any, Any]:
    """The causes of the home's change between two runs."""
    with read_session(engine) as session:
        provider = session.scalars(select(Subject.id).where(Subject.key == key_of(HOME))).one()
        runs = [session.get_one(Run, number) for number in (before, run)]
        return causes_between(session, *runs, {(provider, "homes")})


def test_the_run_before_is_the_newest_earlier_one_of_the_same_view(engine: Engine) -> None:
    first = scored(engine, MONDAY, Level.WATCH, WATCHED)
    scored(engine, TUESDAY, Level.WATCH, WATCHED, view=View.OPEN)
    scored(engine, WEDNESDAY, Level.WATCH, WATCHED)
    again = scored(engine, TUESDAY, Level.WATCH, WATCHED)
    with read_session(engine) as session:
        before = previous_run(session, session.get_one(Run, again))
        assert before is not None
        assert before.id == first
        assert previous_run(session, session.get_one(Run, first)) is None


def test_a_worse_finding_on_the_same_rows_under_the_same_rule_is_the_passing_of_time(sqlite_engine: Engine) -> None:
    before = scored(sqlite_engine, MONDAY, Level.WATCH, WATCHED)
    run = scored(sqlite_engine, TUESDAY, Level.CONCERN, WORSE)
    [causes] = causes_of(sqlite_engine, before, run).values()
    assert causes.causes == {ChangeCause.TIME}


def test_a_finding_on_a_newer_row_is_new_data(sqlite_engine: Engine) -> None:
    before = scored(sqlite_engine, MONDAY, Level.WATCH, WATCHED)
    run = scored(sqlite_engine, TUESDAY, Level.CONCERN, {**WORSE, "seqs": [101]})
    [causes] = causes_of(sqlite_engine, before, run).values()
    assert causes.causes == {ChangeCause.DATA}


def test_a_changed_rule_is_the_cause_and_has_its_versions(sqlite_engine: Engine) -> None:
    rule = HOMES + "version: {0}\nprinciples: {{accountability: {{rules: [{{key: late, after: {0} days}}]}}}}\n"
    before = scored(sqlite_engine, MONDAY, Level.WATCH, WATCHED, file=rule.format(1))
    run = scored(sqlite_engine, TUESDAY, Level.CONCERN, WORSE, file=rule.format(2))
    [causes] = causes_of(sqlite_engine, before, run).values()
    assert causes.causes == {ChangeCause.RULE}
    assert causes.versions == Versions("1", "2")


def test_a_regime_that_the_run_before_did_not_have_has_no_causes(sqlite_engine: Engine) -> None:
    before = scored(sqlite_engine, MONDAY, Level.WATCH, WATCHED, regime="other")
    run = scored(sqlite_engine, TUESDAY, Level.CONCERN, WORSE)
    assert causes_of(sqlite_engine, before, run) == {}


def test_the_first_run_has_unknown_causes(sqlite_engine: Engine) -> None:
    run = scored(sqlite_engine, MONDAY, Level.WATCH, WATCHED)
    with read_session(sqlite_engine) as session:
        assert visible_causes(session, run, (1, "homes"), None) == UNKNOWN_CAUSES


def test_a_restricted_finding_is_a_cause_only_for_its_readers(sqlite_engine: Engine) -> None:
    scored(sqlite_engine, MONDAY, Level.WATCH, WATCHED)
    run = scored(sqlite_engine, TUESDAY, Level.CONCERN, WATCHED, {**LETTER, "seqs": [101]})
    with read_session(sqlite_engine) as session:
        provider = session.scalars(select(Subject.id).where(Subject.key == key_of(HOME))).one()
        inside, outside = (
            visible_causes(session, run, (provider, "homes"), ["public", audience]).causes
            for audience in ("casework", "council")
        )
    assert ChangeCause.DATA in inside
    assert ChangeCause.DATA not in outside


def test_an_updated_service_and_another_model_are_differences(sqlite_engine: Engine) -> None:
    runs = [scored(sqlite_engine, day, Level.WATCH, WATCHED) for day in (MONDAY, TUESDAY)]
    with read_session(sqlite_engine) as session:
        before, run = (session.get_one(Run, number) for number in runs)
        same = run_differences(session, before, run, "homes")
        run.code_version, run.model_hash = "newer", "other"
        differences = run_differences(session, before, run, "homes")
        session.expunge_all()
    assert not same.has_other_service
    assert not same.has_other_model
    assert differences.has_other_service
    assert differences.has_other_model
