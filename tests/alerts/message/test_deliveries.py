"""News that also has a message of its own, and rows that are inserted once."""

import pytest
from sqlalchemy import Engine, func, select

from alerts.decide import Reason
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes, ChangeCause
from alerts.message.deliveries import insert_if_new, insert_if_new_returning_id, insert_new, is_sent_alone
from models.database import table_of, write_session
from models.subjects import Subject
from models.vocabulary import Level

RULE, DATA = Causes(frozenset({ChangeCause.RULE})), Causes(frozenset({ChangeCause.RULE, ChangeCause.DATA}))
SUBJECT = table_of(Subject)
ROW = {"key": "GB-COH-1", "is_asked_for": False}


@pytest.mark.parametrize(
    ("reason", "level", "causes", "expected"),
    [
        (Reason.OPENED, Level.CRITICAL, UNKNOWN_CAUSES, True),
        (Reason.RAISED, Level.CRITICAL, DATA, True),
        (Reason.RAISED, Level.CRITICAL, RULE, False),
        (Reason.RAISED, Level.CONCERN, DATA, False),
        (Reason.ADDED, Level.CRITICAL, DATA, False),
        (Reason.BASELINE, Level.CRITICAL, UNKNOWN_CAUSES, False),
    ],
)
def test_a_new_critical_level_goes_alone_unless_only_the_rule_changed(
    reason: Reason, level: Level, causes: Causes, expected: bool
) -> None:
    assert is_sent_alone(reason, level, causes) is expected


def test_a_row_that_is_there_is_left_alone(engine: Engine) -> None:
    with write_session(engine) as session:
        assert insert_if_new(session, SUBJECT, ROW)
        assert not insert_if_new(session, SUBJECT, ROW)
        assert insert_if_new_returning_id(session, SUBJECT, ROW) is None
        insert_new(session, SUBJECT, [ROW, {**ROW, "key": "GB-COH-2"}])
        assert session.scalar(select(func.count()).select_from(SUBJECT)) == 2
