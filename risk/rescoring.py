"""Computes a stored run again from the same rows, regimes and failure model."""

from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy import Engine, delete, select, update

from indicators.ledger.as_of import Horizon
from models.database import read_session, write_session
from models.scoring import ArchivedFile, Run
from models.vocabulary import RunStatus, View
from regimes.schema import Regime, load_regime_text
from risk.day import ComputedDay, compute_day
from risk.model import FailureModel
from risk.runs import ASSESSMENT, REDACTED, RUN, store_redacted
from settings import WrongInput
from text.progress import ProgressCallback, ignore_progress

MOST_RUNS_AT_ONCE = 10  # earlier runs that one day's work scores again


class InputsGone(WrongInput):
    """A regime or the failure model that a run used is not there any more."""


def recompute_run(
    engine: Engine, run: Run, models: Sequence[FailureModel], regimes: Collection[str] | None = None
) -> ComputedDay:
    """The verdicts of a stored run, computed again.

    Args:
        engine: the database.
        run: a finished one.
        models: those of ``load_trained_models``.
        regimes: only these of its regimes, by key; all if left out.

    Raises:
        InputsGone: a regime is not archived, or the model is not in the data directory.
    """
    keys = sorted(run.regimes if regimes is None else run.regimes.keys() & set(regimes))
    used = [archived_regime(engine, key, run.regimes[key]) for key in keys]
    upto = Horizon(run.upto_seq, run.upto_load, run.upto_pull)
    return compute_day(
        engine, run.day, view=View(run.view), regimes=used, models=models_used_by(run, models), upto=upto
    )


def models_used_by(run: Run, models: Sequence[FailureModel]) -> list[FailureModel]:
    """The model that a run used, alone; empty where the run used none.

    Raises:
        InputsGone: the model is not among those that are still there.
    """
    used = [model for model in models if model.sha256 == run.model_hash] if run.model_hash else []
    if run.model_hash and not used:
        raise InputsGone(f"the model {run.model_hash[:12]} of run {run.id} is not in the data directory any more")
    return used


def archived_regime(engine: Engine, key: str, sha256: str) -> Regime:
    """A regime as it was when a run used it.

    Raises:
        InputsGone: its file is not archived.
    """
    with read_session(engine) as session:
        archived = session.get(ArchivedFile, sha256)
    if archived is None:
        raise InputsGone(f"the regime '{key}' with hash {sha256[:12]} is not archived in this database")
    return load_regime_text(Path(f"{key}.yaml"), archived.body)


def redact_earlier_runs(
    engine: Engine,
    models: Sequence[FailureModel],
    *,
    limit: int = MOST_RUNS_AT_ONCE,
    progress: ProgressCallback = ignore_progress,
) -> int:
    """Give runs of versions before 0012 their redacted verdicts, the newest first; returns how many runs got them.

    A run whose regimes or model are gone is passed over: its restricted verdicts stay hidden from other readers.
    """
    with read_session(engine) as session:
        waiting = select(Run).where(RUN.c.status == RunStatus.DONE, ~RUN.c.has_redacted)
        runs = list(session.scalars(waiting.order_by(RUN.c.day.desc(), RUN.c.id.desc())))
    done = 0
    for run in runs:
        if done == limit:
            break
        progress(f"scoring {run.day.isoformat()} again for readers who may not see everything", done, limit)
        try:
            computed = recompute_run(engine, run, models, _restricted_regimes(engine, run))
        except InputsGone:
            continue
        with write_session(engine) as session:  # a killed attempt may have left some
            session.execute(delete(REDACTED).where(REDACTED.c.run_id == run.id))
        store_redacted(engine, run.id or 0, computed.scores.redacted_verdicts)
        with write_session(engine) as session:
            session.execute(update(RUN).where(RUN.c.id == run.id).values(has_redacted=True))
        done += 1
    return done


def _restricted_regimes(engine: Engine, run: Run) -> list[str]:
    """The regimes of a run under which some findings are not for everybody."""
    is_restricted = (ASSESSMENT.c.run_id == run.id, ASSESSMENT.c.audiences != "")
    with read_session(engine) as session:
        return list(session.scalars(select(ASSESSMENT.c.regime).where(*is_restricted).distinct()))
