"""Observations for screens: figures by number, rows known only later, names."""

from datetime import date

from sqlalchemy import Engine

from queries.ledger_rows import add_names, read_figures, read_later_observations, read_observations
from tests.dashboard import scenes
from tests.dashboard.scenes import ALDER, DAY
from tests.factories import load, observed

PUBLIC = frozenset({"public"})


def test_later_observations_begin_after_the_day(engine: Engine) -> None:
    scenes.story(engine)
    later = read_later_observations(engine, DAY, [ALDER], audiences=None)
    assert [row["indicator"] for row in later] == ["investigation_opened", "outcome_failed"]
    assert read_later_observations(engine, date(2021, 1, 15), [ALDER], audiences=None) == []


def test_later_observations_can_be_limited_to_events(engine: Engine) -> None:
    scenes.story(engine)
    early = date(2019, 1, 1)
    every_row = read_later_observations(engine, early, [ALDER], audiences=None)
    events = read_later_observations(engine, early, [ALDER], only_events=True, audiences=None)
    assert {row["kind"] for row in events} == {"event"}
    assert len(every_row) > len(events)


def test_figures_of_other_audiences_are_left_out(engine: Engine) -> None:
    load(engine, [observed(4.0), observed("North West", indicator="region", audience="casework")])
    rows = {row["seq"] for row in read_observations(engine, DAY, audiences=None)}
    assert set(read_figures(engine, rows, DAY, audiences=None)) == rows
    assert [row["value"] for row in read_figures(engine, rows, DAY, audiences=PUBLIC).values()] == [4.0]


def test_a_figure_has_its_age_and_the_way_to_its_document(engine: Engine) -> None:
    load(engine, [observed(4.0, line=2, place="Places")], name="list.csv")
    [row] = read_observations(engine, date(2030, 1, 1), audiences=None)
    assert row["document"] == "list.csv"
    assert row["line"] == 2
    assert row["place"] == "Places"
    assert row["age_days"] > 0


def test_rows_get_the_name_of_their_subject(engine: Engine) -> None:
    load(engine, [observed("Sunny House", indicator="name"), observed(4.0)])
    rows = add_names(engine, read_observations(engine, DAY, audiences=None), DAY)
    assert {row["name"] for row in rows} == {"Sunny House"}
