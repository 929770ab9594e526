"""The actions of people: acknowledge, silence, close, reopen. Each action is a new entry of the escalation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from access import permissions
from access.people import RegisteredUser, UnknownUser, read_user
from access.permissions import Permission
from alerts.decide import EscalationState
from alerts.escalation.episode import EntryKind, EpisodeEntry, apply_entry
from alerts.escalation.episode_store import stored_values
from alerts.escalation.state_changes import ESCALATION, SUBJECT, stored_state
from alerts.escalation.visible_escalations import visible_escalations
from models.alerting import Escalation, EscalationEntry
from models.database import Session, table_of, write_session
from models.subjects import Subject
from models.vocabulary import Level, day_in_london
from settings import WrongInput

MAX_PAUSE = timedelta(days=92)  # the longest acknowledgement or silence
MAX_NUMBER_DIGITS = 10  # of an escalation's number
MAX_REASON_LENGTH = 20_000  # characters of a reason
MAX_STEP_LENGTH = 300  # characters of a next step


class UnknownEscalation(WrongInput):
    """No escalation has this number, or the provider has none that is open (or closed), as the action requires."""


class WrongAction(WrongInput):
    """The action or its details do not fit the escalation."""


@dataclass(frozen=True)
class EscalationSummary:
    """An escalation before or after an action."""

    number: int
    provider: str
    regime: str
    state: EscalationState
    visible_level: Level  # the level that the person who acts may see


@contextmanager
def action_writer(engine: Engine, author: RegisteredUser, *, now: datetime) -> "Iterator[ActionWriter]":
    """A writer of one person's actions, in one transaction; an action without the right to it is refused."""
    with write_session(engine) as session:
        yield ActionWriter(session, author, now)


class ActionWriter:
    """Writes the actions of a person; each method returns the escalation after the action."""

    def __init__(self, session: Session, author: RegisteredUser, now: datetime) -> None:
        self._session, self._author, self._now = session, author, now
        self._today = day_in_london(now)

    def acknowledge(
        self, escalation: str, *, next_step: str, until_on: date, owner: str | None = None, reason: str = ""
    ) -> EscalationSummary:
        """Record that somebody is working on it: steps and reminders pause until the last day, unless the level rises.

        Args:
            escalation: its number, or the identifier of a provider with one open escalation.
            next_step: what the owner does next.
            until_on: the last day.
            owner: key of a registered user; None means the author.
            reason: the reason, of any length.

        Raises:
            WrongInput: there is no such open escalation or owner, or the day is in the past or too far off.
        """
        permissions.check_permission(self._author, Permission.ACKNOWLEDGE)
        episode = self._find_escalation(escalation, is_open=True)
        step = " ".join(next_step.split())
        if not step or len(step) > MAX_STEP_LENGTH:
            raise WrongAction(f"say the next step, in at most {MAX_STEP_LENGTH} characters")
        owner_user = self._author if owner is None else self._find_owner(owner)
        self._add_entry(
            episode,
            EntryKind.ACKNOWLEDGED,
            until_on=self._check_until_on(until_on),
            owner_id=owner_user.id,
            next_step=step,
            reason=reason,
        )
        return episode

    def silence(self, escalation: str, *, reason: str, until_on: date) -> EscalationSummary:
        """Stop all messages until the last day, unless the level rises or the escalation ends.

        Raises:
            WrongInput: there is no such open escalation, no reason, or the day is in the past or too far off.
        """
        permissions.check_permission(self._author, Permission.SILENCE)
        episode = self._find_escalation(escalation, is_open=True)
        self._add_entry(
            episode, EntryKind.SILENCED, until_on=self._check_until_on(until_on), reason=_require_reason(reason)
        )
        return episode

    def unsilence(self, escalation: str, *, reason: str = "") -> EscalationSummary:
        """End a silence before its day.

        Raises:
            UnknownEscalation: there is no such open escalation.
        """
        permissions.check_permission(self._author, Permission.SILENCE)
        episode = self._find_escalation(escalation, is_open=True)
        self._add_entry(episode, EntryKind.UNSILENCED, reason=reason)
        return episode

    def close(self, escalation: str, *, reason: str) -> EscalationSummary:
        """Close it. A new escalation opens only after the level has been none in between, or if it gets worse than now.

        Raises:
            WrongInput: there is no such open escalation, or no reason.
        """
        permissions.check_permission(self._author, Permission.CLOSE)
        episode = self._find_escalation(escalation, is_open=True)
        return self._change_escalation(episode, EntryKind.CLOSED, _require_reason(reason))

    def reopen(self, escalation: str, *, reason: str) -> EscalationSummary:
        """Open a closed escalation again, at its last level; its steps start again.

        Raises:
            WrongInput: there is no such closed escalation, another one is open, or there is no reason.
        """
        permissions.check_permission(self._author, Permission.REOPEN)
        episode = self._find_escalation(escalation, is_open=False)
        is_same = ESCALATION.provider_id == select(SUBJECT.id).where(SUBJECT.key == episode.provider).scalar_subquery()
        other = self._session.scalar(
            select(ESCALATION.id).where(is_same, ESCALATION.regime == episode.regime, ESCALATION.closed_on.is_(None))
        )
        if other is not None:
            raise WrongAction(
                f"escalation {other} of {episode.provider} is already open under {episode.regime}; act on that one"
            )
        return self._change_escalation(episode, EntryKind.REOPENED, _require_reason(reason))

    def _find_escalation(self, text: str, *, is_open: bool) -> EscalationSummary:
        e, wanted = ESCALATION, text.strip()
        is_number = wanted.isdecimal() and len(wanted) < MAX_NUMBER_DIGITS
        is_it = (e.id == int(wanted)) if is_number else (SUBJECT.key == wanted)
        statement = (
            select(table_of(Escalation), e.run_id.label("changed_by"), SUBJECT.key)
            .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
            .where(is_it)
            .order_by(e.id.desc())
            .with_for_update(of=table_of(Escalation))
        )
        rows = self._session.execute(statement).all()
        visible = visible_escalations(self._session, self._author.audiences, [row.id for row in rows])
        rows = [
            row for row in rows if row.id not in visible or visible[row.id].state.is_open == (row.closed_on is None)
        ]
        fitting = [row for row in rows if (row.closed_on is None) == is_open]
        wanted_state = "open" if is_open else "closed"
        if not fitting:
            hint = f"it is {'closed' if is_open else 'open'}" if rows else "see 'continuity alerts list --all'"
            raise UnknownEscalation(f"there is no {wanted_state} escalation '{wanted}': {hint}")
        if len({row.regime for row in fitting}) > 1:
            choices = ", ".join(f"{row.id} ({row.regime})" for row in fitting)
            raise UnknownEscalation(f"{wanted} has several: {choices}; give the number of one")
        row = fitting[0]
        state = stored_state(row, row.level)
        visible_level = visible[row.id].state.level if row.id in visible else state.level
        return EscalationSummary(row.id, row.key, row.regime, state, visible_level)

    def _find_owner(self, key: str) -> RegisteredUser:
        try:
            return read_user(self._session, key)
        except UnknownUser as error:
            raise WrongAction(f"the owner must be a registered user: {error}") from error

    def _check_until_on(self, until_on: date) -> date:
        if until_on < self._today:
            raise WrongAction(f"{until_on} has passed; give a day in the future")
        if until_on > self._today + MAX_PAUSE:
            raise WrongAction(
                f"{until_on} is too far off; the latest day is {self._today + MAX_PAUSE} ({MAX_PAUSE.days} days)"
            )
        return until_on

    def _change_escalation(self, episode: EscalationSummary, kind: EntryKind, reason: str) -> EscalationSummary:
        """Close or reopen the escalation: the row gets the state that the new entry makes."""
        level = episode.state.level
        entry = EpisodeEntry(kind, level, episode.state.change + 1, self._today)
        changed = replace(episode, state=apply_entry(episode.state, entry))
        values = stored_values(changed.state) | {"is_kept_closed": kind is EntryKind.CLOSED}
        self._session.execute(update(table_of(Escalation)).where(ESCALATION.id == episode.number).values(values))
        self._add_entry(changed, kind, before=level if kind is EntryKind.CLOSED else None, reason=reason)
        return changed

    def _add_entry(
        self,
        episode: EscalationSummary,
        kind: EntryKind,
        *,
        before: Level | None = None,
        reason: str = "",
        **more: Any,
    ) -> None:
        if len(reason) > MAX_REASON_LENGTH:
            raise WrongAction(f"the text has {len(reason):,} characters; shorten it to {MAX_REASON_LENGTH:,}")
        self._session.add(
            EscalationEntry(
                escalation_id=episode.number,
                change=episode.state.change,
                kind=str(kind),
                level=str(episode.state.level),
                before=str(before) if before is not None else None,
                entered_at=self._now,
                about_on=self._today,
                author_id=self._author.id,
                reason=reason.strip(),
                **more,
            )
        )


def _require_reason(reason: str) -> str:
    if not reason.strip():
        raise WrongAction("say why: the action needs a reason in your own words")
    return reason
