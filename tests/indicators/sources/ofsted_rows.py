"""Rows of Ofsted's list of 2022, and what is read from them."""

import csv
import io
from datetime import UTC, date, datetime

from indicators.parsed_records import (
    Document,
    LinkRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import ofsted_social_care
from models.vocabulary import Relation

LIST = "ofsted/childrens_social_care_providers_at_{}-03-31.csv"


HOME = "GB-OFSTED-SC059639"


LISTED_ON = date(2022, 3, 31)


HEADER_2022 = {
    "URN": "SC059639",
    "Provision type": "Children's home",
    "Registration date": "14/02/2013",
    "Registration status": "Active",
    "Name": "REDACTED",
    "Ofsted region": "North East, Yorkshire and the Humber",
    "Government Office Region": "North East",
    "Local authority": "Durham",
    "Sector": "Private",
    "Places": "4",
    "Organisation which owns the provider": "Northern Homes Limited",
    "Latest full inspection event type": "Full inspection",
    "Latest full inspection date": "01/03/2022",
    "Latest full inspection publication date": "25/03/2022",
    "Latest full inspection overall experiences and progress of children and young people": "Good",
    "Latest full inspection how well children and young people are helped and protected": "Good",
    "Latest full inspection the effectiveness of leaders and managers": "Requires improvement to be good",
}


def document(name: str, data: bytes) -> Document:
    return Document("ofsted_social_care", name, "", datetime(2026, 11, 22, 6, tzinfo=UTC), lambda: io.BytesIO(data))


def text_of(*rows: dict[str, str], title: str = "") -> str:
    out = io.StringIO(title, newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def parse(*rows: dict[str, str], name: str = LIST.format(2022), title: str = "") -> list[Record]:
    return list(ofsted_social_care.parse(document(name, text_of(*rows, title=title).encode())))


def parse_one(**changes: str) -> list[Record]:
    """The records of one row of 2022, with some cells changed: keys are the beginnings of column names."""
    row = dict(HEADER_2022)
    for beginning, text in changes.items():
        row[next(column for column in row if column.lower().startswith(beginning.replace("_", " ")))] = text
    return parse(row)


def observed(records: list[Record], indicator: str, subject: str = HOME) -> list[ObservationRecord]:
    return [
        record
        for record in records
        if isinstance(record, ObservationRecord) and (record.subject, record.indicator) == (subject, indicator)
    ]


def linked(records: list[Record], relation: Relation) -> list[LinkRecord]:
    return [record for record in records if isinstance(record, LinkRecord) and record.relation is relation]


def unreadable(records: list[Record]) -> list[UnreadableRecord]:
    return [record for record in records if isinstance(record, UnreadableRecord)]
