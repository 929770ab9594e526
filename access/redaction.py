"""What somebody may see of an assessment. Pure.

A finding that rests on rows which are not for everybody says for whom it is. To whoever does not belong to all of these
audiences, what it looks at is not known: it is told as missing, as it would be without those rows, and level, rating
and recommended stage are what the findings come to that are left. Nothing in the answer tells the one from the other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, cast

from access.viewer import ReaderAudiences, may_see
from models.findings import Finding
from models.vocabulary import Grounds, Level, Principle, UnscorableReason
from regimes.expressions import COMPLETENESS
from regimes.rules import sql_text
from regimes.rules.base import Band
from regimes.rules.sql import title_of
from risk.grounds import applied_share, grounds_of, unscorable_reason
from text.english import DAY_FORMAT

_MISSING_FIELDS: dict[str, Any] = {
    "status": "missing",
    "level": str(Level.NONE),
    "score": None,
    "contribution": None,
    "value": None,
    "seqs": [],
    "period_end": None,
    "known_on": None,
    "is_last_known": False,
}
_KINDS_NAMING_ROWS = {"age", "bands", "condition", "grades"}  # kinds of rule that look at no other rows
_MISSING_TEXTS = {
    "event": "not known, no register speaks of it",
    "clock": "not known, no register speaks of it",
    "late": "not known when due",
    "defaults": "not known when due",
}


class EventRow(NamedTuple):
    """What a rule on events reads of a row of the ledger."""

    event_on: date  # the day it is about
    known_on: date
    title: str  # of the indicator
    text: str | None


@dataclass(frozen=True)
class VisibleAssessment:
    """An assessment as somebody sees it."""

    level: Level
    rating: str
    stage: str
    principles: Mapping[str, str]
    unscorable_reasons: Mapping[str, str]  # by principle, why it is unscorable: a word of UnscorableReason, or nothing
    findings: Sequence[Finding]
    unscored_principles: frozenset[str]  # principles of which the score cannot be told


def redact_assessment(
    assessment: Any,
    findings: Iterable[Finding],
    regime: Mapping[str, Any],
    audiences: ReaderAudiences,
    rows: Mapping[int, EventRow],
) -> VisibleAssessment:
    """An assessment as somebody sees it.

    Args:
        assessment: with ``level``, ``rating``, ``stage``, and of each principle its level and why it is unscorable.
        findings: all of them, each with its ``audiences`` where it is not for everybody.
        regime: the regime's file as it was used; may be empty.
        audiences: the audiences that somebody belongs to.
        rows: of the rows that findings for others rest on, by ``seq``, those that they may see all the same.
    """
    sections: Mapping[str, Any] = regime.get("principles", {})
    rules = {rule["key"]: rule for section in sections.values() for rule in section.get("rules", ())}
    shown, hidden = list[Finding](), set[str]()
    is_unsure = False  # what a rule on money and quality would make of the rows that are left
    in_order = list(findings)
    for finding in sorted(in_order, key=lambda one: bool(one["principle"] != Principle.ACCOUNTABILITY)):
        if may_see(audiences, finding.get("audiences", ())):
            shown.append(finding)
        else:
            rule = rules.get(finding["rule"], {})
            left = _redact_finding(finding, rules, shown, rows, is_level_uncertain=is_unsure)
            if finding["principle"] == Principle.EVIDENCE and grounds_of(left, rule) > Grounds.JUDGED:
                left = {**left, "level": str(_missing_evidence_level(regime.get("risk", {})))}
            shown.append(left)
            hidden.add(finding["principle"])
            is_of_money = finding["principle"] == Principle.ACCOUNTABILITY
            is_left = not rows.keys().isdisjoint(finding["seqs"])
            is_unsure |= is_of_money and is_left and rule.get("kind") != "event"
    places = {one["rule"]: place for place, one in enumerate(in_order)}
    shown.sort(key=lambda one: places[one["rule"]])
    scored = {key for key in hidden if sections.get(key, {}).get("combine", "worst_of") != "worst_of"}
    principles = {str(key): getattr(assessment, key) for key in Principle}
    because = {str(key): getattr(assessment, f"{key}_because") for key in Principle}
    for key in hidden:
        principle = _judge_principle([one for one in shown if one["principle"] == key], rules)
        principles[key], because[key] = str(principle.level), principle.reason
    principles |= dict.fromkeys(scored, str(Level.UNSCORABLE))
    because |= dict.fromkeys(scored, str(UnscorableReason.NOT_KNOWN))
    raising = [one for one in shown if one["status"] != "missing" and Level(one["level"]).rank]
    last_known = {one["rule"] for one in raising if one.get("is_last_known", False)}
    met = {one["rule"] for one in raising} - last_known
    level, stage, rating = Level(assessment.level), assessment.stage, assessment.rating
    if hidden:
        level = _combine_levels(principles, because, met, last_known, regime.get("risk", {}))
        stage = _recommended_stage(level, met, regime.get("ladder", ()))
    if level != assessment.level:
        rating = next((word for word, of in regime.get("levels", {}).items() if of == level), "not scored")
    return VisibleAssessment(level, rating, stage, principles, because, shown, frozenset(scored))


def _redact_finding(
    finding: Finding,
    rules: Mapping[str, Mapping[str, Any]],
    shown: Sequence[Finding],
    rows: Mapping[int, EventRow],
    *,
    is_level_uncertain: bool,
) -> Finding:
    """What a rule finds without what is for others: what is left of events, the share of rules that do find, nothing.

    Where something is left of other kinds of rule, what they would make of it is not known, which nothing excuses.
    """
    rule = rules.get(finding["rule"], {})
    if rule.get("applies_from_level") and not is_level_uncertain:
        told = _redact_by_level(finding, rule, shown, rows)
        if told is not None:
            return told
    if rule.get("kind") == "bands" and rule.get("expression") == COMPLETENESS:
        share = applied_share((one for one in shown if one["principle"] == Principle.ACCOUNTABILITY), rules)
        if is_level_uncertain:  # of the share, too
            return _missing_finding(finding, rule, is_excused=False)
        if not share.total:
            return _inapplicable_finding(finding, rule, is_own_row_visible=False)
        return _band_finding(finding, rule, share.applied / share.total)
    left = {seq: rows[seq] for seq in finding["seqs"] if seq in rows}
    if rule.get("kind") == "event" and left and finding["status"] in {"met", "clear"}:
        return _event_finding(finding, rule, left)
    return _missing_finding(finding, rule, is_excused=not left)


def _redact_by_level(
    finding: Finding, rule: Mapping[str, Any], shown: Sequence[Finding], rows: Mapping[int, EventRow]
) -> Finding | None:
    """What a rule finds that is asked only of those that stand at some level, as far as that is for everybody.

    None where the rule applies and looks at rows that are for others.
    """
    is_own_seen = rule["kind"] in _KINDS_NAMING_ROWS and rows.keys() >= set(finding["seqs"])
    least = Level(rule["applies_from_level"]).rank
    on_money = (one for one in shown if one["principle"] == Principle.ACCOUNTABILITY)
    if all(Level(one["level"]).rank < least for one in on_money):
        return _inapplicable_finding(finding, rule, is_own_row_visible=is_own_seen)
    return _replace_fields(finding, unscorable_reason(finding, rule), {}) if is_own_seen else None


def _event_finding(finding: Finding, rule: Mapping[str, Any], rows: Mapping[int, EventRow]) -> Finding:
    """The finding of a rule on events for some of them."""
    _, newest = max(rows.items(), key=lambda item: (item[1].event_on, item[0]))
    said = [newest.title if len(rule["events"]) > 1 else "", newest.event_on.strftime(DAY_FORMAT), newest.text]
    first = min(row.event_on for row in rows.values())
    several = f"; {len(rows)} since {first.strftime(DAY_FORMAT)}" if len(rows) > 1 else ""
    is_met = len(rows) >= rule.get("at_least", 1)
    return _replace_fields(
        finding,
        None,
        {
            "status": "met" if is_met else "clear",
            "level": str(rule["level"] if is_met else Level.NONE),
            "title": f"{rule['title']}: {', '.join(part for part in said if part)}{several}",
            "value": float(len(rows)),
            "seqs": sorted(rows),
            "period_end": newest.event_on.isoformat(),
            "known_on": max(row.known_on for row in rows.values()).isoformat(),
        },
    )


def _replace_fields(finding: Finding, reason: UnscorableReason | None, changes: Mapping[str, Any]) -> Finding:
    """A finding with other values, for everybody; its fields in the order in which a run writes them."""
    made = dict[str, Any]()
    for key, value in finding.items():
        if key not in {"audiences", "unscorable_because"}:
            made[key] = changes.get(key, value)
        if key == "level" and reason is not None:
            made["unscorable_because"] = str(reason)
    return cast("Finding", made)


def _band_finding(finding: Finding, rule: Mapping[str, Any], value: float) -> Finding:
    """The finding of a rule with bands for a number that rests on no row of its own."""
    unit, band = (
        rule.get("unit", ""),
        next(one for one in map(Band.model_validate, rule["bands"]) if _is_in_band(one, value)),
    )
    limit = f" ({band.level}: {sql_text.format_band(band, unit)})" if band.level.rank else ""
    is_source = finding["status"] == "source"
    status = "source" if is_source else "met" if band.level.rank else "clear"
    return _replace_fields(
        finding,
        UnscorableReason.ABOUT_SOURCE if is_source else None,
        {
            "status": status,
            "level": str(Level.NONE if is_source else band.level),
            "value": value,
            "title": f"{rule['title']} {sql_text.format_rounded_number(value, unit)}{limit}",
        },
    )


def _is_in_band(band: Band, value: float) -> bool:
    is_above = band.low is None or value > band.low or value == band.from_
    return is_above and (band.high is None or value < band.high or value == band.to)


def _missing_finding(finding: Finding, rule: Mapping[str, Any], *, is_excused: bool) -> Finding:
    """The finding of a rule that finds nothing to look at."""
    name = rule.get("title") or (title_of(rule["indicator"]) if "indicator" in rule else finding["rule"])
    said = _MISSING_TEXTS.get(rule.get("kind", ""), "not known")
    if rule.get("kind") == "judgement":
        said = f"not judged yet by {rule['by']}"
    excuse = rule.get("optional_because") if is_excused else None
    because = UnscorableReason.NOTHING_ENTERED if excuse else UnscorableReason.NOT_KNOWN
    counted = {"value": 0.0} if rule.get("kind") == "event" else {}
    title = f"{name}: {said}{f'; {excuse}' if excuse else ''}"
    return _replace_fields(finding, because, {**_MISSING_FIELDS, **counted, "title": title})


def _inapplicable_finding(finding: Finding, rule: Mapping[str, Any], *, is_own_row_visible: bool) -> Finding:
    """The finding of a rule that does not apply; of what it would look at it says as much as is for everybody."""
    left = (
        finding
        if is_own_row_visible and finding["status"] != "missing"
        else _missing_finding(finding, rule, is_excused=False)
    )
    words_of = left["title"].removesuffix("; older than it may be").removesuffix("; does not apply")
    changes = {
        "status": "not_applicable",
        "level": str(Level.NONE),
        "score": None,
        "title": f"{words_of}; does not apply",
        "is_last_known": False,
    }
    return _replace_fields(left, UnscorableReason.NOTHING_DUE, changes)


class _PrincipleLevel(NamedTuple):
    """The level of a principle, and why it is unscorable."""

    level: Level
    reason: str = ""


def _judge_principle(findings: Sequence[Finding], rules: Mapping[str, Any]) -> _PrincipleLevel:
    """The level of a principle where the worst finding counts, as ``risk/score.py`` puts it together."""
    known = (Level(one["level"]) for one in findings if one["status"] != "missing")
    worst = max(known, key=lambda level: level.rank, default=Level.NONE)
    if worst.rank:
        return _PrincipleLevel(worst)
    grounds = max((grounds_of(one, rules.get(one["rule"], {})) for one in findings), default=Grounds.NOTHING_DUE)
    return (
        _PrincipleLevel(Level.NONE)
        if grounds.reason is None
        else _PrincipleLevel(Level.UNSCORABLE, str(grounds.reason))
    )


def _evidence_cap(risk: Mapping[str, Any]) -> Level:
    """How far evidence alone may raise a level."""
    return Level(risk.get("evidence_up_to", Level.WATCH))


def _missing_evidence_level(risk: Mapping[str, Any]) -> Level:
    """What evidence that cannot be judged counts as: not known is not well."""
    return _pick_level(min, Level.WATCH, _evidence_cap(risk))


def _combine_levels(
    principles: Mapping[str, str],
    reasons: Mapping[str, str],
    met: Collection[str],
    last_known: Collection[str],
    risk: Mapping[str, Any],
) -> Level:
    """The level of risk that the principles come to, as ``risk/score.py`` puts it together."""
    is_blind = reasons[Principle.EVIDENCE] in {"", UnscorableReason.NOT_KNOWN}  # nothing: stored before it was said
    accountability, evidence = (Level(principles[key]) for key in (Principle.ACCOUNTABILITY, Principle.EVIDENCE))
    level = accountability
    if level is not Level.UNSCORABLE:
        of_evidence = _pick_level(min, evidence, _evidence_cap(risk))
        if evidence is Level.UNSCORABLE and is_blind:
            of_evidence = _missing_evidence_level(risk)
        level = _pick_level(max, level, of_evidence)
        for cap in risk.get("caps", ()):
            level = _pick_level(min, level, Level(cap["level"])) if cap["rule"] in met else level
    for floor in risk.get("floors", ()):
        if floor["rule"] in met:
            level = _pick_level(max, Level(floor["level"]), level)
        elif floor["rule"] in last_known:
            up_to = Level(risk.get("last_known_up_to", Level.WATCH))
            level = _pick_level(max, _pick_level(min, Level(floor["level"]), up_to), level)
    return level


def _pick_level(chooser: Any, *levels: Level) -> Level:
    found: Level = chooser(levels, key=lambda level: level.rank)
    return Level.NONE if found is Level.UNSCORABLE else found


def _recommended_stage(level: Level, met: Set[str], ladder: Sequence[Mapping[str, Any]]) -> str:
    """The highest step of a ladder that something recommends."""
    for stage in reversed(ladder):
        least = stage.get("from_level")
        is_so_bad = least is not None and level is not Level.UNSCORABLE and level.rank >= Level(least).rank
        if is_so_bad or not met.isdisjoint(stage.get("from_rules", ())):
            return str(stage["key"])
    return ""
