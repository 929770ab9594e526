"""What is read over several runs: levels day by day, what later runs and later facts said. No Streamlit here."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import yaml
from sqlalchemy import Engine, Select, case, func, select

from dashboard.queries import ASSESSMENT, FINDINGS, INDICATOR, RUN, SUBJECT, figure, home
from indicators.ledger import day_number
from indicators.repeats import LOAD, OBSERVATION, retracted
from models import bulk
from models.database import reading, table_of
from models.ledger import Subject
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.vocabulary import Kind, Level, RunStatus, View

ARCHIVED = table_of(ArchivedFile).c
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where it is built in
_WORST_FIRST = (Level.CRITICAL, Level.CONCERN, Level.WATCH, Level.UNSCORABLE, Level.NONE)  # as the watchlist sorts
_ORDER = case({level: number for number, level in enumerate(_WORST_FIRST)}, value=ASSESSMENT.level)


class Moment(NamedTuple):
    """How far runs and ledger have come: while it stays the same, so does everything that is read."""

    runs: int
    newest_run: int
    newest_load: int


def moment(engine: Engine) -> Moment:
    """How far runs and ledger have come now."""
    with reading(engine) as session:
        runs = session.execute(select(func.count(), func.max(RUN.id)).where(RUN.status == RunStatus.DONE)).one()
        newest_load = session.scalar(select(func.max(LOAD.id)).where(LOAD.is_done))
    return Moment(runs[0], runs[1] or 0, newest_load or 0)


def newest_runs(engine: Engine, view: View = View.FULL) -> dict[date, int]:
    """Every scored day with its newest run, oldest first."""
    statement = (
        select(RUN.day, func.max(RUN.id).label("run"))
        .where(RUN.status == RunStatus.DONE, RUN.basis == view)
        .group_by(RUN.day)
        .order_by(RUN.day)
    )
    with reading(engine) as session:
        return {row.day: row.run for row in session.execute(statement)}


def level_counts(engine: Engine, run: int) -> dict[str, int]:
    """How many providers a run left at each level, each under its worst regime."""
    worst = (
        select(func.min(_ORDER).label("nth"))
        .where(ASSESSMENT.run_id == run)
        .group_by(ASSESSMENT.provider_id)
        .subquery()
    )
    with reading(engine) as session:
        rows = session.execute(select(worst.c.nth, func.count()).group_by(worst.c.nth)).all()
    found = {_WORST_FIRST[nth]: number for nth, number in rows}
    return {level: found.get(level, 0) for level in _WORST_FIRST}


def regimes(engine: Engine, run: int) -> dict[str, dict[str, Any]]:
    """The files of the regimes that a run scored by, as they were used, parsed."""
    with reading(engine) as session:
        hashes = session.scalar(select(table_of(Run).c.regimes).where(RUN.id == run)) or {}
        found = select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(hashes.values()))
        files = {row.sha256: yaml.load(row.body, _LOADER) for row in session.execute(found)}  # noqa: S506  (a safe one)
    return {key: files.get(sha256, {}) for key, sha256 in hashes.items()}


def findings(engine: Engine, run: int, providers: Iterable[str]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The findings of some providers in a run, by identifier and regime."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for chunk in bulk.chunked(providers):
        statement = (
            select(SUBJECT.key, ASSESSMENT.regime, FINDINGS.findings)
            .join_from(table_of(Assessment), table_of(FindingSet), FINDINGS.sha256 == ASSESSMENT.findings_sha256)
            .join(table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .where(ASSESSMENT.run_id == run, SUBJECT.key.in_(chunk))
        )
        with reading(engine) as session:
            found.update({(row.key, row.regime): row.findings for row in session.execute(statement)})
    return found


def no_longer_covered(engine: Engine, run: int, before: int) -> list[dict[str, Any]]:
    """Providers that the run before had under some regime and this one has under none, by name."""
    here = select(ASSESSMENT.provider_id).where(ASSESSMENT.run_id == run)
    statement = (
        select(SUBJECT.key, func.max(ASSESSMENT.provider_name).label("name"), func.min(_ORDER).label("nth"))
        .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
        .where(ASSESSMENT.run_id == before, ASSESSMENT.provider_id.not_in(here))
        .group_by(SUBJECT.key)
    )
    with reading(engine) as session:
        rows = session.execute(statement).all()
    named = [{"id": row.key, "name": row.name, "level": _WORST_FIRST[row.nth]} for row in rows]
    return sorted(named, key=lambda one: (_WORST_FIRST.index(one["level"]), one["name"].lower()))


def later_levels(
    engine: Engine, day: date, providers: Sequence[str], *, view: View = View.FULL
) -> dict[str, list[dict[str, Any]]]:
    """The worst level of each provider on every day scored after ``day``, oldest first: what later runs said."""
    runs = [run for on, run in newest_runs(engine, view).items() if on > day]
    found: dict[str, list[dict[str, Any]]] = {}
    for chunk in bulk.chunked(providers):
        statement = (
            select(SUBJECT.key, RUN.day, func.min(_ORDER).label("nth"))
            .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .join(table_of(Run), RUN.id == ASSESSMENT.run_id)
            .where(ASSESSMENT.run_id.in_(runs), SUBJECT.key.in_(chunk))
            .group_by(SUBJECT.key, RUN.day)
            .order_by(SUBJECT.key, RUN.day)
        )
        with reading(engine) as session:
            for row in session.execute(statement):
                found.setdefault(row.key, []).append({"day": row.day, "level": _WORST_FIRST[row.nth]})
    return found


def later_facts(
    engine: Engine, day: date, providers: Iterable[str], *, only_events: bool = False, view: View = View.FULL
) -> list[dict[str, Any]]:
    """What became known about the providers only after ``day``, in the order in which it did."""
    found: list[dict[str, Any]] = []
    for chunk in bulk.chunked(providers):
        statement = _live(view).where(OBSERVATION.c.known_on > day_number(day), SUBJECT.key.in_(chunk))
        if only_events:
            statement = statement.where(INDICATOR.kind == Kind.EVENT)
        with reading(engine) as session:
            found += [figure(row, day) for row in session.execute(statement)]
    return sorted(found, key=lambda one: (one["known_on"], one["seq"]))


def _live(view: View) -> Select[Any]:
    o = OBSERVATION.c
    statement = home().where(LOAD.is_done, o.retracts.is_(None), o.seq.not_in(retracted(OBSERVATION)))
    return statement.where(o.audience_id == 1) if view is View.OPEN else statement
