"""Reads the names of accounts files (company, run, balance-sheet day) and dates the publication of their content."""

import re
from calendar import month_name, monthrange
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from indicators.formats.identifiers import company_number
from models.vocabulary import DateBasis

# Prod223_2125_09102728_20170630.html: daily product, run, company, balance-sheet day. Prod224 is the monthly product.
_MEMBER = re.compile(r"Prod(22[34])_(\d{1,5})_([A-Z0-9]{8})_(\d{8})")
_NUMBER = re.compile(r"[A-Z0-9]{2}[0-9]{5}[0-9R]")  # 09102728, SC012345, IP01234R
_DAILY = re.compile(r"Accounts_Bulk_Data-(\d{4}-\d\d-\d\d)\.zip")
_MONTHLY = re.compile(r"Accounts_Monthly_Data-([A-Z][a-z]+)(\d{4})\.zip")
_YEARLY = re.compile(r"Accounts_Monthly_Data-Jan(?:uary)?ToDec(?:ember)?(\d{4})\.zip")  # before the monthly ones

# Daily runs come out from Tuesday to Saturday, bank holidays included: run 3951 on Saturday 3 May 2025 and run 3384 on
# Thursday 2 March 2023 are exactly as many runs apart.
KNOWN_RUN, KNOWN_RUN_ON, RUNS_A_WEEK = 3951, date(2025, 5, 3), 5
# Monthly runs come out on the first of the next month. 0042 was May 2017, 0072 November 2019 and 0088 March 2021; then
# the numbers started again, for 0012 was April 2023.
MONTHLY_RUN_42_ON = date(2017, 6, 1)
SECOND_MONTHLY_RUN_1_ON = date(2022, 6, 1)
LAST_MONTHLY_RUN = 9999  # a number with more digits is not a run
PUBLISHED_AFTER = (
    9  # months from approval; the filing limit of private companies is as long (Companies Act 2006, s. 442)
)
LONGEST_WAIT = timedelta(days=366)  # an approval that much later than the publication is a slip of the pen


class FileName(NamedTuple):
    """The parts of a document's path; each may be missing."""

    number: str | None = None  # the company's, 8 characters
    run: int | None = None  # of the daily product
    monthly_run: int | None = None  # of the monthly product, whose numbers started again once
    balance_sheet_on: date | None = None
    product_on: date | None = None  # the day of the bulk product it came in


class DateKnown(NamedTuple):
    """The first day on which the public could know something, and how sure that day is."""

    known_on: date
    known_on_basis: DateBasis


def read_name(path: str) -> FileName:
    """The parts of a path such as ``companies_house/Accounts_Bulk_Data-2025-05-03.zip/Prod223_….html``."""
    product_on = product_day(path)
    match = _MEMBER.search(path)
    if match is None:
        stem = PurePosixPath(path).stem
        return FileName(stem if _NUMBER.fullmatch(stem) else None, product_on=product_on)
    product, run, number, day = match.groups()
    return FileName(
        number,
        int(run) if product == "223" else None,
        monthly_run=int(run) if product == "224" else None,
        balance_sheet_on=_parse_iso_day(f"{day[:4]}-{day[4:6]}-{day[6:]}"),
        product_on=product_on,
    )


def product_day(path: str) -> date | None:
    """The day on which a bulk product came out, by its name; a month's or a year's on the first day after it."""
    if daily := _DAILY.search(path):
        return _parse_iso_day(daily[1])
    if (monthly := _MONTHLY.search(path)) and monthly[1] in month_name:
        return months_after(date(int(monthly[2]), list(month_name).index(monthly[1]), 1), 1)
    if yearly := _YEARLY.search(path):
        return date(int(yearly[1]) + 1, 1, 1)
    return None


def run_day(run: int) -> date:
    """The day of a daily run, counted from the known one."""
    weeks, days = divmod(KNOWN_RUN - run, RUNS_A_WEEK)
    return KNOWN_RUN_ON - timedelta(weeks=weeks, days=days)


def monthly_run_days(run: int) -> list[date]:
    """The days on which a monthly file of that number came out, or will come out, in either round of numbers."""
    if not 1 <= run <= LAST_MONTHLY_RUN:
        return []
    first = months_after(MONTHLY_RUN_42_ON, run - 42)
    second = months_after(SECOND_MONTHLY_RUN_1_ON, run - 1)
    return [first, second] if first < SECOND_MONTHLY_RUN_1_ON else [second]


def published_on(
    name: FileName, approved_on: date | None, balance_sheet_on: date | None, fetched_on: date
) -> date | None:
    """The day on which accounts came out, by the name of their bulk product or else by the number of its run.

    Accounts come out neither before their period ends nor after they were fetched: another run is not theirs. If two
    rounds fit, the first counts, unless the approval is long after it. None if the names give no day.
    """
    if name.product_on:
        return name.product_on
    days = [run_day(name.run)] if name.run is not None else []
    if name.monthly_run is not None:
        days = monthly_run_days(name.monthly_run)
    possible = [day for day in days if (balance_sheet_on or day) <= day <= fetched_on]
    approved_before = [day for day in possible if not approved_on or approved_on <= day + LONGEST_WAIT]
    return next(iter(approved_before or possible), None)


def date_known(
    name: FileName,
    approved_on: date | None,
    balance_sheet_on: date | None,
    fetched_on: date,
    received_on: date | None = None,
) -> DateKnown | None:
    """When the content of accounts became public; never before they were approved or received, nor before they end.

    By the bulk product's name, else by the number of its run, else nine months after the approval. Without an approval
    date, the last possible day counts: the filing limit. A fetched document is public by the day of the fetch. None if
    there is not a day to count from.
    """
    earliest = max(filter(None, (approved_on, balance_sheet_on, received_on)), default=date.min)
    published = published_on(name, approved_on, balance_sheet_on, fetched_on)
    if published:
        day = max(published, earliest)
    elif approved_on:
        day = months_after(earliest, PUBLISHED_AFTER)
    elif balance_sheet_on:
        day = months_after(balance_sheet_on, 2 * PUBLISHED_AFTER)
    else:
        return None
    return DateKnown(min(day, fetched_on), DateBasis.SNAPSHOT if name.product_on else DateBasis.INFERRED)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def stated_number(text: str) -> str | None:
    """The company number that a document states, 8 characters ("9381479" is 09381479); None if it is not a number."""
    try:
        return company_number(text)
    except ValueError:
        return None


def _parse_iso_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if is_plausible(day) else None


def is_plausible(day: date) -> bool:
    """Whether accounts can be about that day: not before the first companies act, not in a later century."""
    return 1844 <= day.year < 2100
