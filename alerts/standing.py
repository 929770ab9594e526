"""Reads, for one run, what every provider stood at before and stands at now, and decides what is news."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select

from alerts.change_causes import UNKNOWN_CAUSES, Causes
from alerts.decide import Act, Known, Move, News, Reason, Standing, decide
from alerts.further import Step, with_more
from models.alerting import Escalation, ToldRun
from models.database import Session, table_of
from models.ledger import Subject
from models.scoring import Assessment, Run
from models.vocabulary import Level, RunStatus

RUN, ASSESSMENT, ESCALATION = table_of(Run).c, table_of(Assessment).c, table_of(Escalation).c
SUBJECT, TOLD = table_of(Subject).c, table_of(ToldRun).c
ALARMING = (Level.WATCH, Level.CONCERN, Level.CRITICAL)
OPEN = and_(
    ESCALATION.provider_id == ASSESSMENT.provider_id,
    ESCALATION.regime == ASSESSMENT.regime,
    ESCALATION.closed_on.is_(None),
)

Key = tuple[int, str]  # a provider's number and a regime


@dataclass(slots=True)
class Change:
    """One provider under one regime after a run: what is news of it, and the escalation that this opens or changes."""

    provider_id: int
    provider: str
    name: str
    regime: str
    news: News
    before: Level | None  # what people were told, or what the scored day before showed; None: not scored then
    escalation_id: int | None  # None until a new one is written
    episode: int
    change: int  # how often the escalation changed, this time included
    last: Reason  # why it changed last
    opened_on: date
    reached: Mapping[Level, date]  # since when it is at each level or a worse one
    is_official: bool = False
    probability: float | None = None
    findings_sha256: str = ""
    stage: str = ""
    assessed: Level | None = None  # what the run alone says; None: not covered any more
    acknowledged: Act | None = None
    silenced: Act | None = None
    moved: Move | None = None  # where something was added last: the change of its level before that
    causes: Causes = UNKNOWN_CAUSES  # of the news

    @property
    def key(self) -> Key:
        """What the escalation is of."""
        return self.provider_id, self.regime

    @property
    def standing(self) -> Standing:
        """The same, as it is decided on."""
        return Standing(
            self.news, self.change, self.last, self.reached, self.acknowledged, self.silenced, self.moved
        )  # fmt: skip

    def is_unheard(self, known: Known) -> bool:
        """Whether a recipient knows the level where it stands, but not that something was added."""
        return self.moved is not None and self.moved.change <= known.change < self.change


@dataclass
class Held:
    """Escalations that a person closed, as long as they are not opened again by what was known then."""

    levels: dict[Key, Level] = field(default_factory=dict)
    over: list[int] = field(default_factory=list)  # escalations whose provider has been well, or is gone


def standings(session: Session, run: Run, *, lower_after: int) -> tuple[list[Change], Held]:
    """Everybody with news or an open escalation after a run, in the order of telling; and what a person closed.

    Worse first and worst first, then what stands, what ended, what came down.
    """
    days = _days_before(session, run, most=max(1, lower_after - 1))
    before = _levels_before(session, run, days)
    held = _held(session, run, days, lower_after)
    first = set(run.regimes) - _regimes_told(session, run)
    episodes = _episodes(session, run)
    found = []
    rows = session.execute(_candidates(run)).all()
    more = _with_more(session, run, rows)
    for row in rows:
        key = (row.provider_id, row.regime)
        open_at = Level(row.open_at) if row.open_at else None
        since = [before.get((day, key)) for day in days if open_at is not None and day >= row.changed_on]
        news = decide(
            open_at, [Level(row.level), *since],
            lower_after=lower_after, is_first_run=row.regime in first, held_at=held.levels.get(key),
            has_more=row.escalation_id in more,
        )  # fmt: skip
        if news.reason.is_news or open_at is not None:
            was = open_at if open_at is not None or not days else before.get((days[0], key))
            found.append(_change(row, news, was, episodes.get(key, 0), run.day))
    for row in session.execute(_uncovered(run)):
        news = decide(Level(row.open_at), [None], lower_after=lower_after)
        found.append(_change(row, news, Level(row.open_at), row.episode, run.day))
    return sorted(found, key=order), held


def _with_more(session: Session, run: Run, rows: Sequence[Any]) -> set[int]:
    """Open escalations whose level stands while more is held against the provider.

    Nearly all findings are those of the run that changed the escalation last: only the others are read.
    """
    now = {
        row.escalation_id: Step(0, run.id or 0, Reason.ADDED, Level(row.level), row.findings_sha256)
        for row in rows if row.level == row.open_at and not row.is_same
    }  # fmt: skip
    return with_more(session, now)


def _change(row: Any, news: News, before: Level | None, episode: int, day: date) -> Change:
    is_new, is_news = row.escalation_id is None, news.reason.is_news
    return Change(
        provider_id=row.provider_id,
        provider=row.key,
        name=row.provider_name or row.key,
        regime=row.regime,
        news=news,
        before=before,
        escalation_id=row.escalation_id,
        episode=episode + 1 if is_new else row.episode,
        change=1 if is_new else row.change + is_news,
        last=news.reason if is_news else Reason(row.last),
        opened_on=day if is_new else row.opened_on,
        reached=_reached({} if is_new else row.reached, news, day),
        is_official=bool(row.is_official),
        probability=row.probability,
        findings_sha256=row.findings_sha256 or "",
        stage=row.stage or "",
        assessed=Level(row.level) if "level" in row._mapping else None,
    )


def _reached(before: Mapping[str, str], news: News, day: date) -> dict[Level, date]:
    """Since when each level up to the present one is reached."""
    up_to = [level for level in ALARMING if level.rank <= news.level.rank]
    return {level: date.fromisoformat(before[level]) if level in before else day for level in up_to}


def order(change: Change) -> tuple[Any, ...]:
    """The order of telling."""
    reason = change.news.reason
    kind = 0 if reason.is_worse else 1 if not reason.is_news else 2 if reason is Reason.ENDED else 3
    level = change.news.level if kind == 0 else change.before or Level.NONE
    risen = level.rank - (change.before.rank if change.before else 0)
    return kind, -level.rank, -risen, -(change.probability or 0.0), change.provider, change.regime


def _days_before(session: Session, run: Run, *, most: int) -> list[date]:
    """The newest scored days before the run's, newest first."""
    days = select(RUN.day).where(RUN.basis == run.basis, RUN.status == RunStatus.DONE, RUN.day < run.day)
    return list(session.scalars(days.distinct().order_by(RUN.day.desc()).limit(most)))


def _newest_runs(run: Run, days: Sequence[date]) -> Select[Any]:
    """The newest revision of each day."""
    is_done = (RUN.basis == run.basis, RUN.status == RunStatus.DONE, RUN.day.in_(days))
    return select(func.max(RUN.id)).where(*is_done).group_by(RUN.day)


def _levels_before(session: Session, run: Run, days: Sequence[date]) -> dict[tuple[date, Key], Level]:
    """What the scored days before said about every provider that may now be news."""
    now = table_of(Assessment).alias("now").c
    may_be_news = (now.level.in_(ALARMING)) | ESCALATION.id.is_not(None)
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
        .outerjoin(table_of(Escalation), OPEN)
        .where(ASSESSMENT.run_id.in_(_newest_runs(run, days)), may_be_news)
    )
    return {(row.day, (row.provider_id, row.regime)): Level(row.level) for row in rows}


def _regimes_told(session: Session, run: Run) -> set[str]:
    """Regimes that an earlier run has told of; the first run of a regime is its baseline."""
    earlier = select(RUN.regimes).join_from(table_of(Run), table_of(ToldRun), TOLD.run_id == RUN.id)
    return {regime for regimes in session.scalars(earlier.where(RUN.id != run.id)) for regime in regimes}


def _episodes(session: Session, run: Run) -> dict[Key, int]:
    """How many episodes there have been."""
    e = ESCALATION
    rows = session.execute(
        select(e.provider_id, e.regime, func.max(e.episode).label("episode"))
        .where(e.closed_on.is_not(None), e.regime.in_(run.regimes))
        .group_by(e.provider_id, e.regime)
    )
    return {(row.provider_id, row.regime): row.episode for row in rows}


def _held(session: Session, run: Run, days: Sequence[date], lower_after: int) -> Held:
    """What a person closed: not opened again before the provider was well for as long as a level needs to come down."""
    e, now = ESCALATION, table_of(Assessment).alias("now").c
    of_now = and_(now.run_id == run.id, now.provider_id == e.provider_id, now.regime == e.regime)
    held = session.execute(
        select(e.id, e.provider_id, e.regime, e.level, e.closed_on, now.level.label("now"))
        .join_from(table_of(Escalation), now.run_id.table, of_now, isouter=True)
        .where(e.is_held, e.regime.in_(list(run.regimes)))
    ).all()
    before: dict[tuple[date, Key], str] = {}
    if held and days:
        a = ASSESSMENT
        rows = session.execute(
            select(RUN.day, a.provider_id, a.regime, a.level)
            .join_from(table_of(Assessment), table_of(Run), RUN.id == a.run_id)
            .where(a.run_id.in_(_newest_runs(run, days)), a.provider_id.in_({row.provider_id for row in held}))
        )
        before = {(row.day, (row.provider_id, row.regime)): row.level for row in rows}
    found = Held()
    for row in held:
        key = (row.provider_id, row.regime)
        levels = [row.now, *(before.get((day, key)) for day in days if day > row.closed_on)]
        well = [level for level in levels[:lower_after] if level == Level.NONE]
        if row.now is None or len(well) >= lower_after:
            found.over.append(row.id)
        else:
            found.levels[key] = Level(row.level)
    return found


def _candidates(run: Run) -> Select[Any]:
    """Assessments of the run at watch or above, or with an open escalation: nothing else can be news."""
    a, e, last = ASSESSMENT, ESCALATION, table_of(Assessment).alias("last").c
    of_last = and_(last.run_id == e.run_id, last.provider_id == e.provider_id, last.regime == e.regime)
    return (
        select(
            a.provider_id, a.regime, a.level, a.provider_name, a.is_official, a.probability, a.findings_sha256, a.stage,
            SUBJECT.key, e.id.label("escalation_id"), e.level.label("open_at"), e.episode, e.change, e.changed_on,
            e.reason.label("last"), e.opened_on, e.reached,
            (last.findings_sha256 == a.findings_sha256).label("is_same"),
        )
        .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == a.provider_id)
        .outerjoin(table_of(Escalation), OPEN)
        .outerjoin(last.run_id.table, of_last)
        .where(a.run_id == run.id, a.level.in_(ALARMING) | e.id.is_not(None))
    )  # fmt: skip


def _uncovered(run: Run) -> Select[Any]:
    """Open escalations whose regime was scored but covers the provider no more, as last assessed when they changed."""
    e, last = ESCALATION, ASSESSMENT
    now = table_of(Assessment).alias("now").c
    of_last = and_(last.run_id == e.run_id, last.provider_id == e.provider_id, last.regime == e.regime)
    of_now = and_(now.run_id == run.id, now.provider_id == e.provider_id, now.regime == e.regime)
    return (
        select(
            e.provider_id, e.regime, e.id.label("escalation_id"), e.level.label("open_at"), e.episode, e.change,
            e.reason.label("last"), e.opened_on, e.reached,
            SUBJECT.key, last.provider_name, last.is_official, last.probability, last.findings_sha256, last.stage,
        )
        .join_from(table_of(Escalation), table_of(Subject), SUBJECT.id == e.provider_id)
        .outerjoin(now.run_id.table, of_now)
        .outerjoin(last.run_id.table, of_last)
        .where(e.closed_on.is_(None), e.regime.in_(list(run.regimes)), now.id.is_(None))
    )  # fmt: skip
