"""Documents in files and zips: streamed, with limits, as far as they can be had."""

import io
import os
import zipfile

import pytest

from indicators.formats import zips
from indicators.formats.zips import LostMember, Member, read_members
from tests.indicators.sources.accounts_documents import zipped


def read(data: bytes) -> list[Member | LostMember]:
    return list(read_members(lambda: io.BytesIO(data)))


def noise(size: int = 3000) -> bytes:
    return os.urandom(size)  # does not shrink, so that places in the zip can be told


def test_a_single_document_is_a_member_without_a_name():
    assert read(b"<html/>") == [Member("", b"<html/>")]


def test_members_come_in_order_without_what_file_managers_leave():
    data = zipped({"a.html": b"1", "__MACOSX/._a.html": b"x", "folder/": b"", ".DS_Store": b"x", "folder/b.xml": b"2"})
    assert read(data) == [Member("a.html", b"1"), Member("folder/b.xml", b"2")]


def test_a_zip_in_the_zip_is_opened_but_no_deeper():
    inner = zipped({"CIC/accounts.xhtml": b"1", "CIC/deeper.zip": zipped({"x": b""})})
    assert read(zipped({"P_CIC.zip": inner, "b.html": b"2"})) == [
        Member("P_CIC.zip/CIC/accounts.xhtml", b"1"),
        LostMember("P_CIC.zip/CIC/deeper.zip", "is a third zip inside a zip, which no register publishes; not opened"),
        Member("b.html", b"2"),
    ]


def test_a_page_named_zip_is_taken_for_what_it_is():
    assert read(zipped({"Prod223.zip": b"<html/>"})) == [Member("Prod223.zip", b"<html/>")]  # seen in April 2021


def test_the_members_before_the_cut_of_a_zip_are_kept():
    whole = {"a": noise(), "b": noise(), "c": noise()}
    assert read(zipped(whole)[:4000]) == [
        Member("a", whole["a"]),
        LostMember("b", "the zip is cut off here (whole entries before: 1); fetch it again"),
    ]


def test_a_zip_cut_off_inside_a_zip_loses_nothing_outside():
    inner = zipped({"a": noise(), "b": noise()})[:4000]
    last = read(zipped({"n.zip": inner, "z": b"last"}))[-2:]
    assert last == [
        LostMember("n.zip/b", "the zip is cut off here (whole entries before: 1); fetch it again"),
        Member("z", b"last"),
    ]


def test_a_damaged_member_is_passed_over():
    whole = {"a": noise(), "b": noise(), "c": noise()}
    data = bytearray(zipped(whole))
    data[4500] ^= 255
    assert read(bytes(data)) == [
        Member("a", whole["a"]),
        LostMember("b", "is damaged (Bad CRC-32 for file 'b'); fetch it again"),
        Member("c", whole["c"]),
    ]


def test_a_damaged_zip_without_its_table_of_contents_says_so():
    data = bytearray(zipped({"a": noise(), "b": noise(), "c": noise()}))[:-150]
    data[4500] ^= 255
    trouble = "cannot be unzipped (CRC32Integrity), and the zip has no table of contents to go on by; fetch it again"
    assert read(bytes(data))[1:] == [LostMember("b", trouble)]


def test_an_encrypted_member_is_passed_over():
    data = zipped({"a": noise(), "b": b"2"})
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    locked = bytearray(data)
    locked[local + 6] |= 1
    locked[central + 8] |= 1
    assert read(bytes(locked)) == [LostMember("a", "is encrypted"), Member("b", b"2")]


@pytest.fixture
def _small_limits(monkeypatch):
    monkeypatch.setattr(zips, "LARGEST_MEMBER", 1 << 20)
    monkeypatch.setattr(zips, "SMALL", 4 << 20)


@pytest.mark.usefixtures("_small_limits")
def test_a_member_that_is_too_large_is_not_read_and_the_rest_is():
    assert read(zipped({"big": b"a" * (2 << 20), "b": b"2"})) == [
        LostMember("big", "is larger than 1 MB; not read"),
        Member("b", b"2"),
    ]


@pytest.mark.usefixtures("_small_limits")
def test_a_zip_bomb_is_passed_over_unopened():
    assert read(zipped({"bomb": b"a" * (20 << 20), "b": b"2"})) == [
        LostMember("bomb", "is larger than 1 MB; not read"),
        Member("b", b"2"),
    ]


@pytest.mark.usefixtures("_small_limits")
def test_a_bomb_of_many_members_ends_the_reading_once():
    found = read(zipped({f"{n}": b"a" * (1 << 20) for n in range(9)}))
    assert [type(each) for each in found] == [Member] * 4 + [LostMember]
    assert found[-1].reason.startswith("the zip unzips to more than 100 times its size, like a zip bomb")


@pytest.mark.usefixtures("_small_limits")
def test_a_bomb_inside_a_zip_ends_the_reading_once():
    inner = zipped({f"{n}": b"a" * (1 << 20) for n in range(9)})
    found = read(zipped({"inner.zip": inner, "b": b"2"}))
    assert [each.name for each in found if isinstance(each, LostMember)] == ["inner.zip"]


@pytest.mark.usefixtures("_small_limits")
def test_a_single_document_that_is_too_large_is_not_read():
    assert read(b"<" * (2 << 20)) == [LostMember("", "is larger than 1 MB; not read")]


def test_an_empty_zip_says_so():
    assert read(zipped({})) == [LostMember("", "is a zip without documents")]


def test_members_stored_without_compression_are_read():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", b"1")
    assert read(data.getvalue()) == [Member("a", b"1")]
