"""The parts of the names of accounts files, and when their content became public."""

from datetime import date

import pytest

from indicators.formats.accounts.dates import (
    DateKnown,
    FileName,
    date_known,
    product_day,
    read_name,
    run_day,
    stated_number,
)
from models.vocabulary import DateBasis

APPROVED, YEAR_END = date(2017, 2, 28), date(2016, 8, 31)
FETCHED = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("run", "day"),
    [
        (3951, date(2025, 5, 3)),  # Saturday: the known one
        (3384, date(2023, 3, 2)),  # Thursday: known, too, and 567 runs before
        (3950, date(2025, 5, 2)),
        (3947, date(2025, 4, 29)),  # Tuesday
        (3946, date(2025, 4, 26)),  # the Saturday before: none on Sunday and Monday
        (3952, date(2025, 5, 6)),  # the next Tuesday
        (2125, date(2018, 5, 4)),
    ],
)
def test_a_daily_run_is_dated_by_five_runs_a_week(run, day):
    assert run_day(run) == day


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("companies_house/Accounts_Bulk_Data-2025-05-03.zip/Prod223_x.html", date(2025, 5, 3)),
        ("companies_house/Accounts_Monthly_Data-April2025.zip", date(2025, 5, 1)),
        ("companies_house/Accounts_Monthly_Data-December2024.zip", date(2025, 1, 1)),
        ("companies_house/Accounts_Monthly_Data-JanToDec2009.zip", date(2010, 1, 1)),
        ("companies_house/Accounts_Monthly_Data-JanuaryToDecember2008.zip", date(2009, 1, 1)),
        ("companies_house/Accounts_Monthly_Data-Smarch2009.zip", None),
        ("companies_house/Accounts_Bulk_Data-2025-13-03.zip", None),
        ("companies_house/accounts/00034118.xhtml", None),
    ],
)
def test_a_bulk_product_is_dated_by_its_name(path, day):
    assert product_day(path) == day


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (
            "companies_house/accounts/Prod223_2125_09102728_20170630.html",
            FileName("09102728", run=2125, balance_sheet_on=date(2017, 6, 30)),
        ),
        (
            "companies_house/accounts/Prod224_0042_00385188_20160831.xml",
            FileName("00385188", monthly_run=42, balance_sheet_on=date(2016, 8, 31)),
        ),
        (
            "x/Accounts_Bulk_Data-2025-05-03.zip/Prod223_3951_SC052776_20240831_CIC.zip/CIC-SC052776/accounts.xhtml",
            FileName("SC052776", 3951, balance_sheet_on=date(2024, 8, 31), product_on=date(2025, 5, 3)),
        ),
        ("companies_house/accounts/00034118.xhtml", FileName("00034118")),
        ("companies_house/parser_cases/account_1.html", FileName()),
        ("Prod223_2125_09102728_20179999.html", FileName("09102728", 2125)),
    ],
)
def test_a_file_name_is_taken_apart(path, name):
    assert read_name(path) == name


@pytest.mark.parametrize(
    ("name", "approved", "expected"),
    [
        (FileName(product_on=date(2025, 5, 3), run=1), APPROVED, DateKnown(date(2025, 5, 3), DateBasis.SNAPSHOT)),
        (FileName(run=3951), APPROVED, DateKnown(date(2025, 5, 3), DateBasis.INFERRED)),
        (
            FileName(run=3951),
            date(2025, 5, 9),
            DateKnown(date(2025, 5, 9), DateBasis.INFERRED),
        ),  # never before the approval
        (FileName(monthly_run=42), APPROVED, DateKnown(date(2017, 6, 1), DateBasis.INFERRED)),
        (FileName(), APPROVED, DateKnown(date(2017, 11, 28), DateBasis.INFERRED)),  # nine months after the approval
        (FileName(), date(2017, 5, 31), DateKnown(date(2018, 2, 28), DateBasis.INFERRED)),  # there is no 31 February
        (FileName(), None, DateKnown(date(2018, 2, 28), DateBasis.INFERRED)),  # nine months after the filing limit
    ],
)
def test_accounts_become_known_by_the_rules_of_their_product(name, approved, expected):
    assert date_known(name, approved, YEAR_END, FETCHED) == expected


@pytest.mark.parametrize(
    ("run", "approved", "year_end", "day"),
    [
        (42, APPROVED, YEAR_END, date(2017, 6, 1)),
        (42, date(2025, 6, 20), date(2025, 3, 31), date(2025, 11, 1)),  # the second round
        (42, None, date(2025, 3, 31), date(2025, 11, 1)),
        (72, None, date(2019, 3, 31), date(2019, 12, 1)),
        (88, date(2021, 1, 31), date(2020, 6, 30), date(2021, 4, 1)),
        (12, date(2023, 1, 31), date(2022, 6, 30), date(2023, 5, 1)),
        (12, date(2014, 8, 31), date(2013, 12, 31), date(2014, 12, 1)),
        (1, date(2022, 3, 31), date(2021, 9, 30), date(2022, 6, 1)),
        (101, date(2021, 12, 31), date(2021, 6, 30), date(2022, 5, 1)),  # the last of the first round
        (42, date(2017, 12, 31), date(2017, 2, 28), date(2017, 12, 31)),  # never before the approval
    ],
)
def test_a_monthly_run_is_of_the_round_that_the_accounts_allow(run, approved, year_end, day):
    assert date_known(FileName(monthly_run=run), approved, year_end, FETCHED) == DateKnown(day, DateBasis.INFERRED)


@pytest.mark.parametrize("run", [0, 12, 102, 9999, 99999])
def test_a_monthly_run_of_neither_round_tells_no_day(run):
    """Both months of run 12 were over before this year ended; run 102 is still to come."""
    known_on = date_known(FileName(monthly_run=run), date(2024, 9, 30), date(2023, 12, 31), FETCHED)
    assert known_on == DateKnown(date(2025, 6, 30), DateBasis.INFERRED)


def test_a_daily_run_from_before_the_accounts_end_tells_no_day():
    early = FileName(run=2125)  # 4 May 2018
    assert date_known(early, None, date(2018, 6, 30), FETCHED) == DateKnown(date(2019, 12, 30), DateBasis.INFERRED)
    assert date_known(early, date(2018, 7, 31), date(2018, 6, 30), FETCHED) == DateKnown(
        date(2019, 4, 30), DateBasis.INFERRED
    )


def test_accounts_are_never_known_before_they_are_received():
    received = date(2018, 5, 11)
    assert date_known(FileName(run=2125), None, YEAR_END, FETCHED, received) == DateKnown(received, DateBasis.INFERRED)


def test_a_fetched_document_was_public():
    fetched_on = date(2017, 4, 1)
    for name in (FileName(), FileName(run=3951), FileName(monthly_run=42), FileName(product_on=date(2025, 5, 3))):
        assert date_known(name, APPROVED, YEAR_END, fetched_on).known_on == fetched_on
    assert date_known(FileName(), None, YEAR_END, fetched_on).known_on == fetched_on


def test_without_any_day_it_is_not_known_when_accounts_became_public():
    assert date_known(FileName(), None, None, FETCHED) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9381479", "09381479"),
        (" 00 034 118 ", "00034118"),
        ("sc12345", "SC012345"),
        ("IP1234R", "IP01234R"),
        ("OC300001", "OC300001"),
        ("123456789", None),
        ("BEST MONEY HOLDING LIMITED", None),
        ("", None),
    ],
)
def test_company_numbers_have_eight_characters(text, number):
    assert stated_number(text) == number
