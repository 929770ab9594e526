"""Charts: rows and words, and the day that is marked."""

from datetime import date

from dashboard import charts

DAY = date(2020, 6, 30)


def test_levels_of_all_have_a_row_for_each_alarming_level_and_day() -> None:
    drawn = charts.level_counts_chart(((DAY, (("critical", 1), ("concern", 0), ("watch", 2), ("none", 40))),))
    assert drawn.rows.to_pylist() == [
        {"day": "2020-06-30", "level": "Critical", "order": 0, "providers": 1},
        {"day": "2020-06-30", "level": "Concern", "order": 1, "providers": 0},
        {"day": "2020-06-30", "level": "Watch", "order": 2, "providers": 2},
    ]
    assert drawn.alt_text.endswith("on that day 1 critical, 0 concern, 2 watch.")


def test_few_days_are_bars_so_that_the_newest_can_be_seen() -> None:
    days = [(date(2020, month, 1), (("critical", month),)) for month in range(1, 13)]
    assert charts.level_counts_chart(tuple(days)).description["mark"]["type"] == "bar"
    assert charts.level_counts_chart((*days, (DAY, ()))).description["mark"]["type"] == "area"


def test_no_days_make_an_empty_chart() -> None:
    assert charts.level_counts_chart(()).alt_text == "No scored days."


def test_large_money_is_drawn_in_millions_with_its_unit() -> None:
    points = (("2018-12-31", 2_500_000.0, "2019-06-01", False), ("2019-12-31", -1_250_000.0, "2020-06-01", False))
    drawn = charts.figure_chart(points, "Net assets", "GBP", DAY)
    assert drawn.rows.column("value").to_pylist() == [2.5, -1.25]
    assert drawn.alt_text == "Net assets: 2 values, the newest -1.25 £ million for 2019-12-31."


def test_grades_are_said_in_their_own_words_the_best_at_the_top() -> None:
    points = (("2018-05-01", 2.0, "2018-06-01", False), ("2019-05-01", 3.0, "2019-06-01", False))
    drawn = charts.grades_chart(points, "Overall", ("Best", "Good", "Bad"), DAY)
    assert drawn.rows.column("grade").to_pylist() == ["Good", "Bad"]
    assert drawn.description["layer"][0]["encoding"]["y"]["sort"] == ["Best", "Good", "Bad"]
    assert drawn.alt_text == "Overall: the newest of 2 is Bad."


def test_the_day_shown_is_marked() -> None:
    drawn = charts.provider_levels_chart((("2020-03-31", "Care", "watch"), ("2020-06-30", "Care", "concern")), DAY)
    rules = [layer for layer in drawn.description["layer"] if layer["mark"]["type"] == "rule"]
    assert rules[0]["encoding"]["x"]["datum"] == {"year": 2020, "month": 6, "date": 30, "utc": True}
    assert drawn.alt_text == "Level on 2 scored days; newest: concern on 2020-06-30."


def test_levels_differ_in_shape_not_only_in_colour() -> None:
    alarming = [charts.SHAPES[level] for level in ("critical", "concern", "watch")]
    assert len(set(alarming)) == len(alarming)
