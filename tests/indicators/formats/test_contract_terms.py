"""The terms of contracts in a release: days, values, and cells that cannot be read."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from indicators.formats.contract_terms import ContractTerms, ReleaseReader
from indicators.formats.ocds import JsonNode

SINCE, UNTIL = date(2022, 2, 1), date(2025, 1, 31)
PERIOD = {"startDate": "2022-02-01", "endDate": "2025-01-31"}


def combined(*contracts: dict[str, Any], tags: frozenset[str] = frozenset()) -> tuple[ContractTerms, list[str]]:
    """The terms of the contracts, and the reasons for cells that could not be read."""
    reader = ReleaseReader()
    reader.tags |= tags
    terms = reader.combined_terms([JsonNode(contract, f"$.contracts[{at}]") for at, contract in enumerate(contracts)])
    return terms, [record.reason for record in reader.records]


def pounds(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "GBP"}


def test_an_award_without_contracts_has_no_terms() -> None:
    assert combined() == (ContractTerms(), [])


def test_contracts_of_an_award_run_from_the_first_day_to_the_last_and_add_up() -> None:
    first = {"period": {"startDate": "2022-02-01", "endDate": "2023-01-31"}, "value": pounds(100)}
    second = {"period": {"startDate": "2023-02-01", "endDate": "2025-01-31"}, "value": pounds(50)}
    terms, reasons = combined(first, second)
    assert terms == ContractTerms(SINCE, UNTIL, Decimal(150), "GBP")
    assert terms.pounds == 150.0
    assert reasons == []


def test_values_in_two_currencies_do_not_add_up() -> None:
    terms, _ = combined({"value": pounds(100)}, {"value": {"amount": 50, "currency": "EUR"}})
    assert terms.amount is None


def test_a_contract_without_an_end_leaves_the_end_of_all_open() -> None:
    terms, _ = combined({"period": PERIOD}, {"period": {"startDate": "2022-03-01"}})
    assert terms.since == SINCE
    assert terms.until is None


@pytest.mark.parametrize(
    ("contract", "tags", "is_ended"),
    [
        ({"status": "active"}, frozenset(), False),
        ({"status": "terminated"}, frozenset(), True),
        ({"status": "cancelled"}, frozenset(), True),
        ({"status": "active"}, frozenset({"contractTermination"}), True),
    ],
)
def test_a_contract_has_ended_by_its_status_or_by_the_tag_of_the_release(
    contract: dict[str, Any], tags: frozenset[str], is_ended: bool
) -> None:
    assert combined(contract, tags=tags)[0].is_ended is is_ended


def test_a_contract_that_is_not_signed_yet_has_no_terms() -> None:
    assert combined({"status": "pending", "period": PERIOD, "value": pounds(5)}) == (ContractTerms(), [])


@pytest.mark.parametrize(
    ("contract", "reason"),
    [
        ({"status": "signed"}, '"signed" is not a contract status of OCDS 1.1'),
        ({"value": pounds(-1)}, "-1 is not an amount that a contract can have"),
        ({"value": {"amount": 5, "currency": "pounds"}}, '"pounds" is not a currency'),
        (
            {"period": {"startDate": "2022-02-01", "endDate": "2021-01-31"}},
            '"2021-01-31" ends the contract before it starts on 2022-02-01',
        ),
        (
            {"period": {"startDate": "2022-02-01", "durationInDays": -3}},
            "-3 is not a number of days that a contract can have",
        ),
    ],
)
def test_a_cell_that_cannot_be_read_is_recorded_with_its_reason(contract: dict[str, Any], reason: str) -> None:
    assert combined(contract)[1] == [reason]


def test_a_wrong_value_leaves_the_days_of_the_contract() -> None:
    terms, reasons = combined({"period": PERIOD, "value": pounds(-1)})
    assert terms == ContractTerms(SINCE, UNTIL)
    assert len(reasons) == 1


def test_a_number_of_days_stands_for_a_missing_last_day() -> None:
    terms, _ = combined({"period": {"startDate": "2022-02-01", "durationInDays": 28}})
    assert terms.until == date(2022, 2, 28)


def test_an_award_states_terms_of_its_own() -> None:
    award = JsonNode({"contractPeriod": PERIOD, "value": pounds(109320)}, "$.awards[0]")
    assert ReleaseReader().award_terms(award) == ContractTerms(SINCE, UNTIL, Decimal(109320))


def test_the_terms_of_the_award_fill_only_the_gaps_of_its_contracts() -> None:
    award = ContractTerms(SINCE, UNTIL, Decimal(100), "EUR")
    contract = ContractTerms(since=date(2022, 3, 1), is_ended=True)
    merged = contract.merge_with(award)
    assert merged == ContractTerms(date(2022, 3, 1), None, Decimal(100), "EUR", is_ended=True)


@pytest.mark.parametrize(("amount", "currency"), [(None, "GBP"), (Decimal(0), "GBP"), (Decimal(5), "EUR")])
def test_a_value_that_is_zero_or_not_in_pounds_is_not_known(amount: Decimal | None, currency: str) -> None:
    assert ContractTerms(amount=amount, currency=currency).pounds is None
