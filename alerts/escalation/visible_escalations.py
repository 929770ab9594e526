"""What somebody may know of escalations: what rests on findings for others has not happened for them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from access.assessments import AssessmentKey, redacted_assessments
from access.permissions import Role
from access.redaction import VisibleAssessment
from access.viewer import ReaderAudiences, Viewer, may_see
from alerts import policy as policies
from alerts.decide import Reason
from alerts.escalation.added_findings import RuleKey, adverse_findings, read_added_findings
from alerts.escalation.entries import ENTRY, ActionKind, CausedChange
from alerts.escalation.state_changes import ALARMING_LEVELS, ASSESSMENT, ESCALATION, NOTIFIED_RUN, RUN
from alerts.message.regime_changes import visible_causes
from models import bulk
from models.alerting import Escalation, EscalationEntry, Message, NotifiedRun, Recipient
from models.casework import CaseEntry
from models.database import Session, table_of
from models.scoring import ArchivedFile
from models.subjects import Audience
from models.vocabulary import PUBLIC, Level, RunStatus, View

MESSAGE, RECIPIENT, ARCHIVED = table_of(Message).c, table_of(Recipient).c, table_of(ArchivedFile).c
CASE, AUDIENCE = table_of(CaseEntry).c, table_of(Audience).c


@dataclass
class VisibleEscalation:
    """An escalation of which somebody may not know everything, as far as they may."""

    entries: list[Any] = field(default_factory=list)
    level: Level = Level.NONE
    reason: str = ""
    opened_on: date | None = None
    changed_on: date | None = None
    closed_on: date | None = None
    reached: dict[Level, date] = field(default_factory=dict)  # since when it is at each level or a worse one
    caused_changes: list[CausedChange] = field(default_factory=list)  # the changes that runs made, by what they may see

    @property
    def is_open(self) -> bool:
        """Whether it stands open."""
        return self.opened_on is not None and self.closed_on is None

    def is_listed(self, is_closed: bool) -> bool:
        """Whether it is listed: one of which nothing may be known is not, nor one that is over without a close."""
        return self.opened_on is not None and (self.closed_on is not None) == is_closed and self.level is not Level.NONE

    @property
    def entry_ids(self) -> set[int]:
        """The numbers of its entries."""
        return {entry.id for entry in self.entries}

    @property
    def change_numbers(self) -> set[int]:
        """The numbers of its changes."""
        return {entry.change for entry in self.entries}


def visible_escalations(
    session: Session, audiences: ReaderAudiences, escalations: Collection[int]
) -> dict[int, VisibleEscalation]:
    """Of these escalations, those of which somebody may not know everything, by number.

    One of which they may know nothing has no entries.
    """
    if audiences is None:
        return {}
    rows = list[Any]()
    for chunk in bulk.split_chunks(sorted(escalations)):
        rows += session.execute(
            select(table_of(EscalationEntry), ESCALATION.provider_id, ESCALATION.regime)
            .join_from(table_of(EscalationEntry), table_of(Escalation), ESCALATION.id == ENTRY.escalation_id)
            .where(ENTRY.escalation_id.in_(chunk))
            .order_by(ENTRY.id)
        )
    newest = session.scalar(
        select(RUN.id)
        .where(RUN.status == RunStatus.DONE, RUN.view == View.FULL)
        .order_by(RUN.day.desc(), RUN.id.desc())
        .limit(1)
    )
    runs = {row.run_id for row in rows} | {newest}
    seen = _redacted_assessments(
        session, audiences, {run for run in runs if run is not None}, {row.provider_id for row in rows}
    )
    partial = {(provider, regime) for _, provider, regime in seen}
    found: dict[int, VisibleEscalation] = {}
    rows = [row for row in rows if (row.provider_id, row.regime) in partial]
    grown = read_added_findings(session, {row.escalation_id for row in rows if row.kind == Reason.ADDED})
    added = {(number, one.change): one.rules for number, of in grown.items() for one in of}
    for row in rows:
        story = found.setdefault(row.escalation_id, VisibleEscalation())
        of = added.get((row.escalation_id, row.change), frozenset())
        _apply_entry(story, row, seen.get((row.run_id, row.provider_id, row.regime)), of)
    for row in rows:
        story = found[row.escalation_id]
        if row.run_id is not None and row.id in story.entry_ids:
            causes = visible_causes(session, row.run_id, (row.provider_id, row.regime), audiences)
            story.caused_changes.append(CausedChange(row.change, Reason(row.kind), causes))
    for row in rows:
        if row.escalation_id in found:
            _apply_newest_run(found[row.escalation_id], seen.get((newest or 0, row.provider_id, row.regime)))
    return found


def _redacted_assessments(
    session: Session, audiences: ReaderAudiences, runs: Collection[int], providers: Collection[int]
) -> Mapping[AssessmentKey, VisibleAssessment]:
    found: dict[AssessmentKey, VisibleAssessment] = {}
    for chunk in bulk.split_chunks(sorted(runs)):
        found |= redacted_assessments(session, audiences, ASSESSMENT.run_id.in_(chunk))
    return {key: seen for key, seen in found.items() if key[1] in providers}


def _apply_entry(
    escalation: VisibleEscalation, entry: Any, assessment: VisibleAssessment | None, added_rules: Collection[RuleKey]
) -> None:
    """Add an entry to the story, if it is to be known: what it says does not rest on what is for others alone.

    Args:
        escalation: as far as it goes.
        entry: the next of the escalation's.
        assessment: the provider as they see it in the run that made the entry; None where they see all of it.
        added_rules: what the entry says was added.
    """
    level = Level(entry.level)
    if entry.kind in set(ActionKind):
        is_known = escalation.opened_on is not None and level.rank <= escalation.level.rank
    elif Reason(entry.kind).is_closing:
        is_known = escalation.is_open
    else:
        is_known = assessment is None or assessment.level.rank >= level.rank
        if escalation.is_open and level.rank == escalation.level.rank:
            is_known = is_known and entry.kind == Reason.ADDED and _is_addition_visible(added_rules, level, assessment)
        is_known = is_known and (escalation.is_open or entry.kind != Reason.LOWERED)
    if not is_known:
        return
    escalation.entries.append(entry)
    if entry.kind in {ActionKind.ACKNOWLEDGED, ActionKind.SILENCED, ActionKind.UNSILENCED}:
        return
    escalation.reason, escalation.changed_on = entry.kind, entry.about_on
    if entry.kind == ActionKind.CLOSED or (entry.kind not in set(ActionKind) and Reason(entry.kind).is_closing):
        escalation.closed_on = entry.about_on
        return
    escalation.level, escalation.closed_on = level, None
    escalation.opened_on = escalation.opened_on or entry.about_on
    up_to = [one for one in ALARMING_LEVELS if one.rank <= level.rank]
    kept = {} if entry.kind == ActionKind.REOPENED else escalation.reached
    escalation.reached = {one: kept.get(one, entry.about_on) for one in up_to}


def _is_addition_visible(added_rules: Collection[RuleKey], level: Level, assessment: VisibleAssessment | None) -> bool:
    """Whether any of what was added is held against a provider by what somebody may see."""
    now = {} if assessment is None else adverse_findings(assessment.findings)
    return assessment is None or any(now.get(rule, 0) >= level.rank for rule in added_rules)


def _apply_newest_run(escalation: VisibleEscalation, assessment: VisibleAssessment | None) -> None:
    """What by now only stands because of what is for others stands no more."""
    if assessment is not None and escalation.is_open and assessment.level.rank < escalation.level.rank:
        escalation.level = assessment.level
        escalation.reached = {
            level: day for level, day in escalation.reached.items() if level.rank <= assessment.level.rank
        }


def visible_messages(session: Session, viewer: Viewer) -> Sequence[Any]:
    """The messages whose recipients see no more than the reader, newest first.

    An operator has to see whether messages leave: of all others an operator sees everything but the subject, and the
    subject too while nothing at all is entered or found for an audience.
    """
    if not viewer.may_read_messages:
        return []
    m, sees = MESSAGE, viewer.audiences
    rows = session.execute(
        select(
            m.id,
            m.channel,
            m.status,
            m.attempts,
            m.subject,
            m.last_error,
            RECIPIENT.key.label("recipient"),
            NOTIFIED_RUN.policy_sha256,
        )
        .join_from(table_of(Message), table_of(Recipient), RECIPIENT.id == m.recipient_id)
        .outerjoin(table_of(NotifiedRun), NOTIFIED_RUN.run_id == m.run_id)
        .order_by(m.id.desc())
    )
    is_operator = Role.OPERATOR in viewer.roles
    is_all_public = is_operator and _is_all_public(session)
    theirs, found = dict[str, Mapping[str, ReaderAudiences]](), list[Any]()
    for row in rows:
        if sees is not None and row.policy_sha256 not in theirs:
            theirs[row.policy_sha256] = _recipient_audiences(session, row.policy_sha256)
        if is_all_public or sees is None or _has_no_more_audiences(theirs[row.policy_sha256].get(row.recipient), sees):
            found.append(row)
        elif is_operator:
            found.append(SimpleNamespace(**{**row._mapping, "subject": ""}))
    return found


def _is_all_public(session: Session) -> bool:
    """Whether nothing is entered or found that is for an audience."""
    entered = select(CASE.id).join(table_of(Audience), AUDIENCE.id == CASE.audience_id).where(AUDIENCE.key != PUBLIC)
    scored = select(ASSESSMENT.id).where(ASSESSMENT.audiences != "")
    return not any(session.scalar(statement.limit(1)) for statement in (entered, scored))


def _has_no_more_audiences(recipient_audiences: ReaderAudiences, audiences: ReaderAudiences) -> bool:
    return recipient_audiences is not None and may_see(audiences, recipient_audiences)


def _recipient_audiences(session: Session, policy_sha256: str | None) -> Mapping[str, ReaderAudiences]:
    """What each recipient of an archived policy sees."""
    body = session.scalar(select(ARCHIVED.body).where(ARCHIVED.sha256 == policy_sha256)) or ""
    try:
        policy = policies.policy_from_text(body)
    except policies.WrongPolicy:  # of an earlier form
        return {}
    return {key: to.audiences for key, to in policy.recipients.items()}


def visible_rows(rows: Iterable[Any], redacted_escalations: Mapping[int, VisibleEscalation]) -> list[Any]:
    """The rows about changes of escalations (``escalation_id``, ``change``) that are to be known."""
    return [
        row
        for row in rows
        if row.escalation_id not in redacted_escalations
        or row.change in redacted_escalations[row.escalation_id].change_numbers
    ]
