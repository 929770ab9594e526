"""Reads annual returns of charities: the days on which each was due and came in, income, spending, balance sheet."""

from collections.abc import Iterator
from datetime import date, timedelta

from indicators.formats.cells import (
    TableField,
    parse_day_between,
    parse_flag,
    parse_whole_number,
    read_cell,
    read_observations,
)
from indicators.formats.tables import Layout, TableRow
from indicators.parsed_records import ObservationRecord, Record, UnreadableRecord
from models.vocabulary import DateBasis

EARLIEST = date(1960, 1, 1)  # the register was opened under the Charities Act 1960
LATEST_AHEAD = timedelta(days=3 * 366)  # a due date is ten months after the year's end, and no year has over 18 months
MOST_POUNDS = 10**12  # the largest charities take in some 10^9 a year
MOST_EMPLOYEES = 10**6

IDENTITY = ("date_of_extract", "registered_charity_number")
YEAR = ("fin_period_start_date", "fin_period_end_date")
RECEIVED = {"received_on": "annual_return_received_on", "accounts_on": "accounts_received_on"}

# Figures of a whole year, by column.
HISTORY = {"total_gross_income": "charity_income", "total_gross_expenditure": "charity_expenditure"}
PART_A = HISTORY | {
    "income_from_government_contracts": "charity_income_government_contracts",
    "income_from_government_grants": "charity_income_government_grants",
}
PART_B = {
    "income_donations_and_legacies": "charity_income_donations",
    "income_charitable_activities": "charity_income_charitable_activities",
    "income_other_trading_activities": "charity_income_trading",
    "income_investments": "charity_income_investments",
    "income_other": "charity_income_other",
    "income_total_income_and_endowments": "charity_income_with_endowments",
    "expenditure_total": "charity_expenditure_total",
    "expenditure_charitable_expenditure": "charity_expenditure_charitable_activities",
    "expenditure_raising_funds": "charity_expenditure_raising_funds",
    "expenditure_depreciation": "charity_depreciation",
    "gain_loss_investment": "charity_gain_on_investments",
    "gain_loss_pension_fund": "charity_gain_on_pension",
}
# Figures at the end of the year. In nearly all returns seen, own use + long-term investments = fixed assets, and fixed
# + pension + other assets - liabilities = net assets: "other assets" are the current ones. A pension deficit is
# negative.
BALANCE_SHEET = {
    "reserves": "charity_reserves",
    "assets_total_fixed": "charity_fixed_assets",
    "assets_own_use": "charity_own_use_assets",
    "assets_long_term_investment": "charity_long_term_investments",
    "assets_other_assets": "charity_current_assets",
    "assets_cash": "charity_cash",
    "assets_current_investment": "charity_current_investments",
    "creditors_one_year_total_current": "charity_creditors_within_one_year",
    "creditors_falling_due_after_one_year": "charity_creditors_after_one_year",
    "assets_total_liabilities": "charity_liabilities",
    "defined_benefit_pension_scheme": "charity_pension_scheme",
    "assets_total_assets_and_liabilities": "charity_net_assets",
    "funds_endowment": "charity_endowment_funds",
    "funds_restricted": "charity_restricted_funds",
    "funds_unrestricted": "charity_unrestricted_funds",
}


def _parse_pounds(text: str) -> int:
    return parse_whole_number(text, -MOST_POUNDS, MOST_POUNDS)


OF_YEAR = tuple(TableField(indicator, column, _parse_pounds) for column, indicator in (PART_A | PART_B).items())
AT_YEAR_END = (
    *(TableField(indicator, column, _parse_pounds) for column, indicator in BALANCE_SHEET.items()),
    TableField("charity_employees", "count_employees", lambda text: parse_whole_number(text, 0, MOST_EMPLOYEES)),
)
AUDIT = (TableField("charity_accounts_qualified", "accounts_qualified", parse_flag),)


def make_layout(*columns: str, required: tuple[str, ...] = (), **dates: str) -> Layout:
    """The layout that finds these columns in a table of the extract, and those whose names differ between tables."""
    known = {name: (name,) for name in (*IDENTITY, *columns)} | {key: (name,) for key, name in dates.items()}
    return Layout(known, frozenset((*IDENTITY, *required)), delimiter="\t", is_quoted=False, suffix=".txt")


LAYOUTS = {
    "charity_annual_return_history": make_layout(
        *YEAR,
        *HISTORY,
        "accounts_qualified",
        required=YEAR,
        due_on="reporting_due_date",
        received_on="date_annual_return_received",
        accounts_on="date_accounts_received",
    ),
    "charity_annual_return_parta": make_layout(
        *YEAR, *PART_A, required=YEAR, due_on="ar_due_date", received_on="ar_received_date"
    ),
    "charity_annual_return_partb": make_layout(
        *YEAR,
        *PART_B,
        *BALANCE_SHEET,
        "count_employees",
        required=YEAR,
        due_on="ar_due_date",
        received_on="ar_received_date",
    ),
}


def parse_extract_day(text: str, latest: date) -> date:
    """The day of a cell such as "2023-09-07 00:00:00.0000000", whose time means nothing.

    Raises:
        ValueError: the cell is not a day, or the day is before the register began or after ``latest``.
    """
    return parse_day_between(text[:10], EARLIEST, latest, "%Y-%m-%d")


def read_annual_return(row: TableRow, charity: str, extracted_on: date) -> Iterator[Record]:
    """One financial year of a charity; its figures are known from the day the return came in."""
    start, end = (
        read_cell(row, column, lambda text: parse_extract_day(text, extracted_on + LATEST_AHEAD)) for column in YEAR
    )
    if isinstance(start, UnreadableRecord) or not isinstance(end, date) or (start and start > end):
        reason = f"a financial year from '{row.cells[YEAR[0]]}' to '{row.cells[YEAR[1]]}' cannot be right; row left out"
        yield UnreadableRecord(reason, row.line, row.places[YEAR[1]])
        return
    yield from _read_due_day(row, charity, extracted_on, start, end)
    received: dict[str, date] = {}
    for column, indicator in RECEIVED.items():
        received_on = read_cell(row, column, lambda text: parse_extract_day(text, extracted_on))
        if isinstance(received_on, UnreadableRecord):
            yield received_on
        elif received_on:
            received[column] = received_on
            text, place = received_on.isoformat(), row.places[column]
            yield ObservationRecord(
                charity, indicator, text, received_on, DateBasis.STATED, start, end, line=row.line, place=place
            )
    filed_on = received.get("received_on") or received.get("accounts_on")
    known_on, basis = (filed_on, DateBasis.STATED) if filed_on else (extracted_on, DateBasis.SNAPSHOT)
    yield from read_observations(row, charity, OF_YEAR, known_on, basis, period_start=start, period_end=end)
    yield from read_observations(row, charity, AT_YEAR_END, known_on, basis, period_end=end)
    known_on = received.get("accounts_on", known_on)  # the auditor's opinion comes with the accounts
    yield from read_observations(row, charity, AUDIT, known_on, basis, period_end=end)


def _read_due_day(row: TableRow, charity: str, extracted_on: date, start: date | None, end: date) -> Iterator[Record]:
    """The day on which the return is due: known, by the law, from the end of the year at the latest."""
    due_on = read_cell(row, "due_on", lambda text: parse_extract_day(text, end + LATEST_AHEAD))
    if isinstance(due_on, UnreadableRecord):
        yield due_on
    elif due_on:
        known_on, text, place = min(end, extracted_on), due_on.isoformat(), row.places["due_on"]
        yield ObservationRecord(
            charity, "annual_return_due_on", text, known_on, DateBasis.INFERRED, start, end, line=row.line, place=place
        )
