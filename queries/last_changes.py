"""Why providers changed level: between two scored days, and the last time that one did."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from alerts.escalation.read_causes import causes_between
from models.database import Session, table_of
from models.scoring import Assessment, Run
from models.vocabulary import RunStatus, View

ASSESSMENT, RUN = table_of(Assessment).c, table_of(Run).c


def add_causes(
    session: Session, before: Run, run: Run, rows: Mapping[tuple[int, str], Any], *, audiences: ReaderAudiences
) -> None:
    """Write into the rows of a watchlist why their level is another than on the scored day before.

    Args:
        session: the transaction.
        before: the run of the scored day before.
        run: the run that the watchlist shows.
        rows: by provider's number and regime, each with ``level``, ``changed_from``, ``causes`` and ``because``.
        audiences: the audiences of whoever reads.
    """
    moved = {key: row for key, row in rows.items() if row.changed_from not in {None, row.level}}
    for key, found in causes_between(session, before, run, moved.keys(), audiences=audiences).items():
        moved[key].causes, moved[key].because = (
            [str(cause) for cause in found.ordered_causes],
            found.because_clause(key[1]),
        )


def last_change(
    session: Session, run: Run, provider: int, regime: str, audiences: ReaderAudiences
) -> dict[str, Any] | None:
    """When a provider's level under a regime changed last by a run's day, and why; None where it never did.

    Gives ``on`` (the scored day), ``from`` and ``to`` (levels), ``causes`` (data, rule, model, time, service; empty
    where they are not known) and ``because`` (the same in words).
    """
    newest = (
        select(func.max(RUN.id))
        .where(RUN.status == RunStatus.DONE, RUN.view == View.FULL, RUN.day <= run.day, RUN.id <= run.id)
        .group_by(RUN.day)
    )
    is_it = (ASSESSMENT.provider_id == provider, ASSESSMENT.regime == regime, ASSESSMENT.run_id.in_(newest))
    rows = session.execute(
        select(ASSESSMENT.run_id, ASSESSMENT.level, RUN.day)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .where(*is_it)
        .order_by(RUN.day)
    ).all()
    partial = redacted_assessments(session, audiences, *is_it)
    levels = [str(partial.get((row.run_id, provider, regime), row).level) for row in rows]
    changes = [at for at, (was, now) in enumerate(pairwise(levels), start=1) if was != now]
    if not changes:
        return None
    at = changes[-1]
    before, after = (session.get_one(Run, rows[place].run_id) for place in (at - 1, at))
    found = causes_between(session, before, after, {(provider, regime)}, audiences=audiences)[provider, regime]
    return {
        "on": rows[at].day.isoformat(),
        "from": levels[at - 1],
        "to": levels[at],
        "causes": [str(cause) for cause in found.ordered_causes],
        "because": found.because_clause(regime),
    }
