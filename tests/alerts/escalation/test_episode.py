"""The state of an escalation: what each entry changes, and that its entries give the stored row."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from access.people import RegisteredUser
from alerts.decide import Action, EscalationState, LevelChange, Reason
from alerts.escalation.actions import action_writer
from alerts.escalation.entries import read_open_actions
from alerts.escalation.episode import NO_ENTRIES, EntryKind, EpisodeEntry, apply_entry, fold_entries
from alerts.escalation.episode_store import stored_values
from alerts.escalation.visible_escalations import fold_visible_entries
from models.alerting import Escalation, EscalationEntry
from models.database import engine_for, migrate, read_session
from models.vocabulary import Level
from settings import WrongInput
from tests.alerts.scenes import finding, key_of, noon, score_and_tell
from tests.factories import on_record

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

LETTERS = {".": "none", "w": "watch", "c": "concern", "C": "critical", "?": "unscorable", "-": None}
run_days = st.tuples(st.sampled_from("wcCwcC..?-"), st.integers(0, 2))
actions = st.lists(st.sampled_from(["close", "reopen", "acknowledge", "silence", "unsilence"]), max_size=2)
histories = st.lists(st.tuples(run_days, actions), min_size=4, max_size=9)


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    """One database for all generated histories: each has a provider of its own."""
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for(f"sqlite:///{Path(folder) / 'histories.db'}")
        migrate(engine)
        yield engine
        engine.dispose()


History = list[tuple[tuple[str, int], list[str]]]  # for each day the run's letter and findings, and the actions


class Histories:
    """Plays histories one after the other, each on days of its own."""

    day = MONDAY
    count = 0


def act(engine: Engine, person: RegisteredUser, action: str, provider: str, day: date) -> None:
    """Let the person act on the provider's escalation; an action that does not fit is refused."""
    with action_writer(engine, person, now=noon(day)) as writer:
        if action == "acknowledge":
            writer.acknowledge(provider, next_step="Ask", until_on=day + timedelta(days=2))
        elif action == "silence":
            writer.silence(provider, reason="Known", until_on=day + timedelta(days=1))
        elif action == "unsilence":
            writer.unsilence(provider)
        elif action == "close":
            writer.close(provider, reason="Wrong home")
        else:
            writer.reopen(provider, reason="Right home")


def play(engine: Engine, person: RegisteredUser, history: History) -> str:
    """The identifier of the provider whose history was played."""
    Histories.count += 1
    name, regime = f"Home {Histories.count}", f"homes_{Histories.count}"
    for (letter, added), day_actions in history:
        Histories.day += timedelta(days=1)
        level = LETTERS[letter]
        worst = Level(level) if level in {"watch", "concern", "critical"} else None
        findings = [finding(f"Finding {number}", worst, rule=f"rule_{number}") for number in range(added + 1)]
        of_name = {name: findings} if worst is not None else {}
        score_and_tell(engine, Histories.day, {name: level}, regime=regime, findings=of_name)
        for action in day_actions:
            with suppress(WrongInput):
                act(engine, person, action, key_of(name), Histories.day)
    return regime


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_the_entries_of_any_history_give_the_stored_row(shared_engine: Engine, history: History) -> None:
    person = on_record(shared_engine, f"ann{Histories.count}", name="Ann")
    regime = play(shared_engine, person, history)
    with read_session(shared_engine) as session:
        rows = session.scalars(select(Escalation).where(Escalation.regime == regime)).all()
        open_actions = read_open_actions(session)
        for row in rows:
            of_row = select(EscalationEntry).where(EscalationEntry.escalation_id == row.id).order_by(EscalationEntry.id)
            entries = [EpisodeEntry.from_row(stored) for stored in session.scalars(of_row)]
            state = fold_entries(entries)
            assert stored_values(state) == {column: getattr(row, column) for column in stored_values(state)}
            assert not row.is_kept_closed or state.last_reason is Reason.CLOSED
            assert fold_visible_entries(entries, {}, {}).state == state
            if row.id in open_actions:
                assert open_actions[row.id] == (state.acknowledgement, state.silence)
            elif state.is_open:
                assert state.acknowledgement is None
                assert state.silence is None


def test_a_state_without_entries_is_neither_open_nor_changed() -> None:
    assert EscalationState() == NO_ENTRIES
    assert not NO_ENTRIES.is_open
