"""Redacted assessments of made-up runs: a second, simple way of scoring, for scenes that write verdicts themselves."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from models.scoring import FindingSet, RedactedAssessment
from models.vocabulary import Level, Principle


class RedactedRow(NamedTuple):
    """One redacted assessment and its findings."""

    assessment: RedactedAssessment
    findings: FindingSet


def redacted_rows(
    run_id: int,
    provider_id: int,
    regime: str,
    level: str,
    stage: str,
    findings: Sequence[dict[str, Any]],
    ladder: Sequence[dict[str, Any]] = (),
) -> Iterator[RedactedRow]:
    """The redacted assessments of a made-up verdict: the level is that of the worst visible finding.

    The stage is the highest of the ladder that a visible finding recommends, or without a ladder the verdict's own.
    """
    restricted = sorted({audience for finding in findings for audience in finding.get("audiences", ())})
    for size in range(len(restricted)):
        for visible_to in combinations(restricted, size):
            visible = [_redact(finding, visible_to) for finding in findings]
            levels = [Level(finding["level"]) for finding in visible]
            worst = max(levels, key=lambda known: known.rank)
            principles = dict.fromkeys(map(str, Principle), "none")
            principles["accountability"] = str(worst) if worst.rank else str(Level.UNSCORABLE)
            sha256 = hashlib.sha256(json.dumps(visible).encode()).hexdigest()
            assessment = RedactedAssessment(
                run_id=run_id,
                provider_id=provider_id,
                regime=regime,
                visible_to=",".join(visible_to),
                level=principles["accountability"],
                rating="Redacted",
                stage=_stage(ladder, visible, worst) or (stage if level == principles["accountability"] else ""),
                findings_sha256=sha256,
                **principles,
            )
            yield RedactedRow(assessment, FindingSet(sha256=sha256, findings=visible))


def _stage(ladder: Sequence[dict[str, Any]], findings: Sequence[dict[str, Any]], worst: Level) -> str:
    met = {finding["rule"] for finding in findings if finding["status"] == "met"}
    for step in reversed(ladder):
        is_reached = "from_level" in step and worst.rank >= Level(step["from_level"]).rank
        if is_reached or met.intersection(step.get("from_rules", ())):
            return str(step["key"])
    return ""


def _redact(finding: dict[str, Any], visible_to: Sequence[str]) -> dict[str, Any]:
    if set(finding.get("audiences", ())).issubset(visible_to):
        return finding
    nothing = {"status": "missing", "level": "none", "value": None, "seqs": [], "period_end": None, "known_on": None}
    kept = {key: value for key, value in finding.items() if key != "audiences"}
    return kept | nothing | {"title": f"{finding['rule']}: not known", "unscorable_because": "not_known"}
