"""Composes the texts of one run's messages: the news, then the open escalations, as far as a recipient may see them.

Recipients with the same news and the same audiences share one text.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import nsmallest

from sqlalchemy import select

from access.viewer import ReaderAudiences
from alerts.decide import Reason
from alerts.escalation.acknowledgements import read_acknowledgements
from alerts.escalation.change_causes import Causes
from alerts.escalation.no_action import EscalationWithoutAction, read_escalations_without_action
from alerts.escalation.state_changes import ESCALATION, SUBJECT, StateChange, parse_reached
from alerts.message import body
from alerts.message.contents import MessageText, OpenEscalation, RuleMoves, RunContext
from alerts.message.provider_lines import NewsItem, ProviderLines
from alerts.policy import Policy
from indicators.names import read_names
from models import bulk
from models.alerting import Escalation
from models.database import Session, table_of
from models.scoring import Run
from models.subjects import Subject
from models.vocabulary import Level
from text.english import format_day

SUMMARY = "summary"  # the part of a message about all the news of a run
MAX_STILL_OPEN = 10  # escalations without news, in a summary
MAX_WITHOUT_ACTION = 3


@dataclass
class UnsentNews:
    """The news of one message."""

    items: list[NewsItem] = field(default_factory=list)
    overdue_clocks: list[str] = field(default_factory=list)
    late_milestones: list[str] = field(default_factory=list)

    @cached_property
    def merged_items(self) -> list[NewsItem]:
        """One item for each escalation, in the order of the message; to be read only when ``items`` is complete."""
        return sort_items(merge_by_escalation(self.items))


class MessageComposer:
    """Composes texts, each text once."""

    def __init__(
        self,
        session: Session,
        run: Run,
        policy: Policy,
        provider_lines: ProviderLines,
        changes: Iterable[StateChange],
        *,
        address: str,
        freshness: str,
        known_escalations: Mapping[int, Collection[int]],
    ) -> None:
        self._run, self._policy, self._lines = run, policy, provider_lines
        self._address, self._freshness, self._known = address.rstrip("/"), freshness, known_escalations
        self._open = _read_open_escalations(
            session, run, changes, {number for numbers in known_escalations.values() for number in numbers}
        )
        self._without_action = read_escalations_without_action(session, policy.nothing_done, run.day, audiences=None)
        self._sources = tuple(finding["title"] for finding in run.source_findings)
        self._texts: dict[tuple[object, ...], MessageText] = {}

    def compose_text(self, recipient: str, number: int, part: str, unsent: UnsentNews) -> MessageText:
        """The text of one message to a recipient."""
        audiences = self._policy.recipients[recipient].audiences
        items = unsent.merged_items
        described = described_items(self._policy, unsent)
        if part != SUMMARY:
            context = RunContext(self._run.day, self._address, {})
            return body.compose_single(self._lines.compose_line(described[0], audiences), context)
        known = [escalation for escalation in self._known.get(number, ()) if escalation in self._open]
        visible = (self._visible_escalation(audiences, escalation) for escalation in known)
        open_ones = [escalation for escalation in visible if escalation is not None]
        with_news = {item.escalation for item in items}
        worst = nsmallest(
            MAX_STILL_OPEN,
            (escalation for escalation in open_ones if escalation.escalation not in with_news),
            key=lambda escalation: (-escalation.level.rank, escalation.since, escalation.provider),
        )
        level_of = {escalation.escalation: escalation.level for escalation in open_ones}
        without_action = [
            escalation for escalation in self._without_action if level_of.get(escalation.escalation) is escalation.level
        ]
        levels = Counter(level_of.values())
        key = (
            tuple(items),
            tuple(unsent.overdue_clocks),
            tuple(unsent.late_milestones),
            audiences,
            tuple(sorted(levels.items())),
            tuple(worst),
            tuple(without_action),
        )
        if key not in self._texts:
            context = RunContext(
                day=self._run.day,
                address=self._address,
                open_counts=levels,
                source_notes=self._sources,
                open_escalations=worst,
                overdue_clocks=unsent.overdue_clocks,
                late_milestones=unsent.late_milestones,
                without_action=[
                    _format_without_action(escalation) for escalation in without_action[:MAX_WITHOUT_ACTION]
                ],
                more_without_action=max(0, len(without_action) - MAX_WITHOUT_ACTION),
                freshness=self._freshness,
                rule_moves=self._merge_rule_moves([item for item in items if item.is_rule_move]),
            )
            counts = Counter((item.reason, item.level) for item in items if not item.is_rule_move)
            self._texts[key] = body.compose_summary(
                [self._lines.compose_line(item, audiences) for item in described], counts, context
            )
        return self._texts[key]

    def _merge_rule_moves(self, items: Sequence[NewsItem]) -> RuleMoves:
        """The moves by a changed rule or model."""
        causes = Causes(frozenset(cause for item in items for cause in item.causes.causes))
        return RuleMoves(Counter((item.before, item.level) for item in items), causes)

    def _visible_escalation(self, audiences: ReaderAudiences, number: int) -> OpenEscalation | None:
        """The open escalation at the level that the recipient may see; None if that level is none."""
        escalation = self._open[number]
        assessment = self._lines.redacted_assessment(audiences, escalation.provider_id, escalation.regime)
        if assessment is None or assessment.level.rank >= escalation.level.rank:
            return escalation
        since = escalation.reached.get(assessment.level, escalation.since)
        return replace(escalation, level=assessment.level, since=since) if assessment.level.rank else None


def described_items(policy: Policy, unsent: UnsentNews) -> Sequence[NewsItem]:
    """The news with a line in the message; the message only counts the others."""
    return unsent.merged_items[: policy.lines]


def merge_by_escalation(items: Iterable[NewsItem]) -> list[NewsItem]:
    """One item for each escalation: a digest may hold several about the same escalation."""
    merged: dict[int, NewsItem] = {}
    for item in items:
        first = merged.get(item.escalation)
        merged[item.escalation] = item if first is None else _merge_items(first, item)
    return list(merged.values())


def _merge_items(first: NewsItem, then: NewsItem) -> NewsItem:
    """Two items in a row as one: from the level before the first to the level after the second."""
    reason = then.reason
    is_new = first.reason in {Reason.BASELINE, Reason.OPENED, Reason.REOPENED}
    if not reason.is_closing and (is_new or reason.is_reminder):
        reason = first.reason
    elif not reason.is_closing and first.before is not None and not first.reason.is_reminder:
        is_unchanged = then.level.rank == first.before.rank and reason is Reason.ADDED
        if not is_unchanged:
            reason = Reason.RAISED if then.level.rank > first.before.rank else Reason.LOWERED
    return then._replace(reason=reason, before=first.before, causes=first.causes.combine_with(then.causes))


def sort_items(items: Iterable[NewsItem]) -> list[NewsItem]:
    """The order of a message: worse levels, open ones without action, ended ones, lowered ones, moves by a rule."""

    def place(item: NewsItem) -> tuple[int, int, bool]:
        reason = item.reason
        if item.is_rule_move:
            return 4, -max(item.level.rank, item.before.rank if item.before else 0), False
        if reason.is_worse or reason.is_reminder:
            return int(reason.is_reminder), -item.level.rank, reason is Reason.ADDED
        return 2 if reason is Reason.ENDED else 3, -(item.before or Level.NONE).rank, False

    return sorted(items, key=place)


def _format_without_action(escalation: EscalationWithoutAction) -> str:
    return f"{escalation.name} ({escalation.level}), since {format_day(escalation.since)}"


def _read_open_escalations(
    session: Session, run: Run, changes: Iterable[StateChange], wanted: Collection[int]
) -> dict[int, OpenEscalation]:
    """The wanted escalations that are open after the run, including those of regimes that the run did not score."""
    open_ones: dict[int, OpenEscalation] = {}
    closed = set()
    for change in changes:
        number = change.escalation_id or 0
        if change.news.reason.is_closing:
            closed.add(number)
        elif number in wanted:
            level = change.news.level
            since = change.state.reached.get(level, change.state.opened_on or run.day)
            open_ones[number] = OpenEscalation(
                number,
                change.provider,
                change.name,
                level,
                since,
                provider_id=change.provider_id,
                regime=change.regime,
                reached=change.state.reached,
            )
    e = ESCALATION
    for chunk in bulk.split_chunks(sorted(set(wanted) - open_ones.keys() - closed)):
        rows = session.execute(
            select(e.id, SUBJECT.key, e.level, e.reached, e.provider_id, e.regime)
            .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
            .where(e.id.in_(chunk), e.closed_on.is_(None))
        )
        for row in rows:
            reached = parse_reached(row.reached)
            level = Level(row.level)
            open_ones[row.id] = OpenEscalation(
                row.id,
                row.key,
                row.key,
                level,
                reached[level],
                provider_id=row.provider_id,
                regime=row.regime,
                reached=reached,
            )
    for number, acknowledgement in read_acknowledgements(session, open_ones.keys()).items():
        open_ones[number] = replace(
            open_ones[number], acknowledgement=acknowledgement.text_in_force(open_ones[number].level, run.day)
        )
    unnamed = [escalation.provider for escalation in open_ones.values() if escalation.name == escalation.provider]
    names = read_names(session, unnamed, run.day) if unnamed else {}
    return {
        number: replace(escalation, name=names.get(escalation.provider, escalation.name))
        for number, escalation in open_ones.items()
    }
