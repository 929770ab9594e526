"""Contract awards: who buys from whom, for how much, since when it was known."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.folder import FolderClient
from indicators.http import RegisterUnreachable
from indicators.parsed_records import (
    ArchiveState,
    AwardStatement,
    Document,
    FetchedDocument,
    LinkRecord,
    ObservationRecord,
    UnreadableRecord,
)
from indicators.sources import contracts
from models.vocabulary import BuyerKind, DateBasis, Relation
from tests.indicators.sources.releases import (
    BUYER,
    KNOWN_ON,
    OCID,
    SUPPLIER,
    award,
    company,
    contract,
    links,
    oddities,
    read,
    release,
)


def test_an_award_says_who_buys_from_whom_and_is_an_event_of_the_supplier() -> None:
    common = {"known_on": KNOWN_ON, "known_on_basis": DateBasis.STATED, "line": 1}
    assert read(release()) == [
        ObservationRecord(
            "GB-CFS-1", "name", "Anyshire Council", occurrence="contracts", place="$.parties[0].name", **common
        ),
        ObservationRecord(
            "GB-CFS-2", "name", "Care at Home", occurrence="contracts", place="$.parties[1].name", **common
        ),
        LinkRecord(
            "GB-CFS-1",
            Relation.BUYS_FROM,
            "GB-CFS-2",
            kind=BuyerKind.BUYER,
            since=date(2025, 4, 1),
            until=date(2028, 3, 31),
            reference=f"{OCID}-1",
            value_gbp=109320.0,
            place="$.awards[0]",
            **common,
        ),
        ObservationRecord(
            "GB-CFS-2",
            "contract_awarded",
            109320.0,
            period_end=date(2025, 2, 4),
            occurrence=f"{OCID}-1",
            verbatim="109320",
            place="$.awards[0].value.amount",
            **common,
        ),
        AwardStatement(
            "GB-CFS-1", f"{OCID}-1", f"{OCID}-1", frozenset({("GB-CFS-2", f"{OCID}-1")}), place="$.awards[0]", **common
        ),
    ]


def test_a_package_of_releases_reads_like_its_releases() -> None:
    package = {"releases": [release(tag=["tender"], awards=[]), release()], "links": {}}
    (as_line,) = links(read(package))
    (as_document,) = links(read(package, name="contracts/contracts_finder_2025-03-11_001.json"))
    assert as_line == as_document._replace(line=1)
    assert as_document.place == "$.releases[1].awards[0]"


def test_plans_and_tenders_say_nothing_and_are_no_error() -> None:
    """Public Contracts Scotland gives tenders whose parties are only known within their release."""
    local = {"id": "org-1", "name": "ng homes", "roles": ["buyer"]}
    assert read({"ocid": "ocds-r6ebe6-1", "tag": ["tender"], "parties": [local], "buyer": local}) == []


def test_contacts_are_never_read() -> None:
    contact = {**SUPPLIER, "contactPoint": {"name": "Jane Doe", "email": "jane@example.org"}}
    assert "Jane" not in repr(read(release(parties=[BUYER, contact])))


def test_the_later_release_of_a_day_is_read_last_wherever_it_stands() -> None:
    """11 March 2025: an award of 10,932,000 corrected to 109,320 after six minutes, one line further up."""
    wrong = award(value={"amount": 10932000, "currency": "GBP"})
    records = read(release(date="2025-03-11T10:07:26Z"), release(wrong, date="2025-03-11T10:01:01Z"))
    assert [(link.value_gbp, link.reference, link.line) for link in links(records)] == [
        (10932000.0, f"{OCID}-1", 2),
        (109320.0, f"{OCID}-1", 1),
    ]


def test_packages_are_read_in_order_of_time_too() -> None:
    days = [f"2025-03-{day:02}T10:00:00Z" for day in range(10, 0, -1)]
    records = read(*({"releases": [release(date=day), release(date=day[:-2] + "1Z")]} for day in days))
    assert [link.known_on.day for link in links(records)] == [day for day in range(1, 11) for _ in range(2)]


def test_a_release_is_known_from_its_london_day() -> None:
    assert links(read(release(date="2025-06-10T23:30:00Z")))[0].known_on == date(2025, 6, 11)


def test_one_company_under_two_names_is_one_supplier() -> None:
    """Dennis Eagle, twice in one award of 11 March 2025: the first name stands, and its value is not shared."""
    first, second = company("03794455", name="Dennis Eagle (t/a Terberg)"), company("03794455", name="Dennis Eagle")
    records = read(release(award(first, second), parties=[BUYER, first, second]))
    assert [(link.object, link.value_gbp) for link in links(records)] == [("GB-COH-03794455", 109320.0)]
    assert [r.value for r in records if isinstance(r, ObservationRecord) and r.indicator == "name"][1:] == [
        first["name"]
    ]


def test_misencoded_text_stays_as_it_is() -> None:
    party = {**SUPPLIER, "name": "KÃ¤rcher â€¯Ltd"}
    names = [r.value for r in read(release(parties=[BUYER, party])) if isinstance(r, ObservationRecord)]
    assert names[1] == "KÃ¤rcher â€¯Ltd"


@pytest.mark.parametrize("name", ["half \ud800", "nul \0"])
def test_text_that_no_database_can_keep_is_quarantined_and_the_link_stays(name: str) -> None:
    records = read(release(parties=[BUYER, {**SUPPLIER, "name": name}]))
    assert [place for _, place in oddities(records)] == ["$.parties[1].name"]
    assert len(links(records)) == 1


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (None, "null is not a date; without a date the release cannot be dated"),
        ("2025-07-01T10:00:00Z", '"2025-07-01T10:00:00Z" is in the future: the document was fetched on 2025-06-30'),
        ("yesterday", '"yesterday" is not a date'),
        ("2025-03-31T24:30:00Z", '"2025-03-31T24:30:00Z" is not a date'),
    ],
)
def test_a_release_of_no_known_day_is_quarantined(moment: str | None, reason: str) -> None:
    assert read(release(date=moment)) == [UnreadableRecord(reason, 1, "$.date")]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        yield from places(item)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda items: st.lists(items, max_size=2) | st.dictionaries(st.sampled_from(["id", "name", "amount"]), items),
    max_leaves=3,
)


@settings(max_examples=300)
@given(st.data())
def test_whatever_stands_in_its_place_a_release_is_read_or_quarantined(data: st.DataObject) -> None:
    broken = deepcopy(release(award(company("1")), parties=[BUYER, company("04142000")]))
    container, key = data.draw(st.sampled_from(list(places(broken))))
    container[key] = data.draw(ANY_JSON)
    for record in read(broken):
        assert all("\0" not in part and part.encode() for part in record if isinstance(part, str) and part)


class ContractsFinder:
    """A stub of the register's search: lists newest first, pages by a cursor."""

    is_folder = False
    search = "https://www.contractsfinder.service.gov.uk/Published/Notices/OCDS/Search"

    def __init__(self, **days: list[list[str]]) -> None:
        self.days = {day.removeprefix("d").replace("_", "-"): pages for day, pages in days.items()}
        self.asked: list[str] = []
        self.following = f"{self.search}?cursor="

    def get_json(self, address: str) -> object:
        newest = max(moment for pages in self.days.values() for page in pages for moment in page)
        return {"releases": [{"date": newest}]}

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> FetchedDocument:
        self.asked.append(address)
        cursor = address.partition("cursor=")[2]
        day, page = (cursor[:10], int(cursor[10:])) if cursor else (address.partition("From=")[2][:10], 0)
        pages = self.days.get(day, [[]])
        links = {"next": f"{self.following}{day}{page + 1}"} if page + 1 < len(pages) else {}
        content = json.dumps({"releases": [{"date": moment} for moment in pages[page]], "links": links})
        return FetchedDocument(name, address, lambda: io.BytesIO(content.encode()))

    def files(self, *patterns: str) -> Iterator[FetchedDocument]:
        raise AssertionError("the web has no files")


def test_the_web_is_asked_day_by_day_since_the_newest_day_held() -> None:
    register = ContractsFinder(
        d2025_03_09=[["2025-03-09T10:00:00Z"]], d2025_03_11=[["2025-03-11T10:00:00Z"]], d2025_03_01=[["2025-03-01"]]
    )
    held = {f"{register.search}?publishedFrom=2025-03-0{day}T00:00:00&limit=100": (None, None) for day in (8, 9)}
    since = ArchiveState(validators={**held, "/registers/contracts/a_releases.jsonl": (None, None)})
    fetched = list(contracts.fetch(register, since))
    assert [document.name for document in fetched] == [
        "contracts/contracts_finder_2025-03-09_001.json",
        "contracts/contracts_finder_2025-03-11_001.json",
    ]
    assert len(register.asked) == 3
    assert register.asked[0] == (
        f"{register.search}?publishedFrom=2025-03-09T00:00:00&publishedTo=2025-03-10T00:00:00&stages=award&limit=100"
    )


def test_the_pages_of_a_day_are_given_oldest_first() -> None:
    pages = [["2025-03-11T12:00:00Z", "2025-03-11T11:00:00Z"], ["2025-03-11T10:00:00Z"], ["2025-03-11T09:00:00Z"]]
    register = ContractsFinder(d2025_03_11=pages)
    since = ArchiveState(validators={f"{register.search}?publishedFrom=2025-03-11T00:00:00": (None, None)})
    fetched = list(contracts.fetch(register, since))
    dates = []
    for number, document in enumerate(fetched, start=1):
        assert document.name == f"contracts/contracts_finder_2025-03-11_00{number}.json"
        with document.open() as stream:
            dates.append([release["date"] for release in json.load(stream)["releases"]])
    assert dates == pages[::-1]


def test_the_first_pull_goes_back_a_year() -> None:
    register = ContractsFinder(d2025_03_11=[["2025-03-11T10:00:00Z"]])
    assert len(list(contracts.fetch(register, ArchiveState()))) == 1
    assert "publishedFrom=2024-03-11T" in register.asked[0]
    assert len(register.asked) == 366


def test_a_page_that_leads_elsewhere_is_not_followed() -> None:
    register = ContractsFinder(d2025_03_11=[["2025-03-11T10:00:00Z"], ["2025-03-11T09:00:00Z"]])
    register.following = "https://elsewhere.test/?cursor="
    with pytest.raises(RegisterUnreachable, match=r"unexpected answer: \$.links.next leads to another place"):
        list(contracts.fetch(register, ArchiveState()))
    assert "elsewhere" not in " ".join(register.asked)


def test_pages_in_a_circle_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "PAGES_A_DAY", 2)
    register = ContractsFinder(d2025_03_11=[["2025-03-11T10:00:00Z"]] * 3)
    with pytest.raises(RegisterUnreachable, match="goes on after 2 pages"):
        list(contracts.fetch(register, ArchiveState()))


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"releases": [{"date": "soon"}]}'])
def test_an_answer_of_another_shape_is_said_and_the_day_left_out(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = ContractsFinder(d2025_03_11=[["2025-03-11T10:00:00Z"]])
    monkeypatch.setattr(
        register, "get", lambda address, name, since=None: FetchedDocument(name, address, lambda: io.BytesIO(content))
    )
    with pytest.raises(RegisterUnreachable, match=r"Search\?publishedFrom=2024-03-11.*: unexpected answer: \$"):
        list(contracts.fetch(register, ArchiveState()))


def test_a_register_without_releases_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    register = ContractsFinder()
    monkeypatch.setattr(register, "get_json", lambda address: {"releases": []})
    with pytest.raises(RegisterUnreachable, match="has no release"):
        list(contracts.fetch(register, ArchiveState()))


@pytest.mark.registers
def test_real_releases_give_what_was_counted_by_hand(registers: Path) -> None:
    client = FolderClient(registers)
    fetched = {document.name: document for document in contracts.fetch(client, ArchiveState())}
    assert sorted(fetched) == [
        "contracts/contracts_finder_releases.jsonl",
        "contracts/public_contracts_scotland_releases.jsonl",
    ]
    scotland, england = (
        list(contracts.parse(Document("contracts", name, "", datetime(2025, 6, 30, tzinfo=UTC), fetched[name].open)))
        for name in sorted(fetched, reverse=True)
    )
    assert scotland == []
    assert Counter(type(record).__name__ for record in england) == {
        "ObservationRecord": 489,
        "LinkRecord": 193,
        "AwardStatement": 104,
        "UnreadableRecord": 2,
    }
    suppliers = {link.object for link in links(england)}
    assert Counter(subject.split("-")[1] for subject in suppliers) == {"CFS": 114, "COH": 63, "SUPPLIER": 1}
    assert sorted(place for _, place in oddities(england)) == ["$.awards[0].date", "$.parties[1].identifier.id"]
    corrected = [link for link in links(england) if link.reference.startswith("ocds-b5fd17-09a309a3")]
    assert [link.value_gbp for link in corrected] == [10932000.0, 109320.0]


@pytest.mark.registers
def test_the_real_package_reads_like_its_line(registers: Path) -> None:
    (fetched,) = FolderClient(registers).files("contracts/release_package_example.json")
    records = list(
        contracts.parse(Document("contracts", fetched.name, "", datetime(2025, 6, 30, tzinfo=UTC), fetched.open))
    )
    assert [(link.subject, link.object, link.value_gbp) for link in links(records)] == [
        ("GB-CFS-18525", "GB-CFS-307567", 93007.0)
    ]


# --- awards under one identifier, and what later releases say


@pytest.mark.parametrize(
    ("period", "until"),
    [
        ({"startDate": "2025-04-01T00:00:00+01:00", "durationInDays": 730}, date(2027, 3, 31)),
        ({"startDate": "2025-04-01T00:00:00+01:00", "durationInDays": 1}, date(2025, 4, 1)),
        ({"startDate": "2025-04-01", "endDate": "2025-06-30", "durationInDays": 730}, date(2025, 6, 30)),
        ({"durationInDays": 730}, None),
        ({"startDate": "2025-04-01", "durationInDays": 0}, None),
        ({"startDate": "2025-04-01", "durationInDays": 10**12}, None),
        ({"startDate": "2025-04-01", "durationInDays": -3}, None),
    ],
)
def test_a_period_ends_by_its_last_day_or_by_its_number_of_days(period: dict[str, Any], until: date | None) -> None:
    assert links(read(release(award(contractPeriod=period))))[0].until == until


def test_several_contracts_of_an_award_run_from_the_first_day_to_the_last() -> None:
    later = contract(id="2", period={"startDate": "2026-01-01", "endDate": "2029-12-31"})
    [link] = links(read(release(award(), contracts=[contract(), later])))
    assert (link.since, link.until, link.value_gbp) == (date(2025, 5, 1), date(2029, 12, 31), 1000000.0)


def test_a_contract_that_is_not_signed_yet_says_nothing() -> None:
    [link] = links(read(release(award(), contracts=[contract(status="pending")])))
    assert (link.until, link.value_gbp) == (date(2028, 3, 31), 109320.0)


@pytest.mark.parametrize("status", ["terminated", "cancelled"])
def test_a_contract_that_has_ended_ends_by_the_day_of_the_release(status: str) -> None:
    [link] = links(read(release(award(), contracts=[contract(status=status)])))
    assert link.until == KNOWN_ON
    early = contract(status=status, period={"startDate": "2025-01-01", "endDate": "2025-02-28"})
    [link] = links(read(release(award(), contracts=[early])))
    assert link.until == date(2025, 2, 28)


# --- who a supplier is
