"""How findings have stood: every spell in which one stood as it stood, from its first run to its last. No Streamlit.

A run stores the findings of a provider once for as long as they do not change; a spell is read from those sets, each of
which is read once however many runs point to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from models import bulk
from models.database import read_session, table_of
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level, RunStatus, View

ASSESSMENT, FINDINGS, RUN, SUBJECT = (table_of(one).c for one in (Assessment, FindingSet, Run, Subject))
QUIET_STATUSES = ("clear", "not_applicable")
_STATUSES = ("met", "stale", "source", "missing")  # of one level, in this order

FindingRows = Sequence[Mapping[str, Any]]
RuleKey = tuple[str, str]  # principle, rule


class ScoredRun(NamedTuple):
    """A run that counts: the newest revision of its day."""

    run: int
    day: date

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"run": self.run, "day": self.day.isoformat()}


@dataclass
class FindingPeriod:
    """A stretch of scored days without a break on which a rule found the same: one status, one level."""

    regime: str
    principle: str
    rule: str
    status: str
    level: str
    title: str  # as it was said in the last run
    first: ScoredRun
    last: ScoredRun
    ended_on: date | None = None  # the first scored day on which it no longer stood so; None while it stands

    @property
    def is_notable(self) -> bool:
        """Whether it raised a level, or something was not known."""
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
    """Every spell of every rule about a provider in the runs up to a day, the worst first, of those the newest.

    Args:
        engine: the database.
        provider: its identifier.
        day: nothing that was scored for a later one counts.
        audiences: the audiences of whoever reads.
        regime: only of this one.
    """
    with read_session(engine) as session:
        newest = (
            select(RUN.day, func.max(RUN.id).label("id"))
            .where(RUN.status == RunStatus.DONE, RUN.view == View.FULL, RUN.day <= day)
            .group_by(RUN.day)
            .order_by(RUN.day)
        )
        days = [ScoredRun(row.id, row.day) for row in session.execute(newest)]
        which = [
            ASSESSMENT.provider_id == select(SUBJECT.id).where(SUBJECT.key == provider).scalar_subquery(),
            ASSESSMENT.run_id.in_(select(newest.subquery().c.id)),
            *([ASSESSMENT.regime == regime] if regime is not None else []),
        ]
        stood: dict[str, dict[int, str]] = {}
        columns = (ASSESSMENT.run_id, ASSESSMENT.regime, ASSESSMENT.findings_sha256)
        for row in session.execute(select(*columns).where(*which)):
            stood.setdefault(row.regime, {})[row.run_id] = row.findings_sha256
        partial = {(run, key): seen for (run, _, key), seen in redacted_assessments(session, audiences, *which).items()}
        sets: dict[str, FindingRows] = {}
        for chunk in bulk.split_chunks({sha256 for hashes in stood.values() for sha256 in hashes.values()}):
            kept = select(FINDINGS.sha256, FINDINGS.findings).where(FINDINGS.sha256.in_(chunk))
            sets |= {row.sha256: row.findings for row in session.execute(kept)}

    def said(key: str, run: int) -> FindingRows | None:
        if run not in stood[key]:
            return None
        return partial[run, key].findings if (run, key) in partial else sets[stood[key][run]]

    found = [spell for key in stood for spell in periods_of_regime(key, [(one, said(key, one.run)) for one in days])]
    return sorted(found, key=_period_order)


def periods_of_regime(regime: str, days: Iterable[tuple[ScoredRun, FindingRows | None]]) -> list[FindingPeriod]:
    """The spells of one regime, in the order in which they began.

    Args:
        regime: its key.
        days: every scored day, oldest first, with what was found; None where the provider was not covered.
    """
    found: list[FindingPeriod] = []
    standing: dict[RuleKey, FindingPeriod] = {}
    for scored, findings in days:
        before, standing = standing, {}
        for one in findings or ():
            key = (one["principle"], one["rule"])
            spell = before.get(key)
            if spell is None or (spell.status, spell.level) != (one["status"], one["level"]):
                spell = FindingPeriod(regime, *key, one["status"], one["level"], one["title"], scored, scored)
                found.append(spell)
            spell.title, spell.last = one["title"], scored
            standing[key] = spell
        for key, spell in before.items():
            if standing.get(key) is not spell:
                spell.ended_on = scored.day
    return found


def _period_order(spell: FindingPeriod) -> tuple[Any, ...]:
    status = _STATUSES.index(spell.status) if spell.status in _STATUSES else len(_STATUSES)
    return (-Level(spell.level).rank, status, -spell.first.day.toordinal(), spell.regime, spell.principle, spell.rule)
