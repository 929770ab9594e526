"""The place in an archived document, shown as plain text with what stands around it."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from indicators.excerpt import read_excerpt
from indicators.parsed_records import Document

LIST = b"""A title above the header,,,
Name,Manager,Places,Grade
Sunny House,A Person,4,Good
"Rainy
Lodge",B Person,6,Inadequate
"""
ACCOUNTS = b"""<html xmlns="http://www.w3.org/1999/xhtml" xmlns:ix="http://www.xbrl.org/2013/inlineXBRL">
<body><ix:nonNumeric name="b:Director" contextRef="now">A Person</ix:nonNumeric>
<table>
<tr><td>Stocks</td><td><ix:nonFraction name="c:Stocks" contextRef="now">11</ix:nonFraction></td></tr>
<tr><td>Signed by A Person</td></tr>
<tr><td>Cash &lt;b&gt;</td><td><ix:nonFraction name="c:Cash" contextRef="now">1,234</ix:nonFraction></td>
<td><ix:nonFraction name="c:Cash" contextRef="before">987</ix:nonFraction></td></tr>
<tr><td>Debtors</td><td><ix:nonFraction name="c:Debtors" contextRef="now">22</ix:nonFraction></td></tr>
</table></body></html>"""
PLAIN = b"""<xbrl xmlns="http://www.xbrl.org/2003/instance" xmlns:c="urn:c">
<c:Cash contextRef="now" unitRef="GBP">1234</c:Cash></xbrl>"""


def document(name: str, body: bytes) -> Document:
    return Document("a_register", name, "0" * 64, datetime(2026, 1, 2, tzinfo=UTC), lambda: io.BytesIO(body))


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("_", "."), body)
    return out.getvalue()


def shown(name: str, body: bytes, line: int | None, place: str, columns=()) -> list[tuple[str, str, bool]]:
    excerpt = read_excerpt(document(name, body), line, place, columns=columns)
    assert excerpt.problem == ""
    return [(row.label, row.text, row.is_fact) for row in excerpt.lines]


def test_only_the_requested_columns_of_a_table_are_shown():
    assert shown("list.csv", LIST, 4, "Grade", ["Name", "Grade", "Not there"]) == [
        ("Grade", "Inadequate", True),
        ("Name", "Rainy Lodge", False),
    ]


def test_a_table_in_a_zip_is_opened_at_its_member():
    body = b"registered_number\tname\tstatus\n7\tSunny\tRegistered\n8\tRainy\tRemoved\n"
    columns = ["name", "status"]
    assert shown("all.zip", zipped(other_csv=LIST, list_txt=body), 3, "list.txt: status", columns) == [
        ("status", "Removed", True),
        ("name", "Rainy", False),
    ]


def test_accounts_show_the_row_of_the_fact_and_rows_of_other_figures():
    assert shown("accounts.html", ACCOUNTS, 6, "Cash, context now") == [
        ("line 4", "Stocks | 11", False),
        ("line 6", "Cash <b> | 1,234 | 987", True),
        ("line 8", "Debtors | 22", False),
    ]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("Director, context now", ("line 2", "Director: A Person", True)),
        ("file name", ("file name", "accounts.html", True)),
    ],
)
def test_a_text_in_accounts_is_shown_alone(place, expected):
    assert shown("accounts.html", ACCOUNTS, 2, place) == [expected]


def test_plain_xbrl_shows_the_fact():
    assert shown("accounts.xml", PLAIN, 2, "Cash, context now, sign turned") == [("line 2", "Cash: 1234", True)]


def test_accounts_in_a_zip_are_opened_at_their_member():
    body = zipped(one_html=ACCOUNTS, two_xml=PLAIN)
    assert shown("bulk.zip", body, 2, "two.xml: Cash, context now") == [("line 2", "Cash: 1234", True)]


def test_json_shows_the_value_and_nothing_of_people():
    line = b'{"awards": [{"id": "a1", "value": {"amount": 5, "contact": {"name": "A Person"}}}]}\n'
    assert shown("awards.jsonl", b"{}\n" + line, 2, "$.awards[0].value.amount") == [
        ("line 2, $.awards[0].value.amount", "5", True)
    ]
    assert shown("awards.json", line, None, "$.awards[0].value") == [
        ("$.awards[0].value", "", True),
        ("$.awards[0].value.amount", "5", False),
    ]
    entry = b'{"details": {"stage": "close"}}'
    assert shown("casework/1.json", entry, None, "details.stage") == [("$.details.stage", '"close"', True)]


def test_yaml_shows_the_lines_around():
    body = b"a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n"
    assert shown("book/x.yaml", body, 4, "figures[0].cash") == [
        ("line 2", "b: 2", False),
        ("line 3", "c: 3", False),
        ("line 4", "d: 4", True),
        ("line 5", "e: 5", False),
        ("line 6", "f: 6", False),
    ]


@pytest.mark.parametrize(
    ("name", "body", "line", "place", "problem"),
    [
        ("list.pdf", b"%PDF", 1, "page 1", "documents in .pdf are not shown; open the file"),
        ("list.csv", LIST, 99, "Grade", "the place was not found in the document; open the file"),
        ("list.csv", LIST, 4, "Gone", "the place was not found in the document; open the file"),
        ("accounts.html", b"<html", 2, "Cash, context now", "the document cannot be read"),
        ("accounts.html", ACCOUNTS, 6, "Cash, context gone", "the place was not found in the document; open the file"),
        ("awards.json", b"{", None, "$.awards", "the document cannot be read"),
        ("awards.json", b"{}", None, "$.awards", "the place was not found in the document; open the file"),
        ("bulk.zip", b"no zip", 2, "two.xml: Cash, context now", "the document cannot be read"),
    ],
)
def test_a_place_that_cannot_be_shown_is_said(name, body, line, place, problem):
    excerpt = read_excerpt(document(name, body), line, place)
    assert excerpt.lines == ()
    assert excerpt.problem.startswith(problem)


def test_entities_are_never_expanded():
    body = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x><c contextRef="now">&e;</c></x>'
    excerpt = read_excerpt(document("accounts.xml", body), 1, "c, context now")
    assert [line.text for line in excerpt.lines] == ["c: &e;"]


def test_a_long_text_is_cut():
    excerpt = read_excerpt(document("x.yaml", b"a: " + b"b" * 5_000), 1, "a")
    assert len(excerpt.lines[0].text) == 400
