"""The section about casework on a provider's page."""

from dataclasses import replace
from datetime import date
from typing import Any

from casework.reading import Record
from dashboard.presenters.addresses import PageLink
from dashboard.presenters.casework_summary_view import CaseworkSummary, casework_summary
from queries.casework_on_day import CaseworkOnDay, ConfirmedStage
from tests.dashboard.presenters.casework_builders import DAY, entry, milestone, record

NO_CASEWORK = CaseworkOnDay({}, [], [], None, [], [])
HOMES = {
    "title": "Children's homes",
    "ladder": [{"key": "usual", "title": "Usual"}, {"key": "failing", "title": "Failing"}],
}
CONFIRMED: ConfirmedStage = {
    "stage": "failing",
    "recommended": "failing",
    "on": "2026-05-04",
    "by": "ann",
    "record": 3,
    "rationale": "At the review",
}


def summary(stages: dict[str, str] | None = None, **casework: Any) -> CaseworkSummary:
    return casework_summary(replace(NO_CASEWORK, **casework), stages or {}, {"homes": HOMES}, DAY, [])


def test_without_casework_only_the_day_and_the_links_are_shown() -> None:
    links = [PageLink("./casework", "Casework")]
    shown = casework_summary(NO_CASEWORK, {"homes": ""}, {}, DAY, links)
    assert shown == CaseworkSummary("1 June 2026", [], [], [], None, None, 0, links)


def test_a_confirmed_stage_stands_beside_the_recommended_one() -> None:
    [row] = summary({"homes": "usual"}, confirmed_stages={"homes": CONFIRMED}).stage_rows
    assert row.regime == "Children's homes"
    assert row.recommended == "Usual"
    assert row.confirmed == "Failing"
    assert row.confirmed_on == "4 May 2026"
    assert row.by == "ann"
    assert row.record == 3
    assert row.differs


def test_a_recommended_stage_that_nobody_confirmed_differs() -> None:
    [row] = summary({"homes": "failing"}).stage_rows
    assert row.confirmed == ""
    assert row.differs


def test_a_confirmed_stage_alone_and_an_agreed_one_do_not_differ() -> None:
    for recommended in ({}, {"homes": "failing"}):
        [row] = summary(recommended, confirmed_stages={"homes": CONFIRMED}).stage_rows
        assert not row.differs


def test_the_plan_has_its_next_milestone_and_the_time_left() -> None:
    plan = record(1, kind="plan", state="viable", due_on=date(2026, 6, 11), details={"title": "To good by spring"})
    milestones = [milestone(2, due_on=date(2026, 6, 9)), milestone(3, due_on=date(2026, 6, 2)), milestone(4)]
    shown = summary(plan=plan, milestones=milestones, open_records=[plan, *milestones])
    assert shown.plan is not None
    assert shown.plan.summary == "To good by spring"
    assert shown.plan.left == "in 10 days"
    assert shown.milestone is not None
    assert shown.milestone.number == 3
    assert shown.open_count == 4


def test_an_override_names_those_who_proposed_and_approved_it() -> None:
    fields = {"kind": "override", "regime": "homes", "details": {"of": "level", "to": "watch"}, "due_on": DAY}
    proposed = entry(1, state="proposed", rationale="It was lifted", **fields)
    override = Record((proposed, entry(2, record=1, state="approved", author="ben", **fields)))
    [shown] = summary(overrides_in_force=[override]).overrides_in_force
    assert shown.regime == "Children's homes"
    assert shown.to == "watch"
    assert shown.proposed_by == "ann"
    assert shown.approved_by == "ben"
    assert shown.until == "1 June 2026"
    assert shown.rationale == "It was lifted"
    [expired] = summary(expired_overrides=[override]).expired_overrides
    assert expired == shown
