"""One provider explained: each regime's verdict, principle by principle and figure by figure. No Streamlit."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from sqlalchemy import Engine, select

from access.viewer import ReaderAudiences
from indicators.names import read_names
from models.database import read_session, table_of
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Principle
from queries.assessment_rows import AssessmentRow, redact_assessments
from queries.coverage import find_coverage_end, find_last_assessment, find_unreadable_documents
from queries.explanation import ExplainedFinding, ExplainedPrinciple, ExplainedRegime, ProviderExplanation
from queries.finding_details import add_finding_details
from queries.last_changes import find_last_change
from queries.ledger_rows import ObservationRow, read_figures
from queries.notified_bodies import name_bodies
from queries.provider_links import read_provider_links
from risk.runs import select_finished_runs

ASSESSMENT, FINDINGS = table_of(Assessment).c, table_of(FindingSet).c
RUN, SUBJECT = table_of(Run).c, table_of(Subject).c


def explain_provider(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> ProviderExplanation:
    """One provider on the newest scored day up to a day.

    Where no regime covers the provider on that day, the explanation has no regimes; links, the end of the coverage and
    the last assessment are there all the same.

    Args:
        engine: the database.
        provider: its identifier.
        day: the newest scored day up to this one is explained.
        audiences: the audiences of the reader.
    """
    with read_session(engine) as session:
        subject = session.scalar(select(SUBJECT.id).where(SUBJECT.key == provider))
        run: Run | None = session.scalar(
            select_finished_runs().where(RUN.day <= day).order_by(RUN.day.desc(), RUN.id.desc()).limit(1)
        )
        assessments: Sequence[AssessmentRow] = []
        if run is not None:
            statement = (
                select(table_of(Assessment), FINDINGS.findings)
                .join_from(table_of(Assessment), table_of(FindingSet), FINDINGS.sha256 == ASSESSMENT.findings_sha256)
                .where(ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id == subject)
                .order_by(ASSESSMENT.regime)
            )
            assessments = redact_assessments(session, audiences, session.execute(statement).all())
        changes = {
            row.regime: find_last_change(session, run, row.provider_id, row.regime, audiences)
            for row in assessments
            if run is not None
        }
    seqs = {seq for row in assessments for finding in row.findings for seq in finding["seqs"]}
    figures = read_figures(engine, seqs, day, audiences=audiences)
    with read_session(engine) as session:
        names = read_names(session, {provider, *(figure["subject"] for figure in figures.values())}, day)
    name = assessments[0].provider_name if assessments else names.get(provider, provider)
    for figure in figures.values():
        figure["subject_name"] = names.get(figure["subject"], figure["subject"])
    regimes = [
        _explain_regime(engine, run, provider, row, figures, audiences=audiences)
        for row in assessments
        if run is not None
    ]
    links = read_provider_links(engine, provider, day, audiences=audiences)
    name_bodies(regimes, links, provider, name, day)
    for regime in regimes:
        regime["last_change"] = changes[regime["regime"]]
    return {
        "id": provider,
        "name": name,
        "day": day.isoformat(),
        "scored_on": run.day.isoformat() if run is not None and assessments else None,
        "run": run.id if run is not None and assessments else None,
        "source_findings": run.source_findings if run is not None else [],
        "regimes": regimes,
        "ended": None if assessments else find_coverage_end(engine, provider, day, audiences=audiences),
        "last_assessed": find_last_assessment(engine, provider, day, audiences=audiences),
        "unreadable": find_unreadable_documents(engine, provider, day, audiences=audiences),
        "links": links,
    }


def _explain_regime(
    engine: Engine,
    run: Run,
    provider: str,
    assessment: AssessmentRow,
    figures: Mapping[int, ObservationRow],
    *,
    audiences: ReaderAudiences,
) -> ExplainedRegime:
    principles: dict[str, ExplainedPrinciple] = {
        principle: {
            "level": getattr(assessment, principle),
            "unscorable_because": getattr(assessment, f"{principle}_because") or None,
            "findings": [],
        }
        for principle in Principle
    }
    for finding in assessment.findings:
        shown = {
            **finding,
            "unscorable_because": finding.get("unscorable_because"),
            "figures": [figures[seq] for seq in finding["seqs"] if seq in figures],
        }
        principles[finding["principle"]]["findings"].append(cast("ExplainedFinding", shown))
    explained: ExplainedRegime = {
        "regime": assessment.regime,
        "level": assessment.level,
        "rating": assessment.rating,
        "is_official": assessment.is_official,
        "stage": assessment.stage,
        "probability": assessment.probability,
        "probability_reason": assessment.probability_reason,
        "principles": principles,
    }
    add_finding_details(engine, run, provider, assessment, explained, audiences=audiences)
    return explained
