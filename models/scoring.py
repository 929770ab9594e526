"""The tables of scoring: runs, archived regimes and models, assessments and their findings."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.ledger import SEQ
from models.packed import PackedJson

DOCUMENT = JSON().with_variant(JSONB(), "postgresql")


class Run(SQLModel, table=True):
    """One scoring of one day, with all inputs that are needed to recompute it."""

    __table_args__ = (Index("ix_run_day", "day", "view"),)

    id: int | None = Field(default=None, primary_key=True)
    day: date
    view: str = "full"
    revision: int = 0  # 0 the first scoring of the day, then 1, 2, ... beside it
    status: str = "running"
    upto_seq: int = Field(default=0, sa_type=SEQ)
    upto_load: int = 0
    upto_pull: int = 0
    code_version: str
    regimes: dict[str, Any] = Field(default_factory=dict, sa_type=DOCUMENT)  # regime key -> SHA-256 of its file
    policy_hash: str = ""
    model_hash: str | None = None
    rows_digest: str = ""  # of the ledger's rows that were read
    inputs_hash: str = ""  # of those and all other inputs: a run with unchanged inputs adds nothing
    result_hash: str | None = None
    source_findings: list[Any] = Field(default_factory=list, sa_type=DOCUMENT)  # findings about a register as a whole
    summary: dict[str, Any] = Field(default_factory=dict, sa_type=DOCUMENT)
    now_at: datetime  # the run's one instant
    started_at: datetime
    finished_at: datetime | None = None
    owner: str = ""  # of the lease under which it ran
    has_redacted: bool = True  # false for a run of an earlier version that stored no redacted assessments


class Lease(SQLModel, table=True):
    """The process that does the day's work now: one at a time per database; the lease of a dead owner runs out."""

    name: str = Field(primary_key=True)
    owner: str  # unique for each taking
    host: str
    process_id: int
    taken_at: datetime
    heartbeat_at: datetime
    until: datetime


class ArchivedFile(SQLModel, table=True):
    """A regime, policy or model file as it was when first used: immutable, by hash."""

    sha256: str = Field(primary_key=True)
    kind: str  # regime, policy, model
    key: str = Field(index=True)
    body: str  # text; a model is kept in the data directory and this holds its card
    first_used_at: datetime


class FindingSet(SQLModel, table=True):
    """The findings of one provider under one regime, stored once while they do not change."""

    sha256: str = Field(primary_key=True)
    findings: list[Any] = Field(sa_type=PackedJson)  # a national day has nearly a gigabyte of them


class Assessment(SQLModel, table=True):
    """The verdict of one run on one provider under one regime."""

    __table_args__ = (
        UniqueConstraint("run_id", "provider_id", "regime"),
        Index("ix_assessment_provider", "provider_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="run.id")
    provider_id: int
    provider_name: str  # as known on the day
    regime: str
    peer_group: str = ""  # providers of the same kind and about the same size, in words
    level: str
    rating: str = ""  # in the regime's own words
    is_official: bool = False  # false if any number behind it is only recalled
    stage: str = ""  # the recommended step of the regime's ladder
    probability: float | None = None
    probability_reason: str = ""  # why there is none, or the outcome that it is about
    support: str
    accountability: str
    consequences: str
    evidence: str
    external_powers: str
    flexibility: str
    support_because: str = ""  # why the principle is unscorable: a word of UnscorableReason, or nothing
    accountability_because: str = ""
    consequences_because: str = ""
    evidence_because: str = ""
    external_powers_because: str = ""
    flexibility_because: str = ""
    findings_sha256: str
    audiences: str = ""  # comma separated: the audiences of its restricted findings


class RedactedAssessment(SQLModel, table=True):
    """The verdict of one run for readers who may not see every row: scored without the rows that they may not see."""

    __tablename__ = "redacted_assessment"
    __table_args__ = (UniqueConstraint("run_id", "provider_id", "regime", "visible_to"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="run.id")
    provider_id: int
    regime: str
    visible_to: str = ""  # comma separated: the restricted audiences of the reader; empty for the public
    level: str
    rating: str = ""
    stage: str = ""
    support: str
    accountability: str
    consequences: str
    evidence: str
    external_powers: str
    flexibility: str
    support_because: str = ""
    accountability_because: str = ""
    consequences_because: str = ""
    evidence_because: str = ""
    external_powers_because: str = ""
    flexibility_because: str = ""
    findings_sha256: str


class Peers(SQLModel, table=True):
    """The distribution of a rule's figures over a group of providers on the day of a run."""

    run_id: int = Field(primary_key=True, foreign_key="run.id")
    regime: str = Field(primary_key=True)
    peer_group: str = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    providers: int  # with a figure
    quantiles: list[Any] = Field(sa_type=DOCUMENT)  # 101 values: the least, each hundredth, the greatest


class TrainedModel(SQLModel, table=True):
    """A failure model with its card; the model itself is a skops file in the data directory."""

    sha256: str = Field(primary_key=True)
    key: str = Field(index=True)
    regime: str
    outcomes_until: date  # used only for days after this
    card: dict[str, Any] = Field(sa_type=DOCUMENT)
    trained_at: datetime


class DriftReport(SQLModel, table=True):
    """Numbers of one comparison of two snapshots; the page is saved beside the database."""

    id: int | None = Field(default=None, primary_key=True)
    register_key: str = Field(sa_column_kwargs={"name": "register"})
    reference_on: date
    current_on: date
    numbers: dict[str, Any] = Field(sa_type=DOCUMENT)
    page: str  # file name in the data directory
    made_at: datetime
