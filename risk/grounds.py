"""How far stored findings let a provider be judged: why one says nothing, how many rules could be applied. Pure."""

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
    """Why a finding neither clears nor raises anything; None where its rule looked at something.

    Findings that were stored before they had the field are told by their status. A missing finding then counts as
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
    """How a finding lets its principle be judged, as ``regimes/evaluate.py`` says it while it scores."""
    because = unscorable_reason(finding, rule)
    if because is None:
        return Grounds.JUDGED
    if because is UnscorableReason.ABOUT_SOURCE and finding["status"] != "source":
        return Grounds.TOO_OLD_OF_MANY
    return Grounds[because.name]


class AppliedShare(NamedTuple):
    """How many rules could be applied, of how many."""

    applied: int
    total: int


def applied_share(findings: Iterable[Finding], rules: Mapping[str, Mapping[str, Any]]) -> AppliedShare:
    """How many of the rules behind some findings could be applied.

    Rules that do not apply, are excused, or are silent because of the source are not counted.

    Args:
        findings: of one provider.
        rules: of the regime's file as it was used, by key.
    """
    grounds = [grounds_of(finding, rules.get(finding["rule"], {})) for finding in findings]
    known = grounds.count(Grounds.JUDGED)
    return AppliedShare(known, known + grounds.count(Grounds.NOT_KNOWN))
