"""Reads the facts about the providers of a message: the findings behind a level, with their dates."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

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
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, SUBJECT, StateChange, parse_reached
from alerts.message import body
from alerts.message.contents import MessageLine
from indicators.names import read_names
from models import bulk
from models.alerting import Escalation
from models.database import Session, table_of
from models.findings import Finding
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level, Principle

MAX_FINDINGS = 3  # on one line of a message
# A person acted, or the level is old: then the message is about the provider, whatever moved the level.
_NEVER_RULE_MOVES = {Reason.RETURNED, Reason.REPEATED, Reason.REOPENED, Reason.CLOSED}

FINDING_SET = table_of(FindingSet).c


class NewsItem(NamedTuple):
    """The news about one escalation in one delivery."""

    escalation: int
    run_id: int
    reason: Reason
    level: Level
    before: Level | None
    causes: Causes = UNKNOWN_CAUSES

    @property
    def is_rule_move(self) -> bool:
        """Whether only a changed rule or model moved the provider."""
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
    reached: Mapping[Level, date]  # the day each level, or a worse one, was reached
    assessed_level: Level | None  # the assessment of the run alone


class ProviderLines:
    """Composes the line about each escalation as a recipient may see it; reads everything once, for all recipients."""

    def __init__(
        self, session: Session, run: Run, changes: Collection[StateChange], outcomes: Mapping[int, str]
    ) -> None:
        self._session, self._run, self._outcomes = session, run, outcomes
        self._providers = {
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
        self._findings: dict[str, list[Finding]] = {}
        self._assessments: dict[tuple[frozenset[str], int], Mapping[AssessmentKey, VisibleAssessment]] = {}
        self._regimes = read_run_regimes(session, run)
        self._lines: dict[tuple[NewsItem, frozenset[str] | None], MessageLine] = {}
        self._acknowledgements: dict[int, Acknowledgement] = {}

    def read_items(self, items: Iterable[NewsItem]) -> None:
        """Read everything that the lines about these items need."""
        wanted = set(items)
        self._read_providers({(item.escalation, item.run_id) for item in wanted} - self._providers.keys())
        self._acknowledgements = read_acknowledgements(self._session, {item.escalation for item in wanted})
        explained = [item for item in wanted if item.reason.is_worse or item.reason.is_reminder]
        self.read_findings(self._providers[item.escalation, item.run_id].findings_sha256 for item in explained)
        self._read_additions({item.escalation for item in wanted if item.reason is Reason.ADDED})

    def read_findings(self, hashes: Iterable[str]) -> None:
        """Read these sets of findings."""
        for chunk in bulk.split_chunks(sorted(set(hashes) - self._findings.keys())):
            statement = select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(chunk))
            self._findings.update({row.sha256: risk_findings(row.findings) for row in self._session.execute(statement)})

    def read_additions(self, changes: Iterable[StateChange]) -> None:
        """Read the additions to these escalations, and their findings now."""
        wanted = list(changes)
        self._read_additions({change.escalation_id or 0 for change in wanted})
        self.read_findings(change.findings_sha256 for change in wanted)

    def _read_additions(self, escalations: Collection[int]) -> None:
        wanted = set(escalations) - self._additions.keys()
        additions = read_added_findings(self._session, wanted)
        self._additions.update({number: additions.get(number, []) for number in wanted})

    def has_visible_additions(self, audiences: ReaderAudiences, change: StateChange, last_told: LastTold) -> bool:
        """Whether a reader may see at least one adverse finding that was added since their last message."""
        additions = self._additions[change.escalation_id or 0]
        rules = {rule for added in additions if added.change > last_told.change for rule in added.rules}
        assessment = self.redacted_assessment(audiences, change.provider_id, change.regime)
        findings = self._findings.get(change.findings_sha256, ()) if assessment is None else assessment.findings
        adverse = adverse_findings(findings)
        return any(adverse.get(rule, 0) >= change.news.level.rank for rule in rules)

    def is_level_visible(self, audiences: ReaderAudiences, provider_id: int, regime: str, level: Level) -> bool:
        """Whether a reader may see the level of a provider: it does not rest on restricted findings alone."""
        assessment = self.redacted_assessment(audiences, provider_id, regime)
        return assessment is None or assessment.level.rank >= level.rank

    def redacted_assessment(
        self, audiences: ReaderAudiences, provider_id: int, regime: str
    ) -> VisibleAssessment | None:
        """The provider in the run as a reader may see it; None if the reader may see everything."""
        run = self._run.id or 0
        return self._redacted_in_run(audiences, run).get((run, provider_id, regime))

    def _redacted_in_run(self, audiences: ReaderAudiences, run_id: int) -> Mapping[AssessmentKey, VisibleAssessment]:
        """The assessments of a run that a reader may not see as a whole."""
        if audiences is None:
            return {}
        key = (frozenset(audiences), run_id)
        if key not in self._assessments:
            self._assessments[key] = redacted_assessments(self._session, audiences, ASSESSMENT.run_id == run_id)
        return self._assessments[key]

    def compose_line(self, item: NewsItem, audiences: ReaderAudiences) -> MessageLine:
        """The line about one item."""
        key = (item, None if audiences is None else frozenset(audiences))
        if key not in self._lines:
            self._lines[key] = self._build_line(item, audiences)
        return self._lines[key]

    def _build_line(self, item: NewsItem, audiences: ReaderAudiences) -> MessageLine:
        about = self._providers[item.escalation, item.run_id]
        assessments = self._redacted_in_run(audiences, item.run_id)
        assessment = assessments.get((item.run_id, about.provider_id, about.regime))
        shown: list[Finding] = []
        if item.reason.is_worse or item.reason.is_reminder:
            findings = self._findings.get(about.findings_sha256, []) if assessment is None else assessment.findings
            shown = main_findings(findings, self._added_rules(item, findings))
        days = [date.fromisoformat(finding["known_on"]) for finding in shown if finding["known_on"]]
        regime = self._regimes.get(about.regime, {})
        acknowledgement, day = self._acknowledgements.get(item.escalation), self._run.day
        has_just_ended = acknowledgement is not None and (
            item.reason.is_reminder or acknowledgement.action.until_on >= day
        )
        return MessageLine(
            provider=about.provider,
            name=about.name,
            regime=regime.get("title", about.regime),
            reason=item.reason,
            before=item.before,
            level=item.level,
            is_official=about.is_official,
            findings=[_finding_sentence(finding) for finding in shown],
            outcome=self._outcomes.get(about.provider_id, ""),
            escalation=item.escalation,
            newest_known_on=max(days, default=None),
            stage=_stage_title(regime, about.stage if assessment is None else assessment.stage)
            if shown or item.reason.is_worse
            else "",
            since=about.reached.get(item.level, about.opened_on),
            acknowledgement=acknowledgement.text_in_force(item.level, day) if acknowledgement is not None else "",
            expired_acknowledgement=acknowledgement.text_after_expiry(item.level, day)
            if acknowledgement is not None and has_just_ended
            else "",
            assessed_level=about.assessed_level,
            because_clause=self._visible_causes(
                item, about, audiences, is_partial=assessment is not None
            ).because_clause(about.regime),
            change_label=item.causes.change_label if item.is_rule_move else "",
        )

    def _visible_causes(
        self, item: NewsItem, provider: AssessedProvider, audiences: ReaderAudiences, *, is_partial: bool
    ) -> Causes:
        """The causes of the news, according to the findings that the reader may see."""
        if not is_partial or not item.causes.causes:
            return item.causes
        return visible_causes(self._session, item.run_id, (provider.provider_id, provider.regime), audiences)

    def _added_rules(self, item: NewsItem, findings: Iterable[Finding]) -> dict[RuleKey, int]:
        """The rules whose findings were added, each with its place in the message: the newest first."""
        if item.reason is not Reason.ADDED:
            return {}
        adverse = adverse_findings(findings)
        additions = [added for added in self._additions[item.escalation] if added.run_id <= item.run_id]
        return {
            rule: -added.change
            for added in additions
            for rule in added.rules
            if adverse.get(rule, 0) >= item.level.rank
        }

    def _read_providers(self, wanted: Collection[tuple[int, int]]) -> None:
        """Read the providers of earlier runs, whose news a digest has kept."""
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
                    parse_reached(row.reached),
                    Level(row.level) if row.level else None,
                )
                if row.run_id is not None:
                    self._providers[row.id, row.run_id] = newest[row.id]
        unnamed = {about.provider for about in newest.values() if about.name == about.provider}
        known = read_names(self._session, unnamed, self._run.day) if unnamed else {}
        newest = {
            number: about._replace(name=known.get(about.provider, about.name)) for number, about in newest.items()
        }
        for escalation, run in wanted:  # no longer covered in that run: as in the newest run that covers it
            self._providers.setdefault((escalation, run), newest[escalation])


def main_findings(findings: Iterable[Finding], first_rules: Mapping[RuleKey, int] | None = None) -> list[Finding]:
    """The findings that a level rests on, at most three: the worst first, and the newest of equal ones.

    Of several findings that rest on the same rows, one is chosen.

    Args:
        findings: all findings of the provider.
        first_rules: rules whose findings come first, each with a number below zero; the lowest number is at the top.
    """
    places = first_rules or {}
    candidates = risk_findings(findings)
    candidates.sort(key=lambda finding: finding["known_on"] or "", reverse=True)
    candidates.sort(key=lambda f: (-Level(f["level"]).rank, RISK_PRINCIPLES.index(Principle(f["principle"]))))
    candidates.sort(key=lambda finding: places.get((finding["principle"], finding["rule"]), 0))
    rows: set[int] = set()
    chosen: list[Finding] = []
    for finding in candidates:
        if not finding["seqs"] or not rows.issuperset(finding["seqs"]):
            chosen.append(finding)
            rows.update(finding["seqs"])
    return chosen[:MAX_FINDINGS]


def _finding_sentence(finding: Finding) -> str:
    return body.format_finding(finding["title"], finding["known_on"], is_recalled=finding["is_recalled"])


def _stage_title(regime: RegimeFile, key: str) -> str:
    """The title of a stage of the regime's ladder; empty if the ladder has no such stage."""
    return next((str(stage["title"]) for stage in regime.get("ladder", ()) if stage["key"] == key), "")
