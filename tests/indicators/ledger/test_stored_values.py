"""Values as the ledger stores them: a number, a text, or both."""

from typing import Any

import pytest

from indicators import catalogue
from indicators.ledger.stored_values import number_and_text, printable_text
from tests.factories import observed


def stored(value: Any, indicator: str, verbatim: str | None = None) -> tuple[float | None, str | None]:
    record = observed(value, indicator=indicator)._replace(verbatim=verbatim)
    return number_and_text(record, catalogue.load().indicators[indicator])


@pytest.mark.parametrize(
    ("value", "indicator", "verbatim", "expected"),
    [
        (5, "places", None, (5.0, None)),
        (-1200.0, "net_assets", "(1,200)", (-1200.0, "(1,200)")),
        ("Alder House", "name", None, (None, "Alder House")),
        ("2020-04-01", "accounts_period_start", "01234567", (None, "2020-04-01")),
    ],
)
def test_a_number_keeps_its_verbatim_text_and_a_text_is_its_own(
    value: Any, indicator: str, verbatim: str | None, expected: tuple[float | None, str | None]
) -> None:
    assert stored(value, indicator, verbatim) == expected


def test_a_grade_is_stored_as_its_rank_and_its_own_words() -> None:
    grades = catalogue.load().indicators["overall_judgement"].grades
    assert stored(" Requires  Improvement to be good", "overall_judgement") == (
        float(grades["requires improvement to be good"]),
        " Requires  Improvement to be good",
    )


@pytest.mark.parametrize(
    ("value", "indicator", "reason"),
    [
        ("n/a", "places", "'n/a' is not a number"),
        (None, "net_assets", "'None' is not a number"),
        (float("nan"), "net_assets", "'nan' is not a number"),
        (float("inf"), "places", "'inf' is not a number"),
        ("Splendid", "overall_judgement", "'Splendid' is not one of its grades"),
        ("a\0b", "name", "'a.x00b' has characters that are not text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_reason(value: Any, indicator: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        stored(value, indicator)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Ærø Ltd", "Ærø Ltd"), ("plain", "plain"), ("a\0b", "a\\x00b"), ("a\ud800b", "a\\ud800b")],
)
def test_only_characters_that_databases_refuse_are_written_out(text: str, expected: str) -> None:
    assert printable_text(text) == expected
