"""A lease that allows one run at a time on a database; its heartbeat shows that the owner lives."""

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import OperationalError

from models.database import table_of, write_session
from models.scoring import Lease
from settings import WrongInput

LENGTH = timedelta(minutes=2)
BEAT_SECONDS = 15.0

LEASE = table_of(Lease)
# Leases of this process. The process number is not enough: a restarted container may have the number of a dead owner.
_owned_leases: set[str] = set()


class AlreadyRunning(WrongInput):
    """Another process is at work on this database."""


@contextmanager
def hold_lease(engine: Engine, name: str = "day") -> Iterator[str]:
    """Hold the lease for the length of the block; yields the mark of the owner.

    The heartbeat follows the wall clock, not the run's ``now``, because it shows whether a process lives.

    Raises:
        AlreadyRunning: a living process holds the lease.
    """
    owner = _take_lease(engine, name)
    _owned_leases.add(owner)
    stop = threading.Event()
    beat = threading.Thread(target=_renew_lease, args=(engine, owner, stop), daemon=True)
    beat.start()
    try:
        yield owner
    finally:
        stop.set()
        beat.join()
        _owned_leases.discard(owner)
        with write_session(engine) as session:
            session.execute(delete(LEASE).where(LEASE.c.owner == owner))


def _take_lease(engine: Engine, name: str) -> str:
    now, host, owner = datetime.now(UTC), socket.gethostname(), uuid.uuid4().hex
    with write_session(engine) as session:
        lease = session.scalar(select(Lease).where(LEASE.c.name == name))
        if lease is not None:
            if lease.until > now and not (lease.host == host and not _is_alive(lease)):
                raise AlreadyRunning(
                    f"another run has been at work since {lease.taken_at:%H:%M:%S} (process {lease.process_id} on "
                    f"{lease.host}); wait for it, or stop it: its lease ends {LENGTH.seconds // 60} minutes later"
                )
            session.delete(lease)
            session.flush()
        session.add(
            Lease(
                name=name,
                owner=owner,
                host=host,
                process_id=os.getpid(),
                taken_at=now,
                heartbeat_at=now,
                until=now + LENGTH,
            )
        )
    return owner


def _is_alive(current_lease: Lease) -> bool:
    if current_lease.process_id == os.getpid():
        return current_lease.owner in _owned_leases
    try:
        os.kill(current_lease.process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _renew_lease(engine: Engine, owner: str, stop: threading.Event) -> None:
    while not stop.wait(BEAT_SECONDS):
        now = datetime.now(UTC)
        try:
            with write_session(engine) as session:
                session.execute(
                    update(LEASE).where(LEASE.c.owner == owner).values(heartbeat_at=now, until=now + LENGTH)
                )
        except OperationalError:
            continue  # the next beat comes well within the lease
