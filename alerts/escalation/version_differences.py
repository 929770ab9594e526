"""Compares two versions of a regime's file. Pure."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from alerts.escalation.added_findings import RISK_PRINCIPLES, RuleKey, changed_rules
from alerts.escalation.change_causes import (
    RunDifferences,
    Versions,
)
from regimes.expressions import COMPLETENESS


def version_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, since: date, upto_seq: int
) -> RunDifferences:
    """The differences between two runs that follow from the file of their regime.

    Args:
        before: the file in the earlier run; empty if the run had none.
        after: the file in the later run.
        since: the earlier run's day.
        upto_seq: the newest row of the ledger that the earlier run could read.
    """
    is_other = bool(before) and bool(after) and before != after
    return RunDifferences(
        since=since,
        upto_seq=upto_seq,
        versions=version_pair(before, after) if is_other else None,
        changed_rules=changed_rules(before, after) | changed_rules(after, before) if is_other else frozenset(),
        has_other_combination=is_other and combination_parts(before) != combination_parts(after),
        has_other_coverage=is_other and before.get("covers") != after.get("covers"),
        model_rules=_rules_of_kind(after, {"probability_over"}) | _rules_of_kind(before, {"probability_over"}),
        comparing_rules=_rules_of_kind(after, {"quantile", "siblings"}),
        counting_rules=_counting_rules(after),
    )


def version_pair(was: Mapping[str, Any], now: Mapping[str, Any]) -> Versions:
    """The numbers of two versions, with their first days if these differ: numbers start again with each first day."""
    numbers = [str(file.get("version", 1)) for file in (was, now)]
    days = [file.get("valid_from") for file in (was, now)]
    if days[0] == days[1]:
        return Versions(*numbers)
    return Versions(*(f"{number} of {day}" for number, day in zip(numbers, days, strict=True)))


def combination_parts(file: Mapping[str, Any]) -> tuple[Any, ...]:
    """The parts of a file that turn findings into a level; titles and sources are left out."""
    sections = file.get("principles", {})
    parts = [
        {key: value for key, value in sections.get(principle, {}).items() if key not in {"rules", "source", "evidence"}}
        for principle in RISK_PRINCIPLES
    ]
    return file.get("risk"), file.get("levels"), parts


def _rules_of_kind(file: Mapping[str, Any], kinds: Collection[str]) -> frozenset[RuleKey]:
    return frozenset(key for key, rule in list_rules(file) if rule.get("kind") in kinds)


def _counting_rules(file: Mapping[str, Any]) -> frozenset[RuleKey]:
    return frozenset(key for key, rule in list_rules(file) if rule.get("expression") == COMPLETENESS)


def list_rules(file: Mapping[str, Any]) -> list[tuple[RuleKey, Mapping[str, Any]]]:
    """The rules of a file, each with its key."""
    sections = file.get("principles", {})
    return [((key, rule["key"]), rule) for key, section in sections.items() for rule in section.get("rules", ())]
