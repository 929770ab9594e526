"""Awards and their contracts: links, events, changes."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from indicators.parsed_records import (
    AwardChange,
    AwardStatement,
    ObservationRecord,
    Record,
)
from indicators.sources import contracts
from models.vocabulary import DateBasis
from tests.indicators.sources.releases import (
    BUYER,
    KNOWN_ON,
    OCID,
    SUPPLIER,
    award,
    contract,
    document,
    links,
    oddities,
    read,
    release,
)


def events(records: Iterable[Record]) -> list[ObservationRecord]:
    return [r for r in records if isinstance(r, ObservationRecord) and r.indicator == "contract_awarded"]


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
