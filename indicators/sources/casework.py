"""Reads our own casework (agreements, actions, decisions) into observations, like any register.

A document is one entry of one record. The entry is known from the day it was entered, whatever day it is about. The
occurrence of an event is the entry's number, that of a stage or override its regime, that of a judgement
``<regime>/<rule>``. The rows that describe the present state of the casework have none, so that the newest row counts.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from indicators.formats.contract_notices import notice_event
from indicators.parsed_records import (
    ArchiveState,
    Client,
    Document,
    FetchedDocument,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from models.vocabulary import DateBasis

REGISTER = "casework"
PARSER = f"{REGISTER}/1"
FORMAT = "continuity-watch casework/1"

_MAX_BYTES = 1_000_000  # the longest entry has some 60 kB

# (kind, new state) to (event, the detail that describes the event).
_EVENTS = {
    ("concern", "open"): ("concern_raised", "type"),
    ("concern", "closed"): ("concern_closed", "type"),
    ("milestone", "met"): ("milestone_met", "title"),
    ("milestone", "missed"): ("milestone_missed", "title"),
    ("support", "offered"): ("support_offered", "what"),
    ("support", "accepted"): ("support_accepted", "what"),
    ("support", "declined"): ("support_declined", "what"),
    ("notice", "issued"): ("notice_issued", "type"),
    ("condition", "missed"): ("condition_missed", "title"),
    ("decision", "taken"): ("decision_recorded", "what"),
    ("consequence", "recorded"): ("consequence_recorded", "what"),
    ("told", "told"): ("told", "body"),
}
# Kinds whose entries change the state of the provider's casework, to the part that they change.
_STATE_INDICATORS = {
    "plan": (
        "plan_state",
        "plan_has_end",
        "plan_end_on",
        "plan_agreed_on",
        "milestones_open",
        "milestones_missed",
        "milestone_next_due_on",
    ),
    "notice": ("notices_open", "notice_due_on"),
    "told": ("bodies_to_tell", "telling_due_on"),
    "duty": ("duties_open", "duty_due_on"),
    "arrangement": ("arrangement_is_tested", "stand_by_named"),
}
_OVERRIDES = ("level_override", "level_override_until", "stage_override", "stage_override_until")
_STATE_INDICATORS |= {"milestone": _STATE_INDICATORS["plan"], "condition": _STATE_INDICATORS["notice"]}


class _Entry(BaseModel):
    """The parts of a document that are read; other keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    entry: int
    provider: str
    regime: str | None
    kind: str
    state: str
    state_before: str | None
    about_on: date
    entered_on: date
    audience: str
    details: dict[str, Any]
    stood: dict[str, str | int | bool | None]
    stands: dict[str, str | int | bool | None]

    def has_changed(self, indicator: str) -> bool:
        """Whether the entry changes this part of the casework's state; an empty part that stays empty is no change."""
        return self.stands.get(indicator) != self.stood.get(indicator)

    def make_observation(self, indicator: str, value: Any, place: str, **more: Any) -> ObservationRecord:
        return ObservationRecord(
            self.provider,
            indicator,
            value,
            self.entered_on,
            DateBasis.STATED,
            place=place,
            audience=self.audience,
            **more,
        )


def fetch(client: Client, since: ArchiveState) -> Iterator[FetchedDocument]:
    """The entries that are not archived yet; only a database has them."""
    for fetched in client.files("casework/*.json"):
        if fetched.address not in since.validators:
            yield fetched


def parse(document: Document) -> Iterator[Record]:
    """The records of one entry: its event, its stage, and the state of the casework after it."""
    with document.open() as stream:
        content = stream.read(_MAX_BYTES + 1)
    try:
        read = json.loads(content)
        if len(content) > _MAX_BYTES or not isinstance(read, dict) or read.get("format") != FORMAT:
            yield UnreadableRecord(f"not an entry of casework: it must say 'format: {FORMAT}'")
            return
        entry = _Entry.model_validate(read)
    except (ValueError, RecursionError) as error:
        yield UnreadableRecord(f"not an entry of casework: {_error_reason(error)}")
        return
    yield from _read_event(entry)
    yield from _regime_records(entry)
    if entry.kind == "arrangement" and entry.details.get("tested_on"):
        yield _tested_record(entry, str(entry.details["tested_on"]))
    for indicator in _STATE_INDICATORS.get(entry.kind, ()):
        if entry.has_changed(indicator):
            yield entry.make_observation(indicator, entry.stands[indicator], f"stands.{indicator}")


def _read_event(entry: _Entry) -> Iterator[Record]:
    """The event of an entry that changes the state of its record, and the event that a notice was followed up."""
    more = {"period_end": entry.about_on, "occurrence": str(entry.entry)}
    if entry.state != entry.state_before and (entry.kind, entry.state) in _EVENTS:
        indicator, detail = _EVENTS[entry.kind, entry.state]
        yield entry.make_observation(indicator, str(entry.details.get(detail, "")), f"details.{detail}", **more)
    own = notice_event(str(entry.details.get("type", "")), entry.state) if entry.kind == "notice" else None
    if own and entry.state != entry.state_before:
        yield entry.make_observation(own, None, "details.type", **more)
    if entry.kind == "notice" and entry.state_before not in {None, "preparing"} and entry.state != "cancelled":
        yield entry.make_observation("notice_followed_up", entry.state, "state", **more)


def _tested_record(entry: _Entry, day: str) -> Record:
    """The day on which the arrangement was last tested, from which its age counts."""
    try:
        tested_on = date.fromisoformat(day)
    except ValueError:
        return UnreadableRecord(f"'{day}' is not a day", place="details.tested_on")
    return entry.make_observation("arrangement_tested_on", day, "details.tested_on", period_end=tested_on)


def _regime_records(entry: _Entry) -> Iterator[Record]:
    """The confirmed stage, an override in force, a person's rating: each under its regime."""
    regime, details = entry.regime or "", entry.details
    if entry.kind == "stage":
        stage = details.get("stage") if entry.state == "confirmed" else None
        yield entry.make_observation("stage_confirmed", stage, "details.stage", occurrence=regime)
    elif entry.kind == "judgement":
        # A word and not an empty value, so that an older rating does not hold again.
        rating = details.get("rating") if entry.state == "given" else entry.state
        more = {"period_end": entry.about_on, "occurrence": f"{regime}/{details.get('rule')}"}
        yield entry.make_observation("judgement", rating, "details.rating", **more)
    elif entry.kind == "override" and "approved" in {entry.state, entry.state_before}:
        for indicator in _OVERRIDES:
            if entry.has_changed(indicator):
                yield entry.make_observation(
                    indicator, entry.stands[indicator], f"stands.{indicator}", occurrence=regime
                )


def _error_reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"'{'.'.join(str(part) for part in first['loc'])}': {first['msg']}"
    return " ".join(str(error).split())
