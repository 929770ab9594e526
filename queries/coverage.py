"""Beside the verdict: why a provider is not covered any more, and which documents about it could not be read."""

import re
from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Engine, func, or_, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from indicators import catalogue
from indicators.ledger.as_of import as_of
from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LOAD
from indicators.sources import casework
from models.database import read_session, table_of
from models.ledger import Load, Quarantine, Snapshot
from models.scoring import ArchivedFile, Assessment, Run
from models.subjects import Subject
from models.vocabulary import RunStatus, View
from regimes.store import parse_archived_regime

ASSESSMENT, RUN, SUBJECT = table_of(Assessment).c, table_of(Run).c, table_of(Subject).c
SNAPSHOT, QUARANTINE = table_of(Snapshot).c, table_of(Quarantine).c
MIN_NUMBER_LENGTH = 5  # characters of an identifier that a document's name can be searched for without finding others

_NEWEST_END = """
SELECT indicator.key, period_end, known_on, value_text, load_id
FROM observation JOIN indicator ON indicator.id = indicator_id
WHERE list_contains($events, indicator.key)
ORDER BY coalesce(period_end, known_on) DESC, known_on DESC, indicator.key LIMIT 1
"""


def coverage_end(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> dict[str, Any] | None:
    """The event that ended the coverage of a provider, as known on the day: what, when, where it is said.

    Null where none is known of the events that end the coverage of a regime of the newest run.

    Args:
        engine: the database.
        provider: its identifier.
        day: nothing that became known later is looked at.
        audiences: the audiences of whoever reads.
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
        document = session.execute(
            select(SNAPSHOT.register, SNAPSHOT.name)
            .join_from(table_of(Load), table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .where(LOAD.id == load_id)
        ).first()
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
    """The indicators that end coverage, of every regime of the newest run up to the day."""
    newest = _finished_runs().where(RUN.day <= day).order_by(RUN.day.desc(), RUN.id.desc()).limit(1)
    with read_session(engine) as session:
        run = session.scalar(newest)
        files = [session.get(ArchivedFile, sha256) for sha256 in run.regimes.values()] if run is not None else []
    regimes = [parse_archived_regime(file.body) for file in files if file is not None]
    return sorted({event for regime in regimes for event in regime.get("covers", {}).get("ends_on", ())})


def _finished_runs() -> Any:
    return select(Run).where(RUN.status == RunStatus.DONE, RUN.view == View.FULL)


def last_assessment(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> dict[str, Any] | None:
    """The newest scored day up to ``day`` on which a regime covered the provider, with its level under each."""
    of_provider = select(ASSESSMENT.run_id).join_from(
        table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id
    )
    runs = _finished_runs().where(RUN.day <= day, RUN.id.in_(of_provider.where(SUBJECT.key == provider)))
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
        found = dict(levels.all())
        partial = redacted_assessments(
            session, audiences, ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id.in_(_provider_ids(provider))
        )
        found |= {regime: str(seen.level) for (_, _, regime), seen in partial.items()}
        return {"day": run.day.isoformat(), "run": run.id, "regimes": found}


def _provider_ids(provider: str) -> Any:
    return select(SUBJECT.id).where(SUBJECT.key == provider)


def unreadable_documents(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> dict[str, Any]:
    """What was quarantined of documents that carry the provider's number in their name, as known on the day.

    What could not be read of our own casework does not say for whom it is: only those who see everything are told.

    ``count`` of documents, rows and cells; ``reasons``, each with how often; ``documents``, their names.
    """
    number = provider.split("-", 2)[-1]
    nothing: dict[str, Any] = {"count": 0, "reasons": {}, "documents": []}
    if len(number) < MIN_NUMBER_LENGTH:
        return nothing
    known = select(func.max(LOAD.id)).where(
        LOAD.is_done,
        LOAD.withdrawn_by.is_(None),
        (LOAD.known_from <= day_number(day)) | LOAD.known_from.is_(None),
        (LOAD.looked_on <= day) | LOAD.looked_on.is_(None),
    )
    statement = (
        select(SNAPSHOT.name, QUARANTINE.place, QUARANTINE.reason)
        .join_from(table_of(Quarantine), table_of(Load), LOAD.id == QUARANTINE.load_id)
        .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(
            QUARANTINE.load_id.in_(known.group_by(LOAD.snapshot_id)),
            or_(*(column.contains(number, autoescape=True) for column in (SNAPSHOT.name, QUARANTINE.place))),
        )
        .order_by(QUARANTINE.id)
    )
    if audiences is not None:
        statement = statement.where(SNAPSHOT.register != casework.REGISTER)
    whole = re.compile(rf"(?<![0-9A-Za-z]){re.escape(number)}(?![0-9A-Za-z])")
    with read_session(engine) as session:
        rows = [row for row in session.execute(statement) if whole.search(f"{row.name} {row.place}")]
    if not rows:
        return nothing
    return {
        "count": len(rows),
        "reasons": dict(Counter(row.reason for row in rows).most_common()),
        "documents": list(dict.fromkeys(row.name for row in rows)),
    }
