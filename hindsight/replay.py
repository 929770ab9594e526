"""Recomputes a past day with the ledger, regimes and model of that day, and compares the results byte for byte."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from access.viewer import ReaderAudiences, may_see_whole
from indicators.ledger.corrections import withdrawals_after
from models.database import read_session, table_of
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Principle
from risk.day import ComputedDay, assessment_row, result_hash
from risk.model import FailureModel, load_trained_models
from risk.rescoring import recompute_run
from risk.runs import list_runs_of_day
from settings import Settings, WrongInput, code_version
from text.english import format_count

ASSESSMENT = table_of(Assessment).c
MOST_DIFFERENCES = 10  # differences named
_MAY_BE_CODE = "the new code may cause the differences"


class NothingToReplay(WrongInput):
    """The day was never scored."""


@dataclass
class ReplayedRun:
    """The comparison of a stored run with its recomputation."""

    run: int
    day: date
    view: str
    revision: int
    providers: int
    is_same: bool
    is_same_code: bool
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def describe(self) -> list[str]:
        """The lines of the report on the run."""
        verdict = (
            " unchanged, byte for byte"
            if self.is_same
            else f"; {format_count(len(self.differences), 'difference')} in findings or levels"
        )
        lines = [
            f"{self.day.isoformat()} ({self.view}, revision {self.revision}, run {self.run}): "
            f"{format_count(self.providers, 'assessment')}{verdict}"
        ]
        if not self.is_same_code:
            lines.append(f"  the code has changed since; {'the result has not' if self.is_same else _MAY_BE_CODE}")
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  {difference}" for difference in self.differences[:MOST_DIFFERENCES]]
        if len(self.differences) > MOST_DIFFERENCES:
            lines.append(f"  and {len(self.differences) - MOST_DIFFERENCES} more")
        return lines


@dataclass
class ReplayedDay:
    """Every run of one day."""

    runs: list[ReplayedRun]

    @property
    def is_same(self) -> bool:
        """Whether all of them were proved unchanged."""
        return all(run.is_same for run in self.runs)

    def describe(self) -> list[str]:
        """The lines of the report on all runs."""
        return [line for run in self.runs for line in run.describe()]


def replay_scored_day(engine: Engine, settings: Settings, day: date, *, audiences: ReaderAudiences) -> ReplayedDay:
    """Recompute every run of a day: all revisions, both views.

    Every verdict is recomputed and counted. Differences are named only where the reader may see the verdict.

    Raises:
        NothingToReplay: the day was not scored.
        InputsGone: a regime or model that a run used is not archived.
    """
    runs = list_runs_of_day(engine, day)
    if not runs:
        raise NothingToReplay(f"{day.isoformat()} was never scored; run 'continuity watch --as-of {day.isoformat()}'")
    models = load_trained_models(engine, settings.home / "models")
    return ReplayedDay([_replay_run(engine, run, models, audiences) for run in runs])


def _replay_run(engine: Engine, run: Run, models: Sequence[FailureModel], audiences: ReaderAudiences) -> ReplayedRun:
    computed = recompute_run(engine, run, models)
    stored = _stored_rows(engine, run)
    fresh = {(row[0], row[1]): row for row in map(assessment_row, computed.scores.verdicts)}
    result = ReplayedRun(
        run=run.id or 0,
        day=run.day,
        view=run.view,
        revision=run.revision,
        providers=len(stored),
        is_same=result_hash(computed.scores) == run.result_hash and stored == fresh,
        is_same_code=run.code_version == code_version(),
        notes=_withdrawal_notes(engine, run),
    )
    recomputed = {(verdict.provider, verdict.regime): verdict.findings for verdict in computed.scores.verdicts}
    private = _restricted_keys(engine, run, computed, audiences)
    for key in sorted(stored.keys() | fresh.keys()):
        old, new = stored.get(key), fresh.get(key)
        if old == new:
            continue
        if key in private:
            result.differences.append("one that is not for you to see")
            continue
        rules = (
            _differing_rules(engine, old[-1], recomputed[key])
            if old and new and len(result.differences) < MOST_DIFFERENCES
            else []
        )
        result.differences.append(_describe_difference(key, old, new, rules))
    if computed.scores.source_findings != run.source_findings:
        result.differences.append("findings about sources differ")
    if not result.is_same and not result.differences:
        result.differences.append("the verdicts are the same; how figures are spread over peers differs")
    return result


def _stored_rows(engine: Engine, run: Run) -> dict[tuple[str, str], tuple[Any, ...]]:
    a, subject = ASSESSMENT, table_of(Subject).c
    columns = (
        subject.key,
        a.regime,
        a.peer_group,
        a.level,
        a.rating,
        a.is_official,
        a.stage,
        a.probability,
        a.probability_reason,
        *(a[principle] for principle in Principle),
        *(a[f"{principle}_because"] for principle in Principle),
        a.findings_sha256,
    )
    statement = (
        select(*columns)
        .join_from(table_of(Assessment), table_of(Subject), subject.id == a.provider_id)
        .where(a.run_id == run.id)
    )
    with read_session(engine) as session:
        return {(row[0], row[1]): tuple(row) for row in session.execute(statement)}


def _differing_rules(engine: Engine, stored_sha256: str, recomputed_findings: bytes | str) -> list[str]:
    """The rules whose stored findings differ from fresh ones, each with what of it: ``net_assets (level, title)``."""
    with read_session(engine) as session:
        kept = session.get(FindingSet, stored_sha256)
    sides = [
        {finding["rule"]: finding for finding in findings}
        for findings in (kept.findings if kept else (), json.loads(recomputed_findings))
    ]
    differ = []
    for rule in {**sides[0], **sides[1]}:
        before, after = (side.get(rule) for side in sides)
        if before is None or after is None:
            differ.append(f"{rule} ({'not there then' if before is None else 'not there now'})")
        elif before != after:
            changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
            differ.append(f"{rule} ({', '.join(changed)})")
    return differ


def _restricted_keys(
    engine: Engine, run: Run, computed: ComputedDay, reader_audiences: ReaderAudiences
) -> set[tuple[str, str]]:
    """Identifier and regime of the assessments, stored or recomputed, of which somebody may not see all."""
    a, subject = ASSESSMENT, table_of(Subject).c
    statement = (
        select(subject.key, a.regime, a.audiences)
        .join_from(table_of(Assessment), table_of(Subject), subject.id == a.provider_id)
        .where(a.run_id == run.id, a.audiences != "")
    )
    with read_session(engine) as session:
        restricted = list(session.execute(statement).tuples())
    restricted += [
        (verdict.provider, verdict.regime, verdict.audiences)
        for verdict in computed.scores.verdicts
        if verdict.audiences
    ]
    return {
        (provider, regime)
        for provider, regime, audiences in restricted
        if not may_see_whole(reader_audiences, audiences)
    }


def _describe_difference(
    key: tuple[str, str], old: tuple[Any, ...] | None, new: tuple[Any, ...] | None, rules: Sequence[str]
) -> str:
    provider, regime = key
    if old is None or new is None:
        return f"{provider} under {regime}: {'not there then' if old is None else 'not there now'}"
    names = (
        "peer group",
        "level",
        "rating",
        "official",
        "stage",
        "probability",
        "reason",
        *Principle,
        *(f"reason for {principle}" for principle in Principle),
        "findings",
    )
    changed = [
        f"{name} {before} -> {after}" if name != "findings" else f"findings {', '.join(rules)}".rstrip()
        for name, before, after in zip(names, old[2:], new[2:], strict=True)
        if before != after
    ]
    return f"{provider} under {regime}: {', '.join(changed)}"


def _withdrawal_notes(engine: Engine, run: Run) -> list[str]:
    with read_session(engine) as session:
        return [f"an input was withdrawn since: {target}" for target in withdrawals_after(session, run.upto_load)]
