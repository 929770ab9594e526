"""Periods of findings: for how long, run after run, a rule gave the same result for a provider. No Streamlit.

A run stores the findings of a provider once for as long as they do not change, and each stored set is read once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from models import bulk
from models.database import read_session, table_of
from models.findings import Finding
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level
from queries.explanation import RunReference
from risk.runs import select_finished_runs

ASSESSMENT, FINDINGS, RUN, SUBJECT = (table_of(table).c for table in (Assessment, FindingSet, Run, Subject))
QUIET_STATUSES = ("clear", "not_applicable")
_STATUSES = ("met", "stale", "source", "missing")  # of one level, in this order

FindingRows = Sequence[Finding]
RuleKey = tuple[str, str]  # principle, rule


class ScoredRun(NamedTuple):
    """The newest finished run of a day."""

    run: int
    day: date

    def as_json(self) -> RunReference:
        """Plain values with an ISO date."""
        return {"run": self.run, "day": self.day.isoformat()}


@dataclass
class FindingPeriod:
    """Consecutive scored days on which a rule's finding had the same status and level."""

    regime: str
    principle: str
    rule: str
    status: str
    level: str
    title: str  # of the finding in the last run
    first: ScoredRun
    last: ScoredRun
    ended_on: date | None = None  # the first scored day with another result; None while the period lasts

    @property
    def is_notable(self) -> bool:
        """Whether the finding raised a level, or something was not known."""
        return self.status not in QUIET_STATUSES

    def as_json(self) -> dict[str, Any]:
        """Plain values with ISO dates."""
        return {
            "regime": self.regime,
            "principle": self.principle,
            "rule": self.rule,
            "status": self.status,
            "level": self.level,
            "title": self.title,
            "first_run": self.first.as_json(),
            "last_run": self.last.as_json(),
            "ended_on": self.ended_on.isoformat() if self.ended_on else None,
        }


def finding_periods(
    engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences, regime: str | None = None
) -> list[FindingPeriod]:
    """The periods of every finding about a provider in the runs up to a day: the worst first, then the newest.

    Args:
        engine: the database.
        provider: its identifier.
        day: runs for later days are left out.
        audiences: the audiences of the reader.
        regime: only findings under this regime.
    """
    with read_session(engine) as session:
        newest = (
            select_finished_runs()
            .with_only_columns(RUN.day, func.max(RUN.id).label("id"))
            .where(RUN.day <= day)
            .group_by(RUN.day)
            .order_by(RUN.day)
        )
        runs = [ScoredRun(row.id, row.day) for row in session.execute(newest)]
        conditions = [
            ASSESSMENT.provider_id == select(SUBJECT.id).where(SUBJECT.key == provider).scalar_subquery(),
            ASSESSMENT.run_id.in_(select(newest.subquery().c.id)),
            *([ASSESSMENT.regime == regime] if regime is not None else []),
        ]
        hash_by_run: dict[str, dict[int, str]] = {}
        columns = (ASSESSMENT.run_id, ASSESSMENT.regime, ASSESSMENT.findings_sha256)
        for row in session.execute(select(*columns).where(*conditions)):
            hash_by_run.setdefault(row.regime, {})[row.run_id] = row.findings_sha256
        redacted = {
            (run, key): visible
            for (run, _, key), visible in redacted_assessments(session, audiences, *conditions).items()
        }
        sets: dict[str, FindingRows] = {}
        for chunk in bulk.split_chunks({sha256 for hashes in hash_by_run.values() for sha256 in hashes.values()}):
            statement = select(FINDINGS.sha256, FINDINGS.findings).where(FINDINGS.sha256.in_(chunk))
            sets |= {row.sha256: row.findings for row in session.execute(statement)}

    def findings_of(key: str, run: int) -> FindingRows | None:
        if run not in hash_by_run[key]:
            return None
        return redacted[run, key].findings if (run, key) in redacted else sets[hash_by_run[key][run]]

    periods = [
        period
        for key in hash_by_run
        for period in periods_of_regime(key, [(run, findings_of(key, run.run)) for run in runs])
    ]
    return sorted(periods, key=_period_order)


def periods_of_regime(regime: str, days: Iterable[tuple[ScoredRun, FindingRows | None]]) -> list[FindingPeriod]:
    """The periods of one regime's findings, in the order in which they began.

    Args:
        regime: its key.
        days: every scored day, oldest first, with the findings; None where the regime did not cover the provider.
    """
    periods: list[FindingPeriod] = []
    open_periods: dict[RuleKey, FindingPeriod] = {}
    for run, findings in days:
        before, open_periods = open_periods, {}
        for finding in findings or ():
            key = (finding["principle"], finding["rule"])
            period = before.get(key)
            if period is None or (period.status, period.level) != (finding["status"], finding["level"]):
                period = FindingPeriod(regime, *key, finding["status"], finding["level"], finding["title"], run, run)
                periods.append(period)
            period.title, period.last = finding["title"], run
            open_periods[key] = period
        for key, period in before.items():
            if open_periods.get(key) is not period:
                period.ended_on = run.day
    return periods


def _period_order(period: FindingPeriod) -> tuple[int, int, int, str, str, str]:
    status = _STATUSES.index(period.status) if period.status in _STATUSES else len(_STATUSES)
    rank, first_day = Level(period.level).rank, period.first.day.toordinal()
    return (-rank, status, -first_day, period.regime, period.principle, period.rule)
