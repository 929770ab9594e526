"""In what two verdicts differ: rules by their findings, and the scores of sections."""

import json
from dataclasses import replace
from typing import Any

import pytest

from hindsight.differences import COVERAGE, differing_rules, section_scores
from models.packed import pack_json
from risk.score import Verdict
from tests.regimes.weighted import TWO, regime, scored


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    """A verdict with the scores 1 and 4."""
    return scored(regime(*TWO), net_assets=0.5, turnover=99)


def with_findings(verdict: Verdict, *findings: dict[str, Any]) -> Verdict:
    return replace(verdict, packed_findings=pack_json(json.dumps(findings).encode()))


def finding(rule: str, **fields: Any) -> dict[str, Any]:
    return {
        "rule": rule,
        "principle": "accountability",
        "level": "none",
        "status": "clear",
        "contribution": None,
        **fields,
    }


def test_a_missing_verdict_differs_in_coverage_alone(verdict: Verdict) -> None:
    assert differing_rules(None, None) == ()
    assert differing_rules(verdict, None) == (COVERAGE,)
    assert differing_rules(None, verdict) == (COVERAGE,)
    assert differing_rules(verdict, verdict) == ()


@pytest.mark.parametrize("change", [{"level": "watch"}, {"status": "missing"}, {"contribution": 0.5}])
def test_rules_differ_in_level_status_or_contribution(verdict: Verdict, change: dict[str, Any]) -> None:
    before = with_findings(verdict, finding("same"), finding("other"), finding("gone"))
    after = with_findings(verdict, finding("same", title="Reworded"), finding("other", **change), finding("new"))
    assert differing_rules(before, after) == ("other", "gone", "new")


def test_the_score_of_a_section_is_the_sum_of_its_contributions(verdict: Verdict) -> None:
    findings = [
        finding("a", contribution=0.1),
        finding("b", contribution=0.2),
        finding("c"),
        finding("d", principle="support", contribution=3.0),
    ]
    assert section_scores(with_findings(verdict, *findings)) == {"accountability": 0.3, "support": 3.0}
