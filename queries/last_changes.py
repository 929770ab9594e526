"""Changes of level and their causes: between two scored days, and a provider's last change."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Protocol

from sqlalchemy import func, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from alerts.escalation.read_causes import causes_between
from models.database import Session, table_of
from models.scoring import Assessment, Run
from queries.explanation import LastChange
from risk.runs import select_finished_runs

ASSESSMENT, RUN = table_of(Assessment).c, table_of(Run).c


class ChangedRow(Protocol):
    """A row of the watchlist, as far as causes are written into it."""

    level: str
    changed_from: str | None
    causes: list[str]
    because: str


def add_causes(
    session: Session, before: Run, run: Run, rows: Mapping[tuple[int, str], ChangedRow], *, audiences: ReaderAudiences
) -> None:
    """Write the causes of changed levels into the rows of a watchlist.

    Args:
        session: the transaction.
        before: the run of the scored day before.
        run: the run that the watchlist shows.
        rows: by provider's number and regime; ``causes`` and ``because`` are written.
        audiences: the audiences of the reader.
    """
    moved = {key: row for key, row in rows.items() if row.changed_from not in {None, row.level}}
    for key, causes in causes_between(session, before, run, moved.keys(), audiences=audiences).items():
        moved[key].causes = [str(cause) for cause in causes.ordered_causes]
        moved[key].because = causes.because_clause(key[1])


def find_last_change(
    session: Session, run: Run, provider: int, regime: str, audiences: ReaderAudiences
) -> LastChange | None:
    """The last change of a provider's level under a regime by a run's day; None if the level never changed."""
    newest = (
        select_finished_runs()
        .with_only_columns(func.max(RUN.id))
        .where(RUN.day <= run.day, RUN.id <= run.id)
        .group_by(RUN.day)
    )
    conditions = (ASSESSMENT.provider_id == provider, ASSESSMENT.regime == regime, ASSESSMENT.run_id.in_(newest))
    rows = session.execute(
        select(ASSESSMENT.run_id, ASSESSMENT.level, RUN.day)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .where(*conditions)
        .order_by(RUN.day)
    ).all()
    redacted = redacted_assessments(session, audiences, *conditions)
    levels = [str(redacted.get((row.run_id, provider, regime), row).level) for row in rows]
    changed_at = [place for place, (was, now) in enumerate(pairwise(levels), start=1) if was != now]
    if not changed_at:
        return None
    at = changed_at[-1]
    before, after = (session.get_one(Run, rows[place].run_id) for place in (at - 1, at))
    causes = causes_between(session, before, after, {(provider, regime)}, audiences=audiences)[provider, regime]
    return {
        "on": rows[at].day.isoformat(),
        "from": levels[at - 1],
        "to": levels[at],
        "causes": [str(cause) for cause in causes.ordered_causes],
        "because": causes.because_clause(regime),
    }
