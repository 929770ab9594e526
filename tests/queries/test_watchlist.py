"""The watchlist of a day: each provider under its worst regime, the worst first, compared with the day before."""

from sqlalchemy import Engine

from queries.watchlist import read_watchlist
from tests.dashboard import scenes
from tests.dashboard.scenes import ALDER, BEFORE, BIRCH, CEDAR, DAY, Scored, score
from tests.factories import load


def test_a_provider_is_listed_once_under_its_worst_regime(engine: Engine) -> None:
    score(
        engine,
        DAY,
        Scored(ALDER, "Alder", "none"),
        Scored(ALDER, "Alder", "critical", regime="money"),
        Scored(BIRCH, "Birch", "unscorable"),
        Scored(CEDAR, "Cedar", "none"),
    )
    rows = read_watchlist(engine, DAY, audiences=None).providers
    assert [row.id for row in rows] == [ALDER, BIRCH, CEDAR]
    assert rows[0].regime == "money"
    assert rows[0].other_regimes == {"care": "none"}


def test_a_row_has_the_level_of_the_scored_day_before(engine: Engine) -> None:
    score(engine, BEFORE, Scored(ALDER, "Alder", "watch"))
    score(engine, DAY, Scored(ALDER, "Alder", "concern"), Scored(BIRCH, "Birch", "none"))
    listed = read_watchlist(engine, DAY, audiences=None)
    assert listed.compared_with == BEFORE
    assert [(row.id, row.changed_from) for row in listed.providers] == [(ALDER, "watch"), (BIRCH, None)]


def test_a_commissioner_limits_the_list_to_its_providers(engine: Engine) -> None:
    load(engine, scenes.facts())
    score(engine, DAY, Scored(ALDER, "Alder", "watch"), Scored(CEDAR, "Cedar", "watch"))
    rows = read_watchlist(engine, DAY, audiences=None, commissioner="Leeds").providers
    assert [row.id for row in rows] == [ALDER]
