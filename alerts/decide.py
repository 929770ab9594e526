"""Decides what is news about one provider under one regime. Pure: no clock, no database.

Raise at once, lower late: a level comes down only after several assessments in a row, so that a figure which jumps
about a threshold does not ring every day.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from models.vocabulary import Level


class Reason(StrEnum):
    """Why something is news, or why it is not."""

    BASELINE = "baseline"  # stood at watch or above when the regime was scored for the first time
    OPENED = "opened"
    RAISED = "raised"
    LOWERED = "lowered"
    RESOLVED = "resolved"  # below watch for long enough
    ENDED = "ended"  # no longer covered: failed, left, merged, or taken out of the regime
    UNCHANGED = "unchanged"
    WAITING = "waiting"  # lower than before, but not yet for long enough
    UNSCORABLE = "unscorable"  # nothing can be said: an escalation neither opens nor closes

    @property
    def is_news(self) -> bool:
        """True when people are told."""
        return self not in _QUIET

    @property
    def is_closing(self) -> bool:
        """True when the escalation ends with it."""
        return self in _CLOSING

    @property
    def is_worse(self) -> bool:
        """True when the provider is more worrying than people were told before."""
        return self in _WORSE


_QUIET = {Reason.UNCHANGED, Reason.WAITING, Reason.UNSCORABLE}
_CLOSING = {Reason.RESOLVED, Reason.ENDED}
_WORSE = {Reason.BASELINE, Reason.OPENED, Reason.RAISED}


class News(NamedTuple):
    """What there is to say about a provider under a regime after a run."""

    reason: Reason
    level: Level  # where the escalation stands now; for a closing one, what the assessments say


def decide(
    open_at: Level | None, levels: Sequence[Level | None], *, lower_after: int, is_first_run: bool = False
) -> News:
    """What there is to say.

    Args:
        open_at: the level of the open escalation; None when there is none.
        levels: the assessments of the newest scored days since the escalation last changed, newest first, one a day;
            the first is this run's. None stands for a day on which the regime did not cover the provider.
        lower_after: how many assessments in a row must be below before the level comes down.
        is_first_run: the regime has never been scored before.
    """
    level = levels[0]
    if open_at is None:
        return _without_escalation(level, is_first_run=is_first_run)
    if level is None:
        return News(Reason.ENDED, Level.NONE)
    if level is Level.UNSCORABLE:
        return News(Reason.UNSCORABLE, open_at)
    if level.rank > open_at.rank:
        return News(Reason.RAISED, level)
    if level.rank == open_at.rank:
        return News(Reason.UNCHANGED, open_at)
    return _below(open_at, levels[:lower_after], lower_after)


def _without_escalation(level: Level | None, *, is_first_run: bool) -> News:
    if level is None or level.rank == 0:
        return News(Reason.UNCHANGED, level or Level.NONE)
    return News(Reason.BASELINE if is_first_run else Reason.OPENED, level)


def _below(open_at: Level, recent: Sequence[Level | None], lower_after: int) -> News:
    below = [level for level in recent if level not in {None, Level.UNSCORABLE} and level.rank < open_at.rank]
    if len(below) < lower_after:
        return News(Reason.WAITING, open_at)
    level = max(below, key=lambda level: level.rank)
    return News(Reason.LOWERED if level.rank else Reason.RESOLVED, level)
