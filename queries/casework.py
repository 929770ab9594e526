"""What the pages about casework read beside the book: who acts, a provider's escalations, what nobody acted on."""

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
from models import bulk
from models.alerting import Escalation
from models.database import read_session, table_of
from models.scoring import Assessment
from models.subjects import Subject
from models.vocabulary import PUBLIC, Level
from queries import watchlist
from queries.timeline import TimelineEvent, entry_events
from regimes.schema import Regime, regimes_in_force
from regimes.store import available_regimes
from settings import Settings

# What is entered on the page of casework: records, and what is done about an escalation.
ENTRY_PERMISSIONS = (
    *(Permission.for_kind(kind) for kind in record_kinds()),
    Permission.APPROVE,
    Permission.ACKNOWLEDGE,
    Permission.SILENCE,
    Permission.CLOSE,
    Permission.REOPEN,
)


def current_author(engine: Engine, settings: Settings) -> tuple[RegisteredUser | None, str]:
    """Who may write: the person on record whom ``CONTINUITY_USER`` names; or nobody, and how to become one."""
    add = f"continuity case person add {settings.user} --audiences casework"
    try:
        found = find_user(engine, settings.user)
    except UnknownUser:
        return None, (
            f"To write here, be on record: nobody is as '{settings.user}' (CONTINUITY_USER). "
            f"An operator adds you with: {add} --name NAME --roles regulator"
        )
    if found.audiences <= {PUBLIC}:
        return None, f"'{found.key}' sees public records only. An operator adds an audience with: {add}"
    if not any(is_permitted(found, act) for act in ENTRY_PERMISSIONS):
        return None, f"'{found.key}' has no role that enters casework. An operator gives one with: {add} --roles ROLE"
    return found, ""


def person_names(engine: Engine) -> dict[str, str]:
    """Key to name of everybody on record."""
    return {one.key: one.name or one.key for one in list_users(engine)}


class ProviderChoice(NamedTuple):
    """A subject, by its identifier and as people call it."""

    key: str
    name: str


def find_provider(engine: Engine, key: str, day: date) -> ProviderChoice | None:
    """The provider of the identifier; None: no register ever spoke of it."""
    with read_session(engine) as session:
        number = session.scalar(select(SUBJECT.id).where(SUBJECT.key == key))
    return None if number is None else ProviderChoice(key, provider_names(engine, [key], day).get(key, key))


def provider_names(engine: Engine, keys: Iterable[str], day: date) -> dict[str, str]:
    """Identifier to the name each was last assessed under, else the one known on a day."""
    wanted, found = set(keys), dict[str, str]()
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
            found |= {row.key: row.provider_name for row in session.execute(statement) if row.provider_name}
    return {**watchlist.subject_names(engine, wanted - found.keys(), day), **found}


def regimes_by_key(settings: Settings, day: date) -> dict[str, Regime]:
    """The regimes in force on a day, by their keys."""
    return {regime.key: regime for regime in regimes_in_force(available_regimes(settings), day)}


class VisibleEpisode(NamedTuple):
    """An escalation of a provider as it stands, with what was done about it."""

    number: int
    regime: str
    level: Level
    opened_on: date
    closed_on: date | None
    acknowledgement: str  # who has it, until when, what is next; empty if nobody
    ended_acknowledgement: str  # the same, where that does not hold any more
    silenced_until: date | None
    history: list[TimelineEvent]  # oldest first

    @property
    def is_open(self) -> bool:
        """Whether it lives on."""
        return self.closed_on is None


def read_episodes(engine: Engine, viewer: Viewer, key: str, day: date) -> list[VisibleEpisode]:
    """The escalations of a provider as far as somebody may know of them, the open ones first, the newest first."""
    e = ESCALATION
    statement = (
        select(e.id, e.regime, e.level, e.opened_on, e.closed_on)
        .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
        .where(SUBJECT.key == key)
        .order_by(e.closed_on.is_not(None), e.id.desc())
    )
    with read_session(engine) as session:
        rows = session.execute(statement).all()
        is_acted_on = viewer.may_read_actions and any(row.closed_on is None for row in rows)
        acts = read_open_actions(session) if is_acted_on else {}
        known = visible_escalations(session, viewer.audiences, [row.id for row in rows])
        open_ones = [row.id for row in rows if row.closed_on is None]
        hands = read_acknowledgements(session, open_ones, known) if viewer.may_read_actions else {}
        found = []
        for row in rows:
            story = known.get(row.id)
            level, opened_on, closed_on = Level(row.level), row.opened_on, row.closed_on
            if story is not None:
                if story.state.opened_on is None or story.state.level is Level.NONE:
                    continue
                level, opened_on, closed_on = story.state.level, story.state.opened_on, story.state.closed_on
            silenced, taken = acts.get(row.id, NO_ACTIONS).silence, hands.get(row.id) if closed_on is None else None
            silenced = (
                silenced if silenced is not None and (story is None or silenced.entry_id in story.entry_ids) else None
            )
            is_quiet = silenced is not None and silenced.is_in_force(level, day)
            found.append(
                VisibleEpisode(
                    row.id,
                    row.regime,
                    level,
                    opened_on,
                    closed_on,
                    taken.text_in_force(level, day) if taken is not None else "",
                    taken.text_after_expiry(level, day) if taken is not None else "",
                    silenced.until_on if silenced is not None and is_quiet else None,
                    list(entry_events(session, [row.id], known, viewer)),
                )
            )
    return found


class OverdueWork(NamedTuple):
    """What nobody has acted on, as far as somebody may see it."""

    escalations: list[EscalationWithoutAction]
    overdue_clocks: int


def escalations_without_action(
    engine: Engine, viewer: Viewer, rule: NoActionRule, day: date
) -> list[EscalationWithoutAction]:
    """The thresholds met with nothing done; none for somebody who may not know what is done about escalations."""
    with read_session(engine) as session:
        return read_escalations_without_action(session, rule, day, audiences=viewer.audiences)
