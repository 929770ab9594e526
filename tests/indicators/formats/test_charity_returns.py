"""Annual returns of charities: days, figures and the balance sheet."""

from datetime import date

from indicators.parsed_records import (
    ObservationRecord,
    UnreadableRecord,
)
from indicators.sources import charity_commission
from models.vocabulary import DateBasis
from tests.indicators.sources.charity_rows import (
    END,
    EXTRACTED_ON,
    HISTORY,
    MIDNIGHT,
    START,
    YEAR,
    observed,
    parse,
    unreadable,
    values,
)


def returns(part: str) -> dict[str, str]:
    """A row of part A or B of the annual return, every figure of it 7."""
    layout, _ = charity_commission.TABLES[f"charity_annual_return_{part}"]
    known = {names[0] for names in layout.columns.values()}
    dates = {"ar_due_date": "2023-01-31" + MIDNIGHT, "ar_received_date": "2023-02-14" + MIDNIGHT}
    return dict.fromkeys(sorted(known), "7") | YEAR | dates


def test_figures_of_a_return_are_known_from_the_day_it_came_in() -> None:
    records = parse("charity_annual_return_history", HISTORY)
    income = observed(records, "charity_income")
    assert (income.value, income.known_on, income.known_on_basis) == (2421985, date(2023, 2, 14), DateBasis.STATED)
    assert (income.period_start, income.period_end) == (START, END)
    assert observed(records, "charity_expenditure").value == 2550072
    assert unreadable(records) == []


def test_the_auditors_opinion_is_known_from_the_day_the_accounts_came_in() -> None:
    qualified = observed(parse("charity_annual_return_history", HISTORY), "charity_accounts_qualified")
    assert (qualified.value, qualified.known_on, qualified.period_end) == (True, date(2023, 3, 1), END)


def test_due_and_received_are_days_of_the_same_year_so_that_lateness_can_be_told() -> None:
    records = parse("charity_annual_return_history", HISTORY)
    due, received = observed(records, "annual_return_due_on"), observed(records, "annual_return_received_on")
    assert (due.value, due.known_on, due.known_on_basis) == ("2023-01-31", END, DateBasis.INFERRED)
    assert (received.value, received.known_on, received.known_on_basis) == (
        "2023-02-14",
        date(2023, 2, 14),
        DateBasis.STATED,
    )
    assert due[5:7] == received[5:7] == (START, END)


def test_a_return_that_has_not_come_in_has_only_its_due_date() -> None:
    missing = (
        "date_annual_return_received",
        "date_accounts_received",
        "total_gross_income",
        "total_gross_expenditure",
        "accounts_qualified",
    )
    records = parse("charity_annual_return_history", HISTORY | dict.fromkeys(missing, ""))
    assert values(records) == {"annual_return_due_on": "2023-01-31"}


def test_a_due_date_of_a_year_that_has_not_ended_is_known_from_the_extract() -> None:
    records = parse(
        "charity_annual_return_history",
        HISTORY | {"fin_period_end_date": "2023-12-31", "reporting_due_date": "2024-10-31"},
    )
    assert observed(records, "annual_return_due_on").known_on == EXTRACTED_ON


def test_figures_without_a_day_of_receipt_are_known_from_the_extract() -> None:
    records = parse(
        "charity_annual_return_history",
        HISTORY | {"date_annual_return_received": "", "date_accounts_received": ""},
    )
    income = observed(records, "charity_income")
    assert (income.known_on, income.known_on_basis) == (EXTRACTED_ON, DateBasis.SNAPSHOT)


def test_part_a_gives_government_income() -> None:
    assert values(parse("charity_annual_return_parta", returns("parta"))) == {
        "annual_return_due_on": "2023-01-31",
        "annual_return_received_on": "2023-02-14",
        "charity_income": 7,
        "charity_expenditure": 7,
        "charity_income_government_contracts": 7,
        "charity_income_government_grants": 7,
    }


def test_part_b_gives_flows_of_the_year_and_the_balance_sheet_at_its_end() -> None:
    records = parse("charity_annual_return_partb", returns("partb"))
    figures = [record for record in records if isinstance(record, ObservationRecord) and record.value == 7]
    assert len(figures) == 28
    assert {record.indicator for record in figures if record.period_start is None} == {
        "charity_reserves",
        "charity_fixed_assets",
        "charity_own_use_assets",
        "charity_long_term_investments",
        "charity_current_assets",
        "charity_cash",
        "charity_current_investments",
        "charity_creditors_within_one_year",
        "charity_creditors_after_one_year",
        "charity_liabilities",
        "charity_pension_scheme",
        "charity_net_assets",
        "charity_endowment_funds",
        "charity_restricted_funds",
        "charity_unrestricted_funds",
        "charity_employees",
    }
    assert {record.period_end for record in figures} == {END}


def test_a_pension_deficit_is_negative_and_no_employees_are_not() -> None:
    row = returns("partb") | {"defined_benefit_pension_scheme": "-216464", "count_employees": "-1"}
    records = parse("charity_annual_return_partb", row)
    assert observed(records, "charity_pension_scheme").value == -216464
    assert unreadable(records) == [
        UnreadableRecord(
            "'-1' cannot be right: it is not between 0 and 1,000,000; left out",
            2,
            "publicextract.charity_annual_return_partb.txt: count_employees",
        )
    ]
