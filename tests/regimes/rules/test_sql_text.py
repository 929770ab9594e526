"""Numbers with their nouns and units: one of something is never several."""

import duckdb
import pytest

from regimes.rules import sql_text


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
