"""Numbers with their nouns and units: one of something is never several."""

import duckdb
import pytest

from regimes.rules import sql_text


@pytest.mark.parametrize(
    ("number", "noun", "plural", "expected"),
    [
        (0, "clock", "", "0 clocks"),
        (1, "clock", "", "1 clock"),
        (3_576, "provider", "", "3,576 providers"),
        (1, "body", "bodies", "1 body"),
        (2, "body", "bodies", "2 bodies"),
    ],
)
def test_a_noun_is_counted(number: int, noun: str, plural: str, expected: str) -> None:
    assert sql_text.format_count(number, noun, plural) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1.0, "grades", "1 grade"),
        (-1.0, "grades", "-1 grade"),
        (2.0, "grades", "2 grades"),
        (0.0, "grades", "0 grades"),
        (1.0, "days", "1 day"),
        (1.0, "months", "1.0 months"),
        (1.0, "GBP", "£1"),
        (0.01, "share", "1.0 %"),
    ],
)
def test_a_finding_says_one_of_a_unit_in_the_singular(value: float, unit: str, expected: str) -> None:
    with duckdb.connect(":memory:") as db:
        rows = db.sql(f"SELECT {sql_text.number_sql('x', unit)} FROM (SELECT {value}::DOUBLE AS x)").fetchall()
    assert rows == [(expected,)]
    assert sql_text.format_rounded_number(value, unit) == expected


def test_a_limit_says_one_of_a_unit_in_the_singular() -> None:
    assert sql_text.format_exact_number(1, "months") == "1 month"
    assert sql_text.format_exact_number(1, "grades") == "1 grade"
    assert sql_text.format_exact_number(2, "grades") == "2 grades"
