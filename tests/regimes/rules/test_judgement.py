"""Rules that hold a provider against others, an agency's grade, a probability or a judgement."""

import pyarrow as pa
import pytest

from regimes.evaluate import evaluate
from tests.regimes.builder import Known, reading
from tests.regimes.small import NET_ASSETS, ONE, found, of_one, small_regime

END = "2020-12-31"
QUARTILES = {
    "key": "place",
    "kind": "quantile",
    "indicator": "net_assets",
    "better": "higher",
    "at_least": 4,
    "bands": [
        {"level": "none", "below": 0.5},
        {"level": "watch", "from": 0.5, "below": 0.75},
        {"level": "concern", "from": 0.75},
    ],
}
RATED = {
    "key": "rated",
    "kind": "external_grade",
    "indicator": "credit_rating",
    "at_or_below": "BBB",
    "level": "critical",
}
LOCKED_UP = RATED | {"outlook": {"indicator": "credit_outlook", "at_or_below": "negative"}}
LIKELY = {"key": "likely", "kind": "probability_over", "over": 0.5, "level": "critical"}
JUDGED = {
    "key": "judged",
    "kind": "judgement",
    "title": "Stage",
    "by": "the officials",
    "stale_after": "3 months",
    "scale": {"Standard": "none", "Concerns": "watch", "Significant risk": "critical"},
}


def placed(*values: float | None) -> list[tuple[str, int]]:
    """Status and level of companies with these net assets, in their order."""
    subjects = {
        f"GB-COH-{n}": {"name": "x"} | ({} if value is None else {"net_assets": Known(value, END)})
        for n, value in enumerate(values)
    }
    rows = found(small_regime(QUARTILES), subjects)
    return [(rows[key, "place"]["status"], rows[key, "place"]["level"]) for key in subjects]


def test_a_quantile_is_a_place_among_all_the_worst_last() -> None:
    assert placed(50, 40, 30, 20, 10) == [("clear", 0), ("clear", 0), ("met", 1), ("met", 2), ("met", 2)]


def test_equals_share_the_better_place() -> None:
    assert placed(50, 10, 10, 10, 10) == [("clear", 0)] * 5


def test_who_has_no_figure_has_no_place_and_takes_none() -> None:
    assert placed(50, None, 30, 20, 10)[1] == ("missing", 0)
    assert placed(50, None, 30, 20, 10) == [("clear", 0), ("missing", 0), ("clear", 0), ("met", 1), ("met", 2)]


def test_a_place_among_few_says_nothing() -> None:
    assert placed(50, 40, 10) == [("not_applicable", 0)] * 3


def test_a_quantile_says_the_figure_and_the_place() -> None:
    rows = found(small_regime(QUARTILES), {f"GB-COH-{n}": {"name": "x", "net_assets": Known(n, END)} for n in range(5)})

    assert rows["GB-COH-0", "place"]["title"] == "Net assets £0, worse than 100.0 % of 5 (concern: from 75 %)"


@pytest.mark.parametrize(("grade", "level"), [("AAA", 0), ("BBB+", 0), ("BBB", 3), ("Baa2", 3), ("BBB-", 3), ("D", 3)])
def test_a_grade_counts_from_the_line_down_whoever_gives_it(grade: str, level: int) -> None:
    assert of_one(RATED, values={"credit_rating": grade})[1] == level


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ({"credit_rating": "BBB+", "credit_outlook": "negative"}, ("clear", 0)),
        ({"credit_rating": "BBB", "credit_outlook": "stable"}, ("clear", 0)),
        ({"credit_rating": "BBB", "credit_outlook": "negative"}, ("met", 3)),
        ({"credit_rating": "BBB-", "credit_outlook": "stable"}, ("met", 3)),
        ({"credit_rating": "BBB-"}, ("met", 3)),
        ({"credit_rating": "BBB"}, ("missing", 0)),
        ({"credit_outlook": "negative"}, ("missing", 0)),
    ],
)
def test_at_the_line_itself_the_outlook_decides(values: dict[str, str], result: tuple[str, int]) -> None:
    assert of_one(LOCKED_UP, values=values)[:2] == result


def test_a_grade_says_what_it_is() -> None:
    values = {"credit_rating": "BBB", "credit_outlook": "Negative"}

    assert of_one(LOCKED_UP, values=values)[2] == "Credit rating: BBB, outlook Negative"


@pytest.mark.parametrize(("probability", "result"), [(0.5, ("clear", 0)), (0.51, ("met", 3)), (None, ("missing", 0))])
def test_likely_means_more_likely_than_not(probability: float | None, result: tuple[str, int]) -> None:
    """R (Advinia) v CQC [2022] EWHC 965 (Admin): over 50 %, not at it."""
    given = pa.table(
        {"subject_id": pa.array([1]), "probability": pa.array([probability], pa.float64()), "reason": ["x"]}
    )
    with reading({ONE: {"name": "x", "net_assets": Known(1, END)}}) as known:
        rows = evaluate(known, small_regime(LIKELY), given).findings.to_pylist()

    assert (rows[0]["status"], rows[0]["level"]) == result


def test_a_judgement_is_missing_until_somebody_has_judged() -> None:
    assert of_one(JUDGED, values={}) == ("missing", 0, "Stage: not judged yet by the officials")


def judged(*words: Known, regime: str = "small/judged") -> tuple[str, int, str]:
    rule = small_regime(JUDGED)
    with reading({ONE: {"name": "One", "judgement": list(words)}}) as known:
        known.db.execute("UPDATE observation SET occurrence = $of WHERE value_text <> 'One'", {"of": regime})
        row = evaluate(known, rule).findings.to_pylist()[0]
    return row["status"], row["level"], row["title"]


def test_the_newest_judgement_counts_with_its_day() -> None:
    first, then = Known("significant risk", "2021-01-10"), Known("Concerns", "2021-03-01")

    assert judged(first) == ("met", 3, "Stage: significant risk, judged on 10 January 2021")
    assert judged(first, then) == ("met", 1, "Stage: Concerns, judged on 1 March 2021")


def test_an_old_judgement_counts_for_nothing_if_it_was_good() -> None:
    assert judged(Known("Standard", "2020-12-01"))[:2] == ("stale", 0)
    assert judged(Known("Concerns", "2020-12-01"))[:2] == ("stale", 1)


def test_a_judgement_under_another_rule_is_not_this_one() -> None:
    assert judged(Known("Concerns", "2021-03-01"), regime="small/other")[0] == "missing"


def test_net_assets_are_what_they_were() -> None:
    assert of_one(NET_ASSETS, values={"net_assets": Known(-1, END)})[:2] == ("met", 2)
