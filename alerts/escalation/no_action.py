"""Threshold met, nothing done: escalations without acknowledgement or casework after a set time at a level."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, func, select

from access.viewer import ReaderAudiences, has_restricted_audience
from alerts.escalation.entries import NO_ACTIONS, read_open_actions
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, SUBJECT
from alerts.escalation.visible_escalations import visible_escalations
from alerts.policy import NoActionRule
from indicators.ledger.reader import audience_conditions
from indicators.names import read_names
from models.alerting import Escalation
from models.casework import CaseEntry
from models.database import Session, table_of
from models.scoring import Assessment
from models.subjects import Subject
from models.vocabulary import Level

CASE = table_of(CaseEntry).c


class EscalationWithoutAction(NamedTuple):
    """An escalation without any action."""

    escalation: int
    provider: str
    name: str
    regime: str
    level: Level
    since: date  # at this level or a worse one


def read_escalations_without_action(
    session: Session,
    rule: NoActionRule,
    day: date,
    *,
    audiences: ReaderAudiences,
    providers: Collection[int] | None = None,
) -> list[EscalationWithoutAction]:
    """Open escalations that have been at the rule's level for its time without any action, the worst and longest first.

    An action is an acknowledgement or a silence in force, or any entry of casework about the provider since the level
    was reached.

    Args:
        session: the transaction.
        rule: the level and the time.
        day: the day of the list.
        audiences: the reader's. The list is empty for a reader with public information only, because actions on
            escalations are not public.
        providers: only these, by number.
    """
    if not has_restricted_audience(audiences):
        return []
    e, a = ESCALATION, ASSESSMENT
    levels = [level for level in Level if level.rank >= Level(rule.from_level).rank]
    newest = (
        select(CASE.subject_id, func.max(CASE.about_on).label("on"))
        .where(CASE.about_on <= day, *audience_conditions(CASE, audiences))
        .group_by(CASE.subject_id)
        .subquery("newest")
        .c
    )
    of_last = and_(a.run_id == e.run_id, a.provider_id == e.provider_id, a.regime == e.regime)
    rows = session.execute(
        select(
            e.id,
            e.provider_id,
            e.regime,
            e.level,
            e.reached,
            SUBJECT.key,
            a.provider_name,
            newest.on.label("on"),
        )
        .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
        .outerjoin(table_of(Assessment), of_last)
        .outerjoin(newest.on.table, newest.subject_id == e.provider_id)
        .where(e.closed_on.is_(None), e.level.in_(levels))
    ).all()
    actions, visible = read_open_actions(session), visible_escalations(session, audiences, [row.id for row in rows])
    without_action = []
    for row in rows:
        level, since = Level(row.level), date.fromisoformat(row.reached[rule.from_level])
        if row.id in visible:
            state = visible[row.id].state
            if not state.is_open or Level(rule.from_level) not in state.reached:
                continue
            level, since = state.level, state.reached[Level(rule.from_level)]
        latest = actions.get(row.id, NO_ACTIONS)
        is_paused = any(action is not None and action.is_in_force(level, day) for action in latest)
        is_wanted = providers is None or row.provider_id in providers
        is_acted_on = is_paused or (row.on is not None and row.on >= since)
        if is_wanted and not is_acted_on and rule.after.day_after(since) <= day:
            name = row.provider_name or ""
            without_action.append(EscalationWithoutAction(row.id, row.key, name, row.regime, level, since))
    names = read_names(session, [escalation.provider for escalation in without_action if not escalation.name], day)
    return sorted(
        (
            escalation._replace(name=escalation.name or names.get(escalation.provider, escalation.provider))
            for escalation in without_action
        ),
        key=lambda escalation: (-escalation.level.rank, escalation.since, escalation.provider, escalation.regime),
    )
