"""Words for days and lengths, and text out of registers made harmless. Pure."""

import re
from datetime import date

from regimes.words import format_count

LONGEST_NAME = 100  # characters of a provider's name


def ago(day: date, today: date) -> str:
    """How long ago a day was."""
    days = (today - day).days
    return "today" if days <= 0 else f"{format_count(days, 'day')} ago"


def day_in_words(day: date) -> str:
    """A day as people write it."""
    return f"{day.day} {day:%B %Y}"


def safe(text: str, most: int | None = None) -> str:
    """The text so that Markdown and HTML show just that, on one line."""
    text = re.sub(r"([\\`*_\[\]])", r"\\\1", cut(text, most))
    text = re.sub(r"^([-+#]|\d+[.)])(?= |$)", lambda start: f"{start[0][:-1]}\\{start[0][-1]}", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int | None) -> str:
    """The text on one line, shortened to at most so many characters."""
    text = " ".join(text.split())
    return text if most is None or len(text) <= most else text[: most - 1].rstrip() + "…"
