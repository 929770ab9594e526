"""Bytes are kept once, under their hash, complete or not at all."""

import io

import pytest

from indicators.archive import Archive, BytesMissing
from indicators.parsed_records import FetchedDocument
from tests.factories import NOW, archived, load, observed


def fetched(content=b"a,b\n", name="x.csv", **fields):
    return FetchedDocument(name, "https://example.org/x.csv", lambda: io.BytesIO(content), **fields)


@pytest.fixture
def archive(engine, tmp_path):
    return Archive(engine, tmp_path / "archive")


def test_a_document_is_kept_once(archive):
    assert archive.add_document("contracts", fetched(), now=NOW) is True
    assert archive.add_document("contracts", fetched(etag="new"), now=NOW) is False

    (snapshot,) = archive.unread_snapshots("contracts", "p/1", "all")
    with archive.document_of(snapshot).open() as stream:
        assert stream.read() == b"a,b\n"
    assert archive.archive_state("contracts").validators == {"https://example.org/x.csv": ("new", None)}


def test_other_bytes_under_the_same_name_are_another_snapshot(archive):
    archive.add_document("contracts", fetched(), now=NOW)
    archive.add_document("contracts", fetched(b"other"), now=NOW)

    assert len(archive.unread_snapshots("contracts", "p/1", "all")) == 2


def test_a_fetch_that_breaks_leaves_nothing(archive):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        archive.add_document("contracts", FetchedDocument("x", "y", Broken), now=NOW)

    assert archive.unread_snapshots("contracts", "p/1", "all") == []
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


def test_missing_bytes_are_said_with_the_remedy(archive):
    number = archived(archive, "x.csv")
    snapshot = archive.find_snapshot(number)
    archive.file_path(snapshot.sha256).unlink()

    with pytest.raises(BytesMissing, match="x.csv: its bytes are not at .*; pull the register again"):
        archive.document_of(snapshot).open()


def test_a_snapshot_that_a_parser_has_read_is_not_offered_again(engine, archive):
    load(engine, [observed()], name="a.csv", parser="contracts/1")

    assert archive.unread_snapshots("contracts", "contracts/1", "all") == []
    assert [snapshot.name for snapshot in archive.unread_snapshots("contracts", "contracts/2", "all")] == ["a.csv"]
    assert [snapshot.name for snapshot in archive.unread_snapshots("contracts", "contracts/1", "other")] == ["a.csv"]
