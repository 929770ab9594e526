"""Which role may do what: the table as the page of casework shows it, and as it is decided."""

import re

import pytest

from access.people import RegisteredUser
from access.permissions import RIGHTS, NotAllowed, Permission, Role, check_permission, is_permitted
from casework.kinds import record_kinds
from settings import ROOT

PAGE = ROOT / "docs" / "casework.md"


def somebody(*roles: str, audiences: tuple[str, ...] = ("public", "casework")) -> RegisteredUser:
    return RegisteredUser(1, "pat", "Pat", frozenset(roles), frozenset(audiences))


def documented() -> dict[str, set[str]]:
    """Act to the roles that have a mark in the table of the page."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    [head] = [number for number, line in enumerate(lines) if line.startswith("| may |")]
    roles = [cell.strip(" `") for cell in lines[head].split("|")[2:-1]]
    rows = {}
    for line in lines[head + 2 :]:
        if not line.startswith("|"):
            break
        act, *marks = [cell.strip() for cell in line.split("|")[1:-1]]
        rows[act] = {role for role, mark in zip(roles, marks, strict=True) if mark}
    assert set(roles) == set(Role)
    return rows


def test_the_page_shows_the_table_as_it_is_decided():
    assert documented() == {str(act): {str(role) for role in RIGHTS[act]} for act in Permission}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says_and_is_refused_the_rest(role):
    allowed = {act for act, roles in documented().items() if role in roles}
    for act in Permission:
        if act in allowed:
            check_permission(somebody(role), act)
        else:
            with pytest.raises(NotAllowed, match=re.escape(f"'pat' may not {act}: that needs the role ")):
                check_permission(somebody(role), act)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COUNCILLOR, Role.PROVIDER])
def test_auditors_councillors_and_providers_do_nothing(role):
    assert [act for act in Permission if is_permitted(somebody(role), act)] == []


@pytest.mark.parametrize("role", Role)
def test_who_belongs_to_the_public_alone_does_what_an_operator_does_and_nothing_else(role):
    public = somebody(role, audiences=("public",))
    done = {act for act in Permission if is_permitted(public, act)}
    assert done == ({act for act in Permission if Role.OPERATOR in RIGHTS[act]} if role is Role.OPERATOR else set())


def test_a_missing_audience_is_said_as_such():
    said = "'pat' belongs to the public alone and may not enter a concern; an operator adds an audience: "
    with pytest.raises(NotAllowed, match=said + "continuity case person add pat --audiences casework"):
        check_permission(somebody("regulator", audiences=("public",)), Permission.CONCERN)


def test_without_a_role_nothing_may_be_done():
    assert [act for act in Permission if is_permitted(somebody(), act)] == []


def test_every_kind_of_casework_has_a_right_of_its_own():
    assert len({Permission.for_kind(kind) for kind in record_kinds()}) == len(record_kinds())


def test_an_auditor_is_offered_a_role_that_can_stand_alone():
    with pytest.raises(NotAllowed, match="person add pat --roles regulator$"):
        check_permission(somebody("auditor"), Permission.CONCERN)
