"""Runs the steps of ``day.py`` as scheduled Prefect tasks; a task is a whole register or a whole step."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import settings as environment

environment.disable_telemetry(environment.load().home)  # before the import of Prefect, which reads the environment

from prefect import flow, get_run_logger, task  # noqa: E402

from flows import day as steps  # noqa: E402
from flows import scoring  # noqa: E402
from flows.lease import hold_lease  # noqa: E402
from indicators.sources import SOURCES  # noqa: E402


def _open_run_day(now: datetime, as_of: date | None) -> steps.Day:
    return steps.open_day(environment.load(), now=now, day=as_of)


@task(name="pull", retries=3, retry_delay_seconds=[60, 300, 900], timeout_seconds=3600)
def pull_register(register: str, now: datetime, as_of: date | None, folder: str | None) -> str:
    """Fetch one register; if it cannot be reached, the task is tried again, then the register is left out."""
    (result,) = steps.pull(_open_run_day(now, as_of), Path(folder) if folder else None, [register])
    if result.error:
        raise steps.RegisterLeftOut(f"{register}: {result.error}")
    return f"{register}: {result.documents} documents, {result.new_documents} new"


@task(name="observe", retries=1, retry_delay_seconds=60, timeout_seconds=4 * 3600)
def observe_register(register: str, now: datetime, as_of: date | None) -> list[str]:
    """Read the unread documents of one register."""
    return steps.observe(_open_run_day(now, as_of), [register])


@task(name="score and escalate", retries=1, retry_delay_seconds=60, timeout_seconds=2 * 3600)
def score_day(now: datetime, as_of: date | None) -> str:
    """Score the day and decide whom to notify."""
    scoring_result, escalation_result = steps.score(_open_run_day(now, as_of))
    return f"{scoring_result.describe()}; {escalation_result.describe()}"


@task(name="send", retries=2, retry_delay_seconds=[60, 300], timeout_seconds=1800)
def send_messages(as_of: date | None) -> str:
    """Send the messages that wait in the outbox."""
    # Each attempt has its own time; otherwise messages that failed in the attempt before would not be due yet.
    result = steps.send(_open_run_day(datetime.now(UTC), as_of))
    if not result.is_complete:
        raise steps.RegisterLeftOut(result.describe())
    return result.describe()


@flow(name="watch", log_prints=False)
def watch(as_of: date | None = None, folder: str | None = None) -> dict[str, Any]:
    """Do the whole day. If a register cannot be reached, the rest is done and the run ends as failed."""
    now, log = datetime.now(UTC), get_run_logger()
    folder = folder or (str(registers) if (registers := environment.load().registers) else None)
    scoring.load_inputs(environment.load())  # a mistake in a file ends the run before anything is pulled
    left_out: list[str] = []
    with hold_lease(_open_run_day(now, as_of).engine):
        for source in SOURCES:
            state = pull_register(source.REGISTER, now, as_of, folder, return_state=True)
            left_out += [str(state.result(raise_on_failure=False))] if state.is_failed() else []
        for source in SOURCES:
            left_out += observe_register(source.REGISTER, now, as_of)
        summary = score_day(now, as_of)
        state = send_messages(as_of, return_state=True)
        left_out += [str(state.result(raise_on_failure=False))] if state.is_failed() else []
    log.info("%s", summary)
    if left_out:
        raise steps.RegisterLeftOut("; ".join(left_out))
    return {"summary": summary}


@flow(name="train")
def train() -> str:
    """Fit the failure model again on the present ledger."""
    from risk.train import train as train_model

    settings = environment.load()
    day = steps.open_day(settings, now=datetime.now(UTC))
    with hold_lease(day.engine):
        return train_model(day.engine, now=day.now, model_dir=settings.home / "models").sha256
