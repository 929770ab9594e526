"""The verdict of each regime on one provider as its page shows it, principle by principle. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from dashboard.presenters.addresses import provider_address
from dashboard.presenters.finding_view import OPEN_STATUSES, FindingView, as_sentence, finding_view
from models.vocabulary import Principle
from queries.explanation import Completeness, ExplainedPrinciple, ExplainedRegime, LastChange, ProviderExplanation
from queries.notified_bodies import describe_bodies
from queries.peer_comparison import describe_peer_group
from queries.value_text import (
    LEVEL_BADGES,
    PRINCIPLE_GROUPS,
    LevelBadge,
    format_percent,
    level_badge,
    principle_badge,
    principle_title,
)
from queries.watchlist import WatchlistRow
from text.english import format_day

QUESTIONS = {
    Principle.ACCOUNTABILITY: "How are its money and its quality, and is it getting worse?",
    Principle.EVIDENCE: "Do we have the data, and how old and complete are they?",
    Principle.SUPPORT: "Is there a plan to turn round, and is it on time?",
    Principle.CONSEQUENCES: "Who runs it, and what has been done about those who ran it badly?",
    Principle.EXTERNAL_POWERS: "Who can step in, and has everyone who must be notified been notified?",
    Principle.FLEXIBILITY: "If it failed tomorrow: who is hit, and who could take over?",
}
LEVEL_ORDER = tuple(LEVEL_BADGES)  # the worst first


@dataclass(frozen=True)
class ProviderHead:
    """Name, identifier and day at the top of a provider's page."""

    template: ClassVar[str] = "provider_head"
    name: str
    id: str
    day: str
    note: str  # why the verdict is missing or of another day; empty without a reason
    watchlist_address: str


@dataclass(frozen=True)
class ProviderSearch:
    """The heading of the search for a provider."""

    template: ClassVar[str] = "provider_search"
    day: str


@dataclass(frozen=True)
class ProviderMatch:
    """A provider that a search has found."""

    id: str
    name: str
    address: str
    level: str


@dataclass(frozen=True)
class SearchResults:
    """The providers that a search has found."""

    template: ClassVar[str] = "search_results"
    matches: Sequence[ProviderMatch]
    more: int  # matches that are not shown


@dataclass(frozen=True)
class RecommendedStage:
    """The stage that a regime recommends and what follows from it."""

    title: str
    next_step: str
    bodies: str  # the bodies to notify, in one sentence
    clocks: Sequence[str]


@dataclass(frozen=True)
class PrincipleView:
    """One principle with its findings."""

    title: str
    question: str
    level: LevelBadge
    open: Sequence[FindingView]  # findings that are shown at once
    folded: Sequence[FindingView]  # findings with nothing to report
    notes: Sequence[str]


@dataclass(frozen=True)
class PrincipleGroup:
    """Risk, response or readiness, with its principles."""

    title: str
    principles: Sequence[PrincipleView]


@dataclass(frozen=True)
class VerdictView:
    """One regime's verdict on a provider."""

    template: ClassVar[str] = "verdict"
    level: LevelBadge
    title: str  # of the regime
    about: str
    rating: str
    last_change: str  # a sentence; empty where the level never changed
    completeness: Completeness | None
    peers: str  # in words; empty where the provider is compared with nobody
    is_official: bool
    probability: str  # empty where the model gives none
    probability_reason: str
    stage: RecommendedStage | None
    groups: Sequence[PrincipleGroup]


def verdict_view(assessed: ExplainedRegime, regime: Mapping[str, Any], provider: str) -> VerdictView:
    """One regime's verdict on a provider: level, rating, recommended stage, findings.

    Args:
        assessed: of the provider's explanation.
        regime: the regime's file as the run used it, parsed; may be empty.
        provider: its identifier: figures of other subjects are marked with their names.
    """
    chance, group = assessed["probability"], assessed.get("peer_group")
    return VerdictView(
        level=level_badge(assessed["level"]),
        title=regime.get("title", assessed["regime"]),
        about=regime.get("about", ""),
        rating=assessed["rating"],
        last_change=_describe_last_change(assessed.get("last_change")),
        completeness=assessed.get("completeness"),
        peers=describe_peer_group(group) if group else "",
        is_official=assessed["is_official"],
        probability="" if chance is None else format_percent(chance),
        probability_reason=assessed["probability_reason"],
        stage=_recommended_stage(assessed, regime),
        groups=[
            PrincipleGroup(
                title,
                [
                    _principle_view(principle, assessed["principles"][principle], regime, provider)
                    for principle in principles
                ],
            )
            for title, principles in PRINCIPLE_GROUPS.items()
        ],
    )


def _recommended_stage(assessed: ExplainedRegime, regime: Mapping[str, Any]) -> RecommendedStage | None:
    stage = next((stage for stage in regime.get("ladder", ()) if stage["key"] == assessed["stage"]), None)
    if stage is None:
        return None
    step = assessed.get("next")
    return RecommendedStage(
        title=stage["title"],
        next_step=stage["next_step"],
        bodies=describe_bodies(step["told"]) if step else "",
        clocks=[
            f"{clock['title']}: within {clock['within']}; then {clock['then']}" for clock in stage.get("clocks", ())
        ],
    )


def _describe_last_change(change: LastChange | None) -> str:
    """When and why the level changed last, in a sentence; empty where the level never changed."""
    if change is None:
        return ""
    moved = f"{format_day(change['on'])}: {change['from']} to {change['to']}"
    return f"{moved}, because {change['because']}" if change["because"] else moved


def _principle_view(
    principle: Principle, entry: ExplainedPrinciple, regime: Mapping[str, Any], provider: str
) -> PrincipleView:
    powers = [finding["title"] for finding in entry["findings"] if finding["rule"] == "powers"]
    rules = (finding_view(finding, provider) for finding in entry["findings"] if finding["rule"] != "powers")
    findings = sorted(rules, key=lambda finding: finding.order)
    section = regime.get("principles", {}).get(principle, {})
    notes = [*powers, *(section.get(key, "") for key in ("vision", "transition"))]
    return PrincipleView(
        title=principle_title(principle),
        question=QUESTIONS[principle],
        level=principle_badge(entry["level"], entry.get("unscorable_because")),
        open=[finding for finding in findings if finding.status in OPEN_STATUSES],
        folded=[finding for finding in findings if finding.status not in OPEN_STATUSES],
        notes=[as_sentence(note) for note in notes if note],
    )


def search_results(rows: Sequence[WatchlistRow], day: date, limit: int) -> SearchResults:
    """The first of the providers that a search has found, and how many more there are."""
    matches = [
        ProviderMatch(row.id, row.name, provider_address(row.id, day), level_badge(row.level).word)
        for row in rows[:limit]
    ]
    return SearchResults(matches, len(rows) - len(matches))


def scoring_note(explained: ProviderExplanation, day: date) -> str:
    """Why the page has no verdict, or the verdict of an earlier day; empty for a provider scored on the day."""
    if not explained["regimes"]:
        ended, last = explained["ended"], explained["last_assessed"]
        reason = "No regime covers this provider on this day."
        if ended is not None:
            detail = f" ({ended['text']})" if ended["text"] else ""
            reason = f"No longer covered: {ended['title']}{detail}, {format_day(ended['on'])}."
        before = f" The last assessment was on {format_day(last['day'])}." if last else ""
        return f"{reason}{before} The facts known about it are shown below."
    scored_on = explained["scored_on"]
    if scored_on == day.isoformat():
        return ""
    return (
        f"{format_day(day)} was not scored. The verdict is from {format_day(scored_on)}, the newest scored day before."
    )
