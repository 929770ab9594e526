"""Later events beside the watchlist: outcomes, worse levels, facts already true on the day."""

from datetime import date
from typing import Any

from dashboard.presenters.later_outcomes_view import LaterLevel, later_outcomes
from models.vocabulary import Level
from queries.level_history import LevelOnDay
from queries.value_text import level_badge
from tests.dashboard.presenters.test_watchlist_view import DAY, row

LATER = [date(2020, 9, 30), date(2020, 12, 31)]


def fact(indicator: str, known_on: str, period_end: str | None = None, **fields: Any) -> Any:
    return {
        "subject": "GB-COH-ALDER",
        "indicator": indicator,
        "title": indicator,
        "known_on": known_on,
        "period_end": period_end,
        "verbatim": "said",
        "place": "",
        "is_recalled": False,
        **fields,
    }


def test_later_events_have_the_outcome_the_worst_level_and_facts_already_true() -> None:
    levels = {"GB-COH-ALDER": [LevelOnDay(day, Level.CRITICAL) for day in LATER]}
    facts = [
        fact("investigation_opened", "2020-09-01", "2020-05-15"),
        fact("outcome_failed", "2021-01-15", "2021-01-14"),
    ]
    [outcome] = later_outcomes(DAY, [row()], levels, facts, LATER).providers
    assert outcome.worst == LaterLevel("30 September 2020", "3 months", level_badge(Level.CRITICAL))
    assert outcome.outcome is not None
    assert outcome.outcome.word == "failed"
    assert outcome.outcome.fact.known_on == "15 January 2021"
    assert outcome.outcome.fact.later == "7 months"
    assert [fact.happened for fact in outcome.true_on_day] == ["15 May 2020"]
    assert outcome.coverage_end is None


def test_a_level_that_did_not_rise_is_left_out() -> None:
    levels = {"GB-COH-ALDER": [LevelOnDay(day, Level.WATCH) for day in LATER]}
    assert later_outcomes(DAY, [row()], levels, [], LATER).providers == []


def test_a_provider_that_is_no_longer_scored_and_has_no_outcome_is_no_longer_covered() -> None:
    levels = {"GB-COH-ALDER": [LevelOnDay(LATER[0], Level.WATCH)]}
    assert later_outcomes(DAY, [row()], levels, [], LATER).providers[0].coverage_end == LaterLevel(
        "31 December 2020", "6 months"
    )


def test_providers_that_ended_come_first_by_day() -> None:
    rows = [row("Alder"), row("Birch"), row("Cedar")]
    facts = [
        fact("outcome_survived", "2020-07-01"),
        fact("outcome_failed", "2021-01-15", subject="GB-COH-BIRCH"),
        fact("outcome_merged", "2020-10-01", subject="GB-COH-CEDAR"),
    ]
    outcomes = later_outcomes(DAY, rows, {}, facts, []).providers
    assert [outcome.name for outcome in outcomes] == ["Cedar", "Birch", "Alder"]
