"""Who of the watchlist was gone a year later, on small lists of children's homes."""

from datetime import date

import numpy as np
import pytest

from hindsight.backtest_homes import NothingToTest, homes_backtest_json, membership_in_top, run_homes_backtest
from models.vocabulary import Level
from risk.model import load_trained_models
from risk.train import train
from tests.factories import NOW
from tests.hindsight.small_homes import DAYS, homes_regime
from tests.risk.homes import home, lists, publish


def test_homes_that_left_are_counted_by_the_level_they_had(engine):
    grades = {1: 4, 2: 4, 3: 3, 4: 2, 5: 2, 6: 1}
    publish(engine, DAYS[0], [home(number, DAYS[0], overall=grade) for number, grade in grades.items()])
    publish(engine, DAYS[1], [home(number, DAYS[1], overall=2) for number in (2, 3, 5, 6)])  # 1 and 4 left
    found = run_homes_backtest(engine, [homes_regime()], [])

    (day,) = found.days
    concern, watch = day.lengths
    assert (day.day, day.next_day) == (DAYS[0], DAYS[1])
    assert found.count_by_level()[Level.CONCERN] == (2, 1)
    assert (concern.length, concern.leaver_count, concern.caught_counts["regime"], concern.caught_counts["model"]) == (
        2,
        2,
        1.0,
        None,
    )
    assert (concern.recall("regime"), concern.false_alarms("regime")) == (0.5, 1.0)
    assert (watch.length, watch.caught_counts["chance"]) == (3, 1.0)


def test_the_judgement_of_the_day_counts_and_not_a_later_one(sqlite_engine):
    """Published after the list's day, though of an inspection before it."""
    late = home(1, DAYS[0], overall=4, inspected_on=date(2017, 3, 1), published_on=date(2017, 4, 15))
    publish(sqlite_engine, DAYS[0], [late, home(2, DAYS[0])])
    publish(sqlite_engine, DAYS[1], [home(2, DAYS[1])])

    assert run_homes_backtest(sqlite_engine, [homes_regime()], []).count_by_level()[Level.CONCERN] == (0, 0)


def test_lists_further_apart_than_a_year_show_no_outcome(sqlite_engine):
    publish(sqlite_engine, DAYS[0], [home(1, DAYS[0])])
    publish(sqlite_engine, DAYS[2], [home(2, DAYS[2])])

    with pytest.raises(NothingToTest, match="no two yearly lists"):
        run_homes_backtest(sqlite_engine, [homes_regime()], [])


def test_those_tied_at_the_end_of_a_list_count_in_part():
    assert membership_in_top(np.array([4.0, 2.0, 2.0, 1.0]), 2).tolist() == [1.0, 0.5, 0.5, 0.0]
    assert membership_in_top(np.array([1.0, 1.0]), 0).tolist() == [0.0, 0.0]


def test_a_model_is_used_only_after_the_last_outcome_it_learnt_from(sqlite_engine, tmp_path):
    days = [*DAYS, date(2021, 3, 31), date(2022, 3, 31)]
    lists(sqlite_engine, homes=300, days=days)
    train(sqlite_engine, now=NOW, model_dir=tmp_path, outcomes_until=DAYS[-1])
    found = run_homes_backtest(sqlite_engine, [homes_regime()], load_trained_models(sqlite_engine, tmp_path))

    has_model = {day.day: day.lengths[0].caught_counts["model"] is not None for day in found.days}
    assert has_model == {day: day > DAYS[-1] for day in days[:-1]}
    over_all = found.combine_lists(Level.CONCERN)
    assert over_all.caught_counts["model"] is None
    assert over_all.recall("regime") > over_all.recall("chance")
    gain, (low, high) = found.recall_gain(Level.CONCERN)
    assert low <= gain <= high
    assert homes_backtest_json(found)["days"][-1]["lists"][0]["orders"]["model"]["caught"] > 0
