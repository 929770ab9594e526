"""A small regime for tests: companies, judged by the rules that a test gives."""

from collections.abc import Mapping, Sequence
from typing import Any

from regimes.schema import Regime

Rules = Sequence[Mapping[str, Any]]

OURS = {"source": "made up for a test", "evidence": "ours"}
NET_ASSETS = {
    "key": "net_assets", "kind": "bands", "indicator": "net_assets", "better": "higher",
    "bands": [{"level": "concern", "below": 0}, {"level": "none", "from": 0}],
}  # fmt: skip


def small_regime(
    *rules: Mapping[str, Any],
    evidence: Rules = (),
    consequences: Rules = (),
    powers: Rules = (),
    covers: Mapping[str, Any] | None = None,
    **more: Any,
) -> Regime:
    """A regime with these rules under ``accountability`` (net assets below zero if none), cited as ours."""
    sections: dict[str, Any] = {
        "support": {}, "accountability": {"rules": _cited(rules or [NET_ASSETS])},
        "consequences": {"rules": _cited(consequences)}, "evidence": {"rules": _cited(evidence)},
        "external_powers": {"powers": _cited(powers)}, "flexibility": {"vision": "none", "transition": "none"},
    }  # fmt: skip
    content: dict[str, Any] = {
        "schema": 1, "key": "small", "title": "Small", "about": "A test", "publisher": "Us", "owner": "Us",
        "legal_basis": "None", "valid_from": "2010-01-01", "review_on": "2030-01-01", "official": False,
        "covers": covers or {"schemes": ["GB-COH"], "has_indicator": ["name"]}, "principles": sections,
        "levels": {"Fine": "none", "Watched": "watch", "Weak": "concern", "Failing": "critical"},
        "ladder": [{"key": "usual", "title": "Usual", "from_level": "none", "next_step": "nothing"}],
    }  # fmt: skip
    return Regime.model_validate(content | more)


def _cited(rules: Rules) -> list[dict[str, Any]]:
    return [dict(rule) if rule.get("kind") == "casework" else OURS | dict(rule) for rule in rules]
