"""An award is one award: said again with another day it is the same event, corrected, whatever came in between."""

from datetime import date, timedelta

import pytest

from indicators.ledger.as_of import as_of
from models.vocabulary import DateBasis
from tests.factories import FILE_DAY, load, observed

SUPPLIER = "GB-COH-00000001"
DAYS = [FILE_DAY + timedelta(days=number) for number in range(4)]
FIRST, OTHER = date(2019, 2, 1), date(2019, 2, 4)


def award(awarded_on, known_on, value=100.0, reference="ocds-1-1", indicator="contract_awarded"):
    return observed(
        value,
        subject=SUPPLIER,
        indicator=indicator,
        known_on=known_on,
        known_on_basis=DateBasis.STATED,
        period_end=awarded_on,
        occurrence=reference,
        unit="GBP",
    )


def awards(engine, day):
    with as_of(engine, day) as known:
        rows = "SELECT period_end, value_number FROM observation ORDER BY period_end, value_number"
        return known.sql(rows).fetchall()


def test_an_award_with_a_corrected_day_counts_once_from_the_correction_on(engine):
    load(engine, [award(FIRST, DAYS[0])], name="first")
    load(engine, [award(OTHER, DAYS[1])], name="second")

    assert awards(engine, DAYS[0]) == [(FIRST, 100.0)]
    assert awards(engine, DAYS[1]) == [(OTHER, 100.0)]


def test_documents_read_out_of_order_come_to_the_same(engine):
    load(engine, [award(OTHER, DAYS[1])], name="second")
    load(engine, [award(FIRST, DAYS[0])], name="first")

    assert awards(engine, DAYS[0]) == [(FIRST, 100.0)]
    assert awards(engine, DAYS[1]) == [(OTHER, 100.0)]


@pytest.mark.parametrize("is_one_load", [True, False])
def test_a_correction_taken_back_is_no_repeat_of_what_it_corrected(sqlite_engine, is_one_load):
    statements = [award(FIRST, DAYS[0]), award(OTHER, DAYS[1]), award(FIRST, DAYS[2]), award(FIRST, DAYS[3])]
    loaded = [
        load(sqlite_engine, records, name=f"{number}")
        for number, records in enumerate([statements] if is_one_load else [[record] for record in statements])
    ]

    assert sum(counts.observations for counts in loaded) == 3  # the last says nothing new
    assert [awards(sqlite_engine, day)[0][0] for day in DAYS] == [FIRST, OTHER, FIRST, FIRST]


def test_two_awards_of_one_day_stay_two(sqlite_engine):
    load(sqlite_engine, [award(FIRST, DAYS[0]), award(FIRST, DAYS[0], 50.0, "ocds-2-1")])

    assert awards(sqlite_engine, DAYS[0]) == [(FIRST, 50.0), (FIRST, 100.0)]


def test_other_events_with_an_occurrence_are_told_apart_by_their_day(sqlite_engine):
    days = [award(day, DAYS[1], None, "1", indicator="inspection") for day in (FIRST, OTHER)]
    load(sqlite_engine, days)

    assert len(awards(sqlite_engine, DAYS[1])) == 2
