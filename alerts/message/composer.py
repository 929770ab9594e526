"""Composes the texts of one run's messages: what is new, then what stands, and no more than a recipient may see.

Recipients who are told the same get the same text, composed once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from heapq import nsmallest
from typing import Any

from sqlalchemy import select

from access.viewer import ReaderAudiences
from alerts.decide import Reason
from alerts.escalation.acknowledgements import read_acknowledgements
from alerts.escalation.change_causes import Causes
from alerts.escalation.no_action import EscalationWithoutAction, read_escalations_without_action
from alerts.escalation.state_changes import ESCALATION, SUBJECT, StateChange
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

SUMMARY = "summary"  # the part of a message that is not about one escalation alone
MAX_STILL_OPEN = 10  # escalations without news, in a summary
MAX_WITHOUT_ACTION = 3


@dataclass
class UnsentNews:
    """What a message is to tell."""

    items: list[NewsItem] = field(default_factory=list)
    overdue_clocks: list[str] = field(default_factory=list)
    late_milestones: list[str] = field(default_factory=list)

    @cached_property
    def merged_items(self) -> list[NewsItem]:
        """What the items come to, in the order of telling; asked for when all of them are there."""
        return sort_items(merge_by_escalation(self.items))


class MessageComposer:
    """Composes texts, each once."""

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
        self._run, self._policy, self._about = run, policy, provider_lines
        self._address, self._fresh, self._knows = address.rstrip("/"), freshness, known_escalations
        self._open = _read_open_escalations(
            session, run, changes, {number for of in known_escalations.values() for number in of}
        )
        self._undone = read_escalations_without_action(session, policy.nothing_done, run.day, audiences=None)
        self._sources = tuple(finding["title"] for finding in run.source_findings)
        self._texts: dict[Any, MessageText] = {}

    def compose_text(self, recipient: str, number: int, part: str, unsent: UnsentNews) -> MessageText:
        """A message to a recipient."""
        sees = self._policy.recipients[recipient].audiences
        items = unsent.merged_items
        described = described_items(self._policy, unsent)
        if part != SUMMARY:
            edition = RunContext(self._run.day, self._address, {})
            return body.compose_single(self._about.compose_line(described[0], sees), edition)
        known = (self._visible_escalation(sees, one) for one in self._knows.get(number, ()) if one in self._open)
        stands = [one for one in known if one is not None]
        news = {item.escalation for item in items}
        quiet = [one for one in stands if one.escalation not in news]
        worst = nsmallest(MAX_STILL_OPEN, quiet, key=lambda one: (-one.level.rank, one.since, one.provider))
        mine = {one.escalation: one.level for one in stands}
        nothing_done = [one for one in self._undone if mine.get(one.escalation) is one.level]
        levels = Counter(one.level for one in stands)
        key = (
            tuple(items),
            tuple(unsent.overdue_clocks),
            tuple(unsent.late_milestones),
            sees,
            tuple(sorted(levels.items())),
            tuple(worst),
            tuple(nothing_done),
        )
        if key not in self._texts:
            edition = RunContext(
                day=self._run.day,
                address=self._address,
                open_counts=levels,
                source_notes=self._sources,
                open_escalations=worst,
                overdue_clocks=unsent.overdue_clocks,
                late_milestones=unsent.late_milestones,
                without_action=[_format_without_action(one) for one in nothing_done[:MAX_WITHOUT_ACTION]],
                more_without_action=max(0, len(nothing_done) - MAX_WITHOUT_ACTION),
                freshness=self._fresh,
                rule_moves=self._merge_rule_moves([item for item in items if item.is_rule_move]),
            )
            counts = Counter((item.reason, item.level) for item in items if not item.is_rule_move)
            self._texts[key] = body.compose_summary(
                [self._about.compose_line(item, sees) for item in described], counts, edition
            )
        return self._texts[key]

    def _merge_rule_moves(self, items: Sequence[NewsItem]) -> RuleMoves:
        """What another rule, or model, moved."""
        causes = Causes(frozenset(cause for item in items for cause in item.causes.causes))
        return RuleMoves(Counter((item.before, item.level) for item in items), causes)

    def _visible_escalation(self, audiences: ReaderAudiences, number: int) -> OpenEscalation | None:
        """What stands open, at the level that the recipient may know of; None where that is no alarming one."""
        one = self._open[number]
        seen = self._about.redacted_assessment(audiences, one.provider_id, one.regime)
        if seen is None or seen.level.rank >= one.level.rank:
            return one
        since = one.reached.get(seen.level, one.since)
        return replace(one, level=seen.level, since=since) if seen.level.rank else None


def described_items(policy: Policy, unsent: UnsentNews) -> Sequence[NewsItem]:
    """The news that a message has a line for; of the rest it gives the number."""
    return unsent.merged_items[: policy.lines]


def merge_by_escalation(items: Iterable[NewsItem]) -> list[NewsItem]:
    """Of several pieces of news about one escalation, which a digest may hold, what they come to."""
    found: dict[int, NewsItem] = {}
    for item in items:
        first = found.get(item.escalation)
        found[item.escalation] = item if first is None else _merge_items(first, item)
    return list(found.values())


def _merge_items(first: NewsItem, then: NewsItem) -> NewsItem:
    """Two pieces of news in a row as one: from where it stood before the first to where it stands after the second."""
    reason = then.reason
    is_new = first.reason in {Reason.BASELINE, Reason.OPENED, Reason.REOPENED}
    if not reason.is_closing and (is_new or reason.is_reminder):
        reason = first.reason
    elif not reason.is_closing and first.before is not None and not first.reason.is_reminder:
        stands = then.level.rank == first.before.rank and reason is Reason.ADDED
        if not stands:
            reason = Reason.RAISED if then.level.rank > first.before.rank else Reason.LOWERED
    return then._replace(reason=reason, before=first.before, causes=first.causes.combine_with(then.causes))


def sort_items(items: Iterable[NewsItem]) -> list[NewsItem]:
    """Worse first and worst first, then what waits, what is gone, what came down, what only a rule moved."""

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
    """What stands open after the run, of what somebody knows; regimes that this run did not score included."""
    found: dict[int, OpenEscalation] = {}
    gone = set()
    for change in changes:
        number = change.escalation_id or 0
        if change.news.reason.is_closing:
            gone.add(number)
        elif number in wanted:
            level = change.news.level
            since = change.state.reached.get(level, change.state.opened_on or run.day)
            found[number] = OpenEscalation(
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
    for chunk in bulk.split_chunks(sorted(set(wanted) - found.keys() - gone)):
        rows = session.execute(
            select(e.id, SUBJECT.key, e.level, e.reached, e.provider_id, e.regime)
            .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
            .where(e.id.in_(chunk), e.closed_on.is_(None))
        )
        for row in rows:
            reached = {Level(level): date.fromisoformat(day) for level, day in row.reached.items()}
            level = Level(row.level)
            found[row.id] = OpenEscalation(
                row.id,
                row.key,
                row.key,
                level,
                reached[level],
                provider_id=row.provider_id,
                regime=row.regime,
                reached=reached,
            )
    for number, taken in read_acknowledgements(session, found.keys()).items():
        found[number] = replace(found[number], acknowledgement=taken.text_in_force(found[number].level, run.day))
    unnamed = [one.provider for one in found.values() if one.name == one.provider]
    known = read_names(session, unnamed, run.day) if unnamed else {}
    return {number: replace(one, name=known.get(one.provider, one.name)) for number, one in found.items()}
