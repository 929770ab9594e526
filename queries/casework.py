"""Reads for the pages about casework: who may enter records, a provider's escalations, overdue work."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from access.people import RegisteredUser, UnknownUser, find_user, list_users
from access.permissions import Permission, is_permitted
from access.viewer import Viewer
from alerts.escalation.acknowledgements import read_acknowledgements
from alerts.escalation.entries import NO_ACTIONS, read_open_actions
from alerts.escalation.no_action import EscalationWithoutAction, read_escalations_without_action
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, SUBJECT
from alerts.escalation.visible_escalations import visible_escalations
from alerts.policy import NoActionRule
from casework.kinds import record_kinds
from indicators.names import read_names
from models import bulk
from models.alerting import Escalation
from models.database import read_session, table_of
from models.scoring import Assessment
from models.subjects import Subject
from models.vocabulary import PUBLIC, Level
from queries.timeline import TimelineEvent, entry_events
from regimes.schema import Regime, regimes_in_force
from regimes.store import available_regimes
from settings import Settings

# The permissions that the casework page needs: to enter records, and to act on escalations.
ENTRY_PERMISSIONS = (
    *(Permission.for_kind(kind) for kind in record_kinds()),
    Permission.APPROVE,
    Permission.ACKNOWLEDGE,
    Permission.SILENCE,
    Permission.CLOSE,
    Permission.REOPEN,
)


def current_author(engine: Engine, settings: Settings) -> tuple[RegisteredUser | None, str]:
    """The registered user named by ``CONTINUITY_USER``, if they may write; else None, and how to get the right to."""
    command = f"continuity case person add {settings.user} --audiences casework"
    try:
        user = find_user(engine, settings.user)
    except UnknownUser:
        return None, (
            f"'{settings.user}' (CONTINUITY_USER) is not a registered user. "
            f"An operator can add you with: {command} --name NAME --roles regulator"
        )
    if user.audiences <= {PUBLIC}:
        return None, f"'{user.key}' sees public records only. An operator can add an audience with: {command}"
    if not any(is_permitted(user, permission) for permission in ENTRY_PERMISSIONS):
        return (
            None,
            f"'{user.key}' has no role that enters casework. An operator can add a role with: {command} --roles ROLE",
        )
    return user, ""


def person_names(engine: Engine) -> dict[str, str]:
    """Key to name of every registered user."""
    return {user.key: user.name or user.key for user in list_users(engine)}


class ProviderChoice(NamedTuple):
    """A subject's identifier and name."""

    key: str
    name: str


def find_provider(engine: Engine, key: str, day: date) -> ProviderChoice | None:
    """The provider with an identifier; None if no register has ever mentioned the identifier."""
    with read_session(engine) as session:
        number = session.scalar(select(SUBJECT.id).where(SUBJECT.key == key))
    return None if number is None else ProviderChoice(key, provider_names(engine, [key], day).get(key, key))


def provider_names(engine: Engine, keys: Iterable[str], day: date) -> dict[str, str]:
    """Identifier to the name in the provider's last assessment, or the name known on a day without an assessment."""
    wanted, names = set(keys), dict[str, str]()
    for chunk in bulk.split_chunks(sorted(wanted)):
        newest = (
            select(func.max(ASSESSMENT.id))
            .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .where(SUBJECT.key.in_(chunk))
            .group_by(ASSESSMENT.provider_id)
        )
        statement = (
            select(SUBJECT.key, ASSESSMENT.provider_name)
            .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .where(ASSESSMENT.id.in_(newest))
        )
        with read_session(engine) as session:
            names |= {row.key: row.provider_name for row in session.execute(statement) if row.provider_name}
    with read_session(engine) as session:
        return read_names(session, wanted - names.keys(), day) | names


def regimes_by_key(settings: Settings, day: date) -> dict[str, Regime]:
    """The regimes in force on a day, by their keys."""
    return {regime.key: regime for regime in regimes_in_force(available_regimes(settings), day)}


class VisibleEpisode(NamedTuple):
    """An escalation of a provider, as far as the viewer may see it, with the actions on it."""

    number: int
    regime: str
    level: Level
    opened_on: date
    closed_on: date | None
    acknowledgement: str  # by whom, until when, next step; empty without one in force
    ended_acknowledgement: str  # the last acknowledgement, once it is no longer in force
    silenced_until: date | None
    history: list[TimelineEvent]  # oldest first

    @property
    def is_open(self) -> bool:
        """Whether the escalation is open."""
        return self.closed_on is None


def read_episodes(engine: Engine, viewer: Viewer, key: str, day: date) -> list[VisibleEpisode]:
    """The escalations of a provider that the viewer may see: open ones first, then the newest."""
    e = ESCALATION
    statement = (
        select(e.id, e.regime, e.level, e.opened_on, e.closed_on)
        .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
        .where(SUBJECT.key == key)
        .order_by(e.closed_on.is_not(None), e.id.desc())
    )
    with read_session(engine) as session:
        rows = session.execute(statement).all()
        has_actions = viewer.may_read_actions and any(row.closed_on is None for row in rows)
        actions = read_open_actions(session) if has_actions else {}
        visible = visible_escalations(session, viewer.audiences, [row.id for row in rows])
        open_numbers = [row.id for row in rows if row.closed_on is None]
        acknowledgements = read_acknowledgements(session, open_numbers, visible) if viewer.may_read_actions else {}
        episodes = []
        for row in rows:
            redacted = visible.get(row.id)
            level, opened_on, closed_on = Level(row.level), row.opened_on, row.closed_on
            if redacted is not None:
                if redacted.state.opened_on is None or redacted.state.level is Level.NONE:
                    continue
                level, opened_on, closed_on = redacted.state.level, redacted.state.opened_on, redacted.state.closed_on
            acknowledgement = acknowledgements.get(row.id) if closed_on is None else None
            silence = actions.get(row.id, NO_ACTIONS).silence
            if silence is not None and redacted is not None and silence.entry_id not in redacted.entry_ids:
                silence = None
            is_silenced = silence is not None and silence.is_in_force(level, day)
            episodes.append(
                VisibleEpisode(
                    row.id,
                    row.regime,
                    level,
                    opened_on,
                    closed_on,
                    acknowledgement.text_in_force(level, day) if acknowledgement is not None else "",
                    acknowledgement.text_after_expiry(level, day) if acknowledgement is not None else "",
                    silence.until_on if silence is not None and is_silenced else None,
                    list(entry_events(session, [row.id], visible, viewer)),
                )
            )
    return episodes


class OverdueWork(NamedTuple):
    """Escalations that nobody has acted on, and the number of overdue clocks, as far as the viewer may see them."""

    escalations: list[EscalationWithoutAction]
    overdue_clocks: int


def escalations_without_action(
    engine: Engine, viewer: Viewer, rule: NoActionRule, day: date
) -> list[EscalationWithoutAction]:
    """The escalations that nobody has acted on; none for viewers who may not see actions."""
    with read_session(engine) as session:
        return read_escalations_without_action(session, rule, day, audiences=viewer.audiences)
