"""Rows and records with defaults, so that a test states only what matters to it."""

import io
import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from access import people
from access.people import RegisteredUser
from indicators.archive import Archive
from indicators.ledger.append import append
from indicators.ledger.load_counts import LoadCounts
from indicators.parsed_records import FetchedDocument, LinkRecord, ListingRecord, ObservationRecord, Record
from models.vocabulary import BuyerKind, DateBasis, Relation

NOW = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
HOME = "GB-OFSTED-SC000001"
FILE_DAY = date(2019, 3, 31)


def observed(value: Any = 5.0, *, subject: str = HOME, indicator: str = "places", **fields: Any) -> ObservationRecord:
    return ObservationRecord(
        subject,
        indicator,
        value,
        fields.pop("known_on", FILE_DAY),
        fields.pop("known_on_basis", DateBasis.SNAPSHOT),
        **{"line": 3, "place": "Places", **fields},
    )


def owned(owner: str | None, *, subject: str = HOME, known_on: date = FILE_DAY) -> LinkRecord:
    return LinkRecord(subject, Relation.OWNED_BY, owner, known_on, DateBasis.SNAPSHOT, line=3, place="Owner")


def hosted(area: str, *, home: str = HOME, known_on: date = FILE_DAY) -> LinkRecord:
    return LinkRecord(area, Relation.BUYS_FROM, home, known_on, DateBasis.SNAPSHOT, kind=BuyerKind.HOST_AREA)


def listed(subject: str = HOME, scope: str = "Children's home") -> ListingRecord:
    return ListingRecord(subject, scope, line=3)


def on_record(
    engine: Engine,
    key: str,
    *,
    roles: Iterable[str] = ("official",),
    audiences: Iterable[str] = ("casework",),
    name: str | None = None,
) -> RegisteredUser:
    """A person put on record by the service itself, as the first operator is."""
    return people.add_user(engine, key, author=None, now=NOW, name=name, roles=roles, audiences=audiences)


def archived(
    archive: Archive, name: str = "file.csv", content: bytes | None = None, register: str = "contracts"
) -> int:
    """The number of a snapshot with some content of its own."""
    body = name.encode() if content is None else content
    archive.add_document(register, FetchedDocument(name, f"file:///{name}", lambda: io.BytesIO(body)), now=NOW)
    snapshots = archive.unread_snapshots(register, "nobody/0", "all")
    return next(snapshot.id or 0 for snapshot in snapshots if snapshot.name == name)


def load(
    engine: Engine,
    records: Iterable[Record],
    *,
    name: str = "file.csv",
    parser: str = "contracts/1",
    register: str = "contracts",
    **options: Any,
) -> LoadCounts:
    """Append records as one load of a snapshot called ``name``; the same name again is the same snapshot."""
    database = str(engine.url.database)
    folder = Path(database).parent if engine.dialect.name == "sqlite" else Path(tempfile.gettempdir()) / database
    archive = Archive(engine, folder / "archive")
    return append(engine, archived(archive, name, register=register), parser, records, recorded_at=NOW, **options)
