"""What is held against a provider as badly as it stands, and was not before: where a level stands, that is news.

Each rule is news once for as long as the level stands: what was met when it last rose, or was told since, is known,
whether it went away in between or has newer figures. What a new version of the regime finds on its first day says
something about the regime: rules that are new or others in it count from that day on. That nothing is known of
something, or nothing new, is not held against a provider; that it is known to be bad, after that, is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import and_, select

from alerts.decide import Move, Reason
from models import bulk
from models.alerting import Escalation, EscalationEntry, ToldRun
from models.database import Session, table_of
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.vocabulary import Level, Principle
from regimes.store import parse_archived_regime

ENTRY, ESCALATION = table_of(EscalationEntry).c, table_of(Escalation).c
ASSESSMENT, FINDING_SET, RUN = table_of(Assessment).c, table_of(FindingSet).c, table_of(Run).c
ARCHIVED, TOLD = table_of(ArchivedFile).c, table_of(ToldRun).c

RISK = (Principle.ACCOUNTABILITY, Principle.EVIDENCE)  # what a level rests on, in the order of telling

_RISES = {Reason.BASELINE, Reason.OPENED, Reason.RAISED}
_BY_A_RUN = [*_RISES, Reason.LOWERED, Reason.ADDED]
_MOVES = [*_RISES, Reason.LOWERED, Reason.RESOLVED, Reason.ENDED, Reason.CLOSED, Reason.REOPENED]
_WORDS = {"title", "source", "evidence"}  # of a rule: they change nothing in what it finds

Rule = tuple[str, str]  # the keys of a principle and of one of its rules
Held = Mapping[Rule, int]  # of each rule that is held against a provider, how bad: the rank of its level

NOTHING: Held = {}


def about_risk(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that a level rests on; what is true of a whole register is not among them."""
    return [f for f in findings if f["principle"] in RISK and Level(f["level"]).rank > 0 and f["status"] != "source"]


def held(findings: Iterable[Mapping[str, Any]]) -> Held:
    """What findings hold against a provider: not that something is missing or older than it may be."""
    return {(f["principle"], f["rule"]): Level(f["level"]).rank for f in about_risk(findings) if f["status"] == "met"}


def further(level: Level, now: Held, told: Held) -> frozenset[Rule]:
    """What is held against a provider at the level where it stands or a worse one, and was not told at it before."""
    return frozenset(rule for rule, rank in now.items() if rank >= level.rank and told.get(rule, 0) < level.rank)


def told_after(told: Held, reason: Reason, now: Held) -> Held:
    """What has been told is held against a provider, after one more change: one that raises its level tells all."""
    return now if reason in _RISES else _both(told, now)


def told_by_edition(told: Held, now: Held, changed: Collection[Rule]) -> Held:
    """The same after the first day of a version of the regime: what its new rules find that day is no news."""
    return _both(told, {rule: rank for rule, rank in now.items() if rule in changed})


def changed_rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[Rule]:
    """Rules of a regime's file that another version did not have, or had otherwise."""
    were, are = _rules(before), _rules(after)
    return frozenset(rule for rule, content in are.items() if were.get(rule) != content)


def _rules(file: Mapping[str, Any]) -> dict[Rule, Any]:
    return {
        (principle, rule["key"]): {key: value for key, value in rule.items() if key not in _WORDS}
        for principle, section in file.get("principles", {}).items() for rule in section.get("rules", ())
    }  # fmt: skip


def _both(one: Held, other: Held) -> Held:
    return {rule: max(one.get(rule, 0), other.get(rule, 0)) for rule in one.keys() | other.keys()}


class Addition(NamedTuple):
    """A change of an escalation by which its level stayed and more was held against the provider."""

    change: int
    run_id: int
    rules: frozenset[Rule]


class Step(NamedTuple):
    """What a run made of an escalation."""

    change: int
    run_id: int
    reason: Reason
    level: Level
    findings_sha256: str


@dataclass
class _Past:
    """The history of an escalation, as far as runs made it."""

    provider_id: int
    regime: str
    steps: list[Step] = field(default_factory=list)


def with_more(session: Session, now: Mapping[int, Step]) -> set[int]:
    """Escalations against whose providers a run holds more than was told, by number.

    Args:
        session: the transaction.
        now: of each escalation in question what the run says, as if it were an addition.
    """
    found = additions(session, now.keys(), now)
    return {number for number, of in found.items() if of and of[-1].run_id == now[number].run_id and of[-1].rules}


def additions(
    session: Session, escalations: Collection[int], now: Mapping[int, Step] | None = None
) -> dict[int, list[Addition]]:
    """What was added to escalations, by number, oldest first; with what a run is about to add to them."""
    pasts = _pasts(session, escalations)
    for number, step in (now or {}).items():
        if number in pasts:
            pasts[number].steps.append(step)
    pasts = {number: past for number, past in pasts.items() if any(one.reason is Reason.ADDED for one in past.steps)}
    editions = _editions(session, pasts.values())
    firsts = _firsts(session, pasts.values(), editions)
    hashes = {step.findings_sha256 for past in pasts.values() for step in past.steps} | set(firsts.values())
    sets = _held(session, hashes)
    return {number: _added(past, editions.get(past.regime, ()), firsts, sets) for number, past in pasts.items()}


def moves(session: Session, escalations: Collection[int]) -> dict[int, Move]:
    """The last change of each escalation that was one of its level."""
    found: dict[int, Move] = {}
    for chunk in bulk.chunked(sorted(escalations)):
        rows = session.execute(
            select(ENTRY.escalation_id, ENTRY.change, ENTRY.kind)
            .where(ENTRY.escalation_id.in_(chunk), ENTRY.kind.in_(_MOVES))
            .order_by(ENTRY.id)
        )
        found.update({row.escalation_id: Move(row.change, Reason(row.kind)) for row in rows})
    return found


def _pasts(session: Session, escalations: Collection[int]) -> dict[int, _Past]:
    e, a = ESCALATION, ASSESSMENT
    then = and_(a.run_id == ENTRY.run_id, a.provider_id == e.provider_id, a.regime == e.regime)
    found: dict[int, _Past] = {}
    for chunk in bulk.chunked(sorted(escalations)):
        rows = session.execute(
            select(
                ENTRY.escalation_id, ENTRY.change, ENTRY.run_id, ENTRY.kind, ENTRY.level, e.provider_id, e.regime,
                a.findings_sha256,
            )
            .join_from(table_of(EscalationEntry), table_of(Escalation), e.id == ENTRY.escalation_id)
            .join(table_of(Assessment), then)
            .where(ENTRY.escalation_id.in_(chunk), ENTRY.kind.in_(_BY_A_RUN))
            .order_by(ENTRY.id)
        )  # fmt: skip
        for row in rows:
            past = found.setdefault(row.escalation_id, _Past(row.provider_id, row.regime))
            past.steps.append(
                Step(row.change, row.run_id, Reason(row.kind), Level(row.level), row.findings_sha256 or "")
            )
    return found


Edition = tuple[int, frozenset[Rule]]  # the first run with a version of a regime, and the rules that are new in it


def _editions(session: Session, pasts: Collection[_Past]) -> dict[str, list[Edition]]:
    """Where the runs changed from one version of a regime to another, by regime, in the order of the runs."""
    runs = [step.run_id for past in pasts for step in past.steps]
    if not runs:
        return {}
    wanted = {past.regime for past in pasts}
    rows = session.execute(
        select(RUN.id, RUN.regimes)
        .join_from(table_of(Run), table_of(ToldRun), TOLD.run_id == RUN.id)
        .where(RUN.id >= min(runs), RUN.id <= max(runs))
        .order_by(RUN.id)
    ).all()
    used: dict[str, list[tuple[int, str]]] = {regime: [] for regime in wanted}
    for row in rows:
        for regime in wanted & row.regimes.keys():
            versions, sha256 = used[regime], row.regimes[regime]
            if not versions or versions[-1][1] != sha256:
                versions.append((row.id, sha256))
    changing = [versions for versions in used.values() if len(versions) > 1]
    hashes = {sha256 for versions in changing for _, sha256 in versions}
    bodies = session.execute(select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(hashes)))
    files = {row.sha256: parse_archived_regime(row.body) for row in bodies} if hashes else {}
    return {
        regime: [
            (run, changed_rules(files.get(before, {}), files.get(sha256, {})))
            for (_, before), (run, sha256) in pairwise(versions)
        ]
        for regime, versions in used.items() if len(versions) > 1
    }  # fmt: skip


Firsts = Mapping[tuple[int, int, str], str]  # run, provider's number and regime to the hash of the findings


def _firsts(session: Session, pasts: Collection[_Past], editions: Mapping[str, Sequence[Edition]]) -> Firsts:
    """What the first runs with a version found of the providers."""
    a, runs = ASSESSMENT, sorted({run for of in editions.values() for run, _ in of})
    found: dict[tuple[int, int, str], str] = {}
    providers = sorted({past.provider_id for past in pasts if past.regime in editions})
    for run in runs:
        for chunk in bulk.chunked(providers):
            rows = session.execute(
                select(a.provider_id, a.regime, a.findings_sha256).where(
                    a.run_id == run, a.provider_id.in_(chunk), a.regime.in_(list(editions))
                )
            )
            found.update({(run, row.provider_id, row.regime): row.findings_sha256 for row in rows})
    return found


def _held(session: Session, hashes: Collection[str]) -> dict[str, Held]:
    found: dict[str, Held] = {}
    for chunk in bulk.chunked(sorted(hashes)):
        rows = session.execute(select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(chunk)))
        found.update({row.sha256: held(row.findings) for row in rows})
    return found


def _added(past: _Past, editions: Sequence[Edition], firsts: Firsts, sets: Mapping[str, Held]) -> list[Addition]:
    """Goes through the history of an escalation and keeps what was told."""
    found: list[Addition] = []
    told: Held = NOTHING
    waiting = [(run, rules) for run, rules in editions if run > past.steps[0].run_id]
    for number, step in enumerate(past.steps):
        while waiting and waiting[0][0] <= step.run_id:
            run, rules = waiting.pop(0)
            first = firsts.get((run, past.provider_id, past.regime), "")
            told = told_by_edition(told, sets.get(first, NOTHING), rules)
        now = sets.get(step.findings_sha256, NOTHING)
        if step.reason is Reason.ADDED:
            rules = further(step.level, now, told) if number else frozenset()  # nothing is known of what was before
            found.append(Addition(step.change, step.run_id, rules))
        told = told_after(told, step.reason, now)
    return found
