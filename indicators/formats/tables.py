"""Reads delimited text as registers publish it, line by line: any encoding, a header near the top, in a zip or not."""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import IO, NamedTuple

from indicators.parsed_records import Document, UnreadableRecord
from models.vocabulary import day_in_london

HEADER_WITHIN = 20  # lines; the deepest header seen is on line 5 (Ofsted 2022, after a title and two notes)
LONGEST_LINE = 1 << 20  # characters; real ones have under 2,000: a longer one is not a table and would fill the memory
MOST_LINES = 1_000  # of one row: nobody types more line breaks into a cell
LARGEST_MEMBER = 4 << 30  # bytes; all companies in one file are 2.6 GB
LARGEST_RATIO = 100  # such text shrinks 4 to 10 times; deflate allows 1,000, which only a zip bomb comes near
SMALL_MEMBER = 1 << 20  # bytes; below this a high ratio harms nobody

ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, UnicodeError)
BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def _as_windows_text(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are not UTF-8, read in the Windows code page that the registers' older tools write."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:  # five bytes mean nothing in it
        return wrong.decode("latin-1"), error.end


codecs.register_error("windows", _as_windows_text)


@dataclass(frozen=True, slots=True)
class Layout:
    """The names by which the columns of one kind of document are found.

    ``columns`` maps our key to the names the register has used, the best first; letter case and spaces do not matter.
    A document without a ``required`` column is not read; another absent column is reported once, unless ``optional``.
    """

    columns: Mapping[str, tuple[str, ...]]
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    delimiter: str = ","
    is_quoted: bool = True
    suffix: str = ".csv"  # of the members to read where the document is a zip


class TableRow(NamedTuple):
    """One row: its first physical line, its trimmed cells by our key ("" where empty), the places of its columns."""

    line: int
    cells: Mapping[str, str]
    places: Mapping[str, str]


class _Record(NamedTuple):
    first: int
    last: int
    cells: list[str]


class _Header(NamedTuple):
    line: int
    cells: list[str]
    positions: Mapping[str, int]  # of the columns found, by our key
    skip: int  # records to leave behind, itself included


def read_rows(document: Document, layout: Layout) -> Iterator[TableRow | UnreadableRecord]:
    """The rows of a document, plain or in a zip, streamed; ``UnreadableRecord`` for each part that cannot be read."""
    with document.open() as stream:
        if not stream.read(1):
            yield UnreadableRecord("the file is empty; fetch it again")
            return
        stream.seek(0)
        if document.name.lower().endswith(".zip"):
            yield from _read_zipped(stream, layout)
        else:
            yield from read_delimited(stream, layout)


def _read_zipped(stream: IO[bytes], layout: Layout) -> Iterator[TableRow | UnreadableRecord]:
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile:
        yield UnreadableRecord("the zip is cut short or is none; fetch it again")
        return
    members = [info for info in archive.infolist() if info.filename.lower().endswith(layout.suffix)]
    if not members:
        yield UnreadableRecord(
            f"the zip has no {layout.suffix} member; fetch it again or see what the register now publishes"
        )
    for info in members:
        # Python reads a member only up to the size that its entry declares, so the declared size is reliable.
        if info.file_size > LARGEST_MEMBER or info.file_size > max(SMALL_MEMBER, LARGEST_RATIO * info.compress_size):
            reason = (
                f"would unpack from {info.compress_size:,} to {info.file_size:,} bytes, like a zip bomb; not opened"
            )
            yield UnreadableRecord(reason, place=info.filename)
            continue
        try:
            member = archive.open(info)
        except (zipfile.BadZipFile, RuntimeError) as error:  # encrypted, or packed by an unknown method
            yield UnreadableRecord(f"cannot be unpacked ({error}); fetch it again", place=info.filename)
            continue
        with member:
            yield from read_delimited(member, layout, member=info.filename)


def read_delimited(stream: IO[bytes], layout: Layout, *, member: str = "") -> Iterator[TableRow | UnreadableRecord]:
    """The rows below the header of delimited text.

    Bytes that are not UTF-8 are read as Windows-1252 one by one, so a single old dash does not spoil a whole file.

    Args:
        stream: seekable bytes.
        layout: the columns to look for.
        member: name of the zip member, put before every place.
    """
    text = None
    try:
        encoding = BYTE_ORDER_MARKS.get(stream.read(2), "utf-8-sig")
        stream.seek(0)
        text = io.TextIOWrapper(stream, encoding=encoding, errors="windows", newline="")
        records = _split_records(text, layout, member)
        top = list(islice(records, HEADER_WITHIN))
        header = _find_header(top, layout)
        if header is None:
            names = _quote_names(layout.columns[key][0] for key in sorted(layout.required))
            reason = f"no header with {names} in the first {HEADER_WITHIN} lines; is it the right file?"
            yield UnreadableRecord(reason, None, member)
            return
        yield from _missing_columns(header, layout, member)
        if layout.required <= header.positions.keys():
            below = chain(top[header.skip :], records)
            yield from _make_rows(
                below if layout.is_quoted else _rejoin_records(below, _row_width(header)), header, member
            )
    except ZIP_ERRORS as error:
        yield UnreadableRecord(f"cannot be read to its end ({error}); fetch it again", None, member)
    finally:
        if text is not None:
            text.detach()  # the stream belongs to the caller


def _split_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise EOFError(f"a line longer than {LONGEST_LINE:,} characters")
        # A NUL has no meaning, and databases refuse it; a NUL at every second character shows that the text is UTF-16.
        yield line.replace("\0", "") if line.count("\0") * 4 < len(line) else line


def _split_records(text: io.TextIOWrapper, layout: Layout, member: str) -> Iterator[_Record | UnreadableRecord]:
    quoting: int = csv.QUOTE_MINIMAL if layout.is_quoted else csv.QUOTE_NONE
    reader = csv.reader(_split_lines(text), delimiter=layout.delimiter, quoting=quoting)  # type: ignore[arg-type]
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield UnreadableRecord(f"{error}; is a quotation mark left open here?", first, member)
        else:
            yield _Record(first, reader.line_num, cells)


def _plain_name(name: str) -> str:
    return " ".join(name.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold().split())


def _quote_names(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _cell_place(member: str, column: str) -> str:
    return f"{member}: {column}" if member else column


def _find_header(top: list[_Record | UnreadableRecord], layout: Layout) -> _Header | None:
    """The line with most of the known names: titles and notes may be above it."""
    best: _Header | None = None
    for skip, record in enumerate(top, start=1):
        if isinstance(record, UnreadableRecord):
            continue
        at = {_plain_name(name): position for position, name in reversed(list(enumerate(record.cells)))}
        headers = {
            key: [at[_plain_name(name)] for name in known if _plain_name(name) in at]
            for key, known in layout.columns.items()
        }
        positions = {key: places[0] for key, places in headers.items() if places}
        if positions and (best is None or len(positions) > len(best.positions)):
            best = _Header(record.first, record.cells, positions, skip)
    return best


def _missing_columns(header: _Header, layout: Layout, member: str) -> Iterator[UnreadableRecord]:
    expected = layout.columns.keys() - header.positions.keys() - layout.optional
    missing = [names[0] for key, names in layout.columns.items() if key in expected]
    if missing:
        names = _quote_names(missing)
        reason = f"the header has no column {names}; if the register renamed it, add its new name to the columns"
        yield UnreadableRecord(reason, header.line, _cell_place(member, missing[0]))


def _row_width(header: _Header) -> int:
    """The number of cells of a row: some headers end in cells without a name, which rows may have or lack."""
    return max(at + 1 for at, name in enumerate(header.cells) if name.strip())


def _rejoin_records(records: Iterable[_Record | UnreadableRecord], width: int) -> Iterator[_Record | UnreadableRecord]:
    """The records of text without quotation marks, joined again if a line break inside a cell has split them.

    A line with too few cells continues the line before it, unless both begin alike: the charity extract begins every
    row with the same day.
    """
    before: _Record | None = None
    for record in records:
        if isinstance(record, _Record) and before is not None and _is_continuation(before, record, width):
            first, *others = record.cells or [""]
            joined = [*before.cells[:-1], f"{before.cells[-1]}\n{first}", *others]
            before = _Record(before.first, record.last, joined)
            continue
        if before is not None:
            yield before
        before = record if isinstance(record, _Record) and record.cells else None
        if isinstance(record, UnreadableRecord):
            yield record
    if before is not None:
        yield before


def _is_continuation(before: _Record, record: _Record, width: int) -> bool:
    """Whether the record continues the one before it, which a line break inside a cell has split."""
    first = record.cells[0] if record.cells else ""
    is_row_of_its_own = len(record.cells) >= width or (first and first == before.cells[0])
    fits = len(before.cells) + len(record.cells or [""]) - 1 <= width
    return fits and not is_row_of_its_own and record.last - before.first < MOST_LINES


def _make_rows(
    records: Iterable[_Record | UnreadableRecord], header: _Header, member: str
) -> Iterator[TableRow | UnreadableRecord]:
    places = {key: _cell_place(member, header.cells[at].strip()) for key, at in header.positions.items()}
    wanted = tuple(header.positions.items())
    width = _row_width(header)
    for record in records:
        if isinstance(record, UnreadableRecord):
            yield record
            continue
        first, last, cells = record
        if len(cells) == width or (len(cells) > width and not any(cells[width:])):
            if any(cells):
                yield TableRow(first, {key: cells[at].strip() for key, at in wanted}, places)
        elif any(cell.strip() for cell in cells):
            lines = f" (to line {last}: is a quotation mark left open, or a line broken?)" if last > first else ""
            yield UnreadableRecord(
                f"{len(cells)} cells where the header has {width}{lines}; row left out", first, member
            )


def day_in_name(name: str) -> date | None:
    """The day in a document's file name (``…2022-03-31….csv``), which is the day of the list; None if there is none."""
    match = re.search(r"(\d{4}-\d{2}-\d{2})[^/]*$", name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def list_day(document: Document, pattern: str) -> date | UnreadableRecord:
    """The day of a list by its file's name, or the record that says why its rows cannot be dated.

    Args:
        document: the list.
        pattern: the end of a file name with a day, for the remedy.
    """
    listed_on, fetched_on = day_in_name(document.name), day_in_london(document.fetched_at)
    if listed_on is None:
        return UnreadableRecord(f"no day in the file's name, so when it became known is unknown; name it {pattern}")
    if listed_on > fetched_on:
        return UnreadableRecord(
            f"the day in its name was still to come when it was fetched ({fetched_on}); correct the name"
        )
    return listed_on
