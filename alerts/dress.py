"""Dresses a message's Markdown for what it goes by: plain text, an HTML page for mail, HTML for chat. Pure."""

import re
from html import escape, unescape

# In the order in which they are looked for: an escaped character, code, bold, a link.
_MARKS = re.compile(r"\\(.)|`([^`]*)`|\*\*|\[((?:\\.|[^\]\\])*)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PROVIDER = re.compile(r"<p>(<strong>.*?)</p>", re.DOTALL)

# Slack has no way to write these as themselves: their nearest of kin.
_FOR_SLACK = str.maketrans({"*": "∗", "_": "ˍ", "`": "'", "~": "∼"})  # noqa: RUF001

_STYLE = (
    "body{max-width:46em;margin:0 auto;padding:1em;font:16px/1.5 Arial,Helvetica,sans-serif;color:#1a1a1a;"
    "background:#fff;overflow-wrap:anywhere}"
    "h1{font-size:1.4em;line-height:1.25}h2{font-size:1.2em;border-bottom:1px solid #767676;margin-top:1.5em}"
    "h3{font-size:1em;font-weight:normal;margin-top:1.5em}a{color:#0b4aa2}"
    "code{font-family:Consolas,Menlo,monospace;background:#f0f0f0}"
)


def plain(body: str) -> str:
    """The text without marks; an address stands in angle brackets after the words that lead to it."""
    body = _HEADING.sub(lambda found: f"{found[1]}\n{'-' * len(found[1])}", body)
    said, at = [], 0
    for mark in _MARKS.finditer(body):
        said += [unescape(body[at : mark.start()]), _plain(mark)]
        at = mark.end()
    return "".join([*said, unescape(body[at:])])


def _plain(mark: re.Match[str]) -> str:
    escaped, code, words, address = mark.groups()
    return f"{plain(words)} <{address}>" if address else escaped or code or ""


def page(subject: str, html: str) -> str:
    """The HTML as a whole page, whose headings lead to each provider: for whoever reads it aloud or from afar."""
    level = "h3" if "<h2>" in html else "h2"
    html = _PROVIDER.sub(rf"<{level}>\1</{level}>", html)
    title = escape(subject)
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{html}\n</main>\n</body>\n</html>\n"
    )


def chat(html: str) -> str:
    """The HTML without headings, which chat does not have."""
    return re.sub(r"<(/?)h[1-6]>", r"<\1strong>", html)


def slack(html: str) -> str:
    """The HTML of a chat with nothing in its text that Slack would take for a mark of its own."""
    parts = re.split(r"(<code>.*?</code>|<[^>]*>)", chat(html), flags=re.DOTALL)
    return "".join(part if number % 2 else part.translate(_FOR_SLACK) for number, part in enumerate(parts))
