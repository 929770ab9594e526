"""Writes deliveries and messages: for each recipient and run one summary, and each new critical alone and first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, Update, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from alerts import wording
from alerts.decide import Reason
from alerts.lines import lines
from alerts.policy import FILE_CHANNEL, Policy
from alerts.standing import ESCALATION, Change
from alerts.wording import Edition, Text
from models.alerting import Delivery, Message, Recipient
from models.database import Session, table_of
from models.scoring import Run
from models.vocabulary import Level, MessageStatus

DELIVERY, MESSAGE, RECIPIENT = table_of(Delivery).c, table_of(Message).c, table_of(Recipient).c
SUMMARY = "summary"  # the part of a message that is not about one escalation alone

_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Telling:
    """What the messages of one run are written with; see ``escalate``."""

    session: Session
    run: Run
    policy: Policy
    address: str  # of the dashboard
    now: datetime
    outcomes: Mapping[int, str]
    only_file: bool


def write(telling: Telling, changes: Sequence[Change]) -> int:
    """How many messages were written for the changes, which are in the order of telling."""
    session, run, policy, now = telling.session, telling.run, telling.policy, telling.now
    numbers = _recipients(session, policy)
    alone = [change for change in changes if _goes_alone(change)][: policy.criticals_alone]
    parts = [(f"critical:{change.escalation_id}", change) for change in alone]
    parts += [(SUMMARY, change) for change in changes]
    deliveries = [_delivery(run, number, part, change) for part, change in parts for number in numbers.values()]
    insert_new(session, table_of(Delivery), deliveries)
    editor = _Editor(telling, changes)
    channels = {numbers[key]: to.channel for key, to in policy.recipients.items()}
    waiting = []
    for (part, recipient), escalations in _fresh(session, run).items():
        text = editor.text(part, escalations)
        waiting.append(
            {
                "run_id": run.id,
                "recipient_id": recipient,
                "part": part,
                "channel": FILE_CHANNEL if telling.only_file else channels[recipient],
                "subject": text.subject,
                "body_markdown": text.body,
                "status": MessageStatus.PENDING,
                "attempts": 0,
                "last_error": "",
                "created_at": now,
                "useful_until": now + timedelta(days=policy.useful_for_days),
            }
        )
    insert_new(session, table_of(Message), waiting)
    session.execute(_join_to_messages(run))
    return len(waiting)


def insert_new(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; one whose unique key is there already is left alone."""
    if rows:
        session.connection().execute(_new(session, table), [dict(row) for row in rows])


def is_new(session: Session, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert one row; false when its unique key was there already."""
    statement = _new(session, table).values(**row).returning(*table.primary_key)
    return session.connection().execute(statement).first() is not None


def _new(session: Session, table: Table) -> Any:
    return _INSERT[session.connection().dialect.name](table).on_conflict_do_nothing()


def _recipients(session: Session, policy: Policy) -> dict[str, int]:
    """The numbers of the policy's recipients; new ones are written and changed ones brought up to date."""
    rows = [{"key": key, "title": to.title, "channel": to.channel} for key, to in policy.recipients.items()]
    insert_new(session, table_of(Recipient), [{**row, "audience_id": 1} for row in rows])
    for row in rows:
        session.execute(update(table_of(Recipient)).where(RECIPIENT.key == row["key"]).values(row))
    found = session.execute(select(RECIPIENT.key, RECIPIENT.id).where(RECIPIENT.key.in_(policy.recipients)))
    return {row.key: row.id for row in found}


def _goes_alone(change: Change) -> bool:
    reason, level = change.news
    return level is Level.CRITICAL and reason.is_worse and reason is not Reason.BASELINE


def _delivery(run: Run, recipient: int, part: str, change: Change) -> dict[str, Any]:
    news = change.news
    key = (change.provider_id, change.regime, change.episode, change.change, news.reason, news.level, recipient, part)
    return {
        "dedupe_key": ":".join(["v1", *map(str, key)]),
        "escalation_id": change.escalation_id,
        "run_id": run.id,
        "recipient_id": recipient,
        "part": part,
        "reason": news.reason,
        "level": news.level,
    }


def _fresh(session: Session, run: Run) -> dict[tuple[str, int], list[int]]:
    """Escalations to tell of, by part and recipient, in the order of telling: their deliveries have no message yet."""
    d, found = DELIVERY, dict[tuple[str, int], list[int]]()
    rows = select(d.part, d.recipient_id, d.escalation_id).where(d.run_id == run.id, d.message_id.is_(None))
    for row in session.execute(rows.order_by(d.id)):
        found.setdefault((row.part, row.recipient_id), []).append(row.escalation_id)
    return found


def _join_to_messages(run: Run) -> Update:
    d, m = DELIVERY, MESSAGE
    of_message = (m.run_id == d.run_id, m.recipient_id == d.recipient_id, m.part == d.part)
    number = select(m.id).where(*of_message).correlate(table_of(Delivery)).scalar_subquery()
    return update(table_of(Delivery)).where(d.run_id == run.id, d.message_id.is_(None)).values(message_id=number)


class _Editor:
    """Composes texts, each once: recipients who are told the same get the same."""

    def __init__(self, telling: Telling, changes: Sequence[Change]) -> None:
        self._telling = telling
        self._changes = {change.escalation_id: change for change in changes}
        self._texts: dict[tuple[str, tuple[int, ...]], Text] = {}
        e = ESCALATION
        still_open = select(e.level, func.count()).where(e.closed_on.is_(None)).group_by(e.level)
        self._edition = Edition(
            day=telling.run.day,
            address=telling.address.rstrip("/"),
            still_open={Level(level): count for level, count in telling.session.execute(still_open)},
            sources=[finding["title"] for finding in telling.run.source_findings],
        )

    def text(self, part: str, escalations: Sequence[int]) -> Text:
        """The message about these escalations."""
        key = (part, tuple(escalations))
        if key not in self._texts:
            self._texts[key] = self._compose(part, [self._changes[number] for number in escalations])
        return self._texts[key]

    def _compose(self, part: str, changes: Sequence[Change]) -> Text:
        telling = self._telling
        described = lines(telling.session, telling.run, changes[: telling.policy.lines], telling.outcomes)
        if part != SUMMARY:
            return wording.alone(described[0], self._edition)
        counts = Counter((change.news.reason, change.news.level) for change in changes)
        return wording.summary(described, counts, self._edition)
