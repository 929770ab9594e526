"""Works out the state of an escalation from its entries, the same way for every reader and writer. Pure.

An entry records what a run found or what a person did. The day from which the steps of a level count is worked out
here alone: a level counts from the day on which the escalation reached this level or a worse one.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import Any, NamedTuple

from alerts.decide import Action, EscalationState, LevelChange, Reason
from models.vocabulary import Level

ALARMING_LEVELS = (Level.WATCH, Level.CONCERN, Level.CRITICAL)
NO_ENTRIES = EscalationState()


class EntryKind(StrEnum):
    """The kind of an entry. A kind that changes the escalation has the value of its ``Reason``."""

    # by a run
    BASELINE = Reason.BASELINE
    OPENED = Reason.OPENED
    RAISED = Reason.RAISED
    ADDED = Reason.ADDED
    LOWERED = Reason.LOWERED
    RESOLVED = Reason.RESOLVED
    ENDED = Reason.ENDED
    # by a person
    CLOSED = Reason.CLOSED
    REOPENED = Reason.REOPENED
    ACKNOWLEDGED = "acknowledged"  # has an owner, a next step and a last day
    SILENCED = "silenced"  # has a reason and a last day
    UNSILENCED = "unsilenced"

    @property
    def is_pause(self) -> bool:
        """Whether the entry starts or ends a pause in the messages and leaves the escalation as it is."""
        return self in _PAUSES

    @property
    def is_action(self) -> bool:
        """Whether a person made the entry."""
        return self in ACTION_KINDS


_PAUSES = {EntryKind.ACKNOWLEDGED, EntryKind.SILENCED, EntryKind.UNSILENCED}
ACTION_KINDS = frozenset({*_PAUSES, EntryKind.CLOSED, EntryKind.REOPENED})


class EpisodeEntry(NamedTuple):
    """The fields of an escalation's entry on which the state depends."""

    kind: EntryKind
    level: Level
    change: int  # the number of the escalation's changes after it
    about_on: date
    run_id: int | None = None  # None: a person's
    until_on: date | None = None  # the last day of an acknowledgement or silence
    entry_id: int = 0  # 0: not written yet

    @classmethod
    def from_row(cls, row: Any) -> "EpisodeEntry":
        """The entry in a row of the table ``escalationentry``."""
        return cls(EntryKind(row.kind), Level(row.level), row.change, row.about_on, row.run_id, row.until_on, row.id)


def apply_entry(state: EscalationState, entry: EpisodeEntry) -> EscalationState:
    """The state after one more entry."""
    state = _apply_pause(state, entry)
    if entry.kind.is_pause:
        return replace(state, change=entry.change)
    reason = Reason(entry.kind)
    state = replace(
        state,
        change=entry.change,
        last_reason=reason,
        changed_on=entry.about_on,
        run_id=state.run_id if entry.run_id is None else entry.run_id,
        last_level_change=state.last_level_change if reason is Reason.ADDED else LevelChange(entry.change, reason),
    )
    if reason.is_closing:
        return replace(state, closed_on=entry.about_on, reached={})
    earlier = {} if reason is Reason.REOPENED else state.reached
    return replace(
        state,
        level=entry.level,
        opened_on=state.opened_on or entry.about_on,
        closed_on=None,
        reached={
            level: earlier.get(level, entry.about_on) for level in ALARMING_LEVELS if level.rank <= entry.level.rank
        },
    )


def fold_entries(entries: Iterable[EpisodeEntry]) -> EscalationState:
    """The state after entries, oldest first."""
    return reduce(apply_entry, entries, NO_ENTRIES)


def _apply_pause(state: EscalationState, entry: EpisodeEntry) -> EscalationState:
    """Keep the newest acknowledgement and silence; closing and reopening by a person end both."""
    if entry.kind in {EntryKind.CLOSED, EntryKind.REOPENED}:
        return replace(state, acknowledgement=None, silence=None)
    action = Action(entry.entry_id, entry.level, entry.until_on) if entry.until_on is not None else None
    if entry.kind is EntryKind.ACKNOWLEDGED:
        return replace(state, acknowledgement=action)
    if entry.kind in {EntryKind.SILENCED, EntryKind.UNSILENCED}:
        return replace(state, silence=action)
    return state
