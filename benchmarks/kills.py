"""Kills a process that decides and sends, by SIGKILL at a random moment; another finishes; counts lost news."""

import os
import random
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from alerts import policy as policies
from alerts.escalate import escalate
from alerts.message import outbox
from alerts.message.envelope import Envelope
from models.alerting import Delivery, EscalationEntry, Message, NotifiedRun
from models.database import engine_for, migrate, read_session, table_of, write_session
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import MessageStatus, RunStatus
from settings import Settings

TIMES = 1_000
FIRST = date(2000, 1, 1)
WARM_ROUNDS = 3  # rounds without a kill, so that files are read and statements compiled before
SHA256 = "0" * 64


@dataclass
class KillCounts:
    """Counts of the effects of the kills."""

    kills: int = 0  # that hit a living process
    messages: int = 0
    lost_messages: int = 0  # messages that nobody got, or news that no message has
    duplicate_records: int = 0  # news or messages recorded more than once
    repeated_messages: int = 0  # messages sent more than once


def kill_rounds(engine: Engine, folder: Path, *, times: int, seed: int) -> KillCounts:
    """Run rounds until so many processes were killed at work.

    Each round a provider turns critical; a process decides, writes and sends, and is killed; another does it again.

    Args:
        engine: a migrated, empty database.
        folder: in which the sent messages are noted.
        times: how many kills.
        seed: of the moments.
    """
    log, seeded = folder / "sent", random.Random(seed)
    log.touch()
    _write_fixtures(engine)
    for number in range(WARM_ROUNDS):
        _escalate_and_send(engine, _write_run(engine, number), log, _noon_of(number))
    counted, number, longest = KillCounts(), WARM_ROUNDS, _measure_round(engine, log, WARM_ROUNDS)
    while counted.kills < times:
        number += 1
        run = _write_run(engine, number)
        engine.dispose()  # a child must not inherit connections
        child = _fork_worker(engine, run, log, _noon_of(number))
        time.sleep(seeded.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        counted.kills += os.WIFSIGNALED(status)
        _escalate_and_send(engine, run, log, _noon_of(number) + timedelta(hours=12))
    _count_messages(engine, log, number + 1, counted)
    return counted


def _measure_round(engine: Engine, log: Path, number: int) -> float:
    """Seconds of a round in a process that is not killed."""
    run = _write_run(engine, number)
    engine.dispose()
    begun = time.perf_counter()
    os.waitpid(_fork_worker(engine, run, log, _noon_of(number)), 0)
    return time.perf_counter() - begun


def _fork_worker(engine: Engine, run: int, log: Path, now: datetime) -> int:
    """A process at work, with the engine's compiled statements but without its connections."""
    child = os.fork()
    if child:
        return child
    try:
        _escalate_and_send(engine, run, log, now)
    finally:
        os._exit(0)


def _escalate_and_send(engine: Engine, run: int, log: Path, now: datetime) -> None:
    """Decide, write and send, as a day's run does at its end."""
    with write_session(engine) as session:
        escalate(session, run, policy=POLICY, settings=SETTINGS, now=now)
    real = outbox.channel_for
    outbox.channel_for = lambda name, settings: lambda envelope: _log_message(log, envelope)  # noqa: ARG005
    try:
        outbox.send(engine, SETTINGS, now=now, has_lease=True)
    finally:
        outbox.channel_for = real


POLICY = policies.read_policy(policies.SHIPPED_POLICY)
SETTINGS = Settings(home=Path("/nowhere"))


def _log_message(log: Path, envelope: Envelope) -> None:
    with log.open("ab", buffering=0) as file:
        file.write(f"{envelope.number}\n".encode())


def _write_fixtures(engine: Engine) -> None:
    with write_session(engine) as session:
        session.add(
            ArchivedFile(sha256=SHA256, kind="regime", key="kills", body="title: Kills\n", first_used_at=_noon_of(0))
        )
        session.add(FindingSet(sha256=SHA256, findings=[]))
        session.add(Subject(key="CW-SYNTHETIC-0", is_asked_for=False))


def _write_run(engine: Engine, number: int) -> int:
    """Write a run on which one more provider is critical; the others are well again, which is news later."""
    with write_session(engine) as session:
        subject = Subject(key=f"CW-SYNTHETIC-{number + 1}", is_asked_for=False)
        run = Run(
            day=FIRST + timedelta(days=number),
            status=RunStatus.DONE,
            code_version="kills",
            regimes={"kills": SHA256},
            now_at=_noon_of(number),
            started_at=_noon_of(number),
        )
        session.add_all([subject, run])
        session.flush()
        session.add(
            Assessment(
                run_id=run.id or 0,
                provider_id=subject.id or 0,
                provider_name=subject.key,
                regime="kills",
                level="critical",
                findings_sha256=SHA256,
                support="none",
                accountability="none",
                consequences="none",
                evidence="none",
                external_powers="none",
                flexibility="none",
            )
        )
        return run.id or 0


def _noon_of(number: int) -> datetime:
    day = FIRST + timedelta(days=number)
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _count_messages(engine: Engine, log: Path, rounds: int, counted: KillCounts) -> None:
    sent = Counter(int(line) for line in log.read_text().split())
    message, delivery, entry = table_of(Message).c, table_of(Delivery).c, table_of(EscalationEntry).c
    with read_session(engine) as session:
        statuses = dict(session.execute(select(message.id, message.status)).tuples().all())
        unwritten = session.scalar(select(func.count()).where(delivery.message_id.is_(None))) or 0
        notified_runs = session.scalar(select(func.count()).select_from(NotifiedRun)) or 0
        once = (entry.escalation_id, entry.change)
        entries = session.scalars(select(func.count()).select_from(EscalationEntry).group_by(*once)).all()
        each = (delivery.escalation_id, delivery.change, delivery.recipient_id, delivery.part)
        parts = session.scalars(select(func.count()).select_from(Delivery).group_by(*each)).all()
        opened = session.scalar(select(func.count()).where(entry.kind.in_(["opened", "baseline"]))) or 0
    unsent = [number for number, status in statuses.items() if status != MessageStatus.ACCEPTED or not sent[number]]
    counted.messages = len(statuses)
    counted.lost_messages = len(unsent) + unwritten + (rounds - notified_runs) + (rounds - opened)
    counted.duplicate_records = sum(number - 1 for number in [*entries, *parts])
    counted.repeated_messages = sum(times - 1 for times in sent.values() if times > 1)


def run() -> list[dict[str, Any]]:
    """The row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for(f"sqlite:///{Path(folder) / 'kills.db'}")
        migrate(engine)
        counted = kill_rounds(engine, Path(folder), times=TIMES, seed=11)
        engine.dispose()
    return [
        {
            "what": f"{counted.kills:,} kills while deciding and sending {counted.messages:,} messages",
            "ours": f"lost {counted.lost_messages}, recorded twice {counted.duplicate_records}",
            "theirs": "",
            "ratio": f"{counted.repeated_messages:,} sent twice",
            "promise": "lost 0, recorded twice 0",
        }
    ]
