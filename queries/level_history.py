"""What is read over several runs: levels day by day, what later runs and later facts said. No Streamlit here."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import yaml
from sqlalchemy import ColumnElement, Engine, Select, case, func, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LOAD, OBSERVATION, retracted_rows
from models import bulk
from models.database import Session, read_session, table_of
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import IndicatorKind, Level, RunStatus, View
from queries.watchlist import (
    ASSESSMENT,
    FINDINGS,
    INDICATOR,
    RUN,
    SUBJECT,
    ledger_row_values,
    ledger_rows_query,
    redact_assessments,
)

ARCHIVED = table_of(ArchivedFile).c
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where it is built in
_WORST_FIRST = (Level.CRITICAL, Level.CONCERN, Level.WATCH, Level.UNSCORABLE, Level.NONE)  # as the watchlist sorts
_ORDER = case({level: number for number, level in enumerate(_WORST_FIRST)}, value=ASSESSMENT.level)


class DataVersion(NamedTuple):
    """How far runs and ledger have come: while it stays the same, so does everything that is read."""

    runs: int
    newest_run: int
    newest_load: int


def read_data_version(engine: Engine) -> DataVersion:
    """How far runs and ledger have come now."""
    with read_session(engine) as session:
        runs = session.execute(select(func.count(), func.max(RUN.id)).where(RUN.status == RunStatus.DONE)).one()
        newest_load = session.scalar(select(func.max(LOAD.id)).where(LOAD.is_done))
    return DataVersion(runs[0], runs[1] or 0, newest_load or 0)


def newest_run_by_day(engine: Engine) -> dict[date, int]:
    """Every scored day with its newest run, oldest first."""
    statement = (
        select(RUN.day, func.max(RUN.id).label("run"))
        .where(RUN.status == RunStatus.DONE, RUN.view == View.FULL)
        .group_by(RUN.day)
        .order_by(RUN.day)
    )
    with read_session(engine) as session:
        return {row.day: row.run for row in session.execute(statement)}


def level_counts(engine: Engine, run: int, *, audiences: ReaderAudiences) -> dict[str, int]:
    """How many providers a run left at each level, each under its worst regime."""
    worst = (
        select(func.min(_ORDER).label("nth"))
        .where(ASSESSMENT.run_id == run)
        .group_by(ASSESSMENT.provider_id)
        .subquery()
    )
    with read_session(engine) as session:
        rows = session.execute(select(worst.c.nth, func.count()).group_by(worst.c.nth)).all()
        partial = _worst_levels(session, audiences, ASSESSMENT.run_id == run)
    found = Counter({_WORST_FIRST[nth]: number for nth, number in rows})
    for was, level in partial.values():
        found[was] -= 1
        found[level] += 1
    return {level: found[level] for level in _WORST_FIRST}


def _worst_levels(
    session: Session, audiences: ReaderAudiences, *where: ColumnElement[bool]
) -> dict[tuple[int, int], tuple[Level, Level]]:
    """By run and provider's number, the worst level as it is and as it is seen; of those who are not seen whole."""
    partial = redacted_assessments(session, audiences, *where)
    found: dict[tuple[int, int], list[tuple[Level, Level]]] = {}
    for chunk in bulk.split_chunks(sorted({provider for _, provider, _ in partial})):
        rows = session.execute(
            select(ASSESSMENT.run_id, ASSESSMENT.provider_id, ASSESSMENT.regime, ASSESSMENT.level).where(
                *where, ASSESSMENT.provider_id.in_(chunk)
            )
        )
        for row in rows:
            seen = partial.get((row.run_id, row.provider_id, row.regime), row)
            found.setdefault((row.run_id, row.provider_id), []).append((Level(row.level), Level(seen.level)))
    return {
        key: (
            min((one for one, _ in levels), key=_WORST_FIRST.index),
            min((one for _, one in levels), key=_WORST_FIRST.index),
        )
        for key, levels in found.items()
    }


def regime_files(engine: Engine, run: int) -> dict[str, dict[str, Any]]:
    """The files of the regimes that a run scored by, as they were used, parsed."""
    with read_session(engine) as session:
        hashes = session.scalar(select(table_of(Run).c.regimes).where(RUN.id == run)) or {}
        found = select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(hashes.values()))
        files = {row.sha256: yaml.load(row.body, _LOADER) for row in session.execute(found)}  # noqa: S506  (a safe one)
    return {key: files.get(sha256, {}) for key, sha256 in hashes.items()}


def provider_findings(
    engine: Engine, run: int, providers: Iterable[str], *, audiences: ReaderAudiences
) -> dict[tuple[str, str], Sequence[Mapping[str, Any]]]:
    """The findings of some providers in a run, by identifier and regime."""
    found: dict[tuple[str, str], Sequence[Mapping[str, Any]]] = {}
    for chunk in bulk.split_chunks(providers):
        statement = (
            select(table_of(Assessment), SUBJECT.key, FINDINGS.findings)
            .join_from(table_of(Assessment), table_of(FindingSet), FINDINGS.sha256 == ASSESSMENT.findings_sha256)
            .join(table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            # By number: by identifier, SQLite would go through all of the run's.
            .where(
                ASSESSMENT.run_id == run, ASSESSMENT.provider_id.in_(select(SUBJECT.id).where(SUBJECT.key.in_(chunk)))
            )
        )
        with read_session(engine) as session:
            rows = redact_assessments(session, audiences, session.execute(statement).all())
        found.update({(row.key, row.regime): row.findings for row in rows})
    return found


def providers_no_longer_covered(
    engine: Engine, run: int, previous_run: int, *, audiences: ReaderAudiences
) -> list[dict[str, Any]]:
    """Providers that the run before had under some regime and this one has under none, by name."""
    here = select(ASSESSMENT.provider_id).where(ASSESSMENT.run_id == run)
    statement = (
        select(SUBJECT.id, SUBJECT.key, func.max(ASSESSMENT.provider_name).label("name"), func.min(_ORDER).label("nth"))
        .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
        .where(ASSESSMENT.run_id == previous_run, ASSESSMENT.provider_id.not_in(here))
        .group_by(SUBJECT.id, SUBJECT.key)
    )
    with read_session(engine) as session:
        rows = session.execute(statement).all()
        partial = _worst_levels(session, audiences, ASSESSMENT.run_id == previous_run) if rows else {}
    named = [{"id": row.key, "name": row.name, "level": _visible_level(partial, previous_run, row)} for row in rows]
    return sorted(named, key=lambda one: (_WORST_FIRST.index(one["level"]), one["name"].lower()))


def _visible_level(partial: Mapping[tuple[int, int], tuple[Level, Level]], run: int, row: Any) -> Level:
    level = _WORST_FIRST[row.nth]
    return partial.get((run, row.id), (level, level))[1]


def later_levels(
    engine: Engine, day: date, providers: Sequence[str], *, audiences: ReaderAudiences
) -> dict[str, list[dict[str, Any]]]:
    """The worst level of each provider on every day scored after ``day``, oldest first: what later runs said."""
    runs = [run for on, run in newest_run_by_day(engine).items() if on > day]
    found: dict[str, list[dict[str, Any]]] = {}
    for chunk in bulk.split_chunks(providers):
        of_these = ASSESSMENT.provider_id.in_(select(SUBJECT.id).where(SUBJECT.key.in_(chunk)))
        statement = (
            select(SUBJECT.id, SUBJECT.key, RUN.day, RUN.id.label("run"), func.min(_ORDER).label("nth"))
            .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .join(table_of(Run), RUN.id == ASSESSMENT.run_id)
            .where(ASSESSMENT.run_id.in_(runs), of_these)
            .group_by(SUBJECT.id, SUBJECT.key, RUN.day, RUN.id)
            .order_by(SUBJECT.key, RUN.day)
        )
        with read_session(engine) as session:
            partial = _worst_levels(session, audiences, ASSESSMENT.run_id.in_(runs), of_these)
            for row in session.execute(statement):
                level = _visible_level(partial, row.run, row)
                found.setdefault(row.key, []).append({"day": row.day, "level": level})
    return found


def later_facts(
    engine: Engine, day: date, providers: Iterable[str], *, audiences: ReaderAudiences, only_events: bool = False
) -> list[dict[str, Any]]:
    """What became known about the providers only after ``day``, in the order in which it did."""
    found: list[dict[str, Any]] = []
    for chunk in bulk.split_chunks(providers):
        statement = _live_rows(audiences).where(OBSERVATION.c.known_on > day_number(day), SUBJECT.key.in_(chunk))
        if only_events:
            statement = statement.where(INDICATOR.kind == IndicatorKind.EVENT)
        with read_session(engine) as session:
            found += [ledger_row_values(row, day) for row in session.execute(statement)]
    return sorted(found, key=lambda one: (one["known_on"], one["seq"]))


def _live_rows(audiences: ReaderAudiences) -> Select[Any]:
    o = OBSERVATION.c
    return ledger_rows_query(audiences).where(
        LOAD.is_done, o.retracts.is_(None), o.seq.not_in(retracted_rows(OBSERVATION))
    )
