"""Worked examples of every shipped regime, as a domain expert writes them: ``examples/<regime>.yaml``."""

import json
from typing import Any

import pytest

from models.vocabulary import Principle
from regimes.schema import Regime, shipped_regimes
from risk.score import Verdict
from tests.regimes.worked import FOLDER, Case, Expected, cases, read, verdict

NEVER_MET = {"casework"}  # kinds that are never met: they are missing until something is recorded


def compared_parts(verdict: Verdict, expected: Expected) -> dict[str, Any]:
    """The parts of a verdict that the example expects something of."""
    findings = {finding["rule"]: finding for finding in json.loads(verdict.findings)}
    unknown = {*expected.findings, *expected.scores, *expected.says} - set(findings)
    assert not unknown, f"the regime has no rule {', '.join(sorted(unknown))}"
    whole = {"level": verdict.level, "rating": verdict.rating, "stage": verdict.stage}
    reasons = dict(zip(Principle, verdict.unscorable_reasons, strict=True))
    return {name: value for name, value in whole.items() if getattr(expected, name) is not None} | {
        "principles": {principle: verdict.principles[principle] for principle in expected.principles},
        "because": {principle: reasons[principle] for principle in expected.because},
        "findings": {
            rule: findings[rule]["status"]
            if isinstance(expectation, str)
            else (findings[rule]["status"], findings[rule]["level"])
            for rule, expectation in expected.findings.items()
        },
        "scores": {rule: findings[rule]["score"] for rule in expected.scores},
        "says": {rule: findings[rule]["title"] for rule in expected.says},
    }


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.file.regime}: {case.example.name}")
def test_worked_example(case: Case) -> None:
    expected, actual = case.example.expect, verdict(case)

    if isinstance(expected, str):
        assert actual is None, f"it is covered, with level {actual.level if actual else ''}"
    else:
        assert actual is not None, "the regime does not cover it"
        assert compared_parts(actual, expected) == {k: v for k, v in expected.model_dump().items() if v is not None}


@pytest.mark.parametrize("name", shipped_regimes())
def test_every_shipped_regime_has_worked_examples(name: str) -> None:
    path = FOLDER / f"{name}.yaml"

    assert path.is_file(), f"{path} is missing; docs/regimes.md tells how to write it"
    assert read(path).regime == name
    names = [example.name for example in read(path).examples]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.yaml"))])
def test_every_rule_is_met_in_an_example(name: str) -> None:
    """A rule that no example meets may never be met at all: with a wrong word in it everybody looks healthy."""
    verdicts = [verdict(case) for case in cases() if case.file.regime == name]
    met = {
        finding["rule"]
        for result in verdicts
        if result
        for finding in json.loads(result.findings)
        if finding["status"] in {"met", "stale"} and finding["level"] != "none"
    }

    assert sorted(can_be_met(shipped_regimes()[name]) - met) == []


def can_be_met(regime: Regime) -> set[str]:
    return {rule.key for _, rule in regime.rules() if rule.kind not in NEVER_MET}


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.yaml"))])
def test_every_stage_of_the_ladder_is_recommended_in_an_example(name: str) -> None:
    verdicts = [verdict(case) for case in cases() if case.file.regime == name]

    assert {stage.key for stage in shipped_regimes()[name].ladder} - {one.stage for one in verdicts if one} == set()
