"""The calendar of due dates."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from casework import clocks
from casework.reading import Entry, Record
from dashboard.presenters import due_dates_view
from dashboard.presenters.due_dates_view import DayCell
from models.vocabulary import LONDON
from tests.dashboard.casework_scenes import ROSE

WEDNESDAY = date(2026, 12, 23)


def record(number: int, due_on: date, *, kind: str = "duty", **details: Any) -> Record:
    entry = Entry(
        number,
        number,
        None,
        ROSE,
        None,
        kind,
        "open",
        date(2026, 11, 1),
        due_on,
        "ann",
        "ann",
        datetime(2026, 11, 1, 12, tzinfo=LONDON),
        "casework",
        "",
        {"title": f"Step {number}", "then": "", **details},
    )
    return Record((entry,))


def grid(*records: Record) -> Sequence[Sequence[DayCell]]:
    running = clocks.find_running_clocks(records)
    return due_dates_view.calendar_grid(running, WEDNESDAY, {ROSE: "Rose Lodge"}).weeks


def test_the_grid_has_whole_weeks_from_this_monday_on() -> None:
    weeks = grid()
    assert {len(week) for week in weeks} == {7}
    assert weeks[0][0].number == 21
    assert weeks[0][0].month == "Dec"
    assert [day.number for week in weeks for day in week if day.is_today] == [23]
    assert [day.number for day in weeks[0] if day.is_past] == [21, 22]
    assert [day.number for day in weeks[0] if day.is_free] == [25, 26, 27]  # Christmas and the weekend
    assert due_dates_view.last_day(WEDNESDAY) == date(2027, 1, 31)
    assert weeks[-1][-1].spoken == "Sunday 31 January 2027"


def test_the_grid_counts_what_is_due_and_names_the_first() -> None:
    weeks = grid(record(1, date(2027, 1, 4)), record(2, date(2027, 1, 4)), record(3, date(2027, 1, 4)))
    [full] = [day for week in weeks for day in week if day.count]
    assert full.number == 4
    assert full.count == 3
    assert full.shown == ["Rose Lodge: duty Step 1", "Rose Lodge: duty Step 2"]
    assert full.tooltip.endswith("; Rose Lodge: duty Step 3")


def test_the_days_are_in_order_with_how_long_there_is() -> None:
    running = clocks.find_running_clocks(
        [record(2, date(2026, 12, 24)), record(1, date(2026, 12, 20)), record(3, date(2026, 12, 24))]
    )
    days = due_dates_view.clocks_by_day(running, WEDNESDAY, {}, {"ann": "Ann"})
    assert [(day.day, day.left, day.is_late, len(day.clocks)) for day in days] == [
        ("Sunday 20 December 2026", "was due 3 days ago", True, 1),
        ("Thursday 24 December 2026", "tomorrow", False, 2),
    ]
    assert days[0].clocks[0].owner == "Ann"
    assert days[0].clocks[0].address == f"./casework?id={ROSE}&record=1"
