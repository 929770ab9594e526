"""The register of charities: returns with their days of receipt, what is as at the extract, and what is never read."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators import catalogue
from indicators.folder import FolderClient
from indicators.parsed_records import (
    ArchiveState,
    BlankRecord,
    Document,
    FetchedDocument,
    LinkRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import charity_commission
from models.vocabulary import DateBasis, Relation
from tests.indicators.sources.charity_rows import (
    EXTRACTED_ON,
    HISTORY,
    MAIN,
    MIDNIGHT,
    document,
    observed,
    parse,
    unreadable,
    values,
    zipped,
)

CHARITY = "GB-CHC-1234567"
REGISTERED = MAIN | {
    "linked_charity_number": "0",
    "charity_name": "Hill  House Trust",
    "charity_type": "Charitable company",
    "charity_registration_status": "Registered",
    "date_of_registration": "1963-07-25" + MIDNIGHT,
    "date_of_removal": "",
    "charity_reporting_status": "Submission Overdue",
    "charity_contact_phone": "01234 567890",
    "charity_contact_email": "someone@example.org",
    "charity_company_registration_number": "4043380",
    "charity_insolvent": "False",
    "charity_in_administration": "True",
}
EVENT = MAIN | {
    "linked_charity_number": "0",
    "charity_event_order": "3",
    "event_type": "Removed",
    "date_of_event": "2021-09-30" + MIDNIGHT,
    "reason": "Ceased to exist",
    "assoc_registered_charity_number": "",
}
REPORT = MAIN | {
    "linked_charity_number": "0",
    "report_name": "STATEMENT OF INQUIRY",
    "date_published": "2022-04-25" + MIDNIGHT,
}


def test_a_charity_gives_who_it_is_and_how_it_stands() -> None:
    records = parse("charity", REGISTERED)
    assert values(records) == {
        "name": "Hill House Trust",
        "charity_type": "Charitable company",
        "registration_status": "Registered",
        "charity_reporting_status": "Submission Overdue",
        "charity_insolvent": False,
        "charity_in_administration": True,
        "registered_on": "1963-07-25",
    }
    status = observed(records, "charity_reporting_status")
    assert (status.known_on, status.known_on_basis, status.line, status.place) == (
        EXTRACTED_ON,
        DateBasis.SNAPSHOT,
        2,
        "publicextract.charity.txt: charity_reporting_status",
    )
    assert unreadable(records) == []


def test_registration_and_removal_are_known_from_their_own_days() -> None:
    records = parse("charity", REGISTERED | {"date_of_removal": "2021-09-30" + MIDNIGHT})
    removed = observed(records, "charity_removed_on")
    assert (removed.value, removed.known_on, removed.known_on_basis) == (
        "2021-09-30",
        date(2021, 9, 30),
        DateBasis.STATED,
    )
    assert observed(records, "registered_on").known_on == date(1963, 7, 25)


def test_the_company_the_register_states_is_the_same_for_certain() -> None:
    [link] = [record for record in parse("charity", REGISTERED) if isinstance(record, LinkRecord)]
    assert (link.subject, link.relation, link.object, link.confidence, link.known_on) == (
        CHARITY,
        Relation.SAME_AS,
        "GB-COH-04043380",
        1.0,
        EXTRACTED_ON,
    )


def test_contacts_are_never_read() -> None:
    assert "01234 567890" not in str(parse("charity", REGISTERED))
    assert "example.org" not in str(parse("charity", REGISTERED))


@pytest.mark.parametrize("table", ["charity", "charity_event_history", "charity_published_report"])
def test_linked_charities_are_left_out(table: str) -> None:
    row = {"charity": REGISTERED, "charity_event_history": EVENT, "charity_published_report": REPORT}[table]
    assert parse(table, row | {"linked_charity_number": "1"}) == []


@pytest.mark.parametrize(
    ("written", "indicator", "value"),
    [
        ({"event_type": "Removed"}, "charity_removed", "Ceased to exist"),
        ({"event_type": "Removed", "reason": ""}, "charity_removed", None),
        ({"event_type": "CIO registration", "reason": ""}, "charity_registered", "CIO registration"),
        ({"event_type": "Re-registered"}, "charity_registered", "Re-registered"),
        (
            {"event_type": "Asset transfer out", "assoc_registered_charity_number": "1100947"},
            "charity_assets_passed_on",
            "GB-CHC-1100947",
        ),
        ({"event_type": "Asset transfer in"}, "charity_assets_received", None),
    ],
)
def test_events_are_known_from_their_day_and_numbered_as_the_register_does(
    written: dict[str, str], indicator: str, value: str | None
) -> None:
    [event] = parse("charity_event_history", EVENT | written)
    assert isinstance(event, ObservationRecord)
    assert (event.indicator, event.value, event.occurrence) == (indicator, value, "3")
    assert (event.period_end, event.known_on, event.known_on_basis) == (
        date(2021, 9, 30),
        date(2021, 9, 30),
        DateBasis.STATED,
    )


def test_an_event_of_an_unknown_kind_is_reported_and_not_dropped() -> None:
    [record] = parse("charity_event_history", EVENT | {"event_type": "Merged"})
    assert isinstance(record, UnreadableRecord)
    assert record.reason == "'Merged' is not a known kind of event; add it to EVENTS if the register introduced it"


@pytest.mark.parametrize("day", ["", "2099-01-01"])
def test_an_event_without_a_day_or_after_the_extract_is_unreadable(day: str) -> None:
    [record] = parse("charity_event_history", EVENT | {"date_of_event": day})
    assert isinstance(record, UnreadableRecord)
    assert record.place == "publicextract.charity_event_history.txt: date_of_event"


def test_a_report_is_known_from_its_publication_or_else_from_the_extract() -> None:
    dated, undated = parse("charity_published_report", REPORT, REPORT | {"report_name": "CASE", "date_published": ""})
    assert isinstance(dated, ObservationRecord)
    assert (dated.value, dated.period_end, dated.known_on, dated.known_on_basis) == (
        "STATEMENT OF INQUIRY",
        date(2022, 4, 25),
        date(2022, 4, 25),
        DateBasis.STATED,
    )
    assert isinstance(undated, ObservationRecord)
    assert (undated.value, undated.period_end, undated.known_on, undated.known_on_basis) == (
        "CASE",
        None,
        EXTRACTED_ON,
        DateBasis.SNAPSHOT,
    )


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"fin_period_start_date": "2022-04-01"}, "fin_period_end_date"),
        ({"fin_period_end_date": ""}, "fin_period_end_date"),
        ({"fin_period_end_date": "2099-03-31"}, "fin_period_end_date"),
        ({"registered_charity_number": "x"}, "registered_charity_number"),
        ({"date_of_extract": ""}, "date_of_extract"),
        ({"date_of_extract": "yesterday"}, "date_of_extract"),
    ],
)
def test_a_row_without_a_year_a_charity_or_an_extract_is_left_out_and_the_next_read(
    changes: dict[str, str], column: str
) -> None:
    records = parse("charity_annual_return_history", HISTORY | changes, HISTORY)
    assert [(problem.line, problem.place.split(": ")[1]) for problem in unreadable(records)] == [(2, column)]
    assert observed(records, "charity_income").line == 3


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"date_annual_return_received": "2023-09-08"}, "date_annual_return_received"),
        ({"reporting_due_date": "2099-01-31"}, "reporting_due_date"),
        ({"total_gross_income": "a lot"}, "total_gross_income"),
        ({"accounts_qualified": "perhaps"}, "accounts_qualified"),
    ],
)
def test_a_cell_that_cannot_be_right_is_left_out_and_the_rest_of_the_row_is_kept(
    changes: dict[str, str], column: str
) -> None:
    records = parse("charity_annual_return_history", HISTORY | changes)
    assert [problem.place.split(": ")[1] for problem in unreadable(records)] == [column]
    assert observed(records, "charity_expenditure").value == 2550072


def test_a_company_number_that_is_none_is_unreadable() -> None:
    [problem] = unreadable(parse("charity", REGISTERED | {"charity_company_registration_number": "see note"}))
    assert problem.place == "publicextract.charity.txt: charity_company_registration_number"


def test_a_table_that_is_not_read_says_which_are() -> None:
    [record] = parse("charity_trustee", MAIN)
    assert isinstance(record, UnreadableRecord)
    assert "charity_annual_return_history" in record.reason


def test_a_truncated_zip_is_one_unreadable() -> None:
    data = zipped("charity", *[REGISTERED] * 50)
    [record] = charity_commission.parse(document("charity", data[:100]))
    assert record == UnreadableRecord("the zip is cut short or is none; fetch it again")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=12, max_size=12))
def test_no_texts_whatever_in_a_row_raise(texts: list[str]) -> None:
    for table, row in (
        ("charity", REGISTERED),
        ("charity_annual_return_history", HISTORY),
        ("charity_event_history", EVENT),
    ):
        strange = row | dict(zip(list(row)[2:], texts, strict=False))
        records = parse(table, row, strange)
        assert all(
            isinstance(record, ObservationRecord | BlankRecord | LinkRecord | UnreadableRecord) for record in records
        )
        assert any(record.line == 2 for record in records)


class Web:
    """A web of which every table but one has changed."""

    is_folder = False

    def files(self, *patterns: str) -> Iterator[FetchedDocument]:
        raise AssertionError("the web has no folder")

    def get_json(self, address: str) -> object:
        raise AssertionError("no index is needed")

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> FetchedDocument | None:
        return None if address.endswith("publicextract.charity.zip") else FetchedDocument(name, address, io.BytesIO)


def test_the_web_gives_the_tables_that_have_changed_under_their_folder_names() -> None:
    addresses = {fetched.name: fetched.address for fetched in charity_commission.fetch(Web(), ArchiveState())}
    assert sorted(addresses) == [
        "charity_commission/publicextract.charity_annual_return_history.zip",
        "charity_commission/publicextract.charity_annual_return_parta.zip",
        "charity_commission/publicextract.charity_annual_return_partb.zip",
        "charity_commission/publicextract.charity_event_history.zip",
        "charity_commission/publicextract.charity_published_report.zip",
    ]
    assert addresses["charity_commission/publicextract.charity_event_history.zip"] == (
        "https://ccewuksprdoneregsadata1.blob.core.windows.net/data/txt/publicextract.charity_event_history.zip"
    )


@pytest.fixture(scope="module")
def extract(registers: Path) -> list[Record]:
    """Every record of the real extract."""
    return [
        record
        for fetched in charity_commission.fetch(FolderClient(registers), ArchiveState())
        for record in charity_commission.parse(
            Document("charity_commission", fetched.name, "", datetime(2023, 9, 8, tzinfo=UTC), fetched.open)
        )
    ]


@pytest.mark.registers
def test_the_real_extract_is_read_but_for_one_row_that_is_cut_short(extract: list[Record]) -> None:
    assert unreadable(extract) == [
        UnreadableRecord(
            "6 cells where the header has 7; row left out", 3, "publicextract.charity_published_report.txt"
        )
    ]
    counts = Counter(record.indicator for record in extract if isinstance(record, ObservationRecord))
    assert (counts["registration_status"], counts["charity_registered"], counts["charity_removed"]) == (123, 123, 43)
    assert counts["charity_reserves"] == 248
    assert counts.keys() <= catalogue.load().indicators.keys()


@pytest.mark.registers
def test_returns_that_never_came_in_can_be_told_from_those_that_did(extract: list[Record]) -> None:
    years = {"annual_return_due_on": set[tuple[object, ...]](), "annual_return_received_on": set[tuple[object, ...]]()}
    for record in extract:
        if isinstance(record, ObservationRecord) and record.indicator in years:
            years[record.indicator].add((record.subject, record.period_start, record.period_end))
    assert years["annual_return_received_on"] <= years["annual_return_due_on"]
    assert len(years["annual_return_due_on"] - years["annual_return_received_on"]) == 45


@pytest.mark.registers
def test_the_balance_sheets_add_up_as_the_columns_are_understood(extract: list[Record]) -> None:
    """Fixed + pension + current assets less liabilities are the net assets (246 of 248: two returns do not add up)."""
    sheets: dict[tuple[str, date | None], dict[str, float]] = {}
    for record in extract:
        if isinstance(record, ObservationRecord) and isinstance(record.value, int) and record.period_start is None:
            sheets.setdefault((record.subject, record.period_end), {})[record.indicator] = record.value
    adds_up = [
        sheet["charity_fixed_assets"]
        + sheet["charity_pension_scheme"]
        + sheet["charity_current_assets"]
        - sheet["charity_liabilities"]
        == sheet["charity_net_assets"]
        for sheet in sheets.values()
        if "charity_net_assets" in sheet
    ]
    assert (sum(adds_up), len(adds_up)) == (246, 248)


def test_a_charity_that_is_registered_again_has_no_day_of_removal_any_more() -> None:
    blanks = [record for record in parse("charity", REGISTERED) if isinstance(record, BlankRecord)]
    assert [(blank.indicator, blank.known_on, blank.place) for blank in blanks] == [
        ("charity_removed_on", EXTRACTED_ON, "publicextract.charity.txt: date_of_removal")
    ]


@pytest.mark.parametrize("number", ["00000000", "12345678", "99999999", "0", "N/A", "none", "-"])
def test_a_placeholder_for_a_company_number_links_nobody(number: str) -> None:
    records = parse("charity", REGISTERED | {"charity_company_registration_number": number})
    assert [record for record in records if isinstance(record, LinkRecord)] == []
    [problem] = unreadable(records)
    assert "it stands for none" in problem.reason


@pytest.mark.parametrize(
    ("written", "company"), [("90 149012", "90149012"), ("SC12345", "SC012345"), ("ni 12345", "NI012345")]
)
def test_a_company_number_is_read_as_people_type_it(written: str, company: str) -> None:
    records = parse("charity", REGISTERED | {"charity_company_registration_number": written})
    assert [record.object for record in records if isinstance(record, LinkRecord)] == [f"GB-COH-{company}"]


@pytest.mark.parametrize("number", ["0", "000000", "9999999", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_a_charity_number_that_nobody_has_is_no_charity(number: str) -> None:
    [problem] = parse("charity", REGISTERED | {"registered_charity_number": number})
    assert isinstance(problem, UnreadableRecord)
    assert problem.reason == f"'{number}' is not a charity number; row left out"


def test_a_placeholder_for_the_other_charity_of_an_event_is_said_and_not_taken() -> None:
    transfer = EVENT | {"event_type": "Asset transfer out", "assoc_registered_charity_number": "0"}
    records = parse("charity_event_history", transfer)
    assert observed(records, "charity_assets_passed_on").value is None
    assert len(unreadable(records)) == 1


def test_a_line_break_inside_a_free_text_costs_nothing() -> None:
    first = REGISTERED | {"charity_activities": "Care\r\nand support", "charity_gift_aid": "x"}
    second = first | {"registered_charity_number": "1068298", "charity_name": "Quiet\0 Trust", "charity_activities": ""}
    records = parse("charity", first, second)
    names = [record.value for record in records if isinstance(record, ObservationRecord) and record.indicator == "name"]
    assert names == ["Hill House Trust", "Quiet Trust"]
    assert unreadable(records) == []
