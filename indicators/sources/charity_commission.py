"""The Charity Commission's daily extract of its register: one zip a table, tab-separated, without quotation marks.

Only main charities are read (a linked charity accounts within its main one); contacts and trustees never are.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from indicators import catalogue
from indicators.records import Blank, Client, Document, Fetched, Linked, Observed, Record, Since, Unreadable
from indicators.sources._charity_returns import LAYOUTS, annual_return, day_of, layout
from indicators.sources.cells import Field, cell, observations, words, yes_or_no
from indicators.sources.identifiers import charity_subject, company
from indicators.sources.tables import Layout, Row, rows
from models.vocabulary import Basis, Relation, day_in_london

REGISTER = "charity_commission"
PARSER = f"{REGISTER}/2"

FILE = re.compile(r"publicextract\.(\w+)\.zip$")
MAIN = {"", "0"}  # linked_charity_number; the tables of returns do not have it

ATTRIBUTES = (
    Field("name", "charity_name", words),
    Field("charity_type", "charity_type", words),
    Field("registration_status", "charity_registration_status", words),
    Field("charity_reporting_status", "charity_reporting_status", words),
    Field("charity_insolvent", "charity_insolvent", yes_or_no),
    Field("charity_in_administration", "charity_in_administration", yes_or_no),
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

Reader = Callable[[Row, str, date], Iterator[Record]]


def fetch(client: Client, since: Since) -> Iterator[Fetched]:
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
    """What one table of the extract says about main charities."""
    found = FILE.search(document.name)
    if found is None or found[1] not in TABLES:
        yield Unreadable(f"none of the tables that are read ({', '.join(TABLES)}); name it publicextract.<table>.zip")
        return
    table_layout, read = TABLES[found[1]]
    fetched_on = day_in_london(document.fetched_at)
    for row in rows(document, table_layout):
        if isinstance(row, Unreadable):
            yield row
        elif row.cells.get("linked_charity_number", "") in MAIN:
            yield from _main_charity(row, read, fetched_on)


def _main_charity(row: Row, read: Reader, fetched_on: date) -> Iterator[Record]:
    number = row.cells["registered_charity_number"]
    extracted_on = cell(row, "date_of_extract", lambda text: day_of(text, fetched_on))
    try:
        subject = charity_subject(number, is_own=True)
    except ValueError as error:
        yield Unreadable(f"{error}; row left out", row.line, row.places["registered_charity_number"])
        return
    if not isinstance(extracted_on, date):
        reason = "no day of the extract, so when it became known is unknown; row left out"
        yield extracted_on or Unreadable(reason, row.line, row.places["date_of_extract"])
    else:
        yield from read(row, subject, extracted_on)


def _charity(row: Row, charity: str, extracted_on: date) -> Iterator[Record]:
    """Who a charity is and how it stands; its registration and removal are known from their own days."""
    yield from observations(row, charity, ATTRIBUTES, extracted_on, Basis.SNAPSHOT)
    for column, indicator in REGISTRATION.items():
        named = cell(row, column, lambda text: day_of(text, extracted_on))
        if isinstance(named, Unreadable):
            yield named
        elif named:
            place = row.places[column]
            yield Observed(charity, indicator, named.isoformat(), named, Basis.STATED, line=row.line, place=place)
        elif column in row.cells:  # a charity that is registered again has no day of removal any more
            yield Blank(charity, indicator, extracted_on, Basis.SNAPSHOT, line=row.line, place=row.places[column])
    same = cell(row, COMPANY, company)
    if isinstance(same, Unreadable):
        yield same
    elif same:
        place = row.places[COMPANY]
        yield Linked(charity, Relation.SAME_AS, same, extracted_on, Basis.SNAPSHOT, line=row.line, place=place)


def _event(row: Row, charity: str, extracted_on: date) -> Iterator[Record]:
    """A registration, a removal with its reason, or assets passed between charities."""
    kind = words(row.cells["event_type"])
    happened_on = cell(row, "date_of_event", lambda text: day_of(text, extracted_on))
    if kind.casefold() not in EVENTS:
        reason = f"'{kind}' is no kind of event known here; add it to EVENTS if the register introduced it"
        yield Unreadable(reason, row.line, row.places["event_type"])
        return
    if not isinstance(happened_on, date):
        yield happened_on or Unreadable("an event without a day; left out", row.line, row.places["date_of_event"])
        return
    indicator = EVENTS[kind.casefold()]
    other = cell(row, "assoc_registered_charity_number", charity_subject)
    if isinstance(other, Unreadable):
        yield other
        other = None
    values = {"charity_registered": kind, "charity_removed": words(row.cells.get("reason", ""))}
    yield Observed(
        charity,
        indicator,
        values.get(indicator, other) or None,
        happened_on,
        Basis.STATED,
        period_end=happened_on,
        occurrence=row.cells.get("charity_event_order", ""),
        line=row.line,
        place=row.places["event_type"],
    )


def _report(row: Row, charity: str, extracted_on: date) -> Iterator[Record]:
    """A published report of an inquiry or a regulatory case; one without a day is known from the extract on."""
    name = words(row.cells["report_name"])
    published_on = cell(row, "date_published", lambda text: day_of(text, extracted_on))
    if isinstance(published_on, Unreadable):
        yield published_on
        return
    known_on, basis = (published_on, Basis.STATED) if published_on else (extracted_on, Basis.SNAPSHOT)
    yield Observed(
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


TABLES: dict[str, tuple[Layout, Reader]] = {
    "charity": (
        layout(
            "linked_charity_number",
            *(field.column for field in ATTRIBUTES),
            *REGISTRATION,
            COMPANY,
            required=("linked_charity_number", "charity_registration_status"),
        ),
        _charity,
    ),
    **{table: (table_layout, annual_return) for table, table_layout in LAYOUTS.items()},
    "charity_event_history": (
        layout(
            "linked_charity_number",
            "charity_event_order",
            "event_type",
            "date_of_event",
            "reason",
            "assoc_registered_charity_number",
            required=("linked_charity_number", "event_type", "date_of_event"),
        ),
        _event,
    ),
    "charity_published_report": (
        layout(
            "linked_charity_number", "report_name", "date_published", required=("linked_charity_number", "report_name")
        ),
        _report,
    ),
}
