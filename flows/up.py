"""Prefect server, schedules and dashboard together, until stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import yaml

from settings import ROOT, Settings, WrongInput, quiet_telemetry

SERVER_SECONDS = 180
STOP_SECONDS = 20
PREFECT_PORT = 4200


def serve_all(settings: Settings, *, port: int | None, address: str) -> int:
    """Run everything in the foreground; 0 after a clean stop, 1 when a part died by itself."""
    quiet_telemetry(settings.home)
    api = f"http://127.0.0.1:{PREFECT_PORT}/api"
    os.environ["PREFECT_API_URL"] = api
    signal.signal(signal.SIGTERM, _interrupt)
    parts: dict[str, subprocess.Popen[bytes]] = {}
    try:
        parts["Prefect server"] = _start("-m", "prefect", "server", "start", "--port", str(PREFECT_PORT))
        _wait_for(f"{api}/health", parts["Prefect server"])
        print(f"Prefect    http://127.0.0.1:{PREFECT_PORT}", flush=True)  # noqa: T201
        parts["schedules"] = _start("-m", "flows.up")
        options = ["--address", address, *(["--port", str(port)] if port else [])]
        parts["dashboard"] = _start("-m", "cli.main", "dashboard", *options)
        while all(part.poll() is None for part in parts.values()):
            time.sleep(1)
        dead = next(name for name, part in parts.items() if part.poll() is not None)
        print(f"continuity: {dead} stopped by itself; everything else is being stopped", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for name in ("dashboard", "schedules", "Prefect server"):  # the server last: its clients wait for it
            if name in parts:
                _stop(parts[name])


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *arguments], start_new_session=True)  # noqa: S603  (our own commands)


def _stop(part: subprocess.Popen[bytes]) -> None:
    if part.poll() is None:
        part.terminate()
        try:
            part.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(part.pid, signal.SIGKILL)
            part.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise WrongInput(f"the Prefect server ended at once; is port {PREFECT_PORT} taken? Stop what uses it")
        try:
            if httpx.get(address, timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise WrongInput(f"the Prefect server did not answer within {SERVER_SECONDS} seconds at {address}")


def deployments() -> list[dict[str, Any]]:
    """The deployments of ``prefect.yaml``."""
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    return found


def serve_schedules() -> None:
    """Serve every deployment of ``prefect.yaml`` from this process, until stopped."""
    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.flows import load_flow_from_entrypoint
    from prefect.schedules import Cron

    os.chdir(ROOT)
    served: list[Any] = [
        load_flow_from_entrypoint(str(Path(entry["entrypoint"]))).to_deployment(
            entry["name"],
            schedules=[Cron(schedule["cron"], timezone=schedule["timezone"]) for schedule in entry["schedules"]],
            parameters=entry["parameters"],
            concurrency_limit=ConcurrencyLimitConfig(
                limit=entry["concurrency_limit"]["limit"],
                collision_strategy=ConcurrencyLimitStrategy(entry["concurrency_limit"]["collision_strategy"]),
            ),
        )
        for entry in deployments()
    ]
    serve(*served, limit=1)


if __name__ == "__main__":
    serve_schedules()
