"""A small regime for tests: companies, judged by the rules that a test gives."""

from collections.abc import Mapping, Sequence
from typing import Any

from regimes.evaluate import evaluate
from regimes.schema import Regime
from tests.regimes.builder import Known, reading

ONE = "GB-COH-00000001"
Rules = Sequence[Mapping[str, Any]]

OURS = {"source": "made up for a test", "evidence": "ours"}
NET_ASSETS = {
    "key": "net_assets",
    "kind": "bands",
    "indicator": "net_assets",
    "better": "higher",
    "bands": [{"level": "concern", "below": 0}, {"level": "none", "from": 0}],
}


def small_regime(
    *rules: Mapping[str, Any],
    evidence: Rules = (),
    consequences: Rules = (),
    powers: Rules = (),
    covers: Mapping[str, Any] | None = None,
    **more: Any,
) -> Regime:
    """A regime with these rules under ``accountability`` (net assets below zero if none), cited as ours."""
    content = regime_content(*rules, evidence=evidence, consequences=consequences, powers=powers, covers=covers)
    return Regime.model_validate(content | more)


def regime_content(
    *rules: Mapping[str, Any],
    evidence: Rules = (),
    consequences: Rules = (),
    powers: Rules = (),
    covers: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The same as its file has it."""
    sections: dict[str, Any] = {
        "support": {},
        "accountability": {"rules": _cited(rules or [NET_ASSETS])},
        "consequences": {"rules": _cited(consequences)},
        "evidence": {"rules": _cited(evidence)},
        "external_powers": {"powers": _cited(powers)},
        "flexibility": {"vision": "none", "transition": "none"},
    }
    return {
        "schema": 1,
        "key": "small",
        "title": "Small",
        "about": "A test",
        "publisher": "Us",
        "owner": "Us",
        "legal_basis": "None",
        "valid_from": "2010-01-01",
        "review_on": "2030-01-01",
        "official": False,
        "covers": covers or {"schemes": ["GB-COH"], "has_indicator": ["name"]},
        "principles": sections,
        "levels": {"Fine": "none", "Watched": "watch", "Weak": "concern", "Failing": "critical"},
        "ladder": [{"key": "usual", "title": "Usual", "from_level": "none", "next_step": "nothing"}],
    }


def _cited(rules: Rules) -> list[dict[str, Any]]:
    return [dict(rule) if rule.get("kind") == "casework" else OURS | dict(rule) for rule in rules]


def evaluated_findings(
    regime: Regime, subjects: Mapping[str, Any], **reading_options: Any
) -> dict[tuple[str, str], dict[str, Any]]:
    """The findings of a regime, by provider and rule."""
    with reading(subjects, **reading_options) as known:
        evaluation = evaluate(known, regime)
    keys = {row["id"]: row["key"] for row in evaluation.providers.to_pylist()}
    rules = {row["number"]: row for row in evaluation.rules.to_pylist()}
    rows = evaluation.findings.to_pylist()
    return {(keys[row["provider_id"]], rules[row["rule"]]["rule"]): rules[row["rule"]] | row for row in rows}


def first_finding(*rules: Mapping[str, Any], values: Mapping[str, Any], **reading_options: Any) -> tuple[str, int, str]:
    """Status, level and title of the first of these rules for one company with these values."""
    regime = small_regime(*rules)
    key = getattr(next(rule for _, rule in regime.rules()), "key", "")
    finding = evaluated_findings(regime, {ONE: {"name": "One"} | dict(values)}, **reading_options)[ONE, key]
    return finding["status"], finding["level"], finding["title"]


CURRENT_RATIO = {
    "key": "liquidity",
    "kind": "bands",
    "indicator": "current_ratio",
    "better": "higher",
    "bands": [
        {"level": "critical", "to": 0.5},
        {"level": "watch", "above": 0.5, "below": 1},
        {"level": "none", "from": 1},
    ],
}


END = "2020-12-31"


def ratio(current_assets: float, creditors: float = 100.0) -> dict[str, Known]:
    return {
        "current_assets": Known(current_assets, END, "2021-01-31"),
        "creditors_within_one_year": Known(creditors, END, "2021-01-31"),
    }
