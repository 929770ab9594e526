"""Companies House accounts: what they say about themselves, in which files they come, and what goes wrong."""

import io
from collections import Counter
from datetime import date
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.folder import FolderClient
from indicators.formats.xbrl import read_facts
from indicators.http import RegisterUnreachable, WebClient
from indicators.parsed_records import ArchiveState, ObservationRecord, UnreadableRecord
from indicators.sources import companies_house_accounts
from models.vocabulary import DateBasis
from tests.indicators.sources.accounts_documents import (
    ANOTHER,
    APPROVED,
    BALANCE_SHEET,
    DEBTORS,
    FETCHED_AT,
    NAME,
    NUMBER_FACT,
    SUBJECT,
    figure,
    instance,
    lost,
    only,
    page,
    parse,
    values,
    words,
    zipped,
)

# --- what accounts say about themselves


def test_accounts_in_hand_are_known_from_the_day_they_were_fetched_at_the_latest():
    late = parse(page(words(APPROVED, "1 December 2025", context="now"), NUMBER_FACT, BALANCE_SHEET, DEBTORS), "x.html")
    assert only(late, "debtors").known_on == date(2026, 1, 1)


def test_names_of_directors_are_not_read():
    officer = words("bus:NameEntityOfficer", "Jane Example")
    signing = words("core:DirectorSigningFinancialStatements", "Jane Example")
    assert "Jane Example" not in str(parse(page(officer, signing, DEBTORS)))


# --- the files they come in


def test_every_document_of_a_bulk_product_is_read_and_its_place_says_which():
    inner = zipped({"CIC-01234567/accounts/a.xhtml": page(DEBTORS), "CIC-01234567/cic34/b.xhtml": page(DEBTORS)})
    data = zipped(
        {
            "Prod223_3951_01234567_20241231_CIC.zip": inner,
            "__MACOSX/._Prod223_3951_01234567_20241231_CIC.zip": b"\x00\x05",
            "Prod223_3951_07654321_20241231.html": page(DEBTORS).replace(b"01234567", b"07654321"),
        }
    )
    records = parse(data, "companies_house/Accounts_Bulk_Data-2025-05-06.zip")
    debtors = [r for r in records if isinstance(r, ObservationRecord) and r.indicator == "debtors"]
    assert [(r.subject, r.place, r.known_on, r.known_on_basis) for r in debtors] == [
        (
            SUBJECT,
            "Prod223_3951_01234567_20241231_CIC.zip/CIC-01234567/accounts/a.xhtml: Debtors, context now",
            date(2025, 5, 6),
            DateBasis.SNAPSHOT,
        ),
        (
            "GB-COH-07654321",
            "Prod223_3951_07654321_20241231.html: Debtors, context now",
            date(2025, 5, 6),
            DateBasis.SNAPSHOT,
        ),
    ]


CIC = "CIC-01234567"
REPORT = page(
    words("bus:EntityCurrentLegalOrRegisteredName", "A CARE COMMUNITY INTEREST COMPANY"), figure("core:Debtors", "9")
)


@pytest.mark.parametrize("folder", ["cic34", "CIC34", "annexes", ""])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("is_nested", [True, False])
def test_only_the_accounts_of_a_community_interest_companys_filing_are_read(folder, is_first, is_nested):
    members = {f"{CIC}/accounts/financialStatement.xhtml": page(DEBTORS), f"{CIC}/{folder}/x.xhtml": REPORT}
    if not is_first:
        members = dict(reversed(members.items()))
    filing, name = zipped(members), "Prod223_3951_01234567_20241231_CIC.zip"
    data = zipped({name: filing, ANOTHER.rpartition("/")[2]: page(DEBTORS)}) if is_nested else filing
    product = "companies_house/Accounts_Bulk_Data-2025-05-06.zip" if is_nested else f"companies_house/accounts/{name}"
    records = parse(data, product)
    debtors = [r.value for r in records if isinstance(r, ObservationRecord) and r.indicator == "debtors"]
    assert debtors == [1234.0] * (2 if is_nested else 1)
    assert "A CARE COMMUNITY INTEREST COMPANY" not in str(records)


def test_a_community_interest_companys_filing_without_accounts_is_named():
    data = zipped({"Prod223_3951_01234567_20241231_CIC.zip": zipped({f"{CIC}/cic34/cicReport.xhtml": REPORT})})
    assert parse(data, "companies_house/Accounts_Bulk_Data-2025-05-06.zip") == [
        UnreadableRecord(
            "is a community interest company's filing without a folder 'accounts'",
            place=f"Prod223_3951_01234567_20241231_CIC.zip/{CIC}",
        )
    ]


def test_each_bad_member_is_one_unreadable_and_the_good_ones_are_read():
    bad = {
        "empty.html": (b"", "is empty (0 bytes)"),
        "scan.pdf": (b"%PDF-1.7", "is not XML, but begins '%PDF-1.7'"),
        "list.csv": (b"a,b\n1,2", "is not XML, but begins 'a,b?1,2'"),
        "plain.html": (b"<html/>", "holds no XBRL facts: nothing in it is tagged"),
        "broken.html": (b"<html>", "not well-formed XML: Premature end of data in tag html line 1"),
        "entity.html": (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            "declares XML entities of its own, which are never expanded",
        ),
        "foreign.xml": (
            instance('<x:Sales xmlns:x="http://example.org/us" contextRef="now" unitRef="GBP">1</x:Sales>'),
            "none of its facts is in a taxonomy of British accounts, but in ['http://example.org/us']",
        ),
    }
    data = zipped({name: content for name, (content, _) in bad.items()} | {NAME.rpartition("/")[2]: page(DEBTORS)})
    records = parse(data, "companies_house/Accounts_Bulk_Data-2025-05-06.zip")
    assert [(each.place, each.reason) for each in lost(records)] == [(name, why) for name, (_, why) in bad.items()]
    assert values(records) == {"debtors": 1234.0}


def test_the_members_before_the_cut_of_a_truncated_product_are_kept():
    whole = zipped({f"Prod223_3951_0123456{n}_20241231.html": page(DEBTORS) for n in range(3)})
    records = parse(whole[: len(whole) // 2], "companies_house/Accounts_Bulk_Data-2025-05-06.zip")
    assert [r.place for r in records if isinstance(r, ObservationRecord) and r.indicator == "debtors"] == [
        "Prod223_3951_01234560_20241231.html: Debtors, context now"
    ]
    assert lost(records)[-1] == UnreadableRecord(
        "the zip is cut off here (whole entries before: 1); fetch it again",
        place="Prod223_3951_01234561_20241231.html",
    )


def test_a_document_is_read_lazily_one_member_at_a_time():
    opened = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            opened.append(size)
            return super().read(size)

    noise = b"<!--" + bytes(range(48, 58)) * 30000 + b"-->"
    data = zipped({f"Prod223_3951_0123456{n}_20241231.html": page(DEBTORS) + noise for n in range(10)})
    document = companies_house_accounts.Document("r", "x", "", FETCHED_AT, lambda: Watched(data))
    assert next(companies_house_accounts.parse(document))
    assert opened == [4, 65536]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_bytes_make_parse_raise(data):
    whole = page(
        NUMBER_FACT,
        words("core:DateAuthorisationFinancialStatementsForIssue", "1 March 2025", context="now"),
        figure("core:Creditors", "60", context="within", sign="-", scale="3"),
        DEBTORS,
    )
    if data.draw(st.booleans()):
        whole = zipped({"a.html": whole, "b.html": whole})
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(start, min(len(whole), start + 30)))
        middle = data.draw(st.binary(max_size=10) | st.sampled_from([b"9999", b"-", b"0", b"&x;", b"PK\x03\x04"]))
        whole = whole[:start] + middle + whole[end:]
    assert all(isinstance(record, ObservationRecord | UnreadableRecord) for record in parse(whole, "accounts.html"))


# --- fetching


def test_a_folder_gives_single_files_and_bulk_products_but_no_parser_cases(tmp_path: Path):
    house = tmp_path / "companies_house"
    bulk = "Accounts_Bulk_Data-2025-05-03.zip"
    for name in ("accounts/b.html", "accounts/a.xml", "parser_cases/c.html", bulk, "BasicCompanyData.csv"):
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_bytes(b"x")
    names = [each.name for each in companies_house_accounts.fetch(FolderClient(tmp_path), ArchiveState())]
    assert names == [
        f"companies_house/{bulk}",
        "companies_house/accounts/a.xml",
        "companies_house/accounts/b.html",
    ]


HOST = "https://download.companieshouse.gov.uk"


def fetched(tmp_path: Path, links: list[str], since: ArchiveState | None = None) -> list[tuple[str, str]]:
    """The documents fetched from a page that lists these links: names and addresses."""
    listing = "<html><body>" + "".join(f'<li><a href="{link}">x</a></li>' for link in links) + "</body></html>"

    def answer(request: httpx.Request) -> httpx.Response:
        content = listing.encode() if request.url.path.endswith(".html") else b"zip"
        return httpx.Response(200, stream=httpx.ByteStream(content))

    client = WebClient(tmp_path, transport=httpx.MockTransport(answer), sleep=lambda _: None)
    return [(each.name, each.address) for each in companies_house_accounts.fetch(client, since or ArchiveState())]


def test_the_web_gives_the_products_of_the_page_the_oldest_first(tmp_path: Path):
    links = ["Accounts_Bulk_Data-2025-05-03.zip", "Accounts_Bulk_Data-2025-05-02.zip", "en_output.html", "x.zip"]
    assert fetched(tmp_path, links) == [
        ("companies_house/Accounts_Bulk_Data-2025-05-02.zip", f"{HOST}/Accounts_Bulk_Data-2025-05-02.zip"),
        ("companies_house/Accounts_Bulk_Data-2025-05-03.zip", f"{HOST}/Accounts_Bulk_Data-2025-05-03.zip"),
    ]


def test_months_are_fetched_only_where_no_days_cover_them(tmp_path: Path):
    links = [
        "archive/Accounts_Monthly_Data-March2025.zip",
        "Accounts_Monthly_Data-April2025.zip",
        "Accounts_Monthly_Data-May2025.zip",
        "Accounts_Bulk_Data-2025-04-10.zip",
    ]
    assert [name for name, _ in fetched(tmp_path, links)] == [
        "companies_house/Accounts_Monthly_Data-March2025.zip",
        "companies_house/Accounts_Bulk_Data-2025-04-10.zip",
        "companies_house/Accounts_Monthly_Data-April2025.zip",
    ]


def test_archived_products_are_not_fetched_again_but_late_products_are(tmp_path: Path):
    have = f"{HOST}/Accounts_Bulk_Data-2025-05-02.zip"
    since = ArchiveState(validators={have: (None, None)}, newest_on=date(2025, 5, 2))
    links = [f"Accounts_Bulk_Data-2025-{day}.zip" for day in ("04-01", "05-01", "05-02", "05-03")]
    assert [name[-9:-4] for name, _ in fetched(tmp_path, links, since)] == ["05-01", "05-03"]


@pytest.mark.parametrize("links", [[], ["en_output.html"]])
def test_a_page_without_products_is_no_answer(tmp_path: Path, links):
    with pytest.raises(RegisterUnreachable, match="names no accounts product"):
        fetched(tmp_path, links)


# --- the real documents


REAL_DOUBTS = Counter(
    {
        "the document marks other figures as consolidated, but not whether this is the group's or the company's": 14,
        "gives the first day as 2017-08-31, which is not before the last (2017-08-31)": 1,
    }
)


@pytest.mark.registers
def test_every_real_document_is_read_and_each_doubt_is_known(registers: Path):
    files = sorted((registers / "companies_house/accounts").iterdir())
    read = {path.name: parse(path.read_bytes(), f"companies_house/accounts/{path.name}") for path in files}
    assert len(read) == 247
    for name, records in read.items():
        indicators = {record.indicator for record in records if isinstance(record, ObservationRecord)}
        assert indicators >= {"name", "is_dormant", "accounts_period_end", "accounts_scope", "currency"}, name
    assert Counter(each.reason for records in read.values() for each in lost(records)) == REAL_DOUBTS
    subjects = {
        name: {r.subject for r in records if isinstance(r, ObservationRecord)} for name, records in read.items()
    }
    named = {name: "00034118" if name == "00034118.xhtml" else name.split("_")[2] for name in read}
    assert subjects == {name: {f"GB-COH-{number}"} for name, number in named.items()}


@pytest.mark.registers
@pytest.mark.filterwarnings("ignore:Call to deprecated method:DeprecationWarning")  # its own affair
def test_every_real_figure_is_read_as_another_reader_reads_it(registers: Path):
    from ixbrlparse import IXBRL

    checked = 0
    for path in sorted((registers / "companies_house/accounts").iterdir()):
        data = path.read_bytes()
        other = IXBRL(io.StringIO(data.decode()), raise_on_error=False)
        theirs = Counter((fact.name, fact.context.id, round(fact.value, 6)) for fact in other.numeric)
        ours = Counter(
            (fact.concept.rpartition("}")[2], fact.context.id, round(fact.value, 6))
            for fact in read_facts(data)
            if isinstance(fact.value, float)
        )
        assert ours == theirs, path.name
        checked += ours.total()
    assert checked == 9133


COLUMNS = {  # of stream-read-xbrl; its tangible assets are fixed assets where there are such
    "debtors": "debtors",
    "cash_bank_in_hand": "cash",
    "current_assets": "current_assets",
    "creditors_due_within_one_year": "creditors_within_one_year",
    "creditors_due_after_one_year": "creditors_after_one_year",
    "net_current_assets_liabilities": "net_current_assets",
    "total_assets_less_current_liabilities": "total_assets_less_current_liabilities",
    "net_assets_liabilities_including_pension_asset_liability": "net_assets",
    "called_up_share_capital": "share_capital",
    "profit_loss_account_reserve": "profit_and_loss_reserve",
    "turnover_gross_operating_revenue": "turnover",
    "gross_profit_loss": "gross_profit",
    "operating_profit_loss": "operating_profit",
    "profit_loss_on_ordinary_activities_before_tax": "profit_before_tax",
    "profit_loss_for_period": "profit_after_tax",
}
CONSOLIDATED = {"2911_03195231", "2911_11010959", "2911_12040362"}  # it mixes the group's and the company's figures


@pytest.mark.registers
def test_the_figures_taken_are_those_another_reader_takes_or_the_difference_is_explained(registers: Path):
    import stream_read_xbrl

    same = turned = 0
    unexplained = []
    for path in sorted((registers / "companies_house/accounts").glob("Prod*")):
        data = path.read_bytes()
        records = parse(data, f"companies_house/accounts/{path.name}")
        taken = {(r.indicator, r.period_end): r for r in records if isinstance(r, ObservationRecord)}
        for values_of_a_row in stream_read_xbrl._xbrl_to_rows((path.name, data)):
            row = dict(zip(stream_read_xbrl._COLUMNS, values_of_a_row, strict=False))
            for column in COLUMNS.keys() & {key for key, value in row.items() if value is not None}:
                theirs, ours = float(row[column]), taken.get((COLUMNS[column], row["period_end"]))
                if ours is not None and ours.value == theirs:
                    same += 1
                elif ours is not None and ours.value == -theirs and ours.place.endswith("sign turned"):
                    turned += 1
                elif path.name[8:21] not in CONSOLIDATED:
                    unexplained.append((path.name, column, theirs, ours))
    assert (unexplained, turned) == ([], 32)
    assert same > 2470


@pytest.mark.registers
def test_real_documents_became_known_when_the_table_of_dates_says(registers: Path):
    files = sorted((registers / "companies_house/accounts").iterdir())
    known = Counter()
    for path in files:
        records = parse(path.read_bytes(), f"companies_house/accounts/{path.name}")
        known.update({r.known_on for r in records if isinstance(r, ObservationRecord)})
    assert known == {date(2018, 5, 4): 134, date(2017, 6, 1): 102, date(2021, 5, 8): 10, date(2025, 2, 22): 1}
