"""Confirmed stages and the clocks that they start, and judgements under a regime."""

from datetime import date

import pytest

from access.permissions import NotAllowed
from casework.kinds import WrongCasework
from casework.reading import list_records
from casework.stages import (
    StageRecommendation,
    StartingEvent,
    clocks_not_started,
    compare_stages,
    confirm_stage,
    newest_events,
    record_judgement,
)
from models.vocabulary import View
from tests.casework.story import HOME, values
from tests.factories import load, observed
from tests.regimes.small import small_regime

COVERS = {"schemes": ["GB-OFSTED"], "has_indicator": ["name"]}


LEADERSHIP = {
    "key": "leadership",
    "kind": "judgement",
    "title": "Leadership",
    "by": "the case officer",
    "scale": {"strong": "none", "weak": "concern"},
}


LADDER = [
    {"key": "usual", "title": "Usual", "from_level": "none", "next_step": "nothing"},
    {
        "key": "failing",
        "title": "Failing",
        "from_level": "concern",
        "next_step": "a plan",
        "clocks": [
            {
                "title": "Draft plan",
                "within": "10 working days",
                "then": "the contract may be ended",
                "source": "x",
                "evidence": "ours",
                "extension": {"by": "5 working days", "when": "it was returned"},
            },
            {
                "title": "Answer",
                "within": "28 days",
                "starts": ["notice_issued"],
                "then": "it stands",
                "source": "x",
                "evidence": "ours",
            },
        ],
    },
    {"key": "secret", "title": "Secret", "from_level": "critical", "next_step": "ask", "audience": "police"},
]


def test_confirming_a_stage_starts_its_clocks_once(story):
    regime = small_regime(covers=COVERS, ladder=LADDER)
    recommended = {"small": StageRecommendation("failing", "concern", story.today)}

    def stand(stage, **events):
        events = {event: StartingEvent(date.fromisoformat(day)) for event, day in events.items()}
        with story.writer() as writer:
            return confirm_stage(
                writer, HOME, regime, stage, rationale="At the review", recommended="failing", events=events
            )

    def shown():
        [both] = compare_stages(HOME, recommended, list_records(story.engine, story.person("ann")))
        return both.is_unconfirmed, both.confirmation and both.confirmation.newest_entry.details["stage"]

    def duties():
        records = list_records(story.engine, story.person("ann"), kinds=["duty"])
        newest = [record.newest_entry for record in records if record.is_open]
        return [(entry.details["title"], str(entry.due_on)) for entry in newest]

    story.on("2026-04-01")
    assert shown() == (True, None)
    number = stand("usual").number
    assert shown() == (True, "usual")
    assert stand("failing", notice_issued="2024-12-31").number == number
    stand("failing")
    assert shown() == (False, "failing")
    # Good Friday and Easter Monday, 3 and 6 April, are no working days; a notice of 2024 starts nothing.
    assert duties() == [("Draft plan", "2026-04-17")]

    story.on("2026-04-20")
    stand("failing", notice_issued="2026-04-13")
    stand("failing", notice_issued="2026-04-13")
    assert duties() == [("Draft plan", "2026-04-17"), ("Answer", "2026-05-11")]
    assert clocks_not_started(regime.ladder[1], {}) == [regime.ladder[1].clocks[1]]
    story.look()
    with story.known() as known:
        assert values(known, "stage_confirmed")[-1][0] == "failing"
        assert values(known, "duty_due_on")[-1][0] == "2026-04-17"


def test_a_clock_starts_with_the_newest_event_of_its_kind(story):
    for day in ("2026-03-02", "2026-03-09"):
        story.on(day).open("notice", details={"type": "warning letter"})
    story.look()
    with story.known() as known:
        assert newest_events(known, HOME)["notice_issued"] == StartingEvent(date(2026, 3, 9))


def test_a_stage_for_another_audience_moves_to_a_record_of_that_audience(story):
    regime = small_regime(covers=COVERS, ladder=LADDER)
    with story.writer("cat") as writer:
        confirm_stage(writer, HOME, regime, "usual", rationale="At the review", audience="public")
    with story.writer() as writer, pytest.raises(NotAllowed, match="do not belong to the audience 'police'"):
        confirm_stage(writer, HOME, regime, "secret", rationale="At the review")
    with story.writer("cat") as writer:
        assert confirm_stage(writer, HOME, regime, "secret", rationale="At the review").first_entry.audience == "police"

    states = {key: [record.state for record in list_records(story.engine, story.person(key))] for key in ("ann", "cat")}
    assert states == {"ann": ["ended"], "cat": ["ended", "confirmed"]}
    story.look()
    with story.known() as known, story.known(view=View.OPEN) as public_view:
        assert values(known, "stage_confirmed")[-1][0] == "secret"
        assert values(public_view, "stage_confirmed") == []


@pytest.mark.parametrize(
    ("stage", "rationale", "message"),
    [
        ("failing", " ", "a confirmed stage needs a reason"),
        ("lost", "x", "'lost' is not a stage of small; choose one of: usual"),
    ],
)
def test_a_stage_needs_a_reason_and_to_be_on_the_ladder(sqlite_story, stage, rationale, message):
    regime = small_regime(covers=COVERS, ladder=LADDER)
    with sqlite_story.writer() as writer, pytest.raises(WrongCasework, match=message):
        confirm_stage(writer, HOME, regime, stage, rationale=rationale)


@pytest.mark.parametrize(
    ("rule", "rating", "message"),
    [
        ("kindness", "weak", "'kindness' is not a rule of kind judgement in small; choose one of: leadership"),
        ("leadership", "awful", "'awful' is not a rating of leadership; choose one of: strong, weak"),
    ],
)
def test_a_judgement_needs_a_rule_and_a_rating_of_the_regime(sqlite_story, rule, rating, message):
    with sqlite_story.writer() as writer, pytest.raises(WrongCasework, match=message):
        record_judgement(writer, HOME, small_regime(LEADERSHIP, covers=COVERS), rule, rating, rationale="x")


def test_a_status_that_a_register_states_starts_the_clock_of_a_stage(story):
    suspended = {
        "title": "End of a suspension",
        "within": "12 weeks",
        "starts": ["registration_suspended"],
        "then": "it ends",
        "source": "x",
        "evidence": "ours",
    }
    regime = small_regime(covers=COVERS, ladder=[LADDER[0] | {"clocks": [suspended]}])
    for day, status in (("2025-03-31", "Active"), ("2026-02-28", "Suspended")):
        known_on = date.fromisoformat(day)
        load(story.engine, [observed(status, indicator="registration_status", known_on=known_on)], name=day)
    with story.known() as known, story.writer() as writer:
        confirm_stage(writer, HOME, regime, "usual", rationale="At the review", events=newest_events(known, HOME))
    [duty] = list_records(story.engine, story.person("ann"), kinds=["duty"])

    assert duty.first_entry.about_on == date(2026, 2, 28)
    assert duty.newest_entry.due_on == date(2026, 5, 23)
    report = "Registration status Suspended, first listed on 28 February 2026 (not later than that day)"
    assert duty.first_entry.rationale == report
