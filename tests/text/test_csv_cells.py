"""CSV files: no cell starts a formula, and the file says its encoding."""

from typing import Any

import pytest

from text.csv_cells import as_csv, neutralise_formula


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+44 113 496", "'+44 113 496"),
        ("-SUM(A1)", "'-SUM(A1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ('"=1', "'\"=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\n=1", "'\n=1"),
        ("\uff1dSUM Homes", "'\uff1dSUM Homes"),
        ("\uff0b1 Care", "'\uff0b1 Care"),
        ("\uff0d1 Care", "'\uff0d1 Care"),
        ("\uff20home", "'\uff20home"),
        ("\u3000\uff1dSUM", "'\u3000\uff1dSUM"),
        ("\u200b=1", "'\u200b=1"),
        ("\u2060 +1 Care", "'\u2060 +1 Care"),
        ("\x00=1", "'\x00=1"),
        ("-1e5", "-1e5"),
        ("+.5", "+.5"),
        ("-inf", "'-inf"),
        ("\uff0b1", "'\uff0b1"),
        ("\u00a312", "\u00a312"),
        ("Alder Care", "Alder Care"),
        ("a=b", "a=b"),
        ("-12.5", "-12.5"),
        ("", ""),
        (-12.5, -12.5),
        (None, None),
        (True, True),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(value: Any, expected: Any) -> None:
    assert neutralise_formula(value) == expected


def test_the_file_has_a_mark_of_its_encoding_and_harmless_cells() -> None:
    written = as_csv([{"name": "=Ö", "level": "watch"}], ["name", "level", "absent"])
    assert written == "\ufeffname,level,absent\r\n'=Ö,watch,\r\n".encode()
