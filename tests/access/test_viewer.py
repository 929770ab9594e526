"""Readers see what is public and what is for their audiences."""

import pytest

from access.permissions import Role
from access.viewer import UNRESTRICTED_VIEWER, Viewer, describe_visibility, may_see, may_see_whole


def reader(*roles: Role, audiences: frozenset[str] | None = frozenset({"public"})) -> Viewer:
    return Viewer("pat", "Pat", frozenset(roles), audiences)


@pytest.mark.parametrize(
    ("audiences", "required", "is_visible"),
    [
        (None, ["secret"], True),
        ([], ["public"], True),
        ([], ["secret"], False),
        (["casework"], ["casework"], True),
        (["casework"], ["casework", "secret"], False),
    ],
)
def test_a_reader_needs_every_audience(audiences: list[str] | None, required: list[str], is_visible: bool) -> None:
    assert may_see(audiences, required) is is_visible
    assert may_see_whole(audiences, ",".join(required)) is is_visible


def test_an_assessment_without_restricted_findings_is_for_everybody() -> None:
    assert may_see_whole([], "")


def test_actions_are_for_readers_with_an_audience_and_messages_for_operators_too() -> None:
    assert not reader().may_read_actions
    assert reader(audiences=frozenset({"casework"})).may_read_actions
    assert reader(Role.OPERATOR).may_read_messages
    assert UNRESTRICTED_VIEWER.may_read_actions


def test_a_reader_who_does_not_see_everything_is_told_so() -> None:
    assert describe_visibility(None) == ""
    assert describe_visibility(["casework"]) == "You see only information for: public, casework."
