"""The transformations of inline XBRL: how a figure, date or truth value shown on a page is turned into its value.

Names are those of the Transformation Rules Registries of XBRL International (2008 draft, and versions 1 to 5 of 2010,
2011, 2015, 2020 and 2022) and of the United States SEC where UK software uses them. No name changed its meaning between
registries, so the local name is enough.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date

_QUICK = frozenset({None, "numdotdecimal", "numcommadot"})
_LONGEST = 300  # digits; some more are too many for a float
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)").fullmatch
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?").fullmatch
_PARTS = re.compile(r"[0-9]+|[^\W\d_]+")
_SPACES = str.maketrans("", "", " \t\r\n\u00a0\u2009\u202f")
_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_NOTHING = frozenset({"no", "none", "nil"})


class Unconvertible(ValueError):
    """The text does not fit its format; the message says so in words."""


def number(text: str, name: str | None, scale: str | None = None, *, negative: bool = False) -> float:
    """The figure shown as ``text``: format ``name`` applied, times ten to the power of ``scale``, then the sign.

    Raises:
        Unconvertible: the text is not a number in that format, the format is unknown, or the scale is no whole number.
    """
    if name in _QUICK and (scale is None or scale == "0"):
        digits = text.replace(",", "") if name else text
        if digits.isdecimal() and digits.isascii() and len(digits) < _LONGEST:  # nearly all figures, so none else waits
            return -float(digits) if negative and digits.strip("0") else float(digits)
    if name is None:
        digits = _plain(text)
    else:
        convert = _NUMBERS.get(name)
        if convert is None:
            raise Unconvertible(f"'{_short(text)}' has the unknown number format '{name}'")
        digits = convert(text)
    if _NUMBER(digits) is None:
        raise Unconvertible(f"'{_short(text)}' is not a number" + (f" in format '{name}'" if name else ""))
    if scale and scale != "0":
        if not re.fullmatch(r"-?[0-9]{1,2}", scale):
            raise Unconvertible(f"'{_short(text)}' has the scale '{scale}', which is not a whole number")
        digits += "e" + scale  # rounded once, by float()
    value = float(digits)
    if math.isinf(value):
        raise Unconvertible(f"'{_short(text)}' is too large to be a figure")
    return -value if negative and value else value


def text_value(text: str, name: str) -> str:
    """The canonical text: a date as ISO text, a truth value as "true" or "false", nothing as "".

    Raises:
        Unconvertible: the text does not fit the format, or the format is unknown.
    """
    convert = _TEXTS.get(name)
    if convert is None:
        raise Unconvertible(f"'{_short(text)}' has the unknown format '{name}'")
    return convert(text)


def british_date(text: str) -> date:
    """A date as British documents write it without a format: 2018-03-31, 31 March 2018, 31/03/18.

    Raises:
        Unconvertible: it is none of these.
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return _date(text, "dmy")


def _plain(text: str) -> str:
    """Without a format the text is the number; thousands grouped by commas are still plain to read."""
    digits = text.strip()
    return digits.replace(",", "") if _GROUPED(digits) else digits


def _dot_decimal(text: str) -> str:
    digits = text.replace(",", "")
    return digits if digits.isdigit() else digits.translate(_SPACES)


def _comma_decimal(text: str) -> str:
    return text.translate(_SPACES).replace(".", "").replace(",", ".")


def _dash(text: str) -> str:
    if text.strip() in _DASHES:
        return "0"
    raise Unconvertible(f"'{_short(text)}' is not the dash that its format stands for")


def _zero(_: str) -> str:
    return "0"


def _units(text: str) -> str:
    """Whole units and hundredths, each followed by its word or sign: "1,500 pounds 25 pence"."""
    parts = re.fullmatch(r"\s*([0-9][0-9,.\s]*)[^0-9]+([0-9]{1,2})[^0-9]*", text)
    if parts is None:
        raise Unconvertible(f"'{_short(text)}' is not an amount in units and hundredths")
    return f"{re.sub('[^0-9]', '', parts[1])}.{parts[2]:0>2}"


def _words(text: str) -> str:
    """English number words: "One hundred and twenty-three"."""
    total = current = 0
    words = [word for word in re.split(r"[\s,-]+", text.strip().lower()) if word and word != "and"]
    if len(words) == 1 and words[0] in _NOTHING:
        return "0"
    for word in words:
        if word in _SMALL:
            current += _SMALL.index(word)
        elif word in _TENS:
            current += 10 * _TENS.index(word)
        elif word == "hundred":
            current *= 100
        elif word in _SCALES:
            total, current = total + current * _SCALES[word], 0
        else:
            raise Unconvertible(f"'{_short(text)}' is not a number in words")
    if not words:
        raise Unconvertible("an empty text is not a number in words")
    return str(total + current)


def _date(text: str, order: str) -> date:
    parts = _PARTS.findall(text)
    if len(parts) == len(order) + 1 and parts[order.index("d") + 1].lower() in {"st", "nd", "rd", "th"}:
        del parts[order.index("d") + 1]
    try:
        found = dict(zip(order, parts, strict=True))
        year = int(found["y"])
        month = int(found["m"]) if found["m"].isdigit() else _MONTHS.index(found["m"][:3].lower()) + 1
        return date(year + 2000 if year < 100 else year, month, int(found["d"]))
    except ValueError:
        raise Unconvertible(f"'{_short(text)}' is not a date") from None


def _dated(order: str) -> Callable[[str], str]:
    return lambda text: _date(text, order).isoformat()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


def _table(rows: Mapping[str, Callable[[str], str]]) -> dict[str, Callable[[str], str]]:
    return {name: convert for names, convert in rows.items() for name in names.split()}


_NUMBERS: Mapping[str, Callable[[str], str]] = _table(
    {
        "numdotdecimal numcommadot numspacedot num-dot-decimal numdotdecimalin": _dot_decimal,
        "numcommadecimal numdotcomma numspacecomma numcomma num-comma-decimal": _comma_decimal,
        "numdash zerodash": _dash,
        "fixed-zero fixedzero": _zero,
        "numunitdecimal num-unit-decimal": _units,
        "numwordsen": _words,
    }
)
_TEXTS: Mapping[str, Callable[[str], str]] = _table(
    {
        "nocontent fixed-empty": lambda _: "",
        "booleantrue fixed-true fixedtrue": lambda _: "true",
        "booleanfalse fixed-false fixedfalse": lambda _: "false",
        "dateslasheu datedoteu datedaymonthyear date-day-month-year": _dated("dmy"),
        "datelonguk dateshortuk datedaymonthyearen datedaymonthnameyearen date-day-monthname-year-en": _dated("dmy"),
        "dateslashus datedotus datemonthdayyear date-month-day-year": _dated("mdy"),
        "datelongus dateshortus datemonthdayyearen datemonthnamedayyearen date-monthname-day-year-en": _dated("mdy"),
        "dateyearmonthday date-year-month-day": _dated("ymd"),
    }
)
