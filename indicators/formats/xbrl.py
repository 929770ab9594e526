"""Reads every fact of one iXBRL (a web page with tagged figures) or XBRL (plain XML) document.

lxml parses the whole tree, and one walk picks out facts, contexts and units by their qualified names. A context is read
only if a fact refers to it (large documents define thousands that nobody uses).
"""

import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

from indicators.formats.xbrl_formats import NUMBERS, UnconvertibleText, convert_text, parse_number, shown_decimals
from indicators.formats.xbrl_texts import IX, Continuations, whole_text

_INLINE_FACTS = tuple(ix + name for ix in IX for name in ("nonFraction", "nonNumeric"))
_XBRLI = "{http://www.xbrl.org/2003/instance}"
_CONTEXT, _UNIT = _XBRLI + "context", _XBRLI + "unit"
_DEFINITIONS = frozenset({_CONTEXT, _UNIT})
_IDENTIFIER, _INSTANT = _XBRLI + "identifier", _XBRLI + "instant"
_START, _END = _XBRLI + "startDate", _XBRLI + "endDate"
_DIMENSIONS = ("{http://xbrl.org/2006/xbrldi}explicitMember", "{http://xbrl.org/2006/xbrldi}typedMember")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TRUE = frozenset({"true", "1"})

_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # byte order marks and blanks, in any encoding
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<\x00")
_BEFORE_DECLARATION = re.compile(rb"((?:[\x00 \t\r\n]|\xef\xbb\xbf|<!--(?s:.*?)-->)*+)(<\?xml\s[^>]*>)?")
_LONGEST_DECLARATION = 300  # bytes of a prefix with its namespace
# Comments and processing instructions are dropped, so that none cuts a text in two.
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
)


class DocumentUnreadable(Exception):
    """The document as a whole cannot be read; ``line`` is where, if that is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Context(NamedTuple):
    """The subject and the period of a fact. An instant has no ``start``; ``problem`` says why a context is unusable."""

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
    decimals: str | None  # as stated, or by the stated precision, but no more than the page shows
    line: int
    problem: str = ""


def read_facts(data: bytes) -> list[Fact]:
    """All facts of the document, in its order; a figure that cannot be read has a ``problem``.

    Raises:
        DocumentUnreadable: the bytes are not one well-formed iXBRL or XBRL document without entities of its own.
    """
    root = _parse_tree(data)
    facts = _plain_facts(root) if root.tag == _XBRLI + "xbrl" else _inline_facts(root, data)
    if not facts:
        raise DocumentUnreadable("holds no XBRL facts: nothing in it is tagged")
    return facts


def _parse_tree(data: bytes) -> etree._Element:
    start = data.lstrip(_BEFORE_XML)[:24]
    if not start.startswith(b"<"):
        shown = "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in start)
        raise DocumentUnreadable(f"is not XML, but begins '{shown}'" if start else f"is empty ({len(data)} bytes)")
    try:
        root = etree.fromstring(data if data.startswith(b"<?xml") else _with_declaration_first(data), _PARSER)
    except etree.XMLSyntaxError as error:
        reason = re.sub(r",? line \d+, column \d+$", "", error.msg or "no element").rstrip(".")
        raise DocumentUnreadable(f"not well-formed XML: {reason}", error.lineno or None) from error
    document_type: Any = root.getroottree().docinfo.internalDTD  # its stub has no entities()
    if document_type is not None and document_type.entities():
        raise DocumentUnreadable("declares XML entities of its own, which are never expanded")
    return root


def _with_declaration_first(data: bytes) -> bytes:
    """The document with its XML declaration moved before blanks and comments; the number of lines stays the same."""
    match = None if data.startswith(_UTF_16) else _BEFORE_DECLARATION.match(data)
    if match is None:
        return data
    before, declaration = match.groups(b"")
    return declaration + before.replace(b"\xef\xbb\xbf", b"").replace(b"\0", b"") + data[match.end() :]


# The loops below run once for every fact of every company in the country, so they call as little as possible.
_new = tuple.__new__  # _new(Fact, (...)) does what Fact(...) does, in half the time


def _plain_facts(root: etree._Element) -> list[Fact]:
    elements = list(root.iter())
    contexts, units = _Contexts(elements), _unit_measures(elements)
    facts = []
    for element in elements:
        get = element.get
        reference = get("contextRef")
        if reference is None:
            continue
        text = (element.text or "").strip()
        value: float | str | None = text
        unit_id, unit, decimals, problem = get("unitRef"), None, get("decimals"), ""
        if (get(_NIL) or "").strip() in _TRUE:
            value = None
        elif unit_id is not None:
            unit = units.get(unit_id)
            try:
                value = parse_number(text, None)
                decimals = decimals or _precision_decimals(get("precision"), value)
            except UnconvertibleText as error:
                value, problem = None, str(error)
        line: Any = element.sourceline  # its stub says nothing
        facts.append(_new(Fact, (element.tag, contexts[reference], unit, value, text, decimals, line or 0, problem)))
    return facts


def _inline_facts(root: etree._Element, data: bytes) -> list[Fact]:
    tagged: list[etree._Element] = []
    defined: list[etree._Element] = []
    for element in root.iter(_CONTEXT, _UNIT, *_INLINE_FACTS):  # once: going through the tree is slow
        (defined if element.tag in _DEFINITIONS else tagged).append(element)
    contexts, units, concepts = _Contexts(defined), _unit_measures(defined), _Concepts(root, data)
    continuations = Continuations(root)
    facts = []
    for element in tagged:
        attributes: dict[Any, Any] = dict(element.items())  # one call instead of eight; its stub says bytes, too
        get = attributes.get
        text = element.text or ""
        unit_id, shape = get("unitRef"), get("format")
        if shape is not None:
            shape = shape.rpartition(":")[2]
        value: float | str | None
        unit = decimals = None
        problem = ""
        try:
            if len(element):
                text = whole_text(element)
            if unit_id is None and (at := get("continuedAt")) is not None:
                text += continuations.join_texts(at)
            if (nil := get(_NIL)) is not None and nil.strip() in _TRUE:
                value = None
            elif unit_id is not None or shape in NUMBERS:
                unit, scale = units.get(unit_id or ""), get("scale")
                value = parse_number(text, shape, scale, negative=get("sign") == "-")
                decimals = get("decimals") or _precision_decimals(get("precision"), value)
                if scale is not None and scale != "0":
                    decimals = _limit_decimals(decimals, shown_decimals(text, shape) - int(scale))
            else:
                value = text.strip() if shape is None else convert_text(text, shape)
        except UnconvertibleText as error:
            value, problem = None, str(error)
        name = get("name")
        concept = concepts.get(name) or concepts.resolve(name, element)
        line: Any = element.sourceline
        context = contexts[get("contextRef") or ""]
        facts.append(_new(Fact, (concept, context, unit, value, text, decimals, line or 0, problem)))
    return facts


def _precision_decimals(precision: str | None, value: float) -> str | None:
    """The decimals of a figure with so many exact digits (XBRL 2.1, 4.6.6); None if all digits are exact."""
    if precision is None or not precision.isdecimal() or not value:
        return None
    return str(int(precision) - math.floor(math.log10(abs(value))) - 1)


def _limit_decimals(stated: str | None, shown: int) -> str:
    """The decimals as stated, but not more than the page shows: 2 in thousands is exact to the thousand at best."""
    try:
        return str(min(int(stated or shown), shown))
    except ValueError:  # "INF"
        return str(shown)


class _Concepts(dict[str | None, str]):
    """``{namespace}Name`` by ``prefix:Name``, if the prefix has one meaning in the whole document."""

    def __init__(self, root: etree._Element, data: bytes) -> None:
        super().__init__()
        self._spaces: dict[str | None, str] = dict(root.nsmap)
        self._one_meaning = True
        at_root = sum(prefix is not None for prefix in root.nsmap)
        if (count := data.count(b"xmlns:")) != at_root:
            # Declared on the way, too. Nearly always a prefix still has one meaning in the whole document; where it has
            # two, or the bytes are in an encoding in which declarations are not found (UTF-16), each element is asked.
            declared = {_namespace_declaration(piece) for piece in data.split(b"xmlns:")[1:]}
            self._spaces.update(declared)
            self._one_meaning = count > at_root and len({prefix for prefix, _ in declared}) == len(declared)

    def resolve(self, name: str | None, element: etree._Element) -> str:
        """The qualified name; an undeclared prefix gives a name without a namespace, which is in no taxonomy."""
        prefix, _, local = (name or "").strip().rpartition(":")
        spaces = self._spaces if self._one_meaning else element.nsmap
        resolved = f"{{{spaces.get(prefix or None, '')}}}{local}"
        if self._one_meaning:
            self[name] = resolved
        return resolved


def _namespace_declaration(text: bytes) -> tuple[str, str]:
    """The prefix and the namespace of a declaration, from the text after ``xmlns:``."""
    prefix, _, rest = text[:_LONGEST_DECLARATION].partition(b"=")
    rest = rest.lstrip()
    namespace = rest[1:].partition(rest[:1])[0] if rest else b""
    return prefix.strip().decode("utf-8", "replace"), namespace.decode("utf-8", "replace")


class _Contexts(dict[str, Context]):
    """The contexts by their id, each read on first use."""

    def __init__(self, elements: Iterable[etree._Element]) -> None:
        super().__init__()
        self._elements = {element.get("id"): element for element in elements if element.tag == _CONTEXT}

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
    for part in element.iterdescendants():
        tag, text = part.tag, (part.text or "").strip()
        if tag == _IDENTIFIER:
            scheme, entity = part.get("scheme") or "", text
        elif tag in _DIMENSIONS:
            member = text.rpartition(":")[2] if tag == _DIMENSIONS[0] else "*"
            dimensions.append(((part.get("dimension") or "").rpartition(":")[2].strip(), member))
        elif text:
            texts[tag] = text
    try:
        end = _period_day(texts.get(_INSTANT) or texts[_END], ends=True)
        start = None if _INSTANT in texts else _period_day(texts[_START], ends=False)
    except (KeyError, ValueError):
        start = end = None
        problem = f"its context '{reference}' has no period that can be read"
    if start and end and start > end:
        problem = f"its context '{reference}' ends before it starts"
    return Context(reference, scheme, entity, start, end, tuple(sorted(dimensions)), problem)


@lru_cache(maxsize=4096)
def _period_day(text: str, *, ends: bool) -> date:
    """The day of a period's edge: midnight at the end of a period belongs to the day before (XBRL 2.1, 4.7.2).

    The end of a day may also be written as 24:00 (XML Schema, ISO 8601), which Python does not read.
    """
    if "T" not in text:
        return date.fromisoformat(text[:10])
    moment = datetime.fromisoformat(text.replace("T24", "T00", 1))
    is_midnight = moment.time() == time()
    if "T24" in text:
        if not is_midnight:
            raise ValueError
        moment += timedelta(days=1)
    return moment.date() - timedelta(days=1) if ends and is_midnight else moment.date()


def _unit_measures(elements: Iterable[etree._Element]) -> dict[str, str]:
    """Unit id to its measure: "GBP" for iso4217:GBP, "GBP/shares" for a ratio."""
    units = {}
    for element in elements:
        if element.tag != _UNIT:
            continue
        measures = [(part.text or "").rpartition(":")[2].strip() for part in element.iter(_XBRLI + "measure")]
        units[element.get("id") or ""] = "/".join(measures)
    return units
