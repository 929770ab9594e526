"""Finds adverse findings that are as serious as the provider's current level and that are new to recipients.

Such findings are news even though the level has not changed.
Each rule is news once while the level stays the same. A rule that was met when the level last rose, or that has been
news since, is not news again when its finding disappears and returns, or has newer figures. Findings of rules that are
new or changed in a version of the regime are not news on the version's first day, because they say something about the
regime. Missing or outdated evidence is not an adverse finding.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import and_, select

from alerts.decide import LevelChange, Reason
from alerts.escalation.regime_files import read_regime_files
from models import bulk
from models.alerting import Escalation, EscalationEntry, NotifiedRun
from models.database import Session, table_of
from models.findings import Finding
from models.scoring import Assessment, FindingSet, Run
from models.vocabulary import Level, Principle

ENTRY, ESCALATION = table_of(EscalationEntry).c, table_of(Escalation).c
ASSESSMENT, FINDING_SET, RUN = table_of(Assessment).c, table_of(FindingSet).c, table_of(Run).c
NOTIFIED_RUN = table_of(NotifiedRun).c

RISK_PRINCIPLES = (
    Principle.ACCOUNTABILITY,
    Principle.EVIDENCE,
)  # the principles that a level rests on, in the order of a message

_RISING_REASONS = {Reason.BASELINE, Reason.OPENED, Reason.RAISED}
_RUN_REASONS = [*_RISING_REASONS, Reason.LOWERED, Reason.ADDED]
_LEVEL_REASONS = [*_RISING_REASONS, Reason.LOWERED, Reason.RESOLVED, Reason.ENDED, Reason.CLOSED, Reason.REOPENED]
_TEXT_KEYS = {"title", "source", "evidence"}  # of a rule: they do not change its findings

RuleKey = tuple[str, str]  # the keys of a principle and of one of its rules
AdverseFindings = Mapping[RuleKey, int]  # by rule that is met, the rank of its level

NO_ADVERSE_FINDINGS: AdverseFindings = {}


def risk_findings(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that a level rests on, without findings about a whole register."""
    return [
        finding
        for finding in findings
        if finding["principle"] in RISK_PRINCIPLES
        and Level(finding["level"]).rank > 0
        and finding["status"] != "source"
    ]


def adverse_findings(findings: Iterable[Finding]) -> AdverseFindings:
    """The rules that are met, with the rank of their level; missing or outdated evidence is not among them."""
    return {
        (finding["principle"], finding["rule"]): Level(finding["level"]).rank
        for finding in risk_findings(findings)
        if finding["status"] == "met"
    }


def added_adverse_rules(level: Level, current: AdverseFindings, notified: AdverseFindings) -> frozenset[RuleKey]:
    """The rules that are met at the level or a worse one and that recipients have not been notified about at it."""
    return frozenset(
        rule for rule, rank in current.items() if rank >= level.rank and notified.get(rule, 0) < level.rank
    )


def add_notified_findings(notified: AdverseFindings, reason: Reason, current: AdverseFindings) -> AdverseFindings:
    """The adverse findings that recipients know after one more change; a change that raises the level reports all."""
    return current if reason in _RISING_REASONS else _merge_adverse(notified, current)


def add_version_findings(
    notified: AdverseFindings, current: AdverseFindings, new_rules: Collection[RuleKey]
) -> AdverseFindings:
    """The known findings after a new regime version's first day: those of its new rules that day are no news."""
    return _merge_adverse(notified, {rule: rank for rule, rank in current.items() if rule in new_rules})


def changed_rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[RuleKey]:
    """Rules of a regime's file that are new or changed since another version."""
    were, are = _rules_by_key(before), _rules_by_key(after)
    return frozenset(rule for rule, content in are.items() if were.get(rule) != content)


def _rules_by_key(file: Mapping[str, Any]) -> dict[RuleKey, Any]:
    return {
        (principle, rule["key"]): {key: value for key, value in rule.items() if key not in _TEXT_KEYS}
        for principle, section in file.get("principles", {}).items()
        for rule in section.get("rules", ())
    }


def _merge_adverse(first: AdverseFindings, second: AdverseFindings) -> AdverseFindings:
    return {rule: max(first.get(rule, 0), second.get(rule, 0)) for rule in first.keys() | second.keys()}


class AddedFindings(NamedTuple):
    """A change of an escalation that added adverse findings at an unchanged level."""

    change: int
    run_id: int
    rules: frozenset[RuleKey]


class RunEntry(NamedTuple):
    """An entry that a run made, with the findings of the run."""

    change: int
    run_id: int
    reason: Reason
    level: Level
    findings_sha256: str


@dataclass
class _RunHistory:
    """The entries of an escalation that runs made."""

    provider_id: int
    regime: str
    entries: list[RunEntry] = field(default_factory=list)


def escalations_with_added_findings(session: Session, now: Mapping[int, RunEntry]) -> set[int]:
    """The numbers of escalations for which a run has new adverse findings.

    Args:
        session: the transaction.
        now: the run's result for each escalation in question, as if it were an addition.
    """
    additions = read_added_findings(session, now.keys(), now)
    return {
        number
        for number, added in additions.items()
        if added and added[-1].run_id == now[number].run_id and added[-1].rules
    }


def read_added_findings(
    session: Session, escalations: Collection[int], now: Mapping[int, RunEntry] | None = None
) -> dict[int, list[AddedFindings]]:
    """The additions to escalations, by number, oldest first; ``now`` has additions that a run is about to make."""
    pasts = _read_histories(session, escalations)
    for number, step in (now or {}).items():
        if number in pasts:
            pasts[number].entries.append(step)
    pasts = {
        number: past for number, past in pasts.items() if any(entry.reason is Reason.ADDED for entry in past.entries)
    }
    editions = _read_version_starts(session, pasts.values())
    firsts = _read_first_findings(session, pasts.values(), editions)
    hashes = {step.findings_sha256 for past in pasts.values() for step in past.entries} | set(firsts.values())
    sets = _read_adverse_findings(session, hashes)
    return {
        number: _fold_additions(past, editions.get(past.regime, ()), firsts, sets) for number, past in pasts.items()
    }


def read_level_changes(session: Session, escalations: Collection[int]) -> dict[int, LevelChange]:
    """The last change of each escalation that changed its level."""
    changes: dict[int, LevelChange] = {}
    for chunk in bulk.split_chunks(sorted(escalations)):
        rows = session.execute(
            select(ENTRY.escalation_id, ENTRY.change, ENTRY.kind)
            .where(ENTRY.escalation_id.in_(chunk), ENTRY.kind.in_(_LEVEL_REASONS))
            .order_by(ENTRY.id)
        )
        changes.update({row.escalation_id: LevelChange(row.change, Reason(row.kind)) for row in rows})
    return changes


def _read_histories(session: Session, escalations: Collection[int]) -> dict[int, _RunHistory]:
    e, a = ESCALATION, ASSESSMENT
    then = and_(a.run_id == ENTRY.run_id, a.provider_id == e.provider_id, a.regime == e.regime)
    histories: dict[int, _RunHistory] = {}
    for chunk in bulk.split_chunks(sorted(escalations)):
        rows = session.execute(
            select(
                ENTRY.escalation_id,
                ENTRY.change,
                ENTRY.run_id,
                ENTRY.kind,
                ENTRY.level,
                e.provider_id,
                e.regime,
                a.findings_sha256,
            )
            .join_from(table_of(EscalationEntry), table_of(Escalation), e.id == ENTRY.escalation_id)
            .join(table_of(Assessment), then)
            .where(ENTRY.escalation_id.in_(chunk), ENTRY.kind.in_(_RUN_REASONS))
            .order_by(ENTRY.id)
        )
        for row in rows:
            history = histories.setdefault(row.escalation_id, _RunHistory(row.provider_id, row.regime))
            history.entries.append(
                RunEntry(row.change, row.run_id, Reason(row.kind), Level(row.level), row.findings_sha256 or "")
            )
    return histories


VersionStart = tuple[
    int, frozenset[RuleKey]
]  # the first run with a version of a regime, and the rules that are new in it


def _read_version_starts(session: Session, histories: Collection[_RunHistory]) -> dict[str, list[VersionStart]]:
    """The runs that were the first with a new version of a regime, by regime, in order."""
    runs = [step.run_id for past in histories for step in past.entries]
    if not runs:
        return {}
    wanted = {past.regime for past in histories}
    rows = session.execute(
        select(RUN.id, RUN.regimes)
        .join_from(table_of(Run), table_of(NotifiedRun), NOTIFIED_RUN.run_id == RUN.id)
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
    files = read_regime_files(session, hashes) if hashes else {}
    return {
        regime: [
            (run, changed_rules(files.get(before, {}), files.get(sha256, {})))
            for (_, before), (run, sha256) in pairwise(versions)
        ]
        for regime, versions in used.items()
        if len(versions) > 1
    }


FirstFindings = Mapping[tuple[int, int, str], str]  # run, provider's number and regime to the hash of the findings


def _read_first_findings(
    session: Session, histories: Collection[_RunHistory], version_starts: Mapping[str, Sequence[VersionStart]]
) -> FirstFindings:
    """The findings of the first runs with a version."""
    a, runs = ASSESSMENT, sorted({run for starts in version_starts.values() for run, _ in starts})
    hashes: dict[tuple[int, int, str], str] = {}
    providers = sorted({past.provider_id for past in histories if past.regime in version_starts})
    for run in runs:
        for chunk in bulk.split_chunks(providers):
            rows = session.execute(
                select(a.provider_id, a.regime, a.findings_sha256).where(
                    a.run_id == run, a.provider_id.in_(chunk), a.regime.in_(list(version_starts))
                )
            )
            hashes.update({(run, row.provider_id, row.regime): row.findings_sha256 for row in rows})
    return hashes


def _read_adverse_findings(session: Session, hashes: Collection[str]) -> dict[str, AdverseFindings]:
    by_hash: dict[str, AdverseFindings] = {}
    for chunk in bulk.split_chunks(sorted(hashes)):
        rows = session.execute(select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(chunk)))
        by_hash.update({row.sha256: adverse_findings(row.findings) for row in rows})
    return by_hash


def _fold_additions(
    history: _RunHistory,
    version_starts: Sequence[VersionStart],
    first_findings: FirstFindings,
    sets: Mapping[str, AdverseFindings],
) -> list[AddedFindings]:
    """Follow the history of an escalation and collect its additions."""
    additions: list[AddedFindings] = []
    known: AdverseFindings = NO_ADVERSE_FINDINGS
    waiting = [(run, rules) for run, rules in version_starts if run > history.entries[0].run_id]
    for number, entry in enumerate(history.entries):
        while waiting and waiting[0][0] <= entry.run_id:
            run, rules = waiting.pop(0)
            first = first_findings.get((run, history.provider_id, history.regime), "")
            known = add_version_findings(known, sets.get(first, NO_ADVERSE_FINDINGS), rules)
        now = sets.get(entry.findings_sha256, NO_ADVERSE_FINDINGS)
        if entry.reason is Reason.ADDED:
            rules = (
                added_adverse_rules(entry.level, now, known) if number else frozenset()
            )  # the findings before the first entry are unknown
            additions.append(AddedFindings(entry.change, entry.run_id, rules))
        known = add_notified_findings(known, entry.reason, now)
    return additions
