"""An edited regime beside the published one, on small lists of children's homes."""

import shutil
import xml.etree.ElementTree as ElementTree
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from hindsight.simulated_messages import MessageSimulation
from hindsight.what_if import NothingToCompare, compare_regimes
from hindsight.what_if_report import check_chart_path, draw_svg, extra_messages_a_month, what_if_json, write_chart
from models.database import engine_for, read_session
from models.vocabulary import Level, View
from settings import WrongInput
from tests.alerts.scenes import POLICY, policy_of
from tests.hindsight.small_homes import DAYS, homes_regime
from tests.risk.homes import home, publish, urn

UNTIL = date(2026, 1, 1)
GOOD, IMPROVE, BAD = 2, 3, 4
LISTS = {  # home -> its grade on each list; None: not listed
    1: [IMPROVE, IMPROVE, None, None],  # left in 2019
    2: [IMPROVE, GOOD, GOOD, GOOD],
    3: [GOOD, BAD, BAD, None],  # left in 2020
    4: [GOOD, GOOD, GOOD, GOOD],
    5: [IMPROVE, None, IMPROVE, IMPROVE],  # came back
}


def filled(engine):
    for number, day in enumerate(DAYS):
        rows = [home(key, day, overall=grades[number]) for key, grades in LISTS.items() if grades[number]]
        publish(engine, day, rows)
    return engine


@pytest.fixture(scope="module")
def lists(migrated_sqlite_file, tmp_path_factory):
    """A ledger for tests that only read it."""
    path = tmp_path_factory.mktemp("lists") / "continuity.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    yield filled(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def stricter(lists):
    """What if homes that require improvement were of concern?"""
    return compare(lists, homes_regime(improve="concern"))


def compare(engine, edited, *published, days=DAYS, policy=POLICY):
    chosen = {"days": days, "view": View.FULL, "audiences": None, "policy": policy, "models": [], "until": UNTIL}
    return compare_regimes(engine, edited, published or [homes_regime()], **chosen)


def everything(engine):
    """How many rows each table has."""
    with read_session(engine) as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in SQLModel.metadata.sorted_tables
        }


def test_who_changes_level_is_said_with_the_days_and_the_rule_and_nothing_is_written(engine):
    before = everything(filled(engine))
    found = compare(engine, homes_regime(improve="concern"))

    said = [(one.provider, one.first_on, one.last_on, one.published, one.edited, one.rules) for one in found.changes]
    raised = (Level.WATCH, Level.CONCERN, ("overall",))
    assert said == [
        (urn(1), DAYS[0], DAYS[1], *raised),
        (urn(2), DAYS[0], DAYS[0], *raised),
        (urn(5), DAYS[0], DAYS[0], *raised),
        (urn(5), DAYS[2], DAYS[3], *raised),
    ]
    assert [(one.raised, one.lowered) for one in found.days] == [(3, 0), (1, 0), (1, 0), (1, 0)]
    assert [one.edited[Level.CONCERN] for one in found.days] == [3, 2, 2, 1]
    assert everything(engine) == before


def test_the_same_file_changes_nothing(lists):
    found = compare(lists, homes_regime())

    assert (found.changes, extra_messages_a_month(found, "duty")) == ([], (0.0, 0.0))
    assert all(one.published == one.edited for caught in found.lead_times.values() for one in caught)


def test_failures_gained_and_lost_have_their_lead_days(lists, stricter):
    gained = stricter.lead_times[Level.CONCERN]
    lost = compare(lists, homes_regime(inadequate="watch")).lead_times[Level.CONCERN]

    def days_before(caught):
        return {one.ending.provider: (one.published, one.edited) for one in caught}

    # home 5 left the list and came back on the next: for a year it was not there
    assert days_before(gained) == {urn(1): (None, 730), urn(3): (731, 731), urn(5): (None, 365)}
    assert days_before(lost) == {urn(1): (None, None), urn(3): (731, None), urn(5): (None, None)}


def test_what_happens_later_than_twelve_months_after_the_last_day_counts_for_nothing(lists):
    caught = compare(lists, homes_regime(), days=DAYS[:1]).lead_times[Level.WATCH]
    assert [one.ending.provider for one in caught] == [urn(5)]


def test_messages_are_those_that_the_policy_would_have_sent(lists):
    found = compare(lists, homes_regime(improve="none"))

    # published: a baseline of three; home 3 opened, home 5 ended; home 5 opened, 1 ended, 2 resolved; home 3 ended
    assert found.simulations == {"duty": {"published": MessageSimulation(4, 9), "edited": MessageSimulation(2, 2)}}
    assert extra_messages_a_month(found, "duty") == (-0.06, -0.19)


def test_a_day_is_judged_by_the_version_then_in_force_and_without_one_is_left_out(lists):
    strict = homes_regime(improve="concern", valid_from="2018-01-01", valid_to="2018-12-31", version=1)
    mild = homes_regime(valid_from="2019-01-01", version=2)
    found = compare(lists, homes_regime(improve="concern"), strict, mild)

    assert (found.omitted_days, list(found.published)) == ([DAYS[0]], DAYS[1:])
    assert [one.raised for one in found.days] == [0, 1, 1]


def test_what_cannot_be_compared_is_said_in_one_line(sqlite_engine):
    with pytest.raises(NothingToCompare, match=r"no published regime has the key 'other'; there are childrens_homes"):
        compare(sqlite_engine, homes_regime(key="other"))
    with pytest.raises(NothingToCompare, match=r"'childrens_homes' was not in force on any of the days; it was 2022"):
        compare(sqlite_engine, homes_regime(), homes_regime(valid_from="2022-01-01"))


def test_json_has_the_documented_keys(stricter):
    said = what_if_json(stricter)

    assert list(said) == [
        "regime",
        "edited",
        "published",
        "basis",
        "left_out",
        "days",
        "changes",
        "endings",
        "messages",
    ]
    assert said["days"][0]["published"] == {"none": 2, "watch": 3, "concern": 0, "critical": 0, "unscorable": 0}
    assert said["changes"][0] == {
        "id": urn(1),
        "name": "Provider SC000001",
        "from": "2017-03-31",
        "to": "2018-03-31",
        "published": "watch",
        "edited": "concern",
        "rules": ["overall"],
    }
    line = said["endings"]["lines"]["concern"]
    assert (said["endings"]["counted"], line["published"], line["edited"], line["lost"]) == (3, 1, 3, [])
    assert line["gained"][1] == {
        "id": urn(1),
        "name": "Provider SC000001",
        "event": "left_register",
        "words": "left register",
        "on": "2019-03-31",
        "known_on": "2019-03-31",
        "lead_days": {"published": None, "edited": 730},
    }
    assert said["messages"]["recipients"][0]["recipient"] == "duty"


def test_the_picture_is_drawn_without_loading_anything(stricter, tmp_path):
    write_chart(stricter, tmp_path / "chart.html")
    text = draw_svg(stricter)

    root = ElementTree.fromstring(text)
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[:2] == ["What if: Small", "2017-03-31, published: watch"]
    assert text in (tmp_path / "chart.html").read_text(encoding="utf-8")
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


@pytest.mark.parametrize("name", ["chart.png", "nowhere/chart.svg"])
def test_a_picture_that_cannot_be_written_is_refused_at_once(tmp_path, name):
    with pytest.raises(WrongInput, match="--chart"):
        check_chart_path(tmp_path / name)


def test_each_recipient_has_counts_of_its_own(lists):
    """The head is notified about concerns alone, a year later than the desk; the board is for another regime."""
    to = {"channel": "file", "sees": "everything"}
    policy = policy_of(
        recipients={
            "duty": {**to, "title": "Duty desk"},
            "head": {**to, "title": "Head"},
            "board": {**to, "title": "Board", "regimes": ["companies"]},
        },
        steps={"watch": [{"to": ["duty", "board"]}], "concern": [{"to": ["head"], "after": "12 months"}]},
    )
    found = compare(lists, homes_regime(improve="concern"), policy=policy)

    assert found.simulations["board"] == {"published": MessageSimulation(0, 0), "edited": MessageSimulation(0, 0)}
    assert found.simulations["duty"] == {"published": MessageSimulation(4, 9), "edited": MessageSimulation(4, 9)}
    # Published: home 3 in 2019, and its end. Edited: homes 1 and 2 in 2018; their ends and home 3; its end and home 5.
    assert found.simulations["head"] == {"published": MessageSimulation(2, 2), "edited": MessageSimulation(3, 7)}
    assert what_if_json(found)["messages"]["recipients"][1]["recipient"] == "head"
