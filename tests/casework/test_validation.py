"""Entries are checked before they are written: states, dates, evidence, reasons."""

import pytest

from access.permissions import NotAllowed
from casework.kinds import WrongCasework
from settings import WrongInput
from tests.casework.story import refuses

CONCERN = {"type": "safeguarding"}


SHOWN = {"evidence": "The report of 4 May"}


OVERRIDE = {"regime": "care", "rationale": "It was lifted", "details": {"of": "level", "to": "watch"}}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("completed", "a plan that is 'awaiting' cannot become 'completed'; choose one of: returned for work, viable"),
        ("asleep", "'asleep' is not a state of a plan; choose one of: awaiting, returned for work"),
        ("abandoned", "give a reason (--text): a plan that is abandoned needs a reason"),
        (None, "nothing to enter: record 1 stays 'awaiting'; give a state, a date or a text"),
    ],
)
def test_a_state_that_may_not_follow_is_refused(sqlite_story, state, message):
    number = sqlite_story.open("plan")
    with refuses(WrongCasework, message):
        sqlite_story.change(number, state=state)


def test_a_closed_record_takes_no_more_entries(sqlite_story):
    number = sqlite_story.open("plan")
    sqlite_story.change(number, state="abandoned", rationale="The home has closed")
    with refuses(WrongCasework, "a plan that is 'abandoned' is closed; open a new record"):
        sqlite_story.change(number, rationale="One more thing")


@pytest.mark.parametrize(
    ("kind", "more", "message"),
    [
        ("wish", {}, "'wish' is not a kind of record; choose one of: concern, plan,"),
        ("concern", {}, "concern: 'type' is missing"),
        (
            "concern",
            {"details": {"type": "weather"}},
            "concern: 'type': 'weather' is not a choice; choose one of: actual deficit, projected deficit,",
        ),
        ("concern", {"details": CONCERN | {"colour": "red"}}, "concern: 'colour' is not a field of this kind"),
        ("concern", {"details": CONCERN, "state": "closed"}, "a concern begins as open, not as 'closed'"),
        (
            "concern",
            {"details": CONCERN, "about_on": "2026-03-03"},
            "is in the future; give a future day as the due date",
        ),
        (
            "concern",
            {"details": CONCERN, "due_on": "2026-03-01"},
            "the due date 2026-03-01 is before the beginning, 2026-03-02; correct one",
        ),
        (
            "concern",
            {"details": CONCERN, "audience": "police"},
            "you (ann) do not belong to the audience 'police'; choose one of yours",
        ),
        (
            "concern",
            {"details": CONCERN, "owner": "guest"},
            "'guest' may not see records of the audience 'casework'; name another owner",
        ),
        ("concern", {"details": CONCERN, "owner": "dan"}, "no user 'dan' is registered"),
        ("milestone", {"details": {"title": "x"}}, "a milestone is part of a plan; give the number of the plan"),
        ("duty", {"details": {"title": "x"}}, "a duty needs a due date; add the day"),
        ("stage", {"details": {"stage": "x"}, "rationale": "x"}, "a stage needs a regime; add the regime's key"),
        ("decision", {"details": {"what": "x", "authoriser": "director"}}, "a decision that is taken needs a reason"),
    ],
)
def test_a_wrong_entry_is_refused_in_one_line(sqlite_story, kind, more, message):
    with refuses(WrongInput, message):
        sqlite_story.open(kind, **more)


def test_a_milestone_is_due_by_the_end_of_its_plan(sqlite_story):
    plan = sqlite_story.open("plan", state="viable", due_on="2026-12-31", rationale="Agreed")
    with refuses(
        WrongCasework, "the due date 2027-01-01 is after the end of the plan, 2026-12-31; extend the plan first"
    ):
        sqlite_story.open("milestone", part_of=plan, due_on="2027-01-01", details={"title": "Manager"})

    milestone = sqlite_story.open("milestone", part_of=plan, due_on="2026-06-30", details={"title": "Manager"})
    with refuses(WrongCasework, "is after the end of the plan"):
        sqlite_story.change(milestone, due_on="2027-01-01", rationale="More time")


def test_a_new_date_needs_a_reason_and_the_old_one_stays_on_record(story):
    number = story.open("duty", due_on="2026-03-10", details={"title": "Visit"})
    with refuses(WrongCasework, "needs a reason"):
        story.change(number, due_on="2026-03-20")
    record = story.change(number, due_on="2026-03-20", rationale="The manager is ill")

    assert [str(entry.due_on) for entry in record.entries] == ["2026-03-10", "2026-03-20"]


def test_a_plan_is_not_completed_while_a_milestone_is_open(sqlite_story):
    plan = sqlite_story.open("plan", state="viable", due_on="2026-12-31", rationale="Agreed")
    milestone = sqlite_story.open("milestone", part_of=plan, due_on="2026-06-30", details={"title": "Manager"})
    with refuses(WrongCasework, f"plan {plan} cannot be completed while these parts are open: {milestone}"):
        sqlite_story.change(plan, state="completed", rationale="Good again")

    sqlite_story.change(milestone, state="met", details=SHOWN)
    assert sqlite_story.change(plan, state="completed", rationale="Good again", details=SHOWN).state == "completed"


def test_a_provider_has_one_open_plan_at_a_time_for_a_regime(story):
    number = story.open("plan")
    with refuses(WrongCasework, f"plan {number} is still open ('awaiting'); change that record, or close it first"):
        story.open("plan")
    story.open("plan", regime="care")
    story.change(number, state="abandoned", rationale="Another is made")
    story.open("plan")


def test_an_override_needs_a_second_person_and_then_stays_as_it_was_proposed(story):
    number = story.open("override", due_on="2026-06-30", **OVERRIDE)
    with refuses(NotAllowed, f"someone else must enter that override {number} is approved, because you wrote"):
        story.change(number, state="approved", rationale="Mine is right")
    with refuses(WrongCasework, "keeps its date and details as proposed; open a new record instead"):
        story.change(number, by="ben", state="approved", due_on="2027-06-30", rationale="Longer is better")

    with refuses(WrongCasework, "give a reason (--text): an override that is approved needs a reason"):
        story.change(number, by="ben", state="approved")
    assert story.change(number, by="ben", state="approved", rationale="Seen the letter").state == "approved"
    with refuses(WrongCasework, "keeps its date and details as proposed"):
        story.change(number, by="ben", details={"to": "none"}, rationale="Better still")


def test_an_override_past_its_last_day_cannot_be_approved(sqlite_story):
    number = sqlite_story.open("override", due_on="2026-03-10", **OVERRIDE)
    with refuses(WrongCasework, f"override {number} ran out on 2026-03-10; propose a new one"):
        sqlite_story.on("2026-03-11").change(number, by="ben", state="approved")


def test_an_approver_who_wrote_an_entry_counts_as_an_author(sqlite_story):
    number = sqlite_story.open("override", due_on="2026-06-30", **OVERRIDE)
    sqlite_story.change(number, by="ben", rationale="I asked for this")
    with refuses(NotAllowed, "someone else must enter that"):
        sqlite_story.change(number, by="ben", state="approved")


# Kind, its details, the state that claims something good, and what else the entry needs.
CLAIMS = [
    ("support", {"what": "Adviser"}, ["accepted"], "given"),
    ("notice", {"type": "warning letter"}, [], "on track"),
    ("notice", {"type": "warning letter"}, [], "lifted"),
    ("decision", {"what": "No placements", "authoriser": "director"}, [], "carried out"),
    ("arrangement", {"type": "transition"}, ["agreed"], "tested"),
    ("told", {"body": "The council", "by": "letter"}, [], "answered"),
    ("duty", {"title": "Visit"}, [], "done"),
    ("plan", {}, [], "on track"),
    ("plan", {}, [], "completed"),
]


def opened(story, kind, details):
    more = {"state": "viable"} if kind == "plan" else {"due_on": "2026-05-01"} if kind == "duty" else {}
    return story.open(kind, details=details, rationale="As agreed", **more)


@pytest.mark.parametrize(("kind", "details", "before", "claim"), CLAIMS)
@pytest.mark.parametrize("shown", [SHOWN, {"word_of": "The chair"}])
def test_a_state_that_claims_something_good_needs_evidence_or_a_word(sqlite_story, kind, details, before, claim, shown):
    number = opened(sqlite_story, kind, details)
    for state in before:
        sqlite_story.change(number, state=state)
    claimed = "the body has answered" if kind == "told" else f"the {kind} is {claim}"
    with refuses(WrongCasework, f"no evidence that {claimed}; add --evidence or --word-of"):
        sqlite_story.change(number, state=claim, rationale="It is, believe me", details={"evidence": " "})

    record = sqlite_story.change(number, state=claim, rationale="Good again", details=shown)
    assert record.state == claim
    assert shown.items() <= record.newest_entry.details.items()


@pytest.mark.parametrize(
    ("whole", "part", "details"),
    [
        ("plan", "milestone", {"title": "Manager"}),
        ("notice", "condition", {"title": "Monthly accounts"}),
    ],
)
def test_a_milestone_or_condition_is_met_by_evidence_of_its_own(sqlite_story, whole, part, details):
    first = opened(sqlite_story, whole, {"type": "warning letter"} if whole == "notice" else {})
    number = sqlite_story.open(part, part_of=first, due_on="2026-06-30", details=details)
    sqlite_story.change(number, details={"evidence": "Advert placed"})
    with refuses(WrongCasework, f"no evidence that the {part} is met; add --evidence or --word-of"):
        sqlite_story.change(number, state="met", rationale="The advert")
    sqlite_story.change(number, state="met", details={"word_of": "The chair"})

    with refuses(WrongCasework, f"give a reason (--text): opening a {part} again that was met needs a reason"):
        sqlite_story.change(number, state="open")
    again = sqlite_story.change(number, state="open", rationale="The chair was wrong")
    assert again.newest_entry.details["word_of"] == ""
    with refuses(WrongCasework, f"give a reason (--text): a {part} that is missed needs a reason"):
        sqlite_story.change(number, state="missed")


def test_a_notified_body_needs_a_means_evidence_or_a_word(sqlite_story):
    with refuses(WrongCasework, "no evidence that the body was notified; add --by, --evidence or --word-of"):
        sqlite_story.open("told", details={"body": "The council"})
    assert sqlite_story.open("told", state="to tell", due_on="2026-03-09", details={"body": "The council"})
    assert sqlite_story.open("told", details={"body": "The council", "by": "letter"})


def test_a_rating_and_each_change_of_a_rating_needs_a_reason(sqlite_story):
    with refuses(WrongCasework, "give a reason (--text): a concern with rating 'Red' needs a reason"):
        sqlite_story.open("concern", details=CONCERN | {"rating": "Red"})
    number = sqlite_story.open("concern", details=CONCERN)  # not rated
    for rating in ("Red", "n/a"):
        with refuses(WrongCasework, f"give a reason (--text): a concern with rating '{rating}' needs a reason"):
            sqlite_story.change(number, details={"rating": rating})
        sqlite_story.change(number, details={"rating": rating}, rationale="Two letters")
    sqlite_story.change(number, details={"type": "quality"})


def test_the_rating_of_a_judgement_and_the_words_of_an_override_change_with_a_reason(sqlite_story):
    override = sqlite_story.open("override", due_on="2026-06-30", **OVERRIDE)
    with refuses(WrongCasework, "give a reason (--text): an override with to 'none' needs a reason"):
        sqlite_story.change(override, details={"to": "none"})
    rated = {"rule": "leadership", "rating": "weak"}
    judgement = sqlite_story.open("judgement", regime="care", rationale="Talked to the staff", details=rated)
    with refuses(WrongCasework, "give a reason (--text): a judgement with rating 'strong' needs a reason"):
        sqlite_story.change(judgement, details={"rating": "strong"})


def test_a_plan_is_viable_for_a_reason(sqlite_story):
    with refuses(WrongCasework, "give a reason (--text): a plan that is viable needs a reason"):
        sqlite_story.open("plan", state="viable")
