"""Opens and migrates the database: SQLite embedded, or PostgreSQL by one setting."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlmodel import Session, SQLModel

from models import alerting, casework, ledger, scoring  # noqa: F401  (the tables register themselves)
from settings import WrongInput

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_MILLISECONDS = 60_000

metadata = SQLModel.metadata


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model: its columns (``.c``) are what whole-column statements are written with."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


class DatabaseUnusable(WrongInput):
    """The database cannot be opened, read or written, or is newer than this code."""


def engine_for(url: str) -> Engine:
    """An engine for the URL with the pragmas that many readers beside one writer need.

    Raises:
        DatabaseUnusable: the URL is not one.
    """
    try:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    except ArgumentError as error:
        raise DatabaseUnusable(f"CONTINUITY_DATABASE_URL: {error}; give sqlite:///file or postgresql://...") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_pragmas(connection: Any, _record: object) -> None:
    # We begin transactions: with Python's own late BEGIN a reader turns writer and meets a lock it cannot wait for.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _sqlite_begin(connection: Any) -> None:
    is_writer = connection.get_execution_options().get("is_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


@contextmanager
def read_session(engine: Engine) -> Iterator[Session]:
    """A session that only reads."""
    with Session(engine) as session:
        yield session


@contextmanager
def write_session(engine: Engine) -> Iterator[Session]:
    """A session in one transaction that takes the write lock at once; commits at the end, rolls back on any error."""
    with Session(engine.execution_options(is_writer=True)) as session, session.begin():
        yield session


def migrate(engine: Engine) -> None:
    """Bring the database to this code's version; an up-to-date database is not touched.

    Raises:
        DatabaseUnusable: it cannot be opened or written, or is newer than the code.
    """
    try:
        if engine.dialect.name == "sqlite" and engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        if _current_revision(engine) == _newest_revision():
            return
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        with engine.execution_options(is_writer=True).connect() as connection, connection.begin():
            # Inside the lock: two processes may start at once.
            if MigrationContext.configure(connection).get_current_revision() != _newest_revision():
                command.upgrade(_alembic_config(connection), "head")
    except (OSError, OperationalError, DatabaseError) as error:
        raise unusable_error(engine, error) from error


def check_database(engine: Engine) -> None:
    """Make sure that the database is at this code's version, without writing.

    Raises:
        DatabaseUnusable: it is absent, older or newer.
    """
    try:
        current = _current_revision(engine)
    except (OSError, OperationalError, DatabaseError) as error:
        raise unusable_error(engine, error) from error
    if current != _newest_revision():
        state = "the database is of an older version" if current else "there is no database yet"
        remedy = "" if current else ", or 'continuity sample' to try it with the sample"
        raise DatabaseUnusable(f"{_shown_url(engine)}: {state}; run 'continuity init'{remedy}")


def _current_revision(engine: Engine) -> str | None:
    if engine.dialect.name == "sqlite" and engine.url.database and not Path(engine.url.database).exists():
        return None
    with engine.connect() as connection:
        current: str | None = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_alembic_config()).walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseUnusable(
            f"{_shown_url(engine)}: the database is at version {current}, newer than this code; update Continuity Watch"
        )
    return current


def _newest_revision() -> str | None:
    return ScriptDirectory.from_config(_alembic_config()).get_current_head()


def _alembic_config(connection: Any = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _shown_url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def unusable_error(engine: Engine, error: Exception) -> DatabaseUnusable:
    """A database error as one line: the place of the database and the remedy."""
    reason = str(getattr(error, "orig", error)).splitlines()[0]
    where = _shown_url(engine)
    return DatabaseUnusable(
        f"{where}: {reason}; check that the place exists and can be written, or set CONTINUITY_DATABASE_URL"
    )


__all__ = [
    "DatabaseUnusable",
    "Session",
    "check_database",
    "engine_for",
    "metadata",
    "migrate",
    "read_session",
    "table_of",
    "unusable_error",
    "write_session",
]
