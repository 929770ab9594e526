"""``continuity up`` as people start it: everything answers, everything stops, and a taken port is said in one line."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from models.database import engine_for, migrate

START_SECONDS, STOP_SECONDS = 180, 60


class Up:
    """A running ``continuity up`` with a data directory and ports of its own."""

    def __init__(self, home: Path, *options: object) -> None:
        ours = ("CONTINUITY_", "PREFECT_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", *map(str, options)],
            env={**environment, "CONTINUITY_HOME": str(home)},
            cwd=home,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (a background job ignores it)
        )
        self.said: list[str] = []

    def read(self, what: str) -> str:
        """Its lines up to the one about ``what``; the address in that line."""
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith(what):
                return re.search(r"http://\S+", line)[0]
        raise AssertionError(f"it ended: {self.said} {self.process.stderr.read()}")

    def family(self) -> list[psutil.Process]:
        """Every process that it started and that these started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, how: int) -> list[psutil.Process]:
        """Tell it to stop; gives those of its family that still live when it has ended."""
        family = self.family()
        assert family
        self.process.send_signal(how)
        self.process.wait(STOP_SECONDS)
        return [member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]

    def kill(self) -> None:
        """Leave nothing behind, whatever the test came to."""
        if self.process.poll() is None:
            for member in [*self.family(), psutil.Process(self.process.pid)]:
                member.kill()
        self.process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory with an empty database."""
    engine = engine_for(f"sqlite:///{tmp_path / 'continuity.db'}")
    migrate(engine)
    engine.dispose()
    return tmp_path


@pytest.fixture
def up(home: Path) -> Iterator[Up]:
    running = Up(home, "--port", free_port(), "--prefect-port", free_port())
    yield running
    running.kill()


def ask(address: str, body: object = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def deployments(prefect: str) -> dict[str, dict]:
    """The deployments of the server, once the schedules have been registered."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        found = {row["name"]: row for row in json.loads(ask(f"{prefect}/api/deployments/filter", {}))}
        if len(found) == 2 and all(row["status"] == "READY" for row in found.values()):
            return found
        time.sleep(0.5)
    raise AssertionError(f"no deployments within {START_SECONDS} seconds")


@pytest.mark.timeout(2 * START_SECONDS)
def test_everything_answers_and_ends_on_sigterm(up: Up) -> None:
    prefect, dashboard = up.read("Prefect"), up.read("dashboard")

    assert ask(f"{prefect}/api/health") == "true"
    assert ask(f"{dashboard}/_stcore/health") == "ok"
    found = deployments(prefect)
    assert {name: row["schedules"][0]["schedule"]["cron"] for name, row in found.items()} == {
        "daily": "30 5 * * *",
        "yearly-model": "0 3 1 8 *",
    }
    assert {one["global_concurrency_limit"]["limit"] for one in found.values()} == {1}

    assert up.stop(signal.SIGTERM) == []
    assert (up.process.returncode, len(up.said)) == (0, 3)  # the first operator, two addresses, no banner
    assert up.process.stdout.read() + up.process.stderr.read() == ""


@pytest.mark.timeout(START_SECONDS)
def test_interrupted_while_it_starts_it_leaves_nothing_behind(up: Up, home: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not (home / "prefect" / "server.log").exists() or not up.family():
        assert time.monotonic() < until
        time.sleep(0.1)

    assert up.stop(signal.SIGINT) == []
    assert up.process.returncode == 0


@pytest.mark.parametrize("option", ["--port", "--prefect-port"])
def test_a_taken_port_is_said_in_one_line_before_anything_starts(option: str, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = Up(home, option, listener.getsockname()[1])
        said, complaint = running.process.communicate()

    assert (running.process.returncode, said, complaint.count("\n")) == (2, "", 1)
    assert re.search(rf"cannot listen on 127.0.0.1, port \d+: .*; .*choose another with {option}", complaint)
    assert not (home / "prefect").exists()
