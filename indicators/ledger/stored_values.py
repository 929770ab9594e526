"""The value of a record as the ledger stores it: a number, the document's own text, or both."""

from math import isfinite

from indicators import catalogue
from indicators.parsed_records import ObservationRecord
from models.vocabulary import IndicatorKind


def number_and_text(record: ObservationRecord, indicator: catalogue.Indicator) -> tuple[float | None, str | None]:
    """Number and verbatim text of a record.

    Raises:
        ValueError: the value does not fit the indicator's kind, or cannot be stored; the message says why.
    """
    value = record.value
    # A text is its own value ("2020-04-01"): the document may write the text otherwise, or only imply it.
    text = value if isinstance(value, str) and indicator.kind is not IndicatorKind.GRADE else record.verbatim
    if text is not None and printable_text(text) != text:
        raise ValueError(f"'{printable_text(text)}' has characters that are not text; the register must correct it")
    if indicator.kind is IndicatorKind.GRADE:
        rank = indicator.grades.get(" ".join(str(value).lower().split()))
        if rank is None:
            raise ValueError(
                f"'{value}' is not one of its grades; add it to the catalogue if the register introduced it"
            )
        return float(rank), text or str(value)
    if isinstance(value, str) or value is None:
        if indicator.kind in {IndicatorKind.FIGURE, IndicatorKind.FORECAST, IndicatorKind.FLAG}:
            raise ValueError(f"'{value}' is not a number")
        return None, text
    if not isfinite(value):
        raise ValueError(f"'{value}' is not a number")
    return float(value), record.verbatim


def printable_text(text: str) -> str:
    """The text with NUL and lone surrogates, which databases refuse, written out."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
