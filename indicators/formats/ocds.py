"""Reads OCDS releases: the parts of a document, JSON values that know their place, and the subjects of parties."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import SEEK_END
from itertools import count
from typing import BinaryIO, NamedTuple, NoReturn

from indicators.formats.cells import make_slug
from indicators.formats.identifiers import CHARITY, COMPANY, charity_subject, company_subject, is_placeholder
from indicators.parsed_records import UnreadableRecord
from models.vocabulary import LONDON, day_in_london

MAX_BYTES = 64 * 1024**2  # of one line, or of one package: parsed it takes about ten times as much memory
PLAUSIBLE_YEARS = range(1950, 2150)  # 0001-01-01 is an empty date, 9999-12-31 says "no end"
END_OF_DAY = re.compile(r"T24:00(:00(\.0+)?)?(?=Z|[+-]|$)")  # ISO 8601's, which Python does not read
ORGANISATION = re.compile(r"[A-Z]{2,3}-[A-Z0-9]+-\S{1,200}")  # org-id.guide: "GB-CFS-18525", but not "org-1"


class UnreadableValue(Exception):
    """A value cannot be read; holds the record that says so."""

    def __init__(self, unreadable: UnreadableRecord) -> None:
        super().__init__(unreadable.reason)
        self.unreadable = unreadable


@dataclass(frozen=True, slots=True)
class JsonNode:
    """A JSON value with its place; an absent value is a node with the value None."""

    value: object
    path: str = "$"
    line: int | None = None

    def __getitem__(self, key: str) -> "JsonNode":
        """The member of an object; the member of an absent object is absent.

        Raises:
            UnreadableValue: this is not an object.
        """
        if self.value is None:
            return JsonNode(None, f"{self.path}.{key}", self.line)
        if not isinstance(self.value, dict):
            self.raise_unreadable("is not an object")
        return JsonNode(self.value.get(key), f"{self.path}.{key}", self.line)

    def __iter__(self) -> Iterator["JsonNode"]:
        """The items of a list; none if the list is absent.

        Raises:
            UnreadableValue: this is not a list.
        """
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.raise_unreadable("is not a list")
        for position, item in enumerate(self.value):
            yield JsonNode(item, f"{self.path}[{position}]", self.line)

    def __bool__(self) -> bool:
        return self.value is not None

    def raise_unreadable(self, why: str) -> NoReturn:
        """Raise the error that this value cannot be read.

        Raises:
            UnreadableValue: always.
        """
        shown = json.dumps(self.value, default=str)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        raise UnreadableValue(UnreadableRecord(f"{shown} {why}", self.line, self.path))

    def read_text(self) -> str:
        """The text without spaces around it; empty where it is absent. OCDS lets identifiers be whole numbers too.

        Raises:
            UnreadableValue: this is not a text, or one that no database can store.
        """
        if self.value is None:
            return ""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        if not isinstance(self.value, str):
            self.raise_unreadable("is not a text")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            self.raise_unreadable("has half a character")
        if "\0" in self.value:
            self.raise_unreadable("has a NUL character")
        return self.value.strip()

    def read_number(self) -> Decimal | None:
        """The number exactly as written.

        Raises:
            UnreadableValue: this is not a number.
        """
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            self.raise_unreadable("is not a number")
        return Decimal(self.value)

    def read_instant(self) -> datetime | None:
        """The instant of a date and time; London time if there is no offset.

        Raises:
            UnreadableValue: this is not a date, or not a plausible one.
        """
        text = self.read_text()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(END_OF_DAY.sub("T23:59:59", text))
        except ValueError:
            self.raise_unreadable("is not a date")
        if moment.year not in PLAUSIBLE_YEARS:
            self.raise_unreadable("is not a plausible date")
        return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)

    def read_day(self) -> date | None:
        """The Europe/London day of a date and time.

        Raises:
            UnreadableValue: this is not a date, or not a plausible one.
        """
        moment = self.read_instant()
        return moment and day_in_london(moment)


class JsonPart(NamedTuple):
    """The place of a JSON text in the document: the whole document, or one of its lines."""

    offset: int
    size: int
    line: int | None

    def read_releases(self, stream: BinaryIO) -> list[JsonNode]:
        """The releases of the text, which is one release or a package.

        Raises:
            UnreadableValue: the text is neither, or not JSON in UTF-8.
        """
        stream.seek(self.offset)
        root = JsonNode(_parse_json(stream.read(self.size), self.line), line=self.line)
        if root["releases"]:
            return list(root["releases"])
        if root["ocid"]:
            return [root]
        raise UnreadableValue(
            UnreadableRecord("neither an OCDS release nor a package: no 'ocid' and no 'releases'", self.line)
        )


def json_parts(stream: BinaryIO, *, is_lines: bool) -> Iterator[JsonPart | UnreadableRecord]:
    """The JSON texts of a document: its lines, or the whole document."""
    if not is_lines:
        size = stream.seek(0, SEEK_END)
        yield JsonPart(0, size, None) if 0 < size <= MAX_BYTES else _wrong_size(size, None)
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
            yield JsonPart(offset, size, number)
        offset += size
    if offset == 0:
        yield _wrong_size(0, None)


def _rest_of_line(stream: BinaryIO, line: bytes) -> int:
    size = 0
    while line and not line.endswith(b"\n"):
        line = stream.readline(MAX_BYTES)
        size += len(line)
    return size


def _wrong_size(size: int, line: int | None) -> UnreadableRecord:
    if size == 0:
        return UnreadableRecord("empty: zero bytes; get the file again", line)
    return UnreadableRecord(
        f"{size:,} bytes of JSON in one piece, more than {MAX_BYTES:,}; split it into releases", line
    )


def _parse_json(raw: bytes, line: int | None) -> object:
    try:
        content: object = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise UnreadableValue(
            UnreadableRecord(f"not UTF-8 from byte {error.start + 1} on; get the file again", line)
        ) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if line is None else f"character {error.pos + 1}"
        raise UnreadableValue(UnreadableRecord(f"not JSON: {error.msg} at {where}; get the file again", line)) from None
    except ValueError as error:
        raise UnreadableValue(UnreadableRecord(f"not JSON: {error}; get the file again", line)) from None
    except RecursionError:
        raise UnreadableValue(UnreadableRecord("not a release: nested too deeply", line)) from None
    return content


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number there")


def subject_of(party: JsonNode, role: str) -> tuple[str, list[UnreadableRecord]]:
    """The subject of a party, and records of the numbers it states that cannot be right.

    The subject is the company, or else the charity, hospital trust or setting, whose number the party states, since
    other registers have those too; else the publisher's own identifier, never rewritten; else any other stated number;
    else, if the party is only known within its release ("org-1"), its name under an identifier of ours,
    ``CW-<role>-<name>``.

    Raises:
        UnreadableValue: the party has neither a usable identifier nor a name, or one that stands for "none".
    """
    nonsense: dict[str, UnreadableRecord] = {}
    own = party["id"].read_text()
    stated = list(_stated_numbers(party))
    for scheme, read in NUMBER_READERS.items():
        for number in (number for number in stated if number.scheme == scheme):
            try:
                return read(number.text), list(nonsense.values())
            except ValueError as error:
                reason = f"{error}; the {role} is unidentified"
                nonsense.setdefault(number.text, UnreadableRecord(reason, number.cell.line, number.cell.path))
    if ORGANISATION.fullmatch(own) and not own.startswith(tuple(f"{scheme}-" for scheme in NUMBER_READERS)):
        return own, list(nonsense.values())
    for number in stated:
        identifier = f"{number.scheme}-{number.text}"
        is_known = number.scheme not in NUMBER_READERS and not is_placeholder(number.text)
        if is_known and ORGANISATION.fullmatch(identifier):
            return identifier, list(nonsense.values())
    named = party["name"].read_text()
    name = make_slug(named)
    if not name or is_placeholder(named):
        party.raise_unreadable(f"is a {role} with neither an identifier nor a name")
    return f"CW-{role.upper()}-{name}", list(nonsense.values())


class _StatedNumber(NamedTuple):
    """A number that a party states: its scheme in one spelling, the number without the scheme, its place."""

    scheme: str
    text: str
    cell: JsonNode


def _stated_numbers(party: JsonNode) -> Iterator[_StatedNumber]:
    for identifier in (party["identifier"], *party["additionalIdentifiers"]):
        scheme = "".join(identifier["scheme"].read_text().split()).upper()
        if scheme and identifier["id"]:
            yield _StatedNumber(scheme, _strip_scheme(scheme, identifier["id"].read_text()), identifier["id"])
    own = party["id"]
    for scheme in NUMBER_READERS:
        if own.read_text().upper().startswith(f"{scheme}-"):
            yield _StatedNumber(scheme, _strip_scheme(scheme, own.read_text()), own)


def _strip_scheme(scheme: str, number: str) -> str:
    """The number without its scheme, which some write before it again."""
    return number[len(scheme) + 1 :].strip() if number.upper().startswith(f"{scheme}-") else number


def _number_reader(scheme: str, form: str, title: str) -> Callable[[str], str]:
    """A function that reads the numbers of a register; ``form`` matches the number in capitals, without blanks."""

    def read(text: str) -> str:
        match = re.fullmatch(form, "".join(text.split()).upper(), re.ASCII)
        if match is None or is_placeholder(match["number"].removeprefix("SC")):
            raise ValueError(f"'{text}' is not {title}")
        return f"{scheme}-{match['number']}"

    return read


# The registers whose numbers are read, the one that knows most first: a charitable company is known by its accounts.
# Codes of org-id.guide, and ours for Ofsted. The form of any other register's numbers is not known.
NUMBER_READERS: dict[str, Callable[[str], str]] = {
    COMPANY: company_subject,
    CHARITY: charity_subject,
    "GB-SC": _number_reader("GB-SC", r"(?P<number>SC\d{6})", "a number of the Scottish Charity Register"),
    "GB-NIC": _number_reader(
        "GB-NIC", r"(NIC)?(?P<number>\d{6})", "a number of the Charity Commission for Northern Ireland"
    ),
    "GB-NHS": _number_reader("GB-NHS", r"(?P<number>[A-Z0-9]{3,6})", "a code of the NHS's Organisation Data Service"),
    "GB-OFSTED": _number_reader("GB-OFSTED", r"(?P<number>(SC)?\d{6,7})", "a URN of Ofsted"),
}
