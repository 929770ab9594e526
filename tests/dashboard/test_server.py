"""Serving: on loopback, on a free port, with nothing loaded from elsewhere, and stopped cleanly."""

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from dashboard.server import OPTIONS, free_port, public_address
from settings import ROOT, WrongInput
from tests.dashboard.browsers import Server


@pytest.fixture
def taken() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_refused_in_one_line(taken: int) -> None:
    with pytest.raises(WrongInput, match=rf"cannot listen on 127.0.0.1, port {taken}: .*; choose another") as refused:
        free_port("127.0.0.1", taken)
    assert "\n" not in str(refused.value)


def test_without_a_port_the_next_free_one_is_taken(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.server.FIRST_PORT", taken)
    assert free_port("127.0.0.1", None) > taken


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(WrongInput, match=r"192\.0\.2\.1"):
        free_port("192.0.2.1", None)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://localhost:8501"),
        ("::1", "http://[::1]:8501"),
        ("::", "http://localhost:8501"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(address: str, expected: str) -> None:
    assert public_address(address, 8501) == expected


def test_nothing_is_reported_to_anybody_and_no_traceback_is_shown() -> None:
    assert (OPTIONS["browser.gatherUsageStats"], OPTIONS["client.showErrorDetails"]) == (False, "none")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_on_loopback_with_private_headers_and_stops_cleanly(tmp_path: Path, how: int) -> None:
    server = Server(tmp_path, f"sqlite:///{tmp_path / 'absent.db'}")
    try:
        assert server.address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(server.address) as answer:
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["referrer-policy"] == "no-referrer"
    finally:
        stopped = server.stop(how)
    assert stopped == 0
    assert list(tmp_path.iterdir()) == []  # reading leaves nothing behind


def test_the_modules_of_the_first_page_are_loaded_before_a_visit() -> None:
    program = (
        "import sys\nfrom dashboard import server\nserver._warm_up()\n"
        "print(sorted({'pandas', 'dashboard.cache', 'queries.watchlist'} - sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
