"""The same message as plain text, as a page for mail, and as chat has it."""

import pytest

from alerts.message.formats import to_chat_html, to_mail_page, to_plain_text, to_slack_html


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("**CRITICAL: Bed &amp; Board** (CW-1), raised", "CRITICAL: Bed & Board (CW-1), raised"),
        (r"\*Stars\* \[here\](http://x) \_and\_ \`ticks\`", "*Stars* [here](http://x) _and_ `ticks`"),
        ("- \\- 5 of 6\n- 1\\. first", "- - 5 of 6\n- 1. first"),
        ("`continuity explain 'A&amp;B*_'`", "continuity explain 'A&amp;B*_'"),
        (r"See [A \[B\] &amp; C](http://x/?id=1&day=2) or not.", "See A [B] & C <http://x/?id=1&day=2> or not."),
        ("## Still open\n\nNothing.", "Still open\n----------\n\nNothing."),
    ],
)
def test_plain_text_has_no_marks_and_says_where_links_lead(body: str, shown: str) -> None:
    assert to_plain_text(body) == shown


def test_a_page_has_a_language_a_title_and_headings_in_order() -> None:
    html = to_mail_page("A & B", "<p>First.</p>\n<h2>New or raised</h2>\n<p><strong>CRITICAL: C</strong>, new</p>")
    assert '<html lang="en-GB">' in html
    assert "<title>A &amp; B</title>" in html
    assert (
        "<h1>A &amp; B</h1>\n<p>First.</p>\n<h2>New or raised</h2>\n<h3><strong>CRITICAL: C</strong>, new</h3>" in html
    )


def test_a_provider_that_goes_alone_is_the_second_heading() -> None:
    assert "<h2><strong>CRITICAL: C</strong>, new</h2>" in to_mail_page("A", "<p><strong>CRITICAL: C</strong>, new</p>")


def test_chat_has_no_headings() -> None:
    assert to_chat_html("<h2>Still open</h2><p>Nothing</p>") == "<strong>Still open</strong><p>Nothing</p>"


def test_nothing_in_a_name_is_a_mark_for_slack_but_code_and_addresses_stay() -> None:
    said = '<p>*A_B* ~`c`~ <code>id_*</code> <a href="http://x/a_b">a_b</a></p>'
    assert to_slack_html(said) == "<p>∗AˍB∗ ∼'c'∼ <code>id_*</code> <a href=\"http://x/a_b\">aˍb</a></p>"  # noqa: RUF001
