"""Finds the differences between two verdicts on one provider."""

import json
from collections import defaultdict

from risk.score import Verdict

COVERAGE = "covers"  # stands for the rules where only one of two verdicts is there


def differing_rules(first_verdict: Verdict | None, second_verdict: Verdict | None) -> tuple[str, ...]:
    """Keys of the rules whose findings raise another level, have another status, or count differently in a score."""
    if first_verdict is None or second_verdict is None:
        return () if first_verdict is second_verdict else (COVERAGE,)
    sides = [
        {finding["rule"]: (finding["level"], finding["status"], finding["contribution"]) for finding in findings}
        for findings in (json.loads(verdict.findings) for verdict in (first_verdict, second_verdict))
    ]
    return tuple(rule for rule in {**sides[0], **sides[1]} if sides[0].get(rule) != sides[1].get(rule))


def section_scores(verdict: Verdict) -> dict[str, float]:
    """The score of each principle that has a score: the sum of the contributions of its findings."""
    parts: dict[str, list[float]] = defaultdict(list)
    for finding in json.loads(verdict.findings):
        if finding["contribution"] is not None:
            parts[finding["principle"]].append(finding["contribution"])
    return {principle: round(sum(each), 6) for principle, each in parts.items()}
