"""New adverse findings at an unchanged level: who hears about them, and which findings do not count."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from access.viewer import UNRESTRICTED_VIEWER
from alerts import policy as policies
from alerts.decide import Reason
from alerts.escalation.added_findings import (
    add_notified_findings,
    add_version_findings,
    added_adverse_rules,
    adverse_findings,
    changed_rules,
)
from alerts.message.composer import SUMMARY
from models.alerting import Delivery, NotNotified, Recipient
from models.database import read_session
from models.vocabulary import Level
from queries.why_told import explain_notifications
from tests.alerts.escalation.added_scenes import BOTH, HOME, LETTER, LOAN, MONDAY, RATED, file, play
from tests.alerts.scenes import finding, key_of, messages, policy_of, policy_to, score_and_tell

WATCH, CONCERN, CRITICAL = Level.WATCH, Level.CONCERN, Level.CRITICAL


WRITTEN = """
schema: 2
title: Two desks
lower_after: 2
useful_for_days: 7
lines: 30
criticals_alone: 20
nothing_done: {from_level: concern, after: 20 working days}
recipients:
  insider: {title: Insider, channel: file, sees: [casework]}
  outsider: {title: Outsider, channel: file, sees: [public]}
steps:
  watch: [{to: [everybody]}]
lapsed: [{to: [everybody]}]
pace: [everybody]
"""


def told(engine: Engine) -> dict[str, list[str]]:
    """Recipient to the reasons they were told, in order."""
    with read_session(engine) as session:
        rows = session.execute(
            select(Recipient.key, Delivery.reason)
            .join_from(Delivery, Recipient, Recipient.id == Delivery.recipient_id)
            .where(Delivery.part == SUMMARY)
            .order_by(Delivery.id)
        ).all()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row.reason)
    return found


def test_more_is_what_was_not_told_at_the_level_that_stands() -> None:
    now = adverse_findings([RATED, LOAN, finding("Feed died", CONCERN, rule="feed", status="source")])
    assert now == {("accountability", "rated"): CONCERN.rank, ("accountability", "loan"): CONCERN.rank}
    assert added_adverse_rules(CONCERN, now, adverse_findings([RATED])) == {("accountability", "loan")}
    assert added_adverse_rules(CRITICAL, now, {}) == frozenset()
    assert added_adverse_rules(CONCERN, now, adverse_findings([RATED, {**LOAN, "level": "watch"}])) == {
        ("accountability", "loan")
    }


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(Reason.RAISED, {"loan"}), (Reason.LOWERED, {"rated", "loan"}), (Reason.ADDED, {"rated", "loan"})],
)
def test_only_a_level_that_rises_tells_everything_anew(reason: Reason, expected: set[str]) -> None:
    assert {
        rule for _, rule in add_notified_findings(adverse_findings([RATED]), reason, adverse_findings([LOAN]))
    } == expected


def test_a_new_version_of_a_rule_is_one_that_finds_otherwise() -> None:
    before = {"principles": {"evidence": {"rules": [{"key": "a", "from": 1, "source": "x"}, {"key": "b", "from": 1}]}}}
    rules = [{"key": "a", "from": 1, "source": "y"}, {"key": "b", "from": 2}, {"key": "c"}]
    changed = changed_rules(before, {"principles": {"evidence": {"rules": rules}}})
    assert changed == {("evidence", "b"), ("evidence", "c")}
    now = {("evidence", "a"): 1, ("evidence", "c"): 2}
    assert add_version_findings({}, now, changed) == {("evidence", "c"): 2}


def test_more_is_told_once_and_its_finding_comes_first(engine: Engine) -> None:
    newer = {**RATED, "known_on": "2024-01-12"}
    play(engine, [[RATED], [newer, LOAN], [newer, LOAN], [LOAN], [newer], [newer, LOAN]], policy=policy_to(all={}))
    assert told(engine) == {"all": ["baseline", "added"]}
    lines = messages(engine)[1].body_markdown.splitlines()
    assert [line for line in lines if line.startswith("- ")] == [
        "- Loan not paid back",
        "- Rated inadequate (known 2024-01-12)",
    ]


def test_a_restricted_finding_is_not_news_for_others(engine: Engine) -> None:
    play(engine, [[RATED], [RATED, LETTER], [RATED, LETTER], [RATED], [RATED, LETTER, LOAN]])
    assert told(engine) == {"insider": ["baseline", "added", "added"], "outsider": ["baseline", "added"]}
    with read_session(engine) as session:
        assert [row.reason for row in session.scalars(select(NotNotified))] == [Reason.NOT_FOR_THEM]
    assert "letter" in messages(engine)[2].body_markdown
    outside = messages(engine)[-1].body_markdown
    assert ("Loan" in outside, "letter" in outside) == (True, False)


def test_a_recipient_who_may_not_see_an_addition_still_gets_reminders(engine: Engine) -> None:
    desks = {key: {"title": key, "channel": "file", "sees": [key]} for key in ("casework", "public")}
    steps = {"watch": [{"to": ["everybody"]}]}
    policy = policy_of(recipients=desks, steps=steps, lapsed=[{"to": ["everybody"]}], pace=[], repeat_after="3 days")
    play(engine, [[RATED], *[[RATED, LETTER]] * 4], policy)
    assert told(engine) == {"casework": ["baseline", "added", "repeated"], "public": ["baseline", "repeated"]}


def test_a_recipient_who_could_not_see_the_level_hears_about_the_level_before_an_addition(engine: Engine) -> None:
    play(engine, [[LETTER], [LETTER, LOAN]])
    assert told(engine) == {"insider": ["baseline", "added"], "outsider": ["step_due"]}


def test_a_recipient_who_missed_a_raise_hears_about_the_raise_and_not_about_an_addition(engine: Engine) -> None:
    watched = finding("Late accounts", WATCH, rule="late")
    score_and_tell(engine, MONDAY, {HOME: "watch"}, findings={HOME: [watched]}, policy=BOTH)
    for number, findings in enumerate([[watched, LETTER], [watched, LETTER, LOAN]], 1):
        day = MONDAY + timedelta(days=number)
        score_and_tell(engine, day, {HOME: "concern"}, findings={HOME: findings}, policy=BOTH)
    assert told(engine) == {"insider": ["baseline", "raised", "added"], "outsider": ["baseline", "raised"]}


def test_why_names_the_recipients_of_an_addition_and_those_who_may_not_see_it(engine: Engine) -> None:
    play(engine, [[RATED], [RATED, LETTER], [RATED, LETTER]], policies.policy_from_text(WRITTEN))
    _, answers = explain_notifications(engine, key_of(HOME), MONDAY + timedelta(days=1), viewer=UNRESTRICTED_VIEWER)
    assert {one.recipient: one.reason for one in answers} == {"insider": "added", "outsider": "not_for_them"}
    _, answers = explain_notifications(engine, key_of(HOME), MONDAY + timedelta(days=2), viewer=UNRESTRICTED_VIEWER)
    assert {one.recipient: one.reason for one in answers} == {"insider": "unchanged", "outsider": "not_for_them"}


ONE, TWO = file("rated"), file("rated", "loan")


@pytest.mark.parametrize(
    ("days", "files", "expected"),
    [
        ([[RATED], [RATED, LOAN], [RATED, LOAN]], [ONE, TWO, TWO], []),  # the new rule's own first day
        ([[RATED], [RATED], [RATED, LOAN]], [ONE, TWO, TWO], ["added"]),  # a later day
        ([[RATED], [RATED, LOAN], [RATED, LOAN]], [TWO, file("rated", "loan", least=2), TWO], []),  # the other limit
        ([[RATED], [RATED, LOAN]], [TWO, file("rated", "loan", "new")], ["added"]),  # a rule that both have
        ([[RATED], [RATED], [RATED, LOAN], [RATED, LOAN]], [ONE, ONE + "x: 1\n", TWO, TWO], []),  # two versions later
    ],
)
def test_what_a_new_version_of_the_regime_finds_at_first_is_no_news_of_a_provider(
    engine: Engine, days: list[list[dict[str, Any]]], files: list[str], expected: list[str]
) -> None:
    play(engine, days, policy_to(all={}), files=files)
    assert told(engine) == {"all": ["baseline", *expected]}


@pytest.mark.parametrize(("status", "level"), [("missing", Level.NONE), ("stale", CONCERN)])
def test_what_is_not_known_is_no_more_but_that_it_is_bad_then_is(engine: Engine, status: str, level: Level) -> None:
    unknown = finding("Loan: older than it may be", level, rule="loan", status=status)
    play(engine, [[RATED], [RATED, unknown], [RATED, LOAN], [RATED, unknown], [RATED, LOAN]], policy_to(all={}))
    assert told(engine) == {"all": ["baseline", "added"]}
    assert len(messages(engine)) == 2
    assert messages(engine)[1].subject.endswith("new adverse finding, 10 January 2024")


def test_a_digest_says_that_there_is_more_and_what(engine: Engine) -> None:
    policy = policy_to(weekly={"digest": ["monday"]})
    play(engine, [[RATED], [RATED, LOAN], *[[RATED, LOAN, LETTER]] * 6], policy)
    assert [message.subject for message in messages(engine)] == [
        "CONCERN: Sunny House (not scored before), 8 January 2024",
        "CONCERN: Sunny House, new adverse finding, 15 January 2024",
    ]
    body = messages(engine)[1].body_markdown
    assert body.index("Whistleblower") < body.index("Loan") < body.index("Rated")
