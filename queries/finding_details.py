"""Details of findings: distance to the nearest limits, contribution to the level, peers, first and last run.

The findings stay as the run stored them; the details come from the regime's file as the run used it. No Streamlit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, floor
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine

from access.viewer import ReaderAudiences
from models.database import read_session
from models.findings import Finding
from models.scoring import ArchivedFile, Run
from models.vocabulary import Level, Principle
from queries.assessment_rows import AssessmentRow
from queries.explanation import (
    AppliedLimit,
    Completeness,
    ExplainedFinding,
    ExplainedPrinciple,
    ExplainedRegime,
    LevelParts,
    SectionScore,
)
from queries.finding_history import finding_periods
from queries.peer_comparison import compare_with_peers, describe_peers, read_peer_spreads
from queries.value_text import round_digits
from regimes.expression_text import describe_expression
from regimes.rules import registry, sql_text
from regimes.rules.base import NearestLimits
from regimes.schema import POWERS
from regimes.store import parse_archived_regime
from risk.grounds import applied_share

# The share of applicable rules that could be applied, and its grade: our own scale, best first.
COMPLETENESS = ((0.9, "A"), (0.75, "B"), (0.5, "C"), (0.25, "D"), (0.0, "E"))
_ROUNDING: dict[str, Callable[[float], float]] = {
    "none": float,
    "half_up": lambda number: float(floor(number + 0.5)),
    "half_even": lambda number: float(round(number)),
    "up": lambda number: float(ceil(number)),
    "down": lambda number: float(floor(number)),
}


def add_finding_details(
    engine: Engine,
    run: Run,
    provider: str,
    assessment: AssessmentRow,
    explained: ExplainedRegime,
    *,
    audiences: ReaderAudiences,
) -> None:
    """Add the fields of ``queries/explanation.py`` that explain the numbers of one regime, and reword thresholds.

    The regime gets the parts of its level, its ladder, the next step, the peer group and the completeness; each
    principle its combination and score; each finding its limits, contribution, peers, first and last run.

    Args:
        engine: the database.
        run: of the assessment.
        provider: its identifier.
        assessment: the provider's row, as the reader may see it.
        explained: changed in place.
        audiences: the audiences of the reader.
    """
    file = _regime_file(engine, run, assessment.regime)
    spreads = read_peer_spreads(engine, run.id or 0, assessment.regime, assessment.peer_group)
    open_periods = {
        (period.principle, period.rule): period
        for period in finding_periods(engine, provider, run.day, audiences=audiences, regime=assessment.regime)
        if period.ended_on is None
    }
    hidden_scores = getattr(assessment, "unscored_principles", ())
    explained["made_of"] = level_parts(file.get("risk", {}), explained["principles"])
    stage = next((step for step in file.get("ladder", ()) if step["key"] == assessment.stage), None)
    explained["title"] = file.get("title", assessment.regime)
    explained["stages"] = [{"key": step["key"], "title": step["title"]} for step in file.get("ladder", ())]
    explained["next"] = None
    if stage is not None:
        explained["next"] = {
            "stage": stage["title"],
            "step": stage["next_step"],
            "told": stage.get("told", []),  # roles; ``name_bodies`` replaces them by bodies
        }
    explained["peer_group"] = assessment.peer_group or None
    findings = [finding for entry in explained["principles"].values() for finding in entry["findings"]]
    all_rules = {rule["key"]: rule for part in file.get("principles", {}).values() for rule in part.get("rules", ())}
    explained["completeness"] = measure_completeness(findings, all_rules)
    for principle, entry in explained["principles"].items():
        section = file.get("principles", {}).get(str(principle), {})
        rules: dict[str, Mapping[str, Any]] = {rule["key"]: rule for rule in section.get("rules", ())}
        entry["combine"] = section.get("combine", "worst_of")
        is_summed = entry["combine"] != "worst_of" and principle not in hidden_scores
        entry["score"] = section_score(section, entry["findings"]) if is_summed else None
        decides = _deciding_rule(entry)
        for finding in entry["findings"]:
            rule = rules.get(finding["rule"], {})
            finding["threshold"] = _plain_threshold(finding["threshold"], rule)
            finding["limits"] = nearest_limits(rule, finding["value"])
            finding["decides"] = finding["rule"] == decides
            if entry["combine"] == "worst_of":
                finding["contribution"] = Level(finding["level"]).rank if finding["decides"] else 0
            finding["peers"] = compare_with_peers(spreads, finding)
            period = open_periods[str(principle), finding["rule"]]
            finding["since"] = period.first.day.isoformat()
            finding["first_run"], finding["last_run"] = period.first.as_json(), period.last.as_json()


def _plain_threshold(threshold: str, rule: Mapping[str, Any]) -> str:
    """A finding's threshold in words; runs of earlier versions stored a condition as the regime's file writes it."""
    when = rule.get("when")
    if not when or not threshold.endswith(when):
        return threshold
    try:
        return threshold.removesuffix(when) + describe_expression(when)
    except (KeyError, ValueError):  # an indicator that has left the catalogue
        return threshold


def _regime_file(engine: Engine, run: Run, regime: str) -> Mapping[str, Any]:
    with read_session(engine) as session:
        body = session.get(ArchivedFile, run.regimes.get(regime, ""))
    return parse_archived_regime(body.body) if body is not None else {}


def level_parts(risk: Mapping[str, Any], principles: Mapping[str, ExplainedPrinciple]) -> LevelParts:
    """The parts of a provider's level: two principles, the worst level from evidence alone, caps and floors that hold.

    Args:
        risk: of the regime's file.
        principles: with their levels and findings.
    """
    findings = (finding for entry in principles.values() for finding in entry["findings"])
    met = {finding["rule"] for finding in findings if _is_met(finding)}

    def holding_limits(kind: str) -> list[AppliedLimit]:
        return [
            {"title": limit.get("title") or limit["rule"], "level": limit["level"], "source": limit["source"]}
            for limit in risk.get(kind, ())
            if limit["rule"] in met
        ]

    return {
        "accountability": principles[Principle.ACCOUNTABILITY]["level"],
        "evidence": principles[Principle.EVIDENCE]["level"],
        "evidence_up_to": risk.get("evidence_up_to", Level.WATCH),
        "caps": holding_limits("caps"),
        "floors": holding_limits("floors"),
    }


def _is_met(finding: Finding) -> bool:
    """Whether a finding raises a level because of known values."""
    return finding["status"] != "missing" and Level(finding["level"]).rank > 0


def describe_level(parts: LevelParts) -> str:
    """The parts of a level as people read them."""
    text = f"accountability {parts['accountability']}, evidence {parts['evidence']} "
    text += f"(alone at most {parts['evidence_up_to']})"
    for limits, words in ((parts["caps"], "no worse than"), (parts["floors"], "no better than")):
        text += "".join(f"; {words} {limit['level']}: {limit['title']} ({limit['source']})" for limit in limits)
    return text


def measure_completeness(
    findings: Iterable[Finding], rules: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> Completeness:
    """How many rules could be applied, and the grade of their share: A from 90 % to E below 25 %.

    Rules that do not apply, are excused, or are silent because of the source do not count; clocks that nothing has
    started do not count either. Share and grade are None where no rule counts.

    Args:
        findings: of one provider, of all principles.
        rules: of the regime's file as it was used, by key.
    """
    counted = applied_share((finding for finding in findings if finding["rule"] != POWERS), rules)
    share = counted.applied / counted.total if counted.total else None
    return {
        "known": counted.applied,
        "of": counted.total,
        "share": None if share is None else round(share, 4),
        "grade": None if share is None else next(grade for least, grade in COMPLETENESS if share >= least),
    }


def _deciding_rule(entry: ExplainedPrinciple) -> str | None:
    """The rule whose finding makes the level of a principle in which the worst finding counts."""
    level = Level(entry["level"])
    if entry["combine"] != "worst_of" or level.rank == 0:
        return None
    return next((finding["rule"] for finding in entry["findings"] if finding["level"] == level), None)


def section_score(section: Mapping[str, Any], findings: Sequence[Finding]) -> SectionScore:
    """A section's score: the sum of the contributions, its rounding, the limits that hold, and the result."""
    parts = [finding["contribution"] for finding in findings if finding["contribution"] is not None]
    raw = round(sum(parts), 6)
    rounding = section.get("rounding", "none")
    result, limits = _ROUNDING[rounding](raw), list[str]()
    is_higher_better = section.get("better") == "higher"
    scores = [
        finding["score"] for finding in findings if finding["weight"] is not None and finding["score"] is not None
    ]
    met = {finding["rule"] for finding in findings if _is_met(finding)}
    for limit in section.get("limits", ()):
        at = limit.get("any_score_at")
        is_at = at is not None and any(score <= at if is_higher_better else score >= at for score in scores)
        if is_at or limit.get("rule") in met:
            limits.append(limit["title"])
            bound = limit["no_better_than"]
            result = min(result, bound) if is_higher_better else max(result, bound)
    return {"sum": raw, "rounding": rounding, "limits": limits, "result": result, "better": section.get("better")}


def nearest_limits(rule: Mapping[str, Any], value: object) -> NearestLimits | None:
    """The nearest limits of a finding's value for the worse and for the better; None if the value is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return registry.nearest_limits(rule, value)


def describe_finding(finding: ExplainedFinding, format_date: Callable[[str], str] = str) -> list[str]:
    """The details of a finding in sentences for people; ``format_date`` writes an ISO date as people read it."""
    sentences, unit = list[str](), finding["unit"]
    if finding["decides"]:
        sentences.append("decides the level")
    if finding.get("weight") is not None:
        counted = (
            "as the best score, because the value is not known" if finding["score"] is None else f"{finding['score']:g}"
        )
        sentences.append(
            f"counts {counted}, weight {finding['weight']:g}, adds {finding['contribution']:g} to the score"
        )
    limits = finding["limits"]
    for side, limit in (("worse", limits["worse"]), ("better", limits["better"])) if limits else ():
        if limit is not None:
            distance, at = _format_distance(limit["distance"], unit), sql_text.format_exact_number(limit["at"], unit)
            sentences.append(f"{side} ({limit['level']}) at {at}, {distance} away")
    if finding["peers"] is not None:
        sentences.append(describe_peers(finding["peers"], unit))
    if finding["since"] is not None and (sentences or finding["status"] not in {"clear", "not_applicable"}):
        sentences.append(f"unchanged since {format_date(finding['since'])}")
    return sentences


def _format_distance(number: float, unit: str) -> str:
    """A distance with its unit; the distance between two shares is in points, not in per cent."""
    if unit in {"share", "percent"}:
        points = round_digits(number * 100 if unit == "share" else number)
        return f"{points:g} {'point' if points == 1 else 'points'}"
    return sql_text.format_exact_number(round_digits(number), unit)
