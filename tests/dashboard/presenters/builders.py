"""Ledger rows, findings and verdicts for the tests of presenters."""

from datetime import date
from typing import Any

DAY = date(2020, 6, 30)


def figure(value: Any = -1_250_000.0, **fields: Any) -> Any:
    """A ledger row: net assets of a company."""
    return {
        "seq": 5,
        "subject": "GB-COH-1",
        "indicator": "net_assets",
        "title": "Net assets",
        "kind": "figure",
        "period_start": None,
        "period_end": "2019-12-31",
        "occurrence": "",
        "known_on": "2020-06-01",
        "known_on_basis": "stated",
        "age_days": 182,
        "value": value,
        "verbatim": None,
        "unit": "GBP",
        "register": "accounts",
        "document": "a.zip",
        "address": "https://example.org/a.zip",
        "fetched_at": "2026-11-22T07:08:33+00:00",
        "sha256": "ab",
        "line": 17,
        "place": "NetAssets, current",
        "is_recalled": False,
        **fields,
    }


def finding(title: str = "Net assets", level: str = "none", status: str = "clear", **fields: Any) -> Any:
    """A finding about money."""
    return {
        "principle": "accountability",
        "rule": title,
        "title": title,
        "status": status,
        "level": level,
        "indicators": ["net_assets"],
        "value": None,
        "unit": "",
        "threshold": "",
        "seqs": [],
        "period_end": None,
        "known_on": None,
        "is_recalled": False,
        "source": "",
        "figures": [],
        **fields,
    }


def assessed(*findings: dict[str, Any], **fields: Any) -> Any:
    """A regime's verdict with these findings."""
    names = ("support", "accountability", "consequences", "evidence", "external_powers", "flexibility")
    principles = {
        name: {"level": "none", "findings": [finding for finding in findings if finding["principle"] == name]}
        for name in names
    }
    return {
        "regime": "care",
        "level": "watch",
        "rating": "Shaky",
        "is_official": False,
        "stage": "",
        "probability": None,
        "probability_reason": "",
        "principles": principles,
        **fields,
    }
