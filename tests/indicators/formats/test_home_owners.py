"""Owners of settings, and the companies that researchers matched them to."""

import io
from datetime import UTC, date, datetime

import pytest

from indicators.parsed_records import (
    Document,
    LinkRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import ofsted_social_care
from models.vocabulary import DateBasis, Relation
from tests.indicators.sources.ofsted_rows import HOME, LISTED_ON, document, linked, observed, parse_one, unreadable


def test_the_owner_is_the_same_subject_however_the_year_writes_it() -> None:
    spellings = ("Northern Homes Limited", "Northern Homes Ltd ", "NORTHERN HOMES", "Northern Homes Limited 01234567")
    for written in spellings:
        records = parse_one(organisation=written)
        assert linked(records, Relation.OWNED_BY) == [
            LinkRecord(
                HOME,
                Relation.OWNED_BY,
                "CW-OWNER-northern-homes",
                LISTED_ON,
                DateBasis.SNAPSHOT,
                line=2,
                place="Organisation which owns the provider",
            )
        ]
        assert len(observed(records, "name", "CW-OWNER-northern-homes")) == 1


@pytest.mark.parametrize(
    ("written", "name", "company"),
    [
        ("Northern Homes Limited 01234567", "Northern Homes Limited", "GB-COH-01234567"),
        ("Northern Homes - company number 01234567", "Northern Homes", "GB-COH-01234567"),
        ("Northern Homes Ltd (Co Number 01234567)", "Northern Homes Ltd", "GB-COH-01234567"),
        ("Northern Homes Trust (01234567)", "Northern Homes Trust", "GB-COH-01234567"),
        ("Northern Homes 01234567, 1075361", "Northern Homes", "GB-COH-01234567"),
        ("Northern Homes 1075361", "Northern Homes", None),  # a charity's number, or a company's without its zero
        ("Our Place (2008) Ltd", "Our Place (2008) Ltd", None),
    ],
)
def test_a_company_number_behind_the_name_is_a_link_and_no_part_of_the_name(
    written: str, name: str, company: str | None
) -> None:
    records = parse_one(organisation=written)
    [owner] = [link.object for link in linked(records, Relation.OWNED_BY)]
    assert owner is not None
    assert observed(records, "name", owner)[0].value == name
    assert [(link.subject, link.object, link.confidence) for link in linked(records, Relation.SAME_AS)] == (
        [(owner, company, 1.0)] if company else []
    )


@pytest.mark.parametrize("written", ["Mr Robin Example & Mrs Kim Example", "Owned by an individual", "DR R EXAMPLE"])
def test_a_private_person_is_not_recorded_but_ends_the_ownership_by_an_organisation(written: str) -> None:
    records = parse_one(organisation=written)
    assert [link.object for link in linked(records, Relation.OWNED_BY)] == [None]
    assert "xample" not in str(records).lower().replace("'", "")


@pytest.mark.parametrize("written", ["0", "00000000", "N/A", "n/a", "None", "Unknown", "-", "TBC", "Not known"])
def test_an_owner_that_stands_for_none_is_nobody_and_is_said(written: str) -> None:
    records = parse_one(organisation=written)
    assert linked(records, Relation.OWNED_BY) == []
    [problem] = unreadable(records)
    assert problem.reason == f"'{written}' names no owner: it stands for none; left out"


def test_a_number_behind_the_name_that_stands_for_none_is_no_company() -> None:
    records = parse_one(organisation="Northern Homes Ltd 12345678")
    assert linked(records, Relation.SAME_AS) == []
    assert [link.object for link in linked(records, Relation.OWNED_BY)] == ["CW-OWNER-northern-homes"]


def test_a_match_is_known_from_the_london_day_of_the_fetch() -> None:
    data = (MATCH_HEADER + '"1","Northern Homes","x","NORTHERN HOMES LIMITED","04142000"\n').encode()
    at = datetime(2026, 6, 15, 23, 30, tzinfo=UTC)
    match = Document("ofsted_social_care", "ofsted/owner_to_company_number.csv", "", at, lambda: io.BytesIO(data))
    [link] = ofsted_social_care.parse(match)
    assert isinstance(link, LinkRecord)
    assert link.known_on == date(2026, 6, 16)


def test_a_school_named_after_a_person_is_an_organisation() -> None:
    [owner] = linked(parse_one(organisation="Sir Robin Example's School"), Relation.OWNED_BY)
    assert owner.object == "CW-OWNER-sir-robin-examples-school"


MATCH_HEADER = '"","Organisation","Organisation_fame_search","Company.name","Registered.number"\n'


def parse_match(*rows: str) -> list[Record]:
    data = (MATCH_HEADER + "\n".join(rows) + "\n").encode()
    return list(ofsted_social_care.parse(document("ofsted/owner_to_company_number.csv", data)))


@pytest.mark.parametrize(
    ("owner", "company", "confidence"),
    [
        ("Northern Homes Ltd", "NORTHERN HOMES LIMITED", 0.95),
        ("Northern Homes", "NORTHERN HOMES LIMITED", 0.85),
        ("North-ern Homes Ltd", "THE NORTHERN HOMES LIMITED", 0.85),
        ("Northern Homes Ltd", "SOUTHERN ACCOUNTANTS LLP", 0.5),
    ],
)
def test_a_match_of_the_researchers_is_a_candidate_known_only_since_it_was_fetched(
    owner: str, company: str, confidence: float
) -> None:
    [link] = parse_match(f'"1","{owner}","x","{company}","01234567"')
    assert isinstance(link, LinkRecord)
    assert (link.relation, link.object, link.confidence) == (Relation.SAME_AS, "GB-COH-01234567", confidence)
    assert (link.known_on, link.known_on_basis) == (date(2026, 11, 22), DateBasis.INFERRED)
    assert (link.line, link.place) == (2, "Registered.number")


def test_a_match_to_a_charity_links_to_the_charity() -> None:
    [link] = parse_match('"1","Northern Homes","x","NORTHERN HOMES","CHA1043129"')
    assert isinstance(link, LinkRecord)
    assert link.object == "GB-CHC-1043129"


def test_owners_not_found_and_private_persons_have_no_match() -> None:
    assert parse_match('"1","Northern Homes","x","NA","NA"', '"2","Mr R Example","x","NORTHERN HOMES","01234567"') == []


def test_a_match_to_a_company_abroad_is_unreadable() -> None:
    [record] = parse_match('"1","Northern Homes","x","NORTHERN HOMES (IRL)","IE469427"')
    assert isinstance(record, UnreadableRecord)
    assert (record.line, record.place) == (2, "Registered.number")
