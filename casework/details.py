"""The details of each kind of record, beyond its days and its state, as Pydantic models.

The words for concerns, referrals, ratings, notices and their reasons come from the case tool that the Department for
Education publishes (github.com/DFE-Digital/record-concerns-support-trusts, 18 June 2026), adapted to any provider.
Details go into the ledger, so they name people by their office and never by name.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from models.vocabulary import Level
from regimes.clocks import parse

MAX_LINE = 300  # characters of a text that is shown in one line
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
    """The details of any kind; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class EvidencedDetails(RecordDetails):
    """The details of a kind with states that claim something good: evidence for the newest state, or who said so."""

    evidence: LongText = Field(default="", description="evidence for the state: a document, a visit, a certificate")
    word_of: OptionalLine = Field(
        default="", description="who says so, if there is no evidence: an office, or a registered user"
    )


EVIDENCE_FIELDS = tuple(EvidencedDetails.model_fields)


class ConcernDetails(RecordDetails):
    """A concern: its subject, how serious it is, and how we learned of it."""

    type: ConcernType
    referral: Literal["own monitoring", "external", "whistleblowing"] = "own monitoring"
    rating: Literal["Red-Plus", "Red", "Red-Amber", "Amber-Green", "n/a"] = "n/a"


class PlanDetails(EvidencedDetails):
    """A turnaround plan; its due date is the agreed end."""

    title: LineText = "Turnaround plan"
    baseline: LongText = Field(default="", description="the provider's position when the plan began")
    agreed_on: date | None = None


class MilestoneDetails(EvidencedDetails):
    """A step of a plan, and how far it has come."""

    title: LineText
    done: int = Field(default=0, ge=0, le=100, description="per cent")


class SupportDetails(EvidencedDetails):
    """Help for a provider in difficulty."""

    what: LineText
    by: OptionalLine = Field(default="", description="the body that gives the support")
    amount_gbp: Decimal | None = Field(default=None, ge=0)


class NoticeDetails(EvidencedDetails):
    """An instruction to the provider by a body with powers; the due date is the day to comply by."""

    type: LineText = Field(description="warning letter, notice to improve, compliance notice ...")
    issued_by: OptionalLine = ""
    reasons: tuple[NoticeReason, ...] = ()


class ConditionDetails(EvidencedDetails):
    """A condition of a notice."""

    title: LineText


class DecisionDetails(EvidencedDetails):
    """A decision, and the authority for it."""

    what: LineText
    authoriser: LineText = Field(description="the office that decided: grade 7, director, minister, board")
    amount_gbp: Decimal | None = Field(default=None, ge=0)


class ConsequenceDetails(RecordDetails):
    """A consequence for the people who ran the provider."""

    what: LineText
    office: LineText = Field(description="the office concerned, never a person's name: the board, the chief executive")
    public_record: LineText = Field(description="the public record that shows it: an address or a citation")


class OverrideDetails(RecordDetails):
    """A level or stage that replaces the service's own until the due date."""

    of: Literal["level", "stage"]
    to: LineText

    @field_validator("to")
    @classmethod
    def _check_target(cls, to: str, info: ValidationInfo) -> str:
        levels = [str(level) for level in Level if level is not Level.UNSCORABLE]
        if info.data.get("of") == "level" and to not in levels:
            raise ValueError(f"'{to}' is not a level; choose one of: {', '.join(levels)}")
        return to


class StageDetails(RecordDetails):
    """The stage that a person confirmed, and the stage that the service recommended on that day."""

    stage: LineText
    recommended: OptionalLine | None = None


class ArrangementDetails(EvidencedDetails):
    """A plan for the day the provider fails, or hands over."""

    type: Literal["contingency", "transition"]
    title: OptionalLine = ""
    body: OptionalLine = Field(default="", description="the body with the powers to carry the plan out")
    stand_by: OptionalLine = Field(default="", description="the provider that could take over")
    staff_transfer: LongText = ""
    data_handover: LongText = ""
    tested_on: date | None = None


class NotifiedDetails(EvidencedDetails):
    """A body that must be notified by law or agreement."""

    body: LineText
    duty: OptionalLine = Field(default="", description="the law or agreement that requires it")
    by: OptionalLine = Field(default="", description="letter, telephone, meeting ...")


class JudgementDetails(RecordDetails):
    """A person's rating under a rule of kind ``judgement``."""

    rule: LineText
    rating: LineText


class DutyDetails(EvidencedDetails):
    """A dated duty under a stage or an agreement: a clock."""

    title: LineText
    within: OptionalLine = Field(default="", description="the time allowed, as the regime writes it")
    then: LongText = Field(default="", description="what happens when the duty is overdue")
    source: LongText = ""
    extension_by: OptionalLine = Field(default="", description="how long an extension may be")
    extension_when: LongText = Field(default="", description="when an extension may be given")

    @field_validator("within", "extension_by")
    @classmethod
    def _check_length(cls, text: str) -> str:
        return str(parse(text)) if text else text
