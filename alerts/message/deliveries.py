"""Writes deliveries and messages: one summary for each recipient and run, and before it each new critical level."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from alerts.decide import LastTold, Reason, RecipientDecision
from alerts.escalation import entries
from alerts.escalation.change_causes import Causes
from alerts.escalation.entries import CausedChange, notified_causes
from alerts.escalation.overdue_clocks import CLOCK_OVERDUE
from alerts.escalation.state_changes import StateChange
from alerts.message import regime_change_text
from alerts.message.composer import SUMMARY, MessageComposer, UnsentNews, described_items
from alerts.message.contents import MessageText
from alerts.message.provider_lines import NewsItem, ProviderLines
from alerts.message.regime_changes import RegimeChange
from alerts.policy import FILE_CHANNEL, Addressee, Policy
from models.alerting import ClockDelivery, Delivery, Message, Recipient
from models.database import Session, table_of
from models.scoring import Run
from models.vocabulary import Level, MessageStatus, day_in_london
from regimes.clocks import is_working_day

DELIVERY, MESSAGE, RECIPIENT = table_of(Delivery).c, table_of(Message).c, table_of(Recipient).c
CLOCK_DELIVERY = table_of(ClockDelivery).c
RULE_CHANGES = "rules"  # the part of a message about new versions of regimes

_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class RecipientNews(NamedTuple):
    """The decision for one recipient about one escalation."""

    recipient: str
    change: StateChange
    decision: RecipientDecision
    change_number: int  # the newest change that the recipient knows with it


@dataclass(frozen=True)
class MessageContext:
    """The facts that all messages of one run share; see ``escalate``."""

    session: Session
    run: Run
    policy: Policy
    recipient_ids: Mapping[str, int]  # the number of each recipient
    address: str  # of the dashboard
    now: datetime
    only_file: bool
    freshness: str  # "5 of 6 sources fresh"

    def has_heartbeat(self, to: Addressee) -> bool:
        """Whether the recipient gets a message on a day without news: only from a run of the day itself."""
        is_today = self.run.day == day_in_london(self.now)
        return is_today and (to.heartbeat == "daily" or (to.heartbeat != "never" and is_working_day(self.run.day)))


def write_messages(
    context: MessageContext,
    news: Sequence[RecipientNews],
    clocks: Sequence[Mapping[str, Any]],
    *,
    provider_lines: ProviderLines,
    last_told: Mapping[int, Mapping[int, LastTold]],
    changes: Iterable[StateChange],
    regime_changes: Sequence[RegimeChange] = (),
) -> tuple[int, int]:
    """Write the deliveries and messages of a run.

    Returns the number of messages, and the number of first deliveries about clocks.

    Args:
        context: the run and its policy.
        news: the news for each recipient, in the order of the message.
        clocks: rows of deliveries about clocks; those that exist already are skipped.
        provider_lines: composes the line about each escalation.
        last_told: the last message to each recipient.
        changes: all escalations that are open, or were open until this run.
        regime_changes: new versions of regimes, for the recipients of rule changes.
    """
    session, run, policy = context.session, context.run, context.policy
    caused = entries.read_caused_changes(session, {item.change.escalation_id or 0 for item in news})
    insert_new(session, table_of(Delivery), _delivery_rows(context, news, caused))
    insert_new(session, table_of(ClockDelivery), clocks)
    due = {number: key for key, number in context.recipient_ids.items() if policy.recipients[key].is_due(run.day)}
    unsent, new_clocks = _read_unsent_news(session, run, due)
    for number, key in due.items():
        if (SUMMARY, number) not in unsent and context.has_heartbeat(policy.recipients[key]):
            unsent[SUMMARY, number] = UnsentNews()
    provider_lines.read_items(item for message in unsent.values() for item in described_items(policy, message))
    known = {number: set(escalations) for number, escalations in last_told.items()}
    for item in news:
        known.setdefault(context.recipient_ids[item.recipient], set()).add(item.change.escalation_id or 0)
    composer = MessageComposer(
        session,
        run,
        policy,
        provider_lines,
        changes,
        address=context.address,
        freshness=context.freshness,
        known_escalations=known,
    )
    keys = {number: key for key, number in context.recipient_ids.items()}
    waiting = [
        _message_row(context, keys[number], part, composer.compose_text(keys[number], number, part, message))
        for (part, number), message in unsent.items()
    ]
    if regime_changes:
        text = regime_change_text.compose_regime_changes(regime_changes, run.day, context.address)
        waiting += [_message_row(context, key, RULE_CHANGES, text) for key in policy.rule_change_recipients]
    insert_new(session, table_of(Message), waiting)
    _link_to_messages(session, run, due)
    return len(waiting), new_clocks


def _delivery_rows(
    context: MessageContext, news: Iterable[RecipientNews], caused_changes: Mapping[int, Sequence[CausedChange]]
) -> list[dict[str, Any]]:
    """The deliveries of messages of their own, then a delivery in the summary for each item."""
    alone: list[dict[str, Any]] = []
    together: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for item in news:
        reason = item.decision.reason
        causes = notified_causes(caused_changes.get(item.change.escalation_id or 0, ()), reason, item.change_number)
        if is_sent_alone(reason, item.change.news.level, causes):
            counts[item.recipient] += 1
            if counts[item.recipient] <= context.policy.criticals_alone:
                alone.append(_delivery_row(context, item, f"critical:{item.change.escalation_id}"))
        together.append(_delivery_row(context, item, SUMMARY))
    return alone + together


def is_sent_alone(reason: Reason, level: Level, causes: Causes) -> bool:
    """Whether the news also has a message of its own: a new critical level has, an added finding has not.

    A level that only a changed rule gives is not an emergency at the provider.
    """
    is_new = reason.has_risen and reason is not Reason.BASELINE
    return level is Level.CRITICAL and is_new and not causes.is_rule_alone


def _delivery_row(context: MessageContext, news: RecipientNews, part: str) -> dict[str, Any]:
    change, decision, number = news.change, news.decision, context.recipient_ids[news.recipient]
    level = change.news.level
    key = (
        change.provider_id,
        change.regime,
        change.episode,
        news.change_number,
        decision.reason,
        level,
        number,
        part,
        decision.occasion,
    )
    return {
        "dedupe_key": ":".join(["v2", *map(str, key)]),
        "escalation_id": change.escalation_id,
        "run_id": context.run.id,
        "recipient_id": number,
        "part": part,
        "reason": str(decision.reason),
        "level": str(level),
        "before": str(change.before) if change.before is not None else None,
        "change": news.change_number,
    }


def _read_unsent_news(
    session: Session, run: Run, due: Collection[int]
) -> tuple[dict[tuple[str, int], UnsentNews], int]:
    """The news without a message, by part and recipient, in the order of the message; and the number of new clocks."""
    d, c = DELIVERY, CLOCK_DELIVERY
    unsent: dict[tuple[str, int], UnsentNews] = {}
    is_due = or_(and_(d.part != SUMMARY, d.run_id == run.id), and_(d.part == SUMMARY, d.recipient_id.in_(list(due))))
    statement = select(d.part, d.recipient_id, d.escalation_id, d.run_id, d.reason, d.level, d.before, d.change)
    rows = session.execute(statement.where(d.message_id.is_(None), is_due).order_by(d.id)).all()
    caused = entries.read_caused_changes(session, {row.escalation_id for row in rows})
    for row in rows:
        before, reason = Level(row.before) if row.before else None, Reason(row.reason)
        causes = notified_causes(caused.get(row.escalation_id, ()), reason, row.change)
        item = NewsItem(row.escalation_id, row.run_id, reason, Level(row.level), before, causes)
        unsent.setdefault((row.part, row.recipient_id), UnsentNews()).items.append(item)
    new_clocks = 0
    statement = select(c.recipient_id, c.what, c.words, c.run_id).where(c.message_id.is_(None)).order_by(c.due_on, c.id)
    for row in session.execute(statement):
        new_clocks += row.run_id == run.id
        if row.recipient_id in due:
            summary = unsent.setdefault((SUMMARY, row.recipient_id), UnsentNews())
            (summary.overdue_clocks if row.what == CLOCK_OVERDUE else summary.late_milestones).append(row.words)
    return unsent, new_clocks


def _message_row(context: MessageContext, recipient: str, part: str, text: MessageText) -> dict[str, Any]:
    to, policy = context.policy.recipients[recipient], context.policy
    return {
        "run_id": context.run.id,
        "recipient_id": context.recipient_ids[recipient],
        "part": part,
        "channel": FILE_CHANNEL if context.only_file else to.channel,
        "fallback": "" if context.only_file else to.fallback or "",
        "subject": text.subject,
        "body_markdown": text.body,
        "status": str(MessageStatus.PENDING),
        "attempts": 0,
        "last_error": "",
        "created_at": context.now,
        "useful_until": context.now + timedelta(days=policy.useful_for_days),
    }


def _link_to_messages(session: Session, run: Run, due: Collection[int]) -> None:
    d, c, m = DELIVERY, CLOCK_DELIVERY, MESSAGE
    of_run = (m.run_id == run.id, m.recipient_id == d.recipient_id, m.part == d.part)
    number = select(m.id).where(*of_run).correlate(table_of(Delivery)).scalar_subquery()
    is_due = or_(d.run_id == run.id, and_(d.part == SUMMARY, d.recipient_id.in_(list(due))))
    session.execute(update(table_of(Delivery)).where(d.message_id.is_(None), is_due).values(message_id=number))
    of_summary = (m.run_id == run.id, m.recipient_id == c.recipient_id, m.part == SUMMARY)
    number = select(m.id).where(*of_summary).correlate(table_of(ClockDelivery)).scalar_subquery()
    session.execute(update(table_of(ClockDelivery)).where(c.message_id.is_(None)).values(message_id=number))


def update_recipients(session: Session, policy: Policy) -> dict[str, int]:
    """Write new and changed recipients of the policy; returns the number of each."""
    rows = [{"key": key, "title": to.title, "channel": to.channel} for key, to in policy.recipients.items()]
    insert_new(session, table_of(Recipient), [{**row, "audience_id": 1} for row in rows])
    numbers = {}
    wanted = {row["key"]: row for row in rows}
    for stored in session.execute(select(RECIPIENT.key, RECIPIENT.id, RECIPIENT.title, RECIPIENT.channel)):
        if (row := wanted.get(stored.key)) is None:
            continue
        numbers[stored.key] = stored.id
        if (stored.title, stored.channel) != (row["title"], row["channel"]):
            session.execute(update(table_of(Recipient)).where(RECIPIENT.id == stored.id).values(row))
    return {key: numbers[key] for key in policy.recipients}


def insert_new(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; a row whose unique key exists already is skipped."""
    if rows:
        session.connection().execute(_insert_ignoring_conflicts(session, table), [dict(row) for row in rows])


def insert_if_new(session: Session, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert one row; false if its unique key exists already."""
    return insert_if_new_returning_id(session, table, row) is not None


def insert_if_new_returning_id(session: Session, table: Table, row: Mapping[str, Any]) -> int | None:
    """Insert one row and return its number; None if its unique key exists already."""
    statement = _insert_ignoring_conflicts(session, table).values(**row).returning(*table.primary_key)
    new = session.connection().execute(statement).first()
    return None if new is None else int(new[0])


def _insert_ignoring_conflicts(session: Session, table: Table) -> Any:
    return _INSERT[session.connection().dialect.name](table).on_conflict_do_nothing()
