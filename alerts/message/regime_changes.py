"""Reads the effect of a new version of a regime on the providers under it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import and_, select

from alerts.escalation.added_findings import RuleKey, changed_rules
from alerts.escalation.change_causes import (
    UNKNOWN_CAUSES,
    ChangeCause,
    Versions,
)
from alerts.escalation.read_causes import causes_between, previous_run
from alerts.escalation.regime_files import read_regime_files
from alerts.escalation.state_changes import ASSESSMENT, SUBJECT
from alerts.escalation.version_differences import combination_parts, list_rules, version_pair
from models.database import Session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import Level, Principle

MAX_EXAMPLES = 5  # providers that a message about a new version names


class MovedProvider(NamedTuple):
    """A provider whose level a new version changes."""

    provider: str  # its identifier
    name: str
    before: Level
    after: Level


@dataclass(frozen=True)
class RegimeChange:
    """A new version of a regime and its effect on the first day of its use."""

    regime: str  # its key
    title: str
    versions: Versions
    changed_rules: tuple[str, ...]  # keys of rules that both versions have
    added_rules: tuple[str, ...]
    removed_rules: tuple[str, ...]
    other_parts: tuple[str, ...]  # the other changed parts of the file, as text
    level_moves: Mapping[tuple[Level, Level], int]  # how many providers the rule alone moved, by level before and after
    mixed_moves: int  # providers that the rule and something else moved
    examples: tuple[MovedProvider, ...]


def read_regime_changes(session: Session, run: Run) -> list[RegimeChange]:
    """The regimes with a new version since the run before, each with its effect.

    A regime that covers no provider in either run is left out.
    """
    before = previous_run(session, run)
    if before is None:
        return []
    keys = sorted(key for key in run.regimes.keys() & before.regimes if run.regimes[key] != before.regimes[key])
    is_of_either = ASSESSMENT.run_id.in_([before.id, run.id])
    used = set(session.scalars(select(ASSESSMENT.regime).where(is_of_either, ASSESSMENT.regime.in_(keys)).distinct()))
    return [_build_regime_change(session, before, run, key) for key in keys if key in used]


def _build_regime_change(session: Session, before: Run, run: Run, regime: str) -> RegimeChange:
    files = read_regime_files(session, [before.regimes[regime], run.regimes[regime]])
    was, now = files.get(before.regimes[regime], {}), files.get(run.regimes[regime], {})
    rules_before, rules_now = ({rule for rule, _ in list_rules(file)} for file in (was, now))
    moved = _read_moved_rows(session, before, run, regime)
    causes_by_key = causes_between(session, before, run, {(row.provider_id, regime) for row in moved})
    causes = {row.provider_id: causes_by_key.get((row.provider_id, regime), UNKNOWN_CAUSES) for row in moved}
    by_rule = [row for row in moved if causes[row.provider_id].is_rule_alone]
    parts = {
        "the providers covered": was.get("covers") != now.get("covers"),
        "the way from findings to a level": combination_parts(was) != combination_parts(now),
        "stages and clocks": was.get("ladder") != now.get("ladder"),
    }
    return RegimeChange(
        regime=regime,
        title=str(now.get("title", regime)),
        versions=version_pair(was, now),
        changed_rules=_format_rules(changed_rules(was, now) & rules_before),
        added_rules=_format_rules(rules_now - rules_before),
        removed_rules=_format_rules(rules_before - rules_now),
        other_parts=tuple(part for part, is_other in parts.items() if is_other),
        level_moves=Counter((Level(row.was), Level(row.level)) for row in by_rule),
        mixed_moves=sum(
            ChangeCause.RULE in moved_by.causes and not moved_by.is_rule_alone for moved_by in causes.values()
        ),
        examples=tuple(
            MovedProvider(row.key, row.provider_name or row.key, Level(row.was), Level(row.level))
            for row in by_rule[:MAX_EXAMPLES]
        ),
    )


def _format_rules(rules: Iterable[RuleKey]) -> tuple[str, ...]:
    order = list(Principle)
    return tuple(
        f"{key} ({principle})"
        for principle, key in sorted(rules, key=lambda rule: (order.index(Principle(rule[0])), rule[1]))
    )


def _read_moved_rows(session: Session, before: Run, run: Run, regime: str) -> Sequence[Any]:
    """The providers with another level than in the run before, the worst level now first."""
    a, was = ASSESSMENT, table_of(Assessment).alias("was").c
    rows = session.execute(
        select(a.provider_id, a.provider_name, a.level, was.level.label("was"), SUBJECT.key)
        .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == a.provider_id)
        .join(was.id.table, and_(was.run_id == before.id, was.provider_id == a.provider_id, was.regime == a.regime))
        .where(a.run_id == run.id, a.regime == regime, a.level != was.level)
    ).all()
    return sorted(rows, key=lambda row: (-Level(row.level).rank, -Level(row.was).rank, row.key))
