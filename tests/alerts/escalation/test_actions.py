"""Actions of people on escalations: found by number or provider, refused with the reason."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from access.people import find_user
from alerts.escalation.actions import MAX_PAUSE, ActionWriter, UnknownEscalation, WrongAction, action_writer
from models.vocabulary import Level
from tests.alerts.scenes import finding, key_of, noon, score_and_tell
from tests.factories import on_record

MONDAY = date(2024, 1, 8)
HOME = "Sunny House"


@pytest.fixture
def escalated(sqlite_engine: Engine) -> Engine:
    """Escalation 1 is open; Ann may act on it."""
    score_and_tell(sqlite_engine, MONDAY, {HOME: "concern"}, findings={HOME: [finding("Late", Level.CONCERN)]})
    on_record(sqlite_engine, "ann", name="Ann")
    return sqlite_engine


def act(engine: Engine, action: Callable[[ActionWriter], object]) -> object:
    with action_writer(engine, find_user(engine, "ann"), now=noon(MONDAY)) as writer:
        return action(writer)


@pytest.mark.parametrize("escalation", ["1", key_of(HOME)])
def test_an_escalation_is_found_by_its_number_or_its_provider(escalated: Engine, escalation: str) -> None:
    closed = act(escalated, lambda writer: writer.close(escalation, reason="Mixed up"))
    assert closed.number == 1
    assert not closed.state.is_open


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda writer: writer.close("1", reason=" "), WrongAction, "say why"),
        (lambda writer: writer.close("7", reason="x"), UnknownEscalation, "no open escalation '7'"),
        (lambda writer: writer.reopen("1", reason="x"), UnknownEscalation, "no closed escalation '1': it is open"),
        (lambda writer: writer.silence("1", reason="x", until_on=date(2024, 1, 7)), WrongAction, "has passed"),
        (
            lambda writer: writer.silence("1", reason="x", until_on=MONDAY + MAX_PAUSE + timedelta(days=1)),
            WrongAction,
            "is too far off; the latest day is 2024-04-09",
        ),
        (lambda writer: writer.acknowledge("1", next_step=" ", until_on=MONDAY), WrongAction, "say the next step"),
        (
            lambda writer: writer.acknowledge("1", next_step="Visit", until_on=MONDAY, owner="dan"),
            WrongAction,
            "the owner must be a registered user",
        ),
    ],
)
def test_a_wrong_action_is_refused_with_the_reason(
    escalated: Engine, action: Callable[[ActionWriter], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        act(escalated, action)


def test_a_closed_escalation_can_be_reopened(escalated: Engine) -> None:
    act(escalated, lambda writer: writer.close("1", reason="Mixed up"))
    reopened = act(escalated, lambda writer: writer.reopen("1", reason="Not mixed up"))
    assert reopened.state.is_open
    assert reopened.state.level is Level.CONCERN
