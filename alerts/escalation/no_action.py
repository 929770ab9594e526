"""Threshold met, nothing done: what stands at a level for long, with no acknowledgement and no casework since."""

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
    """An escalation about which nothing is done."""

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
    """Open escalations at the rule's level for its time, the longest first, that nobody acted on.

    Acted on means: an acknowledgement or a silence that holds, or any entry of casework about the provider since the
    level was reached.

    Args:
        session: the transaction.
        rule: from which level on, after how long.
        day: as of.
        audiences: the audiences of a reader: what is for others has not happened for them. Empty where they are the public's
            alone: what people do about escalations is not public.
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
    acts, partly_known = read_open_actions(session), visible_escalations(session, audiences, [row.id for row in rows])
    found = []
    for row in rows:
        level, since = Level(row.level), date.fromisoformat(row.reached[rule.from_level])
        if row.id in partly_known:
            story = partly_known[row.id]
            if not story.state.is_open or Level(rule.from_level) not in story.state.reached:
                continue
            level, since = story.state.level, story.state.reached[Level(rule.from_level)]
        mine = acts.get(row.id, NO_ACTIONS)
        is_in_hand = any(act is not None and act.is_in_force(level, day) for act in mine)
        is_wanted = providers is None or row.provider_id in providers
        is_acted_on = is_in_hand or (row.on is not None and row.on >= since)
        if is_wanted and not is_acted_on and rule.after.day_after(since) <= day:
            found.append(EscalationWithoutAction(row.id, row.key, row.provider_name or "", row.regime, level, since))
    known = read_names(session, [one.provider for one in found if not one.name], day)
    found = [one if one.name else one._replace(name=known.get(one.provider, one.provider)) for one in found]
    return sorted(found, key=lambda one: (-one.level.rank, one.since, one.provider, one.regime))
