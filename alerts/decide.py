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
    HELD = "held"  # a person closed it, and it has been neither well nor worse since
    ACKNOWLEDGED = "acknowledged"  # somebody has it in hand
    SILENCED = "silenced"
    NOT_DUE = "not_due"  # the recipient's step comes later
    NO_STEP = "no_step"  # the policy has no step that tells this recipient of the level
    NOT_THEIRS = "not_theirs"  # another regime, commissioner or exposure than the recipient's
    NOT_FOR_THEM = "not_for_them"  # it rests on what is for another audience
    NEVER_TOLD = "never_told"  # it ended before the recipient was told of it

    @property
    def is_news(self) -> bool:
        """True when people are told."""
        return self in _NEWS

    @property
    def is_closing(self) -> bool:
        """True when the escalation ends with it."""
        return self in _CLOSING

    @property
    def is_worse(self) -> bool:
        """True when the provider is more worrying than people were told before."""
        return self in _WORSE

    @property
    def has_risen(self) -> bool:
        """True when the provider stands at a worse level than people were told before."""
        return self in _RISEN

    @property
    def is_reminder(self) -> bool:
        """True when nothing changed but that time went by."""
        return self in _REMINDERS


_CLOSING = {Reason.RESOLVED, Reason.ENDED, Reason.CLOSED}
_RISEN = {Reason.BASELINE, Reason.OPENED, Reason.RAISED, Reason.REOPENED}
_WORSE = _RISEN | {Reason.ADDED}
_REMINDERS = {Reason.RETURNED, Reason.STEP_DUE, Reason.REPEATED}
_NEWS = _CLOSING | _WORSE | _REMINDERS | {Reason.LOWERED}


class News(NamedTuple):
    """What there is to say about a provider under a regime after a run."""

    reason: Reason
    level: Level  # where the escalation stands now; for a closing one, what the assessments say


def decide(
    open_at: Level | None,
    levels: Sequence[Level | None],
    *,
    lower_after: int,
    is_first_run: bool = False,
    held_at: Level | None = None,
    has_more: bool = False,
) -> News:
    """What there is to say.

    Args:
        open_at: the level of the open escalation; None when there is none.
        levels: the assessments of the newest scored days since the escalation last changed, newest first, one a day;
            the first is this run's. None stands for a day on which the regime did not cover the provider.
        lower_after: how many assessments in a row must be below before the level comes down.
        is_first_run: the regime has never been scored before.
        held_at: the level at which a person closed the last escalation, where that still holds.
        has_more: something as bad as the level of the open escalation is held against the provider that was not when
            people were told last.
    """
    level = levels[0]
    if open_at is None:
        return _without_escalation(level, is_first_run=is_first_run, held_at=held_at)
    if level is None:
        return News(Reason.ENDED, Level.NONE)
    if level is Level.UNSCORABLE:
        return News(Reason.UNSCORABLE, open_at)
    if level.rank > open_at.rank:
        return News(Reason.RAISED, level)
    if level.rank == open_at.rank:
        return News(Reason.ADDED if has_more else Reason.UNCHANGED, open_at)
    return _below(open_at, levels[:lower_after], lower_after)


def _without_escalation(level: Level | None, *, is_first_run: bool, held_at: Level | None) -> News:
    if level is None or level.rank == 0:
        return News(Reason.UNCHANGED, level or Level.NONE)
    if held_at is not None and level.rank <= held_at.rank:
        return News(Reason.HELD, level)
    return News(Reason.BASELINE if is_first_run else Reason.OPENED, level)


def _below(open_at: Level, recent: Sequence[Level | None], lower_after: int) -> News:
    below = [level for level in recent if level not in {None, Level.UNSCORABLE} and level.rank < open_at.rank]
    if len(below) < lower_after:
        return News(Reason.WAITING, open_at)
    level = max(below, key=lambda level: level.rank)
    return News(Reason.LOWERED if level.rank else Reason.RESOLVED, level)


class Act(NamedTuple):
    """An acknowledgement or a silence: it covers the level at which it was entered, and better ones."""

    entry: int  # its number
    level: Level
    until_on: date  # the last day

    def holds(self, level: Level, day: date) -> bool:
        """Whether it holds on a day; a provider that got worse is nobody's yet."""
        return day <= self.until_on and level.rank <= self.level.rank


class Move(NamedTuple):
    """A change of an escalation's level."""

    change: int
    reason: Reason


@dataclass(frozen=True)
class Standing:
    """How an escalation stands after a run's news."""

    news: News
    change: int  # how often it changed, opening included
    last: Reason  # why it changed last
    reached: Mapping[Level, date] = field(default_factory=dict)  # since when it is at each level or a worse one
    acknowledged: Act | None = None  # the newest, whether it holds or not
    silenced: Act | None = None
    moved: Move | None = None  # where something was added last: the change of its level before that


class Known(NamedTuple):
    """What a recipient was told of an escalation."""

    change: int = 0  # the newest change that was told; 0: nothing
    on: date | None = None  # the day when it was told of last


UNTOLD = Known()


class Word(NamedTuple):
    """What one recipient is told of one escalation, or why nothing."""

    reason: Reason
    until_on: date | None = None  # of a quiet one: when that may change
    occasion: str = ""  # tells apart what may be said more than once of one change


def decide_for(
    standing: Standing,
    known: Known,
    steps: Iterable[tuple[Level, Duration]],
    *,
    day: date,
    repeat_after: Duration | None = None,
) -> Word:
    """What a recipient is told.

    Whoever was told of an episode is told of each of its changes at once; whoever was not is told by the steps.

    Args:
        standing: the escalation after the run's news.
        known: what the recipient knows of it.
        steps: the level and the delay of each step that has the recipient.
        day: the run's.
        repeat_after: how long after the last word what still stands is told again.
    """
    reason, level = standing.news
    if reason.is_closing:
        return Word(reason if known.change else Reason.NEVER_TOLD)
    due = sorted(after.day_after(standing.reached[at]) for at, after in steps if at in standing.reached)
    if not due and not known.change:
        return Word(Reason.NO_STEP)
    silence = standing.silenced
    if silence is not None and silence.holds(level, day):
        return Word(Reason.SILENCED, silence.until_on, _occasion(silence))
    if known.on is None or not known.change:
        return _first_word(standing, due, day)
    if known.change < standing.change:
        return Word(_unheard(standing, known))
    return _next_word(standing, known.on, due, day, repeat_after)


def _unheard(standing: Standing, known: Known) -> Reason:
    """Why it stands otherwise than a recipient was told: a level that they do not know comes before what was added."""
    reason = standing.news.reason if standing.news.reason.is_news else standing.last
    if reason is Reason.ADDED and standing.moved is not None and known.change < standing.moved.change:
        return standing.moved.reason
    return reason


def _first_word(standing: Standing, due: Sequence[date], day: date) -> Word:
    """To whoever has not been told of the episode."""
    past = [one for one in due if one <= day]
    if not past:
        return Word(Reason.NOT_DUE, due[0])
    act = _in_hand(standing, day)
    if act is not None:
        return Word(Reason.ACKNOWLEDGED, act.until_on, _occasion(act))
    return Word(standing.news.reason if standing.news.reason.has_risen else Reason.STEP_DUE, None, f"due {past[-1]}")


def _next_word(
    standing: Standing, told_on: date, due: Sequence[date], day: date, repeat_after: Duration | None
) -> Word:
    """To whoever knows how it stands: that it still does."""
    again_on = repeat_after.day_after(told_on) if repeat_after is not None else None
    past = [one for one in due if told_on < one <= day]
    is_again = again_on is not None and again_on <= day
    act = _in_hand(standing, day)
    if act is not None:
        if past or is_again:
            return Word(Reason.ACKNOWLEDGED, act.until_on, _occasion(act))
        return Word(standing.news.reason, act.until_on)
    for ended in filter(None, (standing.acknowledged, standing.silenced)):
        if told_on <= ended.until_on < day:
            return Word(Reason.RETURNED, None, _occasion(ended))
    if past:
        return Word(Reason.STEP_DUE, None, f"due {past[-1]}")
    if is_again:
        return Word(Reason.REPEATED, None, f"after {told_on}")
    return Word(standing.news.reason, again_on)


def _in_hand(standing: Standing, day: date) -> Act | None:
    """The acknowledgement that holds."""
    act = standing.acknowledged
    return act if act is not None and act.holds(standing.news.level, day) else None


def _occasion(act: Act) -> str:
    return f"act {act.entry}"
