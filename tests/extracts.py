"""A folder laid out like the register extracts, small and invented from end to end; larger where a test wants time.

No such home, company, charity or council exists: their numbers lie outside what the registers have given out.
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from indicators.sources import companies_house_register
from tests.indicators.sources.accounts_documents import context, figure, page, words, zipped

EARLIER, DAY = date(2021, 3, 31), date(2022, 3, 31)
HOMES = 12  # by default: with fewer, one bad home would be a third of the register and so a matter of the source
WORST, GONE = 3, 5  # homes of every twelve: inadequate from 2022, in the list of 2021 only
NUMBER, OTHER_NUMBER, CHARITY_NUMBER = "99000001", "99000002", "9900001"
COMPANY, CHARITY, COUNCIL = f"GB-COH-{NUMBER}", f"GB-CHC-{CHARITY_NUMBER}", "GB-CFS-990001"

LIST = "ofsted/childrens_social_care_providers_at_{}.csv"
ACCOUNTS = f"companies_house/accounts/Prod223_3120_{NUMBER}_20210331.html"
BULK = "companies_house/Accounts_Bulk_Data-2022-02-01.zip"
COMPANIES = "companies_house/BasicCompanyData-2022-03-01.csv"
CHARITIES = "charity_commission/publicextract.charity.zip"
RETURNS = "charity_commission/publicextract.charity_annual_return_history.zip"
CONTRACTS = "contracts/invented_releases.jsonl"

EXTRACTED = {"date_of_extract": "2022-03-01 00:00:00.0000000", "registered_charity_number": CHARITY_NUMBER}


def urn(number: int) -> str:
    return f"SC{900_000 + number}"


def home(number: int) -> str:
    """The identifier of an invented home."""
    return f"GB-OFSTED-{urn(number)}"


def home_row(number: int, day: date, **changes: str) -> dict[str, str]:
    """A home's row in the list of a day."""
    is_bad = day == DAY and number % HOMES == WORST
    inspected = f"{number % 28 + 1:02}/{number % 9 + 1:02}/{day.year - 1}"
    return {
        "URN": urn(number),
        "Provision type": "Children's home",
        "Registration date": "14/02/2013",
        "Registration status": "Active",
        "Name": f"Invented House {number}",
        "Government Office Region": "North East",
        "Local authority": f"Anyshire {number % 5}",
        "Sector": "Private",
        "Places": str(number % 7 + 2),
        "Organisation which owns the provider": f"Invented Care {number % 40} Limited",
        "Latest full inspection event type": "Full inspection",
        "Latest full inspection date": inspected,
        "Latest full inspection publication date": inspected[:3] + f"{number % 9 + 2:02}" + inspected[5:],
        "Latest full inspection overall experiences and progress of children and young people": (
            "Inadequate" if is_bad else "Good"
        ),
        "Latest full inspection how well children and young people are helped and protected": (
            "Inadequate" if is_bad else "Good"
        ),
        "Latest full inspection the effectiveness of leaders and managers": (
            "Requires improvement to be good" if number % 4 == 0 else "Good"
        ),
    } | changes


def table(rows: Iterable[dict[str, str]]) -> str:
    """Rows as CSV with a header."""
    listed, out = list(rows), io.StringIO(newline="")
    writer = csv.DictWriter(out, list(listed[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue()


def homes_list(day: date, homes: int = HOMES) -> str:
    """Ofsted's list of a day: homes that are gone are only in the earlier one."""
    return table(home_row(n, day) for n in range(homes) if day == EARLIER or n % HOMES != GONE)


def accounts(number: str = NUMBER) -> bytes:
    """A company's accounts: it owes more than it has."""
    now, year = "2021-03-31", "2020-04-01/2021-03-31"
    return page(
        words("bus:UKCompaniesHouseRegisteredNumber", number, "y"),
        words("bus:EntityCurrentLegalOrRegisteredName", "Invented Care Limited", "y"),
        words("bus:EndDateForPeriodCoveredByReport", now, "n"),
        words("core:DateAuthorisationFinancialStatementsForIssue", "2021-12-01", "n"),
        figure("core:NetAssetsLiabilities", "4,200", "n", sign="-"),
        contexts=context("n", now, entity=number) + context("y", year, entity=number),
    )


def company_row(**changes: str) -> dict[str, str]:
    columns = [names[0] for names in companies_house_register.COLUMNS.values()]
    return (
        dict.fromkeys(columns, "")
        | {
            "CompanyName": "INVENTED CARE LIMITED",
            "CompanyNumber": NUMBER,
            "CompanyStatus": "Active",
            "IncorporationDate": "03/04/2008",
            "Accounts.NextDueDate": "31/12/2021",
            "Accounts.LastMadeUpDate": "31/03/2021",
        }
        | changes
    )


def charity_table(name: str, *rows: dict[str, str]) -> bytes:
    """One table of the charity register as published: a zip with tab-separated text."""
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    return zipped({f"publicextract.{name}.txt": ("\n".join(lines) + "\n").encode()})


def charity_row(**changes: str) -> dict[str, str]:
    return {
        **EXTRACTED,
        "linked_charity_number": "0",
        "charity_name": "Invented Shelter Trust",
        "charity_type": "Charitable company",
        "charity_registration_status": "Registered",
        "charity_reporting_status": "Submission Received",
        "charity_insolvent": "False",
        "charity_in_administration": "False",
        "date_of_registration": "1963-07-25 00:00:00.0000000",
        "date_of_removal": "",
        "charity_company_registration_number": NUMBER,
    } | changes


def return_row(**changes: str) -> dict[str, str]:
    return {
        **EXTRACTED,
        "fin_period_start_date": "2020-04-01 00:00:00.0000000",
        "fin_period_end_date": "2021-03-31 00:00:00.0000000",
        "reporting_due_date": "2022-01-31 00:00:00.0000000",
        "date_annual_return_received": "2022-02-14 00:00:00.0000000",
        "date_accounts_received": "2022-02-14 00:00:00.0000000",
        "total_gross_income": "700000",
        "total_gross_expenditure": "900000",
        "accounts_qualified": "False",
    } | changes


def release(**changes: Any) -> dict[str, Any]:
    """A contract: an invented council buys from the invented company."""
    supplier = {"id": "GB-CFS-990002", "name": "Invented Care Limited"}
    return {
        "ocid": "ocds-invented-1",
        "id": "r1",
        "date": "2022-01-10T10:00:00Z",
        "tag": ["award"],
        "parties": [
            {"id": COUNCIL, "name": "Anyshire Council", "roles": ["buyer"]},
            {**supplier, "roles": ["supplier"], "identifier": {"scheme": "GB-COH", "id": NUMBER}},
        ],
        "buyer": {"id": COUNCIL, "name": "Anyshire Council"},
        "awards": [
            {
                "id": "ocds-invented-1-1",
                "status": "active",
                "date": "2022-01-04T00:00:00Z",
                "value": {"amount": 109320, "currency": "GBP"},
                "suppliers": [supplier],
                "contractPeriod": {"startDate": "2022-02-01T00:00:00Z", "endDate": "2025-01-31T00:00:00Z"},
            }
        ],
    } | changes


def put(folder: Path, name: str, content: str | bytes) -> Path:
    """Write one file of the folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write(folder: Path, *, homes: int = HOMES) -> Path:
    """The whole folder; everything in it was known by ``DAY``."""
    for day in (EARLIER, DAY):
        put(folder, LIST.format(day), homes_list(day, homes))
    put(folder, ACCOUNTS, accounts())
    put(folder, BULK, zipped({f"Prod223_3120_{OTHER_NUMBER}_20210331.html": accounts(OTHER_NUMBER)}))
    put(folder, COMPANIES, table([company_row()]))
    put(folder, CHARITIES, charity_table("charity", charity_row()))
    put(folder, RETURNS, charity_table("charity_annual_return_history", return_row()))
    put(folder, CONTRACTS, json.dumps(release()) + "\n")
    return folder
