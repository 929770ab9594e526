"""The rule ``grades``: a grade has a level."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import first_finding

JUDGEMENT = {
    "key": "judgement",
    "kind": "grades",
    "indicator": "overall_judgement",
    "grades": {"Outstanding": "none", "Good": "none", "Requires improvement": "watch", "Inadequate": "critical"},
}


END = "2020-12-31"


@pytest.mark.parametrize(
    ("grade", "status", "level"),
    [("Outstanding", "clear", 0), ("Good", "clear", 0), ("Adequate", "met", 1), ("Inadequate", "met", 3)],
)
def test_a_grade_has_its_level_in_each_of_its_words(grade: str, status: str, level: int) -> None:
    assert first_finding(JUDGEMENT, values={"overall_judgement": Known(grade, END)}) == (
        status,
        level,
        f"Judgement: overall experiences and progress: {grade} on 31 December 2020",
    )


def test_the_newest_judgement_counts() -> None:
    values = {"overall_judgement": [Known("Good", "2020-06-01", "2020-09-01"), Known("Inadequate", "2020-07-01")]}

    assert first_finding(JUDGEMENT, values=values)[1] == 3
