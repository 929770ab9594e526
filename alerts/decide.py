"""Decides which results are news about one provider under one regime, and for whom. Pure: no clock, no database.

A worse level is news at once. A better level is news only after several assessments in a row, so that a figure which
moves around a threshold does not cause a message every day. Who is notified depends on the steps of the policy, on the
recipient's earlier messages, and on what people have acknowledged or silenced.
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

    BASELINE = "baseline"  # at watch or above when the regime was scored for the first time
    OPENED = "opened"
    RAISED = "raised"
    REOPENED = "reopened"  # a person opened it again
    ADDED = "added"  # the level is unchanged, and a new adverse finding is as serious as the level
    RETURNED = "returned"  # an acknowledgement or a silence has run out and the level is unchanged
    STEP_DUE = "step_due"  # open for so long that a step of the policy notifies this recipient too, or again
    REPEATED = "repeated"  # still open, and the policy repeats open escalations from time to time
    LOWERED = "lowered"
    RESOLVED = "resolved"  # below watch for long enough
    ENDED = "ended"  # no longer covered: failed, left, merged, or taken out of the regime
    CLOSED = "closed"  # a person closed it
    UNCHANGED = "unchanged"
    WAITING = "waiting"  # lower than before, but not for long enough yet
    UNSCORABLE = "unscorable"  # no level can be given: an escalation neither opens nor closes
    KEPT_CLOSED = "held"  # a person closed it, and the level has been neither none nor worse since
    ACKNOWLEDGED = "acknowledged"  # somebody is working on it
    SILENCED = "silenced"
    NOT_DUE = "not_due"  # the recipient's step comes later
    NO_STEP = "no_step"  # the policy has no step that notifies this recipient at the level
    NOT_THEIRS = "not_theirs"  # outside the regimes, commissioners or exposures of the recipient
    NOT_FOR_THEM = "not_for_them"  # it rests on information that is restricted to other audiences
    NEVER_NOTIFIED = "never_told"  # it ended before the recipient was notified about it

    @property
    def is_news(self) -> bool:
        """True when recipients are notified."""
        return self in _NEWS_REASONS

    @property
    def is_closing(self) -> bool:
        """True when the escalation ends."""
        return self in _CLOSING_REASONS

    @property
    def is_worse(self) -> bool:
        """True when the provider is in a worse state than in the last message."""
        return self in _WORSENING_REASONS

    @property
    def has_risen(self) -> bool:
        """True when the level is worse than in the last message."""
        return self in _RISING_REASONS

    @property
    def is_reminder(self) -> bool:
        """True when nothing has changed except that time has passed."""
        return self in _REMINDER_REASONS


_CLOSING_REASONS = {Reason.RESOLVED, Reason.ENDED, Reason.CLOSED}
_RISING_REASONS = {Reason.BASELINE, Reason.OPENED, Reason.RAISED, Reason.REOPENED}
_WORSENING_REASONS = _RISING_REASONS | {Reason.ADDED}
_REMINDER_REASONS = {Reason.RETURNED, Reason.STEP_DUE, Reason.REPEATED}
_NEWS_REASONS = _CLOSING_REASONS | _WORSENING_REASONS | _REMINDER_REASONS | {Reason.LOWERED}


class News(NamedTuple):
    """The result of comparing a run with the open escalation of a provider under a regime."""

    reason: Reason
    level: Level  # of the escalation now; when it closes, the level of the assessments


def decide_news(
    open_level: Level | None,
    levels: Sequence[Level | None],
    *,
    lower_after: int,
    is_first_run: bool = False,
    kept_closed_level: Level | None = None,
    has_added_findings: bool = False,
) -> News:
    """Compare the newest assessments with the open escalation.

    Args:
        open_level: the level of the open escalation; None when there is none.
        levels: the assessments of the newest scored days since the escalation last changed, newest first, one a day;
            the first is this run's. None stands for a day on which the regime did not cover the provider.
        lower_after: how many assessments in a row must be below before the level comes down.
        is_first_run: the regime has never been scored before.
        kept_closed_level: the level at which a person closed the last escalation, while that keeps it closed.
        has_added_findings: the run has an adverse finding as serious as the level of the open escalation, and
            recipients have not been notified about the finding.
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
    """An acknowledgement or a silence: it covers the level at which it was entered, and better levels."""

    entry_id: int  # the number of its entry
    level: Level
    until_on: date  # the last day

    def is_in_force(self, level: Level, day: date) -> bool:
        """Whether it covers a level on a day: a worse level than the one acknowledged needs a new acknowledgement."""
        return day <= self.until_on and level.rank <= self.level.rank


class LevelChange(NamedTuple):
    """A change of an escalation's level."""

    change: int  # the number of the change
    reason: Reason


@dataclass(frozen=True)
class EscalationState:
    """The state of one escalation after some of its entries; ``alerts.escalation.episode`` works it out.

    A state without entries has ``change`` 0 and no ``opened_on``.
    """

    level: Level = Level.NONE  # a closed escalation keeps its last level
    change: int = 0  # the number of its changes, 1 when opened
    last_reason: Reason = Reason.OPENED  # the reason of the last change
    opened_on: date | None = None
    changed_on: date | None = None
    closed_on: date | None = None
    run_id: int | None = None  # the run that made the last change; an action of a person leaves it as it was
    reached: Mapping[Level, date] = field(default_factory=dict)  # the day each level, or a worse one, was reached
    acknowledgement: Action | None = None  # the newest, in force or not
    silence: Action | None = None
    last_level_change: LevelChange | None = None  # the last change that was not an added finding

    @property
    def is_open(self) -> bool:
        """Whether the escalation has been opened and not closed since."""
        return self.opened_on is not None and self.closed_on is None


class LastTold(NamedTuple):
    """How much of an escalation a recipient has been notified about."""

    change: int = 0  # the number of the newest change in a message; 0: no message yet
    told_on: date | None = None  # the day of the last message


NOTHING_TOLD = LastTold()


class RecipientDecision(NamedTuple):
    """Why one recipient is notified about one escalation, or why not."""

    reason: Reason
    until_on: date | None = None  # without a notification: the day on which that may change
    occasion: str = ""  # distinguishes repeated notifications about the same change


def decide_for_recipient(
    news: News,
    state: EscalationState,
    last_told: LastTold,
    steps: Iterable[tuple[Level, Duration]],
    *,
    day: date,
    repeat_after: Duration | None = None,
) -> RecipientDecision:
    """Decide whether a recipient is notified about an escalation.

    A recipient who has been notified about an episode hears about each of its changes at once. The steps of the policy
    decide when the other recipients hear about the episode for the first time.

    Args:
        news: the result of the run.
        state: the escalation after the run.
        last_told: how much the recipient has been notified about.
        steps: the level and the delay of each step that names the recipient.
        day: the run's.
        repeat_after: how long after the last message an open escalation is repeated.
    """
    reason, level = news
    if reason.is_closing:
        return RecipientDecision(reason if last_told.change else Reason.NEVER_NOTIFIED)
    due = sorted(delay.day_after(state.reached[at]) for at, delay in steps if at in state.reached)
    if not due and not last_told.change:
        return RecipientDecision(Reason.NO_STEP)
    silence = state.silence
    if silence is not None and silence.is_in_force(level, day):
        return RecipientDecision(Reason.SILENCED, silence.until_on, _action_occasion(silence))
    if last_told.told_on is None or not last_told.change:
        return _decide_first_notification(news, state, due, day)
    if last_told.change < state.change:
        return RecipientDecision(_missed_reason(news, state, last_told))
    return _decide_next_notification(news, state, last_told.told_on, due, day=day, repeat_after=repeat_after)


def _missed_reason(news: News, state: EscalationState, last_told: LastTold) -> Reason:
    """The reason of the change that the recipient has missed; a change of level comes before an added finding."""
    reason = news.reason if news.reason.is_news else state.last_reason
    if (
        reason is Reason.ADDED
        and state.last_level_change is not None
        and last_told.change < state.last_level_change.change
    ):
        return state.last_level_change.reason
    return reason


def _decide_first_notification(news: News, state: EscalationState, due: Sequence[date], day: date) -> RecipientDecision:
    """The decision for a recipient who has not been notified about the episode."""
    past = [due_on for due_on in due if due_on <= day]
    if not past:
        return RecipientDecision(Reason.NOT_DUE, due[0])
    acknowledgement = _acknowledgement_in_force(news, state, day)
    if acknowledgement is not None:
        return RecipientDecision(Reason.ACKNOWLEDGED, acknowledgement.until_on, _action_occasion(acknowledgement))
    return RecipientDecision(news.reason if news.reason.has_risen else Reason.STEP_DUE, None, f"due {past[-1]}")


def _decide_next_notification(
    news: News, state: EscalationState, told_on: date, due: Sequence[date], *, day: date, repeat_after: Duration | None
) -> RecipientDecision:
    """The decision for a recipient who has been notified about every change: whether to send a reminder."""
    again_on = repeat_after.day_after(told_on) if repeat_after is not None else None
    past = [due_on for due_on in due if told_on < due_on <= day]
    is_again = again_on is not None and again_on <= day
    acknowledgement = _acknowledgement_in_force(news, state, day)
    if acknowledgement is not None:
        if past or is_again:
            return RecipientDecision(Reason.ACKNOWLEDGED, acknowledgement.until_on, _action_occasion(acknowledgement))
        return RecipientDecision(news.reason, acknowledgement.until_on)
    for ended in filter(None, (state.acknowledgement, state.silence)):
        if told_on <= ended.until_on < day:
            return RecipientDecision(Reason.RETURNED, None, _action_occasion(ended))
    if past:
        return RecipientDecision(Reason.STEP_DUE, None, f"due {past[-1]}")
    if is_again:
        return RecipientDecision(Reason.REPEATED, None, f"after {told_on}")
    return RecipientDecision(news.reason, again_on)


def _acknowledgement_in_force(news: News, state: EscalationState, day: date) -> Action | None:
    """The acknowledgement that covers the level of the news on the day."""
    acknowledgement = state.acknowledgement
    if acknowledgement is not None and acknowledgement.is_in_force(news.level, day):
        return acknowledgement
    return None


def _action_occasion(action: Action) -> str:
    return f"act {action.entry_id}"
