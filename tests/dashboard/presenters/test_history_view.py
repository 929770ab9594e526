"""One provider's history: names, figures and grades over time, what came later."""

from datetime import date
from typing import Any

from dashboard.presenters import history_view
from dashboard.presenters.history_view import FigureSeries
from tests.dashboard.presenters.test_provider_view import DAY, assessed, figure, finding


def test_other_names_are_the_ones_it_does_not_go_by_newest_first() -> None:
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
                ("2018-12-31", 2e6, "2019-03-01", False),
                ("2019-12-31", 1e6, "2020-03-01", True),
                ("2019-12-31", 5e5, "2020-05-01", False),
            ),
        )
    ]


def test_figures_behind_a_finding_are_drawn_first_and_single_values_not_at_all() -> None:
    def two(indicator: str) -> list[dict[str, Any]]:
        return [
            figure(indicator=indicator, title=indicator, period_end=f"20{year}-12-31", seq=year) for year in (18, 19)
        ]

    rows = [*two("cash"), *two("turnover"), figure(indicator="stocks")]
    assert [one.indicator for one in history_view.figure_series(rows, ["turnover"])] == ["turnover", "cash"]


def test_indicators_behind_the_worst_findings_come_first() -> None:
    findings = [
        finding("a", "watch", "met", indicators=["cash"]),
        finding("b", "critical", "met", indicators=["net_debt", "cash"]),
        finding("c", "none", "clear", indicators=["turnover"]),
    ]
    assert history_view.main_indicators([assessed(*findings)]) == ["net_debt", "cash"]


def test_later_facts_are_parted_into_what_was_already_true_and_what_happened() -> None:
    facts = [
        figure(kind="event", indicator="investigation_opened", period_end="2020-05-15", known_on="2020-09-01"),
        figure(kind="event", indicator="outcome_failed", period_end="2021-01-14", known_on="2021-01-15"),
        figure(kind="text", indicator="name", known_on="2020-09-01"),
    ]
    levels = [{"day": date(2020, 9, 30), "level": "concern"}, {"day": date(2020, 12, 31), "level": "critical"}]
    told = history_view.later_summary(facts, levels, "concern", DAY)
    assert [one["is_outcome"] for one in told["happened"]] == [True]
    assert [one["later"] for one in told["kept_quiet"]] == ["2 months"]
    assert [(one["level"].key, one["later"]) for one in told["steps"]] == [("critical", "6 months")]


def test_grades_are_drawn_by_rank_with_the_words_of_the_scale() -> None:
    given = [("2018-05-01", "Good"), ("2019-06-01", "Inadequate"), ("2020-01-01", "Not judged")]
    rows = [
        figure(grade, kind="grade", indicator="overall_judgement", title="Overall", unit="", period_end=day, seq=seq)
        for seq, (day, grade) in enumerate(given)
    ]
    points = (("2018-05-01", 2.0, "2020-06-01", False), ("2019-06-01", 4.0, "2020-06-01", False))
    assert history_view.grade_series(rows) == [FigureSeries("overall_judgement", "Overall", "", points)]
    words = history_view.rank_labels("overall_judgement")
    assert (words[0], words[3]) == ("Outstanding", "Inadequate")
