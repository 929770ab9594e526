"""Serves the dashboard in the foreground, on loopback unless an address is given; nothing leaves the machine."""

import atexit
import gc
import os
import signal
import socket
import threading
import time
import urllib.request
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from settings import Settings, WrongInput, disable_telemetry

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = Path(__file__).with_name("app.py")
# By name, since no code here uses them. Charts pass their rows through pandas.
FIRST_PAGE_MODULES = (
    "pandas",
    "dashboard.cache",
    "dashboard.charts",
    "dashboard.entry.form_widgets",
    "dashboard.presenters.due_dates_view",
    "dashboard.presenters.escalation_view",
    "dashboard.presenters.history_view",
)
FIRST_PORT, PORTS = 8501, 100
READY_TIMEOUT = 60  # seconds

_LIGHT = {
    "primaryColor": "#0b4f8a",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f5f4f1",
    "textColor": "#1f1d1a",
    "linkColor": "#0b4f8a",
    "borderColor": "#c9c5bd",
    "grayTextColor": "#4d4a45",
}
_DARK = {
    "primaryColor": "#8fc4f5",
    "backgroundColor": "#171614",
    "secondaryBackgroundColor": "#24221f",
    "textColor": "#f0eee9",
    "linkColor": "#8fc4f5",
    "borderColor": "#5a564f",
    "grayTextColor": "#c9c5bd",
}

# Everything is a flag, so no configuration file is needed in the working folder.
OPTIONS: dict[str, Any] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "logger.hideWelcomeMessage": True,
    "logger.level": "warning",
    "runner.magicEnabled": False,  # bare expressions are not shown; saves rewriting every page's code
    "theme.paddingTop": "1rem",
    **{f"theme.light.{key}": value for key, value in _LIGHT.items()},
    **{f"theme.dark.{key}": value for key, value in _DARK.items()},
}

# Streamlit draws charts with code made at run time and styles elements in place, hence the two 'unsafe'.
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' blob: data:; "
        "frame-ancestors 'none'; form-action 'self'; base-uri 'self'; object-src 'none'"
    ),
    "referrer-policy": "no-referrer",  # a register's site does not learn which provider is watched
    "x-content-type-options": "nosniff",
}


class PrivateHeaders:
    """Adds headers: the browser loads nothing from elsewhere, and tells no other site where a link was clicked."""

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer like the app, with the headers added."""

        async def with_headers(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in _HEADERS.items())]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def serve(settings: Settings, *, port: int | None, address: str = "127.0.0.1") -> int:
    """Serve until stopped, and print the address once the server answers; 0 after a clean stop.

    Args:
        settings: which database and data directory.
        port: None for 8501 or the next free port.
        address: where to listen.

    Raises:
        WrongInput: the port is taken, or the address is not one of this machine.
    """
    port = free_port(address, port)
    disable_telemetry(settings.home)
    os.environ["CONTINUITY_HOME"] = str(settings.home.resolve())
    os.environ["CONTINUITY_DATABASE_URL"] = settings.engine_url
    os.environ["CONTINUITY_USER"] = settings.user

    import streamlit
    from starlette.middleware import Middleware

    _warm_up()
    threading.Thread(target=_print_address_when_ready, args=(address, port), daemon=True).start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the server closes and we return
    try:
        app = streamlit.App(SCRIPT, middleware=[Middleware(PrivateHeaders)])
        app.run(config={**OPTIONS, "server.address": address, "server.port": port})
    except KeyboardInterrupt:
        pass
    return 0


def _warm_up() -> None:
    """Load the modules of the first page now, and exempt them from garbage collection.

    Streamlit collects garbage after every run of a page. Searching all loaded modules each time takes longer than an
    ordinary page. At exit they are collected as usual.
    """
    for module in FIRST_PAGE_MODULES:
        import_module(module)
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)


def free_port(address: str, port: int | None) -> int:
    """The port, or without one the first free port from 8501 on.

    Raises:
        WrongInput: the port is taken, or the service cannot listen on the address.
    """
    wanted = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS)
    problem: OSError | None = None
    for candidate in wanted:
        try:
            with socket.create_server((address, candidate), family=_address_family(address)):
                return candidate
        except OSError as error:
            problem = error
    ports = str(port) if port is not None else f"{FIRST_PORT} to {FIRST_PORT + PORTS - 1}"
    reason = problem.strerror if problem else "not free"
    raise WrongInput(f"cannot listen on {address}, port {ports}: {reason}; choose another with --port or --address")


def _address_family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def public_address(address: str, port: int) -> str:
    """The web address to open in a browser; a wildcard address is opened by the name ``localhost``."""
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(address, f"[{address}]" if ":" in address else address)  # noqa: S104
    return f"http://{host}:{port}"


def _print_address_when_ready(address: str, port: int) -> None:
    web_address = public_address(address, port)
    until = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{web_address}/_stcore/health", timeout=2):  # noqa: S310  (our own server)
                print(f"dashboard  {web_address}  (stop with Ctrl-C)", flush=True)  # noqa: T201
                return
        except OSError:
            time.sleep(0.1)
