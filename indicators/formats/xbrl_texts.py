"""Reads the texts of an iXBRL page: the text inside an element, and its pieces elsewhere on the page."""

from html.entities import name2codepoint

from lxml import etree

from indicators.formats.xbrl_formats import UnconvertibleText

IX = ("{http://www.xbrl.org/2013/inlineXBRL}", "{http://www.xbrl.org/2008/inlineXBRL}")
_CONTINUATIONS = tuple(ix + "continuation" for ix in IX)
_EXCLUDED = frozenset(ix + "exclude" for ix in IX)
_BREAKS = frozenset(f"{{http://www.w3.org/1999/xhtml}}{name}" for name in ("br", "p", "div", "td", "th", "tr", "li"))


def whole_text(element: etree._Element) -> str:
    """The whole text inside, as a page shows it.

    Parts marked as excluded (page numbers in the middle of a text) are left out. A new line or cell separates words.

    Raises:
        UnconvertibleText: the text has a named character that XHTML does not have.
    """
    parts = [element.text or ""]
    for child in element:
        tag, tail = child.tag, child.tail
        if tag is etree.Entity:
            parts.append(_named_character(child.text or ""))
        elif tag not in _EXCLUDED:
            text = whole_text(child) if len(child) else child.text or ""
            parts.append(f"\n{text}\n" if tag in _BREAKS else text)
        if tail:
            parts.append(tail)
    return "".join(parts)


def _named_character(reference: str) -> str:
    """The character that "&eacute;" stands for: a DOCTYPE allows the names, and its definitions are never fetched."""
    code = name2codepoint.get(reference[1:-1])
    if code is None:
        raise UnconvertibleText(f"has the named character '{reference}', which XHTML does not have")
    return chr(code)


class Continuations:
    """The pieces of texts that continue elsewhere, collected when the first text does so."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._parts: dict[str | None, etree._Element] | None = None

    def join_texts(self, first_id: str | None) -> str:
        """The pieces from this one on, in their order.

        Raises:
            UnconvertibleText: a piece is missing, or belongs to another text already.
        """
        if self._parts is None:
            self._parts = {piece.get("id"): piece for piece in self._root.iter(*_CONTINUATIONS)}
        texts = []
        while first_id is not None:
            piece = self._parts.pop(first_id, None)
            if piece is None:
                raise UnconvertibleText(
                    f"its text goes on at '{first_id}', which is not in the document or not for it alone"
                )
            texts.append(whole_text(piece))
            first_id = piece.get("continuedAt")
        return "".join(texts)
