"""Reads the causes of changed verdicts from the findings, files and code versions of two runs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, or_, select

from access.assessments import redact_assessment_rows
from access.viewer import ReaderAudiences
from alerts.decide import Reason
from alerts.escalation.added_findings import RISK_PRINCIPLES
from alerts.escalation.change_causes import (
    UNKNOWN_CAUSES,
    Causes,
    LevelWithFindings,
    RunDifferences,
    find_causes,
)
from alerts.escalation.regime_files import read_regime_files
from alerts.escalation.state_changes import ASSESSMENT, RUN, ProviderRegime, StateChange
from alerts.escalation.version_differences import version_differences
from indicators.ledger.repeats import OBSERVATION
from models import bulk
from models.database import Session, table_of
from models.findings import Finding
from models.scoring import Assessment, FindingSet, Run
from models.vocabulary import Level, View
from risk.runs import is_finished_run

FINDING_SET = table_of(FindingSet).c


_IMMEDIATE_REASONS = {
    Reason.OPENED,
    Reason.RAISED,
    Reason.ADDED,
    Reason.ENDED,
}  # news of what the run before did not say yet


_DELAYED_REASONS = {Reason.LOWERED, Reason.RESOLVED}  # news only when it has lasted


def previous_run(session: Session, run: Run) -> Run | None:
    """The newest earlier run of the same day or an earlier day, with the same view."""
    previous: Run | None = session.scalar(
        select(Run)
        .where(
            *is_finished_run(View(run.view)),
            or_(RUN.day < run.day, and_(RUN.day == run.day, RUN.id < run.id)),
        )
        .order_by(RUN.day.desc(), RUN.id.desc())
        .limit(1)
    )
    return previous


def add_causes(session: Session, run: Run, changes: Iterable[StateChange]) -> None:
    """Put the causes into each change that is news because of the run's findings."""
    before = previous_run(session, run)
    if before is None:
        return
    wanted: dict[int, dict[ProviderRegime, StateChange]] = {}
    late = [change for change in changes if change.news.reason in _DELAYED_REASONS]
    compared = _last_runs_above(session, run, late)
    for change in changes:
        if change.news.reason in _IMMEDIATE_REASONS:
            wanted.setdefault(before.id or 0, {})[change.key] = change
        elif change.key in compared:
            wanted.setdefault(compared[change.key], {})[change.key] = change
    for number, changes_by_key in wanted.items():
        causes = causes_between(session, session.get_one(Run, number), run, changes_by_key.keys())
        for key, change in changes_by_key.items():
            change.causes = causes.get(key, UNKNOWN_CAUSES)


def _last_runs_above(session: Session, run: Run, changes: Iterable[StateChange]) -> dict[ProviderRegime, int]:
    """For each lowered level, the last run before this one with that level or a worse one."""
    a, last_runs = ASSESSMENT, dict[ProviderRegime, int]()
    by_level: dict[tuple[Level, str], list[int]] = {}
    for change in changes:
        by_level.setdefault((change.before or Level.NONE, change.regime), []).append(change.provider_id)
    for (level, regime), providers in by_level.items():
        levels = [other for other in Level if other.rank >= max(1, level.rank)]
        for chunk in bulk.split_chunks(sorted(providers)):
            rows = session.execute(
                select(a.provider_id, RUN.id)
                .join_from(table_of(Assessment), table_of(Run), RUN.id == a.run_id)
                .where(
                    a.provider_id.in_(chunk),
                    a.regime == regime,
                    a.level.in_(levels),
                    RUN.day <= run.day,
                    RUN.id != run.id,
                    *is_finished_run(View(run.view)),
                )
                .order_by(RUN.day, RUN.id)
            )
            last_runs.update({(row.provider_id, regime): row.id for row in rows})
    return last_runs


def causes_between(
    session: Session, before: Run, run: Run, keys: Collection[ProviderRegime], *, audiences: ReaderAudiences = None
) -> dict[ProviderRegime, Causes]:
    """The causes of different verdicts in two runs.

    Args:
        session: the transaction.
        before: the earlier run.
        run: the later one.
        keys: numbers of providers, each with a regime.
        audiences: the reader's; findings restricted to other audiences do not count.
    """
    earlier, later = (_read_levels(session, each_run, keys, audiences) for each_run in (before, run))
    gone = _dropped_rows(earlier, later)
    withdrawn = _read_retracted_rows(session, gone, before.upto_seq)
    apart = {regime: run_differences(session, before, run, regime) for regime in {regime for _, regime in keys}}
    return {
        key: find_causes(earlier.get(key), later.get(key), apart[key[1]], withdrawn)
        for key in keys
        if key[1] in before.regimes
    }


def visible_causes(session: Session, run: int, key: ProviderRegime, audiences: ReaderAudiences) -> Causes:
    """The causes of a verdict that differs from the run before, according to the findings that a reader may see.

    Args:
        session: the transaction.
        run: the later run's number.
        key: a provider's number and a regime.
        audiences: the reader's.
    """
    later = session.get_one(Run, run)
    before = previous_run(session, later)
    if before is None:
        return UNKNOWN_CAUSES
    return causes_between(session, before, later, {key}, audiences=audiences).get(key, UNKNOWN_CAUSES)


def _read_levels(
    session: Session, run: Run, keys: Collection[ProviderRegime], audiences: ReaderAudiences
) -> dict[ProviderRegime, LevelWithFindings]:
    rows = list[Any]()
    for chunk in bulk.split_chunks(sorted({provider for provider, _ in keys})):
        rows += session.execute(
            select(table_of(Assessment)).where(ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id.in_(chunk))
        )
    rows = [row for row in rows if (row.provider_id, row.regime) in keys]
    sets: dict[str, list[Finding]] = {}
    for chunk in bulk.split_chunks(sorted({row.findings_sha256 for row in rows})):
        statement = select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(chunk))
        sets.update({row.sha256: _risk_findings(row.findings) for row in session.execute(statement)})
    redacted = redact_assessment_rows(session, audiences, rows)
    levels = {}
    for row in rows:
        assessment = redacted.get((row.run_id, row.provider_id, row.regime))
        findings = sets.get(row.findings_sha256, []) if assessment is None else _risk_findings(assessment.findings)
        levels[row.provider_id, row.regime] = LevelWithFindings(
            Level(row.level if assessment is None else assessment.level), findings
        )
    return levels


def _risk_findings(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding["principle"] in RISK_PRINCIPLES]


def _dropped_rows(
    earlier: Mapping[ProviderRegime, LevelWithFindings], later: Mapping[ProviderRegime, LevelWithFindings]
) -> set[int]:
    """The rows of the ledger that only the earlier findings rest on."""
    before, now = (
        {seq for judged in side.values() for finding in judged.findings for seq in finding["seqs"]}
        for side in (earlier, later)
    )
    return before - now


def _read_retracted_rows(session: Session, rows: Collection[int], upto_seq: int) -> set[int]:
    """The rows among ``rows`` that were retracted after a run."""
    o, retracted = OBSERVATION.c, set[int]()
    for chunk in bulk.split_chunks(sorted(seq for seq in rows if seq > 0)):
        retracted.update(session.scalars(select(o.retracts).where(o.retracts.in_(chunk), o.seq > upto_seq)))
    return retracted


def run_differences(session: Session, before: Run, run: Run, regime: str) -> RunDifferences:
    """The differences between two runs under a regime."""
    files = read_regime_files(
        session, [each_run.regimes[regime] for each_run in (before, run) if regime in each_run.regimes]
    )
    was, now = (files.get(of.regimes.get(regime, ""), {}) for of in (before, run))
    return replace(
        version_differences(was, now, since=before.day, upto_seq=before.upto_seq),
        has_other_model=before.model_hash != run.model_hash,
        has_other_service=before.code_version != run.code_version,
    )
