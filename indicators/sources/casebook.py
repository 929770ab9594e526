"""Reads the casebook: dated, cited facts about real providers, written by hand, one YAML file for each provider.

``samples/README.md`` describes the format. Three of its rules decide from which day a fact is known:

* a fact counts from the day it became public; if only a month or a year is known, from its last day;
* a figure known before the end of its period is a forecast and has an indicator of its own, and so has a figure of part
  of a year (``interim_…``);
* ``about`` and ``note`` are for readers of the file: they may speak of later things and never enter the ledger.

The ``place`` of a fact's row names its evidence: ``figures[3].net_debt · recalled (high) · source address``.
"""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from indicators import catalogue
from indicators.formats.casebook import (
    FORMAT,
    CasebookEvent,
    CasebookFigures,
    CasebookLink,
    CasebookProvider,
    CitedFact,
    parse_quantity,
)
from indicators.parsed_records import (
    ArchiveState,
    Client,
    Document,
    FetchedDocument,
    LinkRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from models.vocabulary import DateBasis, IndicatorKind

REGISTER = "casebook"
PARSER = "casebook/1"

_FILES = "casebook/*.yaml"
_MAX_BYTES = 1_000_000  # the longest file has 25 kB
_SPOKEN_UNITS = {"GBP", "percent", "times"}  # must be written; homes or people need not


class _Entry(NamedTuple):
    """One entry of a section: its subject, and its place in the file."""

    subject: str
    path: str  # figures[3]
    node: Any  # of the YAML: the entry, or the key of one figure

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1


class _Loader(yaml.BaseLoader):
    """Keeps every scalar as the text of the file, and refuses a key that is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for number, (key, _) in enumerate(node.value):
            if key.value in keys[:number]:
                raise yaml.MarkedYAMLError(problem=f"'{key.value}' is given twice", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def fetch(client: Client, since: ArchiveState) -> Iterator[FetchedDocument]:  # noqa: ARG001 (a folder's files are always all there)
    """The files of the sample's folder; the web has none."""
    if client.is_folder:
        yield from client.files(_FILES)


def parse(document: Document) -> Iterator[Record]:
    """The facts of one provider, in the order of the file.

    A part that does not fit the format becomes an ``UnreadableRecord`` with its line: the whole file if its head is
    wrong, else one entry or one figure.
    """
    with document.open() as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        yield UnreadableRecord(f"longer than {_MAX_BYTES:,} bytes: not a file of the casebook")
        return
    try:
        loader = _Loader(content)
        root = loader.get_single_node()
        file = loader.construct_document(root) if isinstance(root, yaml.MappingNode) else {}
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        yield UnreadableRecord(f"not YAML: {problem}", mark.line + 1 if mark else None)
        return
    if not isinstance(root, yaml.MappingNode) or file.get("format") != FORMAT:
        yield UnreadableRecord(f"not a file of the casebook: it must say 'format: {FORMAT}'", 1)
        return
    yield from _read_records(file, root, PurePosixPath(document.name).stem)


def _read_records(file: dict[str, Any], root: yaml.MappingNode, slug: str) -> Iterator[Record]:
    lines = _key_lines(root)
    for key in sorted(lines.keys() - _READERS.keys() - {"format", "provider"}):
        yield UnreadableRecord(f"unknown key '{key}'", lines[key], key)
    try:
        provider = CasebookProvider.model_validate(file.get("provider"))
    except ValidationError as error:
        yield UnreadableRecord(_error_reason(error), lines.get("provider", 1), "provider")
        return
    subject = provider.subject(slug)
    facts = [
        record for section in _READERS if section in file for record in _read_section(section, file, root, subject)
    ]
    known_on = min((fact.known_on for fact in facts if isinstance(fact, ObservationRecord)), default=None)
    if known_on is not None:  # the provider is known since the first fact about it
        head = _key_lines(_child_node(root, "provider"))
        for indicator, key in (("name", "name"), ("provider_kind", "kind"), ("activity", "activity")):
            text, place = getattr(provider, key), f"provider.{key}"
            yield ObservationRecord(subject, indicator, text, known_on, DateBasis.INFERRED, line=head[key], place=place)
    yield from facts


def _read_section(section: str, file: dict[str, Any], root: yaml.MappingNode, subject: str) -> Iterator[Record]:
    """The records of the entries of a section, with a reason for each that cannot be read."""
    model, read = _READERS[section]
    if not isinstance(file[section], list):
        yield UnreadableRecord(f"'{section}' must be a list", _key_lines(root)[section], section)
        return
    for number, (content, node) in enumerate(zip(file[section], _child_node(root, section).value, strict=True)):
        entry = _Entry(subject, f"{section}[{number}]", node)
        try:
            yield from read(model.model_validate(content), entry)
        except ValidationError as error:
            yield UnreadableRecord(_error_reason(error), entry.line, entry.path)
        except ValueError as error:
            yield UnreadableRecord(str(error), entry.line, entry.path)


def _read_figures(fact: CasebookFigures, entry: _Entry) -> Iterator[Record]:
    for key, value in _child_node(entry.node, "values").value:
        figure_entry = _Entry(entry.subject, f"{entry.path}.{key.value}", key)
        try:
            yield _read_figure(fact, key.value, value.value, figure_entry)
        except ValueError as error:
            yield UnreadableRecord(str(error), figure_entry.line, figure_entry.path)


def _read_figure(fact: CasebookFigures, name: str, text: str, entry: _Entry) -> ObservationRecord:
    indicator = _find_indicator(name, IndicatorKind.FIGURE, IndicatorKind.FORECAST)
    if fact.public_on < fact.period_end and indicator.kind is IndicatorKind.FIGURE:
        raise ValueError(f"'{name}' was known before the end of its period: write it as a forecast")
    number, unit = parse_quantity(text)
    if unit != indicator.unit and (unit or indicator.unit in _SPOKEN_UNITS):
        raise ValueError(f"'{text}': '{name}' is in '{indicator.unit}', not in '{unit}'")
    return ObservationRecord(
        entry.subject,
        name,
        number,
        fact.public_on,
        fact.known_on_basis,
        period_start=fact.interim_start if name.startswith("interim_") else None,
        period_end=fact.period_end,
        verbatim=text,
        line=entry.line,
        place=fact.place(entry.path),
        is_recalled=fact.is_recalled,
    )


def _read_event(fact: CasebookEvent, entry: _Entry) -> Iterator[Record]:
    _find_indicator(fact.event, IndicatorKind.EVENT)
    is_outcome = entry.path.startswith("outcome")
    if is_outcome != fact.event.startswith("outcome_"):
        raise ValueError(f"'{fact.event}' belongs under '{'events' if is_outcome else 'outcome'}'")
    amount, unit = parse_quantity(fact.amount) if fact.amount else (None, None)
    yield ObservationRecord(
        entry.subject,
        fact.event,
        fact.what if amount is None else amount,
        fact.public_on,
        fact.known_on_basis,
        period_start=fact.happened_from,
        # "in 2015" is known on 29 October 2015: an event cannot have happened after it became known
        period_end=min(fact.happened_on or fact.public_on, fact.public_on),
        verbatim=fact.what,
        unit=unit,
        line=entry.line,
        place=fact.place(entry.path),
        is_recalled=fact.is_recalled,
    )


def _read_link(fact: CasebookLink, entry: _Entry) -> Iterator[Record]:
    known_on, basis = fact.public_on, fact.known_on_basis
    evidence: dict[str, Any] = {
        "line": entry.line,
        "place": fact.place(entry.path),
        "is_recalled": fact.is_recalled,
    }
    yield LinkRecord(entry.subject, fact.relation, fact.object, known_on, basis, **evidence)
    if fact.object_name:
        yield ObservationRecord(fact.object, "name", fact.object_name, known_on, basis, **evidence)


_READERS: dict[str, tuple[type[CitedFact], Callable[[Any, _Entry], Iterator[Record]]]] = {
    "figures": (CasebookFigures, _read_figures),
    "events": (CasebookEvent, _read_event),
    "outcome": (CasebookEvent, _read_event),
    "links": (CasebookLink, _read_link),
}


def _find_indicator(key: str, *kinds: IndicatorKind) -> catalogue.Indicator:
    """The indicator with the key; a ValueError if it is unknown, or not one of the kinds."""
    indicator = catalogue.load().indicators.get(key)
    if indicator is None:
        raise ValueError(f"unknown indicator '{key}': add it to the catalogue or correct the name")
    if REGISTER not in indicator.registers or indicator.kind not in kinds:
        raise ValueError(f"'{key}' is not a {' or '.join(kinds)} of this register: correct it or the catalogue")
    return indicator


def _child_node(node: yaml.MappingNode, key: str) -> Any:
    return next(value for name, value in node.value if name.value == key)


def _key_lines(node: yaml.MappingNode) -> dict[str, int]:
    """The line of every key of a mapping."""
    return {key.value: key.start_mark.line + 1 for key, _ in node.value}


def _error_reason(error: ValidationError) -> str:
    """The first problem of an entry, with its place."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(first["type"], first["msg"])
    message = message.removeprefix("Value error, ")
    return f"'{where}': {message}" if where else message
