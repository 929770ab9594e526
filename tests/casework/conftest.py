"""The story that tests of casework are told in, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.casework.story import Story


@pytest.fixture
def story(engine: Engine, tmp_path: Path) -> Story:
    """A provider and four people; nothing has been entered."""
    return Story(engine, tmp_path)


@pytest.fixture
def sqlite_story(sqlite_engine: Engine, tmp_path: Path) -> Story:
    """The same where it does not matter which database refuses."""
    return Story(sqlite_engine, tmp_path)
