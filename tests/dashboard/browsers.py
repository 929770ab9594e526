"""A real Chromium and a real server: skipped where there is no Chromium, except on CI, where that is a failure."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from models.database import engine_for
from tests.dashboard import scenes

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
STOP_SECONDS = 60
SERVE = """
import sys, settings
from dashboard.server import serve
raise SystemExit(serve(settings.load(), port=int(sys.argv[1])))
"""


def chromium() -> str:
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        how = "no Chromium: apt-get install --no-install-recommends chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(how)
    return executable


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()


class Server:
    """A dashboard of our own on a database, in a process of its own."""

    def __init__(self, folder: Path, url: str, **more: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CONTINUITY_")}
        environment |= {"CONTINUITY_HOME": str(folder), "CONTINUITY_DATABASE_URL": url, "PYTHONWARNINGS": "ignore"}
        environment |= {f"CONTINUITY_{name.upper()}": value for name, value in more.items()}
        with socket.create_server(("127.0.0.1", 0)) as listener:  # a port of our own: other tests run beside us
            port = str(listener.getsockname()[1])
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, port], env=environment, cwd=folder, text=True, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, f"the server printed {line!r}"
        self.address = address[0]

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(STOP_SECONDS)


@pytest.fixture(scope="session")
def server(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard with the story of ``scenes``."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copyfile(migrated_sqlite_file, folder / "continuity.db")
    engine = engine_for(f"sqlite:///{folder / 'continuity.db'}")
    scenes.story(engine)
    engine.dispose()
    running = Server(folder, f"sqlite:///{folder / 'continuity.db'}")
    yield running
    if running.process.poll() is None:
        running.stop()


class Watched:
    """A page whose requests and complaints are written down."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.left: list[str] = []  # requests that would leave the machine
        self.complaints: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda socket: self._note(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{message.text} {message.location}") if message.type == "error" else None
            ),
        )

    def _note(self, url: str) -> None:
        own = self.address.removeprefix("http://")
        if not url.startswith((f"http://{own}/", f"ws://{own}/", "data:", "blob:")):
            self.left.append(url)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.settled()

    def settled(self) -> None:
        """Waits until the page has been run and drawn."""
        self.page.wait_for_function(
            "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
            " && document.querySelector('.cw h1, .cw [role=status]')"
            " && [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]"
            ".every(chart => chart.querySelector('svg, canvas'))"
        )

    def violations(self, path: str, *, scheme: str, width: int) -> list[dict[str, Any]]:
        """The faults that axe finds on a page with everything unfolded, in a colour scheme and a width."""
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": 844})
        self.open(path)
        self.page.evaluate("document.querySelectorAll('.cw details').forEach(details => { details.open = true })")
        violations: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return violations

    def real_complaints(self) -> list[str]:
        """The complaints without the notes about Streamlit, which first looks for its server below the page's path."""
        return [complaint for complaint in self.complaints if not re.search(r"/[a-z]+/_stcore/", complaint)]


def describe_violation(violation: dict[str, Any]) -> tuple[str, str, str]:
    """A fault of axe: its rule, the first element, and how to mend it."""
    node = violation["nodes"][0]
    return violation["id"], node["html"], node["failureSummary"]


def window(browser: Browser, server: Server) -> Iterator[Watched]:
    """A new window on a dashboard."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    yield Watched(context.new_page(), server.address)
    context.close()


@pytest.fixture
def watched(browser: Browser, server: Server) -> Iterator[Watched]:
    """A new window on the dashboard."""
    yield from window(browser, server)
