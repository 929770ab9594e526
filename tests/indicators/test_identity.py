"""Providers are found by identifier or by an unambiguous part of a name."""

from datetime import timedelta

import pytest

from indicators import identity
from indicators.identity import AmbiguousProvider, UnknownProvider
from indicators.ledger.as_of import as_of
from indicators.names import read_names
from models.database import read_session
from models.vocabulary import DateBasis
from risk.day import provider_names
from tests.factories import FILE_DAY, load, observed

OTHER = "GB-COH-00000002"


def named(name, **fields):
    return observed(name, indicator="name", **fields)


def test_an_identifier_is_found_whatever_its_case(engine):
    load(engine, [named("Sunny House")])

    assert identity.find_subject(engine, "gb-ofsted-sc000001", FILE_DAY) == "GB-OFSTED-SC000001"


def test_a_part_of_a_name_is_enough(engine):
    load(engine, [named("Sunny House"), named("Rainy Lodge", subject=OTHER)])

    assert identity.find_subject(engine, "rainy", FILE_DAY) == OTHER


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("CAF\u00c9 GOFAL CYF", "caf\u00e9 gofal"),
        ("CAF\u00c9 GOFAL CYF", "CAF\u00c9 GOFAL"),
        ("CAF\u00c9 GOFAL CYF", "cafe gofal"),
        ("CAF\u00c9 GOFAL CYF", "CAFE\u0301 GOFAL"),  # the accent as a letter of its own
        ("CAFE\u0301 GOFAL CYF", "caf\u00e9 gofal"),
        ("T\u0176 M\u00d4R CARE", "t\u0177 m\u00f4r"),
        ("O\u2019NEILL CARE", "o'neill care"),
        ("O'NEILL CARE", "o\u2019neill care"),
        ("St. Mary's Home", "st marys"),
        ("Stoke\u2013on\u2013Trent Homes", "stoke-on-trent"),
        ("Stoke-on-Trent Homes", "stoke on trent"),
        ("Hearth  &\u00a0Home", "hearth and home"),
        ("Hearth and Home", "hearth & home"),
        ("S\u00f8lvei Stra\u00dfe", "solvei strasse"),
        ("\uff33unny House", "sunny"),
    ],
)
def test_a_name_is_found_however_its_letters_are_written(engine, name, searched):
    load(engine, [named(name), named("Rainy Lodge", subject=OTHER)])

    assert identity.find_subject(engine, searched, FILE_DAY) == "GB-OFSTED-SC000001"


def test_signs_alone_are_no_name(sqlite_engine):
    load(sqlite_engine, [named("Sunny House")])

    with pytest.raises(UnknownProvider):
        identity.find_subject(sqlite_engine, "' .", FILE_DAY)


def test_a_percent_sign_is_not_a_wildcard(sqlite_engine):
    load(sqlite_engine, [named("Sunny House")])

    with pytest.raises(UnknownProvider):
        identity.find_subject(sqlite_engine, "%", FILE_DAY)


def test_a_name_that_fits_several_names_them(sqlite_engine):
    load(sqlite_engine, [named("Sunny House"), named("Sunny Lodge", subject=OTHER)])

    with pytest.raises(AmbiguousProvider, match="fits 2 subjects: GB-COH-00000002 Sunny Lodge; GB-OFSTED-SC000001"):
        identity.find_subject(sqlite_engine, "sunny", FILE_DAY)


def test_a_whole_name_beats_parts_of_others(sqlite_engine):
    load(sqlite_engine, [named("Sunny"), named("Sunny Lodge", subject=OTHER)])

    assert identity.find_subject(sqlite_engine, "sunny", FILE_DAY) == "GB-OFSTED-SC000001"


def test_a_name_that_buyers_use_counts_only_if_no_register_has_the_name(engine):
    load(engine, [named("Sunny Care Limited")], name="list.csv", register="ofsted_social_care")
    load(engine, [named("Sunny Care Ltd.", subject=OTHER), named("SUNNY CARE", subject="GB-CFS-1")])

    assert identity.find_subject(engine, "sunny care", FILE_DAY) == "GB-OFSTED-SC000001"
    assert identity.find_subject(engine, "care ltd", FILE_DAY) == OTHER


def test_a_name_that_several_registers_have_is_not_settled_by_a_buyer(sqlite_engine):
    load(sqlite_engine, [named("Sunny House")], name="list.csv", register="ofsted_social_care")
    load(sqlite_engine, [named("Sunny Lodge", subject=OTHER)], name="other.csv", register="companies_house_register")
    load(sqlite_engine, [named("Sunny", subject="GB-CFS-1")])

    with pytest.raises(AmbiguousProvider, match="fits 2 subjects: GB-COH-00000002 Sunny Lodge; GB-OFSTED"):
        identity.find_subject(sqlite_engine, "sunny", FILE_DAY)


def test_a_name_not_yet_known_is_not_found(sqlite_engine):
    load(sqlite_engine, [named("Sunny House")])

    with pytest.raises(UnknownProvider, match="no provider known by 2019-03-30 is called 'sunny'"):
        identity.find_subject(sqlite_engine, "sunny", FILE_DAY.replace(day=30))


def test_a_subject_without_a_name_is_found_by_the_name_that_people_read(sqlite_engine):
    nameless = "GB-OFSTED-SC035687"
    load(sqlite_engine, [observed("3", subject=nameless, indicator="places"), named("Sunny House", subject=OTHER)])

    for text in ("SC035687", "sc035687", identity.fallback_name(nameless, "Children's home")):
        assert identity.find_subject(sqlite_engine, text, FILE_DAY) == nameless
    assert identity.find_subject(sqlite_engine, "00000002", FILE_DAY) == OTHER
    with pytest.raises(UnknownProvider):
        identity.find_subject(sqlite_engine, "Rainy House 00000002", FILE_DAY)


def test_asking_for_a_subject_makes_it_wanted(engine):
    identity.request_subjects(engine, [OTHER])
    identity.request_subjects(engine, [OTHER])

    identity.request_subjects(engine, ["GB-CHC-1"])

    assert identity.wanted_subjects(engine, "GB-COH-") == {OTHER}


def test_asking_without_a_scheme_is_refused(sqlite_engine):
    with pytest.raises(UnknownProvider, match="write for example GB-COH-03782379"):
        identity.request_subjects(sqlite_engine, ["03782379"])


def test_the_name_of_the_register_counts_before_that_of_newer_accounts_and_of_buyers(engine):
    older, newer = (
        {"known_on": FILE_DAY},
        {"known_on": FILE_DAY + timedelta(days=60), "known_on_basis": DateBasis.STATED},
    )
    company = "GB-COH-00000002"
    load(
        engine,
        [observed("NEW NAME LIMITED", subject=company, indicator="name", **older)],
        name="list.csv",
        register="companies_house_register",
    )
    other = {"subject": company, "indicator": "name", **newer}
    in_accounts = observed("Old Name Limited", occurrence="companies_house_accounts", **other)
    load(engine, [in_accounts], name="accounts.html", register="companies_house_accounts")
    load(
        engine,
        [observed("old name", occurrence="contracts", **other)],
        name="x.jsonl",
    )

    day = FILE_DAY + timedelta(days=90)
    with read_session(engine) as session:
        assert read_names(session, [company], day) == {company: "NEW NAME LIMITED"}
    with as_of(engine, day) as known:
        number = known.sql("SELECT id FROM subject WHERE key = $key", key=company).fetchall()[0][0]
        assert provider_names(known, {number: company}) == {number: "NEW NAME LIMITED"}
    assert identity.find_subject(engine, "old name", day) == company
