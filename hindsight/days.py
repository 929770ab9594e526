"""Chooses the past days to look at: the scored days, or days at regular distances."""

from datetime import date

from sqlalchemy import Engine, select

from models.database import read_session
from models.vocabulary import View
from regimes.clocks import Duration
from risk.runs import RUN, is_finished_run

INTERVAL_LENGTHS = {"month": Duration(1, "month"), "quarter": Duration(3, "month"), "year": Duration(12, "month")}


def scored_days(engine: Engine, first: date, last: date) -> tuple[list[date], View]:
    """The days of a span that were scored, oldest first, and on which basis.

    Days scored on all that was known count; where there are none, those scored on public rows only.
    """
    statement = select(RUN.c.day).where(RUN.c.day.between(first, last)).distinct().order_by(RUN.c.day)
    with read_session(engine) as session:
        for view in View:
            days = list(session.scalars(statement.where(*is_finished_run(view))))
            if days:
                return days, view
    return [], View.FULL


def regular_days(first: date, last: date, every: str) -> list[date]:
    """Days at an even distance, oldest first: the last day, and back from it as far as the first allows.

    Args:
        first: no day is before it.
        last: the newest of them.
        every: ``month``, ``quarter`` or ``year``.
    """
    step, days, number = INTERVAL_LENGTHS[every], [last], 1
    # Always from the last day: month by month, the 31st would become the 28th for good.
    while (day := Duration(step.number * number, step.unit).day_before(last)) >= first:
        days.append(day)
        number += 1
    return days[::-1]
