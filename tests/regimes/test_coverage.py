"""The providers that a regime covers."""

from typing import Any

from regimes.evaluate import evaluate
from tests.regimes.builder import Known, reading
from tests.regimes.small import ONE, small_regime

END = "2020-12-31"


GOOD = {"net_assets": Known(5.0, END)}


def covered(covers: dict[str, Any], subjects: dict[str, Any], **options: Any) -> list[str]:
    with reading(subjects, **options) as known:
        return evaluate(known, small_regime(covers=covers)).providers["key"].to_pylist()


def test_a_regime_covers_its_schemes_where_its_condition_holds() -> None:
    subjects = {
        "GB-OFSTED-1": {"provision_type": "Children's home"},
        "GB-OFSTED-2": {"provision_type": "Boarding School"},
        "GB-OFSTED-3": {"places": 5},  # not known what it is
        "GB-OFSTEDX-4": {"provision_type": "Children's home"},
        "CW-OWNER-5": {"provision_type": "Children's home"},
    }
    covers = {"schemes": ["GB-OFSTED"], "where": "provision_type = 'Children''s home'"}

    assert covered(covers, subjects) == ["GB-OFSTED-1"]


def test_a_regime_covers_those_with_a_figure_except_where_it_says() -> None:
    subjects = {
        "GB-COH-1": GOOD,
        "GB-COH-2": {"name": "Only a name"},
        "GB-COH-3": GOOD | {"is_dormant": Known(True, END)},
        "GB-COH-4": GOOD | {"is_dormant": Known(False, END)},
        "GB-CFS-5": GOOD,
    }
    covers = {"schemes": ["GB-COH"], "has_indicator": ["net_assets"], "except_when": "is_dormant"}

    assert covered(covers, subjects) == ["GB-COH-1", "GB-COH-4"]


def test_an_outcome_ends_coverage_from_the_day_it_is_known() -> None:
    covers = {"schemes": ["GB-COH"], "has_indicator": ["net_assets"], "ends_on": ["outcome_failed"]}
    failed = {ONE: GOOD | {"outcome_failed": Known(None, "2021-02-01", "2021-02-03")}}

    assert covered(covers, failed) == []
    assert covered(covers, {ONE: GOOD}) == [ONE]


def test_a_setting_that_is_listed_again_has_come_back() -> None:
    covers = {"schemes": ["GB-OFSTED"], "has_indicator": ["places"], "ends_on": ["left_register"]}
    left = {"GB-OFSTED-1": {"places": 5, "left_register": Known(None, "2019-03-31")}}
    back = {"GB-OFSTED-1": ("ofsted_social_care", "2020-03-31", True)}
    gone = {"GB-OFSTED-1": ("ofsted_social_care", "2018-03-31", False)}

    assert covered(covers, left, listed=back) == ["GB-OFSTED-1"]
    assert covered(covers, left, listed=gone) == []


OLD = {
    "key": "old",
    "kind": "age",
    "title": "Newest accounts",
    "indicator": "net_assets",
    "old": [{"after": "24 months", "level": "watch"}],
}


def test_a_regime_that_covers_nobody_finds_nothing() -> None:
    with reading({}) as known:
        evaluation = evaluate(known, small_regime(evidence=[OLD]))

    assert (evaluation.providers.num_rows, evaluation.findings.num_rows, evaluation.source_findings) == (0, 0, [])
