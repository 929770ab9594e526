"""Stored escalations agree with their entries."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from access.people import RegisteredUser
from alerts.decide import Reason
from alerts.escalation.actions import action_writer
from alerts.escalation.entries import read_open_actions
from alerts.escalation.episode import EpisodeEntry, fold_entries
from alerts.escalation.episode_store import stored_values
from alerts.escalation.visible_escalations import fold_visible_entries
from models.alerting import Escalation, EscalationEntry
from models.database import engine_for, migrate, read_session
from models.vocabulary import Level
from settings import WrongInput
from tests.alerts.scenes import finding, key_of, noon, score_and_tell
from tests.factories import on_record

MONDAY, FRIDAY = date(2024, 1, 1), date(2024, 1, 5)


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
