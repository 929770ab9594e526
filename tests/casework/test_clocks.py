"""Clocks: due dates, overdue clocks, and whether a milestone will be on time."""

from datetime import UTC, date, datetime, time

import pytest

from casework.clocks import (
    LEAST_CLOSED,
    extension_entries,
    find_due_clocks,
    find_overdue_clocks,
    first_due_on,
    late_milestone_share,
    milestone_pace,
)
from casework.kinds import find_kind, read_details
from casework.reading import Entry, Record
from casework.stages import overrides_in_force

DETAILS = {
    "plan": {},
    "milestone": {"title": "Manager"},
    "duty": {"title": "Visit"},
    "concern": {"type": "closure"},
    "override": {"of": "level", "to": "watch"},
}


def day(text: str) -> date:
    return date.fromisoformat(text)


def record(kind: str, *entries: tuple[str, str, str | None], number: int = 1, part_of: int | None = None) -> Record:
    """``record("milestone", ("2026-03-01", "open 0", "2026-06-30"))``: day, state with per cent done, due date."""
    made = []
    for on, state_text, due_on in entries:
        state, _, done = state_text.rpartition(" ") if state_text[-1].isdigit() else (state_text, "", "0")
        details = DETAILS[kind] | ({"done": int(done)} if kind == "milestone" else {})
        made.append(
            Entry(
                number + len(made),
                number,
                part_of,
                "GB-COH-1",
                "care",
                kind,
                state,
                day(on),
                day(due_on) if due_on else None,
                "ann",
                "ann",
                datetime.combine(day(on), time(12), UTC),
                "casework",
                "",
                read_details(find_kind(kind), details),
            )
        )
    return Record(tuple(made))


def milestone(*entries: tuple[str, str], due_on: str = "2026-06-30") -> Record:
    return record("milestone", *((on, state_text, due_on) for on, state_text in entries))


def test_a_clock_is_on_time_on_its_due_date_and_overdue_the_day_after():
    duty = record("duty", ("2026-03-01", "open", "2026-03-10"))
    [clock] = find_due_clocks([duty], day("2026-03-10"), until=day("2026-03-10"))
    assert clock.days_left(day("2026-03-10")) == 0
    assert find_overdue_clocks([duty], day("2026-03-10")) == []
    assert find_due_clocks([duty], day("2026-03-11"), until=day("2027-01-01")) == []
    assert [clock.record for clock in find_overdue_clocks([duty], day("2026-03-11"))] == [duty]


def test_an_overdue_clock_stays_overdue_until_somebody_acts():
    opened = ("2026-03-01", "open", "2026-03-10")
    assert len(find_overdue_clocks([record("duty", opened)], day("2030-01-01"))) == 1
    assert find_overdue_clocks([record("duty", opened, ("2026-03-20", "done", "2026-03-10"))], day("2026-03-20")) == []
    assert find_overdue_clocks([record("duty", opened, ("2026-03-20", "open", "2026-04-10"))], day("2026-03-20")) == []


def test_the_longest_overdue_clock_comes_first():
    later, earlier = (
        record("duty", ("2026-01-01", "open", on), number=n) for n, on in enumerate(("2026-03-02", "2026-03-01"))
    )
    assert [clock.record for clock in find_overdue_clocks([later, earlier], day("2026-04-01"))] == [earlier, later]


def test_a_milestone_of_an_abandoned_plan_has_no_clock():
    plan = record("plan", ("2026-01-01", "viable", "2026-12-31"), ("2026-02-01", "abandoned", "2026-12-31"), number=7)
    part = record("milestone", ("2026-01-01", "open", "2026-01-31"), number=10, part_of=7)
    assert find_overdue_clocks([plan, part], day("2026-04-01")) == []


def test_extensions_are_the_entries_that_moved_the_date():
    duty = record(
        "duty",
        ("2026-03-01", "open", "2026-03-10"),
        ("2026-03-05", "open", "2026-03-10"),
        ("2026-03-09", "open", "2026-03-20"),
    )
    assert [entry.about_on for entry in extension_entries(duty)] == [day("2026-03-09")]
    assert first_due_on(duty) == day("2026-03-10")


@pytest.mark.parametrize(
    ("on", "progress", "summary"),
    [
        # Begun on 1 March and due on 30 June: 121 days.
        ("2026-03-01", [], "no progress recorded since 2026-03-01"),
        ("2026-04-10", [("2026-03-31", 50)], "at this pace on time"),
        ("2026-04-10", [("2026-04-10", 25)], "at this pace 39 days late"),  # 40 days a quarter: done on 8 August
        ("2026-05-10", [("2026-04-10", 20), ("2026-05-10", 70)], "at this pace on time"),  # the first pace is made good
        ("2026-06-29", [("2026-03-31", 50)], "at this pace 119 days late"),  # silence since: half in 120 days
        ("2026-06-30", [("2026-06-30", 99)], "at this pace 2 days late"),
        ("2026-04-10", [("2026-03-31", 50), ("2026-04-10", 0)], "no progress recorded since 2026-04-10"),
    ],
)
def test_a_milestone_warns_before_its_date_by_its_pace(on, progress, summary):
    record = milestone(("2026-03-01", "open 0"), *((when, f"open {done}") for when, done in progress))
    assert milestone_pace(record, day(on)).summary == summary


def test_one_day_late_is_in_the_singular():
    late = milestone(("2026-03-01", "open 0"), ("2026-03-11", "open 50"), due_on="2026-03-20")
    assert milestone_pace(late, day("2026-03-11")).summary == "at this pace 1 day late"


def test_progress_before_the_first_entry_does_not_count():
    half_done = milestone(("2026-03-01", "open 60"), ("2026-03-31", "open 80"), due_on="2026-04-30")
    assert milestone_pace(half_done, day("2026-03-31")).ends_on == day("2026-04-30")


def test_a_met_milestone_and_another_kind_have_no_pace():
    assert milestone_pace(milestone(("2026-03-01", "open 0"), ("2026-03-02", "met 100")), day("2026-03-03")) is None
    assert milestone_pace(record("duty", ("2026-03-01", "open", "2026-03-10")), day("2026-03-03")) is None


def test_there_is_no_share_of_late_milestones_before_fifty_have_closed():
    late = milestone(("2026-03-01", "open 0"), ("2026-07-01", "met 100"))
    missed = milestone(("2026-03-01", "open 0"), ("2026-06-30", "missed 0"), ("2026-07-09", "met 100"))
    in_time = milestone(("2026-03-01", "open 0"), ("2026-06-30", "met 100"))
    still_open = milestone(("2026-03-01", "open 0"))
    closed = [late, missed, *[in_time] * (LEAST_CLOSED - 2)]

    assert late_milestone_share([*closed[:-1], still_open]) is None
    assert late_milestone_share([*closed, still_open]) == 2 / LEAST_CLOSED


def test_an_extension_does_not_make_a_late_milestone_punctual():
    extended = record(
        "milestone",
        ("2026-03-01", "open 0", "2026-06-30"),
        ("2026-06-01", "open 0", "2026-09-30"),
        ("2026-09-01", "met 100", "2026-09-30"),
    )
    assert late_milestone_share([extended] * LEAST_CLOSED) == 1.0


def test_an_override_is_in_force_from_its_approval_until_its_last_day_and_then_overdue():
    override = record(
        "override",
        ("2026-03-01", "proposed", "2026-03-31"),
        ("2026-03-05", "approved", "2026-03-31"),
        ("2026-03-20", "approved", "2026-03-31"),  # a note
    )
    in_force = {
        on: overrides_in_force([override], day(on)) == [override]
        for on in ("2026-03-04", "2026-03-05", "2026-03-31", "2026-04-01")
    }
    assert list(in_force.values()) == [False, True, True, False]
    assert [clock.record for clock in find_overdue_clocks([override], day("2026-04-01"))] == [override]
    assert overrides_in_force([record("override", ("2026-03-01", "proposed", "2026-03-31"))], day("2026-03-05")) == []
