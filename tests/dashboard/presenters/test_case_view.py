"""Casework as pages show it: time left, the order of records, rows, histories and the overview."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from casework.reading import Record
from casework.stages import StageComparison, StageRecommendation
from dashboard.presenters.case_view import (
    SOON_DAYS,
    escalation_row,
    order_records,
    overview_rows,
    record_history,
    record_row,
    stage_rows,
    time_left,
)
from models.vocabulary import LONDON, Level
from queries.casework import VisibleEpisode
from queries.timeline import TimelineEvent
from tests.dashboard.presenters.casework_builders import DAY, OPENED, PROVIDER, entry, milestone, record, stage
from tests.regimes.small import small_regime


def in_days(days: int) -> date:
    return DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "text"), [(-3, "was due 3 days ago"), (0, "today"), (1, "tomorrow"), (15, "in 15 days")]
)
def test_the_time_until_a_date_is_given_in_words(days: int, text: str) -> None:
    assert time_left(in_days(days), DAY) == text


def test_records_stand_by_their_dates_and_parts_follow_their_whole() -> None:
    plan = record(1, kind="plan", state="viable", due_on=in_days(50), details={"title": "Plan"})
    records = [
        record(4),  # without a date
        plan,
        milestone(2, due_on=in_days(30)),
        milestone(3, due_on=in_days(20)),
        record(5, due_on=in_days(10)),
    ]
    assert [shown.number for shown in order_records(records)] == [5, 1, 3, 2, 4]


def test_a_part_whose_whole_is_not_shown_stands_alone() -> None:
    assert [shown.number for shown in order_records([milestone(2)])] == [2]


@pytest.mark.parametrize(
    ("days", "is_late", "is_soon"),
    [(-1, True, False), (0, False, True), (SOON_DAYS, False, True), (SOON_DAYS + 1, False, False)],
)
def test_a_record_is_late_after_its_date_and_soon_before_it(days: int, is_late: bool, is_soon: bool) -> None:
    row = record_row(record(due_on=in_days(days)), DAY, {}, {})
    assert row.is_late is is_late
    assert row.is_soon is is_soon


def test_a_closed_record_has_no_date() -> None:
    row = record_row(record(state="done", due_on=in_days(-1)), DAY, {}, {})
    assert row.due == ""
    assert not row.is_late
    assert not row.is_open


def test_a_row_names_regime_and_owner_and_only_writers_get_a_form() -> None:
    duty = record(7, regime="homes")
    row = record_row(duty, DAY, {"homes": "Children's homes"}, {"ann": "Ann"}, is_writing=True)
    assert row.regime == "Children's homes"
    assert row.owner == "Ann"
    assert row.address == f"./casework?id={PROVIDER}&record=7"
    assert record_row(duty, DAY, {}, {}).address == ""


def test_a_history_has_the_newest_entry_first_and_names_another_day() -> None:
    closed = entry(2, record=1, state="done", about_on=date(2026, 5, 2), rationale="Visited")
    newest, oldest = record_history(Record((entry(1), closed)))
    assert newest.news.startswith("open -> done")
    assert newest.text == "Visited"
    assert newest.about == "2 May 2026"
    assert oldest.news == "opened as open"
    assert oldest.about == ""


def test_a_stage_row_has_the_titles_of_the_ladder() -> None:
    recommendation = StageRecommendation("usual", "none", DAY)
    compared = [
        StageComparison(PROVIDER, "small", recommendation, stage(3, "small", "usual")),
        StageComparison(PROVIDER, "unknown", recommendation, None),
    ]
    agreed, unconfirmed = stage_rows(compared, {"small": small_regime()})
    assert agreed.recommended == "Usual"
    assert agreed.confirmed == "Usual"
    assert agreed.record == 3
    assert not agreed.differs
    assert unconfirmed.regime == "unknown"
    assert unconfirmed.recommended == "usual"
    assert unconfirmed.confirmed == ""
    assert unconfirmed.differs


def episode(**fields: Any) -> VisibleEpisode:
    at = datetime.combine(OPENED, time(12), LONDON)
    opened = TimelineEvent(OPENED, at, "escalation", "the service", "escalation 4 opened at concern")
    closed = TimelineEvent(DAY, at, "escalation", "ann", "escalation 4 closed by a person", "Mixed up")
    plain = VisibleEpisode(4, "homes", Level.CONCERN, OPENED, None, "", "", None, [opened, closed])
    return plain._replace(**fields)


def test_an_escalation_has_its_age_and_its_newest_event_first() -> None:
    row = escalation_row(episode(), DAY, {"homes": "Children's homes"})
    assert row.regime == "Children's homes"
    assert row.since == "1 May 2026"
    assert row.ago.endswith(" ago")
    assert [event.news for event in row.history] == ["closed by a person", "opened at concern"]
    assert row.history[0].text == "Mixed up"


def test_an_escalation_of_the_day_is_from_today() -> None:
    assert escalation_row(episode(opened_on=DAY), DAY, {}).ago == "today"


def test_the_overview_has_the_provider_with_most_overdue_records_first() -> None:
    records = [
        record(1, provider="a", due_on=in_days(5)),
        record(2, provider="a", due_on=in_days(2)),
        record(3, provider="b", due_on=in_days(-2)),
        record(4, provider="b"),
        record(5, provider="c", state="done"),
    ]
    late, ahead = overview_rows(records, DAY, {"a": "Alder House"})
    assert late.name == "b"
    assert late.open == 2
    assert late.overdue == 1
    assert late.next == ""
    assert ahead.name == "Alder House"
    assert ahead.overdue == 0
    assert ahead.next == "3 June 2026: Step 2"
