"""The casework indicators of a provider: a key is absent without records, and None without a value."""

from casework.indicator_values import casework_indicators
from tests.casework.test_clocks import record

PLAN = ("2026-01-01", "viable", "2026-12-31")


def test_without_records_there_are_no_indicators():
    assert casework_indicators([], "care") == {}


def test_a_plan_counts_with_its_milestones_while_it_is_open():
    milestone = record("milestone", ("2026-01-02", "open 0", "2026-06-30"), number=10, part_of=1)
    missed = record("milestone", ("2026-01-02", "missed 0", "2026-03-31"), number=20, part_of=1)
    assert casework_indicators([record("plan", PLAN), milestone, missed], "care") == {
        "plan_state": "viable",
        "plan_has_end": True,
        "plan_end_on": "2026-12-31",
        "plan_agreed_on": None,
        "milestones_open": 1,
        "milestones_missed": 1,
        "milestone_next_due_on": "2026-06-30",
    }
    abandoned = record("plan", PLAN, ("2026-02-01", "abandoned", "2026-12-31"))
    values = casework_indicators([abandoned, milestone, missed], "care")
    assert values["milestones_open"] == 0
    assert values["milestone_next_due_on"] is None
    assert values["plan_end_on"] is None


def test_the_newest_open_plan_counts():
    closed = record("plan", PLAN, ("2026-02-01", "abandoned", None), number=30)
    assert casework_indicators([record("plan", PLAN), closed], "care")["plan_state"] == "viable"


def test_an_ended_override_has_a_key_without_a_value():
    entries = [("2026-03-01", "proposed", "2026-03-31"), ("2026-03-05", "approved", "2026-03-31")]
    approved = record("override", *entries)
    assert casework_indicators([approved], "care") == {
        "level_override": "watch",
        "level_override_until": "2026-03-31",
    }
    assert casework_indicators([approved], "another regime") == {}
    ended = record("override", *entries, ("2026-03-20", "ended", "2026-03-31"))
    assert casework_indicators([ended], "care") == {"level_override": None, "level_override_until": None}
