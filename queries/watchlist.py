"""The watchlist of one scored day: each provider under its worst regime, the worst first. No Streamlit."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import Engine, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences
from indicators.commissioners import Commissioners
from indicators.links import buyers_in_force
from models.database import read_session, table_of
from models.findings import SourceFinding
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import Level, Principle
from queries.assessment_rows import AssessmentRow, redact_assessments
from queries.last_changes import add_causes
from risk.runs import newest_finished_run, select_finished_runs

ASSESSMENT, RUN, SUBJECT = table_of(Assessment).c, table_of(Run).c, table_of(Subject).c
_RANKS = {str(level): level.rank for level in Level}
_PRINCIPLES = tuple(map(str, Principle))
_principle_levels = attrgetter(*_PRINCIPLES)
_principle_reasons = attrgetter(*(f"{principle}_because" for principle in _PRINCIPLES))


@dataclass
class WatchlistRow:
    """One provider on the watchlist, under its worst regime."""

    id: str
    name: str
    regime: str
    level: str
    rating: str
    is_official: bool
    stage: str
    probability: float | None
    probability_reason: str
    principles: dict[str, str]
    changed_from: str | None  # its level on the scored day before; None where the provider was not on that list
    other_regimes: dict[str, str] = field(default_factory=dict)
    unscorable_because: dict[str, str] = field(default_factory=dict)  # principle to a word of UnscorableReason
    causes: list[str] = field(default_factory=list)  # of the change: data, rule, model, time, service
    because: str = ""  # the causes in words


@dataclass
class Watchlist:
    """The providers of one scored day, worst first."""

    day: date  # asked for
    scored_on: date  # the newest scored day up to it
    run: int
    compared_with: date | None  # the scored day before
    source_findings: list[SourceFinding]
    providers: list[WatchlistRow]

    def as_json(self) -> dict[str, Any]:
        """Plain values with ISO dates."""
        return {
            "day": self.day.isoformat(),
            "scored_on": self.scored_on.isoformat(),
            "run": self.run,
            "compared_with": self.compared_with.isoformat() if self.compared_with else None,
            "source_findings": self.source_findings,
            "providers": [asdict(row) for row in self.providers],
        }


def read_watchlist(
    engine: Engine,
    day: date,
    *,
    audiences: ReaderAudiences,
    regime: str | None = None,
    commissioner: str | None = None,
) -> Watchlist:
    """The watchlist as it stood on a day: worst level first, then the likeliest failure, then by name.

    Args:
        engine: the database.
        day: the newest scored day up to this one is shown.
        audiences: the audiences of the reader.
        regime: only providers under this regime.
        commissioner: only providers that this body buys from, funds or regulates, or that are in its area. The body
            is given by a GSS code, an identifier, a name or an unambiguous part of a name.

    Raises:
        UnknownCommissioner: no commissioner known by the day has this name or identifier.
        NothingScored: no day up to this one has been scored.
    """
    run = newest_finished_run(engine, day)
    with read_session(engine) as session:
        before = session.scalar(
            select_finished_runs().where(RUN.day < run.day).order_by(RUN.day.desc(), RUN.id.desc()).limit(1)
        )
        previous_levels: dict[tuple[int, str], str] = {}
        if before is not None:
            levels = select(ASSESSMENT.provider_id, ASSESSMENT.regime, ASSESSMENT.level)
            rows = session.execute(levels.where(ASSESSMENT.run_id == before.id))
            previous_levels = {(row.provider_id, row.regime): row.level for row in rows}
            redacted = redacted_assessments(session, audiences, ASSESSMENT.run_id == before.id)
            previous_levels |= {
                (provider, regime): str(visible.level) for (_, provider, regime), visible in redacted.items()
            }
        statement = (
            select(table_of(Assessment), SUBJECT.key)
            .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .where(ASSESSMENT.run_id == run.id)
        )
        if regime is not None:
            statement = statement.where(ASSESSMENT.regime == regime)
        if commissioner is not None:
            subjects = Commissioners(session, run.day).find_commissioner(commissioner).subjects
            their_providers = {
                link.provider_id for link in buyers_in_force(session, run.day) if link.commissioner_id in subjects
            }
        assessed = session.execute(statement).all()
        if commissioner is not None:
            assessed = [row for row in assessed if row.provider_id in their_providers]
        worst = _worst_by_provider(redact_assessments(session, audiences, assessed), previous_levels)
        if before is not None:
            listed = {(provider, row.regime): row for provider, row in worst.items()}
            add_causes(session, before, run, listed, audiences=audiences)
    return Watchlist(
        day=day,
        scored_on=run.day,
        run=run.id or 0,
        compared_with=before.day if before else None,
        source_findings=[finding for finding in run.source_findings if regime in {None, finding["regime"]}],
        providers=list(worst.values()),
    )


def _worst_by_provider(
    assessments: Iterable[AssessmentRow], previous_levels: Mapping[tuple[int, str], str]
) -> dict[int, WatchlistRow]:
    """A row for each provider, by number, under its worst regime; the worst first."""
    worst: dict[int, WatchlistRow] = {}
    for entry in sorted(assessments, key=_watchlist_order):
        if entry.provider_id in worst:
            worst[entry.provider_id].other_regimes[entry.regime] = entry.level
            continue
        worst[entry.provider_id] = WatchlistRow(
            id=entry.key,
            name=entry.provider_name,
            regime=entry.regime,
            level=entry.level,
            rating=entry.rating,
            is_official=entry.is_official,
            stage=entry.stage,
            probability=entry.probability,
            probability_reason=entry.probability_reason,
            principles=dict(zip(_PRINCIPLES, _principle_levels(entry), strict=True)),
            unscorable_because={
                principle: because
                for principle, because in zip(_PRINCIPLES, _principle_reasons(entry), strict=True)
                if because
            },
            changed_from=previous_levels.get((entry.provider_id, entry.regime)),
        )
    return worst


def _watchlist_order(entry: AssessmentRow) -> tuple[Any, ...]:
    return (
        -_RANKS[entry.level],
        entry.level != Level.UNSCORABLE,  # unscorable providers come before healthy ones
        -(entry.probability or 0.0),
        -sum(_RANKS[level] for level in _principle_levels(entry)),
        entry.provider_name.lower(),
        entry.key,
        entry.regime,
    )
