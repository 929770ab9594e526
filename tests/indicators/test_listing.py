"""Who is on a register's newest list of its kind, and what happens when lists drop a kind of setting."""

from datetime import timedelta

import pytest

from indicators.ledger.as_of import as_of
from tests.factories import FILE_DAY, HOME, listed, load, observed

SCHOOL = "GB-OFSTED-SC000003"


def is_present(engine, day):
    with as_of(engine, day) as known:
        query = "SELECT key, is_present FROM listing JOIN subject ON subject.id = subject_id ORDER BY key"
        return dict(known.sql(query).fetchall())


@pytest.mark.parametrize(("days", "is_school_listed"), [(366, True), (400, True), (401, False), (731, False)])
def test_a_kind_that_the_lists_dropped_is_listed_until_they_are_400_days_newer(engine, days, is_school_listed):
    later = FILE_DAY + timedelta(days=days)
    load(engine, [listed(), listed(SCHOOL, "Boarding school"), observed(5.0)], name="first")
    load(engine, [listed(), observed(6.0, known_on=later)], name="second")

    assert is_present(engine, later) == {HOME: True, SCHOOL: is_school_listed}
    assert is_present(engine, later - timedelta(days=1)) == {HOME: True, SCHOOL: True}


def test_the_list_of_another_register_says_nothing_of_a_kind(sqlite_engine):
    later = FILE_DAY + timedelta(days=500)
    load(sqlite_engine, [listed(SCHOOL, "Boarding school"), observed(5.0)], name="first", register="ofsted_social_care")
    load(sqlite_engine, [listed(), observed(6.0, known_on=later)], name="second")

    assert is_present(sqlite_engine, later)[SCHOOL] is True
