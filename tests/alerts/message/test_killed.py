"""Telling and sending that stop at any moment: by an error after any statement, and by SIGKILL."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from alerts.decide import Reason
from alerts.message import outbox
from alerts.message.envelope import Envelope
from alerts.message.outbox import send
from benchmarks import kills
from models.alerting import ClockDelivery, Delivery, Escalation, EscalationEntry, Message, NotifiedRun, NotNotified
from models.database import read_session
from settings import Settings
from tests.alerts.scenes import messages, noon, policy_to, score, score_and_tell, tell

ONE, TWO = date(2024, 1, 1), date(2024, 1, 2)
KILLS = 25
BEFORE = {"Sunny House": "concern", "Rose Lodge": "none", "The Beeches": "watch", "Oak Villa": "watch"}
AFTER = {"Sunny House": "critical", "Rose Lodge": "watch", "The Beeches": None, "Oak Villa": "watch"}
POLICY = policy_to(duty={}, head={"digest": ["monday"]})


class Stop(Exception):
    """The error raised in the middle."""


class StopAfter:
    """Raises after so many statements of an engine's connections."""

    def __init__(self, engine: Engine, statements: int) -> None:
        self.left, self.engine = statements, engine

    def __enter__(self) -> "StopAfter":
        event.listen(self.engine, "after_cursor_execute", self._count)
        return self

    def __exit__(self, *_error: object) -> None:
        event.remove(self.engine, "after_cursor_execute", self._count)

    def _count(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        self.left -= not statement.startswith(("BEGIN", "PRAGMA"))
        if self.left == 0:
            raise Stop(statement)


def rows(engine: Engine) -> list[list[object]]:
    """All that telling writes, without the numbers that a sequence gave."""
    tables = (Escalation, EscalationEntry, Delivery, NotNotified, ClockDelivery, Message, NotifiedRun)
    with read_session(engine) as session:
        return [
            [
                {key: value for key, value in row.model_dump().items() if key not in {"id", "message_id"}}
                for row in session.scalars(select(table).order_by(*table.__table__.primary_key))
            ]
            for table in tables
        ]


def test_an_error_after_any_statement_of_telling_leaves_nothing_and_the_next_telling_all(engine: Engine) -> None:
    score_and_tell(engine, ONE, BEFORE, policy=POLICY)
    before, run = rows(engine), score(engine, TWO, AFTER)
    for number in range(1, 200):
        try:
            with StopAfter(engine, number):
                told = tell(engine, run, day=TWO, policy=POLICY)
            break
        except Stop:
            assert rows(engine) == before, f"something stayed after statement {number}"
    assert number > 15
    assert told.counts == {Reason.RAISED: 1, Reason.OPENED: 1, Reason.ENDED: 1}
    assert rows(engine) != before


def test_an_error_after_any_statement_of_sending_loses_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[Envelope] = []
    monkeypatch.setattr(outbox, "channel_for", lambda _name, _settings: delivered.append)
    settings = Settings(home=tmp_path)
    for number in range(1, 200):
        day = ONE + timedelta(days=number)
        score_and_tell(engine, day, {f"Home {number}": "watch"}, regime=f"regime {number}", policy=POLICY)
        delivered.clear()
        try:
            with StopAfter(engine, number):
                send(engine, settings, now=noon(day))
            break
        except Stop:
            send(engine, settings, now=noon(day) + timedelta(hours=1), has_lease=True)
        waited = [message.id for message in messages(engine) if message.created_at == noon(day)]
        assert {envelope.number for envelope in delivered} == set(waited)
        assert len(delivered) <= len(waited) + 1, f"more than one repeat after statement {number}"
    assert number > 5
    assert {message.status for message in messages(engine)} == {"accepted"}


def test_nothing_is_lost_or_recorded_twice_when_processes_are_killed(engine: Engine, tmp_path: Path) -> None:
    counted = kills.kill_rounds(engine, tmp_path, times=KILLS, seed=5)
    assert counted.kills == KILLS
    assert counted.messages > KILLS
    assert (counted.lost_messages, counted.duplicate_records) == (0, 0)


def test_the_order_in_which_providers_were_scored_changes_no_message(engine: Engine) -> None:
    names = [f"Home {letter}" for letter in "ABCDEFGHIJKLMNOPQRST"]
    levels = dict(zip(names, ["watch", "concern", "critical", "none"] * 5, strict=True))
    texts = []
    for regime, order in (("one", names), ("two", names[::-1])):
        start = date(2024, 1 + len(texts), 1)
        score_and_tell(engine, start, dict.fromkeys(order, "none"), regime=regime)
        seen = len(messages(engine))
        for number in (1, 2, 3):
            moved = {name: levels[name] if number > 1 else "watch" for name in order}
            score_and_tell(engine, start + timedelta(days=number), moved, regime=regime)
        told = [f"{message.part} {message.subject}\n{message.body_markdown}" for message in messages(engine)[seen:]]
        texts.append([re.sub(r"\d+|January|February", "#", text.split("## Still open")[0]) for text in told])
    assert texts[0] == texts[1]
    assert len(texts[0]) > 3
