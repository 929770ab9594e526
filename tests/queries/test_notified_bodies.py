"""Bodies to notify: roles of the recommended stage are replaced by the bodies that fill them."""

from datetime import date
from typing import Any

from queries.notified_bodies import describe_bodies, name_bodies

HOME = "GB-OFSTED-SC000001"


def link(**fields: Any) -> Any:
    return {
        "subject": HOME,
        "subject_name": "Sunny House",
        "relation": "owned_by",
        "kind": "",
        "object": "CW-OWNER-a",
        "object_name": "A Group",
        "is_in_force": True,
        "confidence": 1.0,
        **fields,
    }


def regime(*roles: str) -> Any:
    return {"regime": "care", "next": {"stage": "Failing", "step": "", "told": list(roles)}}


def test_a_role_becomes_the_body_that_a_link_in_force_names() -> None:
    explained = regime("owner")
    name_bodies([explained], [link()], HOME, "Sunny House", date(2020, 6, 30))
    assert describe_bodies(explained["next"]["told"]) == "A Group (CW-OWNER-a), owner"


def test_a_link_that_has_ended_names_nobody() -> None:
    explained = regime("owner")
    name_bodies([explained], [link(is_in_force=False)], HOME, "Sunny House", date(2020, 6, 30))
    assert "A Group" not in describe_bodies(explained["next"]["told"])


def test_without_a_next_step_nothing_is_named() -> None:
    explained: Any = {"regime": "care", "next": None}
    name_bodies([explained], [link()], HOME, "Sunny House", date(2020, 6, 30))
    assert explained["next"] is None
