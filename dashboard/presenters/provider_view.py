"""One provider made ready to be read: verdict, principles, findings with their figures, links, history. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dashboard.presenters.value_text import (
    LEVEL_BADGES,
    PRINCIPLE_GROUPS,
    UNSCORABLE_BADGES,
    figure_value,
    format_age,
    format_amount,
    format_percent,
    level_badge,
    principle_badge,
    principle_title,
)
from dashboard.presenters.watchlist_view import provider_address
from indicators import catalogue
from indicators.excerpt import Excerpt
from indicators.links import format_relation
from models.vocabulary import BuyerKind, IndicatorKind, Level, Principle, Relation, UnscorableReason, day_in_london
from queries.finding_details import describe_finding as standing
from queries.notified_bodies import describe_bodies as told_in_words
from text.english import format_day

QUESTIONS = {
    Principle.ACCOUNTABILITY: "How are its money and its quality, and is it getting worse?",
    Principle.EVIDENCE: "Do we have the data, how old and how complete are they?",
    Principle.SUPPORT: "Is there a plan to turn round, and is it on time?",
    Principle.CONSEQUENCES: "Who runs it, and what has been done about those who ran it badly?",
    Principle.EXTERNAL_POWERS: "Who can step in, and has everyone been told who must be?",
    Principle.FLEXIBILITY: "If it failed tomorrow: who is hit, and who could take over?",
}
STATUS_WORDS = {
    "met": "raises the level",
    "stale": "known, but too old",
    "missing": "not known",
    "source": "true of the whole register",
    "clear": "nothing to report",
    "not_applicable": "does not apply",
}  # in the order in which they are shown
LAST_KNOWN = "last known"  # stale, and a status, flag or grade makes it so
OPEN_STATUSES = ("met", "stale", "missing", "source")  # the others are folded away
DATE_BASES = {"stated": "stated", "inferred": "worked out", "snapshot": "first seen"}

_ADDRESS = re.compile(r"https?://\S+")
_PART = " · "


LEVEL_ORDER = tuple(LEVEL_BADGES)  # the worst first


def verdict_view(assessed: Mapping[str, Any], regime: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """What one regime says of the provider: level, rating, recommended stage with its next step.

    Args:
        assessed: one of the regimes of ``queries.explain_provider``.
        regime: the regime's file as it was used, parsed; may be empty.
        provider: its identifier: figures of others are marked with theirs.
    """
    stage = next((one for one in regime.get("ladder", ()) if one["key"] == assessed["stage"]), None)
    chance = assessed["probability"]
    return {
        "level": level_badge(assessed["level"]),
        "title": regime.get("title", assessed["regime"]),
        "about": regime.get("about", ""),
        "rating": assessed["rating"],
        "last_change": _describe_last_change(assessed.get("last_change")),
        "completeness": assessed.get("completeness"),
        "peers": assessed.get("peer_group") or "nobody",
        "is_official": assessed["is_official"],
        "probability": None if chance is None else format_percent(chance),
        "probability_reason": assessed["probability_reason"],
        "stage": stage
        and {
            "title": stage["title"],
            "next_step": stage["next_step"],
            "told": told_in_words((assessed.get("next") or {}).get("told", ())),
            "clocks": [
                f"{clock['title']}: within {clock['within']}; then {clock['then']}" for clock in stage.get("clocks", ())
            ],
        },
        "groups": [
            {
                "title": group,
                "principles": [
                    _principle_view(one, assessed["principles"][one], regime, provider) for one in principles
                ],
            }
            for group, principles in PRINCIPLE_GROUPS.items()
        ],
    }


def _describe_last_change(change: Mapping[str, Any] | None) -> str:
    """When and why the level changed last, in a sentence; empty where it never did."""
    if change is None:
        return ""
    moved = f"{format_day(date.fromisoformat(change['on']))}: {change['from']} to {change['to']}"
    return f"{moved}, because {change['because']}" if change["because"] else moved


def _principle_view(
    principle: Principle, entry: Mapping[str, Any], regime: Mapping[str, Any], provider: str
) -> dict[str, Any]:
    powers = [one["title"] for one in entry["findings"] if one["rule"] == "powers"]
    checked = (finding_view(one, provider) for one in entry["findings"] if one["rule"] != "powers")
    shown = sorted(checked, key=lambda one: one["order"])
    section = regime.get("principles", {}).get(principle, {})
    return {
        "title": principle_title(principle),
        "question": QUESTIONS[principle],
        "level": principle_badge(entry["level"], entry.get("unscorable_because")),
        "open": [one for one in shown if one["status"] in OPEN_STATUSES],
        "folded": [one for one in shown if one["status"] not in OPEN_STATUSES],
        "notes": [
            _as_sentence(note)
            for note in [*powers, *(section.get(key, "") for key in ("vision", "transition"))]
            if note
        ],
    }


def _as_sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def finding_view(finding: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """One finding with its limits, its figures and where they stand."""
    order = (list(STATUS_WORDS).index(finding["status"]), -Level(finding["level"]).rank)
    title = finding["title"]
    limits = "" if finding["threshold"] and finding["threshold"] in title else finding["threshold"]
    return {
        "order": order,
        "status": finding["status"],
        "status_words": LAST_KNOWN if finding.get("is_last_known", False) else _describe_status(finding),
        "level": level_badge(finding["level"]),
        "title": title[:1].upper() + title[1:],
        "limits": limits,
        "is_recalled": finding["is_recalled"],
        "source": finding["source"],
        "standing": _as_sentence("; ".join(standing(finding, format_day))) if "since" in finding else "",
        "figures": [
            {**figure_view(one), "whose": "" if one["subject"] == provider else _subject_label(one)}
            for one in finding["figures"]
        ],
    }


def _describe_status(finding: Mapping[str, Any]) -> str:
    """A finding's status for people: also whether it is excused, and whether its rule had nothing to look at."""
    because = finding.get("unscorable_because")
    if because == UnscorableReason.NOTHING_ENTERED or (finding["status"] == "clear" and because):
        return UNSCORABLE_BADGES[UnscorableReason(because)].word
    return STATUS_WORDS[finding["status"]]


def _subject_label(row: Mapping[str, Any]) -> str:
    name, key = row.get("subject_name", row["subject"]), row["subject"]
    return f"{name} ({key})" if name != key else str(key)


def figure_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A ledger row as a reader follows it home: value, dates, age, document, line, place, citation, address."""
    place, citation, link = _split_citation(row)
    line = f"line {row['line']}" if row["line"] is not None else ""
    return {
        "title": row["title"],
        "whose": "",
        "value": figure_value(row),
        "is_number": row["kind"] in {IndicatorKind.FIGURE, IndicatorKind.FORECAST},
        "about": format_day(row["period_end"]),
        "known_on": format_day(row["known_on"]),
        "basis": DATE_BASES[row["known_on_basis"]],
        "age": format_age(row["age_days"]),
        "is_recalled": row["is_recalled"],
        "register": row["register"] or "entered here",
        "document": row["document"] or "",
        "opens": document_address(row["seq"]) if row["document"] else "",
        "place": ", ".join(part for part in (line, place) if part),
        "citation": citation,
        "link": link,
        "fetched": _format_london_day(row["fetched_at"]),
    }


def _format_london_day(instant: str | None) -> str:
    return format_day(day_in_london(datetime.fromisoformat(instant))) if instant else ""


def _split_citation(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Place in the document, citation without its address, and the address if a browser can open it."""
    place, _, rest = row["place"].partition(_PART)
    citation = rest.partition(_PART)[2]  # after the evidence mark
    found = _ADDRESS.search(citation)
    if found:
        return place, citation[: found.start()].strip(), found[0]
    fetched_from = row["address"] or ""
    return place, citation, fetched_from if _ADDRESS.match(fetched_from) else ""


def document_address(seq: int) -> str:
    """Where the document behind a ledger row opens."""
    return f"./document?{urlencode({'seq': seq})}"


def document_view(row: Mapping[str, Any], path: Path, excerpt: Excerpt, day: date) -> dict[str, Any]:
    """The page of one archived document, at the figure of a ledger row.

    Args:
        row: of ``queries.ledger_row_values``, with ``subject_name``.
        path: of the document's bytes in the archive.
        excerpt: the place in the document.
        day: to which the provider's page leads.
    """
    return {
        "title": row["title"],
        "name": row["subject_name"],
        "id": row["subject"],
        "address": provider_address(row["subject"], day),
        "figure": figure_view(row),
        "register": catalogue.load().registers[row["register"]].title,
        "problem": excerpt.problem,
        "lines": excerpt.lines,
        "path": str(path),
        "sha256": row["sha256"],
        "seq": row["seq"],
    }


def link_groups(provider_links: Iterable[Mapping[str, Any]], provider: str, day: date) -> list[dict[str, Any]]:
    """The provider's links in groups of words; an area a setting stands in is never said to depend on it.

    Links that have ended stand in groups of their own, after those in force as ``queries.provider_links`` gives them.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for link in provider_links:
        title = describe_relation(link, provider)
        other = ("object", "object_name") if link["subject"] == provider else ("subject", "subject_name")
        groups.setdefault(title, []).append(
            {
                "id": link[other[0]],
                "name": link[other[1]],
                "address": provider_address(link[other[0]], day),
                "value": format_amount(link["value_gbp"], "GBP") if link["value_gbp"] is not None else "",
                "period": _describe_period(link),
                "known_on": format_day(link["known_on"]),
                "reference": link["reference"],
                "document": ", ".join(
                    str(part) for part in (link.get("document"), link.get("line") and f"line {link['line']}") if part
                ),
                "is_recalled": link["is_recalled"],
            }
        )
    return [
        {
            "title": title,
            "links": entries,
            "has_values": any(one["value"] for one in entries),
            "has_periods": any(one["period"] for one in entries),
        }
        for title, entries in groups.items()
    ]


def describe_relation(link: Mapping[str, Any], provider: str) -> str:
    """What the other end of a link is to the provider, how sure the link is, and whether the link has ended."""
    is_subject = link["subject"] == provider
    pair = _BUYERS[link["kind"]] if link["relation"] == Relation.BUYS_FROM else _RELATIONS[link["relation"]]
    words = format_relation(pair[is_subject], link["confidence"])
    return words if link["is_in_force"] else f"No longer: {words[:1].lower()}{words[1:]}"


# (the provider is the object, the provider is the subject)
_RELATIONS = {
    Relation.OWNED_BY: ("Owns", "Owned by"),
    Relation.PARENT_OF: ("Its parent", "Parent of"),
    Relation.SUCCEEDS: ("Succeeded by", "Succeeds"),
    Relation.SAME_AS: ("The same as", "The same as"),
}
_BUYERS = {
    BuyerKind.BUYER: ("Customers", "Suppliers"),
    BuyerKind.FUNDER: ("Funded by", "Funds"),
    BuyerKind.HOST_AREA: ("Stands in the area of", "Settings in its area"),
    BuyerKind.REGULATOR: ("Regulated by", "Regulates"),
    BuyerKind.NOT_A_BUYER: ("Linked to", "Linked to"),
}


def _describe_period(link: Mapping[str, Any]) -> str:
    since, until = format_day(link["since"]), format_day(link["until"])
    if link["ended_on"] and not until:
        gone = f"not on the list of {format_day(link['ended_on'])}"
        return f"since {since}, {gone}" if since else gone
    if since and until:
        return f"{since} to {until}"
    return f"since {since}" if since else f"until {until}" if until else ""
