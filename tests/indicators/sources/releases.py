"""Invented OCDS releases, and what is read from them."""

import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from indicators.parsed_records import (
    Document,
    LinkRecord,
    Record,
    UnreadableRecord,
)
from indicators.sources import contracts

OCID = "ocds-b5fd17-1"


KNOWN_ON = date(2025, 3, 11)


BUYER = {"id": "GB-CFS-1", "name": "Anyshire Council", "roles": ["buyer"]}


SUPPLIER = {"id": "GB-CFS-2", "name": "Care at Home", "roles": ["supplier"]}


def company(number: str, **more: Any) -> dict[str, Any]:
    """A supplier with what the register says is its company number."""
    return {**SUPPLIER, "identifier": {"scheme": "GB-COH", "id": number}, **more}


def award(*suppliers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{OCID}-1",
        "status": "active",
        "date": "2025-02-04T00:00:00Z",
        "value": {"amount": 109320, "currency": "GBP"},
        "suppliers": [{"id": party["id"], "name": party.get("name")} for party in suppliers or [SUPPLIER]],
        "contractPeriod": {"startDate": "2025-04-01T00:00:00+01:00", "endDate": "2028-03-31T23:59:59+01:00"},
        **changes,
    }


def release(*awards: dict[str, Any], parties: Iterable[Any] = (BUYER, SUPPLIER), **changes: Any) -> dict[str, Any]:
    return {
        "ocid": OCID,
        "id": "r1",
        "date": "2025-03-11T10:07:26Z",
        "tag": ["award"],
        "parties": list(parties),
        "buyer": {"id": BUYER["id"], "name": BUYER["name"]},
        "awards": list(awards) or [award()],
        **changes,
    }


def document(content: bytes, name: str = "contracts/some_releases.jsonl") -> Document:
    return Document("contracts", name, "0" * 64, datetime(2025, 6, 30, tzinfo=UTC), lambda: io.BytesIO(content))


def read(*releases: object, name: str = "contracts/some_releases.jsonl") -> list[Record]:
    content = "\n".join(json.dumps(each) for each in releases)
    return list(contracts.parse(document(content.encode(), name)))


def links(records: Iterable[Record]) -> list[LinkRecord]:
    return [record for record in records if isinstance(record, LinkRecord)]


def oddities(records: Iterable[Record]) -> list[tuple[str, str]]:
    return [(record.reason, record.place) for record in records if isinstance(record, UnreadableRecord)]


def contract(**changes: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "awardID": f"{OCID}-1",
        "status": "active",
        "value": {"amount": 500000, "currency": "GBP"},
        "period": {"startDate": "2025-05-01T00:00:00+01:00", "endDate": "2027-04-30T23:59:59+01:00"},
        **changes,
    }
