"""Reading our own casework: what each entry says, and what a document that is none becomes."""

import io
import json
from datetime import UTC, date, datetime

import pytest

from indicators import catalogue
from indicators.formats.contract_notices import NOTICES
from indicators.parsed_records import Document, ObservationRecord, UnreadableRecord
from indicators.sources import casework
from models.vocabulary import DateBasis

ENTRY = {
    "format": "continuity-watch casework/1",
    "entry": 7,
    "record": 5,
    "part_of": None,
    "provider": "GB-COH-1",
    "regime": "care",
    "kind": "concern",
    "state": "open",
    "state_before": None,
    "about_on": "2026-02-20",
    "due_on": None,
    "entered_on": "2026-03-02",
    "entered_at": "2026-03-02T12:00:00+00:00",
    "audience": "casework",
    "details": {"type": "closure"},
    "stood": {},
    "stands": {},
}


def parse(content: object) -> list:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    at = datetime(2026, 3, 3, tzinfo=UTC)
    return list(casework.parse(Document("casework", "casework/000000007.json", "0", at, lambda: io.BytesIO(body))))


def said(**changes: object) -> list[tuple[str, object]]:
    return [(record.indicator, record.value) for record in parse(ENTRY | changes)]


def test_an_event_is_about_its_day_and_known_from_the_day_of_entry():
    [record] = parse(ENTRY)
    assert record == ObservationRecord(
        "GB-COH-1",
        "concern_raised",
        "closure",
        date(2026, 3, 2),
        DateBasis.STATED,
        period_end=date(2026, 2, 20),
        occurrence="7",
        place="details.type",
        audience="casework",
    )


def test_an_entry_that_leaves_the_state_as_it_was_is_no_event():
    assert said(state_before="open") == []


@pytest.mark.parametrize(
    ("kind", "state", "details", "event"),
    [
        ("concern", "closed", {"type": "closure"}, ("concern_closed", "closure")),
        ("milestone", "met", {"title": "Manager"}, ("milestone_met", "Manager")),
        ("milestone", "missed", {"title": "Manager"}, ("milestone_missed", "Manager")),
        ("support", "offered", {"what": "Adviser"}, ("support_offered", "Adviser")),
        ("support", "accepted", {"what": "Adviser"}, ("support_accepted", "Adviser")),
        ("support", "declined", {"what": "Adviser"}, ("support_declined", "Adviser")),
        ("notice", "issued", {"type": "warning letter"}, ("notice_issued", "warning letter")),
        ("condition", "missed", {"title": "Monthly accounts"}, ("condition_missed", "Monthly accounts")),
        ("decision", "taken", {"what": "No new placements"}, ("decision_recorded", "No new placements")),
        ("consequence", "recorded", {"what": "Barred"}, ("consequence_recorded", "Barred")),
        ("told", "told", {"body": "The council"}, ("told", "The council")),
    ],
)
def test_an_event_keeps_its_own_words(kind, state, details, event):
    assert said(kind=kind, state=state, details=details) == [event]


def test_looking_at_a_notice_again_follows_it_up_and_cancelling_it_does_not():
    notice = {"kind": "notice", "details": {"type": "warning letter"}}
    assert said(**notice, state="issued", state_before="preparing") == [("notice_issued", "warning letter")]
    assert said(**notice, state="issued", state_before="issued") == [("notice_followed_up", "issued")]
    assert said(**notice, state="on track", state_before="issued") == [("notice_followed_up", "on track")]
    assert said(**notice, state="cancelled", state_before="issued") == []


def test_only_what_an_entry_changes_of_how_the_casework_stands_is_said():
    stood = {"plan_state": "viable", "milestones_open": 0}
    stands = stood | {"milestones_open": 1, "milestone_next_due_on": "2026-06-30"}
    records = parse(ENTRY | {"kind": "milestone", "details": {"title": "x"}, "stood": stood, "stands": stands})

    assert [
        (record.indicator, record.value, record.period_end, record.occurrence, record.place) for record in records
    ] == [
        ("milestones_open", 1, None, "", "stands.milestones_open"),
        ("milestone_next_due_on", "2026-06-30", None, "", "stands.milestone_next_due_on"),
    ]


def test_a_stage_stands_under_its_regime_until_it_has_ended():
    stage = {"kind": "stage", "details": {"stage": "failing"}}
    [record] = parse(ENTRY | stage | {"state": "confirmed"})
    assert (record.indicator, record.value, record.occurrence) == ("stage_confirmed", "failing", "care")
    assert said(**stage, state="ended", state_before="confirmed") == [("stage_confirmed", None)]


def test_a_judgement_names_regime_and_rule_and_a_withdrawn_one_says_so():
    judgement = {"kind": "judgement", "details": {"rule": "leadership", "rating": "weak"}}
    [record] = parse(ENTRY | judgement | {"state": "given"})
    assert (record.indicator, record.value, record.occurrence) == ("judgement", "weak", "care/leadership")
    assert said(**judgement, state="withdrawn", state_before="given") == [("judgement", "withdrawn")]


def test_an_override_says_nothing_until_it_is_approved():
    override = {"kind": "override", "details": {"of": "level", "to": "watch"}}
    holds = {"level_override": "watch", "level_override_until": "2026-06-30"}
    assert said(**override, state="proposed") == []
    assert said(**override, state="approved", state_before="proposed", stands=holds) == list(holds.items())
    ended = dict.fromkeys(holds)
    assert said(**override, state="ended", state_before="approved", stood=holds, stands=ended) == list(ended.items())


def test_the_age_of_a_test_counts_from_the_day_it_was_made():
    arrangement = {"kind": "arrangement", "state": "tested", "details": {"tested_on": "2026-01-15"}}
    [record] = parse(ENTRY | arrangement)
    assert (record.indicator, record.value, record.period_end) == (
        "arrangement_tested_on",
        "2026-01-15",
        date(2026, 1, 15),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"format": "other"}',
        b"1" * 2_000_000,
        ENTRY | {"format": None},
        {"format": ENTRY["format"]},
        ENTRY | {"about_on": "yesterday"},
        ENTRY | {"details": None},
        ENTRY | {"stands": {"plan_state": []}},
        ENTRY | {"kind": "arrangement", "details": {"tested_on": {"day": 1}}},
    ],
)
def test_a_document_that_is_not_an_entry_is_unreadable_and_ends_nothing(content):
    [record] = parse(content)
    assert isinstance(record, UnreadableRecord)
    assert record.reason


def test_every_indicator_of_the_register_is_one_that_an_entry_can_give():
    indicators_of_code = {event for event, _ in casework._EVENTS.values()} | {
        "notice_followed_up",
        "stage_confirmed",
        "judgement",
    }
    indicators_of_code |= {name for names in casework._STATE_INDICATORS.values() for name in names} | {
        "arrangement_tested_on"
    }
    indicators_of_code |= {*casework._OVERRIDES, *(event for states in NOTICES.values() for event in states.values())}
    indicators = catalogue.load().indicators
    assert indicators_of_code == {key for key, indicator in indicators.items() if "casework" in indicator.registers}


def test_a_notice_of_a_kind_that_regimes_know_is_an_event_of_its_own_too():
    notice = {"kind": "notice", "details": {"type": "Compliance  notice"}, "state": "issued"}
    assert said(**notice) == [("notice_issued", "Compliance  notice"), ("compliance_notice", None)]
    assert said(**notice, state_before="issued") == [("notice_followed_up", "issued")]
