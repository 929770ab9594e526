"""What people do with an escalation: acknowledge, silence, close, reopen. Each act is one more entry of its history."""

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

MAX_PAUSE = timedelta(days=92)  # of an acknowledgement or a silence: it comes back
MAX_NUMBER_DIGITS = 10  # digits
MAX_REASON_LENGTH = 20_000  # characters of a reason
MAX_STEP_LENGTH = 300  # characters of a next step


class UnknownEscalation(WrongInput):
    """No escalation has this number, or none of the provider stands as it must."""


class WrongAction(WrongInput):
    """What somebody wants to do with an escalation does not fit it."""


@dataclass(frozen=True)
class EscalationSummary:
    """An escalation, as an act finds or leaves it."""

    number: int
    provider: str
    regime: str
    state: EscalationState
    visible_level: Level  # the level that the person who acts may see


@contextmanager
def action_writer(engine: Engine, author: RegisteredUser, *, now: datetime) -> "Iterator[ActionWriter]":
    """A desk at which a person acts, in one transaction; an act that the person has no right to is refused."""
    with write_session(engine) as session:
        yield ActionWriter(session, author, now)


class ActionWriter:
    """Enters acts; each method gives the escalation as it then stands."""

    def __init__(self, session: Session, author: RegisteredUser, now: datetime) -> None:
        self._session, self._author, self._now = session, author, now
        self._today = day_in_london(now)

    def acknowledge(
        self, escalation: str, *, next_step: str, until_on: date, owner: str | None = None, reason: str = ""
    ) -> EscalationSummary:
        """Somebody has it in hand: no further steps until the last day, then it comes back. A worse level ends it.

        Args:
            escalation: its number, or the identifier of a provider with one open escalation.
            next_step: what the owner does next.
            until_on: the last day.
            owner: key of a person on record; the author if nobody is named.
            reason: in as many words as it takes.

        Raises:
            WrongInput: there is no such open escalation or owner, or the day does not fit.
        """
        permissions.check_permission(self._author, Permission.ACKNOWLEDGE)
        episode = self._find_escalation(escalation, is_open=True)
        step = " ".join(next_step.split())
        if not step or len(step) > MAX_STEP_LENGTH:
            raise WrongAction(f"say what is done next, in at most {MAX_STEP_LENGTH} characters")
        has_it = self._author if owner is None else self._find_owner(owner)
        self._add_entry(
            episode,
            EntryKind.ACKNOWLEDGED,
            until_on=self._check_until_on(until_on),
            owner_id=has_it.id,
            next_step=step,
            reason=reason,
        )
        return episode

    def silence(self, escalation: str, *, reason: str, until_on: date) -> EscalationSummary:
        """Nobody is told anything until the last day, but that it got worse or ended.

        Raises:
            WrongInput: there is no such open escalation, no reason, or the day does not fit.
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
        """Close it: the provider is only told of again when it has been well in between, or gets worse than now.

        Raises:
            WrongInput: there is no such open escalation, or no reason.
        """
        permissions.check_permission(self._author, Permission.CLOSE)
        episode = self._find_escalation(escalation, is_open=True)
        return self._change_escalation(episode, EntryKind.CLOSED, _require_reason(reason))

    def reopen(self, escalation: str, *, reason: str) -> EscalationSummary:
        """Open a closed one again, at the level at which it stood; its steps begin anew.

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
                f"escalation {other} of {episode.provider} is open under {episode.regime}; act on that one"
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
        known = visible_escalations(self._session, self._author.audiences, [row.id for row in rows])
        rows = [row for row in rows if row.id not in known or known[row.id].state.is_open == (row.closed_on is None)]
        fit = [row for row in rows if (row.closed_on is None) == is_open]
        wanted_state = "open" if is_open else "closed"
        if not fit:
            why = f"it is {'closed' if is_open else 'open'}" if rows else "'continuity alerts list --all' has them"
            raise UnknownEscalation(f"there is no {wanted_state} escalation '{wanted}': {why}")
        if len({row.regime for row in fit}) > 1:
            raise UnknownEscalation(
                f"{wanted} has several: {', '.join(f'{row.id} ({row.regime})' for row in fit)}; give the number of one"
            )
        row = fit[0]
        state = stored_state(row, row.level)
        visible_level = known[row.id].state.level if row.id in known else state.level
        return EscalationSummary(row.id, row.key, row.regime, state, visible_level)

    def _find_owner(self, key: str) -> RegisteredUser:
        try:
            return read_user(self._session, key)
        except UnknownUser as error:
            raise WrongAction(f"the owner must be on record: {error}") from error

    def _check_until_on(self, until_on: date) -> date:
        if until_on < self._today:
            raise WrongAction(f"{until_on} has passed; give a day to come")
        if until_on > self._today + MAX_PAUSE:
            raise WrongAction(f"{until_on} is too far off; at most {MAX_PAUSE.days} days: {self._today + MAX_PAUSE}")
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
            raise WrongAction(f"the text has {len(reason):,} characters; at most {MAX_REASON_LENGTH:,} are kept")
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
        raise WrongAction("say why, in your own words")
    return reason
