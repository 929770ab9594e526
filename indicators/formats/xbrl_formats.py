"""Applies the transformations of inline XBRL: turns a figure, date or truth value shown on a page into its value.

Names are those of the Transformation Rules Registries of XBRL International (2008 draft, and versions 1 to 5 of 2010,
2011, 2015, 2020 and 2022) and of the United States SEC where UK software uses them. No name changed its meaning between
registries, so the local name is enough.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date

from indicators.formats.xbrl_dates import DATES, parse_date_parts

_QUICK_FORMATS = frozenset({None, "numdotdecimal", "numcommadot"})
_MAX_DIGITS = 300  # digits; some more are too many for a float
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)").fullmatch
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?").fullmatch
_SPACES = " \t\r\n\u00a0\u2009\u202f"
_APOSTROPHES = "'`\u00b4\u2018\u2019\u2032\uff07"
_SAME_CHARACTERS = str.maketrans(_SPACES + _APOSTROPHES, " " * len(_SPACES) + "'" * len(_APOSTROPHES))
_DASHES = frozenset("-\u058a\u05be\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_ZERO_WORDS = frozenset({"no", "none", "nil"})


class UnconvertibleText(ValueError):
    """The text does not fit its format; the message says why."""


def parse_number(text: str, name: str | None, scale: str | None = None, *, negative: bool = False) -> float:
    """The figure shown as ``text``: format ``name`` applied, times ten to the power of ``scale``, then the sign.

    Raises:
        UnconvertibleText: the text is not a number in that format, the format is unknown, or the scale is not a whole
            number.
    """
    if name in _QUICK_FORMATS and (scale is None or scale == "0"):
        digits = text.replace(",", "") if name else text
        commas = len(text) - len(digits)
        if (
            digits.isdecimal()
            and digits.isascii()
            and len(digits) < _MAX_DIGITS
            and (not commas or commas == (len(digits) - 1) // 3)  # else they may be two amounts
        ):  # nearly all figures, so none else waits
            return -float(digits) if negative and digits.strip("0") else float(digits)
    if name is None:
        digits = _parse_plain(text)
    else:
        convert = NUMBERS.get(name)
        if convert is None:
            raise UnconvertibleText(f"'{_short_text(text)}' has the unknown number format '{name}'")
        digits = convert(text)
    if _NUMBER(digits) is None:
        raise UnconvertibleText(f"'{_short_text(text)}' is not a number" + (f" in format '{name}'" if name else ""))
    if scale and scale != "0":
        if not re.fullmatch(r"-?[0-9]{1,2}", scale):
            raise UnconvertibleText(f"'{_short_text(text)}' has the scale '{scale}', which is not a whole number")
        digits += "e" + scale  # rounded once, by float()
    value = float(digits)
    if math.isinf(value):
        raise UnconvertibleText(f"'{_short_text(text)}' is too large to be a figure")
    return -value if negative and value else value


def shown_decimals(text: str, name: str | None) -> int:
    """The number of decimal places of the figure shown as ``text``, before its scale is applied."""
    point = "," if NUMBERS.get(name or "") in {_parse_comma_decimal, _parse_comma_apostrophes} else "."
    return len(text.strip().partition(point)[2])


def convert_text(text: str, name: str) -> str:
    """The canonical text: a date as ISO text, a truth value as "true" or "false", nothing as "".

    Raises:
        UnconvertibleText: the text does not fit the format, or the format is unknown.
    """
    if name in _FIXED:
        return _FIXED[name]
    convert = DATES.get(name)
    if convert is None:
        raise UnconvertibleText(f"'{_short_text(text)}' has the unknown format '{name}'")
    try:
        return convert(text)
    except ValueError:
        raise UnconvertibleText(f"'{_short_text(text)}' is not a date") from None


def parse_british_date(text: str) -> date:
    """A date as British documents write it without a format: 2018-03-31, 31 March 2018, 31/03/18.

    Raises:
        UnconvertibleText: the text is none of these.
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        pass
    try:
        parts = parse_date_parts(text, "dmy")
        return date(parts["y"], parts["m"], parts["d"])
    except ValueError:
        raise UnconvertibleText(f"'{_short_text(text)}' is not a date") from None


def _parse_plain(text: str) -> str:
    """Without a format the text is the number; commas may group thousands."""
    digits = text.strip()
    return digits.replace(",", "") if _GROUPED(digits) else digits


def _parse_dot_decimal(text: str) -> str:
    return _parse_amount(text, ", ", ".")


def _parse_comma_decimal(text: str) -> str:
    return _parse_amount(text, ". ", ",")


def _parse_dot_apostrophes(text: str) -> str:
    return _parse_amount(text, ",' ", ".")


def _parse_comma_apostrophes(text: str) -> str:
    return _parse_amount(text, ".' ", ",")


def _parse_amount(text: str, marks: str, point: str) -> str:
    """The digits of an amount whose groups are separated by one of the marks, with a dot as the decimal point.

    The registries allow marks anywhere. But two amounts in one cell, or an amount with the number of its note, look
    like that, and would become a figure that nobody wrote.

    Raises:
        UnconvertibleText: the text is more than one amount.
    """
    shown = text.translate(_SAME_CHARACTERS).strip()
    whole, dot, fraction = shown.partition(point)
    used = [mark for mark in marks if mark in whole]
    digits = whole
    for mark in used:
        digits = digits.replace(mark, "")
    if not digits.removeprefix("-").isdigit():
        return digits + dot.replace(point, ".") + fraction
    groups = re.split("[^0-9]", whole.removeprefix("-"))
    is_one = len(used) < 2 and " " not in fraction and (not used or all(len(group) <= 3 for group in groups))
    if not is_one or (" " in used and any(len(group) != 3 for group in groups[1:])):
        raise UnconvertibleText(f"'{_short_text(text)}' is not one amount")
    return digits + dot.replace(point, ".") + fraction


def _parse_dash(text: str) -> str:
    if text.strip() in _DASHES:
        return "0"
    raise UnconvertibleText(f"'{_short_text(text)}' is not the dash that its format stands for")


def _parse_zero(_: str) -> str:
    return "0"


def _parse_units(text: str) -> str:
    """Whole units and hundredths, each followed by its word or sign: "1,500 pounds 25 pence"."""
    parts = re.fullmatch(r"\s*([0-9][0-9,.'\s]*)[^0-9]+([0-9]{1,2})[^0-9]*", text.translate(_SAME_CHARACTERS))
    if parts is None:
        raise UnconvertibleText(f"'{_short_text(text)}' is not an amount in units and hundredths")
    return f"{re.sub('[^0-9]', '', parts[1])}.{parts[2]:0>2}"


def _parse_number_words(text: str) -> str:
    """English number words: "One hundred and twenty-three"."""
    total = current = 0
    words = [word for word in re.split(r"[\s,-]+", text.strip().lower()) if word and word != "and"]
    if len(words) == 1 and words[0] in _ZERO_WORDS:
        return "0"
    for word in words:
        if word in _SMALL_NUMBERS:
            current += _SMALL_NUMBERS.index(word)
        elif word in _TENS:
            current += 10 * _TENS.index(word)
        elif word == "hundred":
            current *= 100
        elif word in _SCALES:
            total, current = total + current * _SCALES[word], 0
        else:
            raise UnconvertibleText(f"'{_short_text(text)}' is not a number in words")
    if not words:
        raise UnconvertibleText("an empty text is not a number in words")
    return str(total + current)


def _short_text(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


NUMBERS: Mapping[str, Callable[[str], str]] = {
    name: convert
    for names, convert in {
        "numdotdecimal numcommadot numspacedot num-dot-decimal numdotdecimalin": _parse_dot_decimal,
        "numcommadecimal numdotcomma numspacecomma numcomma num-comma-decimal": _parse_comma_decimal,
        "num-dot-decimal-apos": _parse_dot_apostrophes,
        "num-comma-decimal-apos": _parse_comma_apostrophes,
        "numdash zerodash": _parse_dash,
        "fixed-zero fixedzero": _parse_zero,
        "numunitdecimal num-unit-decimal num-unit-decimal-apos numunitdecimalin": _parse_units,
        "numwordsen": _parse_number_words,
    }.items()
    for name in names.split()
}
_FIXED = {
    **dict.fromkeys(("nocontent", "fixed-empty"), ""),
    **dict.fromkeys(("booleantrue", "fixed-true", "fixedtrue"), "true"),
    **dict.fromkeys(("booleanfalse", "fixed-false", "fixedfalse"), "false"),
}
