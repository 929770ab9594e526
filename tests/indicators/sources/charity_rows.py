"""Rows of the charity register, and what is read from them."""

import io
import zipfile
from datetime import UTC, date, datetime

from indicators.parsed_records import (
    Document,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import charity_commission

EXTRACTED_ON = date(2023, 9, 7)


START, END = date(2021, 4, 1), date(2022, 3, 31)


MIDNIGHT = " 00:00:00.0000000"


MAIN = {
    "date_of_extract": "2023-09-07" + MIDNIGHT,
    "organisation_number": "5",
    "registered_charity_number": "1234567",
}


YEAR = MAIN | {
    "fin_period_start_date": f"{START}{MIDNIGHT}",
    "fin_period_end_date": f"{END}{MIDNIGHT}",
}


HISTORY = YEAR | {
    "reporting_due_date": "2023-01-31" + MIDNIGHT,
    "date_annual_return_received": "2023-02-14" + MIDNIGHT,
    "date_accounts_received": "2023-03-01" + MIDNIGHT,
    "total_gross_income": "2421985",
    "total_gross_expenditure": "2550072",
    "accounts_qualified": "True",
}


def document(table: str, data: bytes) -> Document:
    name = f"charity_commission/publicextract.{table}.zip"
    return Document("charity_commission", name, "", datetime(2023, 9, 8, tzinfo=UTC), lambda: io.BytesIO(data))


def zipped(table: str, *rows: dict[str, str]) -> bytes:
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"publicextract.{table}.txt", "\n".join(lines) + "\n")
    return data.getvalue()


def parse(table: str, *rows: dict[str, str]) -> list[Record]:
    return list(charity_commission.parse(document(table, zipped(table, *rows))))


def values(records: list[Record]) -> dict[str, object]:
    return {record.indicator: record.value for record in records if isinstance(record, ObservationRecord)}


def observed(records: list[Record], indicator: str) -> ObservationRecord:
    [record] = [record for record in records if isinstance(record, ObservationRecord) and record.indicator == indicator]
    return record


def unreadable(records: list[Record]) -> list[UnreadableRecord]:
    return [record for record in records if isinstance(record, UnreadableRecord)]
