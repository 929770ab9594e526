"""Texts of accounts: continued pieces, cells and characters."""

import pytest

from indicators.formats.xbrl import Fact, read_facts
from tests.indicators.sources.accounts_documents import figure, page, words


def one(data: bytes) -> Fact:
    facts = read_facts(data)
    assert len(facts) == 1, facts
    return facts[0]


def test_excluded_text_is_left_out_and_markup_inside_a_text_is_not():
    shown = "THE <b>LONG</b> NAME<ix:exclude> - page 2</ix:exclude> LIMITED"
    assert one(page(words("bus:EntityCurrentLegalOrRegisteredName", shown))).value == "THE LONG NAME LIMITED"


def test_a_comment_inside_a_figure_does_not_cut_it():
    assert one(page(figure("core:Debtors", "1,2<!-- a note -->34"))).value == 1234.0


NAME = "bus:EntityCurrentLegalOrRegisteredName"


def piece(name: str, shown: str, then: str = "") -> str:
    """A piece of a text that goes on here, and perhaps elsewhere."""
    return f'<ix:continuation id="{name}"{f" continuedAt={then!r}" if then else ""}>{shown}</ix:continuation>'


@pytest.mark.parametrize(
    "pieces",
    [
        [piece("a", "Care ", "b"), piece("b", "Group Limited")],
        [piece("b", "Group Limited"), piece("a", "Care ", "b")],  # as they stand on the page, the last one first
        [piece("a", "Care <ix:exclude>page 2</ix:exclude>", "b"), piece("b", "<b>Group</b> Limited")],
        [piece("b", "Group Limited"), piece("x", "Other"), piece("a", "Care ", "b")],
    ],
)
def test_a_text_goes_on_where_it_says(pieces):
    first = words(NAME, "Made Up ", continuedAt="a")
    assert read_facts(page(first, *pieces))[0].value == "Made Up Care Group Limited"
    assert read_facts(page(*pieces, first))[0].value == "Made Up Care Group Limited"


def test_a_date_goes_on_elsewhere_too():
    first = words("bus:BalanceSheetDate", "31 December", continuedAt="a", format="ixt:datedaymonthyearen")
    assert one(page(first, piece("a", " 2024"))).value == "2024-12-31"


@pytest.mark.parametrize(
    ("pieces", "at"),
    [
        ([], "a"),
        ([piece("a", "Care", "gone")], "gone"),
        ([piece("a", "Care", "a")], "a"),
        ([piece("a", "Care", "b"), piece("b", "Limited", "a")], "a"),
    ],
)
def test_a_text_that_goes_on_nowhere_or_in_a_circle_is_a_problem(pieces, at):
    fact = one(page(words(NAME, "Made Up ", continuedAt="a"), *pieces))
    reason = f"its text goes on at '{at}', which is not in the document or not for it alone"
    assert (fact.value, fact.problem) == (None, reason)


def test_a_piece_belongs_to_one_text():
    texts = [words(NAME, "A ", continuedAt="a"), words(NAME, "B ", continuedAt="a")]
    first, second = read_facts(page(*texts, piece("a", "Limited")))
    assert (first.value, second.value) == ("A Limited", None)


def test_a_new_line_or_cell_parts_words_and_figures():
    assert one(page(words(NAME, "Made Up<br/>Care<p>Limited</p>"))).value.split() == ["Made", "Up", "Care", "Limited"]
    assert one(page(figure("core:Debtors", "1000<br/>2000"))).problem == "'1000 2000' is not one amount"
