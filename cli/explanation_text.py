"""Prints the text of ``continuity explain``: the levels of a provider, with the findings and figures behind them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.markup import escape

from cli.common import LEVEL_STYLES, out
from models.vocabulary import Level, UnscorableReason
from text.english import format_count

if TYPE_CHECKING:
    from queries.explanation import (
        ExplainedFinding,
        ExplainedRegime,
        LastChange,
        ProviderExplanation,
        ProviderLink,
        SectionScore,
    )


def _print_last_change(changes: "LastChange | None") -> None:
    if changes is not None:
        because = f", because {changes['because']}" if changes["because"] else ""
        moved = f"{changes['from']} to {changes['to']}{because}"
        out.print(f"  last change of level on {changes['on']}: {moved}", markup=False)


def _print_probability(regime: "ExplainedRegime") -> None:
    if regime["probability"] is None:
        out.print(f"  no probability: {regime['probability_reason']}", markup=False)
        return
    out.print(f"  probability {regime['probability']:.1%}: {regime['probability_reason']}", markup=False)
    parts = regime["probability_parts"]
    if parts is not None:
        shown = [f"an average home: {parts['average']:.1%}", *(part["words"] for part in parts["parts"][:4])]
        out.print(f"    {'; '.join(shown)}", markup=False)


def print_explanation(explanation: "ProviderExplanation", titles: Mapping[str, str]) -> None:
    """Print an explanation, principle by principle; ``titles`` maps a regime's key to its title."""
    from queries.finding_details import describe_level
    from queries.notified_bodies import describe_bodies
    from queries.value_text import UNSCORABLE_BADGES

    out.print(f"[bold]{explanation['name']}[/bold]  {explanation['id']}  as known on {explanation['day']}")
    if not explanation["regimes"]:
        _print_uncovered(explanation, titles)
    for regime in explanation["regimes"]:
        official = "official" if regime["is_official"] else "indicative"
        level = Level(regime["level"])
        title = escape(f"{regime['title']}, {regime['regime']}")
        out.print(f"\n{title}: [{LEVEL_STYLES.get(level, 'green')}]{level}[/] ({escape(regime['rating'])}, {official})")
        _print_last_change(regime["last_change"])
        _print_probability(regime)
        out.print(f"  level from: {describe_level(regime['made_of'])}", markup=False)
        if regime["next"]:
            out.print(f"  recommended: {regime['next']['stage']}; {regime['next']['step']}", markup=False)
            if bodies := describe_bodies(regime["next"]["told"]):
                out.print(f"    to be notified: {bodies}", markup=False)
        complete = regime["completeness"]
        grade = f"{complete['grade'] or 'none'} ({complete['known']} of {complete['of']} rules could be applied)"
        out.print(f"  completeness {grade}; peers: {regime['peer_group'] or 'none'}", markup=False)
        for principle, entry in regime["principles"].items():
            because = entry["unscorable_because"]
            why = f", {UNSCORABLE_BADGES[UnscorableReason(because)].word}" if because else ""
            out.print(
                f"  [bold]{principle.replace('_', ' ')}[/bold]: {entry['level']}{why}{_format_score(entry['score'])}"
            )
            for finding in entry["findings"]:
                _print_finding(finding, explanation["id"])
    _print_casework(explanation, titles)
    unreadable = explanation["unreadable"]
    for reason, count in unreadable["reasons"].items():
        out.print(f"  unreadable in its documents: {count} x {reason}", markup=False)
    if unreadable["count"]:
        out.print(f"    in {', '.join(unreadable['documents'])}", markup=False)
    for link in explanation["links"]:
        _print_link(link, explanation["id"])


def _print_link(link: "ProviderLink", provider: str) -> None:
    from queries.provider_links import describe_relation

    days = [("since", link["since"]), ("until", link["until"]), ("known", link["known_on"])]
    if link["ended_on"] and not link["until"]:
        days.append(("no longer on the list of", link["ended_on"]))
    dated = ", ".join(f"{word} {day}" for word, day in days if day)
    is_subject = link["subject"] == provider
    key, name = (link["object"], link["object_name"]) if is_subject else (link["subject"], link["subject_name"])
    body = _format_name(name, key)
    out.print(f"  link: {describe_relation(link, provider)}: {body}, {dated}", markup=False)


def _print_casework(explanation: "ProviderExplanation", titles: Mapping[str, str]) -> None:
    """Print the decisions of people: confirmed stages and overrides."""
    recommended = {regime["regime"]: regime["next"]["stage"] for regime in explanation["regimes"] if regime["next"]}
    confirmed = {record["regime"]: record for record in explanation["casework"]["confirmed_stages"]}
    stages = {
        (regime["regime"], stage["key"]): stage["title"]
        for regime in explanation["regimes"]
        for stage in regime["stages"]
    }
    for regime in sorted({*recommended, *confirmed}):
        record = confirmed.get(regime)
        stage = stages.get((regime, record["stage"]), record["stage"]) if record else ""
        confirmation = f"{stage} ({record['on']}, by {record['by']}, record {record['record']})" if record else "none"
        advice = recommended.get(regime, "none")
        title = titles.get(regime, regime)
        out.print(f"  stage under {title}: recommended {advice}, confirmed {confirmation}", markup=False)
    for override in explanation["casework"]["overrides"]:
        title = titles.get(override["regime"], override["regime"])
        out.print(
            f"  override in force: {override['of']} {override['to']} under {title} from {override['since']} until "
            f"{override['until']}, proposed by {override['proposed_by']}, approved by {override['approved_by']}, "
            f"record {override['record']}: {' '.join(override['rationale'].split())}",
            markup=False,
        )


def _print_uncovered(explanation: "ProviderExplanation", titles: Mapping[str, str]) -> None:
    """Print why no regime covers the provider: the event that ended its coverage, and the last assessment."""
    ended, last = explanation["ended"], explanation["last_assessed"]
    if ended is None:
        out.print("  no regime covers it on this day; 'continuity observations' shows the known observations")
    else:
        detail = f": {ended['text']}" if ended["text"] else ""
        where = f", {ended['document']}" if ended["document"] else ""
        out.print(
            f"  no longer covered: {ended['title']} {ended['on']}{detail} (known {ended['known_on']}{where})",
            markup=False,
        )
    if last is not None:
        levels = ", ".join(f"{titles.get(regime, regime)} {level}" for regime, level in last["regimes"].items())
        out.print(f"  last assessed on {last['day']}: {levels}; '--as-of {last['day']}' shows it", markup=False)


def _format_score(score: "SectionScore | None") -> str:
    """The calculation of a section's score; empty for a section without a score."""
    if score is None:
        return ""
    limits = f", limited by {', '.join(score['limits'])}" if score["limits"] else ""
    rounding = "" if score["rounding"] == "none" else f", rounded {score['rounding'].replace('_', ' ')}"
    return f" (score {score['sum']:g}{rounding}{limits}: {score['result']:g})"


def _format_name(name: str, key: str) -> str:
    """A name with the identifier; the identifier alone if there is no name."""
    return f"{name} ({key})" if name != key else key


def _print_finding(finding: "ExplainedFinding", provider: str) -> None:
    from queries.finding_details import describe_finding
    from queries.value_text import figure_value, format_exact_amount

    mark = " (recalled)" if finding["is_recalled"] else ""
    status = finding["status"].replace("_", " ")
    out.print(f"    {status:<14} {finding['level']:<9} {finding['title']}{mark}", markup=False)
    details = describe_finding(finding)
    if details:
        out.print(f"        {'; '.join(details)}", markup=False)
    if finding["source"] and finding["status"] in {"met", "stale"}:
        out.print(f"        source of the rule: {finding['source']}", markup=False)
    for figure in finding["figures"]:
        line = f" line {figure['line']}" if figure["line"] is not None else ""
        is_own = figure["subject"] == provider
        subject = "" if is_own else f" of {_format_name(figure['subject_name'], figure['subject'])}"
        value, period = figure_value(figure, format_exact_amount), figure["period_end"] or "current"
        days = figure["age_days"]
        known = f"known {figure['known_on']}, {format_count(abs(days), 'day')} {'ahead' if days < 0 else 'old'}"
        out.print(
            f"        {figure['title']}{subject}: {value} ({period}; {known}) "
            f"{figure['document'] or 'entered here'}{line} {figure['place']}".rstrip()
            + f"; 'continuity document {figure['seq']}'",
            markup=False,
        )
