"""Reads the Charity Commission's daily extract: one zip for each table, tab-separated, without quotation marks.

Only main charities are read (a linked charity accounts within its main charity). Contacts and trustees are never read.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from indicators import catalogue
from indicators.formats.cells import TableField, clean_spaces, parse_flag, read_cell, read_observations
from indicators.formats.charity_returns import LAYOUTS, make_layout, parse_extract_day, read_annual_return
from indicators.formats.identifiers import charity_subject, company_subject
from indicators.formats.tables import Layout, TableRow, read_rows
from indicators.parsed_records import (
    ArchiveState,
    BlankRecord,
    Client,
    Document,
    FetchedDocument,
    LinkRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from models.vocabulary import DateBasis, Relation, day_in_london

REGISTER = "charity_commission"
PARSER = f"{REGISTER}/2"

TABLE_FILE = re.compile(r"publicextract\.(\w+)\.zip$")
MAIN_CHARITY = {"", "0"}  # linked_charity_number; the tables of returns do not have it

ATTRIBUTES = (
    TableField("name", "charity_name", clean_spaces),
    TableField("charity_type", "charity_type", clean_spaces),
    TableField("registration_status", "charity_registration_status", clean_spaces),
    TableField("charity_reporting_status", "charity_reporting_status", clean_spaces),
    TableField("charity_insolvent", "charity_insolvent", parse_flag),
    TableField("charity_in_administration", "charity_in_administration", parse_flag),
)
REGISTRATION = {"date_of_registration": "registered_on", "date_of_removal": "charity_removed_on"}
COMPANY = "charity_company_registration_number"
EVENTS = {
    "standard registration": "charity_registered",
    "cio registration": "charity_registered",
    "previously excepted registration": "charity_registered",
    "re-registered": "charity_registered",
    "removed": "charity_removed",
    "asset transfer in": "charity_assets_received",
    "asset transfer out": "charity_assets_passed_on",
}

RowReader = Callable[[TableRow, str, date], Iterator[Record]]


def fetch(client: Client, since: ArchiveState) -> Iterator[FetchedDocument]:
    """The tables of the extract that are read, from a folder or as published today."""
    register = catalogue.load().registers[REGISTER]
    if client.is_folder:
        yield from client.files(*register.folder)
        return
    for table in TABLES:
        file = f"publicextract.{table}.zip"
        if fetched := client.get(f"{register.address}/{file}", f"{REGISTER}/{file}", since):
            yield fetched


def parse(document: Document) -> Iterator[Record]:
    """The records of one table of the extract, about main charities."""
    match = TABLE_FILE.search(document.name)
    if match is None or match[1] not in TABLES:
        yield UnreadableRecord(
            f"none of the tables that are read ({', '.join(TABLES)}); name it publicextract.<table>.zip"
        )
        return
    table_layout, read = TABLES[match[1]]
    fetched_on = day_in_london(document.fetched_at)
    for row in read_rows(document, table_layout):
        if isinstance(row, UnreadableRecord):
            yield row
        elif row.cells.get("linked_charity_number", "") in MAIN_CHARITY:
            yield from _read_main_charity(row, read, fetched_on)


def _read_main_charity(row: TableRow, read: RowReader, fetched_on: date) -> Iterator[Record]:
    number = row.cells["registered_charity_number"]
    extracted_on = read_cell(row, "date_of_extract", lambda text: parse_extract_day(text, fetched_on))
    try:
        subject = charity_subject(number, is_own=True)
    except ValueError as error:
        yield UnreadableRecord(f"{error}; row left out", row.line, row.places["registered_charity_number"])
        return
    if not isinstance(extracted_on, date):
        reason = "no day of the extract, so when it became known is unknown; row left out"
        yield extracted_on or UnreadableRecord(reason, row.line, row.places["date_of_extract"])
    else:
        yield from read(row, subject, extracted_on)


def _read_charity(row: TableRow, charity: str, extracted_on: date) -> Iterator[Record]:
    """The identity and status of a charity; its registration and removal are known from their own days."""
    yield from read_observations(row, charity, ATTRIBUTES, extracted_on, DateBasis.SNAPSHOT)
    for column, indicator in REGISTRATION.items():
        named = read_cell(row, column, lambda text: parse_extract_day(text, extracted_on))
        if isinstance(named, UnreadableRecord):
            yield named
        elif named:
            place = row.places[column]
            yield ObservationRecord(
                charity, indicator, named.isoformat(), named, DateBasis.STATED, line=row.line, place=place
            )
        elif column in row.cells:  # a charity that is registered again no longer has a day of removal
            yield BlankRecord(
                charity, indicator, extracted_on, DateBasis.SNAPSHOT, line=row.line, place=row.places[column]
            )
    same = read_cell(row, COMPANY, company_subject)
    if isinstance(same, UnreadableRecord):
        yield same
    elif same:
        place = row.places[COMPANY]
        yield LinkRecord(charity, Relation.SAME_AS, same, extracted_on, DateBasis.SNAPSHOT, line=row.line, place=place)


def _read_event(row: TableRow, charity: str, extracted_on: date) -> Iterator[Record]:
    """A registration, a removal with its reason, or assets passed between charities."""
    kind = clean_spaces(row.cells["event_type"])
    happened_on = read_cell(row, "date_of_event", lambda text: parse_extract_day(text, extracted_on))
    if kind.casefold() not in EVENTS:
        reason = f"'{kind}' is not a known kind of event; add it to EVENTS if the register introduced it"
        yield UnreadableRecord(reason, row.line, row.places["event_type"])
        return
    if not isinstance(happened_on, date):
        yield happened_on or UnreadableRecord("an event without a day; left out", row.line, row.places["date_of_event"])
        return
    indicator = EVENTS[kind.casefold()]
    other = read_cell(row, "assoc_registered_charity_number", charity_subject)
    if isinstance(other, UnreadableRecord):
        yield other
        other = None
    values = {"charity_registered": kind, "charity_removed": clean_spaces(row.cells.get("reason", ""))}
    yield ObservationRecord(
        charity,
        indicator,
        values.get(indicator, other) or None,
        happened_on,
        DateBasis.STATED,
        period_end=happened_on,
        occurrence=row.cells.get("charity_event_order", ""),
        line=row.line,
        place=row.places["event_type"],
    )


def _read_report(row: TableRow, charity: str, extracted_on: date) -> Iterator[Record]:
    """A published report of an inquiry or a regulatory case; a report without a day is known from the extract's day."""
    name = clean_spaces(row.cells["report_name"])
    published_on = read_cell(row, "date_published", lambda text: parse_extract_day(text, extracted_on))
    if isinstance(published_on, UnreadableRecord):
        yield published_on
        return
    known_on, basis = (published_on, DateBasis.STATED) if published_on else (extracted_on, DateBasis.SNAPSHOT)
    yield ObservationRecord(
        charity,
        "charity_report",
        name or None,
        known_on,
        basis,
        period_end=published_on,
        occurrence=name,
        line=row.line,
        place=row.places["report_name"],
    )


TABLES: dict[str, tuple[Layout, RowReader]] = {
    "charity": (
        make_layout(
            "linked_charity_number",
            *(field.column for field in ATTRIBUTES),
            *REGISTRATION,
            COMPANY,
            required=("linked_charity_number", "charity_registration_status"),
        ),
        _read_charity,
    ),
    **{table: (table_layout, read_annual_return) for table, table_layout in LAYOUTS.items()},
    "charity_event_history": (
        make_layout(
            "linked_charity_number",
            "charity_event_order",
            "event_type",
            "date_of_event",
            "reason",
            "assoc_registered_charity_number",
            required=("linked_charity_number", "event_type", "date_of_event"),
        ),
        _read_event,
    ),
    "charity_published_report": (
        make_layout(
            "linked_charity_number", "report_name", "date_published", required=("linked_charity_number", "report_name")
        ),
        _read_report,
    ),
}
