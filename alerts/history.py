"""Reads what came before a run: what people acknowledged, silenced and closed, and what each recipient was told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select

from alerts.change_causes import UNKNOWN_CAUSES, Causes, stored_causes
from alerts.decide import Act, Known, Reason
from alerts.standing import ESCALATION, RUN, TOLD
from models import bulk
from models.alerting import Delivery, Escalation, EscalationEntry
from models.database import Session, table_of
from models.scoring import Run
from models.vocabulary import Level

ENTRY, DELIVERY = table_of(EscalationEntry).c, table_of(Delivery).c


class Deed(StrEnum):
    """What a person can do with an escalation."""

    ACKNOWLEDGED = "acknowledged"  # has an owner, a next step and a last day
    SILENCED = "silenced"  # has a reason and a last day
    UNSILENCED = "unsilenced"
    CLOSED = "closed"
    REOPENED = "reopened"


class Acts(NamedTuple):
    """The acknowledgement and the silence that count, whether they hold or not."""

    acknowledged: Act | None = None
    silenced: Act | None = None


NO_ACTS = Acts()


def acts_of_open(session: Session) -> dict[int, Acts]:
    """Of each open escalation that people did something about."""
    e = ENTRY
    rows = session.execute(
        select(e.id, e.escalation_id, e.kind, e.level, e.until_on)
        .join_from(table_of(EscalationEntry), table_of(Escalation), ESCALATION.id == e.escalation_id)
        .where(ESCALATION.closed_on.is_(None), e.kind.in_(list(Deed)))
        .order_by(e.id)
    )
    found: dict[int, Acts] = {}
    for row in rows:
        act = Act(row.id, Level(row.level), row.until_on) if row.until_on is not None else None
        found[row.escalation_id] = after(found.get(row.escalation_id, NO_ACTS), row.kind, act)
    return found


def after(acts: Acts, kind: str, act: Act | None) -> Acts:
    """What counts after one more entry."""
    if kind == Deed.ACKNOWLEDGED:
        return acts._replace(acknowledged=act)
    if kind == Deed.SILENCED:
        return acts._replace(silenced=act)
    if kind == Deed.UNSILENCED:
        return acts._replace(silenced=None)
    return NO_ACTS if kind in {Deed.CLOSED, Deed.REOPENED} else acts


def known(session: Session, recipients: Mapping[str, int], closed: Iterable[int] = ()) -> dict[int, dict[int, Known]]:
    """Recipient's number to escalation to what they were told of it: of what is open, and of those named."""
    d = DELIVERY
    is_wanted = ESCALATION.closed_on.is_(None) | ESCALATION.id.in_(list(closed))
    rows = session.execute(
        select(d.recipient_id, d.escalation_id, func.max(d.change).label("change"), func.max(RUN.day).label("on"))
        .join_from(table_of(Delivery), table_of(Escalation), ESCALATION.id == d.escalation_id)
        .join(table_of(Run), RUN.id == d.run_id)
        .where(is_wanted, d.recipient_id.in_(list(recipients.values())))
        .group_by(d.recipient_id, d.escalation_id)
    )
    found: dict[int, dict[int, Known]] = {number: {} for number in recipients.values()}
    for row in rows:
        found[row.recipient_id][row.escalation_id] = Known(row.change, row.on)
    return found


class CausedChange(NamedTuple):
    """A change of an escalation that a run made, and why."""

    change: int  # its number
    reason: Reason
    causes: Causes


def caused_changes(session: Session, escalations: Collection[int]) -> dict[int, list[CausedChange]]:
    """The changes that runs made of some escalations, oldest first."""
    e, found = ENTRY, dict[int, list[CausedChange]]()
    for chunk in bulk.chunked(sorted(escalations)):
        rows = session.execute(
            select(e.escalation_id, e.change, e.kind, e.causes, e.version_before, e.version_after)
            .where(e.escalation_id.in_(chunk), e.run_id.is_not(None))
            .order_by(e.id)
        )
        for row in rows:
            causes = stored_causes(row.causes, row.version_before, row.version_after)
            found.setdefault(row.escalation_id, []).append(CausedChange(row.change, Reason(row.kind), causes))
    return found


def causes_told(changes: Sequence[CausedChange], reason: Reason, change: int) -> Causes:
    """Why something was told: the causes of the change that it tells, or of the level that it reminds of.

    Args:
        changes: of the escalation, oldest first.
        reason: why it was told.
        change: the newest change that is known with it.
    """
    for of in reversed(changes):
        is_it = of.reason is not Reason.ADDED if reason.is_reminder else of.reason is reason
        if of.change <= change and is_it:
            return of.causes
    return UNKNOWN_CAUSES


def closed_by_hand(session: Session, run: Run) -> list[int]:
    """Escalations that a person closed since a run was told last: that is news too."""
    last = session.scalar(select(func.max(TOLD.told_at)).where(TOLD.run_id != run.id))
    e = ENTRY
    statement = (
        select(e.escalation_id)
        .join_from(table_of(EscalationEntry), table_of(Escalation), ESCALATION.id == e.escalation_id)
        .where(e.kind == Deed.CLOSED, ESCALATION.is_held, ESCALATION.regime.in_(list(run.regimes)))
    )
    if last is not None:
        statement = statement.where(e.entered_at > last)
    return list(dict.fromkeys(session.scalars(statement.order_by(e.id))))
