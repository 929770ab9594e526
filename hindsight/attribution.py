"""Finds out why a verdict changed between two runs: new data, another regime version, or another failure model.

The later run is reached from the earlier one by changing one thing at a time, in this order, and judging again; beside
it stands what each would have done alone. "New data" is also the passing of time: figures age, and duties fall due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, select

from access.assessments import redact_assessment_rows
from access.viewer import ReaderAudiences
from hindsight.differences import differing_rules, section_scores
from indicators.ledger.as_of import AsOf, Horizon, as_of
from models.database import Session, read_session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import Level, View
from regimes.schema import Regime
from risk.model import FailureModel, load_trained_models, subject_probabilities
from risk.rescoring import archived_regime, models_used_by
from risk.runs import find_newest_run
from risk.score import Verdict, assess_providers
from settings import Settings, WrongInput, code_version
from text.progress import ProgressCallback, ignore_progress

CAUSES = ("data", "regime", "model")  # in the order in which they are changed
ASSESSMENT = table_of(Assessment).c

VerdictKey = tuple[str, str]  # identifier and regime
VerdictsByKey = Mapping[VerdictKey, Verdict]


class NothingToExplain(WrongInput):
    """There are no two runs to compare."""


@dataclass(frozen=True)
class NumberChange:
    """The change of a number, split by cause; ``None`` if one of the two runs has no number."""

    before: float | None
    after: float | None
    steps: Mapping[str, float | None]  # cause -> what it adds, one after the other: these sum to the whole
    effects_alone: Mapping[str, float | None]  # cause -> what it would have done alone

    @property
    def total(self) -> float | None:
        """The whole change."""
        return _subtract_numbers(self.before, self.after)

    @property
    def remainder(self) -> float | None:
        """The part of the change that no cause makes alone: the causes make it together."""
        if self.total is None or None in self.effects_alone.values():
            return None
        return round(self.total - sum(part or 0.0 for part in self.effects_alone.values()), 6)


@dataclass(frozen=True)
class VerdictChange:
    """The change of one verdict, with its causes."""

    provider: str
    regime: str
    levels: tuple[Level | None, ...]  # before, then after each cause in turn; the last is the later run's
    levels_alone: Mapping[str, Level | None]  # cause -> the level had only this changed
    rules: Mapping[str, tuple[str, ...]]  # cause -> rules whose findings it changed, one cause after the other
    probability: NumberChange
    scores: Mapping[str, NumberChange]  # principle -> its section's score
    stored_levels: tuple[
        Level | None, Level | None
    ]  # what the runs said; other than judged again where the code has changed

    @property
    def has_changed(self) -> bool:
        """Whether the level, the probability or a score has changed."""
        splits = (self.probability, *self.scores.values())
        return self.levels[0] is not self.levels[-1] or any(split.before != split.after for split in splits)

    @property
    def remainder(self) -> int:
        """The levels that the causes moved only together: the whole change less the changes by each cause alone."""
        moved = [_rank_difference(self.levels[0], level) for level in self.levels_alone.values()]
        return _rank_difference(self.levels[0], self.levels[-1]) - sum(moved)


@dataclass(frozen=True)
class Attribution:
    """Two runs and the changes between them."""

    before: Run
    after: Run
    changes: list[VerdictChange]
    notes: list[str]


def attribute_changes(
    engine: Engine,
    settings: Settings,
    provider: str | None,
    from_day: date,
    to_day: date,
    *,
    audiences: ReaderAudiences,
    progress: ProgressCallback = ignore_progress,
) -> Attribution:
    """The changes between two runs, with their causes.

    Args:
        engine: the database.
        settings: where models are kept.
        provider: its identifier; None for all, of which only those that changed are given.
        from_day: the newest scored day up to this one is the earlier run's.
        to_day: likewise the later one's.
        audiences: the audiences of the reader: only rows for these are read.
        progress: gets a description of each step.

    Raises:
        NothingToExplain: there are no two such runs.
        InputsGone: a regime or model that they used is gone.
    """
    with read_session(engine) as session:
        before, after = (_newest_run(session, day) for day in (from_day, to_day))
    if before.id == after.id or before.day > after.day:
        raise NothingToExplain(
            f"--since {from_day} and --as-of {to_day} lead to the same run, of {after.day}; give an earlier day"
            if before.id == after.id
            else f"--since {from_day} is after --as-of {to_day}; give an earlier day"
        )
    judge = _Judge(engine, settings, before, after, provider)
    progress(f"judging again what was known on {before.day}", 0, 2)
    with _open_reading(engine, before, audiences) as known:
        first = judge.judge_reading(known, regime=0, model=0)
        alone = {
            "regime": judge.judge_reading(known, regime=1, model=0),
            "model": judge.judge_reading(known, regime=0, model=1),
        }
    progress(f"judging again what was known on {after.day}", 1, 2)
    with _open_reading(engine, after, audiences) as known:
        steps = [first, *(judge.judge_reading(known, regime=r, model=m) for r, m in ((0, 0), (1, 0), (1, 1)))]
    alone = {"data": steps[1], **alone}
    keys = sorted({key for step in steps for key in step})
    stored = tuple(_stored_levels(engine, run, provider, audiences) for run in (before, after))
    changes = [_verdict_change(key, steps, alone, stored) for key in keys]
    if provider is None:
        changes = [change for change in changes if change.has_changed]
    return Attribution(before, after, changes, [*judge.notes, *_version_notes(before, after, changes)])


def _version_notes(before: Run, after: Run, changes: list[VerdictChange]) -> list[str]:
    """A note for each regime that had another version in the later run, even if no result changed."""
    keys = sorted({change.regime for change in changes} & before.regimes.keys() & after.regimes.keys())
    return [f"{key} had another version then" for key in keys if before.regimes[key] != after.regimes[key]]


def _newest_run(session: Session, day: date) -> Run:
    run = find_newest_run(session, until=day)
    if run is None:
        raise NothingToExplain(f"no day up to {day} was scored; run 'continuity watch --as-of {day}'")
    return run


def _open_reading(engine: Engine, run: Run, audiences: ReaderAudiences) -> AsOf:
    upto = Horizon(run.upto_seq, run.upto_load, run.upto_pull)
    return as_of(engine, run.day, view=View(run.view), upto=upto, audiences=audiences)


def _stored_levels(
    engine: Engine, run: Run, provider: str | None, audiences: ReaderAudiences
) -> dict[VerdictKey, Level]:
    """The levels that a run stored, as the reader sees them."""
    subject = table_of(Subject).c
    statement = (
        select(table_of(Assessment), subject.key)
        .join_from(table_of(Assessment), table_of(Subject), subject.id == ASSESSMENT.provider_id)
        .where(ASSESSMENT.run_id == run.id)
    )
    if provider is not None:
        statement = statement.where(subject.key == provider)
    with read_session(engine) as session:
        rows = session.execute(statement).all()
        redacted = redact_assessment_rows(session, audiences, rows)
    return {
        (row.key, row.regime): Level(redacted.get((row.run_id, row.provider_id, row.regime), row).level) for row in rows
    }


class _Judge:
    """Judges readings by the regimes and the model of the earlier run (0) or of the later one (1)."""

    def __init__(self, engine: Engine, settings: Settings, before: Run, after: Run, provider: str | None) -> None:
        there = load_trained_models(engine, settings.home / "models")
        self._provider = provider
        self._models: list[list[FailureModel]] = [models_used_by(run, there) for run in (before, after)]
        self._regimes: list[list[Regime]] = [
            [archived_regime(engine, key, sha256) for key, sha256 in sorted(run.regimes.items())]
            for run in (before, after)
        ]
        self._done: dict[tuple[date, tuple[str, ...], str | None], VerdictsByKey] = {}
        self.notes = self._write_notes(before, after)

    def _write_notes(self, before: Run, after: Run) -> list[str]:
        notes = []
        if len({before.code_version, after.code_version, code_version()}) > 1:
            notes.append("the code has changed since one of the runs; all is judged again by today's")
        model = next(iter(self._models[1]), None)
        refusal = model.refusal_reason(before.day) if model is not None else None
        if refusal is not None and before.model_hash != after.model_hash:
            notes.append(f"alone the later model can say nothing of {before.day}: {refusal}")
        return notes

    def judge_reading(self, known: AsOf, *, regime: int, model: int) -> VerdictsByKey:
        """The verdicts by the regimes and the model of the runs given; the same ones are worked out once."""
        regimes, models = self._regimes[regime], self._models[model]
        key = (known.day, tuple(regime.sha256 for regime in regimes), models[0].sha256 if models else None)
        if key not in self._done:
            verdicts = assess_providers(known, regimes, subject_probabilities(known, models)).verdicts
            self._done[key] = {
                (verdict.provider, verdict.regime): verdict
                for verdict in verdicts
                if self._provider in {None, verdict.provider}
            }
        return self._done[key]


def _verdict_change(
    key: VerdictKey,
    steps: Sequence[VerdictsByKey],
    verdicts_alone: Mapping[str, VerdictsByKey],
    stored: Sequence[Mapping[VerdictKey, Level]],
) -> VerdictChange:
    path = [step.get(key) for step in steps]
    lone = {cause: verdicts_alone[cause].get(key) for cause in CAUSES}
    scores = [section_scores(verdict) if verdict is not None else {} for verdict in path]
    lone_scores = {cause: section_scores(verdict) if verdict is not None else {} for cause, verdict in lone.items()}
    return VerdictChange(
        *key,
        levels=tuple(_level_of(verdict) for verdict in path),
        levels_alone={cause: _level_of(verdict) for cause, verdict in lone.items()},
        rules={cause: differing_rules(path[number], path[number + 1]) for number, cause in enumerate(CAUSES)},
        probability=_number_change(
            [_probability_of(verdict) for verdict in path],
            {cause: _probability_of(verdict) for cause, verdict in lone.items()},
        ),
        scores={
            principle: _number_change(
                [each.get(principle) for each in scores],
                {cause: each.get(principle) for cause, each in lone_scores.items()},
            )
            for principle in sorted({principle for each in scores for principle in each})
        },
        stored_levels=(stored[0].get(key), stored[1].get(key)),
    )


def _level_of(verdict: Verdict | None) -> Level | None:
    return None if verdict is None else verdict.level


def _probability_of(verdict: Verdict | None) -> float | None:
    return None if verdict is None else verdict.probability


def _number_change(path: Sequence[float | None], values_alone: Mapping[str, float | None]) -> NumberChange:
    return NumberChange(
        path[0],
        path[-1],
        {cause: _subtract_numbers(path[number], path[number + 1]) for number, cause in enumerate(CAUSES)},
        {cause: _subtract_numbers(path[0], value) for cause, value in values_alone.items()},
    )


def _subtract_numbers(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round(after - before, 6)


def _rank_difference(before: Level | None, after: Level | None) -> int:
    return (after.rank if after is not None else 0) - (before.rank if before is not None else 0)
