"""The documents inside a file, whether it is one of them or a zip of any size: one at a time, in flat memory.

Zips are read as a stream, so that the members before a cut are still had. Where the stream cannot go on, the zip's own
table of contents, if it has one, leads past the trouble.
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
BOMB = f"the zip unzips to more than {LARGEST_RATIO} times its size, like a zip bomb; not read from here on"

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Member(NamedTuple):
    """One document; ``name`` is its path inside the zip, "" where the file itself is the document."""

    name: str
    data: bytes


class Lost(NamedTuple):
    """A document, or the rest of a zip, that could not be had, and why."""

    name: str
    reason: str


class _TooMuch(Exception):
    """What comes out is out of all proportion to what went in."""


class _Giant(Exception):
    """One member is so large that even passing over it takes too long."""


class _Meter:
    """Counts what goes in and what comes out, nested zips included."""

    def __init__(self) -> None:
        self.came_in = self.came_out = 0

    def incoming(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.came_in += len(chunk)
            yield chunk

    def outgoing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.came_out += len(chunk)
            if self.came_out > max(SMALL, LARGEST_RATIO * self.came_in):
                raise _TooMuch
            yield chunk


def members(open_file: Callable[[], BinaryIO]) -> Iterator[Member | Lost]:
    """Every document of the file, in its order; what file managers leave behind (``__MACOSX``, ``._…``) is left out.

    A zip inside the zip is opened too (community interest companies file one, with accounts and a report), no deeper.
    """
    yield from _members(open_file, _Meter(), is_inner=False)


def _members(open_file: Callable[[], BinaryIO], meter: _Meter, *, is_inner: bool) -> Iterator[Member | Lost]:
    with open_file() as stream:
        start = stream.read(len(ZIP))
        chunks: Iterable[bytes] = chain((start,), iter(partial(stream.read, CHUNK), b""))
        if start == EMPTY_ZIP:
            yield Lost("", "is a zip without documents")
        elif start != ZIP:
            yield _whole("", chunks)
        else:
            zipped = _Zip(open_file, chunks if is_inner else meter.incoming(chunks), meter, is_inner=is_inner)
            yield from zipped.members()


class _Zip:
    """One pass over one zip."""

    def __init__(
        self, open_file: Callable[[], BinaryIO], chunks: Iterable[bytes], meter: _Meter, *, is_inner: bool
    ) -> None:
        self._open_file = open_file
        self._chunks = chunks
        self._meter = meter
        self._is_inner = is_inner
        self._passed = 0  # entries done with, junk included
        self._at = ""  # the member being read

    def members(self) -> Iterator[Member | Lost]:
        try:
            yield from self._streamed()
        except TruncatedDataError:
            yield Lost(self._at, f"the zip is cut off here (whole entries before: {self._passed}); fetch it again")
        except _TooMuch:
            if self._is_inner:
                raise  # the zip around it ends here, too
            yield Lost(self._at, BOMB)
        except _Giant:
            yield from self._by_contents("what follows cannot be reached")
        except UnzipError as error:
            yield from self._by_contents(_why(error))

    def _streamed(self) -> Iterator[Member | Lost]:
        for raw, _, chunks in stream_unzip(self._chunks, allowed_encryption_mechanisms=(NO_ENCRYPTION,)):
            self._at = raw.decode("utf-8", "replace")
            before = self._meter.came_out
            yield from self._entry(self._at, chunks)
            try:
                for _ in self._meter.outgoing(chunks):
                    pass  # what was not taken has to be passed over
            except _TooMuch:
                self._meter.came_out = before  # its own size was reported; the others may be in order
                raise _Giant from None
            finally:
                self._passed += 1
            self._at = ""

    def _by_contents(self, trouble: str) -> Iterator[Member | Lost]:
        """The entries not passed yet, by the table of contents; where there is none, all of them are lost."""
        try:
            with self._open_file() as stream, zipfile.ZipFile(stream) as zipped:
                for entry in islice(zipped.infolist(), self._passed, None):
                    yield from self._listed(zipped, entry)
        except _TooMuch:
            if self._is_inner:
                raise
            yield Lost("", BOMB)
        except _DAMAGED:
            yield Lost(self._at, f"{trouble}, and the zip has no table of contents to go on by; fetch it again")

    def _listed(self, zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Member | Lost]:
        if entry.file_size > LARGEST_MEMBER:
            yield _too_large(entry.filename)
            return
        try:
            with zipped.open(entry) as content:
                yield from self._entry(entry.filename, iter(partial(content.read, CHUNK), b""))
        except _DAMAGED as error:
            encrypted = entry.flag_bits & 1
            yield Lost(entry.filename, "is encrypted" if encrypted else f"is damaged ({error}); fetch it again")

    def _entry(self, name: str, chunks: Iterable[bytes]) -> Iterator[Member | Lost]:
        if _is_junk(name):
            return
        member = _whole(name, self._meter.outgoing(chunks))
        if isinstance(member, Lost) or not member.data.startswith((ZIP, EMPTY_ZIP)):
            yield member
        elif self._is_inner:
            yield Lost(name, "is a zip in a zip in a zip, which no register publishes; not opened")
        else:
            for inner in _members(partial(BytesIO, member.data), self._meter, is_inner=True):
                yield inner._replace(name=f"{name}/{inner.name}".rstrip("/"))


def _whole(name: str, chunks: Iterable[bytes]) -> Member | Lost:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > LARGEST_MEMBER:
            return _too_large(name)
    return Member(name, bytes(data))


def _too_large(name: str) -> Lost:
    return Lost(name, f"is larger than {LARGEST_MEMBER >> 20} MB; not read")


def _is_junk(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".") or not parts[-1]


def _why(error: UnzipError) -> str:
    return f"cannot be unzipped ({type(error).__name__.removesuffix('Error')})"
