"""Everybody who buys from or hosts a provider, as one body whatever the registers call them."""

from datetime import date

import pytest

from indicators.commissioners import Commissioners, UnknownCommissioner
from indicators.parsed_records import LinkRecord
from models.database import read_session
from models.vocabulary import BuyerKind, DateBasis, Relation
from tests.factories import FILE_DAY, HOME, hosted, load, observed

DAY = date(2022, 3, 31)
KENT_KEYS = ("CW-AREA-kent", "CW-BUYER-kent-county-council", "GB-CFS-1", "GB-LAE-KEN")


def bought(buyer: str, name: str = "") -> list:
    link = LinkRecord(buyer, Relation.BUYS_FROM, "GB-COH-01234567", FILE_DAY, DateBasis.STATED, BuyerKind.BUYER)
    return [link, *([observed(name, subject=buyer, indicator="name")] if name else [])]


@pytest.fixture
def known(engine):
    load(
        engine,
        [
            hosted("CW-AREA-kent"),
            *bought("GB-CFS-1", "Kent County Council"),
            *bought("GB-LAE-KEN"),
            *bought("CW-BUYER-kent-county-council"),
            hosted("CW-AREA-northamptonshire", home=HOME + "9"),
            *bought("GB-CFS-2", "Ministry of Works"),
            *bought("GB-CFS-3", "MINISTRY OF WORKS"),
            *bought("GB-GOR-X1", "Ministry of Parks"),
        ],
    )
    with read_session(engine) as session:
        yield Commissioners(session, DAY)


@pytest.mark.parametrize("text", ["Kent", "E10000016", "Kent County Council", *KENT_KEYS])
def test_an_authority_is_found_by_every_key_and_spelling_and_has_all_its_subjects(known, text):
    body = known.find_commissioner(text)
    assert body.key == "E10000016"
    assert body.title == "Kent County Council"
    assert body.keys == KENT_KEYS


def test_an_authority_that_no_register_has_linked_yet_is_known_without_subjects(known):
    assert known.find_commissioner("GB-LAE-HCK").subjects == frozenset()


def test_a_successor_has_what_the_register_still_says_of_the_predecessor(known):
    assert known.find_commissioner("North Northamptonshire").keys == ("CW-AREA-northamptonshire",)


@pytest.mark.parametrize("text", ["GB-CFS-2", "gb-cfs-3", "Ministry of Works", "works"])
def test_another_buyer_is_one_body_by_its_name(known, text):
    assert known.find_commissioner(text).keys == ("GB-CFS-2", "GB-CFS-3")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Kentt", "no commissioner is called 'Kentt'; the nearest: Kent"),
        ("GB-LAE-XXX", "the nearest: GB-LAE-"),
        ("Ministry", "'Ministry' fits 2 commissioners: GB-GOR-X1 Ministry of Parks; GB-CFS-2"),
        ("zzzzzz", "write a GSS code, an identifier or the name of a council or buyer"),
    ],
)
def test_an_unknown_or_ambiguous_name_is_refused_with_the_nearest(known, text, says):
    with pytest.raises(UnknownCommissioner, match=says.replace("(", r"\(")):
        known.find_commissioner(text)


def test_everybody_is_each_body_once(known):
    assert [body.title for body in known.all_commissioners()] == [
        "Kent County Council",
        "Ministry of Parks",
        "Ministry of Works",
        "Northamptonshire County Council",
    ]
