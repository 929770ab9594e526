"""Templates and their dataclasses: each template uses exactly the fields of one frozen dataclass."""

import importlib
import pkgutil
from dataclasses import fields, is_dataclass

import pytest
from jinja2 import meta

import dashboard.presenters
from dashboard.presenters.page_parts import PageHead, PageMessage
from dashboard.templating import TEMPLATE_FOLDER, render, template_environment


def _template_classes() -> dict[str, type]:
    modules = [
        importlib.import_module(f"dashboard.presenters.{module.name}")
        for module in pkgutil.iter_modules(dashboard.presenters.__path__)
    ]
    classes = {member for module in modules for member in vars(module).values() if isinstance(member, type)}
    return {member.template: member for member in classes if is_dataclass(member) and hasattr(member, "template")}


TEMPLATE_CLASSES = _template_classes()


def _undeclared_names(template: str) -> set[str]:
    source = (TEMPLATE_FOLDER / f"{template}.html").read_text(encoding="utf-8")
    return meta.find_undeclared_variables(template_environment().parse(source))


@pytest.mark.parametrize("template", sorted(TEMPLATE_CLASSES))
def test_a_template_uses_the_fields_of_its_dataclass(template: str) -> None:
    assert _undeclared_names(template) == {field.name for field in fields(TEMPLATE_CLASSES[template])}


@pytest.mark.parametrize("path", sorted(TEMPLATE_FOLDER.glob("*.html")), ids=lambda path: path.stem)
def test_a_template_has_a_dataclass_or_only_macros(path: object) -> None:
    template = str(getattr(path, "stem", ""))
    assert template in TEMPLATE_CLASSES or not _undeclared_names(template)


def test_values_are_escaped() -> None:
    assert "&lt;b&gt;" in render(PageMessage("<b>", "advice"))


def test_an_empty_value_leaves_its_box_out() -> None:
    assert 'role="note"' not in render(PageHead("Title", "Lead"))
    assert 'role="note"' in render(PageHead("Title", "Lead", "Warning"))
