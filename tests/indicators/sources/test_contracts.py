"""Contract awards: who buys from whom, for how much, since when it was known."""

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.folder import FolderClient
from indicators.formats import ocds
from indicators.http import RegisterUnreachable
from indicators.parsed_records import (
    ArchiveState,
    AwardChange,
    AwardStatement,
    Document,
    FetchedDocument,
    LinkRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import contracts
from models.vocabulary import BuyerKind, DateBasis, Relation

OCID = "ocds-b5fd17-1"
KNOWN_ON = date(2025, 3, 11)
BUYER = {"id": "GB-CFS-1", "name": "Anyshire Council", "roles": ["buyer"]}
SUPPLIER = {"id": "GB-CFS-2", "name": "Care at Home", "roles": ["supplier"]}


def company(number: str, **more: Any) -> dict[str, Any]:
    """A supplier with what the register says is its company number."""
    return {**SUPPLIER, "identifier": {"scheme": "GB-COH", "id": number}, **more}


def award(*suppliers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{OCID}-1",
        "status": "active",
        "date": "2025-02-04T00:00:00Z",
        "value": {"amount": 109320, "currency": "GBP"},
        "suppliers": [{"id": party["id"], "name": party.get("name")} for party in suppliers or [SUPPLIER]],
        "contractPeriod": {"startDate": "2025-04-01T00:00:00+01:00", "endDate": "2028-03-31T23:59:59+01:00"},
        **changes,
    }


def release(*awards: dict[str, Any], parties: Iterable[Any] = (BUYER, SUPPLIER), **changes: Any) -> dict[str, Any]:
    return {
        "ocid": OCID,
        "id": "r1",
        "date": "2025-03-11T10:07:26Z",
        "tag": ["award"],
        "parties": list(parties),
        "buyer": {"id": BUYER["id"], "name": BUYER["name"]},
        "awards": list(awards) or [award()],
        **changes,
    }


def document(content: bytes, name: str = "contracts/some_releases.jsonl") -> Document:
    return Document("contracts", name, "0" * 64, datetime(2025, 6, 30, tzinfo=UTC), lambda: io.BytesIO(content))


def read(*releases: object, name: str = "contracts/some_releases.jsonl") -> list[Record]:
    content = "\n".join(json.dumps(each) for each in releases)
    return list(contracts.parse(document(content.encode(), name)))


def links(records: Iterable[Record]) -> list[LinkRecord]:
    return [record for record in records if isinstance(record, LinkRecord)]


def events(records: Iterable[Record]) -> list[ObservationRecord]:
    return [r for r in records if isinstance(r, ObservationRecord) and r.indicator == "contract_awarded"]


def oddities(records: Iterable[Record]) -> list[tuple[str, str]]:
    return [(record.reason, record.place) for record in records if isinstance(record, UnreadableRecord)]


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


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2025-07-01T23:30:00Z", date(2025, 7, 2)),
        ("2025-01-31T23:30:00Z", date(2025, 1, 31)),
        ("2025-01-31T24:00:00Z", date(2025, 1, 31)),  # the end of that day
        ("2025-03-31T24:00:00+01:00", date(2025, 3, 31)),
        ("2025-03-31T24:00", date(2025, 3, 31)),
        ("2025-03-31T00:30:00+01:00", date(2025, 3, 31)),
        ("2025-03-31T23:30:00", date(2025, 3, 31)),
        ("2025-03-31", date(2025, 3, 31)),
    ],
)
def test_a_day_is_a_london_day(moment: str, day: date) -> None:
    period = {"startDate": moment}
    assert links(read(release(award(contractPeriod=period))))[0].since == day


def test_a_release_is_known_from_its_london_day() -> None:
    assert links(read(release(date="2025-06-10T23:30:00Z")))[0].known_on == date(2025, 6, 11)


@pytest.mark.parametrize(
    "number", ["04142000", "4142000", " 0414 2000 "], ids=["as registered", "zero lost", "with spaces"]
)
def test_a_supplier_with_a_company_number_is_that_company(number: str) -> None:
    assert links(read(release(parties=[BUYER, company(number)])))[0].object == "GB-COH-04142000"


@pytest.mark.parametrize(
    "party",
    [
        {**SUPPLIER, "id": "GB-COH-oc303525"},
        {
            **SUPPLIER,
            "identifier": {"scheme": "GB-CHC"},
            "additionalIdentifiers": [{"scheme": "GB-COH", "id": "OC303525"}],
        },
    ],
    ids=["in its identifier", "among further identifiers"],
)
def test_a_company_number_is_found_wherever_it_is_stated(party: dict[str, Any]) -> None:
    (link,) = links(read(release(award(party), parties=[BUYER, party])))
    assert link.object == "GB-COH-OC303525"


@pytest.mark.parametrize("number", ["458577871", "00000000", "1234", "N/A", "GB123456789"])
def test_a_number_no_company_can_have_leaves_the_supplier_unidentified(number: str) -> None:
    records = read(release(parties=[BUYER, company(number)]))
    assert links(records)[0].object == "GB-CFS-2"
    ((reason, place),) = oddities(records)
    assert reason.startswith(f"'{number}' is not ")
    assert reason.endswith("the supplier is unidentified")
    assert place == "$.parties[1].identifier.id"


def test_a_party_with_a_nonsense_identifier_has_only_its_name() -> None:
    """GB-COH-458577871, 23 January 2025."""
    party = company("458577871", id="GB-COH-458577871", name="Nominet & Co. (UK)")
    records = read(release(award(party), parties=[BUYER, party]))
    assert links(records)[0].object == "CW-SUPPLIER-nominet-and-co-uk"
    assert len(oddities(records)) == 1


def test_local_identifiers_are_never_subjects() -> None:
    buyer, supplier = {"id": "org-1", "name": "ng homes"}, {"id": "org-2", "name": "ACME Ltd"}
    records = read(release(award(supplier), parties=[buyer, supplier], buyer=buyer))
    assert [(link.subject, link.object) for link in links(records)] == [("CW-BUYER-ng-homes", "CW-SUPPLIER-acme-ltd")]


def test_other_identifiers_stand_as_the_register_has_them() -> None:
    """One buyer has several; which are the same is not guessed here."""
    buyer = {"id": "GB-SRS-sid4gov.cabinetoffice.gov.uk/3A4AmUm4", "name": "Cabinet Office"}
    assert links(read(release(parties=[SUPPLIER], buyer=buyer)))[0].subject == buyer["id"]


def test_a_party_with_neither_identifier_nor_name_is_quarantined_and_the_rest_is_read() -> None:
    records = read(release(award(SUPPLIER, {"id": "org-2"})))
    assert [link.object for link in links(records)] == ["GB-CFS-2"]
    assert [link.value_gbp for link in links(records)] == [None]
    ((reason, place),) = oddities(records)
    assert reason == '{"id": "org-2", "name": null} is a supplier with neither an identifier nor a name'
    assert place == "$.awards[0].suppliers[1]"


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


def test_a_value_shared_by_several_suppliers_is_no_figure_of_any() -> None:
    other = {"id": "GB-CFS-3", "name": "Other"}
    records = read(release(award(SUPPLIER, other), parties=[BUYER, SUPPLIER, other]))
    assert [(link.object, link.value_gbp) for link in links(records)] == [("GB-CFS-2", None), ("GB-CFS-3", None)]
    assert [(event.value, event.verbatim) for event in events(records)] == [(None, "109320")] * 2


def test_a_value_of_zero_is_not_known() -> None:
    records = read(release(award(value={"amount": 0, "currency": "GBP"})))
    assert (links(records)[0].value_gbp, events(records)[0].value, events(records)[0].verbatim) == (None, None, "0")


def test_pence_and_foreign_money_keep_their_words() -> None:
    records = read(release(award(value={"amount": 3380.80, "currency": "EUR"})))
    (event,) = events(records)
    assert (links(records)[0].value_gbp, event.value, event.verbatim, event.unit) == (None, 3380.8, "3380.8", "EUR")


@pytest.mark.parametrize(
    ("value", "reason", "cell"),
    [
        ({"amount": -5, "currency": "GBP"}, "-5 is not an amount that a contract can have", "amount"),
        ({"amount": "5000", "currency": "GBP"}, '"5000" is not a number', "amount"),
        ({"amount": True, "currency": "GBP"}, "true is not a number", "amount"),
        ({"amount": 5000}, "null is not a currency", "currency"),
        ({"amount": 5000, "currency": "£"}, '"\\u00a3" is not a currency', "currency"),
    ],
)
def test_money_that_cannot_be_right_is_quarantined_and_the_link_stays(value: object, reason: str, cell: str) -> None:
    records = read(release(award(value=value)))
    assert oddities(records) == [(reason, f"$.awards[0].value.{cell}")]
    assert [link.value_gbp for link in links(records)] == [None]
    assert [(event.value, event.verbatim) for event in events(records)] == [(None, None)]


def test_an_infinite_amount_is_quarantined() -> None:
    line = json.dumps(release()).replace("109320", "1e999").encode()
    records = list(contracts.parse(document(line)))
    assert [place for _, place in oddities(records)] == ["$.awards[0].value.amount"]


def test_an_award_without_value_and_period_is_still_a_link() -> None:
    records = read(release(award(value=None, contractPeriod=None)))
    (link,) = links(records)
    assert (link.value_gbp, link.since, link.until, oddities(records)) == (None, None, None, [])


@pytest.mark.parametrize(
    ("period", "since", "reason", "cell"),
    [
        (
            {"startDate": "2025-04-01", "endDate": "2024-04-01"},
            None,
            '"2024-04-01" ends the contract before it starts on 2025-04-01',
            "endDate",
        ),
        ({"startDate": "2025-04-01", "endDate": "soon"}, date(2025, 4, 1), '"soon" is not a date', "endDate"),
        ({"startDate": "0001-01-01T00:00:00Z"}, None, '"0001-01-01T00:00:00Z" is not a plausible date', "startDate"),
    ],
)
def test_a_period_that_cannot_be_right_is_quarantined_and_the_link_stays(
    period: object, since: date | None, reason: str, cell: str
) -> None:
    records = read(release(award(contractPeriod=period)))
    assert [(link.since, link.until) for link in links(records)] == [(since, None)]
    assert oddities(records) == [(reason, f"$.awards[0].contractPeriod.{cell}")]


def test_an_award_cannot_be_made_after_it_was_published() -> None:
    """22 August 2025 for an award published on 11 March."""
    records = read(release(award(date="2025-08-22T00:00:00+01:00")))
    assert [event.period_end for event in events(records)] == [KNOWN_ON]
    assert [place for _, place in oddities(records)] == ["$.awards[0].date"]


def test_a_cancelled_award_ends_its_link_and_is_no_event() -> None:
    records = read(release(award(status="cancelled", contractPeriod={"startDate": "2025-01-01"})))
    assert [(link.since, link.until, link.value_gbp) for link in links(records)] == [(date(2025, 1, 1), KNOWN_ON, None)]
    assert events(records) == []


@pytest.mark.parametrize("status", ["pending", "unsuccessful"])
def test_an_award_to_nobody_says_nothing(status: str) -> None:
    assert links(read(release(award(status=status, suppliers=[])))) == []


@pytest.mark.parametrize(
    ("change", "reason", "place"),
    [
        ({"status": "won"}, '"won" is not an award status of OCDS 1.1', "$.awards[0].status"),
        ({"suppliers": []}, "[] is not a supplier", "$.awards[0].suppliers"),
        ({"suppliers": "ACME"}, '"ACME" is not a list', "$.awards[0].suppliers"),
        ({"id": None}, "null is not an identifier; without one the award could not be corrected", "$.awards[0].id"),
    ],
)
def test_an_award_that_cannot_be_read_is_quarantined_and_the_next_is_read(
    change: dict[str, Any], reason: str, place: str
) -> None:
    records = read(release(award(**change), award(id=f"{OCID}-2")))
    assert oddities(records) == [(reason, place)]
    assert [link.reference for link in links(records)] == [f"{OCID}-2"]


def test_an_award_numbered_within_its_process_is_told_apart_from_those_of_others() -> None:
    """The process is used again, and its awards are counted from 1 again: the day of the award tells them apart."""
    assert links(read(release(award(id=1))))[0].reference == f"{OCID}/1/2025-02-04"
    assert links(read(release(award(id=1, date=None))))[0].reference == f"{OCID}/1"


def test_without_a_buyer_the_award_is_still_an_event() -> None:
    records = read(release(buyer=None))
    assert (len(links(records)), len(events(records))) == (0, 1)
    assert oddities(records) == [("null is not a buyer; the suppliers are linked to nobody", "$.buyer")]


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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"ocid": ', "not JSON: Expecting value at character 11; get the file again"),
        (b'{"ocid": NaN}', "not JSON: NaN is not a number there; get the file again"),
        (b'{"ocid": "\xe9"}', "not UTF-8 from byte 11 on; get the file again"),
        (b"[" * 100_000, "not a release: nested too deeply"),
        (b'{"records": []}', "neither an OCDS release nor a package: no 'ocid' and no 'releases'"),
        (b"[1]", "[1] is not an object"),
        (b'{"releases": {}}', "{} is not a list"),
        (b'{"releases": [null]}', "null is not a release"),
        (b'{"releases": ["x"]}', '"x" is not an object'),
        (b'{"ocid": "x", "awards": 1}', "1 is not a list"),
    ],
)
def test_a_line_that_is_no_release_is_quarantined_and_the_next_is_read(content: bytes, reason: str) -> None:
    records = list(contracts.parse(document(content + b"\n\n" + json.dumps(release()).encode())))
    assert [(r.line, r.reason) for r in records if isinstance(r, UnreadableRecord)] == [(1, reason)]
    assert [link.line for link in links(records)] == [3]


@pytest.mark.parametrize("name", ["contracts/a_releases.jsonl", "contracts/contracts_finder_2025-03-11_001.json"])
def test_a_document_of_zero_bytes_is_quarantined(name: str) -> None:
    assert list(contracts.parse(document(b"", name))) == [UnreadableRecord("empty: zero bytes; get the file again")]


def test_a_line_too_large_is_quarantined_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(release()).encode()
    monkeypatch.setattr(ocds, "MAX_BYTES", len(line) + 1)
    records = list(contracts.parse(document(b"x" * 3 * len(line) + b"\n" + line + b"\n")))
    assert [r for r in records if isinstance(r, UnreadableRecord)] == [
        UnreadableRecord(
            f"{3 * len(line) + 1:,} bytes of JSON in one piece, more than {len(line) + 1:,}; split it into releases", 1
        )
    ]
    assert [link.line for link in links(records)] == [2]


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


def test_a_byte_order_mark_does_no_harm() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(release()).encode()
    assert len(links(contracts.parse(document(content)))) == 1


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


def stated(records: Iterable[Record]) -> list[AwardStatement]:
    return [record for record in records if isinstance(record, AwardStatement)]


def changed(records: Iterable[Record]) -> list[AwardChange]:
    return [record for record in records if isinstance(record, AwardChange)]


def test_two_awards_under_one_identifier_of_a_release_are_two() -> None:
    other = award(id=1, value={"amount": 250000, "currency": "GBP"})
    records = read(release(award(id=1), other))
    first, second = f"{OCID}/1/2025-02-04", f"{OCID}/1/2025-02-04/2"
    assert [(link.reference, link.value_gbp) for link in links(records)] == [(first, 109320.0), (second, 250000.0)]
    assert [(event.occurrence, event.value) for event in events(records)] == [(first, 109320.0), (second, 250000.0)]
    [statement] = stated(records)
    assert statement.links == {("GB-CFS-2", first), ("GB-CFS-2", second)}
    assert oddities(records) == [
        ("1 is the identifier of another award of the release too; each is counted", "$.awards[1].id")
    ]


def test_the_same_award_twice_in_a_release_is_one() -> None:
    records = read(release(award(id=1), award(id=1)))
    assert len(links(records)) == len(events(records)) == 1
    [(reason, _)] = oddities(records)
    assert reason == "1 is the identifier of an award that is in the release already, word for word"


@pytest.mark.parametrize("tags", [["award"], ["award", "contract"], ["awardUpdate"], ["contract", "awardUpdate"]])
def test_an_award_of_an_update_corrects_what_is_known(tags: list[str]) -> None:
    [statement] = stated(read(release(award(id=1), tag=tags)))
    assert statement.award == f"{OCID}/1"
    assert statement.is_update is ("award" not in tags)


def test_an_unreadable_supplier_ends_no_other_link() -> None:
    assert stated(read(release(award(SUPPLIER, {"id": "org-2"})))) == []


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


def contract(**changes: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "awardID": f"{OCID}-1",
        "status": "active",
        "value": {"amount": 500000, "currency": "GBP"},
        "period": {"startDate": "2025-05-01T00:00:00+01:00", "endDate": "2027-04-30T23:59:59+01:00"},
        **changes,
    }


def test_days_and_value_may_stand_in_the_contract_alone() -> None:
    records = read(release(award(value=None, contractPeriod=None), contracts=[contract()]))
    [link], [event] = links(records), events(records)
    assert (link.since, link.until, link.value_gbp) == (date(2025, 5, 1), date(2027, 4, 30), 500000.0)
    assert (event.value, event.verbatim) == (500000.0, "500000")


def test_the_contract_counts_where_the_award_says_otherwise_and_the_award_where_it_says_nothing() -> None:
    [link] = links(read(release(award(), contracts=[contract(value=None)])))
    assert (link.since, link.until, link.value_gbp) == (date(2025, 5, 1), date(2027, 4, 30), 109320.0)
    [link] = links(read(release(award(), contracts=[contract(period=None)])))
    assert (link.since, link.until, link.value_gbp) == (date(2025, 4, 1), date(2028, 3, 31), 500000.0)


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


def test_a_release_with_contracts_alone_changes_their_award() -> None:
    records = read(release(tag=["contractAmendment"], awards=[], contracts=[contract(value=None)]))
    assert changed(records) == [
        AwardChange(
            "GB-CFS-1",
            f"{OCID}-1",
            KNOWN_ON,
            DateBasis.STATED,
            date(2025, 5, 1),
            date(2027, 4, 30),
            None,
            line=1,
            place="$.contracts[0]",
        )
    ]
    assert links(records) == []
    assert events(records) == []


@pytest.mark.parametrize("says", [{"tag": ["contractTermination"]}, {"contracts": [contract(status="terminated")]}])
def test_a_termination_ends_the_award_on_that_day(says: dict[str, Any]) -> None:
    [change] = changed(read(release(**{"tag": ["contractUpdate"], "awards": [], "contracts": [contract()]} | says)))
    assert change.until == KNOWN_ON


def test_an_update_without_suppliers_changes_its_award() -> None:
    bare = award(suppliers=None, value={"amount": 5, "currency": "GBP"})
    [change] = changed(read(release(bare, tag=["awardUpdate"])))
    assert (change.award, change.until, change.value_gbp) == (f"{OCID}-1", date(2028, 3, 31), 5.0)


def test_a_contract_of_no_award_is_said() -> None:
    records = read(release(awards=[], contracts=[contract(awardID=None)]))
    assert oddities(records) == [
        ("null is not an award; without one the contract belongs to nobody", "$.contracts[0].awardID")
    ]


# --- who a supplier is


@pytest.mark.parametrize(
    ("identifier", "subject"),
    [
        ({"scheme": "GB-CHC", "id": "1068298"}, "GB-CHC-1068298"),
        ({"scheme": " gb-chc ", "id": " 1068298 "}, "GB-CHC-1068298"),
        ({"scheme": "GB-CHC", "id": "GB-CHC-1068298"}, "GB-CHC-1068298"),
        ({"scheme": "gb-coh", "id": "4142000"}, "GB-COH-04142000"),
        ({"scheme": "GB-COH", "id": "gb-coh-04142000"}, "GB-COH-04142000"),
        ({"scheme": "GB-SC", "id": "sc 012345"}, "GB-SC-SC012345"),
        ({"scheme": "GB-NIC", "id": "NIC100012"}, "GB-NIC-100012"),
        ({"scheme": "GB-NHS", "id": "ryq"}, "GB-NHS-RYQ"),
        ({"scheme": "GB-OFSTED", "id": "SC059639"}, "GB-OFSTED-SC059639"),
        ({"scheme": "GB-UKPRN", "id": "10012345"}, "GB-UKPRN-10012345"),
        ({"scheme": "GB-UKPRN", "id": "00000000"}, "CW-SUPPLIER-care-at-home"),
        ({"scheme": "GB-CHC", "id": "1234567"}, "CW-SUPPLIER-care-at-home"),
        ({"scheme": "GB-COH", "id": "12345678"}, "CW-SUPPLIER-care-at-home"),
        ({"scheme": "GB-COH", "id": "99999999"}, "CW-SUPPLIER-care-at-home"),
        ({"scheme": "VAT", "id": "123"}, "CW-SUPPLIER-care-at-home"),
    ],
)
def test_a_supplier_is_who_its_number_says_though_its_party_is_only_known_within_the_release(
    identifier: dict[str, str], subject: str
) -> None:
    party = {**SUPPLIER, "id": "s1", "identifier": identifier}
    assert links(read(release(award(party), parties=[BUYER, party])))[0].object == subject


def test_the_charity_of_a_supplier_counts_before_the_publisher_s_own_number() -> None:
    party = {**SUPPLIER, "additionalIdentifiers": [{"scheme": "GB-CHC", "id": "1068298"}]}
    assert links(read(release(parties=[BUYER, party])))[0].object == "GB-CHC-1068298"


@pytest.mark.parametrize("name", ["N/A", "-", "Unknown", "TBC", "0", "Not applicable"])
def test_a_name_that_stands_for_none_is_no_supplier(name: str) -> None:
    party = {"id": "s1", "name": name}
    records = read(release(award(party), parties=[BUYER, party]))
    assert links(records) == []
    assert len(oddities(records)) == 1
