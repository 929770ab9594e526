"""A regime whose level comes from weighted scores."""

import json
from typing import Any

from regimes.schema import Regime
from risk.score import Verdict, assess_providers
from tests.regimes.builder import Known, reading
from tests.regimes.small import OURS, small_regime

END = "2020-12-31"


FOUR = {"4": "none", "3": "watch", "2": "concern", "1": "critical"}


GRADES_UP = [
    {"rating": "4", "level": "none", "from": 4},
    {"rating": "3", "level": "watch", "from": 3, "below": 4},
    {"rating": "2", "level": "concern", "from": 2, "below": 3},
    {"rating": "1", "level": "critical", "below": 2},
]


ONE_IS_BEST = {"1": "none", "2": "watch", "3": "concern", "4": "critical"}


GRADES_DOWN = [
    {"rating": "1", "level": "none", "below": 2},
    {"rating": "2", "level": "watch", "from": 2, "below": 3},
    {"rating": "3", "level": "concern", "from": 3, "below": 4},
    {"rating": "4", "level": "critical", "from": 4},
]


def metric(indicator: str, *, weight: float | None = None, worst: int = 1) -> dict[str, Any]:
    """A rule by which 0, -1, -2 and -3 count 4, 3, 2 and 1; or 1, 2, 3 and 4 where 4 is the worst."""
    scores = (1, 2, 3, 4) if worst == 1 else (4, 3, 2, 1)
    levels = ("critical", None, -2), ("concern", -2, -1), ("watch", -1, 0), ("none", 0, None)
    bands = [
        {"level": level, "score": score} | {n: e for n, e in (("from", low), ("below", high)) if e is not None}
        for score, (level, low, high) in zip(scores, levels, strict=True)
    ]
    rule = {"key": indicator, "kind": "bands", "indicator": indicator, "better": "higher", "bands": bands, **OURS}
    return rule | ({"weight": weight} if weight else {})


def regime(*rules: dict[str, Any], levels: dict[str, str] = FOUR, **section: Any) -> Regime:
    made = {"combine": "weighted_mean", "better": "higher", "grades": GRADES_UP, "rules": rules, **OURS} | section
    principles = small_regime().principles.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return small_regime(principles={**principles, "accountability": made}, levels=levels)


def scored(rules: Regime, **values: float) -> Verdict:
    with reading({"GB-COH-1": {"name": "x"} | {key: Known(value, END) for key, value in values.items()}}) as known:
        return assess_providers(known, [rules]).verdicts[0]


def parts(verdict: Verdict) -> list[tuple[float, float, float]]:
    """Weight, score and contribution of each rule that counts."""
    rows = json.loads(verdict.findings)
    return [(row["weight"], row["score"], row["contribution"]) for row in rows if row["weight"] is not None]


TWO = metric("net_assets"), metric("turnover")
