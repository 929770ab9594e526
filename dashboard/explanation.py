"""Why a finding weighs what it weighs: limits and how far from them, contributions, peers, since when. No Streamlit.

What a run stored is set beside the regime's file as it was used, never computed again.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, floor
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from dashboard.spells import spells
from indicators.as_of import Horizon, as_of
from models.database import reading, table_of
from models.scoring import ArchivedFile, Peers, Run
from models.vocabulary import Level, Principle, View
from regimes import words
from regimes.expression_words import in_words as expression_in_words
from regimes.store import archived
from risk.explain import explain as explain_probability
from risk.model import trained
from risk.peers import LEAST, wider
from risk.seen import Sees

PEERS = table_of(Peers).c
# The share of applicable rules that could be applied, and its grade: our own scale, best first.
COMPLETENESS = ((0.9, "A"), (0.75, "B"), (0.5, "C"), (0.25, "D"), (0.0, "E"))
_EDGES = (("from", "low"), ("above", "low"), ("to", "high"), ("below", "high"))
_ROUNDED: dict[str, Callable[[float], float]] = {
    "none": float,
    "half_up": lambda number: float(floor(number + 0.5)),
    "half_even": lambda number: float(round(number)),
    "up": lambda number: float(ceil(number)),
    "down": lambda number: float(floor(number)),
}


def explain_more(
    engine: Engine, run: Run, provider: str, assessment: Any, explained: dict[str, Any], *, sees: Sees
) -> None:
    """Add to one regime of ``queries.explain`` what its numbers mean.

    To the regime: ``title``, ``stages`` (``key`` and ``title``), ``made_of``, ``next``, ``peer_group``,
    ``completeness``. To each principle: ``combine``, ``score``. To each finding: ``limits``, ``decides``,
    ``contribution``, ``peers``, ``since``, ``first_run``, ``last_run``; its ``threshold`` is put into plain words.

    Args:
        engine: the database.
        run: of the assessment.
        provider: its identifier.
        assessment: its row, as whoever reads sees it.
        explained: ``principles`` with their findings; changed in place.
        sees: the audiences of whoever reads.
    """
    file = _file(engine, run, assessment.regime)
    peers = _peers(engine, run.id or 0, assessment.regime, assessment.peer_group)
    stands = {
        (spell.principle, spell.rule): spell
        for spell in spells(engine, provider, run.day, sees=sees, regime=assessment.regime)
        if spell.ended_on is None
    }
    unsummed = getattr(assessment, "unsummed", ())
    explained["made_of"] = made_of(file.get("risk", {}), explained["principles"])
    stage = next((one for one in file.get("ladder", ()) if one["key"] == assessment.stage), None)
    explained["title"] = file.get("title", assessment.regime)
    explained["stages"] = [{"key": one["key"], "title": one["title"]} for one in file.get("ladder", ())]
    explained["next"] = stage and {"stage": stage["title"], "step": stage["next_step"]}
    explained["peer_group"] = assessment.peer_group or None
    excused = {
        rule["key"] for section in file.get("principles", {}).values() for rule in section.get("rules", ())
        if rule.get("optional_because")
    }  # fmt: skip
    explained["completeness"] = completeness(
        finding
        for entry in explained["principles"].values()
        for finding in entry["findings"]
        if finding["status"] != "missing" or finding["rule"] not in excused
    )
    for principle, entry in explained["principles"].items():
        section = file.get("principles", {}).get(str(principle), {})
        rules: dict[str, Mapping[str, Any]] = {rule["key"]: rule for rule in section.get("rules", ())}
        entry["combine"] = section.get("combine", "worst_of")
        is_summed = entry["combine"] != "worst_of" and principle not in unsummed
        entry["score"] = score(section, entry["findings"]) if is_summed else None
        decides = _decider(entry)
        for finding in entry["findings"]:
            rule = rules.get(finding["rule"], {})
            finding["threshold"] = _in_plain_words(finding["threshold"], rule)
            finding["limits"] = limits(rule, finding["value"])
            finding["decides"] = finding["rule"] == decides
            if entry["combine"] == "worst_of":
                finding["contribution"] = Level(finding["level"]).rank if finding["decides"] else 0
            finding["peers"] = _among(peers, finding)
            spell = stands[str(principle), finding["rule"]]
            finding["since"] = spell.first.day.isoformat()
            finding |= {"first_run": spell.first.as_json(), "last_run": spell.last.as_json()}


def _in_plain_words(threshold: str, rule: Mapping[str, Any]) -> str:
    """The limits of a finding; runs of earlier versions stored a condition as the regime's file writes it."""
    when = rule.get("when")
    if not when or not threshold.endswith(when):
        return threshold
    try:
        return threshold.removesuffix(when) + expression_in_words(when)
    except (KeyError, ValueError):  # it names an indicator that the catalogue does not have any more
        return threshold


def _file(engine: Engine, run: Run, regime: str) -> Mapping[str, Any]:
    with reading(engine) as session:
        body = session.get(ArchivedFile, run.regimes.get(regime, ""))
    return archived(body.body) if body is not None else {}


def made_of(risk: Mapping[str, Any], principles: Mapping[str, Any]) -> dict[str, Any]:
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


def level_in_words(made: Mapping[str, Any]) -> str:
    """``made_of`` as people read it."""
    said = (
        f"accountability {made['accountability']}, evidence {made['evidence']} (alone at most {made['evidence_up_to']})"
    )
    for kind, word in (("caps", "no worse than"), ("floors", "no better than")):
        said += "".join(f"; {word} {one['level']}: {one['title']} ({one['source']})" for one in made[kind])
    return said


def completeness(findings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """How many rules could be applied, and the grade of their share: A from 90 % to E below 25 %.

    Those that do not apply, and figures that the regime excuses, are not counted.
    """
    counted = [finding for finding in findings if finding["status"] != "not_applicable" and finding["rule"] != "powers"]
    known = sum(finding["status"] in {"met", "clear", "source"} for finding in counted)
    share = known / len(counted) if counted else 0.0
    return {
        "known": known,
        "of": len(counted),
        "share": round(share, 4),
        "grade": next(grade for least, grade in COMPLETENESS if share >= least),
    }


def _decider(entry: Mapping[str, Any]) -> str | None:
    """The rule whose finding makes the level of a principle where the worst one counts."""
    level = Level(entry["level"])
    if entry["combine"] != "worst_of" or level.rank == 0:
        return None
    return next((str(one["rule"]) for one in entry["findings"] if one["level"] == level), None)


def score(section: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A section's score: the sum of the contributions, how it is rounded, which limits hold, what comes out."""
    parts = [finding["contribution"] for finding in findings if finding.get("contribution") is not None]
    raw = round(sum(parts), 6)
    rounding = section.get("rounding", "none")
    result, held = _ROUNDED[rounding](raw), []
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


def limits(rule: Mapping[str, Any], value: object) -> dict[str, Any] | None:
    """The nearest limits of a number: what it would take to be worse or better; null where it has none.

    ``worse`` and ``better`` each have ``level``, ``at`` (the limit) and ``distance`` (how far the value is from it).
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if "over" in rule:
        inside = {"level": rule["level"], "at": rule["over"], "distance": round(abs(value - rule["over"]), 6)}
        none = {**inside, "level": "none"}
        return {"worse": None, "better": none} if value > rule["over"] else {"worse": inside, "better": None}
    bands = sorted(map(_band, rule.get("bands", ())), key=lambda band: band["low"])
    here = next((number for number, band in enumerate(bands) if _holds(band, value)), None)
    if here is None:
        return None
    found: dict[str, Any] = {"worse": None, "better": None}
    for step in (-1, 1):
        other = _next_level(bands, here, step)
        if other is not None:
            at = bands[other]["high" if step < 0 else "low"]
            side = "worse" if Level(bands[other]["level"]).rank > Level(bands[here]["level"]).rank else "better"
            found[side] = {"level": bands[other]["level"], "at": at, "distance": round(abs(value - at), 6)}
    return found


def _band(written: Mapping[str, Any]) -> dict[str, Any]:
    band: dict[str, Any] = {"level": written["level"], "low": float("-inf"), "high": float("inf"), "written": written}
    for word, side in _EDGES:
        if written.get(word) is not None:
            band[side] = float(written[word])
    return band


def _holds(band: Mapping[str, Any], value: float) -> bool:
    written: Mapping[str, Any] = band["written"]
    above: bool = value > band["low"] if "above" in written else value >= band["low"]
    return above and bool(value < band["high"] if "below" in written else value <= band["high"])


def _next_level(bands: Sequence[Mapping[str, Any]], here: int, step: int) -> int | None:
    """The nearest band on one side with another level."""
    number = here + step
    while 0 <= number < len(bands) and bands[number]["level"] == bands[here]["level"]:
        number += step
    return number if 0 <= number < len(bands) else None


def in_words(finding: Mapping[str, Any], day: Callable[[str], str] = str) -> list[str]:
    """What ``explain_more`` added to a finding, in sentences for people; ``day`` says an ISO date."""
    said, unit = list[str](), finding["unit"]
    if finding["decides"]:
        said.append("decides the level")
    if finding.get("weight") is not None:
        counted = "the best it could, as it is not known" if finding["score"] is None else f"{finding['score']:g}"
        said.append(f"counts {counted}, weight {finding['weight']:g}, adds {finding['contribution']:g} to the score")
    for side, away in (finding["limits"] or {}).items():
        if away is not None:
            far, at = _distance(away["distance"], unit), words.number(away["at"], unit)
            said.append(f"{side} ({away['level']}) at {at}, {far} away")
    among = finding["peers"]
    if among is not None:
        said.append(_compared(among, unit))
    if finding["since"] is not None and (said or finding["status"] not in {"clear", "not_applicable"}):
        said.append(f"so since {day(finding['since'])}")
    return said


def _distance(number: float, unit: str) -> str:
    """A share is so many points from another share, not so many per cent."""
    if unit in {"share", "percent"}:
        points = _short(number * 100 if unit == "share" else number)
        return f"{points:g} {'point' if points == 1 else 'points'}"
    return words.number(_short(number), unit)


def _compared(among: Mapping[str, Any], unit: str) -> str:
    peers, percentile = f"{among['providers']:,} peers ({among['group']})", among["percentile"]
    if among["providers"] < LEAST:
        return f"only {peers} have this figure, too few to compare"
    less = {0: "none of them has less", 100: "none of them has more"}.get(
        percentile, f"{percentile} % of them have less"
    )
    return f"median of {peers} {words.number(_short(among['median']), unit)}; {less}"


def _short(number: float) -> float:
    """Four digits: enough to see how far away something is."""
    return float(f"{number:.4g}")


def _peers(engine: Engine, run: int, regime: str, peer_group: str) -> dict[str, list[Any]]:
    """The spreads of each rule, the smallest group first."""
    groups = wider(peer_group)
    statement = select(table_of(Peers)).where(PEERS.run_id == run, PEERS.regime == regime, PEERS.peer_group.in_(groups))
    found: dict[str, list[Any]] = {}
    with reading(engine) as session:
        for row in sorted(session.execute(statement), key=lambda row: groups.index(row.peer_group)):
            found.setdefault(row.rule, []).append(row)
    return found


def _among(peers: Mapping[str, list[Any]], finding: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where a figure stands among those of its peers: in the smallest group with enough figures."""
    rows, value = peers.get(finding["rule"], []), finding["value"]
    if not rows or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    row = next((row for row in rows if row.providers >= LEAST), rows[-1])
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


def probability_parts(engine: Engine, models_in: Path, run: Run, provider: str) -> dict[str, Any] | None:
    """Why the failure model gives a provider its probability: one part for each feature, adding up in log-odds.

    Reads the whole ledger as the run read it, which takes seconds. Null where the run used no model for the provider.

    Args:
        engine: the database.
        models_in: the folder of models.
        run: the run that gave the probability.
        provider: its identifier.
    """
    model = next((one for one in trained(engine, models_in) if one.sha256 == run.model_hash), None)
    if model is None:
        return None
    upto = Horizon(run.upto_seq, run.upto_load, run.upto_pull)
    with as_of(engine, run.day, view=View(run.basis), upto=upto) as known:
        found = explain_probability(known, model, provider)
    if found is None:
        return None
    return {
        "probability": found.probability,
        "average": found.average,
        "parts": [
            {"feature": part.feature, "title": part.title, "value": part.value, "log_odds": part.log_odds,
             "words": part.words}
            for part in found.contributions
        ],
    }  # fmt: skip
