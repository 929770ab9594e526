"""The newest statement about an award says who its suppliers are, and how long its contracts run."""

from datetime import date, timedelta
from itertools import chain, permutations

import pytest

from indicators.ledger.as_of import as_of
from indicators.parsed_records import AwardChange, AwardStatement, LinkRecord
from models.vocabulary import BuyerKind, DateBasis, Relation
from tests.factories import FILE_DAY, load

BUYER, OTHER_BUYER = "GB-CFS-1", "GB-CFS-2"
WRONG, RIGHT, THIRD = "GB-COH-00000001", "GB-COH-00000002", "GB-COH-00000003"
AWARD = "ocds-1/1"
FIRST, SECOND = f"{AWARD}/2019-03-01", f"{AWARD}/2019-03-20"
DAYS = [FILE_DAY + timedelta(days=number) for number in range(10)]
SINCE, UNTIL = date(2019, 4, 1), date(2021, 3, 31)


def stated(known_on, *suppliers, reference=FIRST, is_update=True, until=UNTIL, value=100.0, buyer=BUYER):
    links = [
        LinkRecord(
            buyer,
            Relation.BUYS_FROM,
            supplier,
            known_on,
            DateBasis.STATED,
            BuyerKind.BUYER,
            SINCE,
            until,
            reference=reference,
            value_gbp=value if len(suppliers) == 1 else None,
            place="$.awards[0]",
        )
        for supplier in suppliers
    ]
    named = frozenset((supplier, reference) for supplier in suppliers)
    return [*links, AwardStatement(buyer, AWARD, reference, named, known_on, DateBasis.STATED, is_update=is_update)]


def changed(known_on, since=None, until=None, value=None):
    return [AwardChange(BUYER, AWARD, known_on, DateBasis.STATED, since, until, value)]


def in_force(engine, day, on=None):
    """Suppliers, and what is bought, as known on a day and in force on it (or on another)."""
    with as_of(engine, day) as known:
        rows = known.sql(
            "SELECT o.key, value_gbp, until FROM link JOIN subject o ON o.id = object_id "
            "WHERE since <= $on AND until >= $on ORDER BY o.key, value_gbp",
            on=on or date(2019, 6, 1),
        ).fetchall()
    return [(key, value) for key, value, _ in rows]


def load_in(engine, order, *statements):
    for number in order:
        load(engine, statements[number], name=f"{number}")


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_corrected_supplier_replaces_the_first_from_the_day_of_the_correction(engine, order):
    load_in(engine, order, stated(DAYS[0], WRONG), stated(DAYS[2], RIGHT))

    assert in_force(engine, DAYS[1]) == [(WRONG, 100.0)]
    assert in_force(engine, DAYS[2]) == [(RIGHT, 100.0)]


def test_within_a_document_and_a_day_the_last_statement_counts(engine):
    load(engine, [*stated(DAYS[0], WRONG), *stated(DAYS[0], RIGHT)])

    assert in_force(engine, DAYS[0]) == [(RIGHT, 100.0)]


@pytest.mark.parametrize("is_one_load", [True, False])
def test_a_correction_taken_back_is_the_first_statement_again(sqlite_engine, is_one_load):
    statements = [stated(DAYS[nth], supplier) for nth, supplier in enumerate([WRONG, RIGHT, WRONG, RIGHT])]
    load_in(
        sqlite_engine, [0] if is_one_load else range(4), *([list(chain(*statements))] if is_one_load else statements)
    )

    assert [in_force(sqlite_engine, DAYS[nth]) for nth in range(4)] == [
        [(supplier, 100.0)] for supplier in [WRONG, RIGHT, WRONG, RIGHT]
    ]


def test_only_the_links_to_suppliers_who_are_not_named_again_end(engine):
    load(engine, stated(DAYS[0], WRONG, RIGHT), name="first")
    load(engine, stated(DAYS[2], RIGHT, THIRD), name="second")

    assert in_force(engine, DAYS[2]) == [(RIGHT, None), (THIRD, None)]


def test_the_same_statement_again_adds_nothing(engine):
    load(engine, stated(DAYS[0], WRONG, RIGHT), name="first")

    assert load(engine, stated(DAYS[2], WRONG, RIGHT), name="second").links == 0
    assert in_force(engine, DAYS[2]) == [(WRONG, None), (RIGHT, None)]


def test_the_buyer_can_be_corrected_too(engine):
    load(engine, stated(DAYS[0], WRONG), name="first")
    load(engine, stated(DAYS[2], WRONG, buyer=OTHER_BUYER), name="second")

    assert in_force(engine, DAYS[2]) == [(WRONG, 100.0)]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_another_award_under_the_same_identifier_stands_beside_the_first(engine, order):
    first = stated(DAYS[0], WRONG, is_update=False)
    load_in(
        engine,
        order,
        first,
        stated(DAYS[2], WRONG, reference=SECOND, is_update=False, until=date(2022, 3, 31), value=50.0),
    )

    assert in_force(engine, DAYS[2]) == [(WRONG, 50.0), (WRONG, 100.0)]


@pytest.mark.parametrize(("is_update", "until"), [(True, date(2022, 3, 31)), (False, UNTIL)])
def test_a_corrected_day_of_the_award_makes_it_no_other(engine, is_update, until):
    """It is told as an update, or everything else is as it was."""
    load(engine, stated(DAYS[0], WRONG, is_update=False), name="first")
    load(engine, stated(DAYS[2], WRONG, reference=SECOND, is_update=is_update, until=until, value=50.0), name="second")

    assert in_force(engine, DAYS[2]) == [(WRONG, 50.0)]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_termination_and_an_extension_hold_from_their_day_on(engine, order):
    load_in(engine, order, stated(DAYS[0], WRONG), changed(DAYS[2], until=DAYS[1]))

    assert in_force(engine, DAYS[1]) == [(WRONG, 100.0)]
    assert in_force(engine, DAYS[2]) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_later_changes_hold_too_in_whatever_order_they_are_read(engine, order):
    extended, dearer = changed(DAYS[2], until=date(2030, 1, 1)), changed(DAYS[3], value=300.0)
    load_in(engine, order, stated(DAYS[0], WRONG), extended, dearer)

    assert in_force(engine, DAYS[1], date(2025, 1, 1)) == []
    assert in_force(engine, DAYS[2], date(2025, 1, 1)) == [(WRONG, 100.0)]
    assert in_force(engine, DAYS[3], date(2025, 1, 1)) == [(WRONG, 300.0)]


def test_an_extension_does_not_bring_back_who_was_replaced(engine):
    load(engine, [*stated(DAYS[0], WRONG), *stated(DAYS[1], RIGHT), *changed(DAYS[2], until=date(2030, 1, 1))])

    assert in_force(engine, DAYS[2], date(2025, 1, 1)) == [(RIGHT, 100.0)]


def test_a_change_is_of_the_newest_award_under_its_identifier(engine):
    load(engine, stated(DAYS[0], WRONG, is_update=False), name="first")
    load(engine, stated(DAYS[1], RIGHT, reference=SECOND, is_update=False), name="second")
    load(engine, changed(DAYS[2], until=DAYS[1]), name="third")

    assert in_force(engine, DAYS[2]) == [(WRONG, 100.0)]
