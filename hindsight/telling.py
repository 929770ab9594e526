"""What each recipient would have been sent over some days: the alerts' own decisions, with nothing written or sent."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, Protocol

from alerts.change_causes import UNKNOWN_CAUSES, Causes, ChangeCause
from alerts.decide import UNTOLD, Known, Move, News, Reason, Standing, decide, decide_for
from alerts.further import NOTHING, Held, Rule, further, told_after, told_by_edition
from alerts.messages import goes_alone
from alerts.policy import Policy
from models.vocabulary import Level

_ALARMING = (Level.WATCH, Level.CONCERN, Level.CRITICAL)
_BY_RULE = Causes(frozenset({ChangeCause.RULE}))


@dataclass(frozen=True)
class Telling:
    """What one recipient would have been sent over a series of days."""

    messages: int = 0
    lines: int = 0  # pieces of news in their summaries: what somebody has to read


class Verdict(NamedTuple):
    """A level, and what is held against the provider."""

    level: Level
    held: Held = NOTHING


@dataclass(frozen=True)
class ScoredDay:
    """What one day's run says of each provider that the regime covers, by number."""

    day: date
    verdicts: Mapping[int, Verdict]
    seen: Mapping[str, Mapping[int, Verdict]] = field(default_factory=dict)  # recipient: where they may not see all
    new_rules: Collection[Rule] | None = None  # of another version of the regime than on the day before; None: the same
    by_rule: Collection[int] = ()  # providers that only that version moved


class Reaches(Protocol):
    """Which providers concern a recipient; see ``alerts.reach.Reach``."""

    def concerns(self, recipient: str, provider_id: int, regime: str) -> bool:
        """Whether a provider under a regime concerns the recipient."""
        ...


@dataclass
class _Escalation:
    """An escalation, as it stands after the days so far."""

    level: Level
    opened: int  # the day, as its place in the series, on which it was opened
    place: int  # likewise, on which it last changed
    change: int
    last: Reason
    moved: Move  # the last change of its level
    told: Held  # what has been told is held against the provider
    causes: Causes = UNKNOWN_CAUSES  # of the last change of its level
    reached: Mapping[Level, date] = field(default_factory=dict)
    additions: list[tuple[int, frozenset[Rule]]] = field(default_factory=list)  # change, and the rules that it added
    known: dict[str, Known] = field(default_factory=dict)  # by recipient

    def standing(self, news: News) -> Standing:
        """The same, as it is decided on."""
        moved = self.moved if self.last is Reason.ADDED else None
        return Standing(news, self.change, self.last, self.reached, moved=moved)


@dataclass
class _Outbox:
    """What one recipient is sent."""

    messages: int = 0
    lines: int = 0
    alone: int = 0  # on the day
    waiting: set[tuple[int, int]] = field(default_factory=set)  # what the next summary tells of: provider, and opened


def simulate(
    days: Sequence[ScoredDay], *, regime: str, policy: Policy, reach_on: Callable[[date], Reaches]
) -> dict[str, Telling]:
    """What each recipient of the policy would have been sent, were these days the first ever scored.

    Steps, areas, exposures, regimes, audiences and digests count as in ``alerts.escalate``. Nobody acknowledges, and
    nothing is told of clocks.

    Args:
        days: oldest first.
        regime: the key of the one that scored them.
        policy: who is told, and how late a level comes down.
        reach_on: which providers concern whom, as known on a day.
    """
    open_: dict[int, _Escalation] = {}
    outboxes = {key: _Outbox() for key in policy.recipients}
    for place, scored in enumerate(days):
        reach = reach_on(scored.day)
        for outbox in outboxes.values():
            outbox.alone = 0
        for provider, news in list(_news(open_, days, place, lower_after=policy.lower_after)):
            escalation = open_[provider]
            for key, outbox in outboxes.items():
                if reach.concerns(key, provider, regime) or key in escalation.known:
                    _tell(outbox, key, provider, escalation, news, scored=scored, policy=policy)
            if news.reason.is_closing:
                del open_[provider]
        for key, outbox in outboxes.items():
            outbox.messages += min(outbox.alone, policy.criticals_alone)
            if outbox.waiting and policy.recipients[key].is_due(scored.day):
                outbox.messages += 1
                outbox.lines += len(outbox.waiting)
                outbox.waiting = set()
        is_covering = bool(scored.verdicts) or bool(place and days[place - 1].verdicts)
        if scored.new_rules is not None and is_covering:  # a version that covers nobody is told to nobody
            for key in policy.told_of_rule_changes:
                outboxes[key].messages += 1
    return {key: Telling(outbox.messages, outbox.lines) for key, outbox in outboxes.items()}


def _tell(
    outbox: _Outbox, key: str, provider: int, escalation: _Escalation, news: News, *, scored: ScoredDay, policy: Policy
) -> None:
    """Tell one recipient of one escalation, if there is anything to tell; see ``alerts.escalate``."""
    known = escalation.known.get(key, UNTOLD)
    standing = escalation.standing(news)
    whole = scored.verdicts.get(provider, Verdict(Level.NONE))
    seen = scored.seen.get(key, {}).get(provider)
    is_unheard = standing.moved is not None and standing.moved.change <= known.change < standing.change
    if is_unheard:
        added = {rule for change, rules in escalation.additions if change > known.change for rule in rules}
        holds = (seen or whole).held
        if not any(holds.get(rule, 0) >= news.level.rank for rule in added):
            standing = replace(standing, news=News(Reason.UNCHANGED, news.level), change=known.change)
    steps = policy.steps_of(key)
    reason = decide_for(standing, known, steps, day=scored.day, repeat_after=policy.repeat_after).reason
    is_for_others = seen is not None and seen.level.rank < news.level.rank
    if not reason.is_news or (is_for_others and (reason.is_worse or reason.is_reminder)):
        return
    outbox.alone += goes_alone(reason, news.level, escalation.causes)
    outbox.waiting.add((provider, escalation.opened))
    escalation.known[key] = Known(standing.change, scored.day)


def _news(
    open_: dict[int, _Escalation], days: Sequence[ScoredDay], place: int, *, lower_after: int
) -> Iterator[tuple[int, News]]:
    """Everybody with news or an open escalation on one day; the escalations are brought up to date."""
    scored = days[place]
    for provider in sorted(scored.verdicts.keys() | open_.keys()):
        was, verdict = open_.get(provider), scored.verdicts.get(provider)
        holds = verdict.held if verdict is not None else NOTHING
        if was is None:
            if verdict is None or not verdict.level.rank:
                continue
            news = decide(None, [verdict.level], lower_after=lower_after, is_first_run=place == 0)
        elif verdict is None:
            news = decide(was.level, [None], lower_after=lower_after)
        else:
            if scored.new_rules is not None:
                was.told = told_by_edition(was.told, holds, scored.new_rules)
            first = max(was.place, place - max(1, lower_after - 1))
            since = [_level(days[day], provider) for day in range(place - 1, first - 1, -1)]
            has_more = verdict.level is was.level and bool(further(verdict.level, holds, was.told))
            news = decide(was.level, [verdict.level, *since], lower_after=lower_after, has_more=has_more)
        if news.reason.is_news:
            open_[provider] = _after(was, news, holds, scored, place, is_by_rule=provider in scored.by_rule)
        yield provider, news


def _level(scored: ScoredDay, provider: int) -> Level | None:
    verdict = scored.verdicts.get(provider)
    return None if verdict is None else verdict.level


def _after(
    was: _Escalation | None, news: News, holds: Held, scored: ScoredDay, place: int, *, is_by_rule: bool
) -> _Escalation:
    """An escalation after one more change."""
    change = 1 if was is None else was.change + 1
    is_added = news.reason is Reason.ADDED
    additions = list(was.additions) if was is not None else []
    if is_added and was is not None:
        additions.append((change, further(news.level, holds, was.told)))
    reached = was.reached if was is not None else {}
    return _Escalation(
        level=news.level,
        opened=was.opened if was is not None else place,
        place=place,
        change=change,
        last=news.reason,
        moved=was.moved if is_added and was is not None else Move(change, news.reason),
        told=told_after(was.told if was is not None else NOTHING, news.reason, holds),
        causes=was.causes if is_added and was is not None else _BY_RULE if is_by_rule else UNKNOWN_CAUSES,
        reached={
            level: reached.get(level, scored.day) for level in _ALARMING if level.rank <= news.level.rank
        },
        additions=additions,
        known=was.known if was is not None else {},
    )  # fmt: skip
