"""Links of a provider: read from its side, in groups, with periods."""

from typing import Any

import pytest

from dashboard.presenters.links_view import link_groups
from tests.dashboard.presenters.builders import DAY


def link(relation: str = "buys_from", kind: str = "buyer", **fields: Any) -> Any:
    return {
        "subject": "CW-AREA-leeds",
        "subject_name": "Leeds",
        "relation": relation,
        "kind": kind,
        "object": "GB-COH-1",
        "object_name": "Alder",
        "since": None,
        "until": None,
        "known_on": "2019-04-01",
        "confidence": 1.0,
        "ended_on": None,
        "is_in_force": True,
        "reference": "",
        "value_gbp": None,
        "document": "c.json",
        "line": 3,
        "place": "",
        **fields,
    }


@pytest.mark.parametrize(
    ("given", "title", "other"),
    [
        (link(), "Customers", "Leeds"),
        (link(kind="host_area"), "Stands in the area of", "Leeds"),
        (link(kind="regulator"), "Regulated by", "Leeds"),
        (link("owned_by", "", subject="GB-COH-1", object="CW-OWNER-a", object_name="A Group"), "Owned by", "A Group"),
        (link("owned_by", "", subject="GB-COH-9", subject_name="Home"), "Owns", "Home"),
        (
            link("same_as", "", subject="GB-COH-1", object="GB-COH-5", object_name="Elm", confidence=0.5),
            "Possibly the same as (matched by name; uncertain)",
            "Elm",
        ),
        (link(kind="host_area", ended_on="2020-03-31", is_in_force=False), "No longer: stands in the area of", "Leeds"),
        (link("succeeds", "", subject="GB-COH-1", object="GB-COH-0", object_name="Old"), "Succeeds", "Old"),
    ],
)
def test_links_are_read_from_the_providers_side(given: dict[str, Any], title: str, other: str) -> None:
    shown = link_groups([given], "GB-COH-1", DAY)
    assert [(group.title, group.links[0].name) for group in shown] == [(title, other)]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2019-04-01", "2022-03-31", "1 April 2019 to 31 March 2022"),
        ("2019-04-01", None, "since 1 April 2019"),
        (None, "2022-03-31", "until 31 March 2022"),
        (None, None, ""),
    ],
)
def test_a_link_says_for_how_long(since: str | None, until: str | None, expected: str) -> None:
    shown = link_groups([link(since=since, until=until)], "GB-COH-1", DAY)
    assert shown[0].links[0].period == expected


def test_a_link_that_a_list_ended_says_which_list_is_without() -> None:
    ended = link(kind="host_area", ended_on="2020-03-31", is_in_force=False)
    shown = link_groups([ended], "GB-COH-1", DAY)
    assert shown[0].links[0].period == "not on the list of 31 March 2020"
