"""OCDS releases: lines, days, parties."""

import json
from datetime import date
from typing import Any

import pytest

from indicators.formats import ocds
from indicators.parsed_records import (
    UnreadableRecord,
)
from indicators.sources import contracts
from tests.indicators.sources.releases import (
    BUYER,
    SUPPLIER,
    award,
    company,
    document,
    links,
    oddities,
    read,
    release,
)


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


def test_a_byte_order_mark_does_no_harm() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(release()).encode()
    assert len(links(contracts.parse(document(content)))) == 1


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
