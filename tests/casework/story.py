"""A provider, four people and a calendar, so that a test can tell a story day by day in short sentences."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from access import people
from casework.clocks import RunningClock, find_overdue_clocks
from casework.reading import Record
from casework.writing import CaseWriter, case_writer
from flows import day as steps
from indicators.archive import Archive
from indicators.ledger.as_of import AsOf, as_of
from indicators.sources import casework as source
from models.vocabulary import View
from settings import Settings
from tests.factories import HOME, load, observed, on_record

MONDAY = date(2026, 3, 2)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


class Story:
    """``story.on("2026-03-02").by("ann").open("plan", HOME)``."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder, self.today = engine, folder, MONDAY
        load(engine, [observed("Alder House", indicator="name")])
        for key, audiences in (("ann", ["casework"]), ("ben", ["casework"]), ("cat", ["police"]), ("guest", [])):
            on_record(engine, key, audiences=audiences)

    def on(self, day: str) -> "Story":
        self.today = date.fromisoformat(day)
        return self

    def person(self, key: str) -> people.RegisteredUser:
        return people.find_user(self.engine, key)

    @contextmanager
    def writer(self, key: str = "ann") -> Iterator[CaseWriter]:
        with case_writer(self.engine, self.person(key), now=noon(self.today)) as writer:
            yield writer

    def open(self, kind: str, by: str = "ann", **more: Any) -> int:
        """The number of a new record."""
        with self.writer(by) as writer:
            provider = "" if "part_of" in more else HOME
            return writer.open_record(kind, provider, **days(more)).number

    def change(self, number: int, by: str = "ann", **more: Any) -> Record:
        with self.writer(by) as writer:
            return writer.change_record(number, **days(more))

    def overdue(self, by: str = "ann") -> list[RunningClock]:
        from casework.reading import list_records

        return find_overdue_clocks(list_records(self.engine, self.person(by), day=self.today), self.today)

    def look(self) -> list[str]:
        """Do the night's work for casework; returns what our own fault left out."""
        settings, archive = Settings(home=self.folder / "home"), Archive(self.engine, self.folder / "archive")
        night = steps.Day(settings, self.engine, archive, noon(self.today), self.today, sources=(source,))
        pulled = steps.pull(night, None)
        return [result.error for result in pulled if result.error] + steps.observe(night)

    def known(self, *, view: View = View.FULL, day: date | None = None) -> AsOf:
        return as_of(self.engine, day or self.today, view=view)


def days(options: dict[str, Any]) -> dict[str, Any]:
    """Options with their days, written as text in a test, as dates."""
    return {key: date.fromisoformat(value) if key.endswith("_on") else value for key, value in options.items()}


def values(known: AsOf, indicator: str) -> list[tuple[str | None, float | None, str, str]]:
    """Text, number, day it is about and day it became known, of all live rows of an indicator in their order."""
    rows = known.sql(
        "SELECT value_text, value_number, period_end::VARCHAR, known_on::VARCHAR FROM observation "
        "JOIN indicator ON indicator.id = indicator_id WHERE key = $key ORDER BY seq",
        key=indicator,
    )
    return rows.fetchall()


def refuses(error: type[Exception], message: str) -> Any:
    """Expects an error with this text."""
    return pytest.raises(error, match=re.escape(message))
