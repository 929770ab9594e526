"""Reads the levels before and after a run, and decides which of them are news."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select

from alerts.decide import EscalationState, LastTold, LevelChange, News, Reason, decide_news
from alerts.escalation.added_findings import RunEntry, escalations_with_added_findings
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes
from alerts.escalation.episode import ALARMING_LEVELS, NO_ENTRIES, EntryKind, EpisodeEntry, apply_entry
from models.alerting import Escalation, NotifiedRun
from models.database import Session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import Level, View
from risk.runs import is_finished_run

RUN, ASSESSMENT, ESCALATION = table_of(Run).c, table_of(Assessment).c, table_of(Escalation).c
SUBJECT, NOTIFIED_RUN = table_of(Subject).c, table_of(NotifiedRun).c
OPEN_ESCALATION = and_(
    ESCALATION.provider_id == ASSESSMENT.provider_id,
    ESCALATION.regime == ASSESSMENT.regime,
    ESCALATION.closed_on.is_(None),
)

ProviderRegime = tuple[int, str]  # a provider's number and a regime


@dataclass(slots=True)
class StateChange:
    """One provider under one regime after a run: the news, and the escalation that it opens or changes."""

    provider_id: int
    provider: str
    name: str
    regime: str
    news: News
    before: Level | None  # the level last notified, or of the scored day before; None: not scored then
    escalation_id: int | None  # None until a new one is written
    episode: int
    state: EscalationState  # of the escalation, with the news
    is_official: bool = False
    probability: float | None = None
    findings_sha256: str = ""
    stage: str = ""
    assessed_level: Level | None = None  # the assessment of the run alone; None: no longer covered
    causes: Causes = UNKNOWN_CAUSES  # of the news

    @property
    def key(self) -> ProviderRegime:
        """The provider and the regime of the escalation."""
        return self.provider_id, self.regime

    def has_untold_addition(self, last_told: LastTold) -> bool:
        """Whether a recipient has been notified about the level but not about an added finding."""
        level_change = self.state.last_level_change
        return level_change is not None and level_change.change <= last_told.change < self.state.change


@dataclass
class ClosedByHand:
    """Escalations that a person closed and that stay closed."""

    levels: dict[ProviderRegime, Level] = field(default_factory=dict)
    expired_ids: list[int] = field(
        default_factory=list
    )  # escalations whose provider has been at none, or is no longer covered


def read_state_changes(session: Session, run: Run, *, lower_after: int) -> tuple[list[StateChange], ClosedByHand]:
    """The providers with news or an open escalation after a run, in the order of a message; and those kept closed.

    The order is: worse levels, the worst first; unchanged escalations; ended ones; lowered ones.
    """
    days = _previous_days(session, run, most=max(1, lower_after - 1))
    before = _previous_levels(session, run, days)
    closed_by_hand = _read_closed_by_hand(session, run, days, lower_after)
    first = set(run.regimes) - _notified_regimes(session, run)
    episodes = _count_episodes(session, run)
    changes = []
    rows = session.execute(_select_candidates(run)).all()
    with_additions = _find_added_findings(session, run, rows)
    for row in rows:
        key = (row.provider_id, row.regime)
        open_at = Level(row.open_at) if row.open_at else None
        since = [before.get((day, key)) for day in days if open_at is not None and day >= row.changed_on]
        news = decide_news(
            open_at,
            [Level(row.level), *since],
            lower_after=lower_after,
            is_first_run=row.regime in first,
            kept_closed_level=closed_by_hand.levels.get(key),
            has_added_findings=row.escalation_id in with_additions,
        )
        if news.reason.is_news or open_at is not None:
            was = open_at if open_at is not None or not days else before.get((days[0], key))
            changes.append(_build_change(row, news, was, episodes.get(key, 0), run))
    for row in session.execute(_select_uncovered(run)):
        news = decide_news(Level(row.open_at), [None], lower_after=lower_after)
        changes.append(_build_change(row, news, Level(row.open_at), row.episode, run))
    return sorted(changes, key=notification_order), closed_by_hand


def _find_added_findings(session: Session, run: Run, rows: Sequence[Any]) -> set[int]:
    """The numbers of open escalations with an unchanged level and new adverse findings.

    Most findings are those of the run that changed the escalation last; only the others are read.
    """
    now = {
        row.escalation_id: RunEntry(0, run.id or 0, Reason.ADDED, Level(row.level), row.findings_sha256)
        for row in rows
        if row.level == row.open_at and not row.is_same
    }
    return escalations_with_added_findings(session, now)


def _build_change(row: Any, news: News, before: Level | None, episode: int, run: Run) -> StateChange:
    state = NO_ENTRIES if row.escalation_id is None else stored_state(row, row.open_at)
    if news.reason.is_news:
        kind, change = EntryKind(news.reason), state.change + 1
        state = apply_entry(state, EpisodeEntry(kind, news.level, change, run.day, run.id))
    return StateChange(
        provider_id=row.provider_id,
        provider=row.key,
        name=row.provider_name or row.key,
        regime=row.regime,
        news=news,
        before=before,
        escalation_id=row.escalation_id,
        episode=episode + 1 if row.escalation_id is None else row.episode,
        state=state,
        is_official=bool(row.is_official),
        probability=row.probability,
        findings_sha256=row.findings_sha256 or "",
        stage=row.stage or "",
        assessed_level=Level(row.level) if "level" in row._mapping else None,
    )


def stored_state(row: Any, level: str) -> EscalationState:
    """The state in the columns of an escalation.

    Acknowledgement, silence and, after an added finding, the last change of the level are in its entries alone.
    """
    reason = Reason(row.reason)
    return EscalationState(
        level=Level(level),
        change=row.change,
        last_reason=reason,
        opened_on=row.opened_on,
        changed_on=row.changed_on,
        closed_on=row.closed_on,
        run_id=row.changed_by,
        reached=parse_reached(row.reached),
        last_level_change=None if reason is Reason.ADDED else LevelChange(row.change, reason),
    )


def parse_reached(stored: Mapping[str, str]) -> dict[Level, date]:
    """The levels and days in the column ``escalation.reached``."""
    return {Level(level): date.fromisoformat(day) for level, day in stored.items()}


def notification_order(change: StateChange) -> tuple[Any, ...]:
    """The sort key of the order in a message."""
    reason = change.news.reason
    kind = 0 if reason.is_worse else 1 if not reason.is_news else 2 if reason is Reason.ENDED else 3
    level = change.news.level if kind == 0 else change.before or Level.NONE
    risen = level.rank - (change.before.rank if change.before else 0)
    return kind, -level.rank, -risen, -(change.probability or 0.0), change.provider, change.regime


def _previous_days(session: Session, run: Run, *, most: int) -> list[date]:
    """The newest scored days before the run's, newest first."""
    days = select(RUN.day).where(*is_finished_run(View(run.view)), RUN.day < run.day)
    return list(session.scalars(days.distinct().order_by(RUN.day.desc()).limit(most)))


def _newest_runs(run: Run, days: Sequence[date]) -> Select[Any]:
    """A query for the newest run of each day."""
    is_of_days = (*is_finished_run(View(run.view)), RUN.day.in_(days))
    return select(func.max(RUN.id)).where(*is_of_days).group_by(RUN.day)


def _previous_levels(session: Session, run: Run, days: Sequence[date]) -> dict[tuple[date, ProviderRegime], Level]:
    """The levels on the scored days before, of every provider that may now be news."""
    now = table_of(Assessment).alias("now").c
    may_be_news = (now.level.in_(ALARMING_LEVELS)) | ESCALATION.id.is_not(None)
    rows = session.execute(
        select(RUN.day, ASSESSMENT.provider_id, ASSESSMENT.regime, ASSESSMENT.level)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .join(
            now.run_id.table,
            and_(
                now.run_id == run.id,
                now.provider_id == ASSESSMENT.provider_id,
                now.regime == ASSESSMENT.regime,
            ),
        )
        .outerjoin(table_of(Escalation), OPEN_ESCALATION)
        .where(ASSESSMENT.run_id.in_(_newest_runs(run, days)), may_be_news)
    )
    return {(row.day, (row.provider_id, row.regime)): Level(row.level) for row in rows}


def _notified_regimes(session: Session, run: Run) -> set[str]:
    """The regimes of earlier runs with messages; the first run of a regime is its baseline."""
    earlier = select(RUN.regimes).join_from(table_of(Run), table_of(NotifiedRun), NOTIFIED_RUN.run_id == RUN.id)
    return {regime for regimes in session.scalars(earlier.where(RUN.id != run.id)) for regime in regimes}


def _count_episodes(session: Session, run: Run) -> dict[ProviderRegime, int]:
    """The number of closed episodes for each provider and regime."""
    e = ESCALATION
    rows = session.execute(
        select(e.provider_id, e.regime, func.max(e.episode).label("episode"))
        .where(e.closed_on.is_not(None), e.regime.in_(run.regimes))
        .group_by(e.provider_id, e.regime)
    )
    return {(row.provider_id, row.regime): row.episode for row in rows}


def _read_closed_by_hand(session: Session, run: Run, days: Sequence[date], lower_after: int) -> ClosedByHand:
    """The escalations that a person closed.

    Each stays closed until the level has been none for as many assessments as a level needs to be lowered.
    """
    e, now = ESCALATION, table_of(Assessment).alias("now").c
    of_now = and_(now.run_id == run.id, now.provider_id == e.provider_id, now.regime == e.regime)
    closed = session.execute(
        select(e.id, e.provider_id, e.regime, e.level, e.closed_on, now.level.label("now"))
        .join_from(table_of(Escalation), now.run_id.table, of_now, isouter=True)
        .where(e.is_kept_closed, e.regime.in_(list(run.regimes)))
    ).all()
    before: dict[tuple[date, ProviderRegime], str] = {}
    if closed and days:
        a = ASSESSMENT
        rows = session.execute(
            select(RUN.day, a.provider_id, a.regime, a.level)
            .join_from(table_of(Assessment), table_of(Run), RUN.id == a.run_id)
            .where(a.run_id.in_(_newest_runs(run, days)), a.provider_id.in_({row.provider_id for row in closed}))
        )
        before = {(row.day, (row.provider_id, row.regime)): row.level for row in rows}
    result = ClosedByHand()
    for row in closed:
        key = (row.provider_id, row.regime)
        levels = [row.now, *(before.get((day, key)) for day in days if day > row.closed_on)]
        good = [level for level in levels[:lower_after] if level == Level.NONE]
        if row.now is None or len(good) >= lower_after:
            result.expired_ids.append(row.id)
        else:
            result.levels[key] = Level(row.level)
    return result


def _select_candidates(run: Run) -> Select[Any]:
    """A query for the run's assessments at watch or above, or with an open escalation: only these can be news."""
    a, e, last = ASSESSMENT, ESCALATION, table_of(Assessment).alias("last").c
    of_last = and_(last.run_id == e.run_id, last.provider_id == e.provider_id, last.regime == e.regime)
    return (
        select(
            a.provider_id,
            a.regime,
            a.level,
            a.provider_name,
            a.is_official,
            a.probability,
            a.findings_sha256,
            a.stage,
            SUBJECT.key,
            e.id.label("escalation_id"),
            e.level.label("open_at"),
            e.episode,
            e.change,
            e.changed_on,
            e.reason,
            e.closed_on,
            e.opened_on,
            e.reached,
            e.run_id.label("changed_by"),
            (last.findings_sha256 == a.findings_sha256).label("is_same"),
        )
        .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == a.provider_id)
        .outerjoin(table_of(Escalation), OPEN_ESCALATION)
        .outerjoin(last.run_id.table, of_last)
        .where(a.run_id == run.id, a.level.in_(ALARMING_LEVELS) | e.id.is_not(None))
    )


def _select_uncovered(run: Run) -> Select[Any]:
    """A query for open escalations whose regime was scored but no longer covers the provider."""
    e, last = ESCALATION, ASSESSMENT
    now = table_of(Assessment).alias("now").c
    of_last = and_(last.run_id == e.run_id, last.provider_id == e.provider_id, last.regime == e.regime)
    of_now = and_(now.run_id == run.id, now.provider_id == e.provider_id, now.regime == e.regime)
    return (
        select(
            e.provider_id,
            e.regime,
            e.id.label("escalation_id"),
            e.level.label("open_at"),
            e.episode,
            e.change,
            e.changed_on,
            e.reason,
            e.closed_on,
            e.opened_on,
            e.reached,
            e.run_id.label("changed_by"),
            SUBJECT.key,
            last.provider_name,
            last.is_official,
            last.probability,
            last.findings_sha256,
            last.stage,
        )
        .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
        .outerjoin(now.run_id.table, of_now)
        .outerjoin(last.run_id.table, of_last)
        .where(e.closed_on.is_(None), e.regime.in_(list(run.regimes)), now.id.is_(None))
    )
