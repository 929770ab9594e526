"""What somebody may see of an assessment. Pure.

A finding that rests on rows which are not for everybody says for whom it is. To whoever does not belong to all of these
audiences, what it looks at is not known: it is told as missing, as it would be without those rows, and level, rating
and recommended stage are what the findings come to that are left. Nothing in the answer tells the one from the other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from models.vocabulary import PUBLIC, Grounds, Level, Principle, UnscorableReason
from regimes import words
from regimes.columns import title_of
from regimes.expressions import COMPLETENESS
from regimes.parts import Band
from risk.grounds import Finding, grounds_of, share_known, unscorable_because

Sees = Collection[str] | None  # keys of audiences; None: all there are

_NOTHING: dict[str, Any] = {
    "status": "missing", "level": str(Level.NONE), "score": None, "contribution": None, "value": None, "seqs": [],
    "period_end": None, "known_on": None, "is_last_known": False,
}  # fmt: skip
_NAMES_ITS_ROWS = {"age", "bands", "condition", "grades"}  # kinds of rule that look at no other rows
_NOT_KNOWN = {
    "event": "not known, no register speaks of it",
    "clock": "not known, no register speaks of it",
    "late": "not known when due",
    "defaults": "not known when due",
}


class Row(NamedTuple):
    """What a rule on events reads of a row of the ledger."""

    on: date  # the day it is about
    known_on: date
    title: str  # of the indicator
    text: str | None


@dataclass(frozen=True)
class Seen:
    """An assessment as somebody sees it."""

    level: Level
    rating: str
    stage: str
    principles: Mapping[str, str]
    because: Mapping[str, str]  # by principle, why it is unscorable: a word of UnscorableReason, or nothing
    findings: Sequence[Finding]
    unsummed: frozenset[str]  # principles of which the score cannot be told


def may_see(sees: Sees, audiences: Iterable[str]) -> bool:
    """Whether somebody belongs to all of these audiences; everybody belongs to the public."""
    return sees is None or {PUBLIC, *sees}.issuperset(audiences)


def listed(audiences: str) -> list[str]:
    """The keys of audiences in a text that separates them by commas."""
    return [key for key in audiences.split(",") if key]


def in_words(sees: Sees) -> str:
    """What somebody sees, in a sentence; empty where that is everything."""
    if sees is None:
        return ""
    return f"You see what is for: {', '.join([PUBLIC, *sorted(set(sees) - {PUBLIC})])}."


def seen(
    assessment: Any, findings: Iterable[Finding], regime: Mapping[str, Any], sees: Sees, rows: Mapping[int, Row]
) -> Seen:
    """An assessment as somebody sees it.

    Args:
        assessment: with ``level``, ``rating``, ``stage``, and of each principle its level and why it is unscorable.
        findings: all of them, each with its ``audiences`` where it is not for everybody.
        regime: the regime's file as it was used; may be empty.
        sees: the audiences that somebody belongs to.
        rows: of the rows that findings for others rest on, by ``seq``, those that they may see all the same.
    """
    sections: Mapping[str, Any] = regime.get("principles", {})
    rules = {rule["key"]: rule for section in sections.values() for rule in section.get("rules", ())}
    shown, hidden = list[Finding](), set[str]()
    is_unsure = False  # what a rule on money and quality would make of the rows that are left
    in_order = list(findings)
    for finding in sorted(in_order, key=lambda one: bool(one["principle"] != Principle.ACCOUNTABILITY)):
        if may_see(sees, finding.get("audiences", ())):
            shown.append(finding)
        else:
            rule = rules.get(finding["rule"], {})
            left = _without(finding, rules, shown, rows, is_unsure=is_unsure)
            if finding["principle"] == Principle.EVIDENCE and grounds_of(left, rule) > Grounds.JUDGED:
                left = {**left, "level": str(_of_blind_evidence(regime.get("risk", {})))}
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
        principle = _principle([one for one in shown if one["principle"] == key], rules)
        principles[key], because[key] = str(principle.level), principle.because
    principles |= dict.fromkeys(scored, str(Level.UNSCORABLE))
    because |= dict.fromkeys(scored, str(UnscorableReason.NOT_KNOWN))
    raising = [one for one in shown if one["status"] != "missing" and Level(one["level"]).rank]
    last_known = {one["rule"] for one in raising if one.get("is_last_known", False)}
    met = {one["rule"] for one in raising} - last_known
    level, stage, rating = Level(assessment.level), assessment.stage, assessment.rating
    if hidden:
        level = _level(principles, because, met, last_known, regime.get("risk", {}))
        stage = _stage(level, met, regime.get("ladder", ()))
    if level != assessment.level:
        rating = next((word for word, of in regime.get("levels", {}).items() if of == level), "not scored")
    return Seen(level, rating, stage, principles, because, shown, frozenset(scored))


def _without(
    finding: Finding,
    rules: Mapping[str, Mapping[str, Any]],
    shown: Sequence[Finding],
    rows: Mapping[int, Row],
    *,
    is_unsure: bool,
) -> Finding:
    """What a rule finds without what is for others: what is left of events, the share of rules that do find, nothing.

    Where something is left of other kinds of rule, what they would make of it is not known, which nothing excuses.
    """
    rule = rules.get(finding["rule"], {})
    if rule.get("applies_from_level") and not is_unsure:
        told = _by_level(finding, rule, shown, rows)
        if told is not None:
            return told
    if rule.get("kind") == "bands" and rule.get("expression") == COMPLETENESS:
        share = share_known((one for one in shown if one["principle"] == Principle.ACCOUNTABILITY), rules)
        if is_unsure:  # of the share, too
            return _not_known(finding, rule, is_excused=False)
        if not share.of:
            return _not_applicable(finding, rule, is_own_seen=False)
        return _counted(finding, rule, share.known / share.of)
    left = {seq: rows[seq] for seq in finding["seqs"] if seq in rows}
    if rule.get("kind") == "event" and left and finding["status"] in {"met", "clear"}:
        return _happened(finding, rule, left)
    return _not_known(finding, rule, is_excused=not left)


def _by_level(
    finding: Finding, rule: Mapping[str, Any], shown: Sequence[Finding], rows: Mapping[int, Row]
) -> Finding | None:
    """What a rule finds that is asked only of those that stand at some level, as far as that is for everybody.

    None where the rule applies and looks at rows that are for others.
    """
    is_own_seen = rule["kind"] in _NAMES_ITS_ROWS and rows.keys() >= set(finding["seqs"])
    least = Level(rule["applies_from_level"]).rank
    on_money = (one for one in shown if one["principle"] == Principle.ACCOUNTABILITY)
    if all(Level(one["level"]).rank < least for one in on_money):
        return _not_applicable(finding, rule, is_own_seen=is_own_seen)
    return _anew(finding, unscorable_because(finding, rule), {}) if is_own_seen else None


def _happened(finding: Finding, rule: Mapping[str, Any], rows: Mapping[int, Row]) -> Finding:
    """The finding of a rule on events for some of them."""
    _, newest = max(rows.items(), key=lambda item: (item[1].on, item[0]))
    said = [newest.title if len(rule["events"]) > 1 else "", newest.on.strftime(words.DAY), newest.text]
    first = min(row.on for row in rows.values())
    several = f"; {len(rows)} since {first.strftime(words.DAY)}" if len(rows) > 1 else ""
    is_met = len(rows) >= rule.get("at_least", 1)
    return _anew(finding, None, {
        "status": "met" if is_met else "clear", "level": str(rule["level"] if is_met else Level.NONE),
        "title": f"{rule['title']}: {', '.join(part for part in said if part)}{several}", "value": float(len(rows)),
        "seqs": sorted(rows), "period_end": newest.on.isoformat(),
        "known_on": max(row.known_on for row in rows.values()).isoformat(),
    })  # fmt: skip


def _anew(finding: Finding, because: UnscorableReason | None, changes: Mapping[str, Any]) -> Finding:
    """A finding with other values, for everybody; its fields in the order in which a run writes them."""
    made = dict[str, Any]()
    for key, value in finding.items():
        if key not in {"audiences", "unscorable_because"}:
            made[key] = changes.get(key, value)
        if key == "level" and because is not None:
            made["unscorable_because"] = str(because)
    return made


def _counted(finding: Finding, rule: Mapping[str, Any], value: float) -> Finding:
    """The finding of a rule with bands for a number that rests on no row of its own."""
    unit, band = (
        rule.get("unit", ""),
        next(one for one in map(Band.model_validate, rule["bands"]) if _holds(one, value)),
    )
    limit = f" ({band.level}: {words.band(band, unit)})" if band.level.rank else ""
    is_source = finding["status"] == "source"
    status = "source" if is_source else "met" if band.level.rank else "clear"
    return _anew(finding, UnscorableReason.ABOUT_SOURCE if is_source else None, {
        "status": status, "level": str(Level.NONE if is_source else band.level), "value": value,
        "title": f"{rule['title']} {words.rounded(value, unit)}{limit}",
    })  # fmt: skip


def _holds(band: Band, value: float) -> bool:
    is_above = band.low is None or value > band.low or value == band.from_
    return is_above and (band.high is None or value < band.high or value == band.to)


def _not_known(finding: Finding, rule: Mapping[str, Any], *, is_excused: bool) -> Finding:
    """The finding of a rule that finds nothing to look at."""
    name = rule.get("title") or (title_of(rule["indicator"]) if "indicator" in rule else finding["rule"])
    said = _NOT_KNOWN.get(rule.get("kind", ""), "not known")
    if rule.get("kind") == "judgement":
        said = f"not judged yet by {rule['by']}"
    excuse = rule.get("optional_because") if is_excused else None
    because = UnscorableReason.NOTHING_ENTERED if excuse else UnscorableReason.NOT_KNOWN
    counted = {"value": 0.0} if rule.get("kind") == "event" else {}
    title = f"{name}: {said}{f'; {excuse}' if excuse else ''}"
    return _anew(finding, because, {**_NOTHING, **counted, "title": title})


def _not_applicable(finding: Finding, rule: Mapping[str, Any], *, is_own_seen: bool) -> Finding:
    """The finding of a rule that does not apply; of what it would look at it says as much as is for everybody."""
    left = finding if is_own_seen and finding["status"] != "missing" else _not_known(finding, rule, is_excused=False)
    words_of = left["title"].removesuffix("; older than it may be").removesuffix("; does not apply")
    changes = {
        "status": "not_applicable", "level": str(Level.NONE), "score": None, "title": f"{words_of}; does not apply",
        "is_last_known": False,
    }  # fmt: skip
    return _anew(left, UnscorableReason.NOTHING_DUE, changes)


class _Judged(NamedTuple):
    """The level of a principle, and why it is unscorable."""

    level: Level
    because: str = ""


def _principle(findings: Sequence[Finding], rules: Mapping[str, Any]) -> _Judged:
    """The level of a principle where the worst finding counts, as ``risk/score.py`` puts it together."""
    known = (Level(one["level"]) for one in findings if one["status"] != "missing")
    worst = max(known, key=lambda level: level.rank, default=Level.NONE)
    if worst.rank:
        return _Judged(worst)
    grounds = max((grounds_of(one, rules.get(one["rule"], {})) for one in findings), default=Grounds.NOTHING_DUE)
    return _Judged(Level.NONE) if grounds.reason is None else _Judged(Level.UNSCORABLE, str(grounds.reason))


def _up_to(risk: Mapping[str, Any]) -> Level:
    """How far evidence alone may raise a level."""
    return Level(risk.get("evidence_up_to", Level.WATCH))


def _of_blind_evidence(risk: Mapping[str, Any]) -> Level:
    """What evidence that cannot be judged counts as: not known is not well."""
    return _pick(min, Level.WATCH, _up_to(risk))


def _level(
    principles: Mapping[str, str],
    because: Mapping[str, str],
    met: Collection[str],
    last_known: Collection[str],
    risk: Mapping[str, Any],
) -> Level:
    """The level of risk that the principles come to, as ``risk/score.py`` puts it together."""
    is_blind = because[Principle.EVIDENCE] in {"", UnscorableReason.NOT_KNOWN}  # nothing: stored before it was said
    accountability, evidence = (Level(principles[key]) for key in (Principle.ACCOUNTABILITY, Principle.EVIDENCE))
    level = accountability
    if level is not Level.UNSCORABLE:
        of_evidence = _pick(min, evidence, _up_to(risk))
        if evidence is Level.UNSCORABLE and is_blind:
            of_evidence = _of_blind_evidence(risk)
        level = _pick(max, level, of_evidence)
        for cap in risk.get("caps", ()):
            level = _pick(min, level, Level(cap["level"])) if cap["rule"] in met else level
    for floor in risk.get("floors", ()):
        if floor["rule"] in met:
            level = _pick(max, Level(floor["level"]), level)
        elif floor["rule"] in last_known:
            up_to = Level(risk.get("last_known_up_to", Level.WATCH))
            level = _pick(max, _pick(min, Level(floor["level"]), up_to), level)
    return level


def _pick(of: Any, *levels: Level) -> Level:
    found: Level = of(levels, key=lambda level: level.rank)
    return Level.NONE if found is Level.UNSCORABLE else found


def _stage(level: Level, met: Set[str], ladder: Sequence[Mapping[str, Any]]) -> str:
    """The highest step of a ladder that something recommends."""
    for stage in reversed(ladder):
        least = stage.get("from_level")
        is_so_bad = least is not None and level is not Level.UNSCORABLE and level.rank >= Level(least).rank
        if is_so_bad or not met.isdisjoint(stage.get("from_rules", ())):
            return str(stage["key"])
    return ""
