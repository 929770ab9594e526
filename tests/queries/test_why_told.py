"""Why each recipient was notified, or why not."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from access.viewer import UNRESTRICTED_VIEWER
from alerts import policy as policies
from alerts.escalation.actions import action_writer
from models.vocabulary import Level
from queries.why_told import explain_notifications
from settings import WrongInput
from tests.alerts.scenes import finding, key_of, noon, score_and_tell
from tests.factories import on_record

MONDAY = date(2024, 1, 8)
HOME = "Sunny House"
POLICY = policies.policy_from_text("""
schema: 2
title: Two desks
lower_after: 2
useful_for_days: 7
lines: 30
criticals_alone: 20
recipients:
  desk: {title: Desk, channel: file, sees: everything}
  head: {title: Head, channel: file, sees: everything}
steps:
  watch: [{to: [desk]}]
  concern: [{to: [head], after: 3 days}]
""")


def score_days(engine: Engine, *levels: str | None, start: date = MONDAY) -> None:
    for number, level in enumerate(levels):
        findings = {HOME: [finding("Rated inadequate", Level(level))]} if level not in {None, "none"} else {}
        score_and_tell(engine, start + timedelta(days=number), {HOME: level}, findings=findings, policy=POLICY)


def reasons_on(engine: Engine, number: int) -> dict[str, str]:
    day = MONDAY + timedelta(days=number)
    _, answers = explain_notifications(engine, key_of(HOME), day, viewer=UNRESTRICTED_VIEWER)
    return {answer.recipient: answer.reason for answer in answers}


def test_each_day_has_its_own_answer(sqlite_engine: Engine) -> None:
    score_days(sqlite_engine, "watch", "concern", "concern", "none", "none", "none")
    assert [reasons_on(sqlite_engine, number) for number in range(6)] == [
        {"desk": "baseline", "head": "no_step"},
        {"desk": "raised", "head": "not_due"},
        {"desk": "unchanged", "head": "not_due"},
        {"desk": "waiting", "head": "not_due"},
        {"desk": "resolved", "head": "well"},
        {"desk": "well", "head": "well"},
    ]


def test_an_answer_of_the_past_does_not_know_a_later_acknowledgement(sqlite_engine: Engine) -> None:
    score_days(sqlite_engine, "concern", "concern")
    ann = on_record(sqlite_engine, "ann", name="Ann")
    with action_writer(sqlite_engine, ann, now=noon(MONDAY + timedelta(days=2))) as writer:
        writer.acknowledge(key_of(HOME), next_step="Visit", until_on=MONDAY + timedelta(days=9))
    score_days(sqlite_engine, "concern", start=MONDAY + timedelta(days=3))
    assert reasons_on(sqlite_engine, 1)["head"] == "not_due"
    assert reasons_on(sqlite_engine, 3)["head"] == "acknowledged"


def test_a_sentence_says_until_when(sqlite_engine: Engine) -> None:
    score_days(sqlite_engine, "concern")
    _, answers = explain_notifications(sqlite_engine, key_of(HOME), MONDAY, viewer=UNRESTRICTED_VIEWER)
    [head] = [answer for answer in answers if answer.recipient == "head"]
    assert head.words == "their step of the policy comes later, until 11 January 2024"
    assert head.until_on == date(2024, 1, 11)


def test_a_day_without_any_run_is_refused(sqlite_engine: Engine) -> None:
    with pytest.raises(WrongInput, match="no run up to 2024-01-08 has notified anybody"):
        explain_notifications(sqlite_engine, key_of(HOME), MONDAY, viewer=UNRESTRICTED_VIEWER)
