"""One day's work at a time per database; a dead owner does not block anybody."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from flows.lease import AlreadyRunning, hold_lease
from models.database import read_session, write_session
from models.scoring import Lease


def held(engine):
    with read_session(engine) as session:
        return list(session.scalars(select(Lease)))


def put(engine, **fields):
    now = datetime.now(UTC)
    row = {"name": "day", "owner": "other", "host": "elsewhere", "process_id": 1, "taken_at": now, "heartbeat_at": now}
    with write_session(engine) as session:
        session.add(Lease(**{**row, "until": now + timedelta(minutes=1), **fields}))


def test_a_lease_is_given_back(engine):
    with hold_lease(engine):
        assert len(held(engine)) == 1
    assert held(engine) == []


def test_a_lease_is_given_back_after_an_error(sqlite_engine):
    with pytest.raises(ZeroDivisionError), hold_lease(sqlite_engine):
        raise ZeroDivisionError
    assert held(sqlite_engine) == []


def test_two_at_once_are_refused(engine):
    with (
        hold_lease(engine),
        pytest.raises(AlreadyRunning, match="another run has been at work since"),
        hold_lease(engine),
    ):
        pass


def test_a_living_process_elsewhere_is_respected(sqlite_engine):
    put(sqlite_engine)
    with pytest.raises(AlreadyRunning, match="process 1 on elsewhere"), hold_lease(sqlite_engine):
        pass


def test_a_lease_that_ran_out_is_taken_over(engine):
    put(engine, until=datetime.now(UTC) - timedelta(seconds=1))
    with hold_lease(engine) as owner:
        assert [row.owner for row in held(engine)] == [owner]


def test_a_killed_process_of_this_machine_is_taken_over_at_once(sqlite_engine):
    import socket

    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    put(sqlite_engine, host=socket.gethostname(), process_id=dead.pid)
    with hold_lease(sqlite_engine) as owner:
        assert [row.owner for row in held(sqlite_engine)] == [owner]
