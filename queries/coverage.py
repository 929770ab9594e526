"""Beside the verdict: the end of a provider's coverage, and documents about the provider that could not be read."""

import re
from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from indicators import catalogue
from indicators.ledger.as_of import as_of
from indicators.ledger.rows import find_document_of_load, read_quarantined_rows
from indicators.sources import casework
from models.database import read_session, table_of
from models.scoring import ArchivedFile, Assessment, Run
from models.subjects import Subject
from queries.explanation import CoverageEnd, LastAssessment, UnreadableDocuments
from regimes.store import parse_archived_regime
from risk.runs import select_finished_runs

ASSESSMENT, RUN, SUBJECT = table_of(Assessment).c, table_of(Run).c, table_of(Subject).c
MIN_NUMBER_LENGTH = 5  # characters of an identifier that a document's name can be searched for without finding others

_NEWEST_END = """
SELECT indicator.key, period_end, known_on, value_text, load_id
FROM observation JOIN indicator ON indicator.id = indicator_id
WHERE list_contains($events, indicator.key)
ORDER BY coalesce(period_end, known_on) DESC, known_on DESC, indicator.key LIMIT 1
"""


def find_coverage_end(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> CoverageEnd | None:
    """The event that ended the coverage of a provider, as known on the day.

    None where no event is known that ends the coverage of a regime of the newest run.

    Args:
        engine: the database.
        provider: its identifier.
        day: events that became known later are left out.
        audiences: the audiences of the reader.
    """
    events = _ending_events(engine, day)
    if not events:
        return None
    with as_of(engine, day, subjects=[provider], audiences=audiences) as known:
        rows = known.sql(_NEWEST_END, events=events).fetchall()
    if not rows:
        return None
    ((key, period_end, known_on, text, load_id),) = rows
    with read_session(engine) as session:
        document = find_document_of_load(session, load_id)
    indicator = catalogue.load().indicators.get(key)
    return {
        "indicator": key,
        "title": indicator.title if indicator else key,
        "text": text,
        "on": (period_end or known_on).isoformat(),
        "known_on": known_on.isoformat(),
        "register": document.register if document else None,
        "document": document.name if document else None,
    }


def _ending_events(engine: Engine, day: date) -> list[str]:
    """The indicators that end coverage under any regime of the newest run up to the day."""
    newest = select_finished_runs().where(RUN.day <= day).order_by(RUN.day.desc(), RUN.id.desc()).limit(1)
    with read_session(engine) as session:
        run = session.scalar(newest)
        files = [session.get(ArchivedFile, sha256) for sha256 in run.regimes.values()] if run is not None else []
    regimes = [parse_archived_regime(file.body) for file in files if file is not None]
    return sorted({event for regime in regimes for event in regime.get("covers", {}).get("ends_on", ())})


def find_last_assessment(
    engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences
) -> LastAssessment | None:
    """The newest scored day up to ``day`` on which a regime covered the provider, with its level under each."""
    of_provider = select(ASSESSMENT.run_id).join_from(
        table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id
    )
    runs = select_finished_runs().where(RUN.day <= day, RUN.id.in_(of_provider.where(SUBJECT.key == provider)))
    with read_session(engine) as session:
        run = session.scalar(runs.order_by(RUN.day.desc(), RUN.id.desc()).limit(1))
        if run is None:
            return None
        levels = session.execute(
            select(ASSESSMENT.regime, ASSESSMENT.level)
            .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .where(ASSESSMENT.run_id == run.id, SUBJECT.key == provider)
            .order_by(ASSESSMENT.regime)
        ).tuples()
        level_by_regime = dict(levels.all())
        redacted = redacted_assessments(
            session, audiences, ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id.in_(_provider_ids(provider))
        )
        level_by_regime |= {regime: str(visible.level) for (_, _, regime), visible in redacted.items()}
        return {"day": run.day.isoformat(), "run": run.id or 0, "regimes": level_by_regime}


def _provider_ids(provider: str) -> Any:
    return select(SUBJECT.id).where(SUBJECT.key == provider)


def find_unreadable_documents(
    engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences
) -> UnreadableDocuments:
    """The quarantined rows of documents that carry the provider's number in their name, as known on the day.

    Quarantined casework does not say which provider it is about: only readers who see everything get it.
    """
    number = provider.split("-", 2)[-1]
    if len(number) < MIN_NUMBER_LENGTH:
        return {"count": 0, "reasons": {}, "documents": []}
    whole_number = re.compile(rf"(?<![0-9A-Za-z]){re.escape(number)}(?![0-9A-Za-z])")
    hidden_register = None if audiences is None else casework.REGISTER
    with read_session(engine) as session:
        rows = [
            row
            for row in read_quarantined_rows(session, number, day, without_register=hidden_register)
            if whole_number.search(f"{row.document} {row.place}")
        ]
    return {
        "count": len(rows),
        "reasons": dict(Counter(row.reason for row in rows).most_common()),
        "documents": list(dict.fromkeys(row.document for row in rows)),
    }
