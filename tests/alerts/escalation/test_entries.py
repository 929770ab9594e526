"""The history before a run: actions in force, last messages, causes."""

from datetime import date

import pytest
from sqlalchemy import Engine

from alerts.decide import Reason
from alerts.escalation.actions import action_writer
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes, ChangeCause
from alerts.escalation.entries import (
    CausedChange,
    notified_causes,
    read_caused_changes,
    read_closed_by_hand,
    read_open_actions,
)
from models.database import read_session
from models.scoring import Run
from models.vocabulary import Level
from tests.alerts.scenes import finding, noon, score, score_and_tell
from tests.factories import on_record

MONDAY, TUESDAY, FRIDAY = date(2024, 1, 8), date(2024, 1, 9), date(2024, 1, 12)
HOME = "Sunny House"
DATA, TIME = Causes(frozenset({ChangeCause.DATA})), Causes(frozenset({ChangeCause.TIME}))
CHANGES = [CausedChange(1, Reason.OPENED, DATA), CausedChange(2, Reason.ADDED, TIME)]


@pytest.fixture
def escalated(sqlite_engine: Engine) -> Engine:
    """Escalation 1 has been open since Monday."""
    score_and_tell(sqlite_engine, MONDAY, {HOME: "concern"}, findings={HOME: [finding("Late", Level.CONCERN)]})
    return sqlite_engine


@pytest.mark.parametrize(
    ("reason", "change", "causes"),
    [
        (Reason.ADDED, 2, TIME),
        (Reason.OPENED, 2, DATA),
        (Reason.STEP_DUE, 2, DATA),  # a reminder is about the level, not about an addition
        (Reason.ADDED, 1, UNKNOWN_CAUSES),
        (Reason.RAISED, 2, UNKNOWN_CAUSES),
    ],
)
def test_a_message_gives_the_causes_of_the_change_that_it_reports(reason: Reason, change: int, causes: Causes) -> None:
    assert notified_causes(CHANGES, reason, change) == causes


def test_only_the_newest_actions_on_open_escalations_count(escalated: Engine) -> None:
    ann = on_record(escalated, "ann")
    with action_writer(escalated, ann, now=noon(MONDAY)) as writer:
        writer.silence("1", reason="Known", until_on=TUESDAY)
        writer.silence("1", reason="Known", until_on=FRIDAY)
    with read_session(escalated) as session:
        actions = read_open_actions(session)
    assert actions[1].acknowledgement is None
    assert actions[1].silence is not None
    assert actions[1].silence.until_on == FRIDAY
    with action_writer(escalated, ann, now=noon(MONDAY)) as writer:
        writer.close("1", reason="Mixed up")
    with read_session(escalated) as session:
        assert read_open_actions(session) == {}


def test_only_changes_by_runs_have_causes(escalated: Engine) -> None:
    with action_writer(escalated, on_record(escalated, "ann"), now=noon(MONDAY)) as writer:
        writer.silence("1", reason="Known", until_on=FRIDAY)
    with read_session(escalated) as session:
        assert read_caused_changes(session, [1, 2]) == {1: [CausedChange(1, Reason.BASELINE, UNKNOWN_CAUSES)]}


def test_an_escalation_closed_since_the_last_messages_is_news(escalated: Engine) -> None:
    run = score(escalated, TUESDAY, {HOME: "concern"})
    with read_session(escalated) as session:
        assert read_closed_by_hand(session, session.get_one(Run, run)) == []
    with action_writer(escalated, on_record(escalated, "ann"), now=noon(TUESDAY)) as writer:
        writer.close("1", reason="Mixed up")
    with read_session(escalated) as session:
        assert read_closed_by_hand(session, session.get_one(Run, run)) == [1]
