"""Writes deliveries and messages: for each recipient and run one summary, and each new critical alone and first."""

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
from alerts.escalation.state_changes import StateChange
from alerts.message import regime_change_text
from alerts.message.composer import SUMMARY, MessageComposer, UnsentNews, described_items
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
    """What one recipient is told of one escalation, or why not."""

    recipient: str
    change: StateChange
    decision: RecipientDecision
    change_number: int  # the number of the escalation's changes that they know of with it


@dataclass(frozen=True)
class MessageContext:
    """What the messages of one run are written with; see ``escalate``."""

    session: Session
    run: Run
    policy: Policy
    recipient_ids: Mapping[str, int]  # of the recipients
    address: str  # of the dashboard
    now: datetime
    only_file: bool
    freshness: str  # "5 of 6 sources fresh"

    def has_heartbeat(self, to: Addressee) -> bool:
        """Whether the recipient hears of a day without news: only of the day itself, not of the past."""
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
    """How many messages were written, and of how many clocks recipients are told for the first time.

    Args:
        context: the run and its policy.
        news: what is news for whom, of each recipient in the order of telling.
        clocks: what may have to be told of clocks; what was told before is left out here.
        provider_lines: what may be said of each escalation.
        last_told: what each recipient was told before.
        changes: everything that is open, or was until now.
        regime_changes: new versions of regimes, of which the owners of the policy's rules are told.
    """
    session, run, policy = context.session, context.run, context.policy
    caused = entries.read_caused_changes(session, {piece.change.escalation_id or 0 for piece in news})
    insert_new(session, table_of(Delivery), _delivery_rows(context, news, caused))
    insert_new(session, table_of(ClockDelivery), clocks)
    due = {number: key for key, number in context.recipient_ids.items() if policy.recipients[key].is_due(run.day)}
    fresh, new_clocks = _read_unsent_news(session, run, due)
    for number, key in due.items():
        if (SUMMARY, number) not in fresh and context.has_heartbeat(policy.recipients[key]):
            fresh[SUMMARY, number] = UnsentNews()
    provider_lines.read_items(item for one in fresh.values() for item in described_items(policy, one))
    knows = {number: set(by) for number, by in last_told.items()}
    for piece in news:
        knows.setdefault(context.recipient_ids[piece.recipient], set()).add(piece.change.escalation_id or 0)
    editor = MessageComposer(
        session,
        run,
        policy,
        provider_lines,
        changes,
        address=context.address,
        freshness=context.freshness,
        known_escalations=knows,
    )
    keys = {number: key for key, number in context.recipient_ids.items()}
    waiting = [
        _message_row(context, keys[number], part, editor.compose_text(keys[number], number, part, one))
        for (part, number), one in fresh.items()
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
    """Of each piece one in the summary, and before them those of criticals that go alone."""
    alone: list[dict[str, Any]] = []
    together: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for piece in news:
        reason = piece.decision.reason
        causes = notified_causes(caused_changes.get(piece.change.escalation_id or 0, ()), reason, piece.change_number)
        if is_sent_alone(reason, piece.change.news.level, causes):
            counts[piece.recipient] += 1
            if counts[piece.recipient] <= context.policy.criticals_alone:
                alone.append(_delivery_row(context, piece, f"critical:{piece.change.escalation_id}"))
        together.append(_delivery_row(context, piece, SUMMARY))
    return alone + together


def is_sent_alone(reason: Reason, level: Level, causes: Causes) -> bool:
    """Whether a piece of news is a message of its own too: somebody is critical now, not that there is more to it.

    A level that only another rule gives is no emergency of the provider's.
    """
    is_new = reason.has_risen and reason is not Reason.BASELINE
    return level is Level.CRITICAL and is_new and not causes.is_rule_alone


def _delivery_row(context: MessageContext, news: RecipientNews, part: str) -> dict[str, Any]:
    change, word, number = news.change, news.decision, context.recipient_ids[news.recipient]
    level = change.news.level
    key = (
        change.provider_id,
        change.regime,
        change.episode,
        news.change_number,
        word.reason,
        level,
        number,
        part,
        word.occasion,
    )
    return {
        "dedupe_key": ":".join(["v2", *map(str, key)]),
        "escalation_id": change.escalation_id,
        "run_id": context.run.id,
        "recipient_id": number,
        "part": part,
        "reason": str(word.reason),
        "level": str(level),
        "before": str(change.before) if change.before is not None else None,
        "change": news.change_number,
    }


def _read_unsent_news(
    session: Session, run: Run, due: Collection[int]
) -> tuple[dict[tuple[str, int], UnsentNews], int]:
    """What has no message yet, by part and recipient, in the order of telling; and how many clocks are new."""
    d, c = DELIVERY, CLOCK_DELIVERY
    found: dict[tuple[str, int], UnsentNews] = {}
    goes = or_(and_(d.part != SUMMARY, d.run_id == run.id), and_(d.part == SUMMARY, d.recipient_id.in_(list(due))))
    statement = select(d.part, d.recipient_id, d.escalation_id, d.run_id, d.reason, d.level, d.before, d.change)
    rows = session.execute(statement.where(d.message_id.is_(None), goes).order_by(d.id)).all()
    caused = entries.read_caused_changes(session, {row.escalation_id for row in rows})
    for row in rows:
        before, reason = Level(row.before) if row.before else None, Reason(row.reason)
        causes = notified_causes(caused.get(row.escalation_id, ()), reason, row.change)
        item = NewsItem(row.escalation_id, row.run_id, reason, Level(row.level), before, causes)
        found.setdefault((row.part, row.recipient_id), UnsentNews()).items.append(item)
    new = 0
    told = select(c.recipient_id, c.what, c.words, c.run_id).where(c.message_id.is_(None)).order_by(c.due_on, c.id)
    for row in session.execute(told):
        new += row.run_id == run.id
        if row.recipient_id in due:
            one = found.setdefault((SUMMARY, row.recipient_id), UnsentNews())
            (one.overdue_clocks if row.what == "lapsed" else one.late_milestones).append(row.words)
    return found, new


def _message_row(context: MessageContext, recipient: str, part: str, text: Any) -> dict[str, Any]:
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
    goes = or_(d.run_id == run.id, and_(d.part == SUMMARY, d.recipient_id.in_(list(due))))
    session.execute(update(table_of(Delivery)).where(d.message_id.is_(None), goes).values(message_id=number))
    of_summary = (m.run_id == run.id, m.recipient_id == c.recipient_id, m.part == SUMMARY)
    number = select(m.id).where(*of_summary).correlate(table_of(ClockDelivery)).scalar_subquery()
    session.execute(update(table_of(ClockDelivery)).where(c.message_id.is_(None)).values(message_id=number))


def update_recipients(session: Session, policy: Policy) -> dict[str, int]:
    """The numbers of the policy's recipients; new ones are written and changed ones brought up to date."""
    rows = [{"key": key, "title": to.title, "channel": to.channel} for key, to in policy.recipients.items()]
    insert_new(session, table_of(Recipient), [{**row, "audience_id": 1} for row in rows])
    numbers = {}
    wanted = {row["key"]: row for row in rows}
    for found in session.execute(select(RECIPIENT.key, RECIPIENT.id, RECIPIENT.title, RECIPIENT.channel)):
        if (row := wanted.get(found.key)) is None:
            continue
        numbers[found.key] = found.id
        if (found.title, found.channel) != (row["title"], row["channel"]):
            session.execute(update(table_of(Recipient)).where(RECIPIENT.id == found.id).values(row))
    return {key: numbers[key] for key in policy.recipients}


def insert_new(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; one whose unique key is there already is left alone."""
    if rows:
        session.connection().execute(_insert_ignoring_conflicts(session, table), [dict(row) for row in rows])


def insert_if_new(session: Session, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert one row; false when its unique key was there already."""
    return insert_if_new_returning_id(session, table, row) is not None


def insert_if_new_returning_id(session: Session, table: Table, row: Mapping[str, Any]) -> int | None:
    """Insert one row and give its number; None when its unique key was there already."""
    statement = _insert_ignoring_conflicts(session, table).values(**row).returning(*table.primary_key)
    new = session.connection().execute(statement).first()
    return None if new is None else int(new[0])


def _insert_ignoring_conflicts(session: Session, table: Table) -> Any:
    return _INSERT[session.connection().dialect.name](table).on_conflict_do_nothing()
