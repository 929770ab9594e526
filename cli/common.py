"""Options, days, progress and output that the commands share."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import settings as environment
from models.vocabulary import Level, day_in_london
from settings import Settings, WrongInput
from text.progress import ProgressCallback

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from access.permissions import Permission
    from flows.day import Day

LEVEL_STYLES = {Level.CRITICAL: "bold red", Level.CONCERN: "red", Level.WATCH: "yellow", Level.UNSCORABLE: "dim"}
PIPED_WIDTH = 240  # characters in a row of a table that goes into a file or a pipe


class _Pipe(Console):
    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  (rich would exit with code 1; a reader such as `head` that stops is no error)


out = _Pipe(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False)


class Format(StrEnum):
    """The forms in which results can be printed."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    CSV = "csv"


AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="The day as YYYY-MM-DD; today if left out.")
]
FolderOption = Annotated[
    Path | None, typer.Option("--from", metavar="DIR", help="A folder of register extracts to read instead of the web.")
]


def now() -> datetime:
    """The instant of the run."""
    return datetime.now(UTC)


def parse_day_option(text: str | None) -> date:
    """The day that an option gives; today if it is left out.

    Raises:
        WrongInput: the text is not a date, or the day is in the future.
    """
    today = day_in_london(now())
    if text is None:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongInput(f"'{text}' is not a day; write it as YYYY-MM-DD, for example 2022-03-31") from None
    if day > today:
        raise WrongInput(f"{text} is in the future; give a day up to today, {today.isoformat()}")
    return day


def open_database() -> "tuple[Settings, Engine]":
    """The settings and an engine, for a command that only reads.

    Raises:
        WrongInput: the database is not set up, or cannot be read.
    """
    from models.database import check_database, engine_for

    settings = environment.load()
    environment.disable_telemetry(settings.home)
    engine = engine_for(settings.engine_url)
    check_database(engine)
    return settings, engine


def regime_titles(settings: Settings) -> dict[str, str]:
    """Regime key to title; of several versions, the title of the newest."""
    from regimes.store import available_regimes

    return {
        regime.key: regime.title for regime in sorted(available_regimes(settings), key=lambda regime: regime.valid_from)
    }


@contextmanager
def open_run_day(permission: "Permission", as_of: str | None = None, *, notes: Console = out) -> "Iterator[Day]":
    """A day to work on; the database is created if needed. Progress is shown on a terminal, not in a pipe.

    Args:
        permission: the permission that the command needs; the user whom ``CONTINUITY_USER`` names must have it.
        as_of: the day, as the option gives it.
        notes: the console for the note, after the work, that the user is now registered as the first operator.

    Raises:
        NotAllowed: the user does not have the permission.
    """
    from access import people
    from flows.day import open_day

    settings = environment.load()
    environment.disable_telemetry(settings.home)
    day = open_day(settings, now=now(), day=parse_day_option(as_of))
    installer = None if people.list_users(day.engine) else people.add_installer(day.engine, settings.user, now=day.now)
    people.find_permitted_user(day.engine, settings.user, permission)
    with progress_bar() as day.progress:
        yield day
    if installer is not None:
        notes.print(f"'{installer.key}' is now registered, with the role operator", markup=False)


@contextmanager
def progress_bar() -> "Iterator[ProgressCallback]":
    """A progress bar, on a terminal only; yields the function that updates it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(description: str, done: int, total: int) -> None:
            bar.update(task, description=description, completed=done, total=total)

        yield show


def extracts_folder(settings: Settings, option: Path | None) -> Path | None:
    """The folder of extracts from the option or ``CONTINUITY_REGISTERS``; None for the web."""
    return option or settings.registers


def print_json(value: object) -> None:
    """Print one JSON document, and nothing else, to stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def print_csv(rows: Iterable[dict[str, Any]], columns: list[str]) -> None:
    """Print rows as CSV; cells that a spreadsheet would run as a formula are neutralised."""
    from text.csv_cells import neutralise_formula

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([neutralise_formula(row.get(column)) for column in columns])
