"""Findings and ledger rows as pages show them, each figure with the way back to its document. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

from dashboard.presenters.addresses import document_address, provider_address
from indicators import catalogue
from indicators.excerpt import Excerpt, ExcerptLine
from models.vocabulary import IndicatorKind, Level, UnscorableReason, day_in_london
from queries.explanation import ExplainedFinding
from queries.finding_details import describe_finding
from queries.ledger_rows import ObservationRow
from queries.value_text import UNSCORABLE_BADGES, LevelBadge, figure_value, format_age, level_badge
from text.english import format_day

STATUS_WORDS = {
    "met": "raises the level",
    "stale": "known, but too old",
    "missing": "not known",
    "source": "applies to the whole register",
    "clear": "nothing to report",
    "not_applicable": "does not apply",
}  # in the order in which they are shown
LAST_KNOWN = "last known"  # of stale statuses, flags and grades
OPEN_STATUSES = ("met", "stale", "missing", "source")  # findings of other statuses are folded away
DATE_BASES = {"stated": "stated", "inferred": "worked out", "snapshot": "first seen"}

_ADDRESS = re.compile(r"https?://\S+")
_PART = " · "


@dataclass(frozen=True)
class FigureView:
    """A ledger row as a reader follows it to its source; dates in words, empty where unknown."""

    title: str
    value: str
    is_number: bool
    about: str  # the day the value is for
    known_on: str
    date_basis: str  # how sure ``known_on`` is
    age: str
    is_recalled: bool  # written from memory, not read in the source
    register: str
    document: str
    document_address: str  # where the archived document opens
    place: str
    citation: str
    source_address: str  # of the source on the web
    fetched: str
    other_subject: str = ""  # whose figure it is, where it is not the provider's own


@dataclass(frozen=True)
class FindingView:
    """A finding with its limits, details and figures."""

    order: tuple[int, int]  # of the list: by status, then the worst first
    status: str
    status_words: str
    level: LevelBadge
    title: str
    limits: str
    details: str  # a sentence: distance to the limits, peers, since when
    is_recalled: bool
    source: str  # of the rule
    figures: Sequence[FigureView]


@dataclass(frozen=True)
class FigureTable:
    """A table of ledger rows."""

    template: ClassVar[str] = "figures"
    figures: Sequence[FigureView]
    label: str


@dataclass(frozen=True)
class DocumentPage:
    """The page of one archived document at the place of a ledger row."""

    template: ClassVar[str] = "document"
    title: str  # of the figure
    name: str  # of the subject
    id: str
    address: str  # of the subject's page
    figure: FigureView
    register: str
    problem: str  # why the document is not shown; empty when it is
    lines: Sequence[ExcerptLine]
    path: str
    sha256: str
    seq: int


def finding_view(finding: ExplainedFinding, provider: str) -> FindingView:
    """A finding of a provider; figures of other subjects carry their name."""
    title, threshold = finding["title"], finding["threshold"]
    return FindingView(
        order=(list(STATUS_WORDS).index(finding["status"]), -Level(finding["level"]).rank),
        status=finding["status"],
        status_words=LAST_KNOWN if finding.get("is_last_known", False) else _describe_status(finding),
        level=level_badge(finding["level"]),
        title=title[:1].upper() + title[1:],
        limits="" if threshold in title else threshold,
        details=as_sentence("; ".join(describe_finding(finding, format_day))) if "since" in finding else "",
        is_recalled=finding["is_recalled"],
        source=finding["source"],
        figures=[
            figure_view(figure, "" if figure["subject"] == provider else _subject_label(figure))
            for figure in finding["figures"]
        ],
    )


def as_sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _describe_status(finding: ExplainedFinding) -> str:
    """A finding's status in words, also for rules that are excused or had nothing to look at."""
    because = finding.get("unscorable_because")
    if because and (because == UnscorableReason.NOTHING_ENTERED or finding["status"] == "clear"):
        return UNSCORABLE_BADGES[UnscorableReason(because)].word
    return STATUS_WORDS[finding["status"]]


def _subject_label(row: ObservationRow) -> str:
    name, key = row.get("subject_name", row["subject"]), row["subject"]
    return f"{name} ({key})" if name != key else key


def figure_view(row: ObservationRow, other_subject: str = "") -> FigureView:
    """A ledger row with value, dates, age, document, place, citation and address."""
    place, citation, source_address = _split_citation(row)
    line = f"line {row['line']}" if row["line"] is not None else ""
    return FigureView(
        title=row["title"],
        value=figure_value(row),
        is_number=row["kind"] in {IndicatorKind.FIGURE, IndicatorKind.FORECAST},
        about=format_day(row["period_end"]),
        known_on=format_day(row["known_on"]),
        date_basis=DATE_BASES[row["known_on_basis"]],
        age=format_age(row["age_days"]),
        is_recalled=row["is_recalled"],
        register=row["register"] or "entered here",
        document=row["document"] or "",
        document_address=document_address(row["seq"]) if row["document"] else "",
        place=", ".join(part for part in (line, place) if part),
        citation=citation,
        source_address=source_address,
        fetched=_format_london_day(row["fetched_at"]),
        other_subject=other_subject,
    )


def _format_london_day(instant: str | None) -> str:
    return format_day(day_in_london(datetime.fromisoformat(instant))) if instant else ""


def _split_citation(row: ObservationRow) -> tuple[str, str, str]:
    """The place in the document, the citation without its address, and an address that a browser can open."""
    place, _, rest = row["place"].partition(_PART)
    citation = rest.partition(_PART)[2]  # after the evidence mark
    cited_address = _ADDRESS.search(citation)
    if cited_address:
        return place, citation[: cited_address.start()].strip(), cited_address[0]
    fetched_from = row["address"] or ""
    return place, citation, fetched_from if _ADDRESS.match(fetched_from) else ""


def document_page(row: ObservationRow, path: Path, excerpt: Excerpt, day: date) -> DocumentPage:
    """The page of one archived document, at the figure of a ledger row.

    Args:
        row: with ``subject_name``; read from a document.
        path: of the document's bytes in the archive.
        excerpt: the lines around the place of the row.
        day: the day of the provider's page that the document links to.
    """
    return DocumentPage(
        title=row["title"],
        name=row["subject_name"],
        id=row["subject"],
        address=provider_address(row["subject"], day),
        figure=figure_view(row),
        register=catalogue.load().registers[row["register"] or ""].title,
        problem=excerpt.problem,
        lines=excerpt.lines,
        path=str(path),
        sha256=row["sha256"] or "",
        seq=row["seq"],
    )
