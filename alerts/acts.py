"""What people do with an escalation: acknowledge, silence, close, reopen. Each act is one more entry of its history."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from alerts.episodes import days
from alerts.history import Deed
from alerts.known import stories
from alerts.standing import ALARMING, ESCALATION, SUBJECT
from casework import rights
from casework.people import RegisteredUser, UnknownUser, read_user
from casework.rights import Permission
from models.alerting import Escalation, EscalationEntry
from models.database import Session, table_of, writing
from models.ledger import Subject
from models.vocabulary import Level, day_in_london
from settings import WrongInput

LONGEST = timedelta(days=92)  # of an acknowledgement or a silence: it comes back
LONGEST_NUMBER = 10  # digits
MAX_TEXT = 20_000  # characters of a reason
MAX_LINE = 300  # characters of a next step


class UnknownEscalation(WrongInput):
    """No escalation has this number, or none of the provider stands as it must."""


class WrongAct(WrongInput):
    """What somebody wants to do with an escalation does not fit it."""


@dataclass(frozen=True)
class Episode:
    """An escalation, as an act finds or leaves it."""

    number: int
    provider: str
    regime: str
    level: Level
    is_open: bool
    change: int
    known: Level  # as far as whoever acts may know


@contextmanager
def desk(engine: Engine, author: RegisteredUser, *, now: datetime) -> "Iterator[Desk]":
    """A desk at which a person acts, in one transaction; an act that the person has no right to is refused."""
    with writing(engine) as session:
        yield Desk(session, author, now)


class Desk:
    """Enters acts; each method gives the escalation as it then stands."""

    def __init__(self, session: Session, author: RegisteredUser, now: datetime) -> None:
        self._session, self._author, self._now = session, author, now
        self._today = day_in_london(now)

    def acknowledge(
        self, escalation: str, *, next_step: str, until_on: date, owner: str | None = None, reason: str = ""
    ) -> Episode:
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
        rights.check_permission(self._author, Permission.ACKNOWLEDGE)
        episode = self._find(escalation, is_open=True)
        step = " ".join(next_step.split())
        if not step or len(step) > MAX_LINE:
            raise WrongAct(f"say what is done next, in at most {MAX_LINE} characters")
        has_it = self._author if owner is None else self._owner(owner)
        self._enter(
            episode,
            Deed.ACKNOWLEDGED,
            until_on=self._until(until_on),
            owner_id=has_it.id,
            next_step=step,
            reason=reason,
        )
        return episode

    def silence(self, escalation: str, *, reason: str, until_on: date) -> Episode:
        """Nobody is told anything until the last day, but that it got worse or ended.

        Raises:
            WrongInput: there is no such open escalation, no reason, or the day does not fit.
        """
        rights.check_permission(self._author, Permission.SILENCE)
        episode = self._find(escalation, is_open=True)
        self._enter(episode, Deed.SILENCED, until_on=self._until(until_on), reason=_said(reason))
        return episode

    def unsilence(self, escalation: str, *, reason: str = "") -> Episode:
        """End a silence before its day.

        Raises:
            UnknownEscalation: there is no such open escalation.
        """
        rights.check_permission(self._author, Permission.SILENCE)
        episode = self._find(escalation, is_open=True)
        self._enter(episode, Deed.UNSILENCED, reason=reason)
        return episode

    def close(self, escalation: str, *, reason: str) -> Episode:
        """Close it: the provider is only told of again when it has been well in between, or gets worse than now.

        Raises:
            WrongInput: there is no such open escalation, or no reason.
        """
        rights.check_permission(self._author, Permission.CLOSE)
        episode = self._find(escalation, is_open=True)
        closed = self._change(episode, Deed.CLOSED, closed_on=self._today, is_held=True, reached={})
        self._enter(closed, Deed.CLOSED, before=episode.level, reason=_said(reason))
        return closed

    def reopen(self, escalation: str, *, reason: str) -> Episode:
        """Open a closed one again, at the level at which it stood; its steps begin anew.

        Raises:
            WrongInput: there is no such closed escalation, another one is open, or there is no reason.
        """
        rights.check_permission(self._author, Permission.REOPEN)
        episode = self._find(escalation, is_open=False)
        is_same = ESCALATION.provider_id == select(SUBJECT.id).where(SUBJECT.key == episode.provider).scalar_subquery()
        other = self._session.scalar(
            select(ESCALATION.id).where(is_same, ESCALATION.regime == episode.regime, ESCALATION.closed_on.is_(None))
        )
        if other is not None:
            raise WrongAct(f"escalation {other} of {episode.provider} is open under {episode.regime}; act on that one")
        reached = days({level: self._today for level in ALARMING if level.rank <= episode.level.rank})
        opened = self._change(episode, Deed.REOPENED, closed_on=None, is_held=False, reached=reached)
        self._enter(opened, Deed.REOPENED, reason=_said(reason))
        return opened

    def _find(self, text: str, *, is_open: bool) -> Episode:
        e, wanted = ESCALATION, text.strip()
        is_number = wanted.isdecimal() and len(wanted) < LONGEST_NUMBER
        is_it = (e.id == int(wanted)) if is_number else (SUBJECT.key == wanted)
        statement = (
            select(e.id, e.regime, e.level, e.closed_on, e.change, SUBJECT.key)
            .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
            .where(is_it)
            .order_by(e.id.desc())
            .with_for_update(of=table_of(Escalation))
        )
        rows = self._session.execute(statement).all()
        known = stories(self._session, self._author.audiences, [row.id for row in rows])
        rows = [row for row in rows if row.id not in known or known[row.id].is_open == (row.closed_on is None)]
        fit = [row for row in rows if (row.closed_on is None) == is_open]
        state = "open" if is_open else "closed"
        if not fit:
            why = f"it is {'closed' if is_open else 'open'}" if rows else "'continuity alerts list --all' has them"
            raise UnknownEscalation(f"there is no {state} escalation '{wanted}': {why}")
        if len({row.regime for row in fit}) > 1:
            raise UnknownEscalation(
                f"{wanted} has several: {', '.join(f'{row.id} ({row.regime})' for row in fit)}; give the number of one"
            )
        row = fit[0]
        level = Level(row.level)
        may_know = known[row.id].level if row.id in known else level
        return Episode(row.id, row.key, row.regime, level, row.closed_on is None, row.change, may_know)

    def _owner(self, key: str) -> RegisteredUser:
        try:
            return read_user(self._session, key)
        except UnknownUser as error:
            raise WrongAct(f"the owner must be on record: {error}") from error

    def _until(self, until_on: date) -> date:
        if until_on < self._today:
            raise WrongAct(f"{until_on} has passed; give a day to come")
        if until_on > self._today + LONGEST:
            raise WrongAct(f"{until_on} is too far off; at most {LONGEST.days} days: {self._today + LONGEST}")
        return until_on

    def _change(self, episode: Episode, deed: Deed, **values: Any) -> Episode:
        self._session.execute(
            update(table_of(Escalation))
            .where(ESCALATION.id == episode.number)
            .values(change=episode.change + 1, reason=str(deed), changed_on=self._today, **values)
        )
        is_open = deed is Deed.REOPENED
        return replace(episode, is_open=is_open, change=episode.change + 1)

    def _enter(
        self, episode: Episode, deed: Deed, *, before: Level | None = None, reason: str = "", **more: Any
    ) -> None:
        if len(reason) > MAX_TEXT:
            raise WrongAct(f"the text has {len(reason):,} characters; at most {MAX_TEXT:,} are kept")
        self._session.add(
            EscalationEntry(
                escalation_id=episode.number,
                change=episode.change,
                kind=str(deed),
                level=str(episode.level),
                before=str(before) if before is not None else None,
                entered_at=self._now,
                about_on=self._today,
                author_id=self._author.id,
                reason=reason.strip(),
                **more,
            )
        )


def _said(reason: str) -> str:
    if not reason.strip():
        raise WrongAct("say why, in your own words")
    return reason
