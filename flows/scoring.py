"""Scores one day, stores it in short transactions, and makes it visible together with its notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, update

from alerts import policy as policies
from alerts.escalate import EscalationResult, escalate
from alerts.policy import Policy
from alerts.policy_check import check_commissioners
from indicators.ledger.as_of import as_of
from models.database import read_session, write_session
from models.garbage_collection import gc_paused
from models.scoring import Run
from models.vocabulary import RunStatus, View
from regimes.schema import Regime, regimes_in_force
from regimes.store import available_regimes, check_unchanged
from risk.day import inputs_hash, judge_reading
from risk.model import load_trained_models, usable_model
from risk.rescoring import redact_earlier_runs
from risk.runs import (
    RUN,
    ScoringResult,
    begin_run,
    delete_killed_runs,
    is_ledger_unchanged,
    newest_revision,
    scoring_result,
    store_run,
)
from settings import Settings, code_version
from text.progress import ProgressCallback, ignore_progress


@dataclass(frozen=True)
class ScoringInputs:
    """The regimes and the policy that a day is scored by."""

    regimes: Sequence[Regime]  # every version of each
    policy: Policy


def load_inputs(settings: Settings) -> ScoringInputs:
    """Read the regimes and the policy. Mistakes in them are better reported before a long run than after it.

    Raises:
        WrongInput: a file is wrong; says where.
    """
    return ScoringInputs(available_regimes(settings), policies.load_policy(settings))


def score(
    engine: Engine,
    settings: Settings,
    inputs: ScoringInputs,
    *,
    day: date,
    view: View,
    now: datetime,
    only_file: bool = False,
    owner: str = "",
    progress: ProgressCallback = ignore_progress,
) -> tuple[ScoringResult, EscalationResult]:
    """Score a day and write the notifications; unchanged inputs add nothing.

    The caller holds the lease of the day's work, so an unfinished run of somebody else was killed: it is deleted.

    Raises:
        WrongInput: a regime that a run has used was changed, or the policy names a commissioner whom nobody knows.
    """
    regimes, policy = regimes_in_force(inputs.regimes, day), inputs.policy
    check_unchanged(engine, regimes)
    with read_session(engine) as session:
        check_commissioners(session, policy, date.max)  # the ledger may know them only from a later day
    models = load_trained_models(engine, settings.home / "models")
    model = usable_model(models, day)
    delete_killed_runs(engine)
    redact_earlier_runs(engine, models, progress=progress)
    used: dict[str, Any] = {
        "day": day,
        "view": view,
        "code": code_version(),
        "policy": policy.sha256,
        "regimes": {regime.key: regime.sha256 for regime in regimes},
        "model": model.sha256 if model else None,
    }
    newest = newest_revision(engine, day, view)
    if (
        newest is not None
        and is_ledger_unchanged(engine, newest)
        and newest.inputs_hash == _inputs_hash(used, newest.rows_digest)
    ):
        return _unchanged_result(engine, newest)
    progress(f"scoring {day.isoformat()}", 0, 3)
    with gc_paused(), as_of(engine, day, view=view) as known:
        if newest is not None and newest.inputs_hash == _inputs_hash(used, known.digest):
            return _unchanged_result(engine, newest)
        computed = judge_reading(known, regimes=regimes, models=models)
    run = Run(
        day=day,
        view=view,
        revision=0 if newest is None else newest.revision + 1,
        upto_seq=computed.upto.seq,
        upto_load=computed.upto.load,
        upto_pull=computed.upto.pull,
        code_version=code_version(),
        regimes=used["regimes"],
        policy_hash=policy.sha256,
        model_hash=used["model"],
        rows_digest=computed.digest,
        inputs_hash=_inputs_hash(used, computed.digest),
        result_hash=computed.result_hash,
        source_findings=computed.scores.source_findings,
        now_at=now,
        started_at=datetime.now(UTC),
        owner=owner,
    )
    run_id = begin_run(engine, run, regimes, now)
    progress(f"storing {day.isoformat()}", 1, 3)
    store_run(engine, run_id, computed)
    progress(f"deciding who is notified about {day.isoformat()}", 2, 3)
    with write_session(engine) as session:
        escalation_result = escalate(
            session, run_id, policy=policy, settings=settings, now=now, outcomes=computed.outcomes, only_file=only_file
        )
        session.execute(
            update(RUN).where(RUN.c.id == run_id).values(status=RunStatus.DONE, finished_at=datetime.now(UTC))
        )
    return scoring_result(engine, run, is_new=True, run_id=run_id), escalation_result


def _inputs_hash(used: dict[str, Any], rows_digest: str) -> str:
    return inputs_hash({**used, "rows": rows_digest})


def _unchanged_result(engine: Engine, run: Run) -> tuple[ScoringResult, EscalationResult]:
    return scoring_result(engine, run, is_new=False), EscalationResult(
        skip_reason="nothing new since this day was scored"
    )
