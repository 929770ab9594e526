"""Shows the place in an archived document that a ledger row was read from, with a few lines around it, as plain text.

Registers hold people's names, so an excerpt shows only the columns asked for of a table, only tagged figures beside a
fact of accounts, and only the value of JSON.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from indicators.formats import tables
from indicators.formats.zips import LostMember, read_members
from indicators.parsed_records import Document

LINES_AROUND = 2  # rows or lines before the fact, and as many after it
LONGEST_TEXT = 400  # characters of a line
LARGEST_JSON = 64 << 20  # bytes of one text
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
)
_FACT = re.compile(r"(?P<concept>[^,:]+), context (?P<context>.*?)(?:, sign turned)?")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True)
class ExcerptLine:
    """A line of the document: its label (a column, a line number, a path), its text, whether it is the fact."""

    label: str
    text: str
    is_fact: bool = False


@dataclass(frozen=True)
class Excerpt:
    """The lines around a fact; ``problem`` says why there are none."""

    lines: tuple[ExcerptLine, ...] = ()
    problem: str = ""


def read_excerpt(document: Document, line: int | None, place: str, *, columns: Collection[str] = ()) -> Excerpt:
    """The place in the document, with the lines around the place.

    Args:
        document: from the archive.
        line: of the ledger row; 1 is the first.
        place: of the ledger row: a column, a fact and its context, a path; in a zip the member goes before it.
        columns: the columns of a table that may be shown beside the fact's own.
    """
    member, place = _split_place(document.name, place)
    suffix = PurePosixPath(member or document.name).suffix.lower()
    show = _EXCERPT_READERS.get(suffix)
    if show is None:
        return Excerpt(problem=f"documents in {suffix or 'this format'} are not shown; open the file")
    try:
        lines = tuple(show(document, member, line, place, columns))
    except (OSError, ValueError, RecursionError, etree.LxmlError, *tables.ZIP_ERRORS) as error:
        return Excerpt(problem=f"the document cannot be read ({' '.join(str(error).split())[:120]}); open the file")
    if not lines:
        return Excerpt(problem="the place was not found in the document; open the file")
    return Excerpt(
        tuple(
            ExcerptLine(excerpt_line.label, _shorten_text(excerpt_line.text), excerpt_line.is_fact)
            for excerpt_line in lines
        )
    )


def _split_place(name: str, place: str) -> tuple[str, str]:
    """The member of a zip, and the place in it."""
    if not name.lower().endswith(".zip"):
        return "", place
    member, sign, rest = place.partition(": ")
    return (member, rest) if sign else ("", place)


def _shorten_text(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _table_row(
    document: Document, member: str, line: int | None, place: str, columns: Collection[str]
) -> Iterator[ExcerptLine]:
    is_tabbed = member.lower().endswith(".txt")
    names = dict.fromkeys([place, *columns])
    layout = tables.Layout(
        {name: (name,) for name in names},
        frozenset({place}),
        frozenset(names),
        delimiter="\t" if is_tabbed else ",",
        is_quoted=not is_tabbed,
        suffix=member.lower() or ".csv",
    )
    for row in tables.read_rows(document, layout):
        if isinstance(row, tables.TableRow) and line is not None and row.line >= line:
            if row.line == line:
                yield from (ExcerptLine(name, cell, is_fact=name == place) for name, cell in row.cells.items())
            return


def _tagged_fact(
    document: Document, member: str, line: int | None, place: str, _columns: Collection[str]
) -> Iterator[ExcerptLine]:
    named = _FACT.fullmatch(place)
    if named is None:  # "file name"
        yield ExcerptLine(place, PurePosixPath(member or document.name).name, is_fact=True)
        return
    root = etree.fromstring(_read_bytes(document, member), _PARSER)
    facts = [
        element
        for element in root.iter(etree.Element)
        if element.get("contextRef") == named["context"] and _concept_name(element) == named["concept"]
    ]
    fact = next((element for element in facts if element.sourceline == line), facts[0] if facts else None)
    if fact is None:
        return
    row = next((parent for parent in fact.iterancestors() if etree.QName(parent).localname == "tr"), None)
    if row is None or etree.QName(fact).localname != "nonFraction":
        yield ExcerptLine(f"line {fact.sourceline}", f"{named['concept']}: {_element_text(fact)}", is_fact=True)
        return
    before = [other for other in islice(row.itersiblings(preceding=True), 10) if _has_figure(other)][:LINES_AROUND]
    after = [other for other in islice(row.itersiblings(), 10) if _has_figure(other)][:LINES_AROUND]
    for shown_row in [*reversed(before), row, *after]:
        yield ExcerptLine(f"line {shown_row.sourceline}", _cell_texts(shown_row), is_fact=shown_row is row)


def _concept_name(element: Any) -> str:
    name = element.get("name") or etree.QName(element).localname
    return str(name.rpartition(":")[2])


def _has_figure(row: Any) -> bool:
    return any(etree.QName(part).localname == "nonFraction" for part in row.iter(etree.Element))


def _cell_texts(row: Any) -> str:
    return " | ".join(filter(None, (_element_text(cell) for cell in row)))


def _element_text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _read_bytes(document: Document, member: str) -> bytes:
    for part in read_members(document.open):
        if not isinstance(part, LostMember) and part.name == member:
            return part.data
    raise ValueError(f"the archived file does not contain {member or 'a document'}")


def _json_value(
    document: Document, _member: str, line: int | None, place: str, _columns: Collection[str]
) -> Iterator[ExcerptLine]:
    with document.open() as stream:
        if line is not None and document.name.endswith(".jsonl"):
            text = next(islice(iter(partial(stream.readline, LARGEST_JSON), b""), line - 1, None), b"")
        else:
            text = stream.read(LARGEST_JSON)
    value: Any = json.loads(text.decode("utf-8-sig"))
    steps = _STEP.findall(place if place.startswith(("$", ".")) else f".{place}")
    path = "$"
    for key, number in steps:
        if isinstance(value, dict) and key in value:
            value, path = value[key], f"{path}.{key}"
        elif isinstance(value, list) and number and int(number) < len(value):
            value, path = value[int(number)], f"{path}[{number}]"
        else:
            return
    where = f"line {line}, {path}" if line is not None else path
    if not isinstance(value, dict):
        yield ExcerptLine(where, json.dumps(value, ensure_ascii=False), is_fact=True)
        return
    yield ExcerptLine(where, "", is_fact=True)
    for key, part in value.items():
        if not isinstance(part, dict | list):
            yield ExcerptLine(f"{path}.{key}", json.dumps(part, ensure_ascii=False))


def _text_lines(
    document: Document, _member: str, line: int | None, _place: str, _columns: Collection[str]
) -> Iterator[ExcerptLine]:
    if line is None:
        return
    first = max(1, line - LINES_AROUND)
    with document.open() as stream:
        shown = islice(iter(partial(stream.readline, tables.LONGEST_LINE), b""), first - 1, line + LINES_AROUND)
        for number, text in enumerate(shown, first):
            yield ExcerptLine(f"line {number}", text.decode("utf-8", "replace"), is_fact=number == line)


_ExcerptReader = Callable[[Document, str, int | None, str, Collection[str]], Iterator[ExcerptLine]]
_EXCERPT_READERS: dict[str, _ExcerptReader] = {
    ".csv": _table_row,
    ".txt": _table_row,
    ".html": _tagged_fact,
    ".xhtml": _tagged_fact,
    ".htm": _tagged_fact,
    ".xml": _tagged_fact,
    ".json": _json_value,
    ".jsonl": _json_value,
    ".yaml": _text_lines,
    ".yml": _text_lines,
}
