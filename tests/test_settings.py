"""The code that replay compares: all that can change a score, whatever else lies about."""

from pathlib import Path

import pytest

import settings


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in small."""
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    put(tmp_path, "risk/score.py", "risk/day.py", "indicators/catalogue.yaml")
    return tmp_path


def put(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def version() -> str:
    return settings.code_version.__wrapped__()


@pytest.mark.parametrize("name", ["risk/score.py", "risk/new.py", "risk/day.py", "indicators/catalogue.yaml"])
def test_what_can_change_a_score_changes_the_version(root: Path, name: str) -> None:
    before = version()
    put(root, name, text="# changed\n")
    assert version() != before


@pytest.mark.parametrize(
    "name",
    [
        ".continuity/models/one.yaml",
        "risk/__pycache__/score.cpython-311.pyc",
        "risk/.score.py.swp.py",
        "risk/notes.md",
        "hindsight/replay.py",
        "alerts/message/body.py",
        "queries/watchlist.py",
        "flows/up.py",
        "models/migrations/versions/0009_more.py",
        "regimes/definitions/own.yaml",
        "tests/test_settings.py",
    ],
)
def test_what_cannot_change_a_score_does_not(root: Path, name: str) -> None:
    before = version()
    put(root, name, text="changed: true\n")
    assert version() == before
