"""Which past days are looked at."""

from datetime import date

import pytest

from hindsight.days import regular_days, scored_days
from models.vocabulary import View
from tests.alerts.scenes import score

FIRST, SECOND, THIRD = date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)


def test_scored_days_are_those_of_the_span_each_once(engine):
    for day in (FIRST, SECOND, SECOND, THIRD):
        score(engine, day, {"A": "watch"})

    assert scored_days(engine, SECOND, THIRD) == ([SECOND, THIRD], View.FULL)
    assert scored_days(engine, date(2021, 1, 1), date(2021, 12, 31)) == ([], View.FULL)


def test_days_scored_on_public_rows_count_only_where_there_are_no_others(engine):
    score(engine, FIRST, {"A": "watch"}, view=View.OPEN)
    assert scored_days(engine, FIRST, THIRD) == ([FIRST], View.OPEN)

    score(engine, THIRD, {"A": "watch"})
    assert scored_days(engine, FIRST, THIRD) == ([THIRD], View.FULL)


@pytest.mark.parametrize(
    ("every", "found"),
    [
        ("month", ["2019-12-31", "2020-01-31", "2020-02-29", "2020-03-31"]),
        ("quarter", ["2019-12-31", "2020-03-31"]),
        ("year", ["2020-03-31"]),
    ],
)
def test_regular_days_go_back_from_the_last(every, found):
    days = regular_days(date(2019, 12, 1), date(2020, 3, 31), every)
    assert [day.isoformat() for day in days] == found
