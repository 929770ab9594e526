"""What the names of accounts files say (company, run, balance-sheet day), and when their content became public."""

import re
from calendar import month_name, monthrange
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from indicators.sources.identifiers import company_number
from models.vocabulary import Basis

# Prod223_2125_09102728_20170630.html: daily product, run, company, balance-sheet day. Prod224 is the monthly product.
_MEMBER = re.compile(r"Prod(22[34])_(\d{1,5})_([A-Z0-9]{8})_(\d{8})")
_NUMBER = re.compile(r"[A-Z0-9]{2}[0-9]{5}[0-9R]")  # 09102728, SC012345, IP01234R
_DAILY = re.compile(r"Accounts_Bulk_Data-(\d{4}-\d\d-\d\d)\.zip")
_MONTHLY = re.compile(r"Accounts_Monthly_Data-([A-Z][a-z]+)(\d{4})\.zip")

# Daily runs come out from Tuesday to Saturday, bank holidays included: run 3951 on Saturday 3 May 2025 and run 3384 on
# Thursday 2 March 2023 are exactly as many runs apart.
KNOWN_RUN, KNOWN_RUN_ON, RUNS_A_WEEK = 3951, date(2025, 5, 3), 5
MONTHLY_RUN_42_ON = date(2017, 6, 1)
PUBLISHED_AFTER = (
    9  # months from approval; the filing limit of private companies is as long (Companies Act 2006, s. 442)
)
LONGEST_WAIT = timedelta(days=366)  # an approval that much later than the publication is a slip of the pen


class FileName(NamedTuple):
    """What a document's path says; each part may be missing."""

    number: str | None = None  # the company's, 8 characters
    run: int | None = None  # of the daily product
    is_monthly_42: bool = False
    balance_sheet_on: date | None = None
    product_on: date | None = None  # the day of the bulk product it came in


class Known(NamedTuple):
    """The first day on which the public could know something, and how sure that day is."""

    on: date
    basis: Basis


def read_name(path: str) -> FileName:
    """The parts of a path such as ``companies_house/Accounts_Bulk_Data-2025-05-03.zip/Prod223_….html``."""
    product_on = product_day(path)
    found = _MEMBER.search(path)
    if found is None:
        stem = PurePosixPath(path).stem
        return FileName(stem if _NUMBER.fullmatch(stem) else None, product_on=product_on)
    product, run, number, day = found.groups()
    return FileName(
        number,
        int(run) if product == "223" else None,
        is_monthly_42=product == "224" and run == "0042",
        balance_sheet_on=_iso(f"{day[:4]}-{day[4:6]}-{day[6:]}"),
        product_on=product_on,
    )


def product_day(path: str) -> date | None:
    """The day on which a daily or monthly bulk product came out, by its name; a month's on the first of the next."""
    if daily := _DAILY.search(path):
        return _iso(daily[1])
    if (monthly := _MONTHLY.search(path)) and monthly[1] in month_name:
        return months_after(date(int(monthly[2]), list(month_name).index(monthly[1]), 1), 1)
    return None


def run_day(run: int) -> date:
    """The day of a daily run, counted from the known one."""
    weeks, days = divmod(KNOWN_RUN - run, RUNS_A_WEEK)
    return KNOWN_RUN_ON - timedelta(weeks=weeks, days=days)


def known(
    name: FileName, approved_on: date | None, balance_sheet_on: date | None, received_on: date | None = None
) -> Known | None:
    """When the content of accounts became public; never before they were approved or received, nor before they end.

    By the bulk product's name, else by the number of its daily run, else (monthly run 42) by its month, else nine
    months after the approval. Without an approval date that is taken to be the last day it could be: the filing limit.
    None where there is no day to count from.
    """
    earliest = max(filter(None, (approved_on, balance_sheet_on, received_on)), default=date.min)
    if name.product_on:
        return Known(max(name.product_on, earliest), Basis.SNAPSHOT)
    if name.run is not None:
        return Known(max(run_day(name.run), earliest), Basis.INFERRED)
    if name.is_monthly_42:
        return Known(max(MONTHLY_RUN_42_ON, earliest), Basis.INFERRED)
    if approved_on:
        return Known(months_after(earliest, PUBLISHED_AFTER), Basis.INFERRED)
    if balance_sheet_on:
        return Known(months_after(balance_sheet_on, 2 * PUBLISHED_AFTER), Basis.INFERRED)
    return None


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def stated_number(text: str) -> str | None:
    """The company number that a document states, 8 characters ("9381479" is 09381479); None where it is none."""
    try:
        return company_number(text)
    except ValueError:
        return None


def _iso(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if is_thinkable(day) else None


def is_thinkable(day: date) -> bool:
    """Whether accounts can be about that day: from the first companies act on, in no century to come."""
    return 1844 <= day.year < 2100
