"""The roles of a stage become bodies by the provider's links."""

from datetime import date

import pytest

from casework.bodies import Body, LinkedBody, bodies_to_notify, body_titles
from casework.kinds import WrongCasework
from regimes.roles import PROVIDER_ROLES, ROLES, NotifiedRole
from tests.factories import FILE_DAY, HOME, hosted, load, observed, owned

DAY = date(2022, 3, 31)
AREA = LinkedBody("buys_from", "host_area", False, "CW-AREA-kent", "Kent", 1.0)
COUNCIL = LinkedBody("buys_from", "buyer", False, "GB-CFS-1", "London Borough of Camden", 1.0)
DEPARTMENT = LinkedBody("buys_from", "buyer", False, "GB-GOR-X1", "Ministry of Parks", 1.0)
OWNER = LinkedBody("owned_by", "", True, "CW-OWNER-acorn", "Acorn Ltd", 1.0)
OWNED = LinkedBody("owned_by", "", False, "GB-OFSTED-1", "A home of its own", 1.0)
ALL = (AREA, COUNCIL, DEPARTMENT, OWNER, OWNED)


def told(role: str, *linked: LinkedBody) -> list[str]:
    return [
        body.describe_with_role() for body in bodies_to_notify([role], linked, provider="GB-X-1", name="Alder", day=DAY)
    ]


@pytest.mark.parametrize(
    ("role", "bodies"),
    [
        ("council of the area", ["Kent County Council (GB-LAE-KEN), council of the area"]),
        ("placing councils", ["London Borough of Camden (GB-LAE-CMD), placing councils"]),
        ("departments with contracts", ["Ministry of Parks (GB-GOR-X1), departments with contracts"]),
        ("buyers", ["London Borough of Camden (GB-LAE-CMD), buyers", "Ministry of Parks (GB-GOR-X1), buyers"]),
        ("owner", ["Acorn Ltd (CW-OWNER-acorn), owner"]),
        ("the provider", ["Alder (GB-X-1), the provider"]),
        ("Cabinet Office", ["Cabinet Office"]),
    ],
)
def test_a_role_is_filled_by_the_links(role: str, bodies: list[str]) -> None:
    assert told(role, *ALL) == bodies


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_that_no_link_fills_says_why(role: NotifiedRole) -> None:
    [body] = bodies_to_notify([role], [], provider="GB-X-1", name="Alder", day=DAY)
    assert not body.is_known
    assert body.title == f"{role}: not known: {ROLES[role].unknown_reason}"


def test_an_uncertain_match_fills_no_role() -> None:
    [said] = told("owner", OWNER._replace(confidence=0.5))
    assert said.startswith("owner: not known: ")


def test_a_council_that_has_ended_is_its_successor() -> None:
    area = AREA._replace(key="CW-AREA-buckinghamshire-county", name="Buckinghamshire County Council")
    assert told("council of the area", area) == ["Buckinghamshire Council (GB-LAE-BUC), council of the area"]


def test_one_council_under_two_identifiers_is_named_once() -> None:
    assert len(told("placing councils", COUNCIL, COUNCIL._replace(key="GB-LAE-CMD"))) == 1


def test_every_word_is_a_role_or_a_national_body() -> None:
    national = [word for word in NotifiedRole if word not in ROLES and word not in PROVIDER_ROLES]
    assert all(word[0].isupper() for word in national)


def test_what_a_person_writes_becomes_bodies(engine) -> None:
    load(
        engine,
        [observed("Kent", subject="CW-AREA-kent", indicator="name"), hosted("CW-AREA-kent"), owned("CW-OWNER-a")],
    )
    more = {"is_notified": True, "audiences": None}
    assert body_titles(engine, HOME, "Council of the area", FILE_DAY, **more) == ["Kent County Council (GB-LAE-KEN)"]
    assert body_titles(engine, HOME, "The mayor", FILE_DAY, **more) == ["The mayor"]
    with pytest.raises(WrongCasework, match="placing councils: not known"):
        body_titles(engine, HOME, "placing councils", FILE_DAY, **more)
    [still_to_tell] = body_titles(engine, HOME, "placing councils", FILE_DAY, is_notified=False, audiences=None)
    assert still_to_tell.startswith("placing councils: not known")


def test_a_national_body_is_named_without_its_role_twice() -> None:
    assert Body("Ofsted", "Ofsted").describe_with_role() == "Ofsted"
