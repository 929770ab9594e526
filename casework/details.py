"""What is written down of each kind of record beyond its days and its state, as Pydantic models.

The words for concerns, referrals and ratings, notices and their reasons are those of the case tool that the Department
for Education publishes (github.com/DFE-Digital/record-concerns-support-trusts, 18 June 2026), said for any provider.
Persons are named by their office here, never by name: these words go into the ledger.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from models.vocabulary import Level
from regimes.clocks import parse

MAX_LINE = 300  # characters of what is shown in one line
MAX_TEXT = 20_000  # characters of a rationale or a baseline
NOT_RATED = "n/a"

LineText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LINE)]
OptionalLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_LINE)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT)]

ConcernType = Literal[
    "actual deficit",
    "projected deficit",
    "actual cash shortfall",
    "projected cash shortfall",
    "closure",
    "financial management",
    "late returns",
    "irregularity",
    "self-reported fraud",
    "governance capability",
    "safeguarding",
    "quality",
    "force majeure",
]
NoticeReason = Literal[
    "cash flow",
    "cumulative deficit actual",
    "cumulative deficit projected",
    "governance",
    "rules not complied with",
    "late returns",
    "risk of insolvency",
    "safeguarding",
    "quality",
]


class RecordDetails(BaseModel):
    """Of any kind: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class EvidencedDetails(RecordDetails):
    """Of a kind with states that claim something good: what shows the newest of them, or who said so."""

    evidence: LongText = Field(default="", description="what shows it: a document, a visit, a certificate")
    word_of: OptionalLine = Field(
        default="", description="who says so, where there is no evidence: an office, or a person on record"
    )


EVIDENCE_FIELDS = tuple(EvidencedDetails.model_fields)


class ConcernDetails(RecordDetails):
    """What somebody worries about, how much, and how it came to us."""

    type: ConcernType
    referral: Literal["own monitoring", "external", "whistleblowing"] = "own monitoring"
    rating: Literal["Red-Plus", "Red", "Red-Amber", "Amber-Green", "n/a"] = "n/a"


class PlanDetails(EvidencedDetails):
    """A turnaround plan; its agreed end is the day it is due."""

    title: LineText = "Turnaround plan"
    baseline: LongText = Field(default="", description="where the provider stood when it began")
    agreed_on: date | None = None


class MilestoneDetails(EvidencedDetails):
    """A step of a plan, and how far it has come."""

    title: LineText
    done: int = Field(default=0, ge=0, le=100, description="per cent")


class SupportDetails(EvidencedDetails):
    """Help for a provider that struggles."""

    what: LineText
    by: OptionalLine = Field(default="", description="the body that gives it")
    amount_gbp: Decimal | None = Field(default=None, ge=0)


class NoticeDetails(EvidencedDetails):
    """What a body with powers has told the provider to do; the day to comply by is the day it is due."""

    type: LineText = Field(description="warning letter, notice to improve, compliance notice ...")
    issued_by: OptionalLine = ""
    reasons: tuple[NoticeReason, ...] = ()


class ConditionDetails(EvidencedDetails):
    """One of the conditions of a notice."""

    title: LineText


class DecisionDetails(EvidencedDetails):
    """What was decided, on whose authority."""

    what: LineText
    authoriser: LineText = Field(description="the office that decided: grade 7, director, minister, board")
    amount_gbp: Decimal | None = Field(default=None, ge=0)


class ConsequenceDetails(RecordDetails):
    """What follows for those who ran it."""

    what: LineText
    office: LineText = Field(
        description="whom it concerns, by office and never by name: the board, the chief executive"
    )
    public_record: LineText = Field(description="the public record it rests on: an address or a citation")


class OverrideDetails(RecordDetails):
    """Another level or stage than the service's own, until the day it is due."""

    of: Literal["level", "stage"]
    to: LineText

    @field_validator("to")
    @classmethod
    def _check_target(cls, to: str, info: ValidationInfo) -> str:
        levels = [str(level) for level in Level if level is not Level.UNSCORABLE]
        if info.data.get("of") == "level" and to not in levels:
            raise ValueError(f"'{to}' is no level; write {', '.join(levels)}")
        return to


class StageDetails(RecordDetails):
    """The stage a person has confirmed, and what the service recommended then."""

    stage: LineText
    recommended: OptionalLine | None = None


class ArrangementDetails(EvidencedDetails):
    """What happens if the provider fails tomorrow, or hands over."""

    type: Literal["contingency", "transition"]
    title: OptionalLine = ""
    body: OptionalLine = Field(default="", description="the body with the powers to do it")
    stand_by: OptionalLine = Field(default="", description="the provider that could take over")
    staff_transfer: LongText = ""
    data_handover: LongText = ""
    tested_on: date | None = None


class NotifiedDetails(EvidencedDetails):
    """A body that the law says must be told."""

    body: LineText
    duty: OptionalLine = Field(default="", description="the law or agreement that says so")
    by: OptionalLine = Field(default="", description="letter, telephone, meeting ...")


class JudgementDetails(RecordDetails):
    """A person's rating where a regime's rule is one of judgement."""

    rule: LineText
    rating: LineText


class DutyDetails(EvidencedDetails):
    """A dated duty of a stage or an agreement: a clock."""

    title: LineText
    within: OptionalLine = Field(default="", description="how long there was, as the regime says it")
    then: LongText = Field(default="", description="what happens when it lapses")
    source: LongText = ""
    extension_by: OptionalLine = Field(default="", description="how much more time may be given")
    extension_when: LongText = Field(default="", description="when it may be given")

    @field_validator("within", "extension_by")
    @classmethod
    def _check_length(cls, written: str) -> str:
        return str(parse(written)) if written else written
