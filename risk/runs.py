"""Begins, stores, counts and finds runs."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Engine, Select, delete, func, select, update

from indicators.ledger.as_of import Horizon, read_horizon
from models import bulk
from models.database import Session, read_session, table_of, write_session
from models.scoring import ArchivedFile, Assessment, FindingSet, Peers, RedactedAssessment, Run
from models.vocabulary import PRINCIPLES, Level, RunStatus, View
from regimes.schema import Regime
from risk.day import ComputedDay
from risk.peers import FigureSpread
from risk.score import RedactedVerdict, Verdict
from settings import WrongInput
from text.english import format_count

RUN, ASSESSMENT, FINDINGS, PEERS = table_of(Run), table_of(Assessment), table_of(FindingSet), table_of(Peers)
REDACTED = table_of(RedactedAssessment)


CHUNK = 20_000  # rows to a transaction


COPIED_COLUMNS = (
    "provider_id",
    "regime",
    "peer_group",
    "rating",
    "is_official",
    "stage",
    "probability_reason",
    "findings_sha256",
    "audiences",
)
REDACTED_COLUMNS = ("provider_id", "regime", "rating", "stage", "findings_sha256")


@dataclass
class ScoringResult:
    """The counts of one scored day."""

    run: int
    revision: int
    is_new: bool
    providers: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    source_findings: int = 0

    def describe(self) -> str:
        """One line for a summary."""
        levels = ", ".join(f"{self.levels[level]:,} {level}" for level in reversed(list(Level)) if self.levels[level])
        state = "scored" if self.is_new else "unchanged since it was scored, nothing added"
        about = f"; {format_count(self.source_findings, 'finding')} about sources" if self.source_findings else ""
        number = sum(self.levels.values())
        return f"assessments: {number:,} of {self.providers:,} providers ({levels or 'none'}){about}; {state}"


def is_ledger_unchanged(engine: Engine, run: Run) -> bool:
    """Whether the ledger is as the run saw it; then the rows need not be read again."""
    return read_horizon(engine) == Horizon(run.upto_seq, run.upto_load, run.upto_pull)


def newest_revision(engine: Engine, day: date, view: View) -> Run | None:
    """The newest finished run of a day in a view, or None."""
    statement = select(Run).where(RUN.c.day == day, *is_finished_run(view))
    with read_session(engine) as session:
        run: Run | None = session.scalar(statement.order_by(RUN.c.revision.desc()).limit(1))
    return run


def list_runs_of_day(engine: Engine, day: date) -> list[Run]:
    """Every finished run of a day, of both views and every revision, oldest first."""
    statement = select(Run).where(RUN.c.day == day, RUN.c.status == RunStatus.DONE).order_by(RUN.c.id)
    with read_session(engine) as session:
        return list(session.scalars(statement))


def delete_killed_runs(engine: Engine) -> None:
    """Delete the rows of killed runs: they were never visible."""
    with read_session(engine) as session:
        killed = list(session.scalars(select(RUN.c.id).where(RUN.c.status == RunStatus.RUNNING)))
    if killed:
        with write_session(engine) as session:
            session.execute(delete(PEERS).where(PEERS.c.run_id.in_(killed)))
            session.execute(delete(REDACTED).where(REDACTED.c.run_id.in_(killed)))
            session.execute(delete(ASSESSMENT).where(ASSESSMENT.c.run_id.in_(killed)))
            session.execute(update(RUN).where(RUN.c.id.in_(killed)).values(status=RunStatus.ABANDONED))


def begin_run(engine: Engine, run: Run, regimes: Sequence[Regime], now: datetime) -> int:
    """Write the run, not yet done, and archive the regimes it uses; its number."""
    with write_session(engine) as session:
        session.add(run)
        session.flush()
        for regime in regimes:
            if session.get(ArchivedFile, regime.sha256) is None:
                archived = ArchivedFile(
                    sha256=regime.sha256, kind="regime", key=regime.key, body=regime.text, first_used_at=now
                )
                session.add(archived)
        session.flush()
        session.expunge(run)
    return run.id or 0


def store_run(engine: Engine, run_id: int, computed: ComputedDay) -> None:
    """Write the verdicts of a run, whole columns at a time and in short transactions."""
    verdicts = computed.scores.verdicts
    packed = {verdict.findings_sha256: verdict.packed_findings for verdict in verdicts}
    new = sorted(packed.keys() - _newest_findings(engine))
    with ThreadPoolExecutor(bulk.parallel_count(engine)) as pool:
        jobs = [pool.submit(_store_findings, engine, chunk, packed) for chunk in bulk.split_chunks(new, CHUNK)]
        jobs += [
            pool.submit(_store_assessments, engine, run_id, chunk, computed.names)
            for chunk in bulk.split_chunks(verdicts, CHUNK)
        ]
        for job in jobs:
            job.result()
    store_redacted(engine, run_id, computed.scores.redacted_verdicts)
    spreads = [(run_id, *spread[:-1], json.dumps(spread.quantiles)) for spread in computed.scores.spreads]
    for rows in bulk.split_chunks(spreads, CHUNK):
        with write_session(engine) as session:
            bulk.append(session, PEERS, ("run_id", *FigureSpread._fields), rows)


def _store_findings(engine: Engine, hashes: Sequence[str], packed: Mapping[str, bytes]) -> None:
    """Write those sets of findings that no run before has found."""
    with read_session(engine) as session:
        known = {sha256 for (sha256,) in bulk.rows_matching(session, FINDINGS, ("sha256",), hashes)}
    new = [sha256 for sha256 in hashes if sha256 not in known]
    bulk.write_rows(engine, FINDINGS, pa.table({"sha256": new, "findings": [packed[sha256] for sha256 in new]}))


def store_redacted(engine: Engine, run_id: int, redacted: Sequence[RedactedVerdict]) -> None:
    """Write the verdicts for readers who may not see every row."""
    packed = {verdict.findings_sha256: verdict.packed_findings for _, verdict in redacted}
    for hashes in bulk.split_chunks(sorted(packed), CHUNK):
        _store_findings(engine, hashes, packed)
    for chunk in bulk.split_chunks(redacted, CHUNK):
        columns = _verdict_columns(run_id, [verdict for _, verdict in chunk], REDACTED_COLUMNS)
        columns["visible_to"] = [",".join(sorted(visible_to)) for visible_to, _ in chunk]
        bulk.write_rows(engine, REDACTED, pa.table(columns))


def _store_assessments(engine: Engine, run_id: int, verdicts: Sequence[Verdict], names: Mapping[int, str]) -> None:
    columns = _verdict_columns(run_id, verdicts, COPIED_COLUMNS)
    columns["provider_name"] = [names[verdict.provider_id] for verdict in verdicts]
    columns["probability"] = pa.array([verdict.probability for verdict in verdicts], pa.float64())
    bulk.write_rows(engine, ASSESSMENT, pa.table(columns))


def _verdict_columns(run_id: int, verdicts: Sequence[Verdict], copied: Sequence[str]) -> dict[str, Any]:
    """The columns that both kinds of assessment have, and those that are copied as they are."""
    columns: dict[str, Any] = {name: [getattr(verdict, name) for verdict in verdicts] for name in copied}
    for number, principle in enumerate(PRINCIPLES):
        columns[str(principle)] = [str(verdict.principles[principle]) for verdict in verdicts]
        columns[f"{principle}_because"] = [verdict.unscorable_reasons[number] for verdict in verdicts]
    columns["run_id"] = [run_id] * len(verdicts)
    columns["level"] = [str(verdict.level) for verdict in verdicts]
    return columns


def _newest_findings(engine: Engine) -> set[str]:
    """The hashes of the newest run's findings: nearly all of them come again on the next day."""
    newest = select(func.max(RUN.c.id)).where(RUN.c.status == RunStatus.DONE).scalar_subquery()
    newest_rows = bulk.read_rows(engine, select(ASSESSMENT.c.findings_sha256).where(ASSESSMENT.c.run_id == newest))
    return set(newest_rows["findings_sha256"].to_pylist())


def scoring_result(engine: Engine, run: Run, *, is_new: bool, run_id: int | None = None) -> ScoringResult:
    """The counts of a finished run."""
    number = run_id if run_id is not None else run.id or 0
    statement = select(ASSESSMENT.c.level, func.count()).where(ASSESSMENT.c.run_id == number)
    with read_session(engine) as session:
        levels = Counter(dict(session.execute(statement.group_by(ASSESSMENT.c.level)).tuples().all()))
        providers = session.scalar(
            select(func.count(ASSESSMENT.c.provider_id.distinct())).where(ASSESSMENT.c.run_id == number)
        )
    return ScoringResult(number, run.revision, is_new, providers or 0, levels, len(run.source_findings))


class NothingScored(WrongInput):
    """No day up to the one asked for has been scored."""


def newest_finished_run(engine: Engine, day: date) -> Run:
    """The newest revision of the newest scored day up to ``day``.

    Raises:
        NothingScored: no such day has been scored.
    """
    with read_session(engine) as session:
        run = find_newest_run(session, until=day)
    if run is None:
        raise NothingScored(
            f"no day up to {day.isoformat()} has been scored; run 'continuity watch --as-of {day.isoformat()}'"
        )
    return run


def find_newest_run(session: Session, *, until: date | None = None) -> Run | None:
    """The newest revision of the newest scored day up to ``until``; None where no such day has been scored."""
    run: Run | None = session.scalar(select_newest_run(until=until))
    return run


def newest_run_by_day(session: Session) -> dict[date, int]:
    """Every scored day, oldest first, with the number of its newest revision."""
    statement = select(RUN.c.day, func.max(RUN.c.id)).where(*is_finished_run()).group_by(RUN.c.day).order_by(RUN.c.day)
    return dict(session.execute(statement).tuples().all())


def select_newest_run(*, until: date | None = None) -> Select[Any]:
    """The statement for the newest revision of the newest scored day up to ``until``, or of all days."""
    statement = select_finished_runs()
    if until is not None:
        statement = statement.where(RUN.c.day <= until)
    return statement.order_by(RUN.c.day.desc(), RUN.c.id.desc()).limit(1)


def select_finished_runs() -> Select[Any]:
    """The statement for every finished run of the full view."""
    return select(Run).where(*is_finished_run())


def is_finished_run(view: View = View.FULL) -> tuple[ColumnElement[bool], ...]:
    """The conditions for a run of a view whose results may be read, for a statement that joins the table of runs."""
    return RUN.c.status == RunStatus.DONE, RUN.c.view == view
