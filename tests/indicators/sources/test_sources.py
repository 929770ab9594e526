"""The registers that need code: each is one module with a name, a version, and two functions."""

import inspect
import re
from pathlib import Path

import pytest

from indicators import catalogue, sources
from indicators.sources import SOURCES


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.REGISTER)
def test_a_source_has_exactly_register_parser_fetch_and_parse(source):
    defined = {
        name
        for name, value in vars(source).items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == source.__name__
        and not name.startswith("_")
    }

    assert defined == {"fetch", "parse"}
    assert source.__name__.rpartition(".")[2] == source.REGISTER
    assert re.fullmatch(rf"{source.REGISTER}/[1-9]\d*", source.PARSER)
    assert list(inspect.signature(source.fetch).parameters) == ["client", "since"]
    assert list(inspect.signature(source.parse).parameters) == ["document"]


def test_every_module_of_the_folder_is_a_source_and_every_source_is_in_the_catalogue():
    modules = {path.stem for path in Path(sources.__file__).parent.glob("*.py")} - {"__init__"}

    assert modules == {source.REGISTER for source in SOURCES}
    assert modules <= catalogue.load().registers.keys()
