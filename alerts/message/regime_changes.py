"""Reads why verdicts differ between two runs, and what a new version of a regime does to the providers under it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, or_, select

from access.assessments import redact_assessment_rows
from access.viewer import ReaderAudiences
from alerts.decide import Reason
from alerts.escalation.added_findings import RISK_PRINCIPLES, RuleKey, changed_rules
from alerts.escalation.change_causes import (
    UNKNOWN_CAUSES,
    Causes,
    ChangeCause,
    LevelWithFindings,
    RunDifferences,
    Versions,
    find_causes,
)
from alerts.escalation.state_changes import ASSESSMENT, RUN, SUBJECT, ProviderRegime, StateChange
from indicators.ledger.repeats import OBSERVATION
from models import bulk
from models.database import Session, table_of
from models.findings import Finding
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level, Principle, RunStatus
from regimes.expressions import COMPLETENESS
from regimes.store import parse_archived_regime

ARCHIVED, FINDING_SET = table_of(ArchivedFile).c, table_of(FindingSet).c
MAX_EXAMPLES = 5  # providers that a message about a new version names
_IMMEDIATE_REASONS = {
    Reason.OPENED,
    Reason.RAISED,
    Reason.ADDED,
    Reason.ENDED,
}  # news of what the run before did not say yet
_DELAYED_REASONS = {Reason.LOWERED, Reason.RESOLVED}  # news only when it has lasted


def previous_run(session: Session, run: Run) -> Run | None:
    """The run before: the newest of its day or of an earlier one, on the same basis."""
    found: Run | None = session.scalar(
        select(Run)
        .where(
            RUN.status == RunStatus.DONE,
            RUN.view == run.view,
            or_(RUN.day < run.day, and_(RUN.day == run.day, RUN.id < run.id)),
        )
        .order_by(RUN.day.desc(), RUN.id.desc())
        .limit(1)
    )
    return found


def add_causes(session: Session, run: Run, changes: Iterable[StateChange]) -> None:
    """Write into each change that is news by what the run found why it is."""
    before = previous_run(session, run)
    if before is None:
        return
    wanted: dict[int, dict[ProviderRegime, StateChange]] = {}
    late = [change for change in changes if change.news.reason in _DELAYED_REASONS]
    compared = _last_runs_above(session, run, late)
    for change in changes:
        if change.news.reason in _IMMEDIATE_REASONS:
            wanted.setdefault(before.id or 0, {})[change.key] = change
        elif change.key in compared:
            wanted.setdefault(compared[change.key], {})[change.key] = change
    for number, of_run in wanted.items():
        found = causes_between(session, session.get_one(Run, number), run, of_run.keys())
        for key, change in of_run.items():
            change.causes = found.get(key, UNKNOWN_CAUSES)


def _last_runs_above(session: Session, run: Run, changes: Iterable[StateChange]) -> dict[ProviderRegime, int]:
    """The last run before this one in which each provider stood at the level, or a worse one, that now comes down."""
    a, found = ASSESSMENT, dict[ProviderRegime, int]()
    by_level: dict[tuple[Level, str], list[int]] = {}
    for change in changes:
        by_level.setdefault((change.before or Level.NONE, change.regime), []).append(change.provider_id)
    for (level, regime), providers in by_level.items():
        levels = [other for other in Level if other.rank >= max(1, level.rank)]
        for chunk in bulk.split_chunks(sorted(providers)):
            rows = session.execute(
                select(a.provider_id, RUN.id)
                .join_from(table_of(Assessment), table_of(Run), RUN.id == a.run_id)
                .where(
                    a.provider_id.in_(chunk),
                    a.regime == regime,
                    a.level.in_(levels),
                    RUN.day <= run.day,
                    RUN.id != run.id,
                    RUN.status == RunStatus.DONE,
                    RUN.view == run.view,
                )
                .order_by(RUN.day, RUN.id)
            )
            found.update({(row.provider_id, regime): row.id for row in rows})
    return found


def causes_between(
    session: Session, before: Run, run: Run, keys: Collection[ProviderRegime], *, audiences: ReaderAudiences = None
) -> dict[ProviderRegime, Causes]:
    """Why the verdicts on some providers are others in a run than in an earlier one.

    Args:
        session: the transaction.
        before: the earlier run.
        run: the later one.
        keys: numbers of providers, each with a regime.
        audiences: the audiences of whoever asks: findings for others count for nothing.
    """
    earlier, later = (_read_levels(session, of, keys, audiences) for of in (before, run))
    gone = _dropped_rows(earlier, later)
    withdrawn = _read_retracted_rows(session, gone, before.upto_seq)
    apart = {regime: run_differences(session, before, run, regime) for regime in {regime for _, regime in keys}}
    return {
        key: find_causes(earlier.get(key), later.get(key), apart[key[1]], withdrawn)
        for key in keys
        if key[1] in before.regimes
    }


def visible_causes(session: Session, run: int, key: ProviderRegime, audiences: ReaderAudiences) -> Causes:
    """Why a verdict is another than in the run before, as far as somebody may see the findings.

    Args:
        session: the transaction.
        run: the later run's number.
        key: a provider's number and a regime.
        audiences: the audiences of whoever asks.
    """
    later = session.get_one(Run, run)
    before = previous_run(session, later)
    if before is None:
        return UNKNOWN_CAUSES
    return causes_between(session, before, later, {key}, audiences=audiences).get(key, UNKNOWN_CAUSES)


def _read_levels(
    session: Session, run: Run, keys: Collection[ProviderRegime], audiences: ReaderAudiences
) -> dict[ProviderRegime, LevelWithFindings]:
    rows = list[Any]()
    for chunk in bulk.split_chunks(sorted({provider for provider, _ in keys})):
        rows += session.execute(
            select(table_of(Assessment)).where(ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id.in_(chunk))
        )
    rows = [row for row in rows if (row.provider_id, row.regime) in keys]
    sets: dict[str, list[Finding]] = {}
    for chunk in bulk.split_chunks(sorted({row.findings_sha256 for row in rows})):
        found = select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(chunk))
        sets.update({row.sha256: _risk_findings(row.findings) for row in session.execute(found)})
    seen = redact_assessment_rows(session, audiences, rows)
    judged = {}
    for row in rows:
        part = seen.get((row.run_id, row.provider_id, row.regime))
        findings = sets.get(row.findings_sha256, []) if part is None else _risk_findings(part.findings)
        judged[row.provider_id, row.regime] = LevelWithFindings(
            Level(row.level if part is None else part.level), findings
        )
    return judged


def _risk_findings(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding["principle"] in RISK_PRINCIPLES]


def _dropped_rows(
    earlier: Mapping[ProviderRegime, LevelWithFindings], later: Mapping[ProviderRegime, LevelWithFindings]
) -> set[int]:
    """Rows of the ledger that only the earlier findings rest on."""
    before, now = (
        {seq for judged in side.values() for finding in judged.findings for seq in finding["seqs"]}
        for side in (earlier, later)
    )
    return before - now


def _read_retracted_rows(session: Session, rows: Collection[int], upto_seq: int) -> set[int]:
    """Those of some rows that were retracted after a run."""
    o, found = OBSERVATION.c, set[int]()
    for chunk in bulk.split_chunks(sorted(seq for seq in rows if seq > 0)):
        found.update(session.scalars(select(o.retracts).where(o.retracts.in_(chunk), o.seq > upto_seq)))
    return found


def run_differences(session: Session, before: Run, run: Run, regime: str) -> RunDifferences:
    """How two runs differ under a regime."""
    files = _read_regime_files(session, [of.regimes[regime] for of in (before, run) if regime in of.regimes])
    was, now = (files.get(of.regimes.get(regime, ""), {}) for of in (before, run))
    return replace(
        version_differences(was, now, since=before.day, upto_seq=before.upto_seq),
        has_other_model=before.model_hash != run.model_hash,
        has_other_service=before.code_version != run.code_version,
    )


def version_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, since: date, upto_seq: int
) -> RunDifferences:
    """How two runs differ by the file of their regime.

    Args:
        before: the file in the earlier run; empty where it had none.
        after: that in the later run.
        since: the earlier run's day.
        upto_seq: the newest row of the ledger that the earlier run could read.
    """
    is_other = bool(before) and bool(after) and before != after
    return RunDifferences(
        since=since,
        upto_seq=upto_seq,
        versions=_version_pair(before, after) if is_other else None,
        changed_rules=changed_rules(before, after) | changed_rules(after, before) if is_other else frozenset(),
        has_other_combination=is_other and _combination_parts(before) != _combination_parts(after),
        has_other_coverage=is_other and before.get("covers") != after.get("covers"),
        model_rules=_rules_of_kind(after, {"probability_over"}) | _rules_of_kind(before, {"probability_over"}),
        comparing_rules=_rules_of_kind(after, {"quantile", "siblings"}),
        counting_rules=_counting_rules(after),
    )


def _read_regime_files(session: Session, hashes: Collection[str]) -> dict[str, Mapping[str, Any]]:
    rows = session.execute(select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(hashes)))
    return {row.sha256: parse_archived_regime(row.body) for row in rows}


def _version_pair(was: Mapping[str, Any], now: Mapping[str, Any]) -> Versions:
    """What tells two versions of a regime apart: their numbers, which start anew with each first day."""
    numbers = [str(file.get("version", 1)) for file in (was, now)]
    days = [file.get("valid_from") for file in (was, now)]
    if days[0] == days[1]:
        return Versions(*numbers)
    return Versions(*(f"{number} of {day}" for number, day in zip(numbers, days, strict=True)))


def _combination_parts(file: Mapping[str, Any]) -> tuple[Any, ...]:
    """How a regime's file puts findings together into a level; the titles and sources in it change nothing."""
    sections = file.get("principles", {})
    parts = [
        {key: value for key, value in sections.get(principle, {}).items() if key not in {"rules", "source", "evidence"}}
        for principle in RISK_PRINCIPLES
    ]
    return file.get("risk"), file.get("levels"), parts


def _rules_of_kind(file: Mapping[str, Any], kinds: Collection[str]) -> frozenset[RuleKey]:
    return frozenset(rule for rule, of in _list_rules(file) if of.get("kind") in kinds)


def _counting_rules(file: Mapping[str, Any]) -> frozenset[RuleKey]:
    return frozenset(rule for rule, of in _list_rules(file) if of.get("expression") == COMPLETENESS)


def _list_rules(file: Mapping[str, Any]) -> list[tuple[RuleKey, Mapping[str, Any]]]:
    sections = file.get("principles", {})
    return [((key, rule["key"]), rule) for key, section in sections.items() for rule in section.get("rules", ())]


# --- what a new version of a regime does, for its owner


class MovedProvider(NamedTuple):
    """A provider that a new version moves."""

    provider: str  # its identifier
    name: str
    before: Level
    after: Level


@dataclass(frozen=True)
class RegimeChange:
    """What a version of a regime did on the first day on which it was used."""

    regime: str  # its key
    title: str
    versions: Versions
    changed_rules: tuple[str, ...]  # keys of rules that both versions have
    added_rules: tuple[str, ...]
    removed_rules: tuple[str, ...]
    other_parts: tuple[str, ...]  # of the file, in words
    level_moves: Mapping[tuple[Level, Level], int]  # by the rule alone, how many providers from which level to which
    mixed_moves: int  # moved by the rule and by something else
    examples: tuple[MovedProvider, ...]


def read_regime_changes(session: Session, run: Run) -> list[RegimeChange]:
    """The regimes of which a run uses another version than the run before, each with what that does.

    One that covers nobody in either run is left out.
    """
    before = previous_run(session, run)
    if before is None:
        return []
    keys = sorted(key for key in run.regimes.keys() & before.regimes if run.regimes[key] != before.regimes[key])
    is_of_either = ASSESSMENT.run_id.in_([before.id, run.id])
    used = set(session.scalars(select(ASSESSMENT.regime).where(is_of_either, ASSESSMENT.regime.in_(keys)).distinct()))
    return [_build_regime_change(session, before, run, key) for key in keys if key in used]


def _build_regime_change(session: Session, before: Run, run: Run, regime: str) -> RegimeChange:
    files = _read_regime_files(session, [before.regimes[regime], run.regimes[regime]])
    was, now = files.get(before.regimes[regime], {}), files.get(run.regimes[regime], {})
    rules_before, rules_now = ({rule for rule, _ in _list_rules(file)} for file in (was, now))
    moved = _read_moved_rows(session, before, run, regime)
    found = causes_between(session, before, run, {(row.provider_id, regime) for row in moved})
    causes = {row.provider_id: found.get((row.provider_id, regime), UNKNOWN_CAUSES) for row in moved}
    by_rule = [row for row in moved if causes[row.provider_id].is_rule_alone]
    parts = {
        "whom it covers": was.get("covers") != now.get("covers"),
        "how findings make a level": _combination_parts(was) != _combination_parts(now),
        "stages and clocks": was.get("ladder") != now.get("ladder"),
    }
    return RegimeChange(
        regime=regime,
        title=str(now.get("title", regime)),
        versions=_version_pair(was, now),
        changed_rules=_format_rules(changed_rules(was, now) & rules_before),
        added_rules=_format_rules(rules_now - rules_before),
        removed_rules=_format_rules(rules_before - rules_now),
        other_parts=tuple(words for words, is_other in parts.items() if is_other),
        level_moves=Counter((Level(row.was), Level(row.level)) for row in by_rule),
        mixed_moves=sum(ChangeCause.RULE in of.causes and not of.is_rule_alone for of in causes.values()),
        examples=tuple(
            MovedProvider(row.key, row.provider_name or row.key, Level(row.was), Level(row.level))
            for row in by_rule[:MAX_EXAMPLES]
        ),
    )


def _format_rules(rules: Iterable[RuleKey]) -> tuple[str, ...]:
    order = list(Principle)
    return tuple(
        f"{key} ({principle})"
        for principle, key in sorted(rules, key=lambda of: (order.index(Principle(of[0])), of[1]))
    )


def _read_moved_rows(session: Session, before: Run, run: Run, regime: str) -> Sequence[Any]:
    """The providers with another level than in the run before, those that stand worst now first."""
    a, was = ASSESSMENT, table_of(Assessment).alias("was").c
    rows = session.execute(
        select(a.provider_id, a.provider_name, a.level, was.level.label("was"), SUBJECT.key)
        .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == a.provider_id)
        .join(was.id.table, and_(was.run_id == before.id, was.provider_id == a.provider_id, was.regime == a.regime))
        .where(a.run_id == run.id, a.regime == regime, a.level != was.level)
    ).all()
    return sorted(rows, key=lambda row: (-Level(row.level).rank, -Level(row.was).rank, row.key))
