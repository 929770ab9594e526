"""Writes CSV files whose cells no spreadsheet runs as a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# With settings for East Asian languages, Excel takes the full-width signs for the plain ones.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def neutralise_formula(value: Any) -> Any:
    """The cell, with an apostrophe before a text that a spreadsheet would run as a formula.

    Numbers stay numbers. See OWASP, CSV Injection: ``=``, ``+``, ``-``, ``@``, their full-width forms, tab, carriage
    return and line feed start a formula, with or without quotes, blanks or signs that nobody sees before them.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}" if value.startswith(("\t", "\r", "\n")) or _first_visible_sign(value) in _FORMULA else value


def _first_visible_sign(text: str) -> str:
    """The first letter or sign that a reader would see, except quotes; empty if there is none."""
    return next((sign for sign in text if sign not in "\"'" and unicodedata.category(sign)[0] not in "ZC"), "")


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """The bytes of a CSV file with a header: spreadsheets open it in the right encoding and run no cell."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([neutralise_formula(row.get(column)) for column in columns] for row in rows)
    return stream.getvalue().encode("utf-8-sig")
