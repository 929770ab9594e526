"""Reads stored assessments as a reader sees them who may not see every finding."""

from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any

from sqlalchemy import ColumnElement, select

from access.redaction import VisibleAssessment, pick_audiences, unscored_assessment
from access.viewer import ReaderAudiences, may_see_whole, split_audiences
from models import bulk
from models.database import Session, table_of
from models.findings import Finding
from models.scoring import Assessment, FindingSet, RedactedAssessment
from models.vocabulary import Level, Principle

ASSESSMENT, FINDINGS = table_of(Assessment).c, table_of(FindingSet).c
REDACTED = table_of(RedactedAssessment).c

AssessmentKey = tuple[int, int, str]  # run, provider's number, regime


def redacted_assessments(
    session: Session, audiences: ReaderAudiences, *where: ColumnElement[bool]
) -> dict[AssessmentKey, VisibleAssessment]:
    """The assessments that meet the conditions and have findings hidden from the reader, as the reader sees them."""
    if audiences is None:
        return {}
    columns = (ASSESSMENT.run_id, ASSESSMENT.provider_id, ASSESSMENT.regime, ASSESSMENT.audiences)
    statement = select(*columns).where(ASSESSMENT.audiences != "", *where)
    return redact_assessment_rows(session, audiences, session.execute(statement))


def redact_assessment_rows(
    session: Session, audiences: ReaderAudiences, assessments: Iterable[Any]
) -> dict[AssessmentKey, VisibleAssessment]:
    """Rows of assessments (``run_id``, ``provider_id``, ``regime``, ``audiences``) as the reader sees them."""
    if audiences is None:
        return {}
    keys = {
        (row.run_id, row.provider_id, row.regime) for row in assessments if not may_see_whole(audiences, row.audiences)
    }
    stored = _read_redacted(session, audiences, keys)
    findings = _read_findings(session, {row.findings_sha256 for row in stored.values()})
    return {key: _visible_assessment(stored[key], findings) if key in stored else unscored_assessment() for key in keys}


def _read_redacted(session: Session, audiences: ReaderAudiences, keys: Set[AssessmentKey]) -> dict[AssessmentKey, Any]:
    """The stored row of each assessment that shows the reader most; none for a run that has not stored any."""
    by_key: dict[AssessmentKey, dict[frozenset[str], Any]] = {}
    runs, providers = sorted({run for run, _, _ in keys}), sorted({provider for _, provider, _ in keys})
    for run_chunk in bulk.split_chunks(runs):
        for provider_chunk in bulk.split_chunks(providers):
            statement = select(table_of(RedactedAssessment)).where(
                REDACTED.run_id.in_(run_chunk), REDACTED.provider_id.in_(provider_chunk)
            )
            for row in session.execute(statement):
                options = by_key.setdefault((row.run_id, row.provider_id, row.regime), {})
                options[frozenset(split_audiences(row.visible_to))] = row
    picked = {key: pick_audiences(audiences, by_key[key]) for key in keys & by_key.keys()}
    return {key: by_key[key][visible_to] for key, visible_to in picked.items() if visible_to is not None}


def _read_findings(session: Session, hashes: Collection[str]) -> dict[str, list[Finding]]:
    findings_by_hash: dict[str, list[Finding]] = {}
    for chunk in bulk.split_chunks(sorted(hashes)):
        statement = select(FINDINGS.sha256, FINDINGS.findings).where(FINDINGS.sha256.in_(chunk))
        findings_by_hash.update(session.execute(statement).tuples().all())
    return findings_by_hash


def _visible_assessment(row: Any, findings: Mapping[str, list[Finding]]) -> VisibleAssessment:
    return VisibleAssessment(
        level=Level(row.level),
        rating=row.rating,
        stage=row.stage,
        principles={str(key): getattr(row, key) for key in Principle},
        unscorable_reasons={str(key): getattr(row, f"{key}_because") for key in Principle},
        findings=findings[row.findings_sha256],
    )
