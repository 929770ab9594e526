"""Runs the Prefect server, the schedules and the dashboard together, until stopped."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import yaml

from settings import ROOT, Settings, WrongInput, disable_telemetry

SERVER_SECONDS = 180
STOP_SECONDS = 40  # Prefect gives a run 30 to end by itself
PREFECT_PORT = 4200
LOOPBACK = "127.0.0.1"
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve_all(settings: Settings, *, port: int | None, address: str, prefect_port: int = PREFECT_PORT) -> int:
    """Run everything in the foreground; returns 0 after a clean stop, 1 if a part stopped by itself.

    Args:
        settings: the settings, with database and data directory.
        port: the port of the dashboard; 8501 or the next free one if left out.
        address: where the dashboard listens.
        prefect_port: the port of the Prefect server, which listens on loopback only.

    Raises:
        WrongInput: the Prefect port is taken, or the server does not start.
    """
    disable_telemetry(settings.home)
    check_port_free(prefect_port)
    log = settings.home.resolve() / "prefect" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    root = f"http://{LOOPBACK}:{prefect_port}"
    os.environ["PREFECT_API_URL"] = f"{root}/api"
    stopped = threading.Event()  # not an exception, which could come while a part starts and leave the part running
    for stop_signal in _STOP_SIGNALS:
        if signal.getsignal(stop_signal) is not signal.SIG_IGN:  # under nohup we outlive the terminal
            signal.signal(stop_signal, lambda _signal, _frame: stopped.set())
    parts: dict[str, subprocess.Popen[bytes]] = {}
    try:
        options = ["--host", LOOPBACK, "--port", str(prefect_port)]
        with log.open("wb") as output:  # a banner, and the tracebacks of clients that went away
            parts["Prefect server"] = _start_command("-m", "prefect", "server", "start", *options, output=output)
        if not _wait_for_server(f"{root}/api/health", parts["Prefect server"], log, stopped):
            return 0
        print(f"Prefect    {root}", flush=True)  # noqa: T201
        parts["schedules"] = _start_command("-m", "flows.up")
        options = ["--address", address, *(["--port", str(port)] if port else [])]
        parts["dashboard"] = _start_command("-m", "cli.main", "dashboard", *options)
        while all(part.poll() is None for part in parts.values()):
            if stopped.wait(1):
                return 0
        dead = next(name for name, part in parts.items() if part.poll() is not None)
        print(f"continuity: {dead} stopped by itself; everything else is being stopped", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        for stop_signal in _STOP_SIGNALS:
            signal.signal(stop_signal, signal.SIG_IGN)  # a second Ctrl-C must not leave half of the parts behind
        server = parts.pop("Prefect server", None)
        _stop_processes(*parts.values())
        if server is not None:
            _stop_processes(server)  # last: the others report to it while they end


def check_port_free(port: int) -> None:
    """Check that the port of the Prefect server is free.

    Raises:
        WrongInput: the port is taken.
    """
    try:
        with socket.create_server((LOOPBACK, port)):
            return
    except OSError as error:
        raise WrongInput(
            f"the Prefect server cannot listen on {LOOPBACK}, port {port}: {error.strerror}; stop the program "
            "that uses the port, or choose another with --prefect-port"
        ) from error


def _start_command(*arguments: str, output: BinaryIO | None = None) -> subprocess.Popen[bytes]:
    """Start one of our commands in its own process group, so that Ctrl-C reaches us alone and we stop it in order."""
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, start_new_session=True, stdout=output, stderr=output)  # noqa: S603


def _stop_processes(*parts: subprocess.Popen[bytes]) -> None:
    """Stop the parts, all at once; kill those that do not end in time, and the processes that they leave behind."""
    for part in parts:
        if part.poll() is None:
            part.terminate()
    until = time.monotonic() + STOP_SECONDS
    for part in parts:
        with suppress(subprocess.TimeoutExpired):
            part.wait(max(until - time.monotonic(), 0))
        with suppress(ProcessLookupError):  # raised once no process of the group lives
            while time.monotonic() < until:
                os.killpg(part.pid, 0)
                time.sleep(0.1)
            os.killpg(part.pid, signal.SIGKILL)
        part.wait()


def _wait_for_server(address: str, server: subprocess.Popen[bytes], log: Path, stopped: threading.Event) -> bool:
    """Wait until the server answers; False if we are stopped before that."""
    until = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise WrongInput(f"the Prefect server ended at once; {log} says why")
        try:
            if httpx.get(address, timeout=2).is_success:
                return True
        except httpx.HTTPError:
            pass
        if stopped.wait(0.5):
            return False
    raise WrongInput(f"the Prefect server did not answer within {SERVER_SECONDS} seconds at {address}; see {log}")


def read_deployments() -> list[dict[str, Any]]:
    """The deployments of ``prefect.yaml``."""
    deployments: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))[
        "deployments"
    ]
    return deployments


def serve_schedules() -> None:
    """Serve every deployment of ``prefect.yaml`` from this process, until stopped."""
    import asyncio

    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.flows import load_flow_from_entrypoint
    from prefect.runner import Runner
    from prefect.schedules import Cron

    class Stoppable(Runner):
        """A runner that waits for its stop on SIGTERM. In Prefect 3.8 an active run would stay "running" for ever."""

        def handle_sigterm(self, *_: Any, **__: Any) -> None:
            if not self.started:
                sys.exit(0)
            self.execute_in_background(self.astop)

    os.chdir(ROOT)
    runner = Stoppable(pause_on_shutdown=True, limit=1)
    for entry in read_deployments():
        deployment: Any = load_flow_from_entrypoint(str(Path(entry["entrypoint"]))).to_deployment(
            entry["name"],
            schedules=[Cron(schedule["cron"], timezone=schedule["timezone"]) for schedule in entry["schedules"]],
            parameters=entry["parameters"],
            concurrency_limit=ConcurrencyLimitConfig(
                limit=entry["concurrency_limit"]["limit"],
                collision_strategy=ConcurrencyLimitStrategy(entry["concurrency_limit"]["collision_strategy"]),
            ),
        )
        runner.add_deployment(deployment)
    asyncio.run(runner.start())


if __name__ == "__main__":
    serve_schedules()
