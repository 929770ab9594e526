"""The nouns of telling people: persons, recipients, escalations, deliveries, messages."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class Person(SQLModel, table=True):
    """Somebody who reads or decides here."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  # what CONTINUITY_USER names
    name: str = ""
    roles: str = ""  # comma separated: regulator, commissioner, official, policy_owner, operator
    audiences: str = "public"  # comma separated keys of audiences


class Recipient(SQLModel, table=True):
    """A person or team with a channel; the channel's URL lives in the environment under its name."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    title: str = ""
    channel: str
    audience_id: int = 1


class Escalation(SQLModel, table=True):
    """One episode for one provider under one regime."""

    __table_args__ = (Index("ix_escalation_provider", "provider_id", "regime"),)

    id: int | None = Field(default=None, primary_key=True)
    provider_id: int
    regime: str
    episode: int  # 1, 2, ... for the provider under the regime
    level: str
    reason: str  # why it last changed: baseline, opened, raised, ...
    opened_on: date
    changed_on: date
    closed_on: date | None = None
    run_id: int


class Delivery(SQLModel, table=True):
    """An escalation's news for one recipient; its key makes telling twice impossible."""

    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = Field(unique=True)  # v1:{provider}:{regime}:{episode}:{reason}:{level}:{recipient}
    escalation_id: int = Field(foreign_key="escalation.id", index=True)
    run_id: int = Field(index=True)
    recipient_id: int
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    reason: str
    level: str


class Message(SQLModel, table=True):
    """What is sent to one channel in one run."""

    __table_args__ = (UniqueConstraint("run_id", "recipient_id", "part"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int
    recipient_id: int
    part: str  # "summary", or "critical:<escalation>" for one that goes alone and first
    channel: str
    subject: str
    body_markdown: str
    status: str = Field(default="pending", index=True)
    attempts: int = 0
    created_at: datetime
    claimed_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    last_error: str = ""
