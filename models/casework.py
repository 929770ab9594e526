"""The table of casework: entries. A record is the chain of its entries; no entry is updated or deleted."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.scoring import DOCUMENT


class CaseEntry(SQLModel, table=True):
    """One entry: the whole state of its record from then on, so the newest entry has the present state.

    We give the number while the table is locked; a sequence does not. So a lower number is always committed before a
    higher one, and a reader who has read up to a number has missed none.
    """

    __table_args__ = (
        Index("ix_caseentry_record", "record_id", "id"),
        Index("ix_caseentry_subject", "subject_id", "id"),
    )

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    record_id: int = Field(foreign_key="caseentry.id")  # the first entry's number
    parent_id: int | None = Field(default=None, foreign_key="caseentry.id", index=True)  # a milestone's plan
    subject_id: int = Field(foreign_key="subject.id")
    regime: str | None = None
    kind: str
    state: str
    about_on: date  # the day it is about, often before the day of entry
    due_on: date | None = None
    owner_id: int = Field(foreign_key="person.id")
    author_id: int = Field(foreign_key="person.id")
    entered_at: datetime
    audience_id: int = Field(foreign_key="audience.id")
    rationale: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_type=DOCUMENT)
