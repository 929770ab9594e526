"""From the assessments of one run to what waits in the outbox, in one transaction: nothing decided is ever lost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, select, update

from alerts import messages
from alerts.decide import Reason
from alerts.policy import Policy
from alerts.standing import ESCALATION, RUN, TOLD, Change, changes
from models.alerting import Escalation, ToldRun
from models.database import Session, table_of
from models.scoring import ArchivedFile, Run
from models.vocabulary import RunStatus, View
from settings import Settings


@dataclass
class Told:
    """What one run told."""

    counts: Counter[Reason] = field(default_factory=Counter)
    messages: int = 0
    quiet_because: str = ""  # why nothing was decided

    def describe(self) -> str:
        """One line for a summary."""
        if self.quiet_because:
            return f"alerts: nothing told, {self.quiet_because}"
        news = ", ".join(f"{self.counts[reason]:,} {reason}" for reason in Reason if self.counts[reason])
        return f"alerts: {news or 'no news'}; messages written: {self.messages:,}"


def escalate(
    session: Session,
    run_id: int,
    *,
    policy: Policy,
    settings: Settings,
    now: datetime,
    outcomes: Mapping[int, str] | None = None,
    only_file: bool = False,
) -> Told:
    """What a run told: escalations, deliveries and waiting messages are written in the caller's transaction.

    A run is told once; doing it again writes nothing. A run of a day before the newest scored one, or of public rows
    only, tells nothing.

    Args:
        session: in a writing transaction, which the caller commits.
        run_id: the run, with its assessments and regimes written.
        policy: who is told what.
        settings: where links point.
        now: the run's one instant.
        outcomes: provider's number to why it is no longer covered, in words, where that is known.
        only_file: every message goes to the file channel, whatever the policy says.
    """
    run = session.get_one(Run, run_id)
    because = _why_quiet(session, run)
    if because:
        return Told(quiet_because=because)
    # The row is the lock: of two processes that tell the same run, the second waits for the first and finds it done.
    mark: dict[str, Any] = {"run_id": run.id, "told_at": now, "policy_sha256": policy.sha256, "counts": {}}
    if not messages.is_new(session, table_of(ToldRun), mark):
        return Told(quiet_because="this run has been told before")
    archived = {"sha256": policy.sha256, "kind": "policy", "key": "policy", "body": policy.text, "first_used_at": now}
    messages.insert_new(session, table_of(ArchivedFile), [archived])
    found = changes(session, run, lower_after=policy.lower_after)
    told = Told(Counter(change.news.reason for change in found))
    if found:
        _open(session, run, [change for change in found if change.escalation_id is None])
        _change(session, run, [change for change in found if change.change > 1])
        telling = messages.Telling(
            session, run, policy, settings.dashboard_address, now=now, outcomes=outcomes or {}, only_file=only_file
        )
        told.messages = messages.write(telling, found)
        counts = {str(reason): count for reason, count in told.counts.items()}
        session.execute(update(table_of(ToldRun)).where(TOLD.run_id == run.id).values(counts=counts))
    return told


def _why_quiet(session: Session, run: Run) -> str:
    if run.basis != View.FULL:
        return "only public rows were read"
    scored = or_(RUN.status == RunStatus.DONE, RUN.id.in_(select(TOLD.run_id)))
    newest = session.scalar(select(func.max(RUN.day)).where(RUN.basis == View.FULL, scored))
    if newest is not None and newest > run.day:
        return f"a later day ({newest}) has been scored already"
    return ""


def _open(session: Session, run: Run, new: Sequence[Change]) -> None:
    """Write new escalations, and tell each change the number of its own."""
    if not new:
        return
    rows = [
        {
            "provider_id": change.provider_id,
            "regime": change.regime,
            "episode": change.episode,
            "change": change.change,
            "level": change.news.level,
            "reason": change.news.reason,
            "opened_on": run.day,
            "changed_on": run.day,
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


def _change(session: Session, run: Run, changed: Sequence[Change]) -> None:
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
            changed_on=run.day,
            run_id=run.id,
        )
    )
    rows = [
        {
            "number": change.escalation_id,
            "now_change": change.change,
            "now_level": change.before if change.news.reason.is_closing else change.news.level,
            "now_reason": change.news.reason,
            "now_closed": run.day if change.news.reason.is_closing else None,
        }
        for change in changed
    ]
    session.connection().execute(statement, rows)
