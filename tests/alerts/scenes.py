"""Scored days to tell of, written straight into the tables: what scoring would have left there."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine, func, select

from alerts import policy as policies
from alerts.escalate import EscalationResult, escalate
from alerts.message.deliveries import insert_new
from alerts.policy import Policy
from models.alerting import Delivery, Escalation, Message
from models.database import Session, read_session, table_of, write_session
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level, Principle, RunStatus, View
from settings import Settings
from tests.redacted import redacted_rows


def policy_of(**changes: Any) -> Policy:
    """The shipped policy with changes; without its line on days without news unless that is asked for."""
    written = yaml.safe_load(policies.SHIPPED_POLICY.read_text(encoding="utf-8"))
    written["recipients"]["duty"]["heartbeat"] = "never"
    del written["rule_changes"]  # the desk gets those messages anyway, unless other recipients are given
    return Policy.model_validate({**written, **changes})


def policy_to(**recipients: dict[str, Any]) -> Policy:
    """A policy that notifies these recipients about everything at once."""
    desks = {
        key: {"title": key.title(), "channel": "file", "sees": "everything", **to} for key, to in recipients.items()
    }
    at_once = [{"to": ["everybody"]}]
    return policy_of(recipients=desks, steps={"watch": at_once}, lapsed=at_once, pace=["everybody"])


POLICY = policy_of()
SETTINGS = Settings(home=Path("/nowhere"), dashboard_address="http://localhost:8501")
HOMES = "title: Children's homes\n"

Levels = Mapping[str, str | None]  # a provider's name to its level; None: not covered


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def key_of(name: str) -> str:
    return "CW-TEST-" + name.upper().replace(" ", "-")


def score(
    engine: Engine,
    day: date,
    levels: Levels,
    *,
    regime: str = "homes",
    findings: Mapping[str, list[dict[str, Any]]] | None = None,
    source_findings: list[dict[str, Any]] | None = None,
    view: View = View.FULL,
    is_official: bool = True,
    file: str = HOMES,
    stage: str = "",
) -> int:
    """The number of a finished run that gave the providers these levels."""
    with write_session(engine) as session:
        covered = {name: level for name, level in levels.items() if level is not None}
        insert_new(session, table_of(Subject), [{"key": key_of(name), "is_asked_for": False} for name in covered])
        numbers = {row.key: row.id for row in session.execute(select(table_of(Subject).c.key, table_of(Subject).c.id))}
        sha256 = hashlib.sha256(file.encode()).hexdigest()
        archived = {"sha256": sha256, "kind": "regime", "key": regime, "body": file, "first_used_at": noon(day)}
        insert_new(session, table_of(ArchivedFile), [archived])
        run = _run(session, day, {regime: sha256}, source_findings or [], view)
        found = {name: (findings or {}).get(name, []) for name in covered}
        hashes = {name: hashlib.sha256(json.dumps(of).encode()).hexdigest() for name, of in found.items()}
        sets = {hashes[name]: found[name] for name in covered}
        insert_new(session, table_of(FindingSet), [{"sha256": key, "findings": of} for key, of in sets.items()])
        rows = [
            {
                "run_id": run.id,
                "provider_id": numbers[key_of(name)],
                "provider_name": name,
                "regime": regime,
                "level": str(level),
                "rating": "",
                "is_official": is_official,
                "stage": stage,
                "probability_reason": "",
                "findings_sha256": hashes[name],
                "audiences": ",".join(sorted({one for of in found[name] for one in of.get("audiences", ())})),
                **dict.fromkeys(map(str, Principle), "none"),
            }
            for name, level in covered.items()
        ]
        insert_new(session, table_of(Assessment), rows)
        assert run.id is not None
        for name, level in covered.items():
            for row in redacted_rows(run.id, numbers[key_of(name)], regime, str(level), stage, found[name]):
                session.add(row.assessment)
                session.merge(row.findings)
        return run.id


def _run(
    session: Session, day: date, regimes: dict[str, str], source_findings: list[dict[str, Any]], view: View
) -> Run:
    revision = session.scalar(select(func.count()).select_from(Run).where(table_of(Run).c.day == day)) or 0
    run = Run(
        day=day,
        view=view,
        revision=revision,
        status=RunStatus.DONE,
        code_version="test",
        regimes=regimes,
        source_findings=source_findings,
        now_at=noon(day),
        started_at=noon(day),
    )
    session.add(run)
    session.flush()
    return run


def tell(engine: Engine, run_id: int, *, day: date, **options: Any) -> EscalationResult:
    """The result of the run, with the shipped policy unless another is given."""
    with write_session(engine) as session:
        chosen = {"policy": POLICY, "settings": SETTINGS, "now": noon(day), **options}
        return escalate(session, run_id, **chosen)


def score_and_tell(
    engine: Engine, day: date, levels: Levels, *, policy: Policy = POLICY, only_file: bool = False, **scored: Any
) -> EscalationResult:
    """Both at once, for tests that only look at the end."""
    return tell(engine, score(engine, day, levels, **scored), day=day, policy=policy, only_file=only_file)


def messages(engine: Engine) -> list[Message]:
    """Every message, in the order in which they are sent."""
    with read_session(engine) as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def subjects(engine: Engine) -> list[str]:
    return [message.subject for message in messages(engine)]


def count(engine: Engine, model: type[Escalation] | type[Delivery] | type[Message]) -> int:
    with read_session(engine) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def finding(title: str, level: Level = Level.CRITICAL, **more: Any) -> dict[str, Any]:
    """A finding as scoring writes it."""
    about = {
        "principle": "accountability",
        "rule": "made_up",
        "status": "met",
        "known_on": None,
        "seqs": [],
        "is_recalled": False,
    }
    return {**about, "title": title, "level": level, **more}
