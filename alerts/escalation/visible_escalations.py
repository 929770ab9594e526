"""Works out which parts of an escalation a reader may see.

Changes that rest only on findings restricted to other audiences are left out, as if they had not happened; the state
follows from the other entries.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from access.assessments import AssessmentKey, redacted_assessments
from access.permissions import Role
from access.redaction import VisibleAssessment
from access.viewer import ReaderAudiences, Viewer, may_see
from alerts import policy as policies
from alerts.decide import EscalationState, Reason
from alerts.escalation.added_findings import RuleKey, adverse_findings, read_added_findings
from alerts.escalation.entries import ENTRY, CausedChange
from alerts.escalation.episode import NO_ENTRIES, EntryKind, EpisodeEntry, apply_entry
from alerts.escalation.read_causes import visible_causes
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, NOTIFIED_RUN, ProviderRegime
from models import bulk
from models.alerting import Escalation, EscalationEntry, Message, NotifiedRun, Recipient
from models.casework import CaseEntry
from models.database import Session, table_of
from models.scoring import ArchivedFile
from models.subjects import Audience
from models.vocabulary import PUBLIC, Level
from risk.runs import find_newest_run

MESSAGE, RECIPIENT, ARCHIVED = table_of(Message).c, table_of(Recipient).c, table_of(ArchivedFile).c
CASE, AUDIENCE = table_of(CaseEntry).c, table_of(Audience).c


@dataclass
class VisibleEscalation:
    """The part of an escalation that a reader may see. An escalation without visible entries has the empty state."""

    entries: list[EpisodeEntry] = field(default_factory=list)
    state: EscalationState = NO_ENTRIES
    caused_changes: list[CausedChange] = field(default_factory=list)  # the visible changes by runs, with visible causes

    def is_listed(self, is_closed: bool) -> bool:
        """Whether a list shows it: a reader sees that it was opened, and its level has not gone back to none."""
        state = self.state
        return state.opened_on is not None and state.is_open != is_closed and state.level is not Level.NONE

    @property
    def entry_ids(self) -> set[int]:
        """The numbers of its entries."""
        return {entry.entry_id for entry in self.entries}

    @property
    def change_numbers(self) -> set[int]:
        """The numbers of its changes."""
        return {entry.change for entry in self.entries}


def visible_escalations(
    session: Session, audiences: ReaderAudiences, escalations: Collection[int]
) -> dict[int, VisibleEscalation]:
    """The visible part of each escalation that a reader may not see as a whole, by number.

    Escalations that the reader may see as a whole are left out.

    Args:
        session: the transaction.
        audiences: the reader's; None for a reader who sees everything.
        escalations: numbers of the escalations in question.
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
    newest_run = find_newest_run(session)
    newest = newest_run.id if newest_run else None
    runs = {row.run_id for row in rows} | {newest}
    assessments = _redacted_assessments(
        session, audiences, {run for run in runs if run is not None}, {row.provider_id for row in rows}
    )
    by_provider: dict[ProviderRegime, dict[int, VisibleAssessment]] = {}
    for (run, provider, regime), assessment in assessments.items():
        by_provider.setdefault((provider, regime), {})[run] = assessment
    rows = [row for row in rows if (row.provider_id, row.regime) in by_provider]
    additions = read_added_findings(session, {row.escalation_id for row in rows if row.kind == EntryKind.ADDED})
    visible: dict[int, VisibleEscalation] = {}
    for number, group in groupby(sorted(rows, key=lambda row: (row.escalation_id, row.id)), key=_escalation_of):
        history = list(group)
        key = (history[0].provider_id, history[0].regime)
        escalation = fold_visible_entries(
            [EpisodeEntry.from_row(row) for row in history],
            by_provider[key],
            {added.change: added.rules for added in additions.get(number, ())},
        )
        for entry in escalation.entries:
            if entry.run_id is not None:
                causes = visible_causes(session, entry.run_id, key, audiences)
                escalation.caused_changes.append(CausedChange(entry.change, Reason(entry.kind), causes))
        escalation.state = _lower_to_assessment(escalation.state, by_provider[key].get(newest or 0))
        visible[number] = escalation
    return visible


def _escalation_of(row: Any) -> int:
    return int(row.escalation_id)


def _redacted_assessments(
    session: Session, audiences: ReaderAudiences, runs: Collection[int], providers: Collection[int]
) -> Mapping[AssessmentKey, VisibleAssessment]:
    assessments: dict[AssessmentKey, VisibleAssessment] = {}
    for chunk in bulk.split_chunks(sorted(runs)):
        assessments |= redacted_assessments(session, audiences, ASSESSMENT.run_id.in_(chunk))
    return {key: assessment for key, assessment in assessments.items() if key[1] in providers}


def fold_visible_entries(
    entries: Iterable[EpisodeEntry],
    assessments: Mapping[int, VisibleAssessment],
    added_rules: Mapping[int, Collection[RuleKey]],
) -> VisibleEscalation:
    """The entries of an escalation that a reader may see, and the state that they make.

    Args:
        entries: all of the escalation's, oldest first.
        assessments: the provider as the reader sees it, by run; runs of which the reader sees everything are left out.
        added_rules: the rules whose findings were added, by the number of the change.
    """
    visible = VisibleEscalation()
    for entry in entries:
        assessment = assessments.get(entry.run_id or 0)
        if _is_entry_visible(visible.state, entry, assessment, added_rules.get(entry.change, frozenset())):
            visible.entries.append(entry)
            visible.state = apply_entry(visible.state, entry)
    return visible


def _is_entry_visible(
    state: EscalationState,
    entry: EpisodeEntry,
    assessment: VisibleAssessment | None,
    added_rules: Collection[RuleKey],
) -> bool:
    """Whether a reader may see an entry: it does not rest on restricted findings alone.

    Args:
        state: the state that the earlier visible entries make.
        entry: the next of the escalation's.
        assessment: the provider as the reader sees it in the run that made the entry; None: the reader sees everything.
        added_rules: the rules whose findings the entry says were added.
    """
    if entry.kind.is_action:
        return state.opened_on is not None and entry.level.rank <= state.level.rank
    if Reason(entry.kind).is_closing:
        return state.is_open
    if assessment is not None and assessment.level.rank < entry.level.rank:
        return False
    if not state.is_open:
        return entry.kind is not EntryKind.LOWERED
    if entry.level.rank == state.level.rank:
        return entry.kind is EntryKind.ADDED and _is_addition_visible(added_rules, entry.level, assessment)
    return True


def _is_addition_visible(added_rules: Collection[RuleKey], level: Level, assessment: VisibleAssessment | None) -> bool:
    """Whether at least one added finding is an adverse finding that the reader may see."""
    if assessment is None:
        return True
    adverse = adverse_findings(assessment.findings)
    return any(adverse.get(rule, 0) >= level.rank for rule in added_rules)


def _lower_to_assessment(state: EscalationState, assessment: VisibleAssessment | None) -> EscalationState:
    """The state without the levels that by now rest on restricted findings alone."""
    if assessment is None or not state.is_open or assessment.level.rank >= state.level.rank:
        return state
    reached = {level: day for level, day in state.reached.items() if level.rank <= assessment.level.rank}
    return replace(state, level=assessment.level, reached=reached)


def visible_messages(session: Session, viewer: Viewer) -> Sequence[Any]:
    """The messages whose recipients see no more than the reader, newest first.

    An operator must see whether messages are sent, and gets every other message too, without its subject. With no
    restricted information at all, the subject is included.
    """
    if not viewer.may_read_messages:
        return []
    m, audiences = MESSAGE, viewer.audiences
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
    by_policy, visible = dict[str, Mapping[str, ReaderAudiences]](), list[Any]()
    for row in rows:
        if audiences is not None and row.policy_sha256 not in by_policy:
            by_policy[row.policy_sha256] = _recipient_audiences(session, row.policy_sha256)
        if (
            is_all_public
            or audiences is None
            or _has_no_more_audiences(by_policy[row.policy_sha256].get(row.recipient), audiences)
        ):
            visible.append(row)
        elif is_operator:
            visible.append(SimpleNamespace(**{**row._mapping, "subject": ""}))
    return visible


def _is_all_public(session: Session) -> bool:
    """Whether no record and no finding is restricted to an audience."""
    entered = select(CASE.id).join(table_of(Audience), AUDIENCE.id == CASE.audience_id).where(AUDIENCE.key != PUBLIC)
    scored = select(ASSESSMENT.id).where(ASSESSMENT.audiences != "")
    return not any(session.scalar(statement.limit(1)) for statement in (entered, scored))


def _has_no_more_audiences(recipient_audiences: ReaderAudiences, audiences: ReaderAudiences) -> bool:
    return recipient_audiences is not None and may_see(audiences, recipient_audiences)


def _recipient_audiences(session: Session, policy_sha256: str | None) -> Mapping[str, ReaderAudiences]:
    """The audiences of each recipient of an archived policy."""
    body = session.scalar(select(ARCHIVED.body).where(ARCHIVED.sha256 == policy_sha256)) or ""
    try:
        policy = policies.policy_from_text(body)
    except policies.WrongPolicy:  # an earlier schema
        return {}
    return {key: to.audiences for key, to in policy.recipients.items()}


def visible_rows(rows: Iterable[Any], redacted_escalations: Mapping[int, VisibleEscalation]) -> list[Any]:
    """The rows about visible changes of escalations; each row has ``escalation_id`` and ``change``."""
    return [
        row
        for row in rows
        if row.escalation_id not in redacted_escalations
        or row.change in redacted_escalations[row.escalation_id].change_numbers
    ]
