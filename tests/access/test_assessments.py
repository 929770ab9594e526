"""What was scored before findings said for whom they are is read by the audiences of their rows."""

from alembic import command
from sqlalchemy import Engine

from models import database
from models.database import migrate
from queries import level_history, watchlist
from tests.dashboard import scenes
from tests.dashboard.scenes import ALDER, BIRCH, DAY, Scored, finding
from tests.factories import load, observed


def scored_before(engine: Engine) -> int:
    """A run with one finding on a row for an audience, as it was stored by the version before."""
    load(
        engine,
        [
            observed("Letter", subject=ALDER, indicator="concern_raised", known_on=DAY, audience="secret"),
            observed(-5.0, subject=ALDER, indicator="net_assets", known_on=DAY),
        ],
    )
    secret, public = (scenes.seqs(engine, key) for key in ("concern_raised", "net_assets"))
    findings = (
        finding("A letter", "critical", rule="letter", seqs=secret),
        finding("Net assets", "watch", seqs=public),
    )
    run = scenes.score(
        engine, DAY, Scored(ALDER, "Alder", "critical", findings), Scored(BIRCH, "Birch", "none", findings[1:])
    )
    with engine.execution_options(is_writer=True).connect() as connection, connection.begin():
        command.downgrade(database._alembic_config(connection), "0005")
    migrate(engine)
    return run


def test_findings_of_earlier_runs_are_for_those_who_may_see_their_rows(engine: Engine) -> None:
    run = scored_before(engine)
    for sees, level, titles in (
        (None, "critical", ["A letter", "Net assets"]),
        (frozenset({"public", "secret"}), "critical", ["A letter", "Net assets"]),
        (frozenset({"public", "casework"}), "watch", ["letter: not known", "Net assets"]),
    ):
        shown = level_history.provider_findings(engine, run, [ALDER], audiences=sees)[ALDER, "care"]
        assert [one["title"] for one in shown] == titles
        rows = {row.id: row.level for row in watchlist.read_watchlist(engine, DAY, audiences=sees).providers}
        assert rows == {ALDER: level, BIRCH: "none"}
        assert level_history.level_counts(engine, run, audiences=sees)["critical"] == (level == "critical")
        assert level_history.levels_over_time(engine, ALDER, DAY, audiences=sees)[0].level == level
