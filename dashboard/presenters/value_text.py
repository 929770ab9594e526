"""Values made ready to be read: levels, numbers, days and ages in words, cells that are safe in a spreadsheet. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.vocabulary import IndicatorKind, Level, Principle, UnscorableReason
from regimes.rules.sql_text import format_exact_number
from text.english import format_day, format_span, singular_unit

DASH = "—"


@dataclass(frozen=True)
class LevelBadge:
    """How a level is shown: a word and a shape, so that nothing depends on seeing its colour."""

    key: str
    word: str
    shape: str
    meaning: str


LEVEL_BADGES = {
    Level.CRITICAL: LevelBadge("critical", "Critical", "◆", "failure is likely or under way"),
    Level.CONCERN: LevelBadge("concern", "Concern", "▲", "serious signs of trouble"),
    Level.WATCH: LevelBadge("watch", "Watch", "●", "something to keep an eye on"),
    Level.UNSCORABLE: LevelBadge("unscorable", "Unscorable", "?", "too little is known; not the same as healthy"),
    Level.NONE: LevelBadge("none", "None", "○", "scored, nothing to report"),
}  # in the order of the watchlist

# Why a principle is unscorable; the shape of the chip is the mark on the command line too.
UNSCORABLE_BADGES = {
    UnscorableReason.NOT_KNOWN: LevelBadge(
        "unscorable", "not known", "?", "something that had to be known is missing or too old"
    ),
    UnscorableReason.NOTHING_ENTERED: LevelBadge(
        "unscorable", "nothing entered", "n/e", "nothing is on record here, and the regime excuses that"
    ),
    UnscorableReason.NOTHING_DUE: LevelBadge("unscorable", "nothing due", "-", "no rule applies, no clock has started"),
    UnscorableReason.ABOUT_SOURCE: LevelBadge(
        "unscorable", "about the source", "src", "true of so many at once that it says nothing of this provider"
    ),
}

# Risk, response and readiness stand side by side: none makes up for another.
PRINCIPLE_GROUPS = {
    "Risk": (Principle.ACCOUNTABILITY, Principle.EVIDENCE),
    "Response": (Principle.SUPPORT, Principle.CONSEQUENCES),
    "Readiness": (Principle.EXTERNAL_POWERS, Principle.FLEXIBILITY),
}

_MINUS = "\u2212"  # a minus sign, not a hyphen
_MONEY = ((1_000_000_000, "billion"), (1_000_000, "million"))


def level_badge(level: str) -> LevelBadge:
    """The look of a level."""
    return LEVEL_BADGES[Level(level)]


def principle_badge(level: str, because: str | None) -> LevelBadge:
    """The look of a principle's level; of an unscorable one it says why, where that is on record."""
    if level != Level.UNSCORABLE or not because:
        return level_badge(level)
    reason = UNSCORABLE_BADGES[UnscorableReason(because)]
    return replace(reason, word=f"{level_badge(level).word}: {reason.word}")


def principle_title(principle: str) -> str:
    """``external_powers`` as ``External powers``."""
    return principle.replace("_", " ").capitalize()


def short_title(principle: str) -> str:
    """The three letters over a column of the strip, as the command line has them."""
    return principle[:3]


def format_age(days: int) -> str:
    """How old a figure is; a forecast is about a day to come."""
    if days < 0:
        return f"{format_span(days)} ahead"
    return "today" if days == 0 else f"{format_span(days)} old"


def format_percent(share: float) -> str:
    """A probability or share, with no more digits than it deserves."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{share * 100:.0f} %" if share >= 0.0995 else f"{share * 100:.1f} %"


def format_amount(value: Any, unit: str = "") -> str:
    """A value with its unit as people read it; unknown is a dash, never a zero."""
    if value is None:
        return DASH
    if unit == "date":
        return _format_date(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if unit in _UNIT_FORMATS:
        return _UNIT_FORMATS[unit](value)
    size = _format_number(value)
    return f"{size} {singular_unit(unit) if size.lstrip(_MINUS) == '1' else unit}".strip()


def format_exact_amount(value: Any, unit: str = "") -> str:
    """A value as ``format_amount`` says it, with all digits of a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or unit == "date":
        return format_amount(value, unit)
    size = format_exact_number(value, unit)
    is_said = size != format_exact_number(value, "")  # the number's words name the unit
    return size if is_said or not unit else f"{size} {singular_unit(unit) if size.lstrip('-') == '1' else unit}"


def _format_date(value: Any) -> str:
    try:
        return format_day(str(value))
    except ValueError:
        return str(value)


def _format_pounds(value: float) -> str:
    sign = _MINUS if value < 0 else ""
    for size, word in _MONEY:
        if abs(value) >= size:
            return f"{sign}£{_format_number(abs(value) / size)} {word}"
    return f"{sign}£{abs(value):,.0f}"


def _format_number(value: float) -> str:
    digits = 0 if value == int(value) or abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", _MINUS)


def figure_value(row: Mapping[str, Any], format_value: Callable[[Any, str], str] = format_amount) -> str:
    """The value of a ledger row as people read it; an event without a value of its own has happened.

    Args:
        row: with ``kind``, ``value``, ``verbatim`` and ``unit``.
        format_value: puts the value and its unit into words: ``format_amount``, or ``format_exact_amount`` for all digits.
    """
    if row["kind"] == IndicatorKind.FLAG:
        return "yes" if row["value"] else "no"
    if row["value"] is None:
        return "happened" if row["kind"] == IndicatorKind.EVENT else DASH
    shown = format_value(row["value"], row["unit"])
    is_counted = row["kind"] == IndicatorKind.EVENT and isinstance(row["value"], int | float)
    return f"{shown}: {row['verbatim']}" if is_counted and row["verbatim"] else shown


_UNIT_FORMATS: dict[str, Callable[[float], str]] = {
    "GBP": _format_pounds,
    "share": lambda value: f"{_format_number(value * 100)} %",
    "percent": lambda value: f"{_format_number(value)} %",
}
