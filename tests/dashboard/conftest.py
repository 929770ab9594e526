"""The dashboard on a seeded database: in process for most tests, in a real browser for a few."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

import dashboard
from tests.dashboard import scenes
from tests.dashboard.browsers import server, watched  # noqa: F401  (fixtures)

APP = Path(dashboard.__file__).with_name("app.py")


@pytest.fixture
def told(sqlite_engine: Engine) -> Engine:
    """A database with the story of ``scenes``."""
    scenes.story(sqlite_engine)
    return sqlite_engine


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., AppTest]:
    """Opens the dashboard on a database, with an address' query; ``view`` is a file in views/."""

    def open_(engine: Engine | str, view: str = "watchlist", **query: str) -> AppTest:
        url = engine if isinstance(engine, str) else engine.url.render_as_string(hide_password=False)
        monkeypatch.setenv("CONTINUITY_DATABASE_URL", url)
        monkeypatch.setenv("CONTINUITY_HOME", str(tmp_path))
        app = AppTest.from_file(str(APP), default_timeout=120)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        if view != "watchlist":
            for key, value in query.items():
                app.query_params[key] = value
            app.switch_page(f"views/{view}.py").run()
        return app

    return open_


def html(app: AppTest) -> str:
    """Everything the page shows as HTML, in order."""
    return "\n".join(element.proto.body for element in app.get("html"))
