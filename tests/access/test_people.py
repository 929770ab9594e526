"""Who is on record, what each change of a person leaves, and what a reader sees."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, table

from access.people import (
    UnknownUser,
    add_installer,
    add_user,
    find_permitted_user,
    find_user,
    find_viewer,
    list_role_changes,
    list_users,
)
from access.permissions import NotAllowed, Permission
from access.viewer import UNRESTRICTED_VIEWER
from models.database import read_session
from settings import WrongInput
from tests.factories import NOW, on_record


def refuses(error, words):
    return pytest.raises(error, match=re.escape(words))


@pytest.fixture
def olive(engine: Engine):
    """The operator."""
    return on_record(engine, "olive", roles=["operator"], audiences=[])


def test_somebody_unknown_is_told_how_to_be_added(engine):
    with refuses(UnknownUser, "or an operator adds the user: continuity case person add dan --name"):
        find_user(engine, "dan")


def test_somebody_unknown_reads_what_is_public_and_does_nothing(engine):
    reader = find_viewer(engine, "dan")
    assert reader.audiences == {"public"}
    assert not reader.may_read_actions
    assert not reader.may_read_messages
    needed = "'dan' (CONTINUITY_USER) is not registered and may not enter a notice: that needs the role regulator or "
    added = "official; an operator adds the user: continuity case person add dan --roles regulator --audiences casework"
    with refuses(NotAllowed, needed + added):
        find_permitted_user(engine, "dan", Permission.NOTICE)


def test_an_operator_reads_what_is_public_and_who_is_told(engine, olive):
    reader = find_viewer(engine, "olive")
    assert reader.audiences == {"public"}
    assert not reader.may_read_actions
    assert reader.may_read_messages


def test_an_auditor_reads_everything_whatever_the_audiences(engine):
    on_record(engine, "ada", roles=["auditor"], audiences=[])
    assert find_viewer(engine, "ada").audiences is UNRESTRICTED_VIEWER.audiences is None
    with refuses(WrongInput, "'ada' cannot have another role as well"):
        on_record(engine, "ada", roles=["auditor", "regulator"])


def test_only_an_operator_adds_people(engine, olive):
    ann = on_record(engine, "ann")
    needed = "'ann' may not register users or change them: that needs the role operator"
    with refuses(NotAllowed, f"{needed}; an operator gives it: continuity case person add ann --roles official,opera"):
        add_user(engine, "dan", author=ann, now=NOW)
    add_user(engine, "dan", author=olive, now=NOW, name="Dan", audiences=["casework"])

    changed = add_user(engine, "dan", author=olive, now=NOW, roles=["official"])
    assert changed.audiences == {"public", "casework"}
    with refuses(WrongInput, "'king' is not a role; write regulator"):
        add_user(engine, "dan", author=olive, now=NOW, roles=["king"])
    with refuses(WrongInput, "'Dan D' is not a key"):
        add_user(engine, "Dan D", author=olive, now=NOW)
    assert [one.key for one in list_users(engine)] == ["ann", "dan", "olive"]


def test_every_change_of_roles_and_audiences_is_an_entry_with_its_author(engine, olive):
    later = NOW + timedelta(days=1)
    add_user(engine, "dan", author=olive, now=NOW, roles=["official"], audiences=["casework"])
    add_user(engine, "dan", author=olive, now=later, name="Dan")
    add_user(engine, "dan", author=olive, now=later, roles=["official"])
    add_user(engine, "dan", author=olive, now=later, roles=["official", "regulator"], audiences=["police"])

    assert [tuple(change)[1:] for change in list_role_changes(engine, "dan")] == [
        (NOW, "olive", "roles", (), ("official",)),
        (NOW, "olive", "audiences", (), ("casework", "public")),
        (later, "olive", "roles", ("official",), ("official", "regulator")),
        (later, "olive", "audiences", ("casework", "public"), ("police", "public")),
    ]
    assert [change.author for change in list_role_changes(engine) if change.person == "olive"] == [None, None]
    with read_session(engine) as session:
        assert len(session.execute(select("*").select_from(table("personentry"))).all()) == 3  # unchanged adds nothing
    with refuses(UnknownUser, "no user 'eve' is registered"):
        list_role_changes(engine, "eve")


def test_the_last_operator_stays_operator(engine, olive):
    with refuses(WrongInput, "'olive' is the only operator; make another person operator first"):
        add_user(engine, "olive", author=olive, now=NOW, roles=["regulator"])
    add_user(engine, "ben", author=olive, now=NOW, roles=["operator"])
    assert add_user(engine, "olive", author=olive, now=NOW, roles=["regulator"]).roles == {"regulator"}


def test_whoever_sets_up_the_service_becomes_operator_while_there_is_none(engine):
    now = datetime(2026, 5, 1, tzinfo=UTC)
    on_record(engine, "pat", roles=["commissioner"], audiences=[])
    assert add_installer(engine, "pat", now=now) is None  # no way to more rights for somebody on record
    assert find_user(engine, "pat").roles == {"commissioner"}

    with refuses(WrongInput, "CONTINUITY_USER: 'Ann A' is not a key"):
        add_installer(engine, "Ann A", now=now)
    installer = add_installer(engine, "operator", now=now)
    assert installer is not None
    assert installer.roles == {"operator"}
    assert installer.audiences == {"public"}
    assert add_installer(engine, "mallory", now=now) is None
