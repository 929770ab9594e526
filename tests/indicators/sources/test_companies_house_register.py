"""The free company data product: what a row says of a company; a cut-down file makes none leave the register."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators import catalogue
from indicators.folder import FolderClient
from indicators.http import RegisterUnreachable
from indicators.parsed_records import (
    ArchiveState,
    BlankRecord,
    Document,
    FetchedDocument,
    ListingRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import companies_house_register
from models.vocabulary import DateBasis

SAMPLE = "companies_house/BasicCompanyData-2020-05-01-sample.csv"
WHOLE = "companies_house/BasicCompanyDataAsOneFile-2020-05-01.zip"
LISTED_ON = date(2020, 5, 1)
COMPANY = "GB-COH-04043380"
# Cells of the header carry blanks in the product, and the columns that are not read are between the others.
HEADER = [" CompanyName", " CompanyNumber"] + [
    names[0] for key, names in companies_house_register.COLUMNS.items() if key not in {"name", "number"}
]
ROW = dict.fromkeys(HEADER, "") | {
    " CompanyName": "HILL HOUSE  CARE LIMITED",
    " CompanyNumber": "04043380",
    "CompanyCategory": "Private Limited Company",
    "CompanyStatus": "Active - Proposal to Strike off",
    "DissolutionDate": "NA",
    "IncorporationDate": "03/04/2008",
    "Accounts.NextDueDate": "31/12/2020",
    "Accounts.LastMadeUpDate": "31/03/2019",
    "Accounts.AccountCategory": "TOTAL EXEMPTION FULL",
    "ConfStmtNextDueDate": "09/08/2020",
    "ConfStmtLastMadeUpDate": "26/07/2019",
    "Mortgages.NumMortOutstanding": "2",
    "SICCode.SicText_1": "87900 - Other residential care activities n.e.c.",
}


def document(name: str, data: bytes) -> Document:
    return Document("companies_house_register", name, "", datetime(2026, 1, 1, tzinfo=UTC), lambda: io.BytesIO(data))


def text_of(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", errors="replace")


def parse(*rows: dict[str, str], name: str = SAMPLE) -> list[Record]:
    return list(companies_house_register.parse(document(name, text_of(*rows))))


def observed(records: list[Record], indicator: str) -> list[ObservationRecord]:
    return [record for record in records if isinstance(record, ObservationRecord) and record.indicator == indicator]


def unreadable(records: list[Record]) -> list[UnreadableRecord]:
    return [record for record in records if isinstance(record, UnreadableRecord)]


def test_a_company_gives_its_status_dates_codes_and_charges() -> None:
    records = parse(ROW)
    assert {record.indicator: record.value for record in records if isinstance(record, ObservationRecord)} == {
        "name": "HILL HOUSE CARE LIMITED",
        "company_category": "Private Limited Company",
        "company_status": "Active - Proposal to Strike off",
        "incorporated_on": "2008-04-03",
        "accounts_next_due_on": "2020-12-31",
        "accounts_last_made_up_on": "2019-03-31",
        "accounts_category": "TOTAL EXEMPTION FULL",
        "confirmation_next_due_on": "2020-08-09",
        "confirmation_last_made_up_on": "2019-07-26",
        "charges_outstanding": 2,
        "sic_code": "87900",
    }
    assert unreadable(records) == []
    [status] = observed(records, "company_status")
    assert status == ObservationRecord(
        COMPANY,
        "company_status",
        "Active - Proposal to Strike off",
        LISTED_ON,
        DateBasis.SNAPSHOT,
        line=2,
        place="CompanyStatus",
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ADMINISTRATIVE RECEIVER", "ADMINISTRATIVE RECEIVER"),
        ("Administrative Receiver", "ADMINISTRATIVE RECEIVER"),
        ("voluntary arrangement / receiver manager", "VOLUNTARY ARRANGEMENT / RECEIVER MANAGER"),
        ("VOLUNTARY ARRANGEMENT /  RECEIVERSHIP", "VOLUNTARY ARRANGEMENT / RECEIVERSHIP"),
        ("VOLUNTARY ARRANGEMENT", "Voluntary Arrangement"),
        ("IN ADMINISTRATION/RECEIVER MANAGER", "In Administration/Receiver Manager"),
        ("Administration", "In Administration"),
        ("converted-closed", "Converted/Closed"),
        ("Active proposal to strike off", "Active - Proposal to Strike off"),
        *((status, status) for status in companies_house_register.STATUSES),
    ],
)
def test_a_status_has_one_spelling_whatever_case_it_is_written_in(written: str, kept: str) -> None:
    records = parse(ROW | {"CompanyStatus": written})
    assert [status.value for status in observed(records, "company_status")] == [kept]
    assert unreadable(records) == []


def test_a_status_that_nobody_knows_stands_as_written_and_is_said() -> None:
    records = parse(ROW | {"CompanyStatus": "Moratorium"})
    assert [status.value for status in observed(records, "company_status")] == ["Moratorium"]
    [doubt] = unreadable(records)
    assert doubt.reason.startswith("'Moratorium' is not a known status, good or bad")


@pytest.mark.parametrize("nothing", ["", "NA"])
def test_na_and_empty_are_missing(nothing: str) -> None:
    records = parse(ROW | {"Accounts.NextDueDate": nothing, "DissolutionDate": nothing})
    assert observed(records, "accounts_next_due_on") == observed(records, "dissolved_on") == []
    assert unreadable(records) == []


def test_each_code_is_told_apart_by_its_place_and_none_supplied_is_none() -> None:
    codes = {"SICCode.SicText_1": "87900 - Other", "SICCode.SicText_2": "85590 - Other education n.e.c."}
    assert [(record.value, record.occurrence) for record in observed(parse(ROW | codes), "sic_code")] == [
        ("87900", "1"),
        ("85590", "2"),
    ]
    assert observed(parse(ROW | {"SICCode.SicText_1": "None Supplied"}), "sic_code") == []


NEWER = {"PreviousName_1.CONDATE": "22/04/2016", "PreviousName_1.CompanyName": "HILL CARE LTD"}
OLDER = {"PreviousName_2.CONDATE": "25/10/2011", "PreviousName_2.CompanyName": "OLD HILL LTD"}


def test_former_names_are_known_from_the_day_they_were_given_up() -> None:
    old, new = observed(parse(ROW | NEWER | OLDER), "previous_name")
    assert (old.value, old.period_end, old.known_on, old.known_on_basis) == (
        "OLD HILL LTD",
        date(2011, 10, 25),
        date(2011, 10, 25),
        DateBasis.STATED,
    )
    assert (new.value, new.place) == ("HILL CARE LTD", "PreviousName_1.CompanyName")


def test_a_former_name_keeps_its_number_when_the_company_changes_its_name_again() -> None:
    only = {"PreviousName_1.CONDATE": "25/10/2011", "PreviousName_1.CompanyName": "OLD HILL LTD"}
    [before] = observed(parse(ROW | only), "previous_name")
    after = observed(parse(ROW | NEWER | OLDER), "previous_name")[0]
    assert before[:8] == after[:8]


def test_a_former_name_without_a_day_is_known_from_the_file() -> None:
    [record] = observed(parse(ROW | NEWER | {"PreviousName_1.CONDATE": ""}), "previous_name")
    assert (record.known_on, record.known_on_basis, record.period_end) == (LISTED_ON, DateBasis.SNAPSHOT, None)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("IncorporationDate", "02/05/2020"),
        ("Accounts.LastMadeUpDate", "2019-03-31"),
        ("Accounts.NextDueDate", "31/12/2090"),
        ("Mortgages.NumMortOutstanding", "-1"),
        ("PreviousName_1.CONDATE", "01/06/2020"),
    ],
)
def test_a_cell_that_cannot_be_right_is_left_out_and_the_rest_is_kept(column: str, text: str) -> None:
    records = parse(ROW | NEWER | {column: text})
    assert [(problem.line, problem.place) for problem in unreadable(records)] == [(2, column)]
    assert observed(records, "company_status")[0].value == "Active - Proposal to Strike off"


@pytest.mark.parametrize("number", ["", "IE469427", "4043380X1"])
def test_a_row_without_a_company_number_is_left_out_and_the_next_read(number: str) -> None:
    records = parse(ROW | {" CompanyNumber": number}, ROW)
    assert [(problem.line, problem.place) for problem in unreadable(records)] == [(2, "CompanyNumber")]
    assert observed(records, "name")[0].line == 3


def test_only_the_whole_product_lists_companies() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("BasicCompanyDataAsOneFile-2020-05-01.csv", text_of(ROW))
    whole = list(companies_house_register.parse(document(WHOLE, data.getvalue())))
    part = companies_house_register.parse(
        document("companies_house/BasicCompanyData-2020-05-01-part1_6.zip", data.getvalue())
    )
    assert [record for record in whole if isinstance(record, ListingRecord)] == [ListingRecord(COMPANY, line=2)]
    assert [record for record in part if isinstance(record, ListingRecord)] == []
    assert [record for record in parse(ROW) if isinstance(record, ListingRecord)] == []
    assert observed(whole, "company_status")[0].place == "BasicCompanyDataAsOneFile-2020-05-01.csv: CompanyStatus"


def test_a_file_without_a_day_in_its_name_is_not_read() -> None:
    [record] = parse(ROW, name="companies_house/BasicCompanyData.csv")
    assert isinstance(record, UnreadableRecord)
    assert "name it …-YYYY-MM-DD.csv" in record.reason


def test_a_file_without_the_status_is_one_unreadable_that_names_the_column() -> None:
    row = {column: text for column, text in ROW.items() if column != "CompanyStatus"}
    [record] = parse(row)
    assert isinstance(record, UnreadableRecord)
    assert record.place == "CompanyStatus"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=20), min_size=len(HEADER), max_size=len(HEADER)))
def test_no_texts_whatever_in_a_row_raise(texts: list[str]) -> None:
    records = parse(dict(zip(HEADER, texts, strict=True)) | {" CompanyNumber": "04043380"}, ROW)
    assert all(isinstance(record, ObservationRecord | BlankRecord | UnreadableRecord) for record in records)


class Web:
    """The download page with what a test puts on it."""

    is_folder = False

    def __init__(self, page: str) -> None:
        self.page = page

    def files(self, *patterns: str) -> Iterator[FetchedDocument]:
        raise AssertionError("the web has no folder")

    def get_json(self, address: str) -> object:
        raise AssertionError("there is no JSON")

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> FetchedDocument | None:
        return FetchedDocument(name, address, lambda: io.BytesIO(self.page.encode()))


def test_the_web_gives_the_newest_product_in_one_file() -> None:
    page = """<a href="BasicCompanyDataAsOneFile-2026-10-01.zip">one file</a>
              <a href="BasicCompanyDataAsOneFile-2026-11-01.zip">one file</a>
              <a href="BasicCompanyData-2026-11-01-part1_7.zip">in parts</a>"""
    assert [
        (document.name, document.address) for document in companies_house_register.fetch(Web(page), ArchiveState())
    ] == [
        (
            "companies_house/BasicCompanyDataAsOneFile-2026-11-01.zip",
            "https://download.companieshouse.gov.uk/BasicCompanyDataAsOneFile-2026-11-01.zip",
        )
    ]


def test_a_download_page_without_the_product_leaves_the_register_out() -> None:
    with pytest.raises(RegisterUnreachable, match="names no BasicCompanyDataAsOneFile; give it with --from"):
        list(companies_house_register.fetch(Web("<html></html>"), ArchiveState()))


@pytest.mark.registers
def test_the_real_sample_is_read_to_the_last_cell(registers: Path) -> None:
    [fetched] = companies_house_register.fetch(FolderClient(registers), ArchiveState())
    real = Document("companies_house_register", fetched.name, "", datetime(2026, 1, 1, tzinfo=UTC), fetched.open)
    records = list(companies_house_register.parse(real))
    assert unreadable(records) == []
    statuses = Counter(record.value for record in observed(records, "company_status"))
    assert statuses == {
        "Active": 2592,
        "Active - Proposal to Strike off": 120,
        "Liquidation": 64,
        "In Administration": 3,
        "Live but Receiver Manager on at least one charge": 1,
        "Voluntary Arrangement": 1,
    }
    assert {
        record.indicator for record in records if isinstance(record, ObservationRecord)
    } <= catalogue.load().indicators.keys()
    assert {record.known_on for record in observed(records, "accounts_next_due_on")} == {LISTED_ON}
    assert len(observed(records, "previous_name")) == 386


def test_an_empty_cell_says_that_there_is_nothing_any_more() -> None:
    records = parse(ROW | {"DissolutionDate": "", "SICCode.SicText_1": ""})
    blanks = {(record.indicator, record.occurrence) for record in records if isinstance(record, BlankRecord)}
    assert {("dissolved_on", ""), ("sic_code", "1"), ("sic_code", "2")} <= blanks
    assert all(record.known_on == LISTED_ON for record in records if isinstance(record, BlankRecord))


def test_a_cell_that_cannot_be_read_is_not_an_empty_one() -> None:
    records = parse(ROW | {"DissolutionDate": "31/02/2020"})
    assert "dissolved_on" not in {record.indicator for record in records if isinstance(record, BlankRecord)}


def test_the_company_12345678_is_believed_where_the_register_lists_it() -> None:
    assert observed(parse(ROW | {" CompanyNumber": "12345678"}), "name")[0].subject == "GB-COH-12345678"
    assert observed(parse(ROW | {" CompanyNumber": "00000000"}), "name") == []
