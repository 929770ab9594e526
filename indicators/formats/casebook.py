"""The schema of a file of the casebook, which ``samples/README.md`` describes."""

import calendar
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.vocabulary import DateBasis, Relation

FORMAT = "casebook/1"
OWN_IDENTIFIER = "CW-SAMPLE-"  # of a provider whose number is not verified
_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?)(?: (\S.*))?")
_MILLION = Decimal(1_000_000)

EvidenceKind = Literal["verified", "recalled (high)", "recalled (medium)"]


def _first_day(text: object) -> date:
    parts = str(text).split("-")
    if [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]):
        raise ValueError(f"'{text}' is not a day: write YYYY, YYYY-MM or YYYY-MM-DD")
    return date.fromisoformat("-".join([*parts, "01", "01"][:3]))


def _last_day(text: object) -> date:
    first, precision = _first_day(text), str(text).count("-")
    month = first.month if precision else 12
    return first if precision > 1 else date(first.year, month, calendar.monthrange(first.year, month)[1])


def _checked_day(text: str) -> str:
    _first_day(text)
    return text


_Day = Annotated[str, AfterValidator(_checked_day)]
_FirstDay = Annotated[date, BeforeValidator(_first_day)]
_LastDay = Annotated[date, BeforeValidator(_last_day)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CasebookProvider(_Strict):
    """The head of a file: the provider's identity."""

    name: str
    kind: str
    activity: str
    about: str
    identifier: str = ""
    identifier_evidence: EvidenceKind | None = None

    def subject(self, slug: str) -> str:
        """The provider's identifier if it was read in a document, else an identifier of our own."""
        return self.identifier if self.identifier_evidence == "verified" else OWN_IDENTIFIER + slug


class CitedFact(_Strict):
    """The parts that every fact has: the day it became public, how sure that day is, and the source."""

    known_on: _Day
    known_on_evidence: EvidenceKind | Literal["approximate"]
    evidence: EvidenceKind
    source: str
    address: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _verified_means_read(self) -> "CitedFact":
        if self.evidence == "verified" and not self.address:
            raise ValueError("a verified fact needs the 'address' where it was read")
        return self

    @property
    def public_on(self) -> date:
        """The first day the public could have known it."""
        return _last_day(self.known_on)

    @property
    def known_on_basis(self) -> DateBasis:
        """A day that was read is stated; a recalled or approximate one, or the last of a month or year, is inferred."""
        is_read = self.known_on_evidence == "verified" and len(self.known_on) == len("YYYY-MM-DD")
        return DateBasis.STATED if is_read else DateBasis.INFERRED

    @property
    def is_recalled(self) -> bool:
        """Whether the fact is given from memory: nobody has read it in its source."""
        return self.evidence != "verified"

    def place(self, path: str) -> str:
        """The fact's place in the file, its evidence and its source."""
        return f"{path} · {self.evidence} · {self.source} {self.address}".rstrip()


class CasebookFigures(CitedFact):
    """Figures of one period from one source."""

    period_end: _LastDay
    months: Annotated[int, BeforeValidator(int), Field(ge=1, le=11)] | None = None  # of an interim figure
    values: dict[str, str]

    @property
    def interim_start(self) -> date:
        """First day of the part of the year that interim figures are about.

        Raises:
            ValueError: the entry does not say how many months that is.
        """
        if self.months is None:
            raise ValueError("an interim figure needs the number of 'months' it is about")
        years, month = divmod(self.period_end.month - self.months, 12)
        return date(self.period_end.year + years, month + 1, 1)


class CasebookEvent(CitedFact):
    """An event, or the outcome of the provider."""

    event: str
    what: str
    amount: str = ""
    happened_from: _FirstDay | None = None
    happened_on: _LastDay | None = None


class CasebookLink(CitedFact):
    """A relation to another subject."""

    relation: Literal[Relation.OWNED_BY, Relation.SUCCEEDS]
    object: str
    object_name: str = ""


def parse_quantity(text: str) -> tuple[float, str]:
    """Number and unit; money is written in millions and returned in pounds.

    Raises:
        ValueError: the text is not a number with a unit.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not a number with its unit, like '5.5 GBP_m'")
    number, unit = Decimal(match[1]), match[2] or ""
    return (float(number * _MILLION), "GBP") if unit == "GBP_m" else (float(number), unit)
