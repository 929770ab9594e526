"""Reads the history before a run: the actions of people, and the changes that each recipient was notified about."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from alerts.decide import Action, LastTold, Reason
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes, stored_causes
from alerts.escalation.episode import ACTION_KINDS, EntryKind, EpisodeEntry, fold_entries
from alerts.escalation.state_changes import ESCALATION, NOTIFIED_RUN, RUN
from models import bulk
from models.alerting import Delivery, Escalation, EscalationEntry
from models.database import Session, table_of
from models.scoring import Run

ENTRY, DELIVERY = table_of(EscalationEntry).c, table_of(Delivery).c


class LatestActions(NamedTuple):
    """The newest acknowledgement and silence, in force or not."""

    acknowledgement: Action | None = None
    silence: Action | None = None


NO_ACTIONS = LatestActions()


def read_open_actions(session: Session) -> dict[int, LatestActions]:
    """The actions that count for each open escalation on which people acted, by its number."""
    e, entries = ENTRY, dict[int, list[EpisodeEntry]]()
    rows = session.execute(
        select(e.id, e.escalation_id, e.kind, e.level, e.change, e.about_on, e.run_id, e.until_on)
        .join_from(table_of(EscalationEntry), table_of(Escalation), ESCALATION.id == e.escalation_id)
        .where(ESCALATION.closed_on.is_(None), e.kind.in_(list(ACTION_KINDS)))
        .order_by(e.id)
    )
    for row in rows:
        entries.setdefault(row.escalation_id, []).append(EpisodeEntry.from_row(row))
    states = {number: fold_entries(actions) for number, actions in entries.items()}
    return {number: LatestActions(state.acknowledgement, state.silence) for number, state in states.items()}


def read_last_told(
    session: Session, recipients: Mapping[str, int], closed: Iterable[int] = ()
) -> dict[int, dict[int, LastTold]]:
    """By the number of the recipient and of the escalation, the last message.

    Args:
        session: the transaction.
        recipients: the number of each recipient.
        closed: escalations to read besides the open ones.
    """
    d = DELIVERY
    is_wanted = ESCALATION.closed_on.is_(None) | ESCALATION.id.in_(list(closed))
    rows = session.execute(
        select(d.recipient_id, d.escalation_id, func.max(d.change).label("change"), func.max(RUN.day).label("on"))
        .join_from(table_of(Delivery), table_of(Escalation), ESCALATION.id == d.escalation_id)
        .join(table_of(Run), RUN.id == d.run_id)
        .where(is_wanted, d.recipient_id.in_(list(recipients.values())))
        .group_by(d.recipient_id, d.escalation_id)
    )
    by_recipient: dict[int, dict[int, LastTold]] = {number: {} for number in recipients.values()}
    for row in rows:
        by_recipient[row.recipient_id][row.escalation_id] = LastTold(row.change, row.on)
    return by_recipient


class CausedChange(NamedTuple):
    """A change of an escalation that a run made, with its causes."""

    change: int  # its number
    reason: Reason
    causes: Causes


def read_caused_changes(session: Session, escalations: Collection[int]) -> dict[int, list[CausedChange]]:
    """The changes that runs made to escalations, by number, oldest first."""
    e, changes = ENTRY, dict[int, list[CausedChange]]()
    for chunk in bulk.split_chunks(sorted(escalations)):
        rows = session.execute(
            select(e.escalation_id, e.change, e.kind, e.causes, e.version_before, e.version_after)
            .where(e.escalation_id.in_(chunk), e.run_id.is_not(None))
            .order_by(e.id)
        )
        for row in rows:
            causes = stored_causes(row.causes, row.version_before, row.version_after)
            changes.setdefault(row.escalation_id, []).append(CausedChange(row.change, Reason(row.kind), causes))
    return changes


def notified_causes(changes: Sequence[CausedChange], reason: Reason, change: int) -> Causes:
    """The causes that a message gives: of the change that it reports, or of the level that it is a reminder of.

    Args:
        changes: of the escalation, oldest first.
        reason: the reason of the message.
        change: the newest change that the message reports.
    """
    for caused in reversed(changes):
        is_match = caused.reason is not Reason.ADDED if reason.is_reminder else caused.reason is reason
        if caused.change <= change and is_match:
            return caused.causes
    return UNKNOWN_CAUSES


def read_closed_by_hand(session: Session, run: Run) -> list[int]:
    """The numbers of escalations that a person has closed since the last run with messages: that is news too."""
    last = session.scalar(select(func.max(NOTIFIED_RUN.notified_at)).where(NOTIFIED_RUN.run_id != run.id))
    e = ENTRY
    statement = (
        select(e.escalation_id)
        .join_from(table_of(EscalationEntry), table_of(Escalation), ESCALATION.id == e.escalation_id)
        .where(e.kind == EntryKind.CLOSED, ESCALATION.is_kept_closed, ESCALATION.regime.in_(list(run.regimes)))
    )
    if last is not None:
        statement = statement.where(e.entered_at > last)
    return list(dict.fromkeys(session.scalars(statement.order_by(e.id))))
