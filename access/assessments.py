"""Reads what somebody may see of stored assessments: of nearly all of them everything, of the others what is left."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select

from access.redaction import EventRow, VisibleAssessment, redact_assessment
from access.viewer import ReaderAudiences, may_see, split_audiences
from indicators import catalogue
from indicators.ledger.day_numbers import day_of
from indicators.ledger.reader import audience_conditions
from models import bulk
from models.database import Session, table_of
from models.findings import Finding
from models.ledger import IndicatorKey, Observation
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Audience
from regimes.store import parse_archived_regime

ASSESSMENT, FINDINGS, RUN = table_of(Assessment).c, table_of(FindingSet).c, table_of(Run).c
ARCHIVED, AUDIENCE, OBSERVATION = table_of(ArchivedFile).c, table_of(Audience).c, table_of(Observation).c
INDICATOR = table_of(IndicatorKey).c

AssessmentKey = tuple[int, int, str]  # run, provider's number, regime
RegimeFiles = Mapping[str, Mapping[str, Any]]  # regime's key to its file


def redacted_assessments(
    session: Session, audiences: ReaderAudiences, *where: ColumnElement[bool]
) -> dict[AssessmentKey, VisibleAssessment]:
    """Of the assessments under these conditions, those of which somebody may not see all, as they see them."""
    if audiences is None:
        return {}
    statement = select(table_of(Assessment)).where(ASSESSMENT.audiences != "", *where)
    return redact_assessment_rows(session, audiences, session.execute(statement))


def redact_assessment_rows(
    session: Session, audiences: ReaderAudiences, assessments: Iterable[Any]
) -> dict[AssessmentKey, VisibleAssessment]:
    """The same of assessments that have been read, with all their columns."""
    if audiences is None:
        return {}
    rows = [row for row in assessments if row.audiences and not may_see(audiences, split_audiences(row.audiences))]
    sets = load_findings(session, rows)
    hidden = (one for findings in sets.values() for one in findings if not may_see(audiences, one.get("audiences", ())))
    left = visible_rows(session, audiences, {seq for finding in hidden for seq in finding["seqs"]})
    files = regime_files(session, {row.run_id for row in rows})
    return {
        (row.run_id, row.provider_id, row.regime): redact_assessment(
            row, sets[row.findings_sha256], files[row.run_id].get(row.regime, {}), audiences, left
        )
        for row in rows
    }


def regime_files(session: Session, runs: Collection[int]) -> dict[int, RegimeFiles]:
    """The regimes of some runs as their files had them."""
    used: dict[int, Mapping[str, str]] = {}
    for chunk in bulk.split_chunks(sorted(runs)):
        used.update(session.execute(select(RUN.id, RUN.regimes).where(RUN.id.in_(chunk))).tuples().all())
    hashes = {sha256 for regimes in used.values() for sha256 in regimes.values()}
    found = select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(hashes))
    files = {row.sha256: parse_archived_regime(row.body) for row in session.execute(found)}
    return {run: {key: files.get(sha256, {}) for key, sha256 in regimes.items()} for run, regimes in used.items()}


def load_findings(session: Session, assessments: Iterable[Any]) -> dict[str, list[Finding]]:
    """The findings of assessments (``findings_sha256``, ``audiences``) by hash, each with its audiences if it has any.

    Before findings said for whom they are, only their rows did.
    """
    wanted = {row.findings_sha256: row.audiences for row in assessments}
    sets: dict[str, list[Finding]] = {}
    for chunk in bulk.split_chunks(sorted(wanted)):
        found = select(FINDINGS.sha256, FINDINGS.findings).where(FINDINGS.sha256.in_(chunk))
        sets.update(session.execute(found).tuples().all())
    old = [
        finding
        for sha256, findings in sets.items()
        for finding in findings
        if wanted[sha256] and not any("audiences" in one for one in findings)
    ]
    whose = _audiences_by_row(session, {seq for finding in old for seq in finding["seqs"] if seq > 0})
    for finding in old:
        audiences = sorted({whose[seq] for seq in finding["seqs"] if seq in whose})
        if audiences:
            finding["audiences"] = audiences
    return sets


def visible_rows(session: Session, audiences: ReaderAudiences, seqs: Collection[int]) -> dict[int, EventRow]:
    """Of these rows of the ledger, those that somebody may see."""
    o, found = OBSERVATION, dict[int, EventRow]()
    titles = {key: one.title for key, one in catalogue.load().indicators.items()}
    for chunk in bulk.split_chunks(sorted(seqs)):
        rows = session.execute(
            select(o.seq, o.period_end, o.known_on, o.value_text, INDICATOR.key)
            .join_from(table_of(Observation), table_of(IndicatorKey), INDICATOR.id == o.indicator_id)
            .where(o.seq.in_(chunk), *audience_conditions(o, audiences))
        )
        for row in rows:
            on, known_on = (day_of(row.known_on if day is None else day) for day in (row.period_end, row.known_on))
            found[row.seq] = EventRow(on, known_on, titles.get(row.key, row.key), row.value_text)
    return found


def _audiences_by_row(session: Session, seqs: Collection[int]) -> dict[int, str]:
    """For whom rows of the ledger are; of those that are not for everybody."""
    found: dict[int, str] = {}
    for chunk in bulk.split_chunks(sorted(seqs)):
        rows = (
            select(OBSERVATION.seq, AUDIENCE.key)
            .join_from(table_of(Observation), table_of(Audience), AUDIENCE.id == OBSERVATION.audience_id)
            .where(OBSERVATION.seq.in_(chunk), AUDIENCE.id != 1)
        )
        found.update(session.execute(rows).tuples().all())
    return found
