"""Addresses of the dashboard's pages, relative to any of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from urllib.parse import urlencode


@dataclass(frozen=True)
class PageLink:
    """A link to another page about a provider."""

    address: str
    text: str


@dataclass(frozen=True)
class PageLinks:
    """Links to the other pages about a provider."""

    template: ClassVar[str] = "page_links"
    links: Sequence[PageLink]
    is_writing: bool  # whether the page has a form to jump to


def provider_address(provider: str, day: date) -> str:
    """The address of a provider's page on a day."""
    return f"provider?{urlencode({'id': provider, 'day': day.isoformat()})}"


def casework_address(provider: str, record: int | None = None, *, escalation: int | None = None) -> str:
    """The address of a provider's casework, with a record or an escalation to enter something about."""
    query: dict[str, object] = {"id": provider}
    if record is not None:
        query["record"] = record
    if escalation is not None:
        query |= {"do": "escalation", "escalation": escalation}
    return f"./casework?{urlencode(query)}"


def timeline_address(provider: str) -> str:
    """The address of a provider's timeline."""
    return f"./timeline?{urlencode({'id': provider})}"


def document_address(seq: int) -> str:
    """The address of the page that shows the document behind a ledger row."""
    return f"./document?{urlencode({'seq': seq})}"


def page_links(provider: str, *, here: str = "casework") -> list[PageLink]:
    """Links to the pages about a provider, without the page ``here``."""
    pages = {
        "provider": PageLink(f"./provider?{urlencode({'id': provider})}", "Figures and findings"),
        "casework": PageLink(casework_address(provider), "Casework"),
        "timeline": PageLink(timeline_address(provider), "Timeline"),
        "due": PageLink(f"./due?{urlencode({'provider': provider})}", "Due dates"),
    }
    return [link for page, link in pages.items() if page != here]
