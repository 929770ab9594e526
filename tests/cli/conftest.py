"""A data directory with two scored days of invented extracts, and the command line in this process."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access import people
from cli.common import now
from flows import day as steps
from models.vocabulary import day_in_london
from regimes.schema import DEFINITIONS
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


@pytest.fixture
def ann(continuity, home):
    """``ann("alerts", "list")``: Ann sees casework."""
    continuity("case", "person", "add", "ann", "--name", "Ann", "--roles", "regulator", "--audiences", "casework")
    os.environ["CONTINUITY_USER"] = "ann"
    return continuity


HOMES = (DEFINITIONS / "childrens_homes.yaml").read_text(encoding="utf-8")


@pytest.fixture
def edited(tmp_path):
    """Children's homes, with every home that is merely good to be watched."""
    path = tmp_path / "edited.yaml"
    path.write_text(HOMES.replace("Outstanding: none, Good: none", "Outstanding: none, Good: watch"), encoding="utf-8")
    return path


TODAY = day_in_london(now())


def later(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()
