"""Casework records for the tests of presenters."""

from datetime import date, datetime, time
from typing import Any

from casework.reading import Entry, Record
from models.vocabulary import LONDON

DAY = date(2026, 6, 1)
OPENED = date(2026, 5, 1)
PROVIDER = "GB-OFSTED-SC000001"


def entry(number: int = 1, **fields: Any) -> Entry:
    """An entry of a duty, opened by Ann a month before ``DAY``."""
    return Entry(
        **{
            "id": number,
            "record": number,
            "part_of": None,
            "provider": PROVIDER,
            "regime": None,
            "kind": "duty",
            "state": "open",
            "about_on": OPENED,
            "due_on": None,
            "owner": "ann",
            "author": "ann",
            "entered_at": datetime.combine(OPENED, time(12), LONDON),
            "audience": "casework",
            "rationale": "",
            "details": {"title": f"Step {number}", "then": ""},
            **fields,
        }
    )


def record(number: int = 1, **fields: Any) -> Record:
    """A record with one entry."""
    return Record((entry(number, **fields),))


def stage(number: int, regime: str, stage_key: str, **fields: Any) -> Record:
    """A confirmed stage."""
    details = {"stage": stage_key, "recommended": None}
    return record(number, **{"kind": "stage", "state": "confirmed", "regime": regime, "details": details, **fields})


def milestone(number: int, **fields: Any) -> Record:
    """A milestone of record 1."""
    details = {"title": f"Milestone {number}", "done": 0}
    return record(number, **{"kind": "milestone", "part_of": 1, "details": details, **fields})
