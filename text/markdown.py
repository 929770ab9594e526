"""Escapes and shortens text from registers for Markdown and HTML."""

import re

MAX_NAME_LENGTH = 100  # characters of a provider's name


def escape_markdown(text: str, max_length: int | None = None) -> str:
    """The text on one line, escaped so that Markdown and HTML show the text itself."""
    text = re.sub(r"([\\`*_\[\]])", r"\\\1", shorten_text(text, max_length))
    text = re.sub(r"^([-+#]|\d+[.)])(?= |$)", lambda start: f"{start[0][:-1]}\\{start[0][-1]}", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten_text(text: str, max_length: int | None) -> str:
    """The text on one line, shortened to at most so many characters."""
    text = " ".join(text.split())
    return text if max_length is None or len(text) <= max_length else text[: max_length - 1].rstrip() + "…"
