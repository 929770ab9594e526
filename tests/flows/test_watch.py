"""The day's work under Prefect: what ``prefect.yaml`` names is there, and does what the plain steps do."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from alerts.messages import MESSAGE
from dashboard import queries
from flows import day as steps
from flows.day import RegisterLeftOut
from flows.up import deployments
from indicators.http import RegisterUnreachable
from indicators.sources import contracts
from models.database import engine_for, reading
from settings import ROOT, Settings, WrongInput
from tests import extracts
from tests.command import environment
from tests.factories import NOW

TELEMETRY = "from prefect.settings import get_current_settings as now; print(now().server.analytics_enabled)"


def python(code: str, home: Path) -> str:
    """What a process of its own prints, with nothing of ours or Prefect's in its environment but a home."""
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
    """What was scored and what was told: without the numbers and times of rows."""
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    listed = queries.watchlist(engine, extracts.DAY, sees=None).as_json()
    with reading(engine) as session:
        told = session.execute(select(MESSAGE.channel, MESSAGE.subject, MESSAGE.status)).all()
    engine.dispose()
    return listed, sorted(map(tuple, told))


def test_the_order_of_the_day_imports_no_prefect(tmp_path: Path) -> None:
    assert python("import sys, flows.day, cli.main; print('prefect' in sys.modules)", tmp_path) == "False"


def test_telemetry_is_off_before_prefect_is_imported(tmp_path: Path) -> None:
    said = python(f"import flows.watch, os; {TELEMETRY}; print(os.environ['DO_NOT_TRACK'])", tmp_path)
    assert said.split() == ["False", "1"]


@pytest.mark.parametrize("entry", deployments(), ids=lambda entry: entry["name"])
def test_what_is_deployed_is_there_takes_its_parameters_and_runs_alone(prefect_server: None, entry: dict) -> None:
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
    assert result["said"] == f"{summary.scored.describe()}; {summary.told.describe()}"


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


def test_training_without_history_is_refused_in_words(flows: ModuleType) -> None:
    state = flows.train(return_state=True)
    with pytest.raises(WrongInput, match="no two yearly lists up to .* run .continuity pull ofsted_social_care."):
        result_of(state)
