"""One identity for a local authority, whatever a register calls the authority."""

from datetime import date

import pytest

from indicators.authorities import load_directory, normalise_name

DAY = date(2022, 3, 31)
HACKNEY = "E09000012"


@pytest.mark.parametrize(
    "text",
    [
        "E09000012",
        "GB-LAE-HCK",
        "gb-lae-hck",
        "GB-LAC-E09000012",
        "Hackney",
        "London Borough of Hackney",
        "THE LONDON BOROUGH OF HACKNEY",
        "Hackney Council",
        "London Borough of Hackney - Transport",
    ],
)
def test_codes_identifiers_and_spellings_are_one_authority(text: str) -> None:
    authority = load_directory().find_authority(text, DAY)
    assert authority is not None
    assert authority.gss == HACKNEY
    assert authority.identifier == "GB-LAE-HCK"


@pytest.mark.parametrize(
    ("text", "gss"),
    [
        ("Bournemouth, Christchurch & Poole", "E06000058"),
        ("Bristol", "E06000023"),
        ("Kingston upon Hull", "E06000010"),
        ("Southend on Sea", "E06000033"),
        ("St Helens", "E08000013"),
        ("Durham County Council", "E06000047"),
        ("Warwickshire County Council (WCC)", "E10000031"),
        ("East Herts Council", "E07000242"),
        ("Sir Ynys Mon", "W06000001"),
        ("GB-PLA-CRF", "W06000015"),
        ("The City of Edinburgh Council", "S12000036"),
        ("GB-LANI-BFS", "N09000003"),
        ("E08000016", "E08000038"),  # Barnsley's code until 2025
    ],
)
def test_the_spellings_of_registers_are_known(text: str, gss: str) -> None:
    authority = load_directory().find_authority(text, DAY)
    assert authority is not None
    assert authority.gss == gss


@pytest.mark.parametrize("text", ["Thame Town Council", "Kent Police", "Ministry of Defence", "Kentt", "", "E09999999"])
def test_a_body_that_is_not_an_authority_is_not_found(text: str) -> None:
    assert load_directory().find_authority(text, DAY) is None


@pytest.mark.parametrize(
    ("text", "day", "gss"),
    [
        ("Somerset", date(2023, 3, 31), "E10000027"),
        ("Somerset", date(2023, 4, 1), "E06000066"),
        ("North Yorkshire", date(2024, 1, 1), "E06000065"),
        ("Dorset", date(2019, 3, 31), "E10000009"),
        ("Dorset", date(2019, 4, 1), "E06000059"),
        ("Buckinghamshire Council", date(2021, 1, 1), "E06000060"),
        ("Northamptonshire", date(2022, 3, 31), "E10000021"),  # nobody else has the name since
    ],
)
def test_a_name_means_the_authority_that_exists_on_the_day(text: str, day: date, gss: str) -> None:
    authority = load_directory().find_authority(text, day)
    assert authority is not None
    assert authority.gss == gss


def test_an_authority_stands_for_its_predecessors() -> None:
    north = load_directory().by_gss["E06000061"]
    assert {"E06000061", "E10000021", "E07000150"} <= load_directory().related_codes(north, DAY)
    assert "E06000062" not in load_directory().related_codes(north, DAY)


def test_an_authority_that_has_ended_stands_for_its_successors_too() -> None:
    northamptonshire = load_directory().by_gss["E10000021"]
    assert load_directory().related_codes(northamptonshire, date(2021, 3, 31)) == {"E10000021"}
    assert load_directory().related_codes(northamptonshire, date(2021, 4, 1)) == {"E10000021", "E06000061", "E06000062"}


def test_the_authority_on_a_day_is_the_only_successor() -> None:
    table = load_directory()
    assert table.authority_on(table.by_gss["E10000027"], date(2023, 4, 1)).official_name == "Somerset Council"
    assert table.authority_on(table.by_gss["E10000027"], DAY).official_name == "Somerset County Council"
    assert (
        table.authority_on(table.by_gss["E10000006"], date(2024, 1, 1)).official_name == "Cumbria County Council"
    )  # two follow


def test_no_spelling_means_two_authorities_that_are_not_of_one_family() -> None:
    table, late = load_directory(), date(2030, 1, 1)
    for authority in table.by_gss.values():
        for name in (authority.name, authority.official_name, *authority.other_names):
            match = table.find_authority(name, authority.began_on or date(2015, 1, 1))
            assert match is not None
            assert authority.gss in table.related_codes(match, late) or match.gss in table.related_codes(
                authority, late
            ), name


def test_every_successor_is_in_the_table_and_begins_when_the_authority_ends() -> None:
    table = load_directory()
    for authority in table.by_gss.values():
        for gss in authority.successors:
            began_on = table.by_gss[gss].began_on
            assert began_on is None or authority.ended_on is None or began_on <= authority.ended_on


def test_spellings_differ_in_nothing_that_matters() -> None:
    assert normalise_name("The King\N{RIGHT SINGLE QUOTATION MARK}s Lynn & West Norfolk") == normalise_name(
        "kings lynn and west norfolk"
    )
