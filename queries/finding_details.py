"""Why a finding weighs what it weighs: limits and how far from them, contributions, peers, since when. No Streamlit.

What a run stored is set beside the regime's file as it was used, never computed again.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, floor
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine, select

from access.viewer import ReaderAudiences
from indicators.ledger.as_of import Horizon, as_of
from models.database import read_session, table_of
from models.findings import Finding
from models.scoring import ArchivedFile, Peers, Run
from models.vocabulary import Level, Principle, View
from queries.finding_history import finding_periods
from regimes.expression_text import describe_expression as expression_in_words
from regimes.rules import registry, sql_text
from regimes.rules.base import NearestLimits
from regimes.schema import POWERS
from regimes.store import parse_archived_regime
from risk.explain import explain_home as explain_probability
from risk.grounds import applied_share
from risk.model import load_trained_models
from risk.peers import MIN_PEERS, enclosing_groups

PEERS = table_of(Peers).c
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
    engine: Engine, run: Run, provider: str, assessment: Any, explained: dict[str, Any], *, audiences: ReaderAudiences
) -> None:
    """Add to one regime of ``queries.explain_provider`` what its numbers mean.

    To the regime: ``title``, ``stages`` (``key`` and ``title``), ``level_parts``, ``next``, ``peer_group`` and
    ``measure_completeness``. To each principle: ``combine``, ``section_score``. To each finding: ``nearest_limits``, ``decides``,
    ``contribution``, ``peers``, ``since``, ``first_run``, ``last_run``; its ``threshold`` is put into plain words.

    Args:
        engine: the database.
        run: of the assessment.
        provider: its identifier.
        assessment: its row, as whoever reads sees it.
        explained: ``principles`` with their findings; changed in place.
        audiences: the audiences of whoever reads.
    """
    file = _regime_file(engine, run, assessment.regime)
    peers = _peer_spreads(engine, run.id or 0, assessment.regime, assessment.peer_group)
    stands = {
        (spell.principle, spell.rule): spell
        for spell in finding_periods(engine, provider, run.day, audiences=audiences, regime=assessment.regime)
        if spell.ended_on is None
    }
    unsummed = getattr(assessment, "unscored_principles", ())
    explained["made_of"] = level_parts(file.get("risk", {}), explained["principles"])
    stage = next((one for one in file.get("ladder", ()) if one["key"] == assessment.stage), None)
    explained["title"] = file.get("title", assessment.regime)
    explained["stages"] = [{"key": one["key"], "title": one["title"]} for one in file.get("ladder", ())]
    explained["next"] = stage and {
        "stage": stage["title"],
        "step": stage["next_step"],
        "told": stage.get("told", []),  # roles; ``told_bodies.name_bodies`` names the bodies
    }
    explained["peer_group"] = assessment.peer_group or None
    findings = [finding for entry in explained["principles"].values() for finding in entry["findings"]]
    every = {rule["key"]: rule for part in file.get("principles", {}).values() for rule in part.get("rules", ())}
    explained["completeness"] = measure_completeness(findings, every)
    for principle, entry in explained["principles"].items():
        section = file.get("principles", {}).get(str(principle), {})
        rules: dict[str, Mapping[str, Any]] = {rule["key"]: rule for rule in section.get("rules", ())}
        entry["combine"] = section.get("combine", "worst_of")
        is_summed = entry["combine"] != "worst_of" and principle not in unsummed
        entry["score"] = section_score(section, entry["findings"]) if is_summed else None
        decides = _deciding_rule(entry)
        for finding in entry["findings"]:
            rule = rules.get(finding["rule"], {})
            finding["threshold"] = _plain_threshold(finding["threshold"], rule)
            finding["limits"] = nearest_limits(rule, finding["value"])
            finding["decides"] = finding["rule"] == decides
            if entry["combine"] == "worst_of":
                finding["contribution"] = Level(finding["level"]).rank if finding["decides"] else 0
            finding["peers"] = _peer_comparison(peers, finding)
            spell = stands[str(principle), finding["rule"]]
            finding["since"] = spell.first.day.isoformat()
            finding |= {"first_run": spell.first.as_json(), "last_run": spell.last.as_json()}


def _plain_threshold(threshold: str, rule: Mapping[str, Any]) -> str:
    """The limits of a finding; runs of earlier versions stored a condition as the regime's file writes it."""
    when = rule.get("when")
    if not when or not threshold.endswith(when):
        return threshold
    try:
        return threshold.removesuffix(when) + expression_in_words(when)
    except (KeyError, ValueError):  # it names an indicator that the catalogue does not have any more
        return threshold


def _regime_file(engine: Engine, run: Run, regime: str) -> Mapping[str, Any]:
    with read_session(engine) as session:
        body = session.get(ArchivedFile, run.regimes.get(regime, ""))
    return parse_archived_regime(body.body) if body is not None else {}


def level_parts(risk: Mapping[str, Any], principles: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider's level is made of: two principles, how far evidence alone may go, caps and floors that are met.

    Args:
        risk: of the regime's file.
        principles: with their levels and findings.
    """
    findings = (one for entry in principles.values() for one in entry["findings"] if one["status"] != "missing")
    met = {one["rule"] for one in findings if Level(one["level"]).rank}
    held = {
        kind: [
            {"title": limit.get("title") or limit["rule"], "level": limit["level"], "source": limit["source"]}
            for limit in risk.get(kind, ())
            if limit["rule"] in met
        ]
        for kind in ("caps", "floors")
    }
    levels = {str(name): principles[name]["level"] for name in (Principle.ACCOUNTABILITY, Principle.EVIDENCE)}
    return {**levels, "evidence_up_to": risk.get("evidence_up_to", Level.WATCH), **held}


def describe_level(parts: Mapping[str, Any]) -> str:
    """``level_parts`` as people read it."""
    said = f"accountability {parts['accountability']}, evidence {parts['evidence']} (alone at most {parts['evidence_up_to']})"
    for kind, word in (("caps", "no worse than"), ("floors", "no better than")):
        said += "".join(f"; {word} {one['level']}: {one['title']} ({one['source']})" for one in parts[kind])
    return said


def measure_completeness(
    findings: Iterable[Finding], rules: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[str, Any]:
    """How many rules could be applied, and the grade of their share: A from 90 % to E below 25 %.

    Rules that do not apply, are excused, or are silent because of the source are not counted, nor are clocks that
    nothing has started. Share and grade are null where no rule is left.

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


def _deciding_rule(entry: Mapping[str, Any]) -> str | None:
    """The rule whose finding makes the level of a principle where the worst one counts."""
    level = Level(entry["level"])
    if entry["combine"] != "worst_of" or level.rank == 0:
        return None
    return next((str(one["rule"]) for one in entry["findings"] if one["level"] == level), None)


def section_score(section: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A section's score: the sum of the contributions, how it is rounded, which limits hold, what comes out."""
    parts = [finding["contribution"] for finding in findings if finding.get("contribution") is not None]
    raw = round(sum(parts), 6)
    rounding = section.get("rounding", "none")
    result, held = _ROUNDING[rounding](raw), []
    is_higher_better = section.get("better") == "higher"
    scores = [one["score"] for one in findings if one.get("weight") is not None and one["score"] is not None]
    met = {one["rule"] for one in findings if one["status"] != "missing" and Level(one["level"]).rank > 0}
    for limit in section.get("limits", ()):
        at = limit.get("any_score_at")
        is_at = at is not None and any(one <= at if is_higher_better else one >= at for one in scores)
        if is_at or limit.get("rule") in met:
            held.append(limit["title"])
            bound = limit["no_better_than"]
            result = min(result, bound) if is_higher_better else max(result, bound)
    return {"sum": raw, "rounding": rounding, "limits": held, "result": result, "better": section.get("better")}


def nearest_limits(rule: Mapping[str, Any], value: object) -> NearestLimits | None:
    """The nearest limits of a finding's value for the worse and for the better; None if the value is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return registry.nearest_limits(rule, value)


def describe_finding(finding: Mapping[str, Any], format_date: Callable[[str], str] = str) -> list[str]:
    """What ``add_finding_details`` added to a finding, in sentences for people; ``format_date`` says an ISO date."""
    said, unit = list[str](), finding["unit"]
    if finding["decides"]:
        said.append("decides the level")
    if finding.get("weight") is not None:
        counted = "the best it could, as it is not known" if finding["score"] is None else f"{finding['score']:g}"
        said.append(f"counts {counted}, weight {finding['weight']:g}, adds {finding['contribution']:g} to the score")
    for side, away in (finding["limits"] or {}).items():
        if away is not None:
            far, at = _format_distance(away["distance"], unit), sql_text.format_exact_number(away["at"], unit)
            said.append(f"{side} ({away['level']}) at {at}, {far} away")
    among = finding["peers"]
    if among is not None:
        said.append(_describe_peers(among, unit))
    if finding["since"] is not None and (said or finding["status"] not in {"clear", "not_applicable"}):
        said.append(f"so since {format_date(finding['since'])}")
    return said


def _format_distance(number: float, unit: str) -> str:
    """A share is so many points from another share, not so many per cent."""
    if unit in {"share", "percent"}:
        points = _round_digits(number * 100 if unit == "share" else number)
        return f"{points:g} {'point' if points == 1 else 'points'}"
    return sql_text.format_exact_number(_round_digits(number), unit)


def _describe_peers(comparison: Mapping[str, Any], unit: str) -> str:
    peers, percentile = f"{comparison['providers']:,} peers ({comparison['group']})", comparison["percentile"]
    if comparison["providers"] < MIN_PEERS:
        return f"only {peers} have this figure, too few to compare"
    less = {0: "none of them has less", 100: "none of them has more"}.get(
        percentile, f"{percentile} % of them have less"
    )
    return f"median of {peers} {sql_text.format_exact_number(_round_digits(comparison['median']), unit)}; {less}"


def _round_digits(number: float) -> float:
    """Four digits: enough to see how far away something is."""
    return float(f"{number:.4g}")


def _peer_spreads(engine: Engine, run: int, regime: str, peer_group: str) -> dict[str, list[Any]]:
    """The spreads of each rule, the smallest group first."""
    groups = enclosing_groups(peer_group)
    statement = select(table_of(Peers)).where(PEERS.run_id == run, PEERS.regime == regime, PEERS.peer_group.in_(groups))
    found: dict[str, list[Any]] = {}
    with read_session(engine) as session:
        for row in sorted(session.execute(statement), key=lambda row: groups.index(row.peer_group)):
            found.setdefault(row.rule, []).append(row)
    return found


def _peer_comparison(peers: Mapping[str, list[Any]], finding: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where a figure stands among those of its peers: in the smallest group with enough figures."""
    rows, value = peers.get(finding["rule"], []), finding["value"]
    if not rows or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    row = next((row for row in rows if row.providers >= MIN_PEERS), rows[-1])
    return {
        "group": row.peer_group,
        "providers": row.providers,
        "median": row.quantiles[len(row.quantiles) // 2],
        "percentile": _percentile(row.quantiles, value),
    }


def _percentile(points: Sequence[float], value: float) -> int:
    """How many of a hundred have less, by 101 quantiles: 0 only for the least, 100 only for the greatest alone.

    Those that have just as much do not have less, and where half of all stand at nothing, nobody is above half of them.
    """
    less = bisect_left(points, value)
    if less == len(points) - 1 and value >= points[-1]:
        return less
    return less if less < 2 else less - 1


def probability_parts(engine: Engine, models_folder: Path, run: Run, provider: str) -> dict[str, Any] | None:
    """Why the failure model gives a provider its probability: one part for each feature, adding up in log-odds.

    Reads the whole ledger as the run read it, which takes seconds. Null where the run used no model for the provider.

    Args:
        engine: the database.
        models_folder: the folder of models.
        run: the run that gave the probability.
        provider: its identifier.
    """
    model = next((one for one in load_trained_models(engine, models_folder) if one.sha256 == run.model_hash), None)
    if model is None:
        return None
    upto = Horizon(run.upto_seq, run.upto_load, run.upto_pull)
    with as_of(engine, run.day, view=View(run.view), upto=upto) as known:
        found = explain_probability(known, model, provider)
    if found is None:
        return None
    return {
        "probability": found.probability,
        "average": found.average,
        "parts": [
            {
                "feature": part.feature,
                "title": part.title,
                "value": part.value,
                "log_odds": part.log_odds,
                "words": part.sentence,
            }
            for part in found.contributions
        ],
    }
