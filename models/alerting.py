"""The tables of alerting: persons, recipients, escalations, deliveries, messages."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.scoring import DOCUMENT

_OPEN = text("closed_on IS NULL")


class Person(SQLModel, table=True):
    """A registered user."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  # the value of CONTINUITY_USER
    name: str = ""


class PersonEntry(SQLModel, table=True):
    """The roles and audiences of a person from an instant on; the newest entry counts. Rows are only added."""

    __table_args__ = (Index("ix_personentry_person", "person_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    entered_at: datetime
    author_id: int | None = Field(default=None, foreign_key="person.id")  # None: the service itself
    roles: str = ""  # comma separated, of access/permissions.py
    audiences: str = "public"  # comma separated keys of audiences


class Recipient(SQLModel, table=True):
    """A person or team with a channel; the environment has the channel's URL under its name."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    title: str = ""
    channel: str
    audience_id: int = 1


class Escalation(SQLModel, table=True):
    """One episode for one provider under one regime; at most one is open at a time.

    The entries of the escalation give the same state: ``alerts.escalation.episode``.
    """

    __table_args__ = (
        UniqueConstraint("provider_id", "regime", "episode"),
        Index("ix_escalation_open", "provider_id", "regime", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = Field(default=None, primary_key=True)
    provider_id: int
    regime: str
    episode: int  # 1, 2, ... for the provider under the regime
    change: int = 1  # 1 when opened, then 2, 3, ... with each change
    level: str  # the level last notified; the newest assessments may be lower, but not for long enough
    reason: str  # the ``Reason`` of the last change
    opened_on: date
    changed_on: date
    closed_on: date | None = None
    is_kept_closed: bool = False  # a person closed it: a new one opens only after none, or at a worse level
    reached: dict[str, Any] = Field(
        default_factory=dict, sa_type=DOCUMENT
    )  # by level, the day from which its steps count
    run_id: int  # the run that last changed it


class EscalationEntry(SQLModel, table=True):
    """One entry of an escalation: the result of a run or the action of a person. Rows are only added."""

    __table_args__ = (Index("ix_escalationentry_escalation", "escalation_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    escalation_id: int = Field(foreign_key="escalation.id")
    change: int  # the escalation's number of changes after it
    kind: str  # an ``alerts.escalation.episode.EntryKind``
    level: str  # after it
    before: str | None = None  # the level before it
    entered_at: datetime
    about_on: date  # the run's day, or the day of entry
    run_id: int | None = Field(default=None, foreign_key="run.id")  # None: a person's
    causes: str = ""  # comma separated: data, rule, model, time, service; empty if not known
    version_before: str = ""  # of the regime, if the rule is a cause
    version_after: str = ""
    author_id: int | None = Field(default=None, foreign_key="person.id")  # None: the service's
    owner_id: int | None = Field(default=None, foreign_key="person.id")  # of an acknowledgement
    until_on: date | None = None  # the last day of an acknowledgement or silence
    next_step: str = ""
    reason: str = ""  # in a person's words


class Delivery(SQLModel, table=True):
    """An escalation's news for one recipient in one message; the key prevents a second delivery of the same news."""

    __table_args__ = (Index("ix_delivery_run", "run_id", "recipient_id", "part"),)

    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = Field(unique=True)  # v2:provider:regime:episode:change:reason:level:recipient:part:occasion
    escalation_id: int = Field(foreign_key="escalation.id", index=True)
    run_id: int
    recipient_id: int
    part: str  # of the run's messages to the recipient
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)  # None: kept for a digest
    reason: str
    level: str
    before: str | None = None
    change: int = 0  # the newest change that the recipient knows with it


class NotNotified(SQLModel, table=True):
    """Why a recipient was not notified, if the policy alone does not show it. Stored once while the reason stays."""

    __tablename__ = "not_notified"

    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = Field(unique=True)  # v1:escalation:change:recipient:reason:occasion
    escalation_id: int = Field(foreign_key="escalation.id", index=True)
    run_id: int = Field(foreign_key="run.id")
    recipient_id: int | None = Field(default=None, foreign_key="recipient.id")  # None: all recipients
    change: int = 0  # the number of the escalation's change in question
    reason: str
    until_on: date | None = None


class ClockDelivery(SQLModel, table=True):
    """A notification of a recipient about an overdue clock or a milestone that will be late at its pace."""

    __table_args__ = (Index("ix_clockdelivery_run", "run_id", "recipient_id"),)

    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = Field(unique=True)  # v1:what:record:due:step:recipient
    record_id: int = Field(foreign_key="caseentry.id", index=True)
    run_id: int
    recipient_id: int
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    what: str  # lapsed, pace
    due_on: date
    step: int  # of the policy's steps for overdue clocks, from 1
    words: str  # the text in the message


class Message(SQLModel, table=True):
    """A message of one run to one channel."""

    __table_args__ = (UniqueConstraint("run_id", "recipient_id", "part"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int
    recipient_id: int
    part: str  # summary; critical:<escalation>, alone and first; <part>:fallback
    channel: str
    fallback: str = ""  # the channel that takes a critical message that this channel does not accept
    subject: str
    body_markdown: str
    status: str = Field(default="pending", index=True)
    attempts: int = 0
    created_at: datetime
    useful_until: datetime  # later it is not sent, and ends as stale
    claimed_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    last_error: str = ""


class NotifiedRun(SQLModel, table=True):
    """A run whose messages have been written to the outbox, which happens once."""

    __tablename__ = "notified_run"

    run_id: int = Field(primary_key=True, foreign_key="run.id")
    notified_at: datetime
    policy_sha256: str
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=DOCUMENT)  # the number of escalations by reason
