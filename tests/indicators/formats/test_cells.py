"""The values of cells of registers, and the values that they cannot say."""

from datetime import date

import pytest

from indicators.formats.cells import (
    clean_spaces,
    make_slug,
    parse_day,
    parse_day_between,
    parse_flag,
    parse_whole_number,
    read_cell,
)
from indicators.formats.tables import TableRow
from indicators.parsed_records import UnreadableRecord


def test_days_are_read_as_their_register_writes_them() -> None:
    assert parse_day("31/03/2022") == date(2022, 3, 31)
    assert parse_day("2022-03-31", "%Y-%m-%d") == date(2022, 3, 31)


@pytest.mark.parametrize("text", ["31/02/2022", "2022-03-31", "March", "31/03/22"])
def test_a_day_that_is_none_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a date like 31/03/2022; left out"):
        parse_day(text)


@pytest.mark.parametrize("text", ["01/04/2022", "31/12/1959"])
def test_a_day_outside_a_sensible_span_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be right: it is not between 1960-01-01 and 2022-03-31"):
        parse_day_between(text, date(1960, 1, 1), date(2022, 3, 31))


def test_thousands_may_be_set_off() -> None:
    assert parse_whole_number("1,250", 0, 5_000) == 1250


@pytest.mark.parametrize(
    ("text", "reason"), [("-4", "not between 0"), ("9999", "not between 0"), ("four", "not a whole")]
)
def test_a_number_that_cannot_be_says_so(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_whole_number(text, 0, 5_000)


def test_flags_are_true_false_or_unreadable() -> None:
    assert (parse_flag("True"), parse_flag("False"), parse_flag("yes")) == (True, False, True)
    with pytest.raises(ValueError, match="'maybe' is neither true nor false"):
        parse_flag("maybe")


def test_names_that_differ_only_in_writing_give_one_slug() -> None:
    assert make_slug("Bournemouth, Christchurch & Poole") == "bournemouth-christchurch-and-poole"
    assert make_slug("BARNARDO\N{RIGHT SINGLE QUOTATION MARK}S Süd ") == make_slug("Barnardo's Sud") == "barnardos-sud"
    assert clean_spaces("\xa0Swan  Cottage ") == "Swan Cottage"


def test_a_cell_that_cannot_be_right_is_placed() -> None:
    row = TableRow(7, {"places": "-4", "area": ""}, {"places": "Places", "area": "Local authority"})
    assert read_cell(row, "places", lambda text: parse_whole_number(text, 0, 10)) == UnreadableRecord(
        "'-4' cannot be right: it is not between 0 and 10; left out", 7, "Places"
    )
    assert read_cell(row, "area", str) is None
    assert read_cell(row, "no such column", str) is None
