"""What the names of accounts files say, and when their content became public."""

from datetime import date

import pytest

from indicators.sources.accounts_dates import FileName, Known, known, product_day, read_name, run_day, stated_number
from models.vocabulary import Basis

APPROVED, YEAR_END = date(2017, 2, 28), date(2016, 8, 31)


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
        ("companies_house/Accounts_Monthly_Data-JanToDec2009.zip", None),
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
            FileName("00385188", is_monthly_42=True, balance_sheet_on=date(2016, 8, 31)),
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
        (FileName(product_on=date(2025, 5, 3), run=1), APPROVED, Known(date(2025, 5, 3), Basis.SNAPSHOT)),
        (FileName(run=3951), APPROVED, Known(date(2025, 5, 3), Basis.INFERRED)),
        (FileName(run=3951), date(2025, 5, 9), Known(date(2025, 5, 9), Basis.INFERRED)),  # never before the approval
        (FileName(is_monthly_42=True), APPROVED, Known(date(2017, 6, 1), Basis.INFERRED)),
        (FileName(), APPROVED, Known(date(2017, 11, 28), Basis.INFERRED)),  # nine months after the approval
        (FileName(), date(2017, 5, 31), Known(date(2018, 2, 28), Basis.INFERRED)),  # there is no 31 February
        (FileName(), None, Known(date(2018, 2, 28), Basis.INFERRED)),  # nine months after the filing limit
    ],
)
def test_accounts_become_known_by_the_rules_of_their_product(name, approved, expected):
    assert known(name, approved, YEAR_END) == expected


def test_accounts_are_never_known_before_they_end_or_are_received():
    early = FileName(run=2125)
    assert known(early, None, date(2018, 6, 30)) == Known(date(2018, 6, 30), Basis.INFERRED)
    assert known(early, None, YEAR_END, date(2018, 5, 11)) == Known(date(2018, 5, 11), Basis.INFERRED)


def test_without_any_day_it_is_not_known_when_accounts_became_public():
    assert known(FileName(), None, None) is None


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
