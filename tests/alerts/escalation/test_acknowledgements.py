"""The newest acknowledgement of an escalation: its owner, its last day, and the end of its force."""

from datetime import date

import pytest
from sqlalchemy import Engine

from alerts.escalation.acknowledgements import Acknowledgement, read_acknowledgements
from alerts.escalation.actions import action_writer
from alerts.escalation.visible_escalations import VisibleEscalation
from models.database import read_session
from models.vocabulary import Level
from tests.alerts.scenes import finding, key_of, noon, score_and_tell
from tests.factories import on_record

MONDAY, FRIDAY, SATURDAY = date(2024, 1, 8), date(2024, 1, 12), date(2024, 1, 13)
HOME = "Sunny House"
TEXT = "Ann until 12 January 2024, next: Visit"


@pytest.fixture
def acknowledged(sqlite_engine: Engine) -> Engine:
    """Escalation 1, which Ann acknowledged twice on Monday: the second time until Friday."""
    ann = on_record(sqlite_engine, "ann", name="Ann")
    score_and_tell(sqlite_engine, MONDAY, {HOME: "concern"}, findings={HOME: [finding("Late", Level.CONCERN)]})
    with action_writer(sqlite_engine, ann, now=noon(MONDAY)) as writer:
        writer.acknowledge(key_of(HOME), next_step="Telephone", until_on=date(2024, 1, 10))
        writer.acknowledge(key_of(HOME), next_step="Visit", until_on=FRIDAY)
    return sqlite_engine


def newest(engine: Engine) -> Acknowledgement:
    with read_session(engine) as session:
        return read_acknowledgements(session, [1])[1]


def test_the_newest_acknowledgement_counts(acknowledged: Engine) -> None:
    assert newest(acknowledged).text == TEXT


@pytest.mark.parametrize(
    ("level", "day", "is_in_force"),
    [
        (Level.CONCERN, FRIDAY, True),
        (Level.WATCH, FRIDAY, True),
        (Level.CONCERN, SATURDAY, False),
        (Level.CRITICAL, FRIDAY, False),
    ],
)
def test_an_acknowledgement_ends_after_its_last_day_or_when_the_level_rises(
    acknowledged: Engine, level: Level, day: date, is_in_force: bool
) -> None:
    acknowledgement = newest(acknowledged)
    assert acknowledgement.text_in_force(level, day) == (TEXT if is_in_force else "")
    assert acknowledgement.text_after_expiry(level, day) == ("" if is_in_force else TEXT)


def test_an_escalation_that_nobody_acknowledged_is_left_out(sqlite_engine: Engine) -> None:
    score_and_tell(sqlite_engine, MONDAY, {HOME: "concern"}, findings={HOME: [finding("Late", Level.CONCERN)]})
    with read_session(sqlite_engine) as session:
        assert read_acknowledgements(session, [1]) == {}


def test_a_reopened_escalation_needs_a_new_acknowledgement(acknowledged: Engine) -> None:
    ben = on_record(acknowledged, "ben", name="Ben")
    with action_writer(acknowledged, ben, now=noon(MONDAY)) as writer:
        writer.close("1", reason="Mixed up")
        writer.reopen("1", reason="Not mixed up")
    with read_session(acknowledged) as session:
        assert read_acknowledgements(session, [1]) == {}


def test_entries_that_a_reader_may_not_see_do_not_count(acknowledged: Engine) -> None:
    with read_session(acknowledged) as session:
        assert read_acknowledgements(session, [1], {1: VisibleEscalation()}) == {}
