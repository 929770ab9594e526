"""Sends the waiting messages: claims a message, delivers it, records the result.

No database session is open during a delivery. A crash between delivery and record repeats the message (at least once,
see docs/alerting.md), which is why each message has a reference.
"""

import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, or_, select, update

from alerts.message.channels import DeliverMessage, channel_for
from alerts.message.composer import SUMMARY
from alerts.message.deliveries import MESSAGE, insert_if_new_returning_id
from alerts.message.envelope import Envelope, NoChannel, NotSent, SendingResult
from alerts.policy import FILE_CHANNEL
from models.alerting import Message
from models.database import read_session, table_of, write_session
from models.scoring import Run
from models.vocabulary import MessageStatus
from settings import Settings
from text.markdown import escape_markdown

BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
CLAIM_LASTS = timedelta(minutes=15)  # a sender that has recorded nothing by then is taken for dead
FALLBACK_SUFFIX = ":fallback"  # ends the ``part`` of a copy that goes by the fallback channel
FAILURES_IN_A_ROW = 2  # then the channel's other messages wait for the next round: each would cost a time-out

WAITING_STATUSES = (MessageStatus.PENDING, MessageStatus.RETRY)
RUN = table_of(Run).c


def send(
    engine: Engine, settings: Settings, *, now: datetime, only_file: bool = False, has_lease: bool = False
) -> SendingResult:
    """Send the waiting messages, critical ones first, and return the outcome.

    Several processes may send at once: each message is claimed by one of them.

    Args:
        engine: the database.
        settings: channels and the folder of the file channel.
        now: the run's one instant; later instants are counted from it.
        only_file: messages for other channels keep waiting.
        has_lease: the caller holds the day's lease, so any other sender with a claimed message is dead.
    """
    started = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - started)

    stale, stale_criticals = _sweep_messages(engine, now, has_lease=has_lease)
    sent = SendingResult(stale=stale, failed=stale_criticals, later=0 if only_file else _count_not_due(engine, now))
    channels: dict[str, DeliverMessage] = {}
    in_a_row: Counter[str] = Counter()
    errors: dict[str, str] = {}
    waiting = _read_due_messages(engine, now, only_file=only_file)
    for number, channel in waiting:  # the list grows: a copy for the fallback channel is sent at once
        if in_a_row[channel] >= FAILURES_IN_A_ROW:
            sent.put_off += 1
            waiting += _queue_fallback(engine, number, clock(), errors[channel], sent)
            continue
        envelope = _claim_message(engine, number, clock())
        if envelope is None:
            continue
        if channel not in channels:
            channels[channel] = channel_for(channel, settings)
        try:
            channels[channel](envelope)
        except NotSent as error:
            status = _record_failure(engine, envelope, clock(), error)
            in_a_row[channel] += not isinstance(error, NoChannel)
            errors[channel] = str(error)
            sent.failed += status is MessageStatus.FAILED
            sent.retrying += status is MessageStatus.RETRY
            waiting += _queue_fallback(engine, number, clock(), str(error), sent)
        else:
            _record_attempt(engine, envelope, MessageStatus.ACCEPTED, finished_at=clock(), last_error="")
            in_a_row[channel] = 0
            sent.accepted += 1
    sent.problems = [f"channel '{channel}': {error}" for channel, error in sorted(errors.items())]
    if stale_criticals:
        sent.problems.append(
            f"critical messages that waited too long to be sent: {stale_criticals}; see 'continuity alerts list'"
        )
    return sent


def _sweep_messages(engine: Engine, now: datetime, *, has_lease: bool) -> tuple[int, int]:
    """Release the messages of dead senders, and end those that are too old: how many, and how many critical ones.

    A critical message that the fallback channel accepted is not counted.
    """
    message, m = table_of(Message), MESSAGE
    is_dead = m.status == MessageStatus.SENDING
    if not has_lease:
        is_dead &= m.claimed_at < now - CLAIM_LASTS
    with write_session(engine) as session:
        session.execute(
            update(message)
            .where(is_dead)
            .values(
                status=MessageStatus.RETRY,
                next_attempt_at=now,
                last_error="the sender stopped before recording the result",
            )
        )
        is_old = (m.status.in_(WAITING_STATUSES), m.useful_until < now)
        other = message.alias("other").c
        was_told = select(other.id).where(
            other.run_id == m.run_id,
            other.recipient_id == m.recipient_id,
            other.part == m.part + FALLBACK_SUFFIX,
            other.status == MessageStatus.ACCEPTED,
        )
        critical = select(func.count()).where(*is_old, m.part != SUMMARY, ~was_told.correlate(message).exists())
        criticals = session.scalar(critical) or 0
        ended = session.execute(
            update(message).where(*is_old).values(status=MessageStatus.STALE, finished_at=now, next_attempt_at=None)
        )
        return int(ended.rowcount) - criticals, criticals  # type: ignore[attr-defined]


def _queue_fallback(
    engine: Engine, number: int, now: datetime, error: str, sent: SendingResult
) -> list[tuple[int, str]]:
    """Write the copy of a critical message for its fallback channel; returns its number and channel, if there is one.

    The copy is written after the first failure: a critical message does not wait until a channel works again.
    """
    m = MESSAGE
    with write_session(engine) as session:
        row = session.execute(select(table_of(Message)).where(m.id == number)).one()
        if not row.fallback or row.part == SUMMARY or row.part.endswith(FALLBACK_SUFFIX):
            return []
        reason = f"This is a copy by the fallback channel: channel '{row.channel}' did not accept M-{number} ({error})."
        copy = {
            "run_id": row.run_id,
            "recipient_id": row.recipient_id,
            "part": row.part + FALLBACK_SUFFIX,
            "channel": row.fallback,
            "fallback": "",
            "subject": row.subject,
            "body_markdown": f"{row.body_markdown}\n{escape_markdown(reason)}\n",
            "status": str(MessageStatus.PENDING),
            "attempts": 0,
            "last_error": "",
            "created_at": now,
            "useful_until": row.useful_until,
        }
        new = insert_if_new_returning_id(session, table_of(Message), copy)
    sent.fell_back += new is not None
    return [] if new is None else [(new, row.fallback)]


def _read_due_messages(engine: Engine, now: datetime, *, only_file: bool) -> list[tuple[int, str]]:
    m = MESSAGE
    is_due = or_(m.next_attempt_at.is_(None), m.next_attempt_at <= now)
    due = select(m.id, m.channel).where(m.status.in_(WAITING_STATUSES), is_due).order_by(m.part == SUMMARY, m.id)
    if only_file:
        due = due.where(m.channel == FILE_CHANNEL)
    with read_session(engine) as session:
        return [(row.id, row.channel) for row in session.execute(due)]


def _count_not_due(engine: Engine, now: datetime) -> int:
    m = MESSAGE
    with read_session(engine) as session:
        is_later = (m.status == MessageStatus.RETRY, m.next_attempt_at > now)
        return session.scalar(select(func.count()).where(*is_later)) or 0


def _claim_message(engine: Engine, number: int, now: datetime) -> Envelope | None:
    """The message, unless another sender has claimed it."""
    m = MESSAGE
    with write_session(engine) as session:
        claimed = session.execute(
            update(table_of(Message))
            .where(m.id == number, m.status.in_(WAITING_STATUSES))
            .values(status=MessageStatus.SENDING, attempts=m.attempts + 1, claimed_at=now, next_attempt_at=None)
        )
        if claimed.rowcount != 1:  # type: ignore[attr-defined]
            return None
        row = session.execute(
            select(m.attempts, m.channel, m.subject, m.body_markdown, RUN.day)
            .join_from(table_of(Message), table_of(Run), RUN.id == m.run_id)
            .where(m.id == number)
        ).one()
    return Envelope(number, row.attempts, row.channel, row.day, row.subject, row.body_markdown)


def _record_failure(engine: Engine, envelope: Envelope, now: datetime, error: NotSent) -> MessageStatus:
    if isinstance(error, NoChannel) or envelope.attempt > len(BACK_OFF):
        _record_attempt(engine, envelope, MessageStatus.FAILED, finished_at=now, last_error=str(error))
        return MessageStatus.FAILED
    again_at = now + BACK_OFF[envelope.attempt - 1]
    _record_attempt(engine, envelope, MessageStatus.RETRY, next_attempt_at=again_at, last_error=str(error))
    return MessageStatus.RETRY


def _record_attempt(engine: Engine, envelope: Envelope, status: MessageStatus, **values: Any) -> None:
    """Record the result of this attempt, unless another attempt has begun since."""
    m = MESSAGE
    is_ours = (m.id == envelope.number, m.attempts == envelope.attempt)
    # If the message was released but not claimed again, this result still counts.
    is_open = m.status.in_((MessageStatus.SENDING, MessageStatus.RETRY))
    with write_session(engine) as session:
        session.execute(update(table_of(Message)).where(*is_ours, is_open).values(status=status, **values))
