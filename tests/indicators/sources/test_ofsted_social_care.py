"""Ofsted's yearly lists: eight headers, many spellings, what was public when, and whatever can be wrong in a row."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
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
    LinkRecord,
    ListingRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import ofsted_social_care
from models.vocabulary import BuyerKind, DateBasis, Relation
from tests.indicators.sources.ofsted_rows import (
    HEADER_2022,
    HOME,
    LIST,
    LISTED_ON,
    document,
    linked,
    observed,
    parse,
    parse_one,
    text_of,
    unreadable,
)

HEADER_2018 = {
    "URN": "SC059639",
    "Provision type": "Children's home",
    "Registration status": "Active",
    "Name": "REDACTED",
    "Ofsted Region": "North West",
    "Government Office Region": "North West",
    "Local authority": "Kent",
    "Sector": "Local Authority",
    "Places": "4",
    "Organisation": "Northern Homes Ltd",
    "Event type": "Full inspection",
    "Inspection date": "20/09/2017",
    "Publication date": "10/10/2017",
    "Overall effectiveness": "Good",
    "Safeguarding children and young people": "Good",
    "Leadership and management": "Good",
}
HEADER_2015 = {
    "URN": "SC059639",
    "Provision type": "Residential special school (>295 days/year)",
    "Reg Status": "Active",
    "Setting Name": "Hill House",
    "Region": "North West",
    "Local authority": "Kent",
    "Sector": "Local authority",
    "Inspection type": "Full inspection",
    "Inspection Date": "12/11/2014",
    "Overall effectiveness": "Adequate",
    "The safety of children and young people": "Adequate",
    "Leadership and management": "Inadequate",
}


def values(records: list[Record], subject: str = HOME) -> dict[str, object]:
    return {
        record.indicator: record.value
        for record in records
        if isinstance(record, ObservationRecord) and record.subject == subject
    }


def test_a_row_of_2022_gives_everything_with_its_line_and_column() -> None:
    records = parse(HEADER_2022, title='"Provider level, March 2022",\n"This table begins in cell A5.",\nNotes,\n,\n')
    assert values(records) == {
        "provision_type": "Children's home",
        "sector": "Private",
        "registration_status": "Active",
        "region": "North East",
        "places": 4,
        "registered_on": "2013-02-14",
        "inspection": "Full inspection",
        "overall_judgement": "Good",
        "protection_judgement": "Good",
        "leadership_judgement": "Requires improvement to be good",
    }
    assert unreadable(records) == []
    assert records[0] == ListingRecord(HOME, "Children's home", 6)
    [places] = observed(records, "places")
    assert (places.known_on, places.known_on_basis, places.line, places.place) == (
        LISTED_ON,
        DateBasis.SNAPSHOT,
        6,
        "Places",
    )


def test_a_row_of_2018_gives_the_same_indicators_from_other_columns() -> None:
    records = parse(HEADER_2018, name=LIST.format(2018), title="Provider information,Latest Full Inspection\n")
    assert values(records) == {
        "provision_type": "Children's home",
        "sector": "Local authority",
        "registration_status": "Active",
        "region": "North West",
        "places": 4,
        "inspection": "Full inspection",
        "overall_judgement": "Good",
        "protection_judgement": "Good",
        "leadership_judgement": "Good",
    }
    assert unreadable(records) == []


def test_a_row_of_2015_has_no_publication_date_so_the_day_is_inferred_from_the_list() -> None:
    records = parse(HEADER_2015, name=LIST.format(2015))
    [overall] = observed(records, "overall_judgement")
    assert (overall.value, overall.period_end, overall.known_on, overall.known_on_basis) == (
        "Adequate",
        date(2014, 11, 12),
        date(2015, 3, 31),
        DateBasis.INFERRED,
    )
    assert values(records)["name"] == "Hill House"
    assert unreadable(records) == []


def test_one_kind_of_setting_has_one_scope_in_all_years() -> None:
    school = "Residential special school (registered as a children's home)"
    spellings = {
        "Children's Home": "Children's home",
        "Children\N{RIGHT SINGLE QUOTATION MARK}s  home": "Children's home",
        "Independent Fostering agency": "Independent fostering agency",
        "Residential special school (>295 days/year)": school,
        "Residential special school (registered as a children's home)": school,
        "CAFCASS": "CAFCASS",
    }
    for written, scope in spellings.items():
        assert parse_one(provision=written)[0] == ListingRecord(HOME, scope, 2)


def test_a_redacted_name_is_no_name() -> None:
    assert observed(parse_one(name="REDACTED"), "name") == []
    assert observed(parse_one(name=" Hill  House "), "name")[0].value == "Hill House"


def test_a_judgement_is_known_from_its_publication_even_when_that_is_after_the_list() -> None:
    records = parse_one(latest_full_inspection_publication="29/04/2022")
    [overall] = observed(records, "overall_judgement")
    assert (overall.known_on, overall.known_on_basis) == (date(2022, 4, 29), DateBasis.STATED)
    assert (overall.period_start, overall.period_end) == (date(2022, 3, 1), date(2022, 3, 1))
    [inspection] = observed(records, "inspection")
    assert (inspection.known_on, inspection.period_end) == (date(2022, 4, 29), date(2022, 3, 1))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("01/05/2022", "'01/05/2022' cannot be right: it is not between 1990-01-01 and 2022-04-30; left out"),
        ("28/02/2022", "'28/02/2022' cannot be right: published before the inspection on 2022-03-01; file date used"),
        ("soon", "'soon' is not a date like 31/03/2022; left out"),
    ],
)
def test_a_publication_date_that_cannot_be_right_leaves_the_day_of_the_list(text: str, reason: str) -> None:
    records = parse_one(latest_full_inspection_publication=text)
    assert unreadable(records) == [UnreadableRecord(reason, 2, "Latest full inspection publication date")]
    [overall] = observed(records, "overall_judgement")
    assert (overall.known_on, overall.known_on_basis) == (LISTED_ON, DateBasis.INFERRED)


@pytest.mark.parametrize("text", ["01/04/2022", "31/12/1989", "01/03/2202"])
def test_an_inspection_on_a_day_that_cannot_be_gives_no_judgement(text: str) -> None:
    records = parse_one(latest_full_inspection_date=text)
    assert [problem.place for problem in unreadable(records)] == ["Latest full inspection date"]
    assert observed(records, "overall_judgement") == []
    assert observed(records, "places")[0].value == 4


def test_a_judgement_without_an_inspection_date_is_unreadable_but_no_inspection_at_all_is_not() -> None:
    assert unreadable(parse_one(latest_full_inspection_date="")) == [
        UnreadableRecord("judgements without the day of their inspection; left out", 2, "Latest full inspection date")
    ]
    columns = [column for column in HEADER_2022 if column.startswith("Latest")]
    never_inspected = parse(HEADER_2022 | dict.fromkeys(columns, ""))
    assert unreadable(never_inspected) == []
    assert observed(never_inspected, "inspection") == []


def test_every_grade_the_lists_have_used_is_in_the_catalogue() -> None:
    grades = catalogue.load().find_indicator("overall_judgement").grades
    assert [grades[word] for word in ("outstanding", "good", "requires improvement to be good", "inadequate")] == [
        1,
        2,
        3,
        4,
    ]
    assert {grades[word] for word in ("adequate", "satisfactory", "requires improvement")} == {3}


def test_a_judgement_that_was_not_made_is_not_a_grade() -> None:
    assert observed(parse_one(latest_full_inspection_how="Not judged"), "protection_judgement") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-4", "'-4' cannot be right: it is not between 0 and 5,000; left out"),
        ("99999", "'99999' cannot be right: it is not between 0 and 5,000; left out"),
        ("four", "'four' is not a whole number; left out"),
    ],
)
def test_places_that_cannot_be_are_left_out_and_the_rest_of_the_row_is_kept(text: str, reason: str) -> None:
    records = parse_one(places=text)
    assert unreadable(records) == [UnreadableRecord(reason, 2, "Places")]
    assert observed(records, "places") == []
    assert observed(records, "overall_judgement")[0].value == "Good"


def test_a_registration_after_the_list_is_left_out() -> None:
    assert [problem.place for problem in unreadable(parse_one(registration_date="01/04/2022"))] == ["Registration date"]


def test_a_row_without_a_urn_is_left_out() -> None:
    assert parse_one(urn="n/a") == [UnreadableRecord("'n/a' is not a URN (SC059639, 1027076); row left out", 2, "URN")]


def test_a_list_without_its_places_is_read_and_the_column_named() -> None:
    row = {column: text for column, text in HEADER_2022.items() if column != "Places"}
    records = parse(row)
    assert [problem.place for problem in unreadable(records)] == ["Places"]
    assert observed(records, "overall_judgement")[0].value == "Good"


def test_a_list_without_a_day_in_its_name_is_not_read() -> None:
    [record] = parse(HEADER_2022, name="ofsted/providers.csv")
    assert isinstance(record, UnreadableRecord)
    assert "name it …_at_YYYY-MM-DD.csv" in record.reason


@pytest.mark.parametrize("written", ["0", "N/A", "Unknown", "-"])
def test_an_area_that_stands_for_none_is_not_an_authority_and_is_reported(written: str) -> None:
    records = parse_one(local_authority=written)
    assert linked(records, Relation.BUYS_FROM) == []
    assert [problem.reason for problem in unreadable(records)] == [
        f"'{written}' names no local authority: it stands for none; left out"
    ]


@pytest.mark.parametrize("urn", ["0000000", "SC000000", "9999999"])
def test_a_urn_that_nobody_has_is_no_setting(urn: str) -> None:
    [problem] = parse_one(urn=urn)
    assert isinstance(problem, UnreadableRecord)
    assert problem.place == "URN"


def test_a_name_kept_back_is_not_given_up() -> None:
    blanks = [record for record in parse_one(name="REDACTED") if isinstance(record, BlankRecord)]
    assert "name" not in {blank.indicator for blank in blanks}


@pytest.mark.parametrize("written", ["REDACTED", ""])
def test_a_redacted_or_missing_owner_says_nothing(written: str) -> None:
    assert linked(parse_one(organisation=written), Relation.OWNED_BY) == []


def test_the_area_is_where_the_home_stands_and_is_named_once_a_document() -> None:
    records = parse(HEADER_2022, HEADER_2022 | {"URN": "SC000001"})
    areas = linked(records, Relation.BUYS_FROM)
    assert {(link.subject, link.object, link.kind) for link in areas} == {
        ("CW-AREA-durham", HOME, BuyerKind.HOST_AREA),
        ("CW-AREA-durham", "GB-OFSTED-SC000001", BuyerKind.HOST_AREA),
    }
    assert [record.value for record in observed(records, "name", "CW-AREA-durham")] == ["Durham"]


def test_a_year_of_inspections_gives_judgements_of_every_inspection_and_nothing_of_the_home() -> None:
    interim = HEADER_2018 | {
        "Event type": "Interim inspection",
        "Inspection date": "31/01/2018",
        "Publication date": "27/02/2018",
        "Overall effectiveness": "Declined in effectiveness",
        "Safeguarding children and young people": "",
        "Leadership and management": "",
    }
    records = parse(HEADER_2018, interim, name="ofsted/inspections_in_year_2017-18.csv")
    assert {record.indicator for record in records if isinstance(record, ObservationRecord)} == {
        "inspection",
        "overall_judgement",
        "protection_judgement",
        "leadership_judgement",
        "interim_judgement",
    }
    assert [(event.value, event.period_end) for event in observed(records, "inspection")] == [
        ("Full inspection", date(2017, 9, 20)),
        ("Interim inspection", date(2018, 1, 31)),
    ]
    [declined] = observed(records, "interim_judgement")
    assert (declined.value, declined.known_on) == ("Declined in effectiveness", date(2018, 2, 27))
    assert [type(record) for record in records if not isinstance(record, ObservationRecord)] == []


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=30), min_size=len(HEADER_2022), max_size=len(HEADER_2022)))
def test_no_texts_whatever_in_a_row_raise(texts: list[str]) -> None:
    row = dict(zip(HEADER_2022, texts, strict=True))
    data = text_of(row).encode("utf-8", errors="surrogatepass")
    for name in (LIST.format(2022), "ofsted/inspections_in_year_2021-22.csv"):
        records = list(ofsted_social_care.parse(document(name, data)))
        assert all(
            isinstance(record, ObservationRecord | LinkRecord | ListingRecord | UnreadableRecord) for record in records
        )


class GovUk:
    """The content API of GOV.UK with a collection and some releases; keeps what was asked for."""

    is_folder = False

    def __init__(self, pages: dict[str, object], unchanged: frozenset[str] = frozenset()) -> None:
        self.pages = {f"https://www.gov.uk/api/content/government/{path}": page for path, page in pages.items()}
        self.unchanged = unchanged

    def files(self, *patterns: str) -> Iterator[FetchedDocument]:
        raise AssertionError("the web has no folder")

    def get_json(self, address: str) -> object:
        return self.pages[address]

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> FetchedDocument | None:
        return None if address in self.unchanged else FetchedDocument(name, address, io.BytesIO)


COLLECTION = "collections/childrens-social-care-statistics"
ASSETS = "https://assets.publishing.service.gov.uk/media"


def collection(*paths: str) -> dict[str, object]:
    return {"links": {"documents": [{"base_path": f"/government/{path}", "title": "…"} for path in paths]}}


def release(**attachments: str) -> dict[str, object]:
    """A release's page with these attachments: a file's name (with _ for .) and its title."""
    files = [
        {
            "attachment_type": "file",
            "title": title,
            "url": f"{ASSETS}/{name.replace('_csv', '.csv').replace('_ods', '.ods')}",
        }
        for name, title in attachments.items()
    ]
    return {"details": {"attachments": [{"attachment_type": "html", "title": "Main findings", "url": "/x"}, *files]}}


def test_the_web_gives_the_provider_level_files_of_every_release_under_their_folder_names() -> None:
    client = GovUk(
        {
            COLLECTION: collection(
                "statistics/childrens-social-care-data-in-england-2018",
                "statistics/childrens-social-care-in-england-2024",
                "statistics/fostering-in-england-2020-to-2021",
            ),
            "statistics/childrens-social-care-data-in-england-2018": release(
                a_csv="Children's social care data in England 2017 to 2018: provider level data as at 31 March 2018",
                b_csv="Children's social care data in England 2017 to 2018: provider level data",
                c_csv="Underlying data",
            ),
            "statistics/childrens-social-care-in-england-2024": release(
                d_csv="Provider-level data as at 31 March 2024", e_ods="Provider-level data as at 31 March 2024"
            ),
        }
    )
    assert [(document.name, document.address) for document in ofsted_social_care.fetch(client, ArchiveState())] == [
        (LIST.format(2018), f"{ASSETS}/a.csv"),
        (LIST.format(2024), f"{ASSETS}/d.csv"),
        ("ofsted/inspections_in_year_2017-18.csv", f"{ASSETS}/b.csv"),
    ]


def test_a_file_that_has_not_changed_is_not_fetched_again() -> None:
    path = "statistics/childrens-social-care-data-in-england-2018"
    pages = {COLLECTION: collection(path), path: release(a_csv="Provider level data as at 31 March 2018")}
    assert list(ofsted_social_care.fetch(GovUk(pages, frozenset({f"{ASSETS}/a.csv"})), ArchiveState())) == []


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ({"links": {}}, "links.documents: Field required; the page changed"),
        ([], "Input should be a valid dictionary"),
        (collection("statistics/something-else"), "no release has a provider-level CSV file"),
    ],
)
def test_a_page_of_another_shape_leaves_the_register_out_with_a_remedy(page: object, message: str) -> None:
    with pytest.raises(RegisterUnreachable, match=message) as raised:
        list(ofsted_social_care.fetch(GovUk({COLLECTION: page}), ArchiveState()))
    assert "--from" in str(raised.value)


@pytest.fixture(scope="module")
def lists(registers: Path) -> dict[str, list[Record]]:
    """Every real document's records by its name."""
    read = {}
    for fetched in ofsted_social_care.fetch(FolderClient(registers), ArchiveState()):
        real = Document("ofsted_social_care", fetched.name, "", datetime(2026, 11, 22, tzinfo=UTC), fetched.open)
        read[fetched.name] = list(ofsted_social_care.parse(real))
    return read


@pytest.mark.registers
def test_the_lists_of_all_eight_years_are_read_to_the_last_row(lists: dict[str, list[Record]]) -> None:
    listed = {
        name[-14:-10]: sum(isinstance(r, ListingRecord) for r in records)
        for name, records in lists.items()
        if "_at_" in name
    }
    assert listed == {
        "2015": 2605,
        "2016": 2647,
        "2017": 2688,
        "2018": 2797,
        "2019": 2864,
        "2020": 2971,
        "2021": 3402,
        "2022": 3576,
    }
    problems = [(name[7:], problem) for name, records in lists.items() for problem in unreadable(records)]
    assert [(name, problem.line) for name, problem in problems if "Publication" in problem.place] == [
        ("childrens_social_care_providers_at_2018-03-31.csv", 1845),
        ("inspections_in_year_2017-18.csv", 2289),
    ]
    assert {problem.place for name, problem in problems if name == "owner_to_company_number.csv"} == {
        "Registered.number"
    }
    assert len(problems) == 9


@pytest.mark.registers
def test_on_the_day_of_the_2022_list_272_of_its_judgements_are_not_public(lists: dict[str, list[Record]]) -> None:
    overall = [
        record
        for record in lists[LIST.format(2022)]
        if isinstance(record, ObservationRecord) and record.indicator == "overall_judgement"
    ]
    later = [record for record in overall if record.known_on > LISTED_ON]
    assert (len(overall), len(later)) == (3309, 272)
    assert Counter(record.value for record in overall)["Inadequate"] == 89
    assert Counter(record.value for record in later)["Inadequate"] == 10


@pytest.mark.registers
def test_every_grade_and_figure_of_the_real_lists_fits_the_catalogue(lists: dict[str, list[Record]]) -> None:
    known = catalogue.load().indicators
    records = [
        record
        for records_of_list in lists.values()
        for record in records_of_list
        if isinstance(record, ObservationRecord)
    ]
    assert {record.indicator for record in records} <= known.keys()
    strange = {
        (record.indicator, record.value)
        for record in records
        if (grades := known[record.indicator].grades) and str(record.value).lower() not in grades
    }
    assert strange == set()
    assert all(record.line and record.place for record in records)


@pytest.mark.registers
def test_rows_checked_by_hand_against_the_files(lists: dict[str, list[Record]]) -> None:
    """One row of each year, compared with the file by eye."""
    expected = {
        2015: ("SC386936", "Adequate", "Inadequate", date(2014, 7, 9), date(2015, 3, 31), 1771),
        2016: ("SC064113", "Outstanding", "Outstanding", date(2013, 11, 8), date(2016, 3, 31), 391),
        2017: ("SC452713", "Requires improvement", "Inadequate", date(2016, 9, 6), date(2016, 9, 29), 2103),
        2018: ("SC428895", "Good", "Requires improvement to be good", date(2017, 11, 22), date(2018, 1, 9), 2080),
        2019: ("1278753", "Good", "Outstanding", date(2019, 3, 20), date(2019, 4, 8), 636),
        2020: ("SC068511", "Outstanding", "Outstanding", date(2020, 3, 10), date(2020, 4, 9), 1891),
        2021: ("SC474179", "Good", "Requires improvement to be good", date(2019, 5, 22), date(2019, 6, 26), 1016),
        2022: ("2611447", "Good", "Outstanding", date(2022, 1, 18), date(2022, 3, 3), 1275),
    }
    for year, (urn, overall, leadership, inspected_on, known_on, line) in expected.items():
        found = partial(observed, lists[LIST.format(year)], subject=f"GB-OFSTED-{urn}")
        for indicator, value in (("overall_judgement", overall), ("leadership_judgement", leadership)):
            [record] = found(indicator)
            assert (record.value, record.period_end, record.known_on, record.line) == (
                value,
                inspected_on,
                known_on,
                line,
            )
