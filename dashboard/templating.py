"""HTML from the templates next to this file. All values are escaped: text from a register cannot become markup."""

from dataclasses import Field, fields
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATE_FOLDER = Path(__file__).with_name("templates")
STYLE = TEMPLATE_FOLDER / "style.css"


class TemplateValues(Protocol):
    """A frozen dataclass whose fields are the values of one template."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    template: ClassVar[str]  # the template's file in ``dashboard/templates``, without the ending


@cache
def template_environment() -> Environment:
    """The environment that every template is read in; an unknown name in a template is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(values: TemplateValues) -> str:
    """The template of the values filled in with their fields, as HTML."""
    template = template_environment().get_template(f"{values.template}.html")
    return template.render({field.name: getattr(values, field.name) for field in fields(values)})
