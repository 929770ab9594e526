"""Reads every fact of one iXBRL (a web page with tagged figures) or XBRL (plain XML) document.

The whole tree is parsed by lxml and walked once, picking out facts, contexts and units by their qualified names;
a context is looked into only when a fact refers to it (large documents define thousands that nobody uses).
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from lxml import etree

from indicators.sources.xbrl_formats import Unconvertible, number, text_value

_IX = ("{http://www.xbrl.org/2013/inlineXBRL}", "{http://www.xbrl.org/2008/inlineXBRL}")
_INLINE_FACTS = tuple(ix + name for ix in _IX for name in ("nonFraction", "nonNumeric"))
_EXCLUDED = tuple(ix + "exclude" for ix in _IX)
_XBRLI = "{http://www.xbrl.org/2003/instance}"
_CONTEXT, _UNIT = _XBRLI + "context", _XBRLI + "unit"
_IDENTIFIER, _INSTANT = _XBRLI + "identifier", _XBRLI + "instant"
_START, _END = _XBRLI + "startDate", _XBRLI + "endDate"
_DIMENSIONS = ("{http://xbrl.org/2006/xbrldi}explicitMember", "{http://xbrl.org/2006/xbrldi}typedMember")
_IN_CONTEXT = (_IDENTIFIER, _INSTANT, _START, _END, *_DIMENSIONS)
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # byte order marks and blanks, in any encoding
_PREFIX = re.compile(rb"xmlns:([\w.-]+)\s*=\s*[\"']([ -%'-~]*?)[\"']")  # ASCII; others are left to lxml
_string = etree.XPath("string()")


class NotReadable(Exception):
    """The document as a whole cannot be read; ``line`` is where, if that is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Context(NamedTuple):
    """Whom and when a fact is about. An instant has no ``start``; ``problem`` says why a context cannot be used."""

    id: str
    scheme: str = ""
    entity: str = ""
    start: date | None = None
    end: date | None = None
    dimensions: tuple[tuple[str, str], ...] = ()  # sorted local names of dimension and member; a typed member is "*"
    problem: str = ""


class Fact(NamedTuple):
    """One tagged figure or text. ``value`` is None where the fact is nil, or could not be read (see ``problem``)."""

    concept: str  # "{namespace}LocalName"
    context: Context
    unit: str | None  # "GBP", "pure", "shares", "GBP/shares"; None for a text
    value: float | str | None  # format, scale and sign applied
    text: str  # as the document shows it
    decimals: str | None
    line: int
    problem: str = ""


def read_facts(data: bytes) -> list[Fact]:
    """All facts of the document, in its order; a figure that cannot be read carries its problem.

    Raises:
        NotReadable: the bytes are not one well-formed iXBRL or XBRL document without entities of its own.
    """
    root = _parse(data)
    if root.tag == _XBRLI + "xbrl":
        contexts, units = _Contexts(root.iter(_CONTEXT)), _units(root.iter(_UNIT))
        facts = [
            _plain_fact(element, reference, contexts, units)
            for element in root.iter()
            if (reference := element.get("contextRef")) is not None
        ]
    else:
        elements = list(root.iter(_CONTEXT, _UNIT, *_INLINE_FACTS))
        contexts = _Contexts(element for element in elements if element.tag == _CONTEXT)
        units = _units(element for element in elements if element.tag == _UNIT)
        names = _Names(root, data)
        facts = [
            _inline_fact(element, contexts, units, names)
            for element in elements
            if element.tag not in (_CONTEXT, _UNIT)
        ]
    if not facts:
        raise NotReadable("holds no XBRL facts: nothing in it is tagged")
    return facts


def _parse(data: bytes) -> etree._Element:
    # Comments and processing instructions are dropped, so that none cuts a text in two.
    start = data.lstrip(_BEFORE_XML)[:24]
    if not start.startswith(b"<"):
        shown = "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in start)
        raise NotReadable(f"is not XML, but begins '{shown}'" if start else f"is empty ({len(data)} bytes)")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = re.sub(r",? line \d+, column \d+$", "", error.msg or "no element").rstrip(".")
        raise NotReadable(f"not well-formed XML: {reason}", error.lineno or None) from error
    document_type: Any = root.getroottree().docinfo.internalDTD  # its stub has no entities()
    if document_type is not None and document_type.entities():
        raise NotReadable("declares XML entities of its own, which are never expanded")
    return root


def _plain_fact(element: etree._Element, reference: str, contexts: "_Contexts", units: dict[str, str]) -> Fact:
    text = (element.text or "").strip()
    unit_id = element.get("unitRef")
    value: float | str | None = text
    unit, problem = None, ""
    if element.get(_NIL) in {"true", "1"}:
        value = None
    elif unit_id is not None:
        unit = units.get(unit_id)
        try:
            value = number(text, None)
        except Unconvertible as error:
            value, problem = None, str(error)
    decimals = element.get("decimals")
    return Fact(element.tag, contexts[reference], unit, value, text, decimals, _line(element), problem)


def _inline_fact(element: etree._Element, contexts: "_Contexts", units: dict[str, str], names: "_Names") -> Fact:
    get = element.get
    text = _text(element) if len(element) else element.text or ""
    unit_id, format_name = get("unitRef"), get("format")
    value: float | str | None
    unit, problem = None, ""
    if format_name is not None:
        format_name = format_name.rpartition(":")[2]
    try:
        if unit_id is not None:
            unit = units.get(unit_id)
            value = number(text, format_name, get("scale"), negative=get("sign") == "-")
        elif format_name is not None:
            value = text_value(text, format_name)
        else:
            value = text.strip()
    except Unconvertible as error:
        value, problem = None, str(error)
    if not text and get(_NIL) in {"true", "1"}:
        value, problem = None, ""
    context = contexts[get("contextRef") or ""]
    concept = names.resolve(get("name") or "", element)
    return Fact(concept, context, unit, value, text, get("decimals"), _line(element), problem)


def _line(element: etree._Element) -> int:
    line: int | None = element.sourceline  # type: ignore[assignment]  # its stub says nothing
    return line or 0


def _text(element: etree._Element) -> str:
    """The whole text inside, leaving out what is marked as excluded (page numbers in the middle of a text, say)."""
    if next(element.iter(*_EXCLUDED), None) is None:
        return str(_string(element))
    parts = [element.text or ""]
    for child in element:
        if child.tag not in _EXCLUDED:
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


class _Names:
    """Turns ``prefix:name`` into ``{namespace}name``, once for each name where the document allows it."""

    def __init__(self, root: etree._Element, data: bytes) -> None:
        self._spaces: dict[str | None, str] = dict(root.nsmap)
        self._one_meaning = True
        self._resolved: dict[str, str] = {}
        prefixes = {prefix for prefix in root.nsmap if prefix}
        if data.count(b"xmlns:") != len(prefixes):
            # Declared on the way, too: still quick to tell where each prefix has one meaning in the whole document.
            # Where one has two, or the pattern does not see them (UTF-16), each element is asked.
            declared = {(prefix.decode(), space.decode()) for prefix, space in _PREFIX.findall(data)}
            self._spaces.update(declared)
            self._one_meaning = prefixes <= {prefix for prefix, _ in declared} and len(declared) == len(
                {prefix for prefix, _ in declared}
            )

    def resolve(self, name: str, element: etree._Element) -> str:
        """The qualified name; an undeclared prefix gives a name in no namespace, which no taxonomy has."""
        if name in self._resolved:
            return self._resolved[name]
        prefix, _, local = name.strip().rpartition(":")
        spaces = self._spaces if self._one_meaning else element.nsmap
        resolved = f"{{{spaces.get(prefix or None, '')}}}{local}"
        if self._one_meaning:
            self._resolved[name] = resolved
        return resolved


class _Contexts(dict[str, Context]):
    """The contexts by their id, each read when it is first asked for."""

    def __init__(self, elements: Iterable[etree._Element]) -> None:
        super().__init__()
        self._elements = {element.get("id"): element for element in elements}

    def __missing__(self, reference: str) -> Context:
        element = self._elements.get(reference)
        if element is None:
            context = Context(reference, problem=f"its context '{reference}' is not defined in the document")
        else:
            context = _read_context(reference, element)
        self[reference] = context
        return context


def _read_context(reference: str, element: etree._Element) -> Context:
    scheme = entity = problem = ""
    texts: dict[str, str] = {}
    dimensions: list[tuple[str, str]] = []
    for part in element.iter(*_IN_CONTEXT):
        tag, text = part.tag, (part.text or "").strip()
        if tag == _IDENTIFIER:
            scheme, entity = part.get("scheme") or "", text
        elif tag in _DIMENSIONS:
            member = text.rpartition(":")[2] if tag == _DIMENSIONS[0] else "*"
            dimensions.append(((part.get("dimension") or "").rpartition(":")[2].strip(), member))
        else:
            texts[tag] = text
    try:
        end = _day(texts.get(_INSTANT) or texts[_END], ends=True)
        start = None if _INSTANT in texts else _day(texts[_START], ends=False)
    except (KeyError, ValueError):
        start = end = None
        problem = f"its context '{reference}' has no period that can be read"
    if start and end and start > end:
        problem = f"its context '{reference}' ends before it starts"
    return Context(reference, scheme, entity, start, end, tuple(sorted(dimensions)), problem)


def _day(text: str, *, ends: bool) -> date:
    """The day of a period's edge: midnight at the end of a period belongs to the day before (XBRL 2.1, 4.7.2)."""
    if "T" not in text:
        return date.fromisoformat(text[:10])
    moment = datetime.fromisoformat(text)
    return moment.date() - timedelta(days=1) if ends and moment.time() == time() else moment.date()


def _units(elements: Iterable[etree._Element]) -> dict[str, str]:
    """Unit id to its measure: "GBP" for iso4217:GBP, "GBP/shares" for a ratio."""
    units = {}
    for element in elements:
        measures = [(part.text or "").rpartition(":")[2].strip() for part in element.iter(_XBRLI + "measure")]
        units[element.get("id") or ""] = "/".join(measures)
    return units
