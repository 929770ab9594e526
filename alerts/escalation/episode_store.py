"""Writes what becomes of escalations after a run: each change of an episode and the entry of its history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, insert, select, update

from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, SUBJECT, ClosedByHand, StateChange
from models import bulk
from models.alerting import Escalation, EscalationEntry
from models.database import Session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import Level


def write_escalations(
    session: Session, run: Run, changes: Sequence[StateChange], closed_by_hand: ClosedByHand, *, now: datetime
) -> None:
    """Write new escalations, changes and their entries; each change is told the number of its escalation."""
    news = [change for change in changes if change.news.reason.is_news]
    over = [*closed_by_hand.expired_ids, *_superseded_escalations(session, news, closed_by_hand)]
    for chunk in bulk.split_chunks(over):
        session.execute(update(table_of(Escalation)).where(ESCALATION.id.in_(chunk)).values(is_kept_closed=False))
    _insert_escalations(session, run, [change for change in news if change.escalation_id is None])
    _update_escalations(session, run, [change for change in news if change.change > 1])
    entries = [
        {
            "escalation_id": change.escalation_id,
            "change": change.change,
            "kind": str(change.news.reason),
            "level": str(change.news.level),
            "before": str(change.before) if change.before is not None else None,
            "entered_at": now,
            "about_on": run.day,
            "run_id": run.id,
            "causes": change.causes.stored_text,
            "version_before": change.causes.versions.before if change.causes.versions else "",
            "version_after": change.causes.versions.after if change.causes.versions else "",
            "next_step": "",
            "reason": "",
        }
        for change in news
    ]
    if entries:
        session.connection().execute(insert(table_of(EscalationEntry)), entries)


def read_escalations(session: Session, numbers: Sequence[int]) -> list[Any]:
    """Escalations with the provider's identifier, and what the run that changed them last assessed."""
    e, a = ESCALATION, ASSESSMENT
    of_last = and_(a.run_id == e.run_id, a.provider_id == e.provider_id, a.regime == e.regime)
    found: list[Any] = []
    for chunk in bulk.split_chunks(numbers):
        found += session.execute(
            select(table_of(Escalation), SUBJECT.key, a.provider_name, a.is_official, a.findings_sha256, a.stage)
            .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
            .outerjoin(table_of(Assessment), of_last)
            .where(e.id.in_(chunk))
        )
    return found


def _superseded_escalations(session: Session, news: Sequence[StateChange], closed_by_hand: ClosedByHand) -> list[int]:
    """What a person closed and a worse assessment opens anew."""
    keys = {change.key for change in news if change.escalation_id is None} & closed_by_hand.levels.keys()
    if not keys:
        return []
    e = ESCALATION
    rows = session.execute(select(e.id, e.provider_id, e.regime).where(e.is_kept_closed))
    return [row.id for row in rows if (row.provider_id, row.regime) in keys]


def _insert_escalations(session: Session, run: Run, new: Sequence[StateChange]) -> None:
    """Write new escalations, and tell each change the number of its own."""
    if not new:
        return
    rows = [
        {
            "provider_id": change.provider_id,
            "regime": change.regime,
            "episode": change.episode,
            "change": change.change,
            "level": str(change.news.level),
            "reason": str(change.news.reason),
            "opened_on": run.day,
            "changed_on": run.day,
            "is_kept_closed": False,
            "reached": serialise_reached(change.reached),
            "run_id": run.id,
        }
        for change in new
    ]
    session.connection().execute(insert(table_of(Escalation)), rows)
    e = ESCALATION
    written = session.execute(select(e.id, e.provider_id, e.regime).where(e.run_id == run.id, e.change == 1))
    numbers = {(row.provider_id, row.regime): row.id for row in written}
    for change in new:
        change.escalation_id = numbers[change.provider_id, change.regime]


def _update_escalations(session: Session, run: Run, changed: Sequence[StateChange]) -> None:
    """Bring escalations to their new level; a closing one keeps the level at which it stood."""
    if not changed:
        return
    statement = (
        update(table_of(Escalation))
        .where(ESCALATION.id == bindparam("number"))
        .values(
            change=bindparam("now_change"),
            level=bindparam("now_level"),
            reason=bindparam("now_reason"),
            closed_on=bindparam("now_closed"),
            reached=bindparam("now_reached", type_=ESCALATION.reached.type),
            changed_on=run.day,
            run_id=run.id,
        )
    )
    rows = [
        {
            "number": change.escalation_id,
            "now_change": change.change,
            "now_level": str(change.before if change.news.reason.is_closing else change.news.level),
            "now_reason": str(change.news.reason),
            "now_closed": run.day if change.news.reason.is_closing else None,
            "now_reached": serialise_reached(change.reached),
        }
        for change in changed
    ]
    session.connection().execute(statement, rows)


def serialise_reached(reached: Mapping[Level, Any]) -> dict[str, str]:
    """Levels and days as they are stored."""
    return {str(level): day.isoformat() for level, day in reached.items()}
