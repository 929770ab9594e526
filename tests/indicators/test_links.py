"""Links end with the list that no longer has the setting, and say how sure they are."""

from datetime import date, timedelta

import pytest

from indicators.ledger.as_of import as_of
from indicators.links import Certainty, buyers_in_force, certainty_of, format_relation, read_links
from indicators.parsed_records import LinkRecord
from models.database import read_session, table_of
from models.subjects import Subject
from models.vocabulary import BuyerKind, DateBasis, Relation
from tests.factories import FILE_DAY, HOME, hosted, listed, load, observed, owned

SECOND, THIRD = FILE_DAY.replace(year=2020), FILE_DAY.replace(year=2021)
OTHER = "GB-OFSTED-SC000002"
AREA, OWNER = "CW-AREA-hackney", "CW-OWNER-a"
FIRST_LIST = [
    listed(),
    listed(OTHER),
    observed(5.0),
    observed(6.0, subject=OTHER),
    hosted(AREA),
    hosted(AREA, home=OTHER),
    owned(OWNER),
    owned(OWNER, subject=OTHER),
]


def of_the_area(engine, day):
    """The settings of the area in force, once by the database and once as of the day."""
    with read_session(engine) as session:
        keys = {row.id: row.key for row in session.execute(table_of(Subject).select())}
        homes = [keys[link.provider_id] for link in buyers_in_force(session, day) if keys[link.commissioner_id] == AREA]
    with as_of(engine, day) as known:
        rows = known.sql(
            "SELECT o.key FROM link JOIN subject s ON s.id = subject_id JOIN subject o ON o.id = object_id "
            "WHERE s.key = $area ORDER BY ALL",
            area=AREA,
        ).fetchall()
    assert sorted(homes) == [key for (key,) in rows]
    return sorted(homes)


def test_a_setting_that_left_the_list_is_in_no_area_any_more(engine):
    load(engine, FIRST_LIST, name="a")
    load(engine, [listed(), observed(7.0, known_on=SECOND)], name="b")
    assert of_the_area(engine, SECOND - timedelta(days=1)) == [HOME, OTHER]
    assert of_the_area(engine, SECOND) == [HOME]


def test_a_setting_that_came_back_is_in_the_area_again(engine):
    load(engine, FIRST_LIST, name="a")
    load(engine, [listed(), observed(7.0, known_on=SECOND)], name="b")
    load(engine, [listed(), listed(OTHER), observed(8.0, known_on=THIRD)], name="c")
    assert of_the_area(engine, SECOND) == [HOME]
    assert of_the_area(engine, THIRD) == [HOME, OTHER]


def test_a_list_without_any_setting_of_the_kind_ends_its_links_only_after_400_days(engine):
    school = listed(OTHER, "Boarding school")
    load(engine, [listed(), school, observed(5.0), hosted(AREA), hosted(AREA, home=OTHER)], name="a")
    load(engine, [listed(), observed(7.0, known_on=SECOND)], name="b")
    load(engine, [listed(), observed(8.0, known_on=THIRD)], name="c")
    assert of_the_area(engine, SECOND) == [HOME, OTHER]
    assert of_the_area(engine, THIRD) == [HOME]


def test_the_list_of_another_register_ends_nothing(engine):
    load(engine, FIRST_LIST, name="a")
    load(engine, [listed(), observed(7.0, known_on=SECOND)], name="b", register="ofsted_social_care")
    assert of_the_area(engine, SECOND) == [HOME, OTHER]


@pytest.mark.parametrize("whose", [AREA, OWNER])
def test_the_page_of_an_area_or_owner_has_ended_links_apart(engine, whose):
    load(engine, FIRST_LIST, name="a")
    load(engine, [listed(), observed(7.0, known_on=SECOND)], name="b")
    found = {
        link.object if link.subject == whose else link.subject: link.ended_on
        for link in read_links(engine, whose, SECOND, audiences=None)
    }
    assert found == {HOME: None, OTHER: SECOND}
    assert {link.ended_on for link in read_links(engine, whose, FILE_DAY, audiences=None)} == {None}


def test_a_setting_that_moved_to_another_owner_or_area_leaves_the_page_of_the_old_one(engine):
    load(engine, FIRST_LIST, name="a")
    moved = [owned("CW-OWNER-b", known_on=SECOND), hosted("CW-AREA-barnet", known_on=SECOND)]
    load(engine, [listed(), listed(OTHER), observed(7.0, known_on=SECOND), *moved], name="b")
    assert [link.subject for link in read_links(engine, OWNER, SECOND, audiences=None)] == [OTHER]
    assert [link.object for link in read_links(engine, AREA, SECOND, audiences=None)] == [OTHER]


def test_the_lists_of_linked_settings_say_nothing_about_the_owner_itself(engine):
    load(engine, FIRST_LIST, name="a")
    load(engine, [listed(), observed(7.0, known_on=SECOND)], name="b")
    with as_of(engine, SECOND, subjects=[OWNER]) as known:
        assert known.sql("SELECT count(*) FROM observation WHERE seq < 0").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("confidence", "certainty", "words"),
    [
        (1.0, Certainty.DECLARED, "The same as"),
        (0.95, Certainty.LIKELY, "Very likely the same as (matched by name)"),
        (0.85, Certainty.LIKELY, "Very likely the same as (matched by name)"),
        (0.5, Certainty.POSSIBLE, "Possibly the same as (matched by name; uncertain)"),
        (0.0, Certainty.POSSIBLE, "Possibly the same as (matched by name; uncertain)"),
    ],
)
def test_a_match_says_how_sure_the_match_is(confidence, certainty, words):
    assert certainty_of(confidence) is certainty
    assert format_relation("The same as", confidence) == words


def test_a_contract_that_has_run_out_is_an_ended_link(engine):
    contract = LinkRecord(
        "GB-LAE-HCK",
        Relation.BUYS_FROM,
        "GB-COH-01234567",
        FILE_DAY,
        DateBasis.STATED,
        BuyerKind.BUYER,
        since=FILE_DAY,
        until=date(2019, 12, 31),
        reference="A",
    )
    load(engine, [contract])
    [before] = read_links(engine, "GB-COH-01234567", date(2019, 12, 31), audiences=None)
    [after] = read_links(engine, "GB-COH-01234567", date(2020, 1, 1), audiences=None)
    assert before.ended_on is None
    assert after.ended_on == date(2020, 1, 1)
