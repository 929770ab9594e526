"""Decides what is news about one provider under one regime, and for whom. Pure: no clock, no database.

Raise at once, lower late: a level comes down only after several assessments in a row, so that a figure which jumps
about a threshold does not ring every day. What is news for whom depends on the steps of the policy, on what the
recipient knows already, and on what people have acknowledged or silenced.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from models.vocabulary import Level
from regimes.clocks import Duration


class Reason(StrEnum):
    """Why something is news, or why it is not."""

    BASELINE = "baseline"  # stood at watch or above when the regime was scored for the first time
    OPENED = "opened"
    RAISED = "raised"
    REOPENED = "reopened"  # a person opened it again
    ADDED = "added"  # stands where it stood, and something as bad as that is held against it which was not before
    RETURNED = "returned"  # an acknowledgement or a silence has run out and the level still stands
    STEP_DUE = "step_due"  # it stands for so long that the policy tells this recipient too, or once more
    REPEATED = "repeated"  # it stands, and the policy tells of that from time to time
    LOWERED = "lowered"
    RESOLVED = "resolved"  # below watch for long enough
    ENDED = "ended"  # no longer covered: failed, left, merged, or taken out of the regime
    CLOSED = "closed"  # a person closed it
    UNCHANGED = "unchanged"
    WAITING = "waiting"  # lower than before, but not yet for long enough
    UNSCORABLE = "unscorable"  # nothing can be said: an escalation neither opens nor closes
    KEPT_CLOSED = "held"  # a person closed it, and it has been neither well nor worse since
    ACKNOWLEDGED = "acknowledged"  # somebody has it in hand
    SILENCED = "silenced"
    NOT_DUE = "not_due"  # the recipient's step comes later
    NO_STEP = "no_step"  # the policy has no step that tells this recipient of the level
    NOT_THEIRS = "not_theirs"  # another regime, commissioner or exposure than the recipient's
    NOT_FOR_THEM = "not_for_them"  # it rests on what is for another audience
    NEVER_NOTIFIED = "never_told"  # it ended before the recipient was told of it

    @property
    def is_news(self) -> bool:
        """True when people are told."""
        return self in _NEWS_REASONS

    @property
    def is_closing(self) -> bool:
        """True when the escalation ends with it."""
        return self in _CLOSING_REASONS

    @property
    def is_worse(self) -> bool:
        """True when the provider is more worrying than people were told before."""
        return self in _WORSENING_REASONS

    @property
    def has_risen(self) -> bool:
        """True when the provider stands at a worse level than people were told before."""
        return self in _RISING_REASONS

    @property
    def is_reminder(self) -> bool:
        """True when nothing changed but that time went by."""
        return self in _REMINDER_REASONS


_CLOSING_REASONS = {Reason.RESOLVED, Reason.ENDED, Reason.CLOSED}
_RISING_REASONS = {Reason.BASELINE, Reason.OPENED, Reason.RAISED, Reason.REOPENED}
_WORSENING_REASONS = _RISING_REASONS | {Reason.ADDED}
_REMINDER_REASONS = {Reason.RETURNED, Reason.STEP_DUE, Reason.REPEATED}
_NEWS_REASONS = _CLOSING_REASONS | _WORSENING_REASONS | _REMINDER_REASONS | {Reason.LOWERED}


class News(NamedTuple):
    """What there is to say about a provider under a regime after a run."""

    reason: Reason
    level: Level  # where the escalation stands now; for a closing one, what the assessments say


def decide_news(
    open_level: Level | None,
    levels: Sequence[Level | None],
    *,
    lower_after: int,
    is_first_run: bool = False,
    kept_closed_level: Level | None = None,
    has_added_findings: bool = False,
) -> News:
    """What there is to say.

    Args:
        open_level: the level of the open escalation; None when there is none.
        levels: the assessments of the newest scored days since the escalation last changed, newest first, one a day;
            the first is this run's. None stands for a day on which the regime did not cover the provider.
        lower_after: how many assessments in a row must be below before the level comes down.
        is_first_run: the regime has never been scored before.
        kept_closed_level: the level at which a person closed the last escalation, where that still holds.
        has_added_findings: something as bad as the level of the open escalation is held against the provider that was not when
            people were told last.
    """
    level = levels[0]
    if open_level is None:
        return _decide_without_escalation(level, is_first_run=is_first_run, kept_closed_level=kept_closed_level)
    if level is None:
        return News(Reason.ENDED, Level.NONE)
    if level is Level.UNSCORABLE:
        return News(Reason.UNSCORABLE, open_level)
    if level.rank > open_level.rank:
        return News(Reason.RAISED, level)
    if level.rank == open_level.rank:
        return News(Reason.ADDED if has_added_findings else Reason.UNCHANGED, open_level)
    return _decide_lowering(open_level, levels[:lower_after], lower_after)


def _decide_without_escalation(level: Level | None, *, is_first_run: bool, kept_closed_level: Level | None) -> News:
    if level is None or level.rank == 0:
        return News(Reason.UNCHANGED, level or Level.NONE)
    if kept_closed_level is not None and level.rank <= kept_closed_level.rank:
        return News(Reason.KEPT_CLOSED, level)
    return News(Reason.BASELINE if is_first_run else Reason.OPENED, level)


def _decide_lowering(open_level: Level, recent: Sequence[Level | None], lower_after: int) -> News:
    below = [level for level in recent if level not in {None, Level.UNSCORABLE} and level.rank < open_level.rank]
    if len(below) < lower_after:
        return News(Reason.WAITING, open_level)
    level = max(below, key=lambda level: level.rank)
    return News(Reason.LOWERED if level.rank else Reason.RESOLVED, level)


class Action(NamedTuple):
    """An acknowledgement or a silence: it covers the level at which it was entered, and better ones."""

    entry_id: int  # its number
    level: Level
    until_on: date  # the last day

    def is_in_force(self, level: Level, day: date) -> bool:
        """Whether it holds on a day; a provider that got worse is nobody's yet."""
        return day <= self.until_on and level.rank <= self.level.rank


class LevelChange(NamedTuple):
    """A change of an escalation's level."""

    change: int
    reason: Reason


@dataclass(frozen=True)
class EscalationState:
    """How an escalation stands after a run's news."""

    news: News
    change: int  # how often it changed, opening included
    last_reason: Reason  # why it changed last
    reached: Mapping[Level, date] = field(default_factory=dict)  # since when it is at each level or a worse one
    acknowledgement: Action | None = None  # the newest, whether it holds or not
    silence: Action | None = None
    last_level_change: LevelChange | None = None  # where something was added last: the change of its level before that


class LastTold(NamedTuple):
    """What a recipient was told of an escalation."""

    change: int = 0  # the newest change that was told; 0: nothing
    told_on: date | None = None  # the day when it was told of last


NOTHING_TOLD = LastTold()


class RecipientDecision(NamedTuple):
    """What one recipient is told of one escalation, or why nothing."""

    reason: Reason
    until_on: date | None = None  # of a quiet one: when that may change
    occasion: str = ""  # tells apart what may be said more than once of one change


def decide_for_recipient(
    state: EscalationState,
    last_told: LastTold,
    steps: Iterable[tuple[Level, Duration]],
    *,
    day: date,
    repeat_after: Duration | None = None,
) -> RecipientDecision:
    """What a recipient is told.

    Whoever was told of an episode is told of each of its changes at once; whoever was not is told by the steps.

    Args:
        state: the escalation after the run's news.
        last_told: what the recipient knows of it.
        steps: the level and the delay of each step that has the recipient.
        day: the run's.
        repeat_after: how long after the last word what still stands is told again.
    """
    reason, level = state.news
    if reason.is_closing:
        return RecipientDecision(reason if last_told.change else Reason.NEVER_NOTIFIED)
    due = sorted(after.day_after(state.reached[at]) for at, after in steps if at in state.reached)
    if not due and not last_told.change:
        return RecipientDecision(Reason.NO_STEP)
    silence = state.silence
    if silence is not None and silence.is_in_force(level, day):
        return RecipientDecision(Reason.SILENCED, silence.until_on, _action_occasion(silence))
    if last_told.told_on is None or not last_told.change:
        return _decide_first_notification(state, due, day)
    if last_told.change < state.change:
        return RecipientDecision(_missed_reason(state, last_told))
    return _decide_next_notification(state, last_told.told_on, due, day, repeat_after)


def _missed_reason(state: EscalationState, last_told: LastTold) -> Reason:
    """Why it stands otherwise than a recipient was told: a level that they do not know comes before what was added."""
    reason = state.news.reason if state.news.reason.is_news else state.last_reason
    if (
        reason is Reason.ADDED
        and state.last_level_change is not None
        and last_told.change < state.last_level_change.change
    ):
        return state.last_level_change.reason
    return reason


def _decide_first_notification(state: EscalationState, due: Sequence[date], day: date) -> RecipientDecision:
    """To whoever has not been told of the episode."""
    past = [one for one in due if one <= day]
    if not past:
        return RecipientDecision(Reason.NOT_DUE, due[0])
    act = _acknowledgement_in_force(state, day)
    if act is not None:
        return RecipientDecision(Reason.ACKNOWLEDGED, act.until_on, _action_occasion(act))
    return RecipientDecision(
        state.news.reason if state.news.reason.has_risen else Reason.STEP_DUE, None, f"due {past[-1]}"
    )


def _decide_next_notification(
    state: EscalationState, told_on: date, due: Sequence[date], day: date, repeat_after: Duration | None
) -> RecipientDecision:
    """To whoever knows how it stands: that it still does."""
    again_on = repeat_after.day_after(told_on) if repeat_after is not None else None
    past = [one for one in due if told_on < one <= day]
    is_again = again_on is not None and again_on <= day
    act = _acknowledgement_in_force(state, day)
    if act is not None:
        if past or is_again:
            return RecipientDecision(Reason.ACKNOWLEDGED, act.until_on, _action_occasion(act))
        return RecipientDecision(state.news.reason, act.until_on)
    for ended in filter(None, (state.acknowledgement, state.silence)):
        if told_on <= ended.until_on < day:
            return RecipientDecision(Reason.RETURNED, None, _action_occasion(ended))
    if past:
        return RecipientDecision(Reason.STEP_DUE, None, f"due {past[-1]}")
    if is_again:
        return RecipientDecision(Reason.REPEATED, None, f"after {told_on}")
    return RecipientDecision(state.news.reason, again_on)


def _acknowledgement_in_force(state: EscalationState, day: date) -> Action | None:
    """The acknowledgement that holds."""
    act = state.acknowledgement
    return act if act is not None and act.is_in_force(state.news.level, day) else None


def _action_occasion(action: Action) -> str:
    return f"act {action.entry_id}"
