"""Escalations that nobody acts on: since when, and which actions count."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from alerts.escalation.actions import action_writer
from alerts.escalation.no_action import EscalationWithoutAction, read_escalations_without_action
from alerts.policy import NoActionRule
from casework.writing import case_writer
from models.database import read_session
from models.vocabulary import Level
from tests.alerts.scenes import finding, key_of, noon, score_and_tell
from tests.factories import on_record

MONDAY = date(2024, 1, 8)
RULE = NoActionRule.model_validate({"from_level": "concern", "after": "5 days"})
DUE = MONDAY + timedelta(days=5)


@pytest.fixture
def escalated(sqlite_engine: Engine) -> Engine:
    """Escalations since Monday: one of each level."""
    levels = {"Critical": "critical", "Concern": "concern", "Watch": "watch"}
    findings = {name: [finding("Late", Level(level))] for name, level in levels.items()}
    score_and_tell(sqlite_engine, MONDAY, levels, findings=findings)
    return sqlite_engine


def listed(engine: Engine, day: date, *audiences: str) -> list[EscalationWithoutAction]:
    with read_session(engine) as session:
        return read_escalations_without_action(session, RULE, day, audiences=audiences or None)


def names(engine: Engine, day: date = DUE) -> list[str]:
    return [escalation.name for escalation in listed(engine, day)]


def test_the_worst_comes_first_after_the_time_of_the_rule(escalated: Engine) -> None:
    assert names(escalated, DUE - timedelta(days=1)) == []
    assert names(escalated) == ["Critical", "Concern"]  # watch is below the rule's level
    assert listed(escalated, DUE)[0].since == MONDAY


def test_readers_of_public_information_see_none(escalated: Engine) -> None:
    assert listed(escalated, DUE, "public") == []
    assert len(listed(escalated, DUE, "public", "casework")) == 2


def test_an_acknowledgement_in_force_is_an_action(escalated: Engine) -> None:
    ann = on_record(escalated, "ann")
    with action_writer(escalated, ann, now=noon(MONDAY)) as writer:
        writer.acknowledge(key_of("Critical"), next_step="Visit", until_on=DUE)
    assert names(escalated) == ["Concern"]
    assert names(escalated, DUE + timedelta(days=1)) == ["Critical", "Concern"]


def test_casework_since_the_level_was_reached_is_an_action(escalated: Engine) -> None:
    ann = on_record(escalated, "ann")
    with case_writer(escalated, ann, now=noon(MONDAY)) as writer:
        writer.open_record("duty", key_of("Concern"), due_on=DUE, details={"title": "Visit"})
    assert names(escalated) == ["Critical"]
