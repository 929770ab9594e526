"""HTML from the templates beside this file. Everything put into them is escaped: register text cannot be markup."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATE_FOLDER = Path(__file__).with_name("templates")
STYLE = TEMPLATE_FOLDER / "style.css"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(template: str, **values: Any) -> str:
    """A template of ``dashboard/templates`` filled in, as HTML."""
    return _environment().get_template(f"{template}.html").render(**values)
