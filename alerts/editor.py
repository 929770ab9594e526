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

from alerts import wording
from alerts.change_causes import Causes
from alerts.decide import Reason
from alerts.lines import Item, Lines, taken_on
from alerts.policy import Policy
from alerts.standing import ESCALATION, SUBJECT, Change
from alerts.text import day_in_words
from alerts.undone import Undone, undone
from alerts.wording import Edition, Open, RuleMoves, Text
from indicators.names import read_names
from models import bulk
from models.alerting import Escalation
from models.database import Session, table_of
from models.ledger import Subject
from models.scoring import Run
from models.vocabulary import Level
from risk.seen import ReaderAudiences

SUMMARY = "summary"  # the part of a message that is not about one escalation alone
MOST_STANDING = 10  # escalations without news, in a summary
MOST_UNDONE = 3


@dataclass
class Fresh:
    """What a message is to tell."""

    items: list[Item] = field(default_factory=list)
    lapsed: list[str] = field(default_factory=list)
    pace: list[str] = field(default_factory=list)

    @cached_property
    def news(self) -> list[Item]:
        """What the items come to, in the order of telling; asked for when all of them are there."""
        return in_order(once_each(self.items))


class Editor:
    """Composes texts, each once."""

    def __init__(
        self,
        session: Session,
        run: Run,
        policy: Policy,
        about: Lines,
        changes: Iterable[Change],
        *,
        address: str,
        fresh: str,
        knows: Mapping[int, Collection[int]],
    ) -> None:
        self._run, self._policy, self._about = run, policy, about
        self._address, self._fresh, self._knows = address.rstrip("/"), fresh, knows
        self._open = _open_now(session, run, changes, {number for of in knows.values() for number in of})
        self._undone = undone(session, policy.nothing_done, run.day, sees=None)
        self._sources = tuple(finding["title"] for finding in run.source_findings)
        self._texts: dict[Any, Text] = {}

    def text(self, recipient: str, number: int, part: str, fresh: Fresh) -> Text:
        """A message to a recipient."""
        sees = self._policy.recipients[recipient].audiences
        items = fresh.news
        described = shown(self._policy, fresh)
        if part != SUMMARY:
            edition = Edition(self._run.day, self._address, {})
            return wording.alone(self._about.line(described[0], sees), edition)
        known = (self._as_known(sees, one) for one in self._knows.get(number, ()) if one in self._open)
        stands = [one for one in known if one is not None]
        news = {item.escalation for item in items}
        quiet = [one for one in stands if one.escalation not in news]
        worst = nsmallest(MOST_STANDING, quiet, key=lambda one: (-one.level.rank, one.since, one.provider))
        mine = {one.escalation: one.level for one in stands}
        nothing_done = [one for one in self._undone if mine.get(one.escalation) is one.level]
        levels = Counter(one.level for one in stands)
        key = (
            tuple(items), tuple(fresh.lapsed), tuple(fresh.pace), sees,
            tuple(sorted(levels.items())), tuple(worst), tuple(nothing_done),
        )  # fmt: skip
        if key not in self._texts:
            edition = Edition(
                day=self._run.day,
                address=self._address,
                still_open=levels,
                sources=self._sources,
                standing=worst,
                lapsed=fresh.lapsed,
                pace=fresh.pace,
                nothing_done=[_in_words(one) for one in nothing_done[:MOST_UNDONE]],
                more_nothing_done=max(0, len(nothing_done) - MOST_UNDONE),
                fresh=self._fresh,
                rule_moves=self._rule_moves([item for item in items if item.is_rule_move]),
            )
            counts = Counter((item.reason, item.level) for item in items if not item.is_rule_move)
            self._texts[key] = wording.summary([self._about.line(item, sees) for item in described], counts, edition)
        return self._texts[key]

    def _rule_moves(self, items: Sequence[Item]) -> RuleMoves:
        """What another rule, or model, moved."""
        causes = Causes(frozenset(cause for item in items for cause in item.causes.causes))
        return RuleMoves(Counter((item.before, item.level) for item in items), causes)

    def _as_known(self, sees: ReaderAudiences, number: int) -> Open | None:
        """What stands open, at the level that the recipient may know of; None where that is no alarming one."""
        one = self._open[number]
        seen = self._about.seen(sees, one.of, one.regime)
        if seen is None or seen.level.rank >= one.level.rank:
            return one
        since = one.reached.get(seen.level, one.since)
        return replace(one, level=seen.level, since=since) if seen.level.rank else None


def shown(policy: Policy, fresh: Fresh) -> Sequence[Item]:
    """The news that a message has a line for; of the rest it gives the number."""
    return fresh.news[: policy.lines]


def once_each(items: Iterable[Item]) -> list[Item]:
    """Of several pieces of news about one escalation, which a digest may hold, what they come to."""
    found: dict[int, Item] = {}
    for item in items:
        first = found.get(item.escalation)
        found[item.escalation] = item if first is None else _together(first, item)
    return list(found.values())


def _together(first: Item, then: Item) -> Item:
    """Two pieces of news in a row as one: from where it stood before the first to where it stands after the second."""
    reason = then.reason
    is_new = first.reason in {Reason.BASELINE, Reason.OPENED, Reason.REOPENED}
    if not reason.is_closing and (is_new or reason.is_reminder):
        reason = first.reason
    elif not reason.is_closing and first.before is not None and not first.reason.is_reminder:
        stands = then.level.rank == first.before.rank and reason is Reason.ADDED
        if not stands:
            reason = Reason.RAISED if then.level.rank > first.before.rank else Reason.LOWERED
    return then._replace(reason=reason, before=first.before, causes=first.causes.together_with(then.causes))


def in_order(items: Iterable[Item]) -> list[Item]:
    """Worse first and worst first, then what waits, what is gone, what came down, what only a rule moved."""

    def place(item: Item) -> tuple[int, int, bool]:
        reason = item.reason
        if item.is_rule_move:
            return 4, -max(item.level.rank, item.before.rank if item.before else 0), False
        if reason.is_worse or reason.is_reminder:
            return int(reason.is_reminder), -item.level.rank, reason is Reason.ADDED
        return 2 if reason is Reason.ENDED else 3, -(item.before or Level.NONE).rank, False

    return sorted(items, key=place)


def _in_words(one: Undone) -> str:
    return f"{one.name} ({one.level}), since {day_in_words(one.since)}"


def _open_now(session: Session, run: Run, changes: Iterable[Change], wanted: Collection[int]) -> dict[int, Open]:
    """What stands open after the run, of what somebody knows; regimes that this run did not score included."""
    found: dict[int, Open] = {}
    gone = set()
    for change in changes:
        number = change.escalation_id or 0
        if change.news.reason.is_closing:
            gone.add(number)
        elif number in wanted:
            level = change.news.level
            since = change.reached.get(level, change.opened_on)
            found[number] = Open(
                number, change.provider, change.name, level, since,
                of=change.provider_id, regime=change.regime, reached=change.reached,
            )  # fmt: skip
    e = ESCALATION
    for chunk in bulk.chunked(sorted(set(wanted) - found.keys() - gone)):
        rows = session.execute(
            select(e.id, SUBJECT.key, e.level, e.reached, e.provider_id, e.regime)
            .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
            .where(e.id.in_(chunk), e.closed_on.is_(None))
        )
        for row in rows:
            reached = {Level(level): date.fromisoformat(day) for level, day in row.reached.items()}
            level = Level(row.level)
            found[row.id] = Open(
                row.id, row.key, row.key, level, reached[level], of=row.provider_id, regime=row.regime, reached=reached
            )
    for number, taken in taken_on(session, found.keys()).items():
        found[number] = replace(found[number], in_hand=taken.in_hand(found[number].level, run.day))
    unnamed = [one.provider for one in found.values() if one.name == one.provider]
    known = read_names(session, unnamed, run.day) if unnamed else {}
    return {number: replace(one, name=known.get(one.provider, one.name)) for number, one in found.items()}
