"""Reads Ofsted's provider-level data on children's social care: every setting on the register at 31 March, each year.

Beside the yearly lists, there is a file of every inspection of 2017-18, and a research team's match of owners to
companies. The URN identifies a setting. Two in three names are REDACTED and left out: the kind and the URN are the name
then. People are not recorded: an owner who is a private person only ends the ownership by an organisation.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from indicators import catalogue
from indicators.formats.cells import (
    TableField,
    clean_spaces,
    make_slug,
    parse_day_between,
    parse_whole_number,
    read_cell,
    read_observations,
)
from indicators.formats.govuk_pages import read_attachments
from indicators.formats.home_owners import has_no_owner, owner_of, read_matches
from indicators.formats.identifiers import is_placeholder
from indicators.formats.tables import Layout, TableRow, list_day, read_rows
from indicators.http import RegisterUnreachable
from indicators.parsed_records import (
    ArchiveState,
    Client,
    Document,
    FetchedDocument,
    LinkRecord,
    ListingRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from models.vocabulary import BuyerKind, DateBasis, Relation

REGISTER = "ofsted_social_care"
PARSER = f"{REGISTER}/2"

INSPECTIONS_FILE = re.compile(r"inspections_in_year_\d{4}-(\d{2})\b")
MATCH_FILE = "owner_to_company_number"

EARLIEST = date(1960, 1, 1)  # the oldest registration is of 1973
EARLIEST_INSPECTION = date(1990, 1, 1)  # the Children Act 1989 came into force in 1991
# A release holds the inspections until 31 March whose reports came out until 30 April (notes of the 2018 release).
PUBLISHED_WITHIN = timedelta(days=30)
MOST_PLACES = 5_000  # the largest boarding school has 891

COLUMNS = {
    "urn": ("URN",),
    "provision_type": ("Provision type",),
    "status": ("Registration status", "Reg status"),
    "name": ("Name", "Setting name"),
    "region": ("Government Office Region", "Region", "Ofsted region"),  # in 2015 the North East goes with Yorkshire
    "area": ("Local authority",),
    "sector": ("Sector",),
    "places": ("Places",),
    "registered_on": ("Registration date",),
    "owner": ("Organisation which owns the provider", "Organisation"),
    "event_type": ("Latest full inspection event type", "Event type", "Inspection type"),
    "inspected_on": ("Latest full inspection date", "Inspection date"),
    "published_on": ("Latest full inspection publication date", "Publication date"),
    "overall": (
        "Latest full inspection overall experiences and progress of children and young people",
        "Overall experiences and progress of children and young people",
        "Overall effectiveness",
    ),
    "protection": (
        "Latest full inspection how well children and young people are helped and protected",
        "How well children and young people are helped and protected",
        "Safeguarding children and young people",
        "The safety of children and young people",
    ),
    "leadership": (
        "Latest full inspection the effectiveness of leaders and managers",
        "The effectiveness of leaders and managers",
        "Leadership and management",
    ),
}
REQUIRED = frozenset({"urn", "provision_type", "inspected_on", "overall"})
SINCE_YEAR = {"places": 2016, "published_on": 2017, "owner": 2018, "registered_on": 2019}
OF_AN_INSPECTION = REQUIRED | {"protection", "leadership", "published_on", "event_type"}
INSPECTIONS_LAYOUT = Layout(COLUMNS, REQUIRED, optional=frozenset(COLUMNS) - OF_AN_INSPECTION)
REDACTED = "redacted"
URN = re.compile(r"(SC)?\d{6,7}", re.ASCII)
SPELT_OTHERWISE = {
    "cafcass": "CAFCASS",
    # The list of 2015 names these schools by the reason why they register as homes: stays of over 295 days a year.
    "residential special school (>295 days/year)": "Residential special school (registered as a children's home)",
}
JUDGEMENTS = {
    "overall": "overall_judgement",
    "protection": "protection_judgement",
    "leadership": "leadership_judgement",
}
INTERIM = frozenset({"improved effectiveness", "sustained effectiveness", "declined in effectiveness"})  # until 2018
NO_GRADE = frozenset({"not judged"})
DAILY_OCCURRENCE = "1"  # no setting has two inspections on one day: an inspection of the next list is the same one

RELEASE = re.compile(r"/childrens-social-care(?:-data)?-in-england-(\d{4})$")


def fetch(client: Client, since: ArchiveState) -> Iterator[FetchedDocument]:
    """The yearly lists and inspection files of a folder, or of the releases on GOV.UK.

    Raises:
        RegisterUnreachable: a page of GOV.UK has another shape than documented, or no release has a provider-level
            file.
    """
    register = catalogue.load().registers[REGISTER]
    if client.is_folder:
        yield from client.files(*register.folder)
        return
    published = dict(_published_files(client, register.address))
    if not published:
        raise RegisterUnreachable(
            f"{register.address}: no release has a provider-level CSV file; give them with --from"
        )
    for name, address in sorted(published.items()):
        if fetched := client.get(address, name, since):
            yield fetched


def _published_files(client: Client, collection: str) -> Iterator[tuple[str, str]]:
    """Name in the folder layout and address of every provider-level file that the collection's releases attach."""
    for release, title, address in read_attachments(client, collection, RELEASE):
        if not address.lower().endswith(".csv") or "provider level" not in title:
            continue
        year = int(release[1])
        if stated := re.search(r"as at 31 march (\d{4})", title):
            yield f"ofsted/childrens_social_care_providers_at_{stated[1]}-03-31.csv", address
        elif "in year" in title or title.endswith("provider level data"):
            yield f"ofsted/inspections_in_year_{year - 1}-{year % 100:02}.csv", address


def parse(document: Document) -> Iterator[Record]:
    """The records of a yearly list, of a year's inspections, or of the match of owners to companies."""
    if MATCH_FILE in document.name:
        yield from read_matches(document)
    elif match := INSPECTIONS_FILE.search(document.name):
        year_end = date(2000 + int(match[1]), 3, 31)
        for subject, row in _setting_rows(document, INSPECTIONS_LAYOUT):
            yield from _read_inspection(row, subject, year_end) if isinstance(row, TableRow) else (row,)
    else:
        listed_on = list_day(document, "…_at_YYYY-MM-DD.csv")
        yield from _read_list(document, listed_on) if isinstance(listed_on, date) else (listed_on,)


def _setting_rows(document: Document, layout: Layout) -> Iterator[tuple[str, TableRow | UnreadableRecord]]:
    """Every row with its setting; an empty text and the reason for a row that cannot be read."""
    for row in read_rows(document, layout):
        if isinstance(row, UnreadableRecord):
            yield "", row
            continue
        urn = row.cells["urn"]
        if URN.fullmatch(urn) and not is_placeholder(urn.removeprefix("SC"), is_own=True):
            yield f"GB-OFSTED-{urn}", row
        else:
            yield (
                "",
                UnreadableRecord(
                    f"'{urn}' is not a URN (SC059639, 1027076); row left out", row.line, row.places["urn"]
                ),
            )


def _read_list(document: Document, listed_on: date) -> Iterator[Record]:
    fields = (
        TableField("name", "name", clean_spaces),
        TableField("provision_type", "provision_type", _sentence_case),
        TableField("sector", "sector", _sentence_case),
        TableField("registration_status", "status", _sentence_case),
        TableField("region", "region", clean_spaces),
        TableField("places", "places", lambda text: parse_whole_number(text, 0, MOST_PLACES)),
        TableField(
            "registered_on", "registered_on", lambda text: parse_day_between(text, EARLIEST, listed_on).isoformat()
        ),
    )
    optional = frozenset(key for key, year in SINCE_YEAR.items() if listed_on.year < year)
    named = set[str]()  # owners and areas whose name this document has given
    for subject, row in _setting_rows(document, Layout(COLUMNS, REQUIRED, optional)):
        if isinstance(row, UnreadableRecord):
            yield row
            continue
        yield ListingRecord(subject, _sentence_case(row.cells["provision_type"]), row.line)
        is_named = row.cells.get("name", "").casefold() != REDACTED  # a withheld name is not an empty cell
        yield from read_observations(row, subject, fields if is_named else fields[1:], listed_on, DateBasis.SNAPSHOT)
        yield from _read_owner(row, subject, listed_on, named)
        yield from _read_area(row, subject, listed_on, named)
        yield from _read_inspection(row, subject, listed_on)


def _sentence_case(text: str) -> str:
    """A kind, sector or status in one spelling for all years: "Children's Home" and "Children's home" are the same."""
    text = clean_spaces(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return SPELT_OTHERWISE.get(text.casefold()) or text.capitalize()


def _read_owner(row: TableRow, home: str, listed_on: date, named: set[str]) -> Iterator[Record]:
    text = clean_spaces(row.cells.get("owner", ""))
    if not text or text.casefold() == REDACTED:
        return
    line, place = row.line, row.places["owner"]
    if has_no_owner(text):
        yield UnreadableRecord(f"'{text}' names no owner: it stands for none; left out", line, place)
        return
    owner = owner_of(text)
    subject = owner.subject if owner else None
    yield LinkRecord(home, Relation.OWNED_BY, subject, listed_on, DateBasis.SNAPSHOT, line=line, place=place)
    if owner and owner.subject not in named:
        named.add(owner.subject)
        yield ObservationRecord(
            owner.subject, "name", owner.name, listed_on, DateBasis.SNAPSHOT, line=line, place=place
        )
    if owner and owner.company and owner.company not in named:
        named.add(owner.company)
        yield LinkRecord(
            owner.subject, Relation.SAME_AS, owner.company, listed_on, DateBasis.SNAPSHOT, line=line, place=place
        )


def _read_area(row: TableRow, home: str, listed_on: date, named: set[str]) -> Iterator[Record]:
    name = clean_spaces(row.cells.get("area", ""))
    if not name:
        return
    area, line, place = f"CW-AREA-{make_slug(name)}", row.line, row.places["area"]
    if has_no_owner(name):
        yield UnreadableRecord(f"'{name}' names no local authority: it stands for none; left out", line, place)
        return
    yield LinkRecord(
        area, Relation.BUYS_FROM, home, listed_on, DateBasis.SNAPSHOT, BuyerKind.HOST_AREA, line=line, place=place
    )
    if area not in named:
        named.add(area)
        yield ObservationRecord(area, "name", name, listed_on, DateBasis.SNAPSHOT, line=line, place=place)


def _read_inspection(row: TableRow, home: str, listed_on: date) -> Iterator[Record]:
    """The inspection of a row and its judgements, known from the day the report was published."""
    grades = {column: clean_spaces(row.cells.get(column, "")) for column in JUDGEMENTS}
    inspected_on = read_cell(row, "inspected_on", lambda text: parse_day_between(text, EARLIEST_INSPECTION, listed_on))
    if inspected_on is None and any(grades.values()):
        reason = "judgements without the day of their inspection; left out"
        inspected_on = UnreadableRecord(reason, row.line, row.places["inspected_on"])
    if inspected_on is None:  # not inspected yet
        return
    if isinstance(inspected_on, UnreadableRecord):
        yield inspected_on
        return
    known_on = read_cell(row, "published_on", lambda text: _published_on(text, inspected_on, listed_on))
    basis = DateBasis.STATED
    if isinstance(known_on, UnreadableRecord):
        yield known_on
    if not isinstance(known_on, date):
        known_on, basis = listed_on, DateBasis.INFERRED
    event_type = _sentence_case(row.cells.get("event_type", "")) or None
    yield ObservationRecord(
        home,
        "inspection",
        event_type,
        known_on,
        basis,
        period_end=inspected_on,
        occurrence=DAILY_OCCURRENCE,
        line=row.line,
        place=row.places["inspected_on"],
    )
    for column, indicator in JUDGEMENTS.items():
        grade = grades[column]
        if grade and grade.casefold() not in NO_GRADE:
            yield ObservationRecord(
                home,
                "interim_judgement" if grade.casefold() in INTERIM else indicator,
                grade,
                known_on,
                basis,
                period_start=inspected_on,
                period_end=inspected_on,
                line=row.line,
                place=row.places[column],
            )


def _published_on(text: str, inspected_on: date, listed_on: date) -> date:
    published_on = parse_day_between(text, EARLIEST_INSPECTION, listed_on + PUBLISHED_WITHIN)
    if published_on < inspected_on:
        raise ValueError(f"'{text}' cannot be right: published before the inspection on {inspected_on}; file date used")
    return published_on
