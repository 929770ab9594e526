"""Levels and facts over several runs: levels day by day, later levels, findings of a run. No Streamlit."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, case, func, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from indicators.ledger.rows import newest_load
from models import bulk
from models.database import Session, read_session, table_of
from models.findings import Finding
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level, RunStatus
from queries.assessment_rows import redact_assessments
from regimes.store import parse_archived_regime
from risk import runs
from risk.runs import select_finished_runs

ARCHIVED, ASSESSMENT, FINDINGS = table_of(ArchivedFile).c, table_of(Assessment).c, table_of(FindingSet).c
RUN, SUBJECT = table_of(Run).c, table_of(Subject).c
_WORST_FIRST = (Level.CRITICAL, Level.CONCERN, Level.WATCH, Level.UNSCORABLE, Level.NONE)  # as the watchlist sorts
_ORDER = case({level: number for number, level in enumerate(_WORST_FIRST)}, value=ASSESSMENT.level)


class DataVersion(NamedTuple):
    """A version of runs and ledger: while the version stays the same, every answer stays the same."""

    runs: int
    newest_run: int
    newest_load: int


def read_data_version(engine: Engine) -> DataVersion:
    """The present version of runs and ledger."""
    with read_session(engine) as session:
        runs = session.execute(select(func.count(), func.max(RUN.id)).where(RUN.status == RunStatus.DONE)).one()
        return DataVersion(runs[0], runs[1] or 0, newest_load(session))


def newest_run_by_day(engine: Engine) -> dict[date, int]:
    """Every scored day with its newest run, oldest first."""
    with read_session(engine) as session:
        return runs.newest_run_by_day(session)


def level_counts(engine: Engine, run: int, *, audiences: ReaderAudiences) -> dict[str, int]:
    """The number of providers at each level of a run, each under its worst regime."""
    worst = (
        select(func.min(_ORDER).label("nth"))
        .where(ASSESSMENT.run_id == run)
        .group_by(ASSESSMENT.provider_id)
        .subquery()
    )
    with read_session(engine) as session:
        rows = session.execute(select(worst.c.nth, func.count()).group_by(worst.c.nth)).all()
        redacted = _worst_levels(session, audiences, ASSESSMENT.run_id == run)
    counts = Counter({_WORST_FIRST[nth]: number for nth, number in rows})
    for stored, visible in redacted.values():
        counts[stored] -= 1
        counts[visible] += 1
    return {level: counts[level] for level in _WORST_FIRST}


def _worst_levels(
    session: Session, audiences: ReaderAudiences, *where: ColumnElement[bool]
) -> dict[tuple[int, int], tuple[Level, Level]]:
    """Run and provider's number to the worst level, stored and visible, of providers that the reader sees in part."""
    redacted = redacted_assessments(session, audiences, *where)
    by_provider: dict[tuple[int, int], list[tuple[Level, Level]]] = {}
    for chunk in bulk.split_chunks(sorted({provider for _, provider, _ in redacted})):
        rows = session.execute(
            select(ASSESSMENT.run_id, ASSESSMENT.provider_id, ASSESSMENT.regime, ASSESSMENT.level).where(
                *where, ASSESSMENT.provider_id.in_(chunk)
            )
        )
        for row in rows:
            visible = redacted.get((row.run_id, row.provider_id, row.regime), row)
            by_provider.setdefault((row.run_id, row.provider_id), []).append((Level(row.level), Level(visible.level)))
    return {
        key: (
            min((stored for stored, _ in levels), key=_WORST_FIRST.index),
            min((visible for _, visible in levels), key=_WORST_FIRST.index),
        )
        for key, levels in by_provider.items()
    }


def regime_files(engine: Engine, run: int) -> dict[str, Mapping[str, Any]]:
    """Key to parsed file of the regimes that a run scored by, as the files were on that run."""
    with read_session(engine) as session:
        hashes = session.scalar(select(table_of(Run).c.regimes).where(RUN.id == run)) or {}
        statement = select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(hashes.values()))
        files = {row.sha256: parse_archived_regime(row.body) for row in session.execute(statement)}
    return {key: files.get(sha256, {}) for key, sha256 in hashes.items()}


def provider_findings(
    engine: Engine, run: int, providers: Iterable[str], *, audiences: ReaderAudiences
) -> dict[tuple[str, str], Sequence[Finding]]:
    """The findings of some providers in a run, by identifier and regime."""
    findings: dict[tuple[str, str], Sequence[Finding]] = {}
    for chunk in bulk.split_chunks(providers):
        statement = (
            select(table_of(Assessment), SUBJECT.key, FINDINGS.findings)
            .join_from(table_of(Assessment), table_of(FindingSet), FINDINGS.sha256 == ASSESSMENT.findings_sha256)
            .join(table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            # Filtered by number: with the identifier alone, SQLite would read every assessment of the run.
            .where(
                ASSESSMENT.run_id == run, ASSESSMENT.provider_id.in_(select(SUBJECT.id).where(SUBJECT.key.in_(chunk)))
            )
        )
        with read_session(engine) as session:
            rows = redact_assessments(session, audiences, session.execute(statement).all())
        findings.update({(row.key, row.regime): row.findings for row in rows})
    return findings


class UncoveredProvider(NamedTuple):
    """A provider that no regime covers any more."""

    id: str
    name: str
    level: Level  # its worst level on the scored day before


def providers_no_longer_covered(
    engine: Engine, run: int, previous_run: int, *, audiences: ReaderAudiences
) -> list[UncoveredProvider]:
    """Providers that a regime covered in the run before and no regime covers in this run, the worst first."""
    covered = select(ASSESSMENT.provider_id).where(ASSESSMENT.run_id == run)
    statement = (
        select(SUBJECT.id, SUBJECT.key, func.max(ASSESSMENT.provider_name).label("name"), func.min(_ORDER).label("nth"))
        .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
        .where(ASSESSMENT.run_id == previous_run, ASSESSMENT.provider_id.not_in(covered))
        .group_by(SUBJECT.id, SUBJECT.key)
    )
    with read_session(engine) as session:
        rows = session.execute(statement).all()
        redacted = _worst_levels(session, audiences, ASSESSMENT.run_id == previous_run) if rows else {}
    providers = [UncoveredProvider(row.key, row.name, _visible_level(redacted, previous_run, row)) for row in rows]
    return sorted(providers, key=lambda provider: (_WORST_FIRST.index(provider.level), provider.name.lower()))


def _visible_level(redacted: Mapping[tuple[int, int], tuple[Level, Level]], run: int, row: Any) -> Level:
    level = _WORST_FIRST[row.nth]
    return redacted.get((run, row.id), (level, level))[1]


class LevelOnDay(NamedTuple):
    """A provider's worst level on a scored day."""

    day: date
    level: Level


def later_levels(
    engine: Engine, day: date, providers: Sequence[str], *, audiences: ReaderAudiences
) -> dict[str, list[LevelOnDay]]:
    """Identifier to the worst level on every day scored after ``day``, oldest first."""
    runs = [run for scored_day, run in newest_run_by_day(engine).items() if scored_day > day]
    levels: dict[str, list[LevelOnDay]] = {}
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
            redacted = _worst_levels(session, audiences, ASSESSMENT.run_id.in_(runs), of_these)
            for row in session.execute(statement):
                level = LevelOnDay(row.day, _visible_level(redacted, row.run, row))
                levels.setdefault(row.key, []).append(level)
    return levels


class RegimeLevel(NamedTuple):
    """A provider's level under a regime on a scored day."""

    day: date
    regime: str
    level: str


def levels_over_time(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> list[RegimeLevel]:
    """The provider's level on every scored day up to ``day`` (newest revision of each), by day and regime."""
    newest = select_finished_runs().with_only_columns(func.max(RUN.id)).where(RUN.day <= day).group_by(RUN.day)
    is_of_provider = ASSESSMENT.provider_id == select(SUBJECT.id).where(SUBJECT.key == provider).scalar_subquery()
    statement = (
        select(RUN.day, ASSESSMENT.regime, ASSESSMENT.level, RUN.id, ASSESSMENT.provider_id)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .where(is_of_provider, RUN.id.in_(newest))
        .order_by(RUN.day, ASSESSMENT.regime)
    )
    with read_session(engine) as session:
        redacted = redacted_assessments(session, audiences, is_of_provider)
        rows = session.execute(statement).all()
    return [
        RegimeLevel(row.day, row.regime, str(redacted.get((row.id, row.provider_id, row.regime), row).level))
        for row in rows
    ]
