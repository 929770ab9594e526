"""Why a verdict is another than before: new data, the rule, the model, the passing of time. Pure.

Two sets of findings are compared rule by rule. A rule whose text changed between two versions of a regime is a cause of
its own; of the other rules the rows say whether something became known in between or only time went by.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from alerts.further import RISK, Rule
from models.vocabulary import Level, Principle

Finding = Mapping[str, Any]


class ChangeCause(StrEnum):
    """Something that made a verdict another one."""

    DATA = "data"  # something became known, was corrected or was withdrawn
    RULE = "rule"  # another version of the regime
    MODEL = "model"  # another failure model
    TIME = "time"  # a value grew stale, a clock ran out, an event came into its window or fell out of it
    SERVICE = "service"  # the service that works out the scores was updated


_NOT_ABOUT_THE_PROVIDER = {ChangeCause.RULE, ChangeCause.MODEL, ChangeCause.SERVICE}
_WORDS = {
    ChangeCause.DATA: "of new data",
    ChangeCause.RULE: "the rule changed",
    ChangeCause.MODEL: "the failure model changed",
    ChangeCause.TIME: "time went by",
    ChangeCause.SERVICE: "the service was updated",
}

_LABELS = {
    ChangeCause.DATA: "new data",
    ChangeCause.RULE: "rule change",
    ChangeCause.MODEL: "model change",
    ChangeCause.TIME: "passing of time",
    ChangeCause.SERVICE: "update of the service",
}


class Versions(NamedTuple):
    """Two versions of a regime, one after the other, in words: "5", or "1 of 2016-10-01" where first days differ."""

    before: str
    after: str


class Causes(NamedTuple):
    """The causes of one change; none where they are not known, as on the first day of a regime."""

    causes: frozenset[ChangeCause] = frozenset()
    versions: Versions | None = None  # of the regime, where the rule is a cause

    @property
    def in_order(self) -> list[ChangeCause]:
        """The causes in the order in which they are stored and said."""
        return [cause for cause in ChangeCause if cause in self.causes]

    @property
    def key(self) -> str:
        """The causes as they are stored."""
        return ",".join(self.in_order)

    @property
    def is_rule_alone(self) -> bool:
        """Whether nothing about the provider is another: only the rule, the model or the service is."""
        return bool(self.causes) and self.causes <= _NOT_ABOUT_THE_PROVIDER

    @property
    def change_words(self) -> str:
        """The kind of change where nothing about the provider is another: "rule change"; else nothing."""
        return f"{' and '.join(self.in_order)} change" if self.is_rule_alone else ""

    @property
    def labels(self) -> str:
        """The causes as labels beside a level: "new data, passing of time"; empty where they are not known."""
        return ", ".join(_LABELS[cause] for cause in self.in_order)

    def together_with(self, later: "Causes") -> "Causes":
        """The causes of two changes, one after the other, as those of one."""
        both = [versions for versions in (self.versions, later.versions) if versions is not None]
        versions = Versions(both[0].before, both[-1].after) if both else None
        return Causes(self.causes | later.causes, versions)

    def because(self, regime: str) -> str:
        """The causes in words, to stand after "because"; empty where they are not known.

        Args:
            regime: the regime's key, to name its versions.
        """
        said = [self._word(cause, regime) for cause in self.in_order]
        words = " and because ".join(filter(None, [", because ".join(said[:-1]), *said[-1:]]))
        return f"{words}, not because of new data" if self.is_rule_alone else words

    def _word(self, cause: ChangeCause, regime: str) -> str:
        versions = f" ({regime} version {self.versions.before} to {self.versions.after})" if self.versions else ""
        return _WORDS[cause] + (versions if cause is ChangeCause.RULE else "")


UNKNOWN_CAUSES = Causes()


def stored_causes(causes: str, version_before: str, version_after: str) -> Causes:
    """The causes of a change as its entry holds them."""
    versions = Versions(version_before, version_after) if version_after else None
    return Causes(frozenset(map(ChangeCause, filter(None, causes.split(",")))), versions)


@dataclass(frozen=True)
class RunsApart:
    """How two runs differ in all but what is found of a provider under a regime."""

    since: date  # the earlier run's day
    upto_seq: int  # the newest row of the ledger that the earlier run could read
    versions: Versions | None = None  # None: the same version of the regime
    rules: frozenset[Rule] = frozenset()  # new, changed or gone
    is_combination_other: bool = False  # how findings make a level: caps, floors, levels, scores
    is_coverage_other: bool = False
    is_model_other: bool = False
    is_service_other: bool = False
    of_model: frozenset[Rule] = frozenset()  # rules that read the probability of failure
    of_others: frozenset[Rule] = frozenset()  # rules that compare a provider with others
    of_findings: frozenset[Rule] = frozenset()  # rules that count the findings of other rules


class Judged(NamedTuple):
    """A level and the findings that it rests on."""

    level: Level
    findings: Sequence[Finding]


def causes_of(before: Judged | None, now: Judged | None, apart: RunsApart, withdrawn: Collection[int] = ()) -> Causes:
    """Why a verdict is another than before.

    Args:
        before: the earlier verdict; None where the regime did not cover the provider.
        now: the later one, likewise.
        apart: how the two runs differ.
        withdrawn: rows of the ledger, by ``seq``, that were retracted in between.
    """
    found: set[ChangeCause] = set()
    if before is None or now is None:
        if apart.is_coverage_other:
            found.add(ChangeCause.RULE)
        is_new = any(_is_new(finding, (), apart) for finding in (now.findings if now is not None else ()))
        if is_new or not found:
            found.add(ChangeCause.DATA)
    else:
        pairs = _pairs(before.findings, now.findings)
        movers = _movers(before.level, now.level, pairs)
        for rule in movers:
            found |= _causes_of_rule(rule, pairs, apart, withdrawn)
        if apart.is_combination_other:
            found.add(ChangeCause.RULE)
        if not found and apart.versions is not None:
            found.add(ChangeCause.RULE)
        if not found and apart.is_service_other:
            found.add(ChangeCause.SERVICE)
    return Causes(frozenset(found), apart.versions if ChangeCause.RULE in found else None)


Pair = tuple[Finding | None, Finding | None]  # a rule's finding before and now
Pairs = Mapping[Rule, Pair]


def _pairs(before: Iterable[Finding], now: Iterable[Finding]) -> dict[Rule, Pair]:
    """The findings that a level rests on, rule by rule."""
    earlier, later = (
        {(one["principle"], one["rule"]): one for one in side if one["principle"] in RISK} for side in (before, now)
    )
    return {rule: (earlier.get(rule), later.get(rule)) for rule in {**earlier, **later}}


def _movers(before: Level, now: Level, pairs: Pairs) -> list[Rule]:
    """The rules whose findings moved the level: those that cross it, else those that went its way, else all changed."""
    ranks = {rule: (_rank(was), _rank(is_now)) for rule, (was, is_now) in pairs.items()}
    if Level.UNSCORABLE not in {before, now}:
        if now.rank >= before.rank:
            # A level that stands, too: something was added to it.
            crossing = [rule for rule, (was, is_now) in ranks.items() if was < now.rank <= is_now]
            same_way = [rule for rule, (was, is_now) in ranks.items() if was < is_now]
        else:
            crossing = [rule for rule, (was, is_now) in ranks.items() if is_now <= now.rank < was]
            same_way = [rule for rule, (was, is_now) in ranks.items() if is_now < was]
        is_scored = any(_contribution(was) != _contribution(is_now) for was, is_now in pairs.values())
        if (crossing or same_way) and not is_scored:
            return crossing or same_way
    return [rule for rule, (was, is_now) in pairs.items() if _verdict(was) != _verdict(is_now)]


def _rank(finding: Finding | None) -> int:
    return Level(finding["level"]).rank if finding is not None and finding["status"] != "source" else 0


def _contribution(finding: Finding | None) -> Any:
    return finding.get("contribution") if finding is not None else None


def _verdict(finding: Finding | None) -> tuple[Any, ...] | None:
    return None if finding is None else (finding["level"], finding["status"], finding.get("contribution"))


def _causes_of_rule(
    rule: Rule, pairs: Pairs, apart: RunsApart, withdrawn: Collection[int], *, is_counted: bool = False
) -> set[ChangeCause]:
    """Why one rule finds something else."""
    was, now = pairs[rule]
    was_missing = was is not None and was["status"] == "missing"
    # Where it became known that all is well, no limit of the rule is the cause, whatever changed in it.
    is_by_data_alone = was_missing and now is not None and now["status"] == "clear" and _is_new(now, (), apart)
    found: set[ChangeCause] = {ChangeCause.RULE} if rule in apart.rules and not is_by_data_alone else set()
    if rule in apart.of_model and apart.is_model_other:
        found.add(ChangeCause.MODEL)
    rows_before = set(was["seqs"]) if was is not None else set[int]()
    rows_now = set(now["seqs"]) if now is not None else set[int]()
    is_source = "source" in {finding["status"] for finding in (was, now) if finding is not None}
    is_withdrawn = not (rows_before - rows_now).isdisjoint(withdrawn)
    if (now is not None and _is_new(now, rows_before, apart)) or is_withdrawn:
        found.add(ChangeCause.DATA)
    if rule in apart.of_findings and not is_counted:
        counted = [
            other for other, (before, after) in pairs.items()
            if other[0] == Principle.ACCOUNTABILITY and _verdict(before) != _verdict(after)
        ]  # fmt: skip
        for other in counted:
            found |= _causes_of_rule(other, pairs, apart, withdrawn, is_counted=True)
    if not found and (rule in apart.of_others or is_source):
        found.add(ChangeCause.DATA)
    if not found:
        found.add(ChangeCause.TIME)
        if apart.is_service_other:
            found.add(ChangeCause.SERVICE)
    return found


def _is_new(finding: Finding, rows_before: Collection[int], apart: RunsApart) -> bool:
    """Whether a finding rests on something that was not known, or not in the ledger, on the earlier day."""
    rows = set(finding["seqs"]) - set(rows_before)
    is_known_since = bool(finding["known_on"]) and finding["known_on"] > apart.since.isoformat()
    return bool(rows) and (is_known_since or any(seq > apart.upto_seq for seq in rows))
