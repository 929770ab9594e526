"""A data directory with two scored days of invented extracts, and the command line in this process."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from access import people
from flows import day as steps
from settings import Settings
from tests import extracts
from tests.command import Command, environment
from tests.factories import NOW


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented extracts."""
    return extracts.write(tmp_path_factory.mktemp("extracts"))


@pytest.fixture(scope="session")
def seeded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with both days scored, to be read or copied only."""
    home = tmp_path_factory.mktemp("seeded") / "home"
    for scored_on in (extracts.EARLIER, extracts.DAY):
        day = steps.open_day(Settings(home=home), now=NOW, day=scored_on)
        assert steps.watch(day, folder).omissions == []
        people.add_installer(day.engine, "operator", now=NOW)
        day.engine.dispose()
    return home


@pytest.fixture
def continuity(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Any:
    """``continuity("watchlist", "--limit", "3")`` on the seeded home."""
    monkeypatch.chdir(tmp_path)
    with environment(seeded):
        yield Command(capsys)


@pytest.fixture(scope="session")
def one_copy(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the seeded home for commands that are refused: they may open the database for writing."""
    return shutil.copytree(seeded, tmp_path_factory.mktemp("refused") / "home")


@pytest.fixture
def shared_copy(one_copy: Path, continuity: Command) -> Path:
    """The commands of the test run on the copy that refused commands share."""
    os.environ["CONTINUITY_HOME"] = str(one_copy)
    return one_copy


@pytest.fixture
def home(seeded: Path, continuity: Command, tmp_path: Path) -> Path:
    """A copy of the seeded home for a test that writes."""
    copy = tmp_path / "home"
    shutil.copytree(seeded, copy)
    os.environ["CONTINUITY_HOME"] = str(copy)
    return copy


@pytest.fixture
def case(continuity, home):
    """``case("list")`` in Ann's name, ``case("list", by="ben")`` in Ben's."""

    def say(*arguments, by="ann"):
        os.environ["CONTINUITY_USER"] = by
        return continuity("case", *arguments)

    say("person", "add", "ann", "--name", "Ann", "--roles", "regulator", "--audiences", "casework", by="operator")
    say("person", "add", "ben", "--roles", "official", "--audiences", "casework", by="operator")
    say("person", "add", "guest", by="operator")
    return say
