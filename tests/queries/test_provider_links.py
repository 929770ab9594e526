"""Links of a provider: with names and documents, and only those known by the day."""

from datetime import date

from sqlalchemy import Engine

from queries.provider_links import describe_relation, read_provider_links
from tests.factories import FILE_DAY, HOME, load, observed, owned


def test_a_link_has_names_and_its_document(engine: Engine) -> None:
    load(engine, [owned("CW-OWNER-a"), observed("Sunny House", indicator="name")], name="owners.csv")
    [link] = read_provider_links(engine, HOME, FILE_DAY, audiences=None)
    assert link["subject_name"] == "Sunny House"
    assert link["object"] == "CW-OWNER-a"
    assert link["document"] == "owners.csv"
    assert link["is_in_force"]
    assert describe_relation(link, HOME) == "Owned by"
    assert describe_relation(link, "CW-OWNER-a") == "Owns"


def test_a_link_that_becomes_known_later_is_left_out(engine: Engine) -> None:
    load(engine, [owned("CW-OWNER-a")])
    assert read_provider_links(engine, HOME, date(2000, 1, 1), audiences=None) == []
