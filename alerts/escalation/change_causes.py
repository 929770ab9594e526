"""Finds the causes of a changed verdict: new data, the rule, the model, the passing of time. Pure.

Two sets of findings are compared rule by rule. A rule that differs between two versions of the regime is a cause of its
own. For the other rules, their rows show whether something became known in between or only time went by.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from alerts.escalation.added_findings import RISK_PRINCIPLES, RuleKey
from models.findings import Finding
from models.vocabulary import Level, Principle


class ChangeCause(StrEnum):
    """A cause of a changed verdict."""

    DATA = "data"  # something became known, was corrected or was withdrawn
    RULE = "rule"  # another version of the regime
    MODEL = "model"  # another failure model
    TIME = "time"  # a value grew stale, a clock ran out, an event came into its window or fell out of it
    SERVICE = "service"  # the code that scores was updated


_NOT_ABOUT_THE_PROVIDER = {ChangeCause.RULE, ChangeCause.MODEL, ChangeCause.SERVICE}
_CAUSE_CLAUSES = {
    ChangeCause.DATA: "of new data",
    ChangeCause.RULE: "the rule changed",
    ChangeCause.MODEL: "the failure model changed",
    ChangeCause.TIME: "time went by",
    ChangeCause.SERVICE: "the service was updated",
}

_CAUSE_LABELS = {
    ChangeCause.DATA: "new data",
    ChangeCause.RULE: "rule change",
    ChangeCause.MODEL: "model change",
    ChangeCause.TIME: "passing of time",
    ChangeCause.SERVICE: "update of the service",
}


class Versions(NamedTuple):
    """Two versions of a regime, one after the other, as text: "5", or "1 of 2016-10-01" if their first days differ."""

    before: str
    after: str


class Causes(NamedTuple):
    """The causes of one change; empty if they are not known, as on the first day of a regime."""

    causes: frozenset[ChangeCause] = frozenset()
    versions: Versions | None = None  # of the regime, where the rule is a cause

    @property
    def ordered_causes(self) -> list[ChangeCause]:
        """The causes in the order in which they are stored and shown."""
        return [cause for cause in ChangeCause if cause in self.causes]

    @property
    def stored_text(self) -> str:
        """The causes as they are stored."""
        return ",".join(self.ordered_causes)

    @property
    def is_rule_alone(self) -> bool:
        """Whether nothing about the provider has changed, only the rule, the model or the service."""
        return bool(self.causes) and self.causes <= _NOT_ABOUT_THE_PROVIDER

    @property
    def change_label(self) -> str:
        """A label as "rule change" if nothing about the provider has changed; else empty."""
        return f"{' and '.join(self.ordered_causes)} change" if self.is_rule_alone else ""

    @property
    def cause_labels(self) -> str:
        """The causes as labels beside a level: "new data, passing of time"; empty if they are not known."""
        return ", ".join(_CAUSE_LABELS[cause] for cause in self.ordered_causes)

    def combine_with(self, later: "Causes") -> "Causes":
        """The causes of two changes, one after the other, as those of one."""
        both = [versions for versions in (self.versions, later.versions) if versions is not None]
        versions = Versions(both[0].before, both[-1].after) if both else None
        return Causes(self.causes | later.causes, versions)

    def because_clause(self, regime: str) -> str:
        """The causes as a clause after "because"; empty if they are not known.

        Args:
            regime: the regime's key, to name its versions.
        """
        clauses = [self._cause_clause(cause, regime) for cause in self.ordered_causes]
        text = " and because ".join(filter(None, [", because ".join(clauses[:-1]), *clauses[-1:]]))
        return f"{text}, not because of new data" if self.is_rule_alone else text

    def _cause_clause(self, cause: ChangeCause, regime: str) -> str:
        versions = f" ({regime} version {self.versions.before} to {self.versions.after})" if self.versions else ""
        return _CAUSE_CLAUSES[cause] + (versions if cause is ChangeCause.RULE else "")


UNKNOWN_CAUSES = Causes()


def stored_causes(causes: str, version_before: str, version_after: str) -> Causes:
    """The causes of a change from the columns of its entry."""
    versions = Versions(version_before, version_after) if version_after else None
    return Causes(frozenset(map(ChangeCause, filter(None, causes.split(",")))), versions)


@dataclass(frozen=True)
class RunDifferences:
    """How two runs differ under a regime, apart from the findings about providers."""

    since: date  # the earlier run's day
    upto_seq: int  # the newest row of the ledger that the earlier run could read
    versions: Versions | None = None  # None: the same version of the regime
    changed_rules: frozenset[RuleKey] = frozenset()  # new, changed or gone
    has_other_combination: bool = False  # from findings to a level: caps, floors, levels, scores
    has_other_coverage: bool = False
    has_other_model: bool = False
    has_other_service: bool = False
    model_rules: frozenset[RuleKey] = frozenset()  # rules that read the probability of failure
    comparing_rules: frozenset[RuleKey] = frozenset()  # rules that compare a provider with others
    counting_rules: frozenset[RuleKey] = frozenset()  # rules that count the findings of other rules


class LevelWithFindings(NamedTuple):
    """A level and the findings that it rests on."""

    level: Level
    findings: Sequence[Finding]


def find_causes(
    before: LevelWithFindings | None,
    now: LevelWithFindings | None,
    differences: RunDifferences,
    withdrawn: Collection[int] = (),
) -> Causes:
    """The causes of the difference between two verdicts.

    Args:
        before: the earlier verdict; None if the regime did not cover the provider.
        now: the later one, likewise.
        differences: how the two runs differ.
        withdrawn: rows of the ledger, by ``seq``, that were retracted in between.
    """
    causes: set[ChangeCause] = set()
    if before is None or now is None:
        if differences.has_other_coverage:
            causes.add(ChangeCause.RULE)
        is_new = any(_is_new(finding, (), differences) for finding in (now.findings if now is not None else ()))
        if is_new or not causes:
            causes.add(ChangeCause.DATA)
    else:
        pairs = _pair_findings(before.findings, now.findings)
        movers = _moving_rules(before.level, now.level, pairs)
        for rule in movers:
            causes |= _find_rule_causes(rule, pairs, differences, withdrawn)
        if differences.has_other_combination:
            causes.add(ChangeCause.RULE)
        if not causes and differences.versions is not None:
            causes.add(ChangeCause.RULE)
        if not causes and differences.has_other_service:
            causes.add(ChangeCause.SERVICE)
    return Causes(frozenset(causes), differences.versions if ChangeCause.RULE in causes else None)


FindingPair = tuple[Finding | None, Finding | None]  # a rule's finding before and now
FindingPairs = Mapping[RuleKey, FindingPair]


def _pair_findings(before: Iterable[Finding], now: Iterable[Finding]) -> dict[RuleKey, FindingPair]:
    """The findings that a level rests on, rule by rule."""
    earlier, later = (
        {
            (finding["principle"], finding["rule"]): finding
            for finding in side
            if finding["principle"] in RISK_PRINCIPLES
        }
        for side in (before, now)
    )
    return {rule: (earlier.get(rule), later.get(rule)) for rule in {**earlier, **later}}


def _moving_rules(before: Level, now: Level, pairs: FindingPairs) -> list[RuleKey]:
    """The rules that moved the level: those that crossed it, else those that moved the same way, else all changed."""
    ranks = {rule: (_finding_rank(was), _finding_rank(is_now)) for rule, (was, is_now) in pairs.items()}
    if Level.UNSCORABLE not in {before, now}:
        if now.rank >= before.rank:
            # A level that stands, too: something was added to it.
            crossing = [rule for rule, (was, is_now) in ranks.items() if was < now.rank <= is_now]
            same_way = [rule for rule, (was, is_now) in ranks.items() if was < is_now]
        else:
            crossing = [rule for rule, (was, is_now) in ranks.items() if is_now <= now.rank < was]
            same_way = [rule for rule, (was, is_now) in ranks.items() if is_now < was]
        is_scored = any(_finding_contribution(was) != _finding_contribution(is_now) for was, is_now in pairs.values())
        if (crossing or same_way) and not is_scored:
            return crossing or same_way
    return [rule for rule, (was, is_now) in pairs.items() if _finding_verdict(was) != _finding_verdict(is_now)]


def _finding_rank(finding: Finding | None) -> int:
    return Level(finding["level"]).rank if finding is not None and finding["status"] != "source" else 0


def _finding_contribution(finding: Finding | None) -> Any:
    return finding.get("contribution") if finding is not None else None


def _finding_verdict(finding: Finding | None) -> tuple[Any, ...] | None:
    return None if finding is None else (finding["level"], finding["status"], finding.get("contribution"))


def _find_rule_causes(
    rule: RuleKey,
    pairs: FindingPairs,
    differences: RunDifferences,
    withdrawn: Collection[int],
    *,
    is_counted: bool = False,
) -> set[ChangeCause]:
    """The causes of a changed finding of one rule."""
    was, now = pairs[rule]
    was_missing = was is not None and was["status"] == "missing"
    # If evidence that was missing arrived and is good, the data is the cause, whatever changed in the rule.
    is_by_data_alone = was_missing and now is not None and now["status"] == "clear" and _is_new(now, (), differences)
    causes: set[ChangeCause] = (
        {ChangeCause.RULE} if rule in differences.changed_rules and not is_by_data_alone else set()
    )
    if rule in differences.model_rules and differences.has_other_model:
        causes.add(ChangeCause.MODEL)
    rows_before = set(was["seqs"]) if was is not None else set[int]()
    rows_now = set(now["seqs"]) if now is not None else set[int]()
    is_source = "source" in {finding["status"] for finding in (was, now) if finding is not None}
    is_withdrawn = not (rows_before - rows_now).isdisjoint(withdrawn)
    if (now is not None and _is_new(now, rows_before, differences)) or is_withdrawn:
        causes.add(ChangeCause.DATA)
    if rule in differences.counting_rules and not is_counted:
        counted = [
            other
            for other, (before, after) in pairs.items()
            if other[0] == Principle.ACCOUNTABILITY and _finding_verdict(before) != _finding_verdict(after)
        ]
        for other in counted:
            causes |= _find_rule_causes(other, pairs, differences, withdrawn, is_counted=True)
    if not causes and (rule in differences.comparing_rules or is_source):
        causes.add(ChangeCause.DATA)
    if not causes:
        causes.add(ChangeCause.TIME)
        if differences.has_other_service:
            causes.add(ChangeCause.SERVICE)
    return causes


def _is_new(finding: Finding, rows_before: Collection[int], differences: RunDifferences) -> bool:
    """Whether a finding rests on a row that was not known, or not in the ledger, on the earlier day."""
    rows = set(finding["seqs"]) - set(rows_before)
    known_on = finding["known_on"]
    is_known_since = known_on is not None and known_on > differences.since.isoformat()
    return bool(rows) and (is_known_since or any(seq > differences.upto_seq for seq in rows))
