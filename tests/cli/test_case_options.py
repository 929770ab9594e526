"""The options that casework commands share."""

import inspect
from typing import Any

import pytest

from cli.case_options import merge_details, shared_options
from cli.main import run


@shared_options("text", "evidence")
def command(provider: str, *, title: str = "", **shared: Any) -> None:
    """A command with an option of its own."""


def test_a_command_has_its_own_options_and_the_named_shared_ones():
    assert list(inspect.signature(command).parameters) == ["provider", "title", "evidence", "text"]


def test_fields_without_a_value_are_left_out():
    assert merge_details(title="Manager", done=None) == {"title": "Manager"}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("plan", ["--end", "--baseline", "--title", "--state", "--text", "--on", "--owner", "--audience", "--regime"]),
        ("progress", ["--done", "--evidence", "--word-of", "--state", "--text", "--due", "--on", "--owner", "--set"]),
    ],
)
def test_the_help_of_a_command_lists_its_options(arguments, options, capsys):
    assert run(["case", arguments, "--help"]) == 0
    text = capsys.readouterr().out
    assert [option for option in options if option not in text] == []
