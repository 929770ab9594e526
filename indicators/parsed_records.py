"""The results of a source module: the documents that ``fetch`` finds and the records that ``parse`` reads in them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO, NamedTuple, Protocol

from models.vocabulary import PUBLIC, BuyerKind, DateBasis, Relation


class FetchedDocument(NamedTuple):
    """A document that a register offers, before it is archived.

    ``name`` is the document's path in the folder layout (``ofsted/….csv``), also if it came from the web: parsers may
    read the register's own dates in the name. ``open`` gives a fresh binary stream each time it is called.
    """

    name: str
    address: str  # URL or file path it came from
    open: Callable[[], BinaryIO]
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An archived snapshot as ``parse`` sees it."""

    register: str
    name: str
    sha256: str
    fetched_at: datetime  # aware UTC
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """The documents that the archive already holds of a register: validators for conditional requests, by address."""

    validators: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)  # address -> (etag, modified)
    newest_on: date | None = None  # the day of the last complete pull


class Client(Protocol):
    """The source of documents: the web, or a folder laid out like the register extracts."""

    @property
    def is_folder(self) -> bool:
        """True when documents are read from a folder instead of the web."""
        ...

    def files(self, *patterns: str) -> Iterator[FetchedDocument]:
        """The folder's files matching any of the glob patterns (relative to the folder), sorted by name."""
        ...

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> FetchedDocument | None:
        """The document at a web address, or None when it has not changed since it was last archived."""
        ...

    def get_json(self, address: str) -> object:
        """A small JSON page (an index, a content API), not archived."""
        ...


class ObservationRecord(NamedTuple):
    """One figure, grade, flag, text, event or forecast about a subject."""

    subject: str  # "GB-OFSTED-SC059639"
    indicator: str  # a key of the catalogue
    value: float | int | bool | str | None  # a number, the word itself for grades and texts, None for bare events
    known_on: date  # the first day the public could have known it
    known_on_basis: DateBasis
    period_start: date | None = None
    period_end: date | None = None  # balance-sheet day, day of the inspection, day of the event
    occurrence: str = ""  # tells apart several events of one day
    verbatim: str | None = None  # exactly as the document has it, where that differs from str(value)
    unit: str | None = None  # only where it differs from the catalogue's (a currency)
    line: int | None = None  # line of the document (1 is the first)
    place: str = ""  # the rest of the place: a column's name, a fact and its context, a JSON path
    audience: str = PUBLIC  # who may see the row; our own casework is not public
    decimals: int | None = None  # of a figure that its document rounds: -3 to thousands
    is_recalled: bool = False  # given from memory: nobody has read it in its source


class BlankRecord(NamedTuple):
    """A list has an empty cell for an indicator of a subject: from that day, an older list's value holds no longer.

    Only indicators without a period can be blank. The record adds no row if no value was known.
    """

    subject: str
    indicator: str
    known_on: date
    known_on_basis: DateBasis
    occurrence: str = ""
    line: int | None = None
    place: str = ""


class LinkRecord(NamedTuple):
    """A dated relation, read ``subject relation object``; the relation has ended if ``object`` is None."""

    subject: str
    relation: Relation
    object: str | None
    known_on: date
    known_on_basis: DateBasis
    kind: BuyerKind = BuyerKind.NOT_A_BUYER
    since: date | None = None
    until: date | None = None
    confidence: float = 1.0
    reference: str = ""  # the contract or award, so that one buyer can buy several things
    value_gbp: float | None = None
    line: int | None = None
    place: str = ""
    audience: str = PUBLIC
    is_recalled: bool = False  # given from memory: nobody has read it in its source


class AwardStatement(NamedTuple):
    """All suppliers of an award, from a day on; their links come before, as ``LinkRecord``.

    Links to suppliers whom an earlier statement named, and this statement does not name, have ended.
    """

    subject: str  # the buyer
    award: str  # its process and its identifier in the process, which a later statement may use
    reference: str  # the same, or that and what tells it from another award under the same identifier
    links: frozenset[tuple[str, str]]  # supplier and reference of each: the reference above, or a part of it ("…/2")
    known_on: date
    known_on_basis: DateBasis
    is_update: bool = False  # corrects an earlier statement, whatever the reference; else perhaps another award
    line: int | None = None
    place: str = ""


class AwardChange(NamedTuple):
    """Other days or another value of an award, stated without its suppliers; the unstated parts stay as they were."""

    subject: str  # the buyer
    award: str
    known_on: date
    known_on_basis: DateBasis
    since: date | None = None
    until: date | None = None
    value_gbp: float | None = None
    line: int | None = None
    place: str = ""


class ListingRecord(NamedTuple):
    """A complete list has this subject under this kind of setting: a subject that the next list lacks has left."""

    subject: str
    scope: str = ""  # e.g. "Children's home": lists are compared within a scope that both have
    line: int | None = None


class UnreadableRecord(NamedTuple):
    """A document, row or cell that could not be read: quarantined and counted."""

    reason: str  # true and short: names the value, and the remedy if there is one
    line: int | None = None
    place: str = ""  # a member of the zip, a column


Record = ObservationRecord | BlankRecord | LinkRecord | AwardStatement | AwardChange | ListingRecord | UnreadableRecord
