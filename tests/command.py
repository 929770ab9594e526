"""The command line run in this process, on a data directory of the test's own."""

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from cli import main


class Said(NamedTuple):
    """The exit code and the output of one command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as one JSON document, and nothing else."""
        assert (self.code, self.err) == (0, "")
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Stdout as CSV with a header: one dictionary for each row."""
        return list(csv.DictReader(io.StringIO(self.out)))


class Command:
    """``command("watchlist", "--limit", "3")``."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Said:
        self._capsys.readouterr()
        code = main.run([str(argument) for argument in arguments])
        return Said(code, *self._capsys.readouterr())


@contextmanager
def environment(home: Path, **settings: str) -> Iterator[None]:
    """The process environment with these settings and no others of ours; as it was, afterwards."""
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("CONTINUITY_")]:
            del os.environ[name]
        os.environ.update({"CONTINUITY_HOME": str(home), **settings})
        yield
