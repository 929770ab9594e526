"""A provider's links as its page shows them, in groups by relation. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from dashboard.presenters.addresses import provider_address
from queries.explanation import ProviderLink
from queries.provider_links import describe_relation
from queries.value_text import format_amount
from text.english import format_day


@dataclass(frozen=True)
class LinkView:
    """The other end of a link, and the document that says so."""

    id: str
    name: str
    address: str
    value: str  # in pounds; empty where the register gives none
    period: str
    known_on: str
    reference: str
    document: str
    is_recalled: bool


@dataclass(frozen=True)
class LinkGroup:
    """The links of one relation."""

    title: str
    links: Sequence[LinkView]
    has_values: bool
    has_periods: bool


@dataclass(frozen=True)
class ProviderLinks:
    """Links and other names of a provider."""

    template: ClassVar[str] = "provider_links"
    groups: Sequence[LinkGroup]
    other_names: Sequence[str]
    limit: int  # links of a group that are shown at once


def link_groups(links: Iterable[ProviderLink], provider: str, day: date) -> list[LinkGroup]:
    """The provider's links in groups by relation.

    Links that have ended are in groups of their own, after the links in force, in the order of ``read_provider_links``.
    """
    groups: dict[str, list[LinkView]] = {}
    for link in links:
        groups.setdefault(describe_relation(link, provider), []).append(_link_view(link, provider, day))
    return [
        LinkGroup(title, views, any(view.value for view in views), any(view.period for view in views))
        for title, views in groups.items()
    ]


def _link_view(link: ProviderLink, provider: str, day: date) -> LinkView:
    is_subject = link["subject"] == provider
    key, name = (link["object"], link["object_name"]) if is_subject else (link["subject"], link["subject_name"])
    line = link.get("line")
    return LinkView(
        id=key,
        name=name,
        address=provider_address(key, day),
        value=format_amount(link["value_gbp"], "GBP") if link["value_gbp"] is not None else "",
        period=_describe_period(link),
        known_on=format_day(link["known_on"]),
        reference=link["reference"],
        document=", ".join(part for part in (link.get("document"), f"line {line}" if line else "") if part),
        is_recalled=link.get("is_recalled", False),
    )


def _describe_period(link: ProviderLink) -> str:
    since, until = format_day(link["since"]), format_day(link["until"])
    if link["ended_on"] and not until:
        absent = f"not on the list of {format_day(link['ended_on'])}"
        return f"since {since}, {absent}" if since else absent
    if since and until:
        return f"{since} to {until}"
    return f"since {since}" if since else f"until {until}" if until else ""
