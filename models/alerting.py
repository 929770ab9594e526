"""The tables of alerting: persons, recipients, escalations, deliveries, messages."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.scoring import DOCUMENT

_OPEN = text("closed_on IS NULL")


class Person(SQLModel, table=True):
    """A person who reads or decides here."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  # the value of CONTINUITY_USER
    name: str = ""


class PersonEntry(SQLModel, table=True):
    """The roles and audiences of a person from an instant on; the newest entry holds. Append-only."""

    __table_args__ = (Index("ix_personentry_person", "person_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    entered_at: datetime
    author_id: int | None = Field(default=None, foreign_key="person.id")  # None: the service itself
    roles: str = ""  # comma separated, of access/permissions.py
    audiences: str = "public"  # comma separated keys of audiences


class Recipient(SQLModel, table=True):
    """A person or team with a channel; the channel's URL lives in the environment under its name."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    title: str = ""
    channel: str
    audience_id: int = 1


class Escalation(SQLModel, table=True):
    """One episode for one provider under one regime; at most one is open at a time."""

    __table_args__ = (
        UniqueConstraint("provider_id", "regime", "episode"),
        Index("ix_escalation_open", "provider_id", "regime", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = Field(default=None, primary_key=True)
    provider_id: int
    regime: str
    episode: int  # 1, 2, ... for the provider under the regime
    change: int = 1  # 1 when opened, then 2, 3, ... with every change of its level: two raises to one level differ
    level: str  # the level last notified; a newer assessment may be lower, but not for long enough yet
    reason: str  # why it last changed: baseline, opened, raised, added, lowered, resolved, ended
    opened_on: date
    changed_on: date
    closed_on: date | None = None
    is_kept_closed: bool = (
        False  # closed by a person: it opens again only after the provider was well, or if it gets worse
    )
    reached: dict[str, Any] = Field(default_factory=dict, sa_type=DOCUMENT)  # level -> the day its steps count from
    run_id: int  # the run that last changed it


class EscalationEntry(SQLModel, table=True):
    """One entry of an escalation's history: a change that the service found or an action of a person. Append-only."""

    __table_args__ = (Index("ix_escalationentry_escalation", "escalation_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    escalation_id: int = Field(foreign_key="escalation.id")
    change: int  # the escalation's number of changes after it
    # baseline, opened, raised, added, lowered, resolved, ended; acknowledged, silenced, unsilenced, closed, reopened
    kind: str
    level: str  # after it
    before: str | None = None  # the level before it
    entered_at: datetime
    about_on: date  # the run's day, or the day of entry
    run_id: int | None = Field(default=None, foreign_key="run.id")  # None: a person's
    causes: str = ""  # comma separated: data, rule, model, time, service; empty where they are not known
    version_before: str = ""  # of the regime, where the rule is a cause
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
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)  # None: waits for a digest
    reason: str
    level: str
    before: str | None = None
    change: int = 0  # the number of the escalation's changes that the recipient has been notified about


class NotNotified(SQLModel, table=True):
    """The reason why a recipient was not notified, if the policy alone does not show it; stored once."""

    __tablename__ = "not_notified"

    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = Field(unique=True)  # v1:escalation:change:recipient:reason:occasion
    escalation_id: int = Field(foreign_key="escalation.id", index=True)
    run_id: int = Field(foreign_key="run.id")
    recipient_id: int | None = Field(default=None, foreign_key="recipient.id")  # None: everybody
    reason: str
    until_on: date | None = None


class ClockDelivery(SQLModel, table=True):
    """A notice to a recipient about a clock that is overdue, or will be late at its pace."""

    __table_args__ = (Index("ix_clockdelivery_run", "run_id", "recipient_id"),)

    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = Field(unique=True)  # v1:what:record:due:step:recipient
    record_id: int = Field(foreign_key="caseentry.id", index=True)
    run_id: int
    recipient_id: int
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    what: str  # lapsed, pace
    due_on: date
    step: int  # of the policy's steps for lapsed clocks, from 1
    words: str  # the text of the notice


class Message(SQLModel, table=True):
    """A message to one channel in one run."""

    __table_args__ = (UniqueConstraint("run_id", "recipient_id", "part"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int
    recipient_id: int
    part: str  # summary; critical:<escalation>, alone and first; <part>:fallback
    channel: str
    fallback: str = ""  # the channel that gets a critical message which this channel did not take
    subject: str
    body_markdown: str
    status: str = Field(default="pending", index=True)
    attempts: int = 0
    created_at: datetime
    useful_until: datetime  # after this instant the message is no longer sent and ends as stale
    claimed_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    last_error: str = ""


class NotifiedRun(SQLModel, table=True):
    """A run whose news has been decided and put into the outbox, which happens once."""

    __tablename__ = "notified_run"

    run_id: int = Field(primary_key=True, foreign_key="run.id")
    notified_at: datetime
    policy_sha256: str
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=DOCUMENT)  # reason -> how many
