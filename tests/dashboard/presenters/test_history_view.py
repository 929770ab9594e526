"""One provider's history: names, figures and grades over time, later facts."""

from datetime import date
from typing import Any

from dashboard.presenters import history_view
from dashboard.presenters.history_view import FigureSeries, SeriesPoint
from models.vocabulary import Level
from queries.level_history import LevelOnDay
from tests.dashboard.presenters.builders import DAY, assessed, figure, finding


def test_other_names_are_all_but_the_present_name_newest_first() -> None:
    names = [
        figure(kind="text", indicator="name", verbatim=name, known_on=day)
        for name, day in (
            ("Old", "2010-01-01"),
            ("Alder", "2012-01-01"),
            ("Older", "2009-01-01"),
            ("Old", "2011-01-01"),
        )
    ]
    assert history_view.other_names(names, "Alder") == ["Old", "Older"]


def test_a_corrected_value_is_a_point_of_its_own_beside_the_one_in_force() -> None:
    rows = [
        figure(2e6, period_end="2018-12-31", known_on="2019-03-01", seq=1),
        figure(1e6, period_end="2019-12-31", known_on="2020-03-01", seq=2),
        figure(5e5, period_end="2019-12-31", known_on="2020-05-01", seq=3),
    ]
    assert history_view.figure_series(rows) == [
        FigureSeries(
            "net_assets",
            "Net assets",
            "GBP",
            (
                SeriesPoint("2018-12-31", 2e6, "2019-03-01", False),
                SeriesPoint("2019-12-31", 1e6, "2020-03-01", True),
                SeriesPoint("2019-12-31", 5e5, "2020-05-01", False),
            ),
        )
    ]


def test_figures_behind_a_finding_are_drawn_first_and_single_values_not_at_all() -> None:
    def two(indicator: str) -> list[Any]:
        return [
            figure(indicator=indicator, title=indicator, period_end=f"20{year}-12-31", seq=year) for year in (18, 19)
        ]

    rows = [*two("cash"), *two("turnover"), figure(indicator="stocks")]
    assert [series.indicator for series in history_view.figure_series(rows, ["turnover"])] == ["turnover", "cash"]


def test_indicators_behind_the_worst_findings_come_first() -> None:
    findings = [
        finding("a", "watch", "met", indicators=["cash"]),
        finding("b", "critical", "met", indicators=["net_debt", "cash"]),
        finding("c", "none", "clear", indicators=["turnover"]),
    ]
    assert history_view.main_indicators([assessed(*findings)]) == ["net_debt", "cash"]


def test_facts_already_true_on_the_day_are_apart_from_later_events() -> None:
    facts = [
        figure(kind="event", indicator="investigation_opened", period_end="2020-05-15", known_on="2020-09-01"),
        figure(kind="event", indicator="outcome_failed", period_end="2021-01-14", known_on="2021-01-15"),
        figure(kind="text", indicator="name", known_on="2020-09-01"),
    ]
    levels = [LevelOnDay(date(2020, 9, 30), Level.CONCERN), LevelOnDay(date(2020, 12, 31), Level.CRITICAL)]
    later = history_view.later_facts(facts, levels, "concern", DAY, 40)
    assert [row.is_outcome for row in later.happened] == [True]
    assert [row.later for row in later.true_on_day] == ["2 months"]
    assert [(step.level.key, step.later) for step in later.steps] == [("critical", "6 months")]


def test_grades_are_drawn_by_rank_with_the_words_of_the_scale() -> None:
    grades = [("2018-05-01", "Good"), ("2019-06-01", "Inadequate"), ("2020-01-01", "Not judged")]
    rows = [
        figure(grade, kind="grade", indicator="overall_judgement", title="Overall", unit="", period_end=day, seq=seq)
        for seq, (day, grade) in enumerate(grades)
    ]
    points = (
        SeriesPoint("2018-05-01", 2.0, "2020-06-01", False),
        SeriesPoint("2019-06-01", 4.0, "2020-06-01", False),
    )
    assert history_view.grade_series(rows) == [FigureSeries("overall_judgement", "Overall", "", points)]
    words = history_view.rank_labels("overall_judgement")
    assert words[0] == "Outstanding"
    assert words[3] == "Inadequate"
