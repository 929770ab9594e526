"""Text from registers shows in Markdown and HTML as it is, on one line."""

import pytest

from text.markdown import escape_markdown, shorten_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Alder & <b>Sons</b>", "Alder &amp; &lt;b&gt;Sons&lt;/b&gt;"),
        ("*bold* _soft_ `code` [link]", r"\*bold\* \_soft\_ \`code\` \[link\]"),
        ("two\nlines\tof text", "two lines of text"),
        ("- no list", r"\- no list"),
        ("# no heading", r"\# no heading"),
        ("12. no list", r"12\. no list"),
        ("12.5 million", "12.5 million"),
        ("#1 Care", "#1 Care"),
    ],
)
def test_markdown_and_html_show_the_text_itself(text: str, expected: str) -> None:
    assert escape_markdown(text) == expected


def test_a_long_text_is_shortened_before_its_signs_are_escaped() -> None:
    assert escape_markdown("Alder * Homes", 8) == r"Alder \*…"


@pytest.mark.parametrize(
    ("text", "max_length", "expected"),
    [("Alder  Homes", None, "Alder Homes"), ("Alder Homes", 11, "Alder Homes"), ("Alder Homes", 7, "Alder…")],
)
def test_a_text_has_at_most_so_many_characters(text: str, max_length: int | None, expected: str) -> None:
    assert shorten_text(text, max_length) == expected
