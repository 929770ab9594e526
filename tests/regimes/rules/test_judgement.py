"""The rule ``judgement``: a person's rating."""

from regimes.evaluate import evaluate
from tests.regimes.builder import Known, reading
from tests.regimes.small import NET_ASSETS, ONE, first_finding, small_regime

END = "2020-12-31"


JUDGED = {
    "key": "judged",
    "kind": "judgement",
    "title": "Stage",
    "by": "the officials",
    "stale_after": "3 months",
    "scale": {"Standard": "none", "Concerns": "watch", "Significant risk": "critical"},
}


def test_a_judgement_is_missing_until_somebody_has_judged() -> None:
    assert first_finding(JUDGED, values={}) == ("missing", 0, "Stage: not judged yet by the officials")


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


def test_a_stale_good_judgement_counts_for_nothing() -> None:
    assert judged(Known("Standard", "2020-12-01"))[:2] == ("stale", 0)
    assert judged(Known("Concerns", "2020-12-01"))[:2] == ("stale", 1)


def test_a_judgement_under_another_rule_is_not_this_one() -> None:
    assert judged(Known("Concerns", "2021-03-01"), regime="small/other")[0] == "missing"


def test_net_assets_below_zero_are_a_concern() -> None:
    assert first_finding(NET_ASSETS, values={"net_assets": Known(-1, END)})[:2] == ("met", 2)
