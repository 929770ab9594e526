"""The document behind a ledger row: at the place, for those who may see the row, until it is withdrawn."""

import io
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from indicators.archive import Archive
from indicators.ledger.append import append
from indicators.ledger.corrections import withdraw
from indicators.parsed_records import FetchedDocument
from queries.documents import NoDocument, find_document
from tests.factories import NOW, observed

LIST = b"Name,Manager,Places,Overall\nSunny House,A Person,4,Good\n"
TODAY = date(2026, 1, 2)


@pytest.fixture
def archive(engine: Engine, tmp_path: Path) -> Archive:
    """An archive with one list, of which the places and the name were read, and a remark for casework."""
    archive = Archive(engine, tmp_path / "archive")
    archive.add_document(
        "contracts", FetchedDocument("list.csv", "https://example.org/list.csv", lambda: io.BytesIO(LIST)), now=NOW
    )
    (snapshot,) = archive.unread_snapshots("contracts", "contracts/1", "all")
    records = [
        observed("Sunny House", indicator="name", line=2, place="Name"),
        observed(4.0, line=2, place="Places"),
        observed("Good", indicator="region", line=2, place="Overall", audience="casework"),
    ]
    append(engine, snapshot.id or 0, "contracts/1", records, recorded_at=NOW)
    return archive


def lines(engine: Engine, archive: Archive, seq: int, sees: frozenset[str] | None = None) -> list[tuple[str, str]]:
    document = find_document(engine, archive.folder, seq, TODAY, audiences=sees)
    return [(line.label, line.text) for line in document.excerpt.lines]


def test_the_row_is_shown_with_the_columns_that_were_read(engine: Engine, archive: Archive) -> None:
    document = find_document(engine, archive.folder, 2, TODAY, audiences=None)
    assert document.path.read_bytes() == LIST
    assert document.figure["subject_name"] == "Sunny House"
    assert [(line.label, line.text, line.is_fact) for line in document.excerpt.lines] == [
        ("Places", "4", True),
        ("Name", "Sunny House", False),
        ("Overall", "Good", False),
    ]
    assert "A Person" not in str(document.as_json())


def test_a_reader_sees_neither_the_rows_nor_the_columns_of_others(engine: Engine, archive: Archive) -> None:
    public = frozenset({"public"})
    assert lines(engine, archive, 2, public) == [("Places", "4"), ("Name", "Sunny House")]
    with pytest.raises(NoDocument, match="there is no observation 3 that you may see"):
        find_document(engine, archive.folder, 3, TODAY, audiences=public)
    with pytest.raises(NoDocument, match="no observation 99"):
        find_document(engine, archive.folder, 99, TODAY, audiences=None)


@pytest.mark.parametrize(("delete_bytes", "ends"), [(False, "Mixed up"), (True, "Mixed up; its bytes were deleted")])
def test_a_withdrawn_document_is_not_shown(engine: Engine, archive: Archive, delete_bytes: bool, ends: str) -> None:
    sha256 = find_document(engine, archive.folder, 2, TODAY, audiences=None).figure["sha256"]
    withdraw(engine, archive, sha256[:10], reason="Mixed up", person="ann", now=NOW, delete_bytes=delete_bytes)
    document = find_document(engine, archive.folder, 2, TODAY, audiences=None)
    assert document.excerpt.lines == ()
    assert document.excerpt.problem == f"the document was withdrawn on 2026-01-02 by ann: {ends}"


def test_a_withdrawn_subject_is_not_shown(engine: Engine, archive: Archive) -> None:
    subject = find_document(engine, archive.folder, 2, TODAY, audiences=None).figure["subject"]
    withdraw(engine, archive, subject, reason="Asked for", person="ann", now=NOW)
    problem = find_document(engine, archive.folder, 2, TODAY, audiences=None).excerpt.problem
    assert problem == f"everything about {subject} was withdrawn on 2026-01-02 by ann: Asked for"


def test_missing_bytes_are_said(engine: Engine, archive: Archive) -> None:
    path = find_document(engine, archive.folder, 2, TODAY, audiences=None).path
    path.unlink()
    problem = find_document(engine, archive.folder, 2, TODAY, audiences=None).excerpt.problem
    assert problem == f"the bytes are not at {path}; pull the register again, or withdraw the document"
