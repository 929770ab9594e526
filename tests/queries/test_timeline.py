"""The history of a provider as one timeline."""

from datetime import date, timedelta

from sqlalchemy import Engine

from access.viewer import UNRESTRICTED_VIEWER
from alerts.escalation.actions import action_writer
from models.vocabulary import Level
from queries.timeline import read_timeline
from tests.alerts.scenes import finding, key_of, noon, score_and_tell
from tests.factories import on_record

MONDAY = date(2024, 1, 8)
HOME = "Sunny House"


def score(engine: Engine, number: int, level: str) -> None:
    findings = {HOME: [finding("Rated inadequate", Level(level))]} if level != "none" else {}
    score_and_tell(engine, MONDAY + timedelta(days=number), {HOME: level}, findings=findings)


def test_a_timeline_has_assessments_escalations_messages_and_actions_in_order(sqlite_engine: Engine) -> None:
    ann = on_record(sqlite_engine, "ann", name="Ann")
    score(sqlite_engine, 0, "watch")
    with action_writer(sqlite_engine, ann, now=noon(MONDAY) + timedelta(hours=3)) as writer:
        writer.silence(key_of(HOME), reason="Known", until_on=MONDAY + timedelta(days=1))
    score(sqlite_engine, 1, "watch")
    score(sqlite_engine, 2, "concern")
    events = read_timeline(sqlite_engine, UNRESTRICTED_VIEWER, key_of(HOME)).events
    assert [(event.kind, event.who, event.words.split(", M-")[0]) for event in events] == [
        ("assessed", "the service", "watch"),
        ("escalation", "the service", "escalation 1 opened at watch, at the regime's first scoring"),
        ("told", "the service", "Duty desk: baseline, watch"),
        ("escalation", "ann", "escalation 1 silenced at watch until 9 January 2024"),
        ("not told", "the service", "Duty desk: silenced until 9 January 2024"),
        ("assessed", "the service", "watch to concern"),
        ("escalation", "the service", "escalation 1 raised to concern, because time went by"),
        ("told", "the service", "Duty desk: raised, concern"),
    ]


def test_a_provider_that_nobody_has_scored_has_an_empty_timeline(sqlite_engine: Engine) -> None:
    assert read_timeline(sqlite_engine, UNRESTRICTED_VIEWER, "CW-TEST-NOBODY").events == []
