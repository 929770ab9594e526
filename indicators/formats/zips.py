"""Reads the documents of a file one at a time, in flat memory: the file itself, or the members of a zip of any size.

Zips are read as a stream, so that the members before a cut are still read. If the stream is damaged, the zip's own
table of contents leads past the damage.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from stream_unzip import NO_ENCRYPTION, TruncatedDataError, UnzipError, stream_unzip

CHUNK = 1 << 16
LARGEST_MEMBER = 64 << 20  # bytes; the largest accounts seen have under 2 MB, those of listed groups some 30 MB
LARGEST_RATIO = 100  # of all that comes out to what went in; accounts shrink about 10 times, deflate allows 1,000
SMALL = 256 << 20  # bytes; below this a high ratio harms nobody
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
ZIP_BOMB_REASON = f"the zip unzips to more than {LARGEST_RATIO} times its size, like a zip bomb; not read from here on"

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Member(NamedTuple):
    """One document; ``name`` is its path inside the zip, "" where the file itself is the document."""

    name: str
    data: bytes


class LostMember(NamedTuple):
    """A document, or the rest of a zip, that could not be read, with the reason."""

    name: str
    reason: str


class _ZipBomb(Exception):
    """The zip grows out of all proportion when it is unzipped."""


class _MemberTooLarge(Exception):
    """One member is so large that even skipping it takes too long."""


class _ByteCounter:
    """Counts the bytes read and the bytes unzipped, nested zips included."""

    def __init__(self) -> None:
        self.bytes_in = self.bytes_out = 0

    def count_input(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_in += len(chunk)
            yield chunk

    def count_output(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_out += len(chunk)
            if self.bytes_out > max(SMALL, LARGEST_RATIO * self.bytes_in):
                raise _ZipBomb
            yield chunk


def read_members(open_file: Callable[[], BinaryIO]) -> Iterator[Member | LostMember]:
    """Every document of the file, in its order, without ``__MACOSX`` and ``._…``, which file managers leave behind.

    A zip inside the zip is opened too (community interest companies file one, with accounts and a report), no deeper.
    """
    yield from _read_members(open_file, _ByteCounter(), is_inner=False)


def _read_members(
    open_file: Callable[[], BinaryIO], meter: _ByteCounter, *, is_inner: bool
) -> Iterator[Member | LostMember]:
    with open_file() as stream:
        start = stream.read(len(ZIP))
        chunks: Iterable[bytes] = chain((start,), iter(partial(stream.read, CHUNK), b""))
        if start == EMPTY_ZIP:
            yield LostMember("", "is a zip without documents")
        elif start != ZIP:
            yield _read_member("", chunks)
        else:
            zipped = _Zip(open_file, chunks if is_inner else meter.count_input(chunks), meter, is_inner=is_inner)
            yield from zipped.read_members()


class _Zip:
    """One pass over one zip."""

    def __init__(
        self, open_file: Callable[[], BinaryIO], chunks: Iterable[bytes], meter: _ByteCounter, *, is_inner: bool
    ) -> None:
        self._open_file = open_file
        self._chunks = chunks
        self._meter = meter
        self._is_inner = is_inner
        self._entries_done = 0  # entries done with, junk included
        self._current_name = ""  # the member being read

    def read_members(self) -> Iterator[Member | LostMember]:
        try:
            yield from self._stream_members()
        except TruncatedDataError:
            yield LostMember(
                self._current_name,
                f"the zip is cut off here (whole entries before: {self._entries_done}); fetch it again",
            )
        except _ZipBomb:
            if self._is_inner:
                raise  # the zip around it ends here, too
            yield LostMember(self._current_name, ZIP_BOMB_REASON)
        except _MemberTooLarge:
            yield from self._members_by_contents("what follows cannot be reached")
        except UnzipError as error:
            yield from self._members_by_contents(_unzip_problem(error))

    def _stream_members(self) -> Iterator[Member | LostMember]:
        for raw, _, chunks in stream_unzip(self._chunks, allowed_encryption_mechanisms=(NO_ENCRYPTION,)):
            self._current_name = raw.decode("utf-8", "replace")
            before = self._meter.bytes_out
            yield from self._read_entry(self._current_name, chunks)
            try:
                for _ in self._meter.count_output(chunks):
                    pass  # the part that was not read has to be skipped
            except _ZipBomb:
                self._meter.bytes_out = before  # its own size was reported; the others may be in order
                raise _MemberTooLarge from None
            finally:
                self._entries_done += 1
            self._current_name = ""

    def _members_by_contents(self, trouble: str) -> Iterator[Member | LostMember]:
        """The entries not read yet, by the table of contents; without one, all of them are lost."""
        try:
            with self._open_file() as stream, zipfile.ZipFile(stream) as zipped:
                for entry in islice(zipped.infolist(), self._entries_done, None):
                    yield from self._read_listed(zipped, entry)
        except _ZipBomb:
            if self._is_inner:
                raise
            yield LostMember("", ZIP_BOMB_REASON)
        except _DAMAGED:
            yield LostMember(
                self._current_name, f"{trouble}, and the zip has no table of contents to go on by; fetch it again"
            )

    def _read_listed(self, zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Member | LostMember]:
        if entry.file_size > LARGEST_MEMBER:
            yield _too_large(entry.filename)
            return
        try:
            with zipped.open(entry) as content:
                yield from self._read_entry(entry.filename, iter(partial(content.read, CHUNK), b""))
        except _DAMAGED as error:
            encrypted = entry.flag_bits & 1
            yield LostMember(entry.filename, "is encrypted" if encrypted else f"is damaged ({error}); fetch it again")

    def _read_entry(self, name: str, chunks: Iterable[bytes]) -> Iterator[Member | LostMember]:
        if _is_junk(name):
            return
        member = _read_member(name, self._meter.count_output(chunks))
        if isinstance(member, LostMember) or not member.data.startswith((ZIP, EMPTY_ZIP)):
            yield member
        elif self._is_inner:
            yield LostMember(name, "is a third zip inside a zip, which no register publishes; not opened")
        else:
            for inner in _read_members(partial(BytesIO, member.data), self._meter, is_inner=True):
                yield inner._replace(name=f"{name}/{inner.name}".rstrip("/"))


def _read_member(name: str, chunks: Iterable[bytes]) -> Member | LostMember:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > LARGEST_MEMBER:
            return _too_large(name)
    return Member(name, bytes(data))


def _too_large(name: str) -> LostMember:
    return LostMember(name, f"is larger than {LARGEST_MEMBER >> 20} MB; not read")


def _is_junk(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".") or not parts[-1]


def _unzip_problem(error: UnzipError) -> str:
    return f"cannot be unzipped ({type(error).__name__.removesuffix('Error')})"
