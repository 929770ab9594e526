"""A run of an earlier version stored whole verdicts alone: other readers learn nothing of a restricted one."""

from alembic import command
from sqlalchemy import Engine

from access.redaction import NOT_SCORED_TITLE
from models import database
from models.database import migrate
from queries import level_history, watchlist
from tests.dashboard import scenes
from tests.dashboard.scenes import ALDER, BIRCH, DAY, Scored, finding

LETTER = finding("A letter", "critical", rule="letter", audiences=["secret"])
READERS = {
    "everything": (None, "critical", "A letter"),
    "secret": (frozenset({"public", "secret"}), "critical", "A letter"),
    "casework": (frozenset({"public", "casework"}), "watch", "letter: not known"),
}


def scored(engine: Engine) -> int:
    """A run with one finding for an audience."""
    public = finding("Net assets", "watch")
    return scenes.score(
        engine,
        DAY,
        Scored(ALDER, "Alder", "critical", (LETTER, public)),
        Scored(BIRCH, "Birch", "none", (public | {"level": "none"},)),
    )


def check_reader(engine: Engine, run: int, audiences: frozenset[str] | None, level: str, title: str) -> None:
    shown = level_history.provider_findings(engine, run, [ALDER], audiences=audiences)[ALDER, "care"]
    rows = {row.id: row.level for row in watchlist.read_watchlist(engine, DAY, audiences=audiences).providers}

    assert shown[0]["title"] == title
    assert rows == {ALDER: level, BIRCH: "none"}
    assert level_history.level_counts(engine, run, audiences=audiences)[level] == 1
    assert level_history.levels_over_time(engine, ALDER, DAY, audiences=audiences)[0].level == level


def test_each_reader_sees_the_verdict_that_was_stored_for_the_reader(engine: Engine) -> None:
    run = scored(engine)
    for audiences, level, title in READERS.values():
        check_reader(engine, run, audiences, level, title)


def test_a_verdict_of_an_earlier_version_is_unscorable_until_it_is_scored_again(engine: Engine) -> None:
    run = scored(engine)
    with engine.execution_options(is_writer=True).connect() as connection, connection.begin():
        command.downgrade(database._alembic_config(connection), "0011")
    migrate(engine)

    check_reader(engine, run, *READERS["everything"])
    check_reader(engine, run, frozenset({"public"}), "unscorable", NOT_SCORED_TITLE)
