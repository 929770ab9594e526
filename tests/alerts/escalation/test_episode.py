"""The state of an escalation: what each entry changes, and that its entries give the stored row."""

from dataclasses import replace
from datetime import date

from alerts.decide import Action, EscalationState, LevelChange, Reason
from alerts.escalation.episode import NO_ENTRIES, EntryKind, EpisodeEntry, apply_entry, fold_entries
from models.vocabulary import Level

MONDAY, FRIDAY = date(2024, 1, 1), date(2024, 1, 5)
WATCH, CONCERN, CRITICAL = Level.WATCH, Level.CONCERN, Level.CRITICAL


def entry(
    kind: EntryKind, level: Level, change: int = 1, *, day: date = MONDAY, until: date | None = None
) -> EpisodeEntry:
    return EpisodeEntry(kind, level, change, day, 7, until, 11)


OPENED = entry(EntryKind.OPENED, CONCERN)


def test_opening_reaches_each_level_up_to_the_own() -> None:
    state = fold_entries([OPENED])
    assert state.reached == {WATCH: MONDAY, CONCERN: MONDAY}
    assert state.is_open


def test_a_raise_keeps_the_days_of_the_lower_levels() -> None:
    state = fold_entries([OPENED, entry(EntryKind.RAISED, CRITICAL, 2, day=FRIDAY)])
    assert state.reached == {WATCH: MONDAY, CONCERN: MONDAY, CRITICAL: FRIDAY}


def test_a_closed_escalation_keeps_its_level_and_has_no_steps() -> None:
    state = fold_entries([OPENED, entry(EntryKind.RESOLVED, Level.NONE, 2, day=FRIDAY)])
    assert state.level is CONCERN
    assert state.closed_on == FRIDAY
    assert state.reached == {}


def test_reopening_starts_the_steps_again_and_ends_an_acknowledgement() -> None:
    taken = entry(EntryKind.ACKNOWLEDGED, CONCERN, until=FRIDAY)
    state = fold_entries([OPENED, taken, entry(EntryKind.CLOSED, CONCERN, 2)])
    state = apply_entry(state, entry(EntryKind.REOPENED, CONCERN, 3, day=FRIDAY))
    assert state.reached == {WATCH: FRIDAY, CONCERN: FRIDAY}
    assert state.opened_on == MONDAY
    assert state.acknowledgement is None


def test_an_added_finding_leaves_the_last_change_of_the_level() -> None:
    state = fold_entries([OPENED, entry(EntryKind.ADDED, CONCERN, 2)])
    assert state.last_reason is Reason.ADDED
    assert state.last_level_change == LevelChange(1, Reason.OPENED)


def test_an_acknowledgement_and_a_silence_leave_the_rest_of_the_state() -> None:
    before = fold_entries([OPENED])
    after = fold_entries([OPENED, entry(EntryKind.ACKNOWLEDGED, CONCERN, until=FRIDAY)])
    assert after.acknowledgement == Action(11, CONCERN, FRIDAY)
    assert replace(after, acknowledgement=None) == before
    silenced = apply_entry(after, entry(EntryKind.SILENCED, CONCERN, until=FRIDAY))
    assert apply_entry(silenced, entry(EntryKind.UNSILENCED, CONCERN)) == after


def test_a_kind_that_changes_the_escalation_is_spelled_as_its_reason() -> None:
    changing = [kind for kind in EntryKind if not kind.is_pause]
    assert [kind.value for kind in changing] == [Reason(kind).value for kind in changing]


# --- whatever runs and people do, the entries give the stored row


def test_a_state_without_entries_is_neither_open_nor_changed() -> None:
    assert EscalationState() == NO_ENTRIES
    assert not NO_ENTRIES.is_open
