"""Fixtures shared by all tests: databases, the optional register extracts, no network beyond loopback."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import settings

from tests.dashboard.browsers import browser  # noqa: F401  (a fixture: Playwright can only be started once)
from tests.databases import *  # noqa: F403  (its fixtures)

settings.register_profile("unhurried", settings.default, deadline=None)  # a busy machine is no finding
settings.load_profile("unhurried")

EXTRACTS = Path(__file__).resolve().parents[2] / "shared" / "registers"


# Files with a few long tests: a worker that began one last would work alone at the end.
SLOW_FILES = {
    "test_audiences.py": 300,
    "test_kills.py": 90,
    "test_real_registers.py": 90,
    "test_attribution.py": 45,
    "test_train.py": 40,
    "test_story.py": 30,
    "test_replay.py": 25,
    "test_watch.py": 25,
    "test_visible_evaluations.py": 25,
    "test_up.py": 15,
}  # about how many seconds each takes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow files first, the slowest at the head; the order of all others stays random."""
    items.sort(key=lambda item: -SLOW_FILES.get(item.path.name, 0))


@pytest.fixture(scope="session")
def registers() -> Path:
    """The optional folder of register extracts; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("TEST_REGISTERS") or EXTRACTS)
    if not folder.is_dir():
        pytest.skip(f"no folder of register extracts at {folder}; set TEST_REGISTERS to one")
    return folder


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections that leave this machine: a test stubs the register at the HTTP transport instead."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if self.family != socket.AF_UNIX and host not in {"127.0.0.1", "::1", "localhost", "local"}:
            raise AssertionError(f"a test tried to reach {host}: stub the transport (httpx.MockTransport)")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
