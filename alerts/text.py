"""Words for days and lengths, and text out of registers made harmless. Pure."""

import re
from datetime import date

from regimes.rules.sql_text import format_count

MAX_NAME_LENGTH = 100  # characters of a provider's name


def format_age(day: date, today: date) -> str:
    """How long ago a day was."""
    days = (today - day).days
    return "today" if days <= 0 else f"{format_count(days, 'day')} ago"


def format_day(day: date) -> str:
    """A day as people write it."""
    return f"{day.day} {day:%B %Y}"


def escape_markdown(text: str, max_length: int | None = None) -> str:
    """The text so that Markdown and HTML show just that, on one line."""
    text = re.sub(r"([\\`*_\[\]])", r"\\\1", shorten_text(text, max_length))
    text = re.sub(r"^([-+#]|\d+[.)])(?= |$)", lambda start: f"{start[0][:-1]}\\{start[0][-1]}", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten_text(text: str, max_length: int | None) -> str:
    """The text on one line, shortened to at most so many characters."""
    text = " ".join(text.split())
    return text if max_length is None or len(text) <= max_length else text[: max_length - 1].rstrip() + "…"
