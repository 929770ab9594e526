"""Simulates the messages to each recipient over some days by the alerts' own decisions; writes and sends nothing."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, Protocol

from alerts.decide import (
    NOTHING_TOLD,
    EscalationState,
    LastTold,
    News,
    Reason,
    decide_for_recipient,
    decide_news,
)
from alerts.escalation.added_findings import (
    NO_ADVERSE_FINDINGS,
    AdverseFindings,
    RuleKey,
    add_notified_findings,
    add_version_findings,
    added_adverse_rules,
)
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes, ChangeCause
from alerts.escalation.episode import NO_ENTRIES, EntryKind, EpisodeEntry, apply_entry
from alerts.message.deliveries import is_sent_alone
from alerts.policy import Policy
from models.vocabulary import Level

_BY_RULE = Causes(frozenset({ChangeCause.RULE}))


@dataclass(frozen=True)
class MessageSimulation:
    """The messages to one recipient over a series of days."""

    messages: int = 0
    lines: int = 0  # pieces of news in their summaries: what somebody has to read


class SimulatedVerdict(NamedTuple):
    """A level, and the adverse findings behind it."""

    level: Level
    adverse_findings: AdverseFindings = NO_ADVERSE_FINDINGS


@dataclass(frozen=True)
class SimulatedDay:
    """The verdict of one day's run on each provider that the regime covers, by number."""

    day: date
    verdicts: Mapping[int, SimulatedVerdict]
    redacted_verdicts: Mapping[str, Mapping[int, SimulatedVerdict]] = field(
        default_factory=dict
    )  # recipient: where they may not see all
    new_rules: Collection[RuleKey] | None = (
        None  # of another version of the regime than on the day before; None: the same
    )
    moved_by_rule: Collection[int] = ()  # providers that only that version moved


class RecipientReach(Protocol):
    """Which providers concern a recipient; see ``alerts.recipients.Reach``."""

    def concerns(self, recipient: str, provider_id: int, regime: str) -> bool:
        """Whether a provider under a regime concerns the recipient."""
        ...


@dataclass
class _Escalation:
    """The state of an escalation after the days so far."""

    state: EscalationState
    opened: int  # the day, as its place in the series, on which it was opened
    place: int  # likewise, on which it last changed
    told_findings: AdverseFindings  # those that people were notified about
    causes: Causes = UNKNOWN_CAUSES  # of the last change of its level
    additions: list[tuple[int, frozenset[RuleKey]]] = field(default_factory=list)  # change, and the rules that it added
    last_told: dict[str, LastTold] = field(default_factory=dict)  # by recipient


@dataclass
class _Outbox:
    """The messages to one recipient so far."""

    messages: int = 0
    lines: int = 0
    separate_today: int = 0  # on the day
    unsent_escalations: set[tuple[int, int]] = field(
        default_factory=set
    )  # what the next summary tells of: provider, and opened


def simulate_messages(
    days: Sequence[SimulatedDay], *, regime: str, policy: Policy, reach_on: Callable[[date], RecipientReach]
) -> dict[str, MessageSimulation]:
    """The messages to each recipient of the policy, as if these days were the first ever scored.

    Steps, areas, exposures, regimes, audiences and digests count as in ``alerts.escalate``. Nobody acknowledges an
    escalation, and clocks are left out.

    Args:
        days: oldest first.
        regime: the key of the one that scored them.
        policy: who is notified, and how late a level comes down.
        reach_on: which providers concern whom, as known on a day.
    """
    open_: dict[int, _Escalation] = {}
    outboxes = {key: _Outbox() for key in policy.recipients}
    for place, scored in enumerate(days):
        reach = reach_on(scored.day)
        for outbox in outboxes.values():
            outbox.separate_today = 0
        for provider, news in list(_find_news(open_, days, place, lower_after=policy.lower_after)):
            escalation = open_[provider]
            for key, outbox in outboxes.items():
                if reach.concerns(key, provider, regime) or key in escalation.last_told:
                    _notify_recipient(outbox, key, provider, escalation, news, scored=scored, policy=policy)
            if news.reason.is_closing:
                del open_[provider]
        for key, outbox in outboxes.items():
            outbox.messages += min(outbox.separate_today, policy.criticals_alone)
            if outbox.unsent_escalations and policy.recipients[key].is_due(scored.day):
                outbox.messages += 1
                outbox.lines += len(outbox.unsent_escalations)
                outbox.unsent_escalations = set()
        is_covering = bool(scored.verdicts) or bool(place and days[place - 1].verdicts)
        if scored.new_rules is not None and is_covering:  # a version that covers nobody is told to nobody
            for key in policy.rule_change_recipients:
                outboxes[key].messages += 1
    return {key: MessageSimulation(outbox.messages, outbox.lines) for key, outbox in outboxes.items()}


def _notify_recipient(
    outbox: _Outbox,
    key: str,
    provider: int,
    escalation: _Escalation,
    news: News,
    *,
    scored: SimulatedDay,
    policy: Policy,
) -> None:
    """Tell one recipient of one escalation, if there is anything to tell; see ``alerts.escalate``."""
    known = escalation.last_told.get(key, NOTHING_TOLD)
    state = escalation.state
    whole = scored.verdicts.get(provider, SimulatedVerdict(Level.NONE))
    redacted = scored.redacted_verdicts.get(key, {}).get(provider)
    is_unheard = state.last_level_change is not None and state.last_level_change.change <= known.change < state.change
    if is_unheard:
        added = {rule for change, rules in escalation.additions if change > known.change for rule in rules}
        holds = (redacted or whole).adverse_findings
        if not any(holds.get(rule, 0) >= news.level.rank for rule in added):
            news, state = News(Reason.UNCHANGED, news.level), replace(state, change=known.change)
    steps = policy.steps_of(key)
    reason = decide_for_recipient(news, state, known, steps, day=scored.day, repeat_after=policy.repeat_after).reason
    is_for_others = redacted is not None and redacted.level.rank < news.level.rank
    if not reason.is_news or (is_for_others and (reason.is_worse or reason.is_reminder)):
        return
    outbox.separate_today += is_sent_alone(reason, news.level, escalation.causes)
    outbox.unsent_escalations.add((provider, escalation.opened))
    escalation.last_told[key] = LastTold(state.change, scored.day)


def _find_news(
    open_: dict[int, _Escalation], days: Sequence[SimulatedDay], place: int, *, lower_after: int
) -> Iterator[tuple[int, News]]:
    """Everybody with news or an open escalation on one day; the escalations are brought up to date."""
    scored = days[place]
    for provider in sorted(scored.verdicts.keys() | open_.keys()):
        was, verdict = open_.get(provider), scored.verdicts.get(provider)
        holds = verdict.adverse_findings if verdict is not None else NO_ADVERSE_FINDINGS
        if was is None:
            if verdict is None or not verdict.level.rank:
                continue
            news = decide_news(None, [verdict.level], lower_after=lower_after, is_first_run=place == 0)
        elif verdict is None:
            news = decide_news(was.state.level, [None], lower_after=lower_after)
        else:
            if scored.new_rules is not None:
                was.told_findings = add_version_findings(was.told_findings, holds, scored.new_rules)
            first = max(was.place, place - max(1, lower_after - 1))
            since = [_level_of(days[day], provider) for day in range(place - 1, first - 1, -1)]
            has_more = verdict.level is was.state.level and bool(
                added_adverse_rules(verdict.level, holds, was.told_findings)
            )
            news = decide_news(
                was.state.level, [verdict.level, *since], lower_after=lower_after, has_added_findings=has_more
            )
        if news.reason.is_news:
            open_[provider] = _apply_news(was, news, holds, scored, place, is_by_rule=provider in scored.moved_by_rule)
        yield provider, news


def _level_of(scored: SimulatedDay, provider: int) -> Level | None:
    verdict = scored.verdicts.get(provider)
    return None if verdict is None else verdict.level


def _apply_news(
    previous: _Escalation | None,
    news: News,
    adverse_findings: AdverseFindings,
    scored: SimulatedDay,
    place: int,
    *,
    is_by_rule: bool,
) -> _Escalation:
    """An escalation after one more change."""
    state = NO_ENTRIES if previous is None else previous.state
    entry = EpisodeEntry(EntryKind(news.reason), news.level, state.change + 1, scored.day)
    is_added = news.reason is Reason.ADDED
    additions = list(previous.additions) if previous is not None else []
    if is_added and previous is not None:
        additions.append((entry.change, added_adverse_rules(news.level, adverse_findings, previous.told_findings)))
    return _Escalation(
        state=apply_entry(state, entry),
        opened=previous.opened if previous is not None else place,
        place=place,
        told_findings=add_notified_findings(
            previous.told_findings if previous is not None else NO_ADVERSE_FINDINGS, news.reason, adverse_findings
        ),
        causes=previous.causes if is_added and previous is not None else _BY_RULE if is_by_rule else UNKNOWN_CAUSES,
        additions=additions,
        last_told=previous.last_told if previous is not None else {},
    )
