"""Writes the changes of escalations after a run, each with its entry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, insert, select, update

from alerts.decide import EscalationState
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, SUBJECT, ClosedByHand, StateChange
from models import bulk
from models.alerting import Escalation, EscalationEntry
from models.database import Session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject


def write_escalations(
    session: Session, run: Run, changes: Sequence[StateChange], closed_by_hand: ClosedByHand, *, now: datetime
) -> None:
    """Write new escalations, changes and their entries; each new change gets the number of its escalation."""
    news = [change for change in changes if change.news.reason.is_news]
    over = [*closed_by_hand.expired_ids, *_superseded_escalations(session, news, closed_by_hand)]
    for chunk in bulk.split_chunks(over):
        session.execute(update(table_of(Escalation)).where(ESCALATION.id.in_(chunk)).values(is_kept_closed=False))
    _insert_escalations(session, run, [change for change in news if change.escalation_id is None])
    _update_escalations(session, [change for change in news if change.state.change > 1])
    entries = [
        {
            "escalation_id": change.escalation_id,
            "change": change.state.change,
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
    """Escalations with the provider's identifier and the assessment of the run that changed them last."""
    e, a = ESCALATION, ASSESSMENT
    of_last = and_(a.run_id == e.run_id, a.provider_id == e.provider_id, a.regime == e.regime)
    escalations: list[Any] = []
    for chunk in bulk.split_chunks(numbers):
        escalations += session.execute(
            select(
                table_of(Escalation),
                e.run_id.label("changed_by"),
                SUBJECT.key,
                a.provider_name,
                a.is_official,
                a.findings_sha256,
                a.stage,
            )
            .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
            .outerjoin(table_of(Assessment), of_last)
            .where(e.id.in_(chunk))
        )
    return escalations


def _superseded_escalations(session: Session, news: Sequence[StateChange], closed_by_hand: ClosedByHand) -> list[int]:
    """The escalations that a person closed and that a worse assessment replaces by a new one."""
    keys = {change.key for change in news if change.escalation_id is None} & closed_by_hand.levels.keys()
    if not keys:
        return []
    e = ESCALATION
    rows = session.execute(select(e.id, e.provider_id, e.regime).where(e.is_kept_closed))
    return [row.id for row in rows if (row.provider_id, row.regime) in keys]


def _insert_escalations(session: Session, run: Run, new: Sequence[StateChange]) -> None:
    """Write new escalations, and put the number of each into its change."""
    if not new:
        return
    rows = [
        {
            "provider_id": change.provider_id,
            "regime": change.regime,
            "episode": change.episode,
            "is_kept_closed": False,
            **stored_values(change.state),
        }
        for change in new
    ]
    session.connection().execute(insert(table_of(Escalation)), rows)
    e = ESCALATION
    written = session.execute(select(e.id, e.provider_id, e.regime).where(e.run_id == run.id, e.change == 1))
    numbers = {(row.provider_id, row.regime): row.id for row in written}
    for change in new:
        change.escalation_id = numbers[change.provider_id, change.regime]


def _update_escalations(session: Session, changed: Sequence[StateChange]) -> None:
    if not changed:
        return
    rows = [
        {"number": change.escalation_id, **{f"new_{key}": value for key, value in stored_values(change.state).items()}}
        for change in changed
    ]
    columns = stored_values(changed[0].state)
    values = {column: bindparam(f"new_{column}", type_=ESCALATION[column].type) for column in columns}
    statement = update(table_of(Escalation)).where(ESCALATION.id == bindparam("number")).values(values)
    session.connection().execute(statement, rows)


def stored_values(state: EscalationState) -> dict[str, Any]:
    """The columns of an escalation's row that its entries determine."""
    return {
        "change": state.change,
        "level": str(state.level),
        "reason": str(state.last_reason),
        "opened_on": state.opened_on,
        "changed_on": state.changed_on,
        "closed_on": state.closed_on,
        "reached": {str(level): day.isoformat() for level, day in state.reached.items()},
        "run_id": state.run_id,
    }
