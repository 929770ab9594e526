"""Casework in the ledger and under the rules of a regime, told day by day."""

import re
from datetime import date

import yaml
from sqlalchemy import func, select

from casework.stages import (
    record_judgement,
)
from indicators.ledger.as_of import read_horizon
from models.database import read_session, table_of
from models.ledger import Observation, Pull
from models.subjects import Audience
from models.vocabulary import View
from regimes.evaluate import evaluate
from settings import ROOT
from tests.casework.story import HOME, values
from tests.regimes.small import small_regime

COVERS = {"schemes": ["GB-OFSTED"], "has_indicator": ["name"]}
NO_PLAN = "no plan was asked for"

LEADERSHIP = {
    "key": "leadership",
    "kind": "judgement",
    "title": "Leadership",
    "by": "the case officer",
    "scale": {"strong": "none", "weak": "concern"},
}


def rules() -> dict[str, dict]:
    """The rules that docs/casework.md shows, each of a kind that regimes have."""
    [block] = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "casework.md").read_text(), re.MULTILINE | re.DOTALL)
    return {rule["key"]: rule for rule in (*yaml.safe_load(block), LEADERSHIP)}


def regime_with(*keys):
    return small_regime(*(rules()[key] for key in keys), covers=COVERS)


def finding_of(story, key):
    """Status, level and title of a rule's finding about the provider today, as known tonight."""
    with story.known() as known:
        evaluation = evaluate(known, regime_with(key))
    number = next(row["number"] for row in evaluation.rules.to_pylist() if row["rule"] == key)
    [finding] = [row for row in evaluation.findings.to_pylist() if row["rule"] == number]
    return finding["status"], ["none", "watch", "concern", "critical"][finding["level"]], finding["title"]


def test_the_story_of_a_plan(story):
    assert story.on("2026-03-02").look() == []
    assert finding_of(story, "plan_without_end") == (
        "missing",
        "none",
        f"A plan without an end date: not known; {NO_PLAN}",
    )

    plan = story.on("2026-03-03").open("plan", rationale="Graded inadequate; a plan is asked for")
    story.look()
    assert finding_of(story, "plan_without_end")[:2] == ("met", "watch")

    story.on("2026-03-10").change(plan, state="viable", due_on="2026-09-30", rationale="Agreed with the owner")
    manager = story.open("milestone", part_of=plan, due_on="2026-04-30", details={"title": "New manager"})
    story.open("milestone", part_of=plan, due_on="2026-06-30", details={"title": "Staff trained"})
    story.look()
    assert finding_of(story, "plan_without_end")[0] == "clear"
    assert finding_of(story, "milestone_due")[::2] == ("clear", "Next milestone: due by 30 April 2026")

    # Nobody enters anything: the day after the date it is late by itself.
    story.on("2026-05-01").look()
    assert finding_of(story, "milestone_due")[:2] == ("met", "watch")
    assert [clock.record.number for clock in story.overdue()] == [manager]

    # A month later it is worse, and somebody acts: it was missed.
    story.on("2026-06-01").look()
    assert finding_of(story, "milestone_due")[:2] == ("met", "concern")
    story.change(manager, state="missed", about_on="2026-04-30", rationale="Nobody applied")
    story.look()
    assert finding_of(story, "milestone_due")[:2] == ("clear", "none")
    assert finding_of(story, "milestones_missed")[:2] == ("met", "concern")
    assert story.overdue() == []

    story.on("2026-06-20").change(manager, state="met", details={"evidence": "Registered yesterday"})
    story.look()
    assert finding_of(story, "milestones_missed")[:2] == ("clear", "none")
    with story.known() as known:
        assert values(known, "milestone_missed") == [("New manager", None, "2026-04-30", "2026-06-01")]
        assert values(known, "plan_end_on")[-1][0] == "2026-09-30"


def test_a_notice_nobody_followed_up_and_a_hand_over_nobody_tested(story):
    notice = story.open("notice", due_on="2026-03-20", details={"type": "compliance notice"})
    transition = story.open("arrangement", details={"type": "transition"})
    story.look()
    assert finding_of(story, "notice_not_followed_up")[:2] == ("clear", "none")
    assert finding_of(story, "untested")[:2] == ("met", "concern")

    story.on("2026-03-21").look()
    assert finding_of(story, "notice_not_followed_up")[:2] == ("met", "concern")
    story.change(notice, state="lifted", rationale="Complied with", details={"evidence": "Visit of 20 March"})
    story.change(transition, state="agreed")
    story.change(transition, state="tested", details={"word_of": "The council"})
    story.look()
    assert finding_of(story, "notice_not_followed_up")[0] == "not_applicable"
    assert finding_of(story, "untested")[:2] == ("clear", "none")
    assert finding_of(story, "old_test")[:2] == ("clear", "none")

    story.on("2027-03-22").look()
    assert finding_of(story, "old_test")[:2] == ("met", "watch")


def test_a_register_that_nobody_looked_at_after_the_date_calls_nothing_late(story):
    story.open("notice", due_on="2026-03-20", details={"type": "warning letter"})
    story.look()
    assert finding_of(story.on("2026-03-25"), "notice_not_followed_up")[0] == "missing"


def test_an_entry_dated_back_is_known_from_the_day_of_entry(story):
    story.on("2026-03-02").open("concern", about_on="2026-01-15", details={"type": "closure"})
    story.look()
    with story.known(day=date(2026, 3, 1)) as before, story.known() as known:
        assert values(before, "concern_raised") == []
        assert values(known, "concern_raised") == [("closure", None, "2026-01-15", "2026-03-02")]


def test_an_entry_made_late_in_the_evening_belongs_to_the_day_in_london(story):
    from datetime import UTC, datetime

    from casework.writing import case_writer

    with case_writer(story.engine, story.person("ann"), now=datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) as writer:
        writer.open_record("concern", HOME, details={"type": "closure"})
    story.on("2026-07-01").look()
    with story.known() as known:
        assert values(known, "concern_raised") == [("closure", None, "2026-07-01", "2026-07-01")]


def test_the_open_basis_sees_only_what_was_entered_for_the_public(story):
    story.open("concern", details={"type": "closure"})
    story.open("decision", audience="public", rationale="Published", details={"what": "x", "authoriser": "director"})
    story.look()
    with story.known(view=View.OPEN) as public_view, story.known() as known:
        assert values(public_view, "concern_raised") == []
        assert len(values(known, "concern_raised")) == 1
        assert len(values(public_view, "decision_recorded")) == 1


def test_rows_keep_the_audience_of_their_entry(story):
    story.open("concern", by="cat", details={"type": "closure"})
    story.look()
    o, audience = table_of(Observation).c, table_of(Audience).c
    rows = select(audience.key, func.count()).join_from(o.seq.table, audience.id.table, audience.id == o.audience_id)
    with read_session(story.engine) as session:
        assert dict(session.execute(rows.group_by(audience.key)).all()) == {"public": 1, "police": 1}


def test_a_change_back_on_the_same_day_leaves_the_last_state(story):
    def milestones_open():
        story.look()
        with story.known() as known:
            return values(known, "milestones_open")[-1][1]

    plan = story.open("plan", state="viable", due_on="2026-12-31", rationale="Agreed")
    milestone = story.open("milestone", part_of=plan, due_on="2026-06-30", details={"title": "Manager"})
    assert milestones_open() == 1
    story.change(milestone, state="met", details={"evidence": "Certificate"})
    assert milestones_open() == 0
    story.change(milestone, state="open", rationale="It was another certificate")
    assert milestones_open() == 1


def test_looking_again_the_same_day_adds_nothing(story):
    story.open("concern", details={"type": "closure"})
    story.look()
    before = read_horizon(story.engine)
    story.look()
    assert read_horizon(story.engine) == before

    story.on("2026-03-03").look()
    with read_session(story.engine) as session:
        assert session.scalar(select(func.count()).select_from(table_of(Pull))) == 2
        assert read_horizon(story.engine).seq == before.seq


def test_a_persons_rating_counts_under_its_rule_until_it_is_withdrawn(story):
    regime = regime_with("leadership")

    def rate(rating):
        with story.writer() as writer:
            return record_judgement(writer, HOME, regime, "leadership", rating, rationale="Talked to the staff").number

    assert finding_of(story, "leadership")[0] == "missing"
    number = rate("Strong")
    story.look()
    assert finding_of(story, "leadership")[:2] == ("clear", "none")
    assert rate("weak") == number
    story.look()
    assert finding_of(story, "leadership")[:2] == ("met", "concern")
    story.on("2026-03-09").change(number, state="withdrawn", rationale="The manager left")
    story.look()
    assert finding_of(story, "leadership")[0] == "missing"
