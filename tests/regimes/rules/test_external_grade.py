"""The rule ``external_grade``: a grade that somebody else gives."""

import pytest

from tests.regimes.small import first_finding

RATED = {
    "key": "rated",
    "kind": "external_grade",
    "indicator": "credit_rating",
    "at_or_below": "BBB",
    "level": "critical",
}


LOCKED_UP = RATED | {"outlook": {"indicator": "credit_outlook", "at_or_below": "negative"}}


@pytest.mark.parametrize(("grade", "level"), [("AAA", 0), ("BBB+", 0), ("BBB", 3), ("Baa2", 3), ("BBB-", 3), ("D", 3)])
def test_a_grade_counts_from_the_line_down_in_the_words_of_any_agency(grade: str, level: int) -> None:
    assert first_finding(RATED, values={"credit_rating": grade})[1] == level


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ({"credit_rating": "BBB+", "credit_outlook": "negative"}, ("clear", 0)),
        ({"credit_rating": "BBB", "credit_outlook": "stable"}, ("clear", 0)),
        ({"credit_rating": "BBB", "credit_outlook": "negative"}, ("met", 3)),
        ({"credit_rating": "BBB-", "credit_outlook": "stable"}, ("met", 3)),
        ({"credit_rating": "BBB-"}, ("met", 3)),
        ({"credit_rating": "BBB"}, ("missing", 0)),
        ({"credit_outlook": "negative"}, ("missing", 0)),
    ],
)
def test_at_the_line_itself_the_outlook_decides(values: dict[str, str], result: tuple[str, int]) -> None:
    assert first_finding(LOCKED_UP, values=values)[:2] == result


def test_a_grade_says_what_it_is() -> None:
    values = {"credit_rating": "BBB", "credit_outlook": "Negative"}

    assert first_finding(LOCKED_UP, values=values)[2] == "Credit rating: BBB, outlook Negative"
