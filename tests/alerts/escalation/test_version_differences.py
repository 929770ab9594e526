"""Two versions of a regime's file: their numbers, the rules that differ, and what else can move a level."""

from datetime import date
from typing import Any

import pytest

from alerts.escalation.change_causes import RunDifferences, Versions
from alerts.escalation.version_differences import combination_parts, list_rules, version_differences, version_pair

SINCE = date(2024, 1, 2)
SHARE = {"key": "share", "kind": "bands", "expression": "completeness"}
PEERS = {"key": "peers", "kind": "quantile"}
MODEL = {"key": "model", "kind": "probability_over"}


def regime_file(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 1, "covers": {"schemes": ["GB-COH"]}, "principles": {"evidence": {"rules": list(rules)}}, **more}


def differences(before: dict[str, Any], after: dict[str, Any]) -> RunDifferences:
    return version_differences(before, after, since=SINCE, upto_seq=100)


def test_the_same_file_twice_differs_in_nothing() -> None:
    assert differences(regime_file(SHARE), regime_file(SHARE)) == RunDifferences(
        since=SINCE, upto_seq=100, counting_rules=frozenset({("evidence", "share")})
    )


def test_a_run_without_a_file_is_no_other_version() -> None:
    assert differences({}, regime_file(PEERS)).versions is None
    assert differences({}, regime_file(PEERS)).changed_rules == frozenset()


def test_new_changed_and_dropped_rules_have_changed() -> None:
    before = regime_file({"key": "kept"}, {"key": "changed", "from": 1}, {"key": "dropped"})
    after = regime_file({"key": "kept"}, {"key": "changed", "from": 2}, {"key": "new"}, version=2)
    changed = {key for _, key in differences(before, after).changed_rules}
    assert changed == {"changed", "dropped", "new"}


def test_rules_are_told_apart_by_their_kind() -> None:
    found = differences(regime_file(MODEL), regime_file(SHARE, PEERS, version=2))
    assert found.model_rules == {("evidence", "model")}  # the earlier file counts too
    assert found.comparing_rules == {("evidence", "peers")}
    assert found.counting_rules == {("evidence", "share")}


@pytest.mark.parametrize(
    ("more", "has_other_combination", "has_other_coverage"),
    [
        ({"title": "Another title"}, False, False),
        ({"levels": {"Fine": "none"}}, True, False),
        ({"risk": {"caps": [{"rule": "share", "level": "watch"}]}}, True, False),
        ({"covers": {"schemes": ["GB-CHC"]}}, False, True),
    ],
)
def test_only_parts_that_move_a_level_make_another_combination(
    more: dict[str, Any], has_other_combination: bool, has_other_coverage: bool
) -> None:
    found = differences(regime_file(SHARE), regime_file(SHARE, version=2, **more))
    assert found.has_other_combination is has_other_combination
    assert found.has_other_coverage is has_other_coverage


def test_the_combination_leaves_rules_and_sources_out() -> None:
    weighted = {"principles": {"accountability": {"combine": "weighted_mean", "rules": [SHARE], "source": "Handbook"}}}
    _, _, sections = combination_parts(weighted)
    assert {"combine": "weighted_mean"} in sections
    assert all(section in ({}, {"combine": "weighted_mean"}) for section in sections)


def test_versions_have_their_first_days_only_if_these_differ() -> None:
    first, second = {"version": 1, "valid_from": "2016-10-01"}, {"version": 2, "valid_from": "2016-10-01"}
    assert version_pair(first, second) == Versions("1", "2")
    assert version_pair(first, {"valid_from": "2020-04-01"}) == Versions("1 of 2016-10-01", "1 of 2020-04-01")


def test_each_rule_has_the_key_of_its_principle() -> None:
    assert list_rules(regime_file(SHARE)) == [(("evidence", "share"), SHARE)]
    assert list_rules({}) == []
