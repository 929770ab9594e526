"""Turns the Markdown of a message into the format of a channel: plain text, a page for mail, HTML for chat. Pure."""

import re
from html import escape, unescape

# The alternatives, in this order: an escaped character, code, bold, a link.
_MARK_PATTERN = re.compile(r"\\(.)|`([^`]*)`|\*\*|\[((?:\\.|[^\]\\])*)\]\(([^)\s]+)\)")
_HEADING_PATTERN = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PROVIDER_PATTERN = re.compile(r"<p>(<strong>.*?)</p>", re.DOTALL)

# Slack cannot escape these marks: the closest look-alikes stand for them.
_SLACK_CHARACTERS = str.maketrans({"*": "∗", "_": "ˍ", "`": "'", "~": "∼"})  # noqa: RUF001

_PAGE_STYLE = (
    "body{max-width:46em;margin:0 auto;padding:1em;font:16px/1.5 Arial,Helvetica,sans-serif;color:#1a1a1a;"
    "background:#fff;overflow-wrap:anywhere}"
    "h1{font-size:1.4em;line-height:1.25}h2{font-size:1.2em;border-bottom:1px solid #767676;margin-top:1.5em}"
    "h3{font-size:1em;font-weight:normal;margin-top:1.5em}a{color:#0b4aa2}"
    "code{font-family:Consolas,Menlo,monospace;background:#f0f0f0}"
)


def to_plain_text(body: str) -> str:
    """The text without marks; the address of a link follows its text, in angle brackets."""
    body = _HEADING_PATTERN.sub(lambda heading: f"{heading[1]}\n{'-' * len(heading[1])}", body)
    parts, at = [], 0
    for mark in _MARK_PATTERN.finditer(body):
        parts += [unescape(body[at : mark.start()]), _mark_to_text(mark)]
        at = mark.end()
    return "".join([*parts, unescape(body[at:])])


def _mark_to_text(mark: re.Match[str]) -> str:
    escaped, code, label, address = mark.groups()
    return f"{to_plain_text(label)} <{address}>" if address else escaped or code or ""


def to_mail_page(subject: str, html: str) -> str:
    """The HTML as a whole page with a heading for each provider, so that screen readers can jump between providers."""
    level = "h3" if "<h2>" in html else "h2"
    html = _PROVIDER_PATTERN.sub(rf"<{level}>\1</{level}>", html)
    title = escape(subject)
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_PAGE_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{html}\n</main>\n</body>\n</html>\n"
    )


def to_chat_html(html: str) -> str:
    """The HTML with bold text instead of headings, which chat does not have."""
    return re.sub(r"<(/?)h[1-6]>", r"<\1strong>", html)


def to_slack_html(html: str) -> str:
    """The HTML for chat, with no text that Slack would read as a mark."""
    parts = re.split(r"(<code>.*?</code>|<[^>]*>)", to_chat_html(html), flags=re.DOTALL)
    return "".join(part if number % 2 else part.translate(_SLACK_CHARACTERS) for number, part in enumerate(parts))
