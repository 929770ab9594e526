"""Reads OCDS releases: the pieces of a document, JSON values that know their place, and who a party is."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import SEEK_END
from itertools import count
from typing import BinaryIO, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from indicators.records import Unreadable
from indicators.sources.cells import company, slug

LONDON = ZoneInfo("Europe/London")
MAX_BYTES = 64 * 1024**2  # of one line, or of one package: parsed it takes about ten times as much memory
PLAUSIBLE_YEARS = range(1950, 2150)  # 0001-01-01 is an empty date, 9999-12-31 says "no end"
COMPANY = "GB-COH"
END_OF_DAY = re.compile(r"T24:00(:00(\.0+)?)?(?=Z|[+-]|$)")  # ISO 8601's, which Python does not read
FEWEST_DIGITS = 5  # a bare company number with fewer is more likely a slip than a company from before 1890
ORGANISATION = re.compile(r"[A-Z]{2,3}-[A-Z0-9]+-\S{1,200}")  # org-id.guide: "GB-CFS-18525", but not "org-1"


class Odd(Exception):
    """A value that cannot be read, with the record that says so."""

    def __init__(self, unreadable: Unreadable) -> None:
        super().__init__(unreadable.reason)
        self.unreadable = unreadable


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it stands; what is absent is a node with the value None."""

    value: object
    path: str = "$"
    line: int | None = None

    def __getitem__(self, key: str) -> "Node":
        """The member of an object; absent in what is absent itself.

        Raises:
            Odd: this is no object.
        """
        if self.value is None:
            return Node(None, f"{self.path}.{key}", self.line)
        if not isinstance(self.value, dict):
            self.refuse("is not an object")
        return Node(self.value.get(key), f"{self.path}.{key}", self.line)

    def __iter__(self) -> Iterator["Node"]:
        """The items of a list; none of what is absent.

        Raises:
            Odd: this is no list.
        """
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.refuse("is not a list")
        for position, item in enumerate(self.value):
            yield Node(item, f"{self.path}[{position}]", self.line)

    def __bool__(self) -> bool:
        return self.value is not None

    def refuse(self, why: str) -> NoReturn:
        """Say that this value cannot be read.

        Raises:
            Odd: always.
        """
        shown = json.dumps(self.value, default=str)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        raise Odd(Unreadable(f"{shown} {why}", self.line, self.path))

    def text(self) -> str:
        """The text without spaces around it; empty where it is absent. OCDS lets identifiers be whole numbers too.

        Raises:
            Odd: this is no text, or one that no database can keep.
        """
        if self.value is None:
            return ""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        if not isinstance(self.value, str):
            self.refuse("is not a text")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            self.refuse("has half a character")
        if "\0" in self.value:
            self.refuse("has a NUL character")
        return self.value.strip()

    def number(self) -> Decimal | None:
        """The number exactly as written.

        Raises:
            Odd: this is no number.
        """
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            self.refuse("is not a number")
        return Decimal(self.value)

    def moment(self) -> datetime | None:
        """The instant of a date and time; without an offset it is London's.

        Raises:
            Odd: this is no date, or none that can be meant.
        """
        text = self.text()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(END_OF_DAY.sub("T23:59:59", text))
        except ValueError:
            self.refuse("is not a date")
        if moment.year not in PLAUSIBLE_YEARS:
            self.refuse("is not a plausible date")
        return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)

    def day(self) -> date | None:
        """The Europe/London day of a date and time.

        Raises:
            Odd: this is no date, or none that can be meant.
        """
        moment = self.moment()
        return moment and moment.astimezone(LONDON).date()


class Piece(NamedTuple):
    """Where in the document a JSON text stands: the whole of it, or one of its lines."""

    offset: int
    size: int
    line: int | None

    def releases(self, stream: BinaryIO) -> list[Node]:
        """The releases of the text: itself, or those of the package it is.

        Raises:
            Odd: it is neither, or not JSON in UTF-8.
        """
        stream.seek(self.offset)
        root = Node(_parsed(stream.read(self.size), self.line), line=self.line)
        if root["releases"]:
            return list(root["releases"])
        if root["ocid"]:
            return [root]
        raise Odd(Unreadable("neither an OCDS release nor a package: no 'ocid' and no 'releases'", self.line))


def pieces(stream: BinaryIO, *, is_lines: bool) -> Iterator[Piece | Unreadable]:
    """The JSON texts of a document: its lines, or itself."""
    if not is_lines:
        size = stream.seek(0, SEEK_END)
        yield Piece(0, size, None) if 0 < size <= MAX_BYTES else _wrong_size(size, None)
        return
    offset = 0
    for number in count(1):
        stream.seek(offset)
        line = stream.readline(MAX_BYTES + 1)
        if not line:
            break
        size = len(line)
        if size > MAX_BYTES:
            size += _rest_of_line(stream, line)
            yield _wrong_size(size, number)
        elif not line.isspace():
            yield Piece(offset, size, number)
        offset += size
    if offset == 0:
        yield _wrong_size(0, None)


def _rest_of_line(stream: BinaryIO, line: bytes) -> int:
    size = 0
    while line and not line.endswith(b"\n"):
        line = stream.readline(MAX_BYTES)
        size += len(line)
    return size


def _wrong_size(size: int, line: int | None) -> Unreadable:
    if size == 0:
        return Unreadable("empty: zero bytes; get the file again", line)
    return Unreadable(f"{size:,} bytes of JSON in one piece, more than {MAX_BYTES:,}; split it into releases", line)


def _parsed(raw: bytes, line: int | None) -> object:
    try:
        content: object = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Odd(Unreadable(f"not UTF-8 from byte {error.start + 1} on; get the file again", line)) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if line is None else f"character {error.pos + 1}"
        raise Odd(Unreadable(f"not JSON: {error.msg} at {where}; get the file again", line)) from None
    except ValueError as error:
        raise Odd(Unreadable(f"not JSON: {error}; get the file again", line)) from None
    except RecursionError:
        raise Odd(Unreadable("not a release: nested too deeply", line)) from None
    return content


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number there")


def subject_of(party: Node, role: str) -> tuple[str, list[Unreadable]]:
    """Who the party is, and which company numbers it states that are none.

    That is its company where it states a number; else the register's own identifier, never rewritten; else, where the
    party is only known within its release ("org-1"), its name under an identifier of ours, ``CW-<role>-<name>``.

    Raises:
        Odd: it has neither a usable identifier nor a name.
    """
    nonsense: dict[str, Unreadable] = {}
    for cell in _company_numbers(party):
        number = cell.text().removeprefix(f"{COMPANY}-")
        try:
            return _company(number), list(nonsense.values())
        except ValueError as error:
            nonsense.setdefault(number, Unreadable(f"{error}; the {role} is unidentified", cell.line, cell.path))
    own = party["id"].text()
    if ORGANISATION.fullmatch(own) and not own.startswith(f"{COMPANY}-"):
        return own, list(nonsense.values())
    name = slug(party["name"].text())
    if not name:
        party.refuse(f"is a {role} with neither an identifier nor a name")
    return f"CW-{role.upper()}-{name}", list(nonsense.values())


def _company_numbers(party: Node) -> Iterator[Node]:
    for identifier in (party["identifier"], *party["additionalIdentifiers"]):
        if identifier["scheme"].text() == COMPANY and identifier["id"]:
            yield identifier["id"]
    if party["id"].text().startswith(f"{COMPANY}-"):
        yield party["id"]


def _company(text: str) -> str:
    number = "".join(text.split())
    if number.isdecimal() and (len(number) < FEWEST_DIGITS or not int(number)):
        raise ValueError(f"'{text}' is not a company number")
    return company(number)
