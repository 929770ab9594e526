"""A home with two scored days of invented extracts, and the command line in this process."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from cli import main
from flows import day as steps
from settings import Settings
from tests import extracts
from tests.factories import NOW


class Said(NamedTuple):
    """What one command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as one JSON document, and nothing else."""
        assert (self.code, self.err) == (0, "")
        return json.loads(self.out)


Continuity = Callable[..., Said]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented extracts."""
    return extracts.write(tmp_path_factory.mktemp("extracts"))


@pytest.fixture(scope="session")
def seeded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with both days scored; only to be read or copied."""
    home = tmp_path_factory.mktemp("seeded") / "home"
    for on in (extracts.EARLIER, extracts.DAY):
        day = steps.open_day(Settings(home=home), now=NOW, day=on)
        assert steps.watch(day, folder).left_out == []
        day.engine.dispose()
    return home


@pytest.fixture
def continuity(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Any:
    """``continuity("watchlist", "--limit", "3")`` on the seeded home."""
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("CONTINUITY_")]:
            del os.environ[name]
        os.environ["CONTINUITY_HOME"] = str(seeded)
        monkeypatch.chdir(tmp_path)

        def run(*arguments: object) -> Said:
            capsys.readouterr()
            code = main.run([str(argument) for argument in arguments])
            return Said(code, *capsys.readouterr())

        yield run


@pytest.fixture
def home(seeded: Path, continuity: Continuity, tmp_path: Path) -> Path:
    """A copy of the seeded home for a test that writes."""
    copy = tmp_path / "home"
    shutil.copytree(seeded, copy)
    os.environ["CONTINUITY_HOME"] = str(copy)
    return copy
