"""Findings about registers: if a rule finds the same of too many providers at once, the register is at fault.

Such a finding is reported once. It does not raise the level of any provider.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from indicators import catalogue
from models.findings import SourceFinding
from models.vocabulary import Grounds, Level
from regimes.provider_table import ProviderTable
from regimes.rules.base import LEVELS

SOURCE_SHARE = 0.3  # a result of more than this share of a register's providers is about the register
SOURCE_MIN_PROVIDERS = 5  # providers, below which a share says nothing

# An excused finding is no sign that a register has fallen silent, so it is counted apart.
_COUNT_STATUSES = f"""
SELECT rule, CASE WHEN grounds = {Grounds.NOTHING_ENTERED:d} THEN 'excused' ELSE status END AS says, count(*),
       max(level), sum(count(*)) OVER (PARTITION BY rule)
FROM finding WHERE list_contains($rules, rule) AND status <> 'not_applicable' GROUP BY rule, says ORDER BY rule, says
"""  # noqa: S608 (the numbers of an enumeration)
_MARK_AS_SOURCE = f"""
UPDATE finding SET status = 'source', level = 0, grounds = {Grounds.ABOUT_SOURCE:d}, score = NULL
WHERE rule = $rule AND status = $status AND grounds <> {Grounds.NOTHING_ENTERED:d}
"""  # noqa: S608 (the numbers of an enumeration)
_MARK_TOO_OLD = f"""
UPDATE finding SET grounds = {Grounds.TOO_OLD_OF_MANY:d} WHERE rule = $rule AND status = 'stale'
"""  # noqa: S608 (the numbers of an enumeration)
_STATUS_TEXTS = {"met": "true of", "missing": "not known of", "stale": "too old to say of"}

DescribedRule = Mapping[
    str, Any
]  # what all findings of a rule share: the columns of ``Evaluation.rules``, and ``title``


class RuleStatus(NamedTuple):
    """A status that a rule gave to some providers."""

    status: str
    providers: int
    rank: int  # of the worst level among them
    total: int  # providers to which the rule applies

    @property
    def is_of_too_many(self) -> bool:
        """Whether so many providers at once have the status that it is about the register."""
        return self.providers >= SOURCE_MIN_PROVIDERS and self.providers > SOURCE_SHARE * self.total


def find_source_faults(provider_table: ProviderTable, rules: Sequence[DescribedRule]) -> list[SourceFinding]:
    """The findings about registers from the rules on evidence; the providers' own findings are marked as such."""
    statuses = _count_statuses(provider_table, rules)
    return [
        finding for rule in rules for finding in _rule_source_faults(provider_table, rule, statuses[rule["number"]])
    ]


def _rule_source_faults(
    provider_table: ProviderTable, rule: DescribedRule, statuses: Sequence[RuleStatus]
) -> Iterator[SourceFinding]:
    for status in statuses:
        if status.status not in _STATUS_TEXTS or not status.is_of_too_many:
            continue
        provider_table.known.db.execute(_MARK_AS_SOURCE, {"rule": rule["number"], "status": status.status})
        registers = _register_phrase(_rule_registers(provider_table, rule))
        sentence = (
            f"'{rule['title']}' ({rule['threshold']}) is {_STATUS_TEXTS[status.status]} {status.providers:,} of "
            f"{status.total:,} at once, so it is {registers} and not about them"
        )
        yield _source_finding(provider_table, rule, sentence, status)


def find_old_sources(provider_table: ProviderTable, rules: Sequence[DescribedRule]) -> list[SourceFinding]:
    """One finding for each register whose figures on money and quality are too old for too many: a feed has died.

    The providers keep their levels, or stay unscorable, because nothing newer is known about them. Their findings are
    marked as about the source.
    """
    worst: dict[tuple[str, ...], tuple[RuleStatus, DescribedRule]] = {}
    statuses = _count_statuses(provider_table, rules)
    for rule in rules:
        for status in statuses[rule["number"]]:
            if status.status != "stale" or not status.is_of_too_many:
                continue
            provider_table.known.db.execute(_MARK_TOO_OLD, {"rule": rule["number"]})
            registers = tuple(_rule_registers(provider_table, rule))
            if registers not in worst or status.providers > worst[registers][0].providers:
                worst[registers] = (status, rule)
    return [
        _source_finding(
            provider_table,
            rule,
            f"'{rule['title']}' is too old to say of {status.providers:,} of {status.total:,} at once, so it is "
            f"{_register_phrase(registers)}; who has nothing newer cannot be scored on it",
            status,
        )
        for registers, (status, rule) in sorted(worst.items(), key=lambda item: item[0])
    ]


def _count_statuses(provider_table: ProviderTable, rules: Sequence[DescribedRule]) -> dict[int, list[RuleStatus]]:
    """The statuses that rules gave, by the number of the rule."""
    statuses: dict[int, list[RuleStatus]] = {rule["number"]: [] for rule in rules}
    for number, *status in provider_table.known.db.execute(_COUNT_STATUSES, {"rules": list(statuses)}).fetchall():
        statuses[number].append(RuleStatus(*status))
    return statuses


def _rule_registers(provider_table: ProviderTable, rule: DescribedRule) -> list[str]:
    """The registers of a rule's figures; only those of which a document was read, if there are any."""
    known = catalogue.load()
    registers = {register for key in rule["indicators"] for register in known.indicators[key].registers}
    return sorted(registers & provider_table.loaded_registers or registers)


def _register_phrase(registers: Iterable[str]) -> str:
    titles = ", ".join(catalogue.load().registers[register].title for register in registers)
    return f"about the register ({titles})" if titles else "about what is known of all"


def _source_finding(
    provider_table: ProviderTable, rule: DescribedRule, sentence: str, status: RuleStatus
) -> SourceFinding:
    level: Level = LEVELS[status.rank]
    return {
        "regime": provider_table.regime.key,
        "rule": rule["rule"],
        "registers": _rule_registers(provider_table, rule),
        "title": f"{provider_table.regime.title}: {sentence}",
        "level": str(level),
        "providers": int(status.providers),
        "of": int(status.total),
        "threshold": rule["threshold"],
        "source": rule["source"],
    }
