"""Gathers what a message says about the providers it describes: the findings behind a level, with their dates."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from access.assessments import AssessmentKey, redacted_assessments
from access.redaction import VisibleAssessment
from access.viewer import ReaderAudiences
from alerts.decide import LastTold, Reason
from alerts.escalation.acknowledgements import Acknowledgement, read_acknowledgements
from alerts.escalation.added_findings import (
    RISK_PRINCIPLES,
    AddedFindings,
    RuleKey,
    adverse_findings,
    read_added_findings,
    risk_findings,
)
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes
from alerts.escalation.read_causes import visible_causes
from alerts.escalation.regime_files import RegimeFile, read_run_regimes
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, SUBJECT, StateChange
from alerts.message import body
from alerts.message.contents import MessageLine
from indicators.names import read_names
from models import bulk
from models.alerting import Escalation
from models.database import Session, table_of
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level

MAX_FINDINGS = 3  # on one line of a message
# A person did it, or it has stood for long: by then it is how the provider stands, whatever moved it.
_NEVER_RULE_MOVES = {Reason.RETURNED, Reason.REPEATED, Reason.REOPENED, Reason.CLOSED}

FINDING_SET = table_of(FindingSet).c


class NewsItem(NamedTuple):
    """A piece of news for a recipient, as its delivery has it."""

    escalation: int
    run_id: int
    reason: Reason
    level: Level
    before: Level | None
    causes: Causes = UNKNOWN_CAUSES

    @property
    def is_rule_move(self) -> bool:
        """Whether it only says that another rule, or model, moved a provider."""
        return self.causes.is_rule_alone and self.reason not in _NEVER_RULE_MOVES


class AssessedProvider(NamedTuple):
    """The provider that an escalation is about, as a run assessed it."""

    provider_id: int
    provider: str
    name: str
    regime: str
    is_official: bool
    findings_sha256: str
    stage: str
    opened_on: date
    reached: Mapping[Level, date]  # since when it is at each level or a worse one
    assessed_level: Level | None  # what the run alone says


class ProviderLines:
    """Says of each piece of news what a recipient may see of it; reads everything once, for all recipients."""

    def __init__(
        self, session: Session, run: Run, changes: Collection[StateChange], outcomes: Mapping[int, str]
    ) -> None:
        self._session, self._run, self._outcomes = session, run, outcomes
        self._about = {
            (change.escalation_id, run.id): AssessedProvider(
                change.provider_id,
                change.provider,
                change.name,
                change.regime,
                change.is_official,
                change.findings_sha256,
                change.stage,
                change.state.opened_on or run.day,
                change.state.reached,
                change.assessed_level,
            )
            for change in changes
        }
        self._additions: dict[int, list[AddedFindings]] = {}
        self._findings: dict[str, list[Mapping[str, Any]]] = {}
        self._seen: dict[tuple[frozenset[str], int], Mapping[AssessmentKey, VisibleAssessment]] = {}
        self._regimes = read_run_regimes(session, run)
        self._lines: dict[tuple[NewsItem, frozenset[str] | None], MessageLine] = {}
        self._taken_on: dict[int, Acknowledgement] = {}

    def read_items(self, items: Iterable[NewsItem]) -> None:
        """Read what is needed to speak of these, at once."""
        wanted = set(items)
        self._read_providers({(item.escalation, item.run_id) for item in wanted} - self._about.keys())
        self._taken_on = read_acknowledgements(self._session, {item.escalation for item in wanted})
        explained = [item for item in wanted if item.reason.is_worse or item.reason.is_reminder]
        self.read_findings(self._about[item.escalation, item.run_id].findings_sha256 for item in explained)
        self._read_additions({item.escalation for item in wanted if item.reason is Reason.ADDED})

    def read_findings(self, hashes: Iterable[str]) -> None:
        """Read these sets of findings."""
        for chunk in bulk.split_chunks(sorted(set(hashes) - self._findings.keys())):
            found = select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(chunk))
            self._findings.update({row.sha256: risk_findings(row.findings) for row in self._session.execute(found)})

    def read_additions(self, changes: Iterable[StateChange]) -> None:
        """Read what was added to these, and what is found of them now."""
        wanted = list(changes)
        self._read_additions({change.escalation_id or 0 for change in wanted})
        self.read_findings(change.findings_sha256 for change in wanted)

    def _read_additions(self, escalations: Collection[int]) -> None:
        wanted = set(escalations) - self._additions.keys()
        found = read_added_findings(self._session, wanted)
        self._additions.update({number: found.get(number, []) for number in wanted})

    def has_visible_additions(self, audiences: ReaderAudiences, change: StateChange, last_told: LastTold) -> bool:
        """Whether what was added since somebody was told is held against the provider by what they may see."""
        of = self._additions[change.escalation_id or 0]
        added = {rule for one in of if one.change > last_told.change for rule in one.rules}
        seen = self.redacted_assessment(audiences, change.provider_id, change.regime)
        now = adverse_findings(self._findings.get(change.findings_sha256, ()) if seen is None else seen.findings)
        return any(now.get(rule, 0) >= change.news.level.rank for rule in added)

    def is_level_visible(self, audiences: ReaderAudiences, provider_id: int, regime: str, level: Level) -> bool:
        """Whether the level of a provider may be told to somebody: it does not rest on findings for others alone."""
        seen = self.redacted_assessment(audiences, provider_id, regime)
        return seen is None or seen.level.rank >= level.rank

    def redacted_assessment(
        self, audiences: ReaderAudiences, provider_id: int, regime: str
    ) -> VisibleAssessment | None:
        """A provider as somebody sees it in the run; None where they see all of it."""
        run = self._run.id or 0
        return self._redacted_in_run(audiences, run).get((run, provider_id, regime))

    def _redacted_in_run(self, audiences: ReaderAudiences, run_id: int) -> Mapping[AssessmentKey, VisibleAssessment]:
        """What somebody may not see all of in a run."""
        if audiences is None:
            return {}
        key = (frozenset(audiences), run_id)
        if key not in self._seen:
            self._seen[key] = redacted_assessments(self._session, audiences, ASSESSMENT.run_id == run_id)
        return self._seen[key]

    def compose_line(self, item: NewsItem, audiences: ReaderAudiences) -> MessageLine:
        """What to say of one piece of news."""
        key = (item, None if audiences is None else frozenset(audiences))
        if key not in self._lines:
            self._lines[key] = self._build_line(item, audiences)
        return self._lines[key]

    def _build_line(self, item: NewsItem, audiences: ReaderAudiences) -> MessageLine:
        about = self._about[item.escalation, item.run_id]
        seen = self._redacted_in_run(audiences, item.run_id).get((item.run_id, about.provider_id, about.regime))
        shown = []
        if item.reason.is_worse or item.reason.is_reminder:
            found = self._findings.get(about.findings_sha256, []) if seen is None else seen.findings
            shown = main_findings(found, self._added_rules(item, found))
        days = [date.fromisoformat(one["known_on"]) for one in shown if one["known_on"]]
        regime = self._regimes.get(about.regime, {})
        taken, day = self._taken_on.get(item.escalation), self._run.day
        is_told = taken is not None and (item.reason.is_reminder or taken.action.until_on >= day)
        return MessageLine(
            provider=about.provider,
            name=about.name,
            regime=regime.get("title", about.regime),
            reason=item.reason,
            before=item.before,
            level=item.level,
            is_official=about.is_official,
            findings=[_finding_sentence(one) for one in shown],
            outcome=self._outcomes.get(about.provider_id, ""),
            escalation=item.escalation,
            newest_known_on=max(days, default=None),
            stage=_stage_title(regime, about.stage if seen is None else seen.stage)
            if shown or item.reason.is_worse
            else "",
            since=about.reached.get(item.level, about.opened_on),
            acknowledgement=taken.text_in_force(item.level, day) if taken is not None else "",
            expired_acknowledgement=taken.text_after_expiry(item.level, day) if taken is not None and is_told else "",
            assessed_level=about.assessed_level,
            because_clause=self._visible_causes(item, about, audiences, is_partial=seen is not None).because_clause(
                about.regime
            ),
            change_label=item.causes.change_label if item.is_rule_move else "",
        )

    def _visible_causes(
        self, item: NewsItem, provider: AssessedProvider, audiences: ReaderAudiences, *, is_partial: bool
    ) -> Causes:
        """Why a piece of news is so, by what its reader may see."""
        if not is_partial or not item.causes.causes:
            return item.causes
        return visible_causes(self._session, item.run_id, (provider.provider_id, provider.regime), audiences)

    def _added_rules(self, item: NewsItem, findings: Iterable[Mapping[str, Any]]) -> dict[RuleKey, int]:
        """What a piece of news says was added, with its place: the newest first."""
        if item.reason is not Reason.ADDED:
            return {}
        now = adverse_findings(findings)
        told = [one for one in self._additions[item.escalation] if one.run_id <= item.run_id]
        return {rule: -one.change for one in told for rule in one.rules if now.get(rule, 0) >= item.level.rank}

    def _read_providers(self, wanted: Collection[tuple[int, int]]) -> None:
        """What a digest speaks of is often news of earlier runs."""
        a, e = ASSESSMENT, ESCALATION
        runs = {run for _, run in wanted}
        of_runs = (a.provider_id == e.provider_id) & (a.regime == e.regime) & a.run_id.in_(runs)
        newest: dict[int, AssessedProvider] = {}
        for chunk in bulk.split_chunks(sorted({escalation for escalation, _ in wanted})):
            rows = self._session.execute(
                select(
                    e.id,
                    e.provider_id,
                    e.regime,
                    e.opened_on,
                    e.reached,
                    SUBJECT.key,
                    a.run_id,
                    a.provider_name,
                    a.is_official,
                    a.findings_sha256,
                    a.stage,
                    a.level,
                )
                .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
                .outerjoin(table_of(Assessment), of_runs)
                .where(e.id.in_(chunk))
                .order_by(a.run_id)
            )
            for row in rows:
                newest[row.id] = AssessedProvider(
                    row.provider_id,
                    row.key,
                    row.provider_name or row.key,
                    row.regime,
                    bool(row.is_official),
                    row.findings_sha256 or "",
                    row.stage or "",
                    row.opened_on,
                    {Level(level): date.fromisoformat(day) for level, day in row.reached.items()},
                    Level(row.level) if row.level else None,
                )
                if row.run_id is not None:
                    self._about[row.id, row.run_id] = newest[row.id]
        unnamed = {about.provider for about in newest.values() if about.name == about.provider}
        known = read_names(self._session, unnamed, self._run.day) if unnamed else {}
        newest = {
            number: about._replace(name=known.get(about.provider, about.name)) for number, about in newest.items()
        }
        for escalation, run in wanted:  # not covered any more in that run: as in the newest that has it
            self._about.setdefault((escalation, run), newest[escalation])


def main_findings(
    findings: Iterable[Mapping[str, Any]], first_rules: Mapping[RuleKey, int] | None = None
) -> list[Mapping[str, Any]]:
    """The findings that a level rests on, at most three: worst first, of those the newest.

    What rests on the same rows is told once.

    Args:
        findings: all there are.
        first_rules: rules whose findings come before all others, with a number below zero: the least is at the top.
    """
    places = first_rules or {}
    found = risk_findings(findings)
    found.sort(key=lambda f: f["known_on"] or "", reverse=True)
    found.sort(key=lambda f: (-Level(f["level"]).rank, RISK_PRINCIPLES.index(f["principle"])))
    found.sort(key=lambda f: places.get((f["principle"], f["rule"]), 0))
    told: set[int] = set()
    chosen = []
    for finding in found:
        if not finding["seqs"] or not told.issuperset(finding["seqs"]):
            chosen.append(finding)
            told.update(finding["seqs"])
    return chosen[:MAX_FINDINGS]


def _finding_sentence(finding: Mapping[str, Any]) -> str:
    return body.format_finding(finding["title"], finding["known_on"], is_recalled=finding["is_recalled"])


def _stage_title(regime: RegimeFile, key: str) -> str:
    """The title of a stage of the regime's ladder; empty if the ladder has no such stage."""
    return next((str(stage["title"]) for stage in regime.get("ladder", ()) if stage["key"] == key), "")
