"""Parts that several pages have: head, headings, messages, notes about sources. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from models.findings import SourceFinding
from queries.value_text import LevelBadge, level_badge


@dataclass(frozen=True)
class PageHead:
    """The title of a page and the sentences below the title."""

    template: ClassVar[str] = "page_head"
    title: str
    lead: str
    warning: str = ""  # in a box above the lead
    note: str = ""  # in small letters below the lead


@dataclass(frozen=True)
class Heading:
    """A heading inside a page, with the levels that the chart below it shows."""

    template: ClassVar[str] = "heading"
    text: str
    levels: Sequence[LevelBadge] = ()


@dataclass(frozen=True)
class ChartTitle:
    """The title above one chart of several."""

    template: ClassVar[str] = "chart_title"
    text: str


@dataclass(frozen=True)
class PageMessage:
    """A message in the place of a page or a part of a page."""

    template: ClassVar[str] = "message"
    text: str  # the problem
    advice: str = ""  # the next step for the reader


@dataclass(frozen=True)
class PageNote:
    """The rows that a page of a long list shows."""

    template: ClassVar[str] = "page_note"
    text: str


@dataclass(frozen=True)
class SourceNote:
    """One finding about a whole register."""

    level: LevelBadge
    title: str


@dataclass(frozen=True)
class SourceNotes:
    """The findings about whole registers."""

    template: ClassVar[str] = "source_findings"
    findings: Sequence[SourceNote]


def source_notes(findings: Iterable[SourceFinding]) -> SourceNotes:
    """The findings about registers, each shown once for all providers."""
    return SourceNotes([SourceNote(level_badge(finding["level"]), finding["title"]) for finding in findings])
