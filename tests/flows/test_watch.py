"""The day's work under Prefect: the flows of ``prefect.yaml`` exist and do the same as the plain steps."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine, select

from alerts.message import outbox
from alerts.message.deliveries import MESSAGE
from alerts.message.envelope import Envelope, NotSent
from flows import day as steps
from flows.day import RegisterLeftOut
from flows.up import read_deployments
from indicators.http import RegisterUnreachable
from indicators.sources import contracts
from models.alerting import Message
from models.database import engine_for, read_session, write_session
from models.scoring import Run
from models.vocabulary import RunStatus
from queries import watchlist
from settings import ROOT, Settings, WrongInput
from tests import extracts
from tests.command import environment
from tests.factories import NOW

TELEMETRY = "from prefect.settings import get_current_settings as now; print(now().server.analytics_enabled)"


def python(code: str, home: Path) -> str:
    """The output of a new process whose environment has no setting of ours or Prefect's but the data directory."""
    environment = {"PATH": "/usr/bin:/bin", "CONTINUITY_HOME": str(home)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=ROOT, text=True, capture_output=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extracts.write(tmp_path_factory.mktemp("extracts"))


@pytest.fixture
def flows(prefect_server: None, tmp_path: Path) -> ModuleType:
    """The module of the flows, on an empty home of the test's own."""
    from flows import watch

    with environment(tmp_path):
        yield watch


def content(home: Path) -> tuple[dict, list]:
    """The watchlist and the messages, without numbers and times of rows."""
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    listed = watchlist.read_watchlist(engine, extracts.DAY, audiences=None).as_json()
    with read_session(engine) as session:
        messages = session.execute(select(MESSAGE.channel, MESSAGE.subject, MESSAGE.status)).all()
    engine.dispose()
    return listed, sorted(map(tuple, messages))


def test_the_order_of_the_day_imports_no_prefect(tmp_path: Path) -> None:
    assert python("import sys, flows.day, cli.main; print('prefect' in sys.modules)", tmp_path) == "False"


def test_telemetry_is_off_before_prefect_is_imported(tmp_path: Path) -> None:
    output = python(f"import flows.watch, os; {TELEMETRY}; print(os.environ['DO_NOT_TRACK'])", tmp_path)
    assert output.split() == ["False", "1"]


@pytest.mark.parametrize("entry", read_deployments(), ids=lambda entry: entry["name"])
def test_every_deployment_exists_takes_its_parameters_and_runs_alone(prefect_server: None, entry: dict) -> None:
    from prefect.flows import load_flow_from_entrypoint

    parameters = load_flow_from_entrypoint(str(ROOT / entry["entrypoint"])).parameters
    assert set(entry["parameters"]) <= set(parameters.properties)
    assert set(parameters.required) <= set(entry["parameters"])
    assert entry["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert entry["schedules"][0]["timezone"] == "Europe/London"


def result_of(state: Any) -> Any:
    """A state's result, asked for in a thread of its own: beside a browser's event loop Prefect only promises it."""
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(state.result).result()


def test_a_run_gives_what_the_plain_steps_give(flows: ModuleType, folder: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    day = steps.open_day(Settings(home=plain), now=NOW, day=extracts.DAY)
    summary = steps.watch(day, folder)

    result = flows.watch(as_of=extracts.DAY, folder=str(folder))

    assert content(tmp_path) == content(plain)
    assert result["summary"] == f"{summary.scoring_result.describe()}; {summary.escalation_result.describe()}"


def test_a_register_out_of_reach_is_left_out_and_the_run_is_red_when_all_else_is_done(
    flows: ModuleType, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_client: object, _since: object) -> None:
        raise RegisterUnreachable("the register does not answer")

    monkeypatch.setattr(contracts, "fetch", unreachable)
    monkeypatch.setattr(flows, "pull_register", flows.pull_register.with_options(retry_delay_seconds=0))

    state = flows.watch(as_of=extracts.DAY, folder=str(folder), return_state=True)

    assert state.is_failed()
    with pytest.raises(RegisterLeftOut, match="contracts: the register does not answer"):
        result_of(state)
    listed, told = content(tmp_path)
    assert (len(listed["providers"]), {status for *_, status in told}) == (14, {"accepted"})


@pytest.fixture
def a_critical_waits(tmp_path: Path) -> Iterator[Engine]:
    """A message about a new critical that nobody has sent yet, to a channel beside which there is another."""
    engine = steps.open_day(Settings(home=tmp_path), now=NOW).engine
    with write_session(engine) as session:
        run = Run(day=extracts.DAY, status=RunStatus.ABANDONED, code_version="", regimes={}, now_at=NOW, started_at=NOW)
        session.add(run)
        session.flush()
        session.add(
            Message(
                run_id=run.id,
                recipient_id=0,
                part="critical:1",
                channel="mail",
                fallback="file",
                subject="CRITICAL: A",
                body_markdown="It is.\n",
                created_at=NOW,
                useful_until=NOW + timedelta(days=36_500),
            )
        )
    yield engine
    engine.dispose()


def test_a_critical_that_its_channel_does_not_take_goes_by_the_fallback_and_turns_the_run_red(
    flows: ModuleType, a_critical_waits: Engine, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTINUITY_CHANNEL_MAIL", "json://127.0.0.1:9")
    monkeypatch.setattr(flows, "send_messages", flows.send_messages.with_options(retries=0))

    state = flows.watch(as_of=extracts.DAY, folder=str(folder), return_state=True)

    assert state.is_failed()
    with pytest.raises(RegisterLeftOut, match=r"1 given to the fallback channel; channel 'mail': .*check CONTINUITY"):
        result_of(state)
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "outbox").iterdir()]
    assert [text.splitlines()[0] for text in written].count("# CRITICAL: A") == 1


def test_what_failed_is_due_when_prefect_tries_again(
    flows: ModuleType, a_critical_waits: Engine, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Envelope] = []

    def deliver(envelope: Envelope) -> None:
        tries.append(envelope)
        if len(tries) < 2:
            raise NotSent("nobody answers")

    monkeypatch.setattr(outbox, "channel_for", lambda _name, _settings: deliver)
    monkeypatch.setattr(outbox, "BACK_OFF", (timedelta(0),) * 4)
    monkeypatch.setattr(flows, "send_messages", flows.send_messages.with_options(retry_delay_seconds=0))

    flows.watch(as_of=extracts.DAY, folder=str(folder))

    with read_session(a_critical_waits) as session:
        assert set(session.scalars(select(MESSAGE.status))) == {"accepted"}
    assert (tries[0].number, 2) in {(one.number, one.attempt) for one in tries}


def test_training_without_history_is_refused_in_words(flows: ModuleType) -> None:
    state = flows.train(return_state=True)
    with pytest.raises(WrongInput, match="no two yearly lists up to .* run .continuity pull ofsted_social_care."):
        result_of(state)
