"""Levels, figures and ages as people read them, the same on pages and the command line. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from models.vocabulary import IndicatorKind, Level, Principle, UnscorableReason
from queries.ledger_rows import ObservationRow
from regimes.rules.sql_text import format_exact_number
from text.english import format_day, format_span, singular_unit

DASH = "—"


@dataclass(frozen=True)
class LevelBadge:
    """A level as pages show it: a word and a shape, so that nobody needs to see the colour."""

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

# Why a principle is unscorable; the command line shows the same shape.
UNSCORABLE_BADGES = {
    UnscorableReason.NOT_KNOWN: LevelBadge(
        "unscorable", "not known", "?", "required information is missing or too old"
    ),
    UnscorableReason.NOTHING_ENTERED: LevelBadge(
        "unscorable", "nothing entered", "n/e", "nothing is recorded here, and the regime allows that"
    ),
    UnscorableReason.NOTHING_DUE: LevelBadge(
        "unscorable", "nothing due", "-", "no rule applies and no clock has started"
    ),
    UnscorableReason.ABOUT_SOURCE: LevelBadge(
        "unscorable",
        "about the source",
        "src",
        "so many providers have this at once that it says nothing about one of them",
    ),
}

# Risk, response and readiness are shown side by side and never averaged.
PRINCIPLE_GROUPS = {
    "Risk": (Principle.ACCOUNTABILITY, Principle.EVIDENCE),
    "Response": (Principle.SUPPORT, Principle.CONSEQUENCES),
    "Readiness": (Principle.EXTERNAL_POWERS, Principle.FLEXIBILITY),
}

_MINUS = "\u2212"  # a minus sign, not a hyphen
_MONEY = ((1_000_000_000, "billion"), (1_000_000, "million"))


def level_badge(level: str) -> LevelBadge:
    """The badge of a level."""
    return LEVEL_BADGES[Level(level)]


def principle_badge(level: str, because: str | None) -> LevelBadge:
    """The badge of a principle's level; the badge of an unscorable principle says why, if the reason is known."""
    if level != Level.UNSCORABLE or not because:
        return level_badge(level)
    reason = UNSCORABLE_BADGES[UnscorableReason(because)]
    return replace(reason, word=f"{level_badge(level).word}: {reason.word}")


def principle_title(principle: str) -> str:
    """``external_powers`` as ``External powers``."""
    return principle.replace("_", " ").capitalize()


def short_title(principle: str) -> str:
    """The first three letters of a principle, as column headings show them."""
    return principle[:3]


def format_age(days: int) -> str:
    """The age of a figure in words; a forecast is for a day ahead."""
    if days < 0:
        return f"{format_span(days)} ahead"
    return "today" if days == 0 else f"{format_span(days)} old"


def format_percent(share: float) -> str:
    """A probability or share with one digit after the point below 10 %, and none above."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{share * 100:.0f} %" if share >= 0.0995 else f"{share * 100:.1f} %"


def format_amount(value: Any, unit: str = "") -> str:
    """A value with its unit as people read it; an unknown value is a dash, never a zero."""
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
    """A value with its unit and all digits of a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or unit == "date":
        return format_amount(value, unit)
    size = format_exact_number(value, unit)
    has_unit = size != format_exact_number(value, "")
    return size if has_unit or not unit else f"{size} {singular_unit(unit) if size.lstrip('-') == '1' else unit}"


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


def round_digits(number: float) -> float:
    """A number rounded to four digits, enough to compare distances."""
    return float(f"{number:.4g}")


def figure_value(row: ObservationRow, format_value: Callable[[Any, str], str] = format_amount) -> str:
    """The value of a ledger row as people read it; an event without a value is shown as "happened".

    Args:
        row: of the ledger.
        format_value: writes value and unit: ``format_amount``, or ``format_exact_amount`` for all digits.
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
