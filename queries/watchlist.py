"""What is read for screens and commands: the watchlist, one provider, the ledger's rows. No Streamlit here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine, Select, func, select

from access.assessments import redact_assessment_rows, redacted_assessments
from access.redaction import VisibleAssessment
from access.viewer import ReaderAudiences
from indicators import catalogue
from indicators.commissioners import Commissioners, UnknownCommissioner
from indicators.ledger.day_numbers import day_number, day_of
from indicators.ledger.reader import audience_conditions, is_recalled_row
from indicators.ledger.repeats import LINK, LOAD, OBSERVATION, is_current, retracted_rows
from indicators.links import buyers_in_force, certainty_of, read_links
from indicators.names import read_names
from models import bulk
from models.database import Session, read_session, table_of
from models.ledger import IndicatorKey, InternedText, Snapshot
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import DateBasis, Level, Principle, RunStatus, View
from queries.coverage import coverage_end, last_assessment, unreadable_documents
from queries.finding_details import add_finding_details
from queries.last_changes import add_causes, last_change
from queries.notified_bodies import name_bodies
from risk.runs import newest_finished_run, select_finished_runs

ASSESSMENT, RUN, FINDINGS = table_of(Assessment).c, table_of(Run).c, table_of(FindingSet).c
SUBJECT, INDICATOR, SNAPSHOT = table_of(Subject).c, table_of(IndicatorKey).c, table_of(Snapshot).c
WORD = table_of(InternedText)
_RANKS = {str(level): level.rank for level in Level}
_PRINCIPLES = tuple(map(str, Principle))
_principles = attrgetter(*_PRINCIPLES)
_because = attrgetter(*(f"{principle}_because" for principle in _PRINCIPLES))


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
    changed_from: str | None  # its level on the scored day before; None where it was not there
    other_regimes: dict[str, str] = field(default_factory=dict)
    unscorable_because: dict[str, str] = field(default_factory=dict)  # principle to a word of UnscorableReason
    causes: list[str] = field(default_factory=list)  # of the change: data, rule, model, time, service
    because: str = ""  # the same in words


@dataclass
class Watchlist:
    """The providers of one scored day, worst first."""

    day: date  # asked for
    scored_on: date  # the newest scored day up to it
    run: int
    compared_with: date | None  # the scored day before
    source_findings: list[dict[str, Any]]
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
        audiences: the audiences of whoever reads.
        regime: only providers under this regime.
        commissioner: only providers that this body buys from, funds or regulates, or that stand in its area; a GSS
            code, an identifier, a name or an unambiguous part of a name.

    Raises:
        UnknownCommissioner: no commissioner known by the day is called that.
    """
    run = newest_finished_run(engine, day)
    with read_session(engine) as session:
        before = session.scalar(
            select_finished_runs().where(RUN.day < run.day).order_by(RUN.day.desc(), RUN.id.desc()).limit(1)
        )
        old: dict[tuple[int, str], str] = {}
        if before is not None:
            levels = select(ASSESSMENT.provider_id, ASSESSMENT.regime, ASSESSMENT.level)
            rows = session.execute(levels.where(ASSESSMENT.run_id == before.id))
            old = {(row.provider_id, row.regime): row.level for row in rows}
            partial = redacted_assessments(session, audiences, ASSESSMENT.run_id == before.id)
            old |= {(provider, regime): str(seen.level) for (_, provider, regime), seen in partial.items()}
        statement = (
            select(table_of(Assessment), SUBJECT.key)
            .join_from(table_of(Assessment), table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
            .where(ASSESSMENT.run_id == run.id)
        )
        if regime is not None:
            statement = statement.where(ASSESSMENT.regime == regime)
        if commissioner is not None:
            subjects = Commissioners(session, run.day).find_commissioner(commissioner).subjects
            theirs = {
                link.provider_id for link in buyers_in_force(session, run.day) if link.commissioner_id in subjects
            }
        assessed = session.execute(statement).all()
        if commissioner is not None:
            assessed = [row for row in assessed if row.provider_id in theirs]
        found = redact_assessments(session, audiences, assessed)
        worst = _worst_by_provider(found, old)
        if before is not None:
            listed = {(provider, row.regime): row for provider, row in worst.items()}
            add_causes(session, before, run, listed, audiences=audiences)
    return Watchlist(
        day=day,
        scored_on=run.day,
        run=run.id or 0,
        compared_with=before.day if before else None,
        source_findings=[one for one in run.source_findings if regime in {None, one["regime"]}],
        providers=list(worst.values()),
    )


def _worst_by_provider(found: Iterable[Any], old: Mapping[tuple[int, str], str]) -> dict[int, WatchlistRow]:
    """A row for each provider, by number, under its worst regime; the worst first."""
    worst: dict[int, WatchlistRow] = {}
    for entry in sorted(found, key=_watchlist_order):
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
            principles=dict(zip(_PRINCIPLES, _principles(entry), strict=True)),
            unscorable_because={
                principle: because for principle, because in zip(_PRINCIPLES, _because(entry), strict=True) if because
            },
            changed_from=old.get((entry.provider_id, entry.regime)),
        )
    return worst


def redact_assessments(session: Session, audiences: ReaderAudiences, assessments: Sequence[Any]) -> Sequence[Any]:
    """Assessments, with all their columns and maybe their ``findings``, as those who see these audiences see them."""
    if audiences is None:
        return assessments
    partial = redact_assessment_rows(session, audiences, assessments)
    return [_redact_assessment(row, partial.get((row.run_id, row.provider_id, row.regime))) for row in assessments]


def _redact_assessment(row: Any, seen: VisibleAssessment | None) -> Any:
    if seen is None:
        return row
    more = {"level": str(seen.level), "rating": seen.rating, "stage": seen.stage, "findings": seen.findings}
    more |= {f"{principle}_because": because for principle, because in seen.unscorable_reasons.items()}
    return SimpleNamespace(**{**row._mapping, **seen.principles, **more}, unscored_principles=seen.unscored_principles)


def _watchlist_order(entry: Any) -> tuple[Any, ...]:
    return (
        -_RANKS[entry.level],
        entry.level != Level.UNSCORABLE,  # what cannot be scored stands before what was scored and is well
        -(entry.probability or 0.0),
        -sum(_RANKS[level] for level in _principles(entry)),
        entry.provider_name.lower(),
        entry.key,
        entry.regime,
    )


def commissioner_titles(engine: Engine, day: date) -> dict[str, str]:
    """Everybody known by the day who buys from, funds, regulates or hosts a provider: key to title, by title.

    An authority is one entry under its GSS code, whatever the registers call it.
    """
    with read_session(engine) as session:
        return {body.key: body.title for body in Commissioners(session, day).all_commissioners()}


def commissioner_key(engine: Engine, day: date, text: str) -> str | None:
    """The key in ``commissioner_titles`` of the body that an identifier or a name stands for; None for nobody."""
    with read_session(engine) as session:
        try:
            return Commissioners(session, day).find_commissioner(text).key
        except UnknownCommissioner:
            return None


def explain_provider(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> dict[str, Any]:
    """One provider, principle by principle and figure by figure, as plain values with ISO dates.

    Args:
        engine: the database.
        provider: its identifier.
        day: the newest scored day up to this one that covers it; without one, what is known of it all the same.
        audiences: the audiences of whoever reads.
    """
    with read_session(engine) as session:
        subject = session.scalar(select(SUBJECT.id).where(SUBJECT.key == provider))
        run = session.scalar(
            select_finished_runs().where(RUN.day <= day).order_by(RUN.day.desc(), RUN.id.desc()).limit(1)
        )
        assessments: Sequence[Any] = []
        if run is not None:
            statement = (
                select(table_of(Assessment), FINDINGS.findings)
                .join_from(table_of(Assessment), table_of(FindingSet), FINDINGS.sha256 == ASSESSMENT.findings_sha256)
                .where(ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id == subject)
                .order_by(ASSESSMENT.regime)
            )
            assessments = redact_assessments(session, audiences, session.execute(statement).all())
        changed = {
            row.regime: last_change(session, run, row.provider_id, row.regime, audiences)
            for row in assessments
            if run is not None
        }
    seqs = {seq for row in assessments for finding in row.findings for seq in finding["seqs"]}
    figures = figures_by_seq(engine, seqs, day, audiences=audiences)
    name = (
        assessments[0].provider_name if assessments else subject_names(engine, [provider], day).get(provider, provider)
    )
    called = subject_names(engine, {one["subject"] for one in figures.values()}, day)
    for one in figures.values():
        one["subject_name"] = called.get(one["subject"], one["subject"])
    regimes = [
        _explain_regime(engine, run, provider, row, figures, audiences=audiences)
        for row in assessments
        if run is not None
    ]
    linked = provider_links(engine, provider, day, audiences=audiences)
    name_bodies(regimes, linked, provider, name, day)
    return {
        "id": provider,
        "name": name,
        "day": day.isoformat(),
        "scored_on": run.day.isoformat() if run is not None and assessments else None,
        "run": run.id if run is not None and assessments else None,
        "source_findings": run.source_findings if run is not None else [],
        "regimes": [{**regime, "last_change": changed[regime["regime"]]} for regime in regimes],
        "ended": None if assessments else coverage_end(engine, provider, day, audiences=audiences),
        "last_assessed": last_assessment(engine, provider, day, audiences=audiences),
        "unreadable": unreadable_documents(engine, provider, day, audiences=audiences),
        "links": linked,
    }


def _explain_regime(
    engine: Engine, run: Run, provider: str, row: Any, figures: dict[int, dict[str, Any]], *, audiences: ReaderAudiences
) -> dict[str, Any]:
    principles: dict[str, Any] = {
        principle: {
            "level": getattr(row, principle),
            "unscorable_because": getattr(row, f"{principle}_because") or None,
            "findings": [],
        }
        for principle in Principle
    }
    for finding in row.findings:
        shown = dict(finding)
        shown.setdefault("unscorable_because", None)
        shown["figures"] = [figures[seq] for seq in finding["seqs"] if seq in figures]
        principles[finding["principle"]]["findings"].append(shown)
    explained = {
        "regime": row.regime,
        "level": row.level,
        "rating": row.rating,
        "is_official": row.is_official,
        "stage": row.stage,
        "probability": row.probability,
        "probability_reason": row.probability_reason,
        "principles": principles,
    }
    add_finding_details(engine, run, provider, row, explained, audiences=audiences)
    return explained


def figures_by_seq(
    engine: Engine, seqs: Iterable[int], day: date, *, audiences: ReaderAudiences
) -> dict[int, dict[str, Any]]:
    """Ledger rows by number, each followed home to document, line and place, with its age on the day."""
    found: dict[int, dict[str, Any]] = {}
    for chunk in bulk.split_chunks(sorted(seq for seq in seqs if seq > 0)):
        with read_session(engine) as session:
            for row in session.execute(ledger_rows_query(audiences).where(OBSERVATION.c.seq.in_(chunk))):
                found[row.seq] = ledger_row_values(row, day)
    return found


def ledger_rows_query(audiences: ReaderAudiences) -> Select[Any]:
    """Ledger rows for some audiences with the way home: document, address, time of the fetch, line and place."""
    o, place, unit = OBSERVATION.c, WORD.alias("place"), WORD.alias("unit_word")
    return (
        select(
            o.seq,
            o.period_start,
            o.period_end,
            o.occurrence,
            o.known_on,
            o.known_on_basis,
            o.value_number,
            o.value_text,
            o.line,
            SUBJECT.key.label("subject"),
            INDICATOR.key.label("indicator"),
            INDICATOR.kind,
            SNAPSHOT.register,
            SNAPSHOT.name.label("document"),
            SNAPSHOT.address,
            SNAPSHOT.fetched_at,
            SNAPSHOT.sha256,
            LOAD.recorded_at,
            LOAD.parser,
            place.c.text.label("place"),
            unit.c.text.label("unit"),
            is_recalled_row(o).label("is_recalled"),
        )
        .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
        .join(table_of(IndicatorKey), INDICATOR.id == o.indicator_id)
        .join(LOAD.id.table, LOAD.id == o.load_id)
        .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .outerjoin(place, place.c.id == o.place_id)
        .outerjoin(unit, unit.c.id == o.unit_id)
        .where(*audience_conditions(o, audiences))
    )


def ledger_row_values(row: Any, day: date) -> dict[str, Any]:
    """A row of ``ledger_rows_query`` as plain values with ISO dates, and its age on the day."""
    indicator = catalogue.load().indicators.get(row.indicator)
    known_on, ends = day_of(row.known_on), _iso_day(row.period_end)
    return {
        "seq": row.seq,
        "subject": row.subject,
        "indicator": row.indicator,
        "title": indicator.title if indicator else row.indicator,
        "kind": row.kind,
        "period_start": _iso_day(row.period_start),
        "period_end": ends,
        "occurrence": row.occurrence,
        "known_on": known_on.isoformat(),
        "known_on_basis": DateBasis(row.known_on_basis).name.lower(),
        "age_days": (day - (date.fromisoformat(ends) if ends else known_on)).days,
        "value": row.value_text if row.value_number is None or row.kind == "grade" else row.value_number,
        "verbatim": row.value_text,
        "unit": row.unit or (indicator.unit if indicator else ""),
        "register": row.register,
        "document": row.document,
        "address": row.address,
        "fetched_at": row.fetched_at.astimezone(UTC).isoformat() if isinstance(row.fetched_at, datetime) else None,
        "sha256": row.sha256,
        "line": row.line,
        "place": row.place or "",
        "is_recalled": row.is_recalled,
    }


def _iso_day(number: int | None) -> str | None:
    return None if number is None else day_of(number).isoformat()


def read_observations(
    engine: Engine, day: date, *, audiences: ReaderAudiences, subject: str | None = None, register: str | None = None
) -> Iterator[dict[str, Any]]:
    """The ledger's live rows for some audiences as known by a day, oldest first, streamed.

    What a later list gives no more is not among them.
    """
    o, number = OBSERVATION.c, day_number(day) or 0
    statement = ledger_rows_query(audiences).where(
        o.known_on <= number,
        LOAD.is_done,
        o.retracts.is_(None),
        o.seq.not_in(retracted_rows(OBSERVATION)),
        is_current(number),
    )
    if subject is not None:
        statement = statement.where(SUBJECT.key == subject)
    if register is not None:
        statement = statement.where(SNAPSHOT.register == register)
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(statement.order_by(o.seq))
        for rows in result.partitions(10_000):
            for row in rows:
                yield ledger_row_values(row, day)


def add_names(engine: Engine, rows: Iterable[dict[str, Any]], day: date) -> Iterator[dict[str, Any]]:
    """The rows with ``name``, that of the subject as known on the day; streamed, names are read once each."""
    known: dict[str, str] = {}
    for chunk in bulk.split_chunks(rows):
        unread = {row["subject"] for row in chunk} - known.keys()
        known |= dict(zip(unread, unread, strict=True)) | subject_names(engine, unread, day)
        yield from ({**row, "name": known[row["subject"]]} for row in chunk)


def levels_over_time(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> list[dict[str, Any]]:
    """The provider's level on every scored day up to ``day`` (newest revision of each), by regime."""
    newest = (
        select(func.max(RUN.id))
        .where(RUN.status == RunStatus.DONE, RUN.view == View.FULL, RUN.day <= day)
        .group_by(RUN.day)
    )
    is_of = ASSESSMENT.provider_id == select(SUBJECT.id).where(SUBJECT.key == provider).scalar_subquery()
    statement = (
        select(RUN.day, ASSESSMENT.regime, ASSESSMENT.level, ASSESSMENT.probability, RUN.id, ASSESSMENT.provider_id)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .where(is_of, RUN.id.in_(newest))
        .order_by(RUN.day, ASSESSMENT.regime)
    )
    with read_session(engine) as session:
        partial = redacted_assessments(session, audiences, is_of)
        rows = session.execute(statement).all()
    return [
        {
            "day": row.day.isoformat(),
            "regime": row.regime,
            "level": str(partial.get((row.id, row.provider_id, row.regime), row).level),
            "probability": row.probability,
        }
        for row in rows
    ]


def subject_names(engine: Engine, keys: Iterable[str], day: date) -> dict[str, str]:
    """Identifier to the newest name known by the day, as ``indicators.names`` has it."""
    with read_session(engine) as session:
        return read_names(session, keys, day)


def provider_links(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> list[dict[str, Any]]:
    """The provider's links as known on the day, read ``subject relation object``, with their document; the ended last.

    ``is_in_force`` says whether the link holds on the day, ``ended_on`` the first day without the link (``until`` is
    the last day that the register itself states), ``certainty`` how sure the link is.
    """
    found = read_links(engine, provider, day, audiences=audiences)
    called = subject_names(engine, {key for link in found for key in (link.subject, link.object)}, day)
    places = _link_places(engine, [link.seq for link in found])
    return [
        {
            "subject": link.subject,
            "subject_name": called.get(link.subject, link.subject),
            "relation": link.relation,
            "kind": link.kind,
            "object": link.object,
            "object_name": called.get(link.object, link.object),
            "since": link.since.isoformat() if link.since else None,
            "until": link.until.isoformat() if link.until else None,
            "ended_on": link.ended_on.isoformat() if link.ended_on else None,
            "is_in_force": link.ended_on is None,
            "known_on": link.known_on.isoformat(),
            "confidence": link.confidence,
            "certainty": certainty_of(link.confidence).value,
            "reference": link.reference,
            "value_gbp": link.value_gbp,
            **places.get(link.seq, {}),
        }
        for link in found
    ]


def _link_places(engine: Engine, seqs: list[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    k = LINK.c
    for chunk in bulk.split_chunks(seqs):
        statement = (
            select(
                k.seq,
                k.line,
                SNAPSHOT.name.label("document"),
                WORD.c.text.label("place"),
                is_recalled_row(k).label("is_recalled"),
            )
            .join_from(LINK, LOAD.id.table, LOAD.id == k.load_id)
            .outerjoin(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
            .outerjoin(WORD, WORD.c.id == k.place_id)
            .where(k.seq.in_(chunk))
        )
        with read_session(engine) as session:
            for row in session.execute(statement):
                found[row.seq] = {
                    "document": row.document,
                    "line": row.line,
                    "place": row.place or "",
                    "is_recalled": row.is_recalled,
                }
    return found
