"""Explains why findings give no result, and counts the rules that could be applied. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from models.findings import Finding
from models.vocabulary import Grounds, UnscorableReason

# Findings stored before they said so themselves.
_REASON_BY_STATUS = {
    "missing": UnscorableReason.NOT_KNOWN,
    "stale": UnscorableReason.NOT_KNOWN,
    "source": UnscorableReason.ABOUT_SOURCE,
    "not_applicable": UnscorableReason.NOTHING_DUE,
}


def unscorable_reason(finding: Finding, rule: Mapping[str, Any]) -> UnscorableReason | None:
    """The reason why a finding has no result; None if its rule had a value to judge.

    Findings stored before the field existed are recognised by their status. A missing finding then counts as
    excused where its rule has an excuse.

    Args:
        finding: with its ``status``.
        rule: of the regime's file as it was used; may be empty.
    """
    if "unscorable_because" in finding:
        because = finding["unscorable_because"]
        return None if because is None else UnscorableReason(because)
    if finding["status"] == "missing" and rule.get("optional_because"):
        return UnscorableReason.NOTHING_ENTERED
    return _REASON_BY_STATUS.get(finding["status"])


def grounds_of(finding: Finding, rule: Mapping[str, Any]) -> Grounds:
    """The grounds of a stored finding, the same as ``regimes/evaluate.py`` gives while it scores."""
    because = unscorable_reason(finding, rule)
    if because is None:
        return Grounds.JUDGED
    if because is UnscorableReason.ABOUT_SOURCE and finding["status"] != "source":
        return Grounds.TOO_OLD_OF_MANY
    return Grounds[because.name]


class AppliedShare(NamedTuple):
    """The number of rules that could be applied, and of those that apply."""

    applied: int
    total: int


def applied_share(findings: Iterable[Finding], rules: Mapping[str, Mapping[str, Any]]) -> AppliedShare:
    """Counts the rules behind some findings that could be applied.

    Rules that do not apply, are excused, or are silent because of the source are not counted.

    Args:
        findings: of one provider.
        rules: of the regime's file as it was used, by key.
    """
    grounds = [grounds_of(finding, rules.get(finding["rule"], {})) for finding in findings]
    known = grounds.count(Grounds.JUDGED)
    return AppliedShare(known, known + grounds.count(Grounds.NOT_KNOWN))
