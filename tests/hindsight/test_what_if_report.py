"""The comparison of an edited regime as JSON, as a picture and as counts for each recipient."""

import xml.etree.ElementTree as ElementTree

import pytest

from hindsight.simulated_messages import MessageSimulation
from hindsight.what_if_report import check_chart_path, draw_svg, what_if_json, write_chart
from settings import WrongInput
from tests.alerts.scenes import policy_of
from tests.hindsight.conftest import compare
from tests.hindsight.small_homes import homes_regime
from tests.risk.homes import urn


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
