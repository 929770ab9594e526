"""Reads Companies House's free company data product: one row for every live company, every month.

A cut-down file (a sample, one part of several) must not make companies "leave the register": only the product in one
file, under its own name, counts as a complete list. Addresses and the "care of" line are not read.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from urllib.parse import urljoin

from indicators import catalogue
from indicators.formats.cells import (
    TableField,
    clean_spaces,
    parse_day_between,
    parse_whole_number,
    read_cell,
    read_observations,
)
from indicators.formats.identifiers import company_subject
from indicators.formats.tables import Layout, TableRow, list_day, read_rows
from indicators.http import RegisterUnreachable
from indicators.parsed_records import (
    ArchiveState,
    BlankRecord,
    Client,
    Document,
    FetchedDocument,
    ListingRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from models.vocabulary import DateBasis

REGISTER = "companies_house_register"
PARSER = f"{REGISTER}/2"

WHOLE_PRODUCT = re.compile(r"BasicCompanyDataAsOneFile-\d{4}-\d{2}-\d{2}\.zip")
EARLIEST = date(1800, 1, 1)  # the oldest entries are chartered companies brought on to the register
LATEST_AHEAD = timedelta(days=10 * 366)  # a due date is at most some two years ahead
MOST_CHARGES = 100_000
MISSING_TEXTS = {"NA", "NONE SUPPLIED", "ACCOUNTS TYPE NOT AVAILABLE"}

# Every status of the product and of the register's own list (enumerations/constants.yml), in the spelling that we keep.
# Both write some of them otherwise too ("VOLUNTARY ARRANGEMENT", "Converted / Closed"): only the letters count.
STATUSES = (
    "Active",
    "Active - Proposal to Strike off",
    "Open",
    "Registered",
    "Liquidation",
    "In Administration",
    "In Administration/Administrative Receiver",
    "In Administration/Receiver Manager",
    "ADMINISTRATION ORDER",
    "ADMINISTRATIVE RECEIVER",
    "RECEIVERSHIP",
    "RECEIVER MANAGER / ADMINISTRATIVE RECEIVER",
    "Live but Receiver Manager on at least one charge",
    "Voluntary Arrangement",
    "VOLUNTARY ARRANGEMENT / ADMINISTRATIVE RECEIVER",
    "VOLUNTARY ARRANGEMENT / RECEIVER MANAGER",
    "VOLUNTARY ARRANGEMENT / RECEIVERSHIP",
    "Insolvency Proceedings",
    "Dissolved",
    "Converted/Closed",
    "Closed",
    "Removed",
)
SPELT_OTHERWISE = {"administration": "In Administration", "receiveraction": "RECEIVERSHIP"}

SIC_CODES = {f"sic_{n}": str(n) for n in range(1, 5)}  # column to occurrence
FORMER_NAMES = tuple(f"former_{n}" for n in range(10, 0, -1))  # the oldest first; the register's 1 is the latest
COLUMNS = {
    "number": ("CompanyNumber",),
    "name": ("CompanyName",),
    "category": ("CompanyCategory",),
    "status": ("CompanyStatus",),
    "dissolved_on": ("DissolutionDate",),
    "incorporated_on": ("IncorporationDate",),
    "accounts_due_on": ("Accounts.NextDueDate",),
    "accounts_to": ("Accounts.LastMadeUpDate",),
    "accounts_category": ("Accounts.AccountCategory",),
    "confirmation_due_on": ("ConfStmtNextDueDate",),
    "confirmation_to": ("ConfStmtLastMadeUpDate",),
    "charges": ("Mortgages.NumMortOutstanding",),
    **{f"sic_{n}": (f"SICCode.SicText_{n}",) for n in range(1, 5)},
    **{f"former_{n}": (f"PreviousName_{n}.CompanyName",) for n in range(1, 11)},
    **{f"former_{n}_on": (f"PreviousName_{n}.CONDATE",) for n in range(1, 11)},
}
LAYOUT = Layout(COLUMNS, required=frozenset({"number", "name", "status"}))


def fetch(client: Client, since: ArchiveState) -> Iterator[FetchedDocument]:
    """The files of a folder, or the newest product in one file that the download page names.

    Raises:
        RegisterUnreachable: the page names no product.
    """
    register = catalogue.load().registers[REGISTER]
    if client.is_folder:
        yield from client.files(*register.folder)
        return
    page = client.get(register.address, "companies_house/en_output.html")
    if page is None:
        return
    with page.open() as stream:
        files = WHOLE_PRODUCT.findall(stream.read().decode("utf-8", errors="replace"))
    if not files:
        raise RegisterUnreachable(f"{register.address}: names no BasicCompanyDataAsOneFile; give it with --from")
    newest = max(files)  # the day in the name sorts
    if fetched := client.get(urljoin(register.address, newest), f"companies_house/{newest}", since):
        yield fetched


def parse(document: Document) -> Iterator[Record]:
    """Every company of the file: status, filing dates, codes, charges, names."""
    listed_on = list_day(document, "…-YYYY-MM-DD.csv")
    if isinstance(listed_on, UnreadableRecord):
        yield listed_on
        return
    is_whole = bool(WHOLE_PRODUCT.search(document.name))
    fields = _make_fields(listed_on)
    for row in read_rows(document, LAYOUT):
        if isinstance(row, UnreadableRecord):
            yield row
            continue
        subject = read_cell(row, "number", partial(company_subject, is_own=True))
        if not isinstance(subject, str):
            yield subject or UnreadableRecord("no company number; row left out", row.line, row.places["number"])
            continue
        if is_whole:
            yield ListingRecord(subject, line=row.line)
        yield from read_observations(row, subject, fields, listed_on, DateBasis.SNAPSHOT)
        yield from _unknown_status(row)
        yield from _sic_codes(row, subject, listed_on)
        yield from _former_names(row, subject, listed_on)


def _letters_only(status: str) -> str:
    return "".join(c for c in status.casefold() if c.isalpha())


KNOWN_STATUSES = {_letters_only(status): status for status in STATUSES} | SPELT_OTHERWISE


def _unknown_status(row: TableRow) -> Iterator[UnreadableRecord]:
    """The reason that reports an unknown status, as no regime knows whether it is good or bad."""
    text = row.cells["status"]
    if text and text.upper() not in MISSING_TEXTS and _letters_only(text) not in KNOWN_STATUSES:
        reason = f"'{text}' is not a known status, good or bad; add it to STATUSES if the register introduced it"
        yield UnreadableRecord(reason, row.line, row.places["status"])


def _make_fields(listed_on: date) -> tuple[TableField, ...]:
    def past(text: str) -> str | None:
        return None if text in MISSING_TEXTS else parse_day_between(text, EARLIEST, listed_on).isoformat()

    def due(text: str) -> str | None:
        return (
            None if text in MISSING_TEXTS else parse_day_between(text, EARLIEST, listed_on + LATEST_AHEAD).isoformat()
        )

    def stated(text: str) -> str | None:
        return None if text.upper() in MISSING_TEXTS else clean_spaces(text)

    def status(text: str) -> str | None:
        return None if text.upper() in MISSING_TEXTS else KNOWN_STATUSES.get(_letters_only(text)) or clean_spaces(text)

    return (
        TableField("name", "name", clean_spaces),
        TableField("company_category", "category", stated),
        TableField("company_status", "status", status),
        TableField("incorporated_on", "incorporated_on", past),
        TableField("dissolved_on", "dissolved_on", past),
        TableField("accounts_next_due_on", "accounts_due_on", due),
        TableField("accounts_last_made_up_on", "accounts_to", past),
        TableField("accounts_category", "accounts_category", stated),
        TableField("confirmation_next_due_on", "confirmation_due_on", due),
        TableField("confirmation_last_made_up_on", "confirmation_to", past),
        TableField("charges_outstanding", "charges", lambda text: parse_whole_number(text, 0, MOST_CHARGES)),
    )


def _sic_codes(row: TableRow, subject: str, listed_on: date) -> Iterator[ObservationRecord | BlankRecord]:
    """The activities that the company states: the five digits of each code."""
    for column, occurrence in SIC_CODES.items():
        text = row.cells.get(column)
        if text and text.upper() not in MISSING_TEXTS:
            yield ObservationRecord(
                subject,
                "sic_code",
                text.split(" ", 1)[0],
                listed_on,
                DateBasis.SNAPSHOT,
                occurrence=occurrence,
                line=row.line,
                place=row.places[column],
            )
        elif text is not None:
            place = row.places[column]
            yield BlankRecord(subject, "sic_code", listed_on, DateBasis.SNAPSHOT, occurrence, row.line, place)


def _former_names(row: TableRow, subject: str, listed_on: date) -> Iterator[ObservationRecord | UnreadableRecord]:
    """The names given up, each known from that day.

    The occurrence counts from the oldest name on, so it stays the same when the company changes its name again.
    """
    given_up = [column for column in FORMER_NAMES if row.cells.get(column)]
    for occurrence, column in enumerate(given_up, start=1):
        changed_on = read_cell(row, f"{column}_on", lambda text: parse_day_between(text, EARLIEST, listed_on))
        if isinstance(changed_on, UnreadableRecord):
            yield changed_on
            continue
        yield ObservationRecord(
            subject,
            "previous_name",
            clean_spaces(row.cells[column]),
            changed_on or listed_on,
            DateBasis.STATED if changed_on else DateBasis.SNAPSHOT,
            period_end=changed_on,
            occurrence=str(occurrence),
            line=row.line,
            place=row.places[column],
        )
