"""Measures deciding and writing the notifications of a national day against a bare insert of the same rows."""

import hashlib
import os
import random
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Engine, Integer, MetaData, Table, func, insert, select

from alerts.escalate import escalate
from alerts.policy import Policy
from models import bulk
from models.alerting import ClockDelivery, Delivery, Escalation, EscalationEntry, Message, NotNotified
from models.database import engine_for, migrate, read_session, table_of, write_session
from models.ledger import Link
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import BuyerKind, Principle, Relation, RunStatus
from settings import Settings

PROVIDERS, CHANGES, COUNCILS, DESK_COUNT = 25_000, 2_000, 290, 10
BUYERS = 3  # councils that buy from each provider
SHARES = (("critical", 0.02), ("concern", 0.06), ("watch", 0.12), ("none", 0.80))  # of the day before
BUDGET = 10.0  # seconds on two cores
FIRST = date(2026, 1, 5)
REGIME = "title: A made-up regime\n"
WRITTEN_TABLES = (Escalation, EscalationEntry, Delivery, Message, NotNotified, ClockDelivery)


def made_up_policy() -> Policy:
    """A policy: desks hear about all providers, councils about their own, the head after five working days."""
    desks = {f"desk{n}": {"title": f"Desk {n}", "channel": "file", "sees": "everything"} for n in range(DESK_COUNT)}
    councils = {
        f"council{n}": {"title": f"Council {n}", "channel": "file", "commissioners": [f"CW-SYNTHETIC-COUNCIL-{n}"]}
        for n in range(COUNCILS)
    }
    return Policy.model_validate(
        {
            "schema": 2,
            "title": "Made up",
            "lower_after": 2,
            "useful_for_days": 7,
            "lines": 30,
            "criticals_alone": 20,
            "recipients": {**desks, **councils},
            "steps": {"watch": [{"to": ["everybody"]}]},
        }
    )


def populate(engine: Engine) -> list[str]:
    """Write providers, councils and links; the providers' levels on the first day, in the order of their numbers."""
    seeded = random.Random(7)
    keys = [f"CW-SYNTHETIC-{n}" for n in range(PROVIDERS)] + [f"CW-SYNTHETIC-COUNCIL-{n}" for n in range(COUNCILS)]
    links: list[tuple[Any, ...]] = []
    for provider in range(PROVIDERS):
        for council in seeded.sample(range(COUNCILS), BUYERS):
            links.append(
                (
                    1,
                    len(links) + 1,
                    PROVIDERS + council + 1,
                    str(Relation.BUYS_FROM),
                    str(BuyerKind.BUYER),
                    provider + 1,
                    18_000,
                    0,
                    1.0,
                    "",
                    1_000.0,
                    1,
                )
            )
    columns = (
        "load_id",
        "row",
        "subject_id",
        "relation",
        "kind",
        "object_id",
        "known_on",
        "known_on_basis",
        "confidence",
        "reference",
        "value_gbp",
        "audience_id",
    )
    with write_session(engine) as session:
        bulk.append(
            session,
            table_of(Subject),
            ("id", "key", "is_asked_for"),
            [(n, key, False) for n, key in enumerate(keys, 1)],
        )
        bulk.append(session, table_of(Link), columns, links)
    return seeded.choices([level for level, _ in SHARES], [share for _, share in SHARES], k=PROVIDERS)


def write_run(engine: Engine, day: date, levels: list[str]) -> int:
    """Write a finished run with these levels; its number."""
    sha256 = hashlib.sha256(REGIME.encode()).hexdigest()
    findings_by_level = {level: [made_up_finding(f"A made-up figure at {level}", level)] for level in set(levels)}
    hashes = {level: hashlib.sha256(level.encode()).hexdigest() for level in findings_by_level}
    with write_session(engine) as session:
        session.merge(
            ArchivedFile(sha256=sha256, kind="regime", key="made_up", body=REGIME, first_used_at=noon_of(FIRST))
        )
        for level, findings in findings_by_level.items():
            session.merge(FindingSet(sha256=hashes[level], findings=findings))
        run = Run(
            day=day,
            status=RunStatus.DONE,
            code_version="bench",
            regimes={"made_up": sha256},
            now_at=noon_of(day),
            started_at=noon_of(day),
        )
        session.add(run)
        session.flush()
        number = run.id or 0
        columns = (
            "run_id",
            "provider_id",
            "provider_name",
            "regime",
            "peer_group",
            "level",
            "rating",
            "is_official",
            "stage",
            "probability_reason",
            *map(str, Principle),
            *(f"{principle}_because" for principle in Principle),
            "findings_sha256",
            "audiences",
        )
        rows = [
            (
                number,
                n,
                f"Provider {n}",
                "made_up",
                "",
                level,
                "",
                True,
                "",
                "",
                *["none"] * len(Principle),
                *[""] * len(Principle),
                hashes[level],
                "",
            )
            for n, level in enumerate(levels, 1)
        ]
        bulk.append(session, table_of(Assessment), columns, rows)
    return number


def made_up_finding(title: str, level: str) -> dict[str, Any]:
    """A finding in the form that scoring writes."""
    about = {
        "principle": "accountability",
        "rule": "made_up",
        "status": "met",
        "known_on": "2026-01-02",
        "seqs": [],
        "is_recalled": False,
    }
    return {**about, "title": title, "level": level}


def noon_of(day: date) -> datetime:
    """The instant of the run of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def change_levels(levels: list[str]) -> list[str]:
    """The levels of the next day: so many change, as many up as down."""
    seeded = random.Random(8)
    moved = list(levels)
    order = [level for level, _ in SHARES]
    for provider in seeded.sample(range(PROVIDERS), CHANGES):
        moved[provider] = seeded.choice([level for level in order[:3] if level != levels[provider]])
    return moved


def measure_escalation(engine: Engine, run: int, day: date) -> float:
    """Seconds to decide who is notified and to write it."""
    settings = Settings(home=Path("/nowhere"))
    begun = time.perf_counter()
    with write_session(engine) as session:
        escalate(session, run, policy=POLICY, settings=settings, now=noon_of(day))
    return time.perf_counter() - begun


POLICY = made_up_policy()


def measure_bare_insert(engine: Engine, run: int, tables: Mapping[str, Table]) -> tuple[float, int]:
    """Seconds to insert the rows of a run once more, without keys or any work on them; and the number of rows."""
    copies: dict[str, list[dict[str, Any]]] = {name: [] for name in tables}
    with read_session(engine) as session:
        for name, table in tables.items():
            of_run = table.c.run_id == run if "run_id" in table.c else table.c.id < 0
            for row in session.execute(select(table).where(of_run)):
                copies[name].append({key: value for key, value in row._mapping.items() if key != "id"})
    count = sum(map(len, copies.values()))
    with write_session(engine) as session:
        begun = time.perf_counter()
        for name, table in tables.items():
            rows = copies[name]
            if rows:
                bare_table = _bare_table(table)
                bare_table.create(session.connection())
                session.connection().execute(insert(bare_table), rows)
        seconds = time.perf_counter() - begun
    return seconds, count


def _bare_table(table: Table) -> Table:
    """The same columns without keys or indexes."""
    columns = [Column(column.name, column.type) for column in table.columns if column.name != "id"]
    return Table(f"bare_{table.name}", MetaData(), Column("id", Integer, primary_key=True), *columns)


def run() -> list[dict[str, Any]]:
    """The rows of the table: the notified day against its inserted rows."""
    rows = []
    urls = {"SQLite": ""}
    if os.environ.get("BENCH_DATABASE_URL"):
        urls["PostgreSQL"] = os.environ["BENCH_DATABASE_URL"]
    with tempfile.TemporaryDirectory() as folder:
        for name, url in urls.items():
            engine = engine_for(url or f"sqlite:///{Path(folder) / 'alerts.db'}")
            migrate(engine)
            levels = populate(engine)
            measure_escalation(engine, write_run(engine, FIRST, levels), FIRST)
            day = FIRST + timedelta(days=1)
            number = write_run(engine, day, change_levels(levels))
            ours = measure_escalation(engine, number, day)
            tables = {table_of(model).name: table_of(model) for model in WRITTEN_TABLES}
            theirs, count = measure_bare_insert(engine, number, tables)
            with read_session(engine) as session:
                messages = session.scalar(
                    select(func.count()).select_from(Message).where(table_of(Message).c.run_id == number)
                )
            rows.append(
                {
                    "what": f"{name}: {CHANGES:,} changes at {PROVIDERS:,} providers told to {COUNCILS + DESK_COUNT}",
                    "ours": f"{ours:.1f} s ({messages:,} messages)",
                    "theirs": f"{theirs:.2f} s ({count:,} rows)",
                    "ratio": f"{ours / theirs:.1f}",
                    "promise": f"within {BUDGET:.0f} s",
                }
            )
            engine.dispose()
    return rows
