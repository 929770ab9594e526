"""Formats of inline XBRL: what is shown on the page, and what it means."""

from datetime import date

import pytest

from indicators.formats.xbrl_formats import (
    UnconvertibleText,
    convert_text,
    parse_british_date,
    parse_number,
    shown_decimals,
)


@pytest.mark.parametrize(
    ("shown", "name", "expected"),
    [
        ("1,234", "numdotdecimal", 1234.0),
        ("1,234.50", "numcommadot", 1234.5),  # the name of 2008 and 2010
        ("1 234.50", "numspacedot", 1234.5),
        ("1\u00a0234", "num-dot-decimal", 1234.0),  # a no-break space, the name of 2020
        ("12,34,567", "numdotdecimalin", 1234567.0),  # Indian grouping
        ("1 234 567", "num-dot-decimal", 1234567.0),
        ("-1,234", "numdotdecimal", -1234.0),
        ("1'234'567.50", "num-dot-decimal-apos", 1234567.5),  # Swiss, the registry of 2022
        ("1\u2019234", "num-dot-decimal-apos", 1234.0),
        ("1'234'567,50", "num-comma-decimal-apos", 1234567.5),
        ("1'500 francs 25", "num-unit-decimal-apos", 1500.25),
        ("1,500 rupees 5 paise", "numunitdecimalin", 1500.05),
        ("\ufe63", "zerodash", 0.0),  # a small hyphen
        ("1.234,50", "numcommadecimal", 1234.5),
        ("1.234,50", "numdotcomma", 1234.5),
        ("1 234,50", "numspacecomma", 1234.5),
        ("\n   1,234\n ", "numcommadot", 1234.0),
        ("-", "zerodash", 0.0),
        ("\u2013", "numdash", 0.0),  # an en dash
        ("nil", "fixed-zero", 0.0),
        ("1,500 pounds 25 pence", "numunitdecimal", 1500.25),
        ("One hundred and twenty-three", "numwordsen", 123.0),
        ("two million three hundred thousand and five", "numwordsen", 2300005.0),
        ("no", "numwordsen", 0.0),
        ("445", None, 445.0),
        ("-445", None, -445.0),  # plain XBRL writes the minus
        ("0.1500", None, 0.15),
        ("1,234,567", None, 1234567.0),  # without a format, but plain to read
    ],
)
def test_a_figure_means_what_its_format_says(shown, name, expected):
    assert parse_number(shown, name) == expected


def test_scale_and_sign_are_applied_exactly():
    assert parse_number("1,234.5", "numdotdecimal", "3", negative=True) == -1234500.0
    assert parse_number("19", None, "-2") == 0.19
    assert parse_number("33.3", None, "-2") == 0.333  # not 0.33299999999999996


def test_there_is_no_negative_zero():
    assert str(parse_number("0", None, negative=True)) == "0.0"


@pytest.mark.parametrize(
    ("shown", "name", "scale", "reason"),
    [
        ("N/A", "numdotdecimal", None, "'N/A' is not a number in format 'numdotdecimal'"),
        ("see note 4", None, None, "'see note 4' is not a number"),
        ("(1,234)", None, None, "'(1,234)' is not a number"),  # brackets say nothing where a sign attribute may, too
        ("1_000", None, None, "'1_000' is not a number"),  # which Python's float() would take
        ("nan", None, None, "'nan' is not a number"),
        ("٣", "numdotdecimal", None, "'٣' is not a number in format 'numdotdecimal'"),  # a digit, but not one of ours
        ("", "numdotdecimal", None, "'' is not a number in format 'numdotdecimal'"),
        ("2,909", "numdotdecimalblahblah", None, "'2,909' has the unknown number format 'numdotdecimalblahblah'"),
        ("5", "zerodash", None, "'5' is not the dash that its format stands for"),
        ("5", None, "thousands", "'5' has the scale 'thousands', which is not a whole number"),
        ("9" * 400, None, None, f"'{'9' * 39}…' is too large to be a figure"),
        ("some", "numwordsen", None, "'some' is not a number in words"),
        ("five pounds", "numunitdecimal", None, "'five pounds' is not an amount in units and hundredths"),
    ],
)
def test_a_text_that_is_not_a_figure_is_refused_with_the_reason(shown, name, scale, reason):
    with pytest.raises(UnconvertibleText) as error:
        parse_number(shown, name, scale)
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("228,726 750,000", "numdotdecimal"),
        ("228,726\n750,000", "numdotdecimal"),
        ("228,726\u00a0750,000", "num-dot-decimal"),
        ("228,726750,000", "numdotdecimal"),  # two lines of the cell, nothing between them
        ("500228,726", "numcommadot"),
        ("228726 750000", "numdotdecimal"),
        ("3 228,726", "numdotdecimal"),  # after the number of its note
        ("228,726.50 3", "numdotdecimal"),
        ("12 34", "numspacedot"),
        ("228.726 750.000", "numcommadecimal"),
        ("228'726 750'000", "num-dot-decimal-apos"),
    ],
)
def test_two_amounts_are_no_figure(shown, name):
    with pytest.raises(UnconvertibleText, match="is not one amount"):
        parse_number(shown, name)


@pytest.mark.parametrize("shown", ["228,726/750,000", "228,726 (750,000)", "(228,726) 750,000", "228,726; 750,000"])
def test_two_amounts_with_a_mark_between_them_are_no_figure(shown):
    with pytest.raises(UnconvertibleText, match="is not a number in format"):
        parse_number(shown, "numdotdecimal")


@pytest.mark.parametrize(
    ("shown", "name", "decimals"),
    [("2", None, 0), ("1,235", "numdotdecimal", 0), ("1.2", "numdotdecimal", 1), ("1.235,50", "numcommadecimal", 2)],
)
def test_a_figure_is_exact_to_the_places_that_are_shown(shown, name, decimals):
    assert shown_decimals(shown, name) == decimals


@pytest.mark.parametrize(
    ("shown", "name", "expected"),
    [
        ("31.8.17", "datedaymonthyear", "2017-08-31"),
        ("31/08/2017", "dateslasheu", "2017-08-31"),
        ("08/31/2017", "dateslashus", "2017-08-31"),
        ("3rd April 2025", "datedaymonthyearen", "2025-04-03"),
        ("30 April 2018", "datelonguk", "2018-04-30"),
        ("April 30, 2018", "datelongus", "2018-04-30"),
        ("2018 4 30", "dateyearmonthday", "2018-04-30"),
        ("31 august 2017", "date-day-monthname-year-en", "2017-08-31"),
        ("anything", "booleantrue", "true"),
        ("", "booleanfalse", "false"),  # some software leaves the element empty
        ("see below", "nocontent", ""),
    ],
)
def test_a_text_means_what_its_format_says(shown, name, expected):
    assert convert_text(shown, name) == expected


@pytest.mark.parametrize("shown", ["31 Brumaire 2017", "31 February 2018", "soon", "", "2018", "1 2 3 4"])
def test_a_text_that_is_not_a_date_is_refused(shown):
    with pytest.raises(UnconvertibleText, match="is not a date"):
        convert_text(shown, "datelonguk")


@pytest.mark.parametrize("shown", ["2018-03-31", "31 March 2018", "31/03/18", " 2018-03-31T00:00:00"])
def test_dates_without_a_format_are_read_as_british(shown):
    assert parse_british_date(shown) == date(2018, 3, 31)
