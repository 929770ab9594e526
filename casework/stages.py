"""The stage a person has confirmed beside the one the service recommends; overrides of a level or stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, select

from access.assessments import redact_assessment_rows
from access.people import RegisteredUser
from access.viewer import Viewer
from casework.kinds import WrongCasework
from casework.reading import Record
from casework.writing import CaseWriter
from casework.writing import case_writer as pen_of
from indicators.ledger.as_of import AsOf, as_of
from models.database import read_session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import PUBLIC, RunStatus, View, day_in_london
from regimes.clocks import Duration
from regimes.schema import ClockDefinition, LadderStage, Regime

OLD_EVENT = Duration(1, "year")  # what happened longer before a stage was confirmed starts none of its clocks
RUN, ASSESSMENT, SUBJECT = table_of(Run).c, table_of(Assessment).c, table_of(Subject).c


@dataclass(frozen=True)
class StageRecommendation:
    """What the newest run says of a provider under a regime."""

    stage: str
    level: str
    day: date


class StartingEvent(NamedTuple):
    """An event that starts a clock."""

    happened_on: (
        date  # of a status: the day of the first list that had it, on which the event has happened at the latest
    )
    report: str = ""  # the status that reports the event, in a sentence; empty where the event itself is on record


@dataclass(frozen=True)
class StageComparison:
    """The stage recommended and the stage confirmed; either may be missing."""

    provider: str
    regime: str
    recommendation: StageRecommendation | None
    confirmation: Record | None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the service recommends a stage that nobody has confirmed."""
        wanted = self.recommendation.stage if self.recommendation else None
        return bool(wanted) and wanted != (
            self.confirmation.newest_entry.details["stage"] if self.confirmation else None
        )


def recommended_stages(engine: Engine, viewer: Viewer, provider: str) -> dict[str, StageRecommendation]:
    """Regime to what the newest run says of the provider, as far as the viewer may see it."""
    newest = (
        select(RUN.id)
        .where(RUN.status == RunStatus.DONE, RUN.view == View.FULL)
        .order_by(RUN.day.desc(), RUN.revision.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(table_of(Assessment), RUN.day)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .join(table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
        .where(ASSESSMENT.run_id == newest, SUBJECT.key == provider)
    )
    with read_session(engine) as session:
        rows = session.execute(statement).all()
        partial = redact_assessment_rows(session, viewer.audiences, rows)
    found = {}
    for row in rows:
        seen = partial.get((row.run_id, row.provider_id, row.regime), row)
        found[row.regime] = StageRecommendation(seen.stage or "", str(seen.level), row.day)
    return found


def compare_stages(
    provider: str, recommendations: dict[str, StageRecommendation], records: Iterable[Record]
) -> list[StageComparison]:
    """Both stages of a provider, one line for each regime that has either."""
    confirmed = {record.first_entry.regime or "": record for record in records if _is_open_stage(record, provider)}
    return [
        StageComparison(provider, regime, recommendations.get(regime), confirmed.get(regime))
        for regime in sorted({*recommendations, *confirmed})
    ]


def _is_open_stage(record: Record, provider: str, regime: str | None = None) -> bool:
    first = record.first_entry
    return first.kind == "stage" and first.provider == provider and record.is_open and regime in {None, first.regime}


def confirm_stage(
    writer: CaseWriter,
    provider: str,
    regime: Regime,
    stage_key: str,
    *,
    rationale: str,
    recommended: str | None = None,
    events: Mapping[str, StartingEvent] | None = None,
    about_on: date | None = None,
    due_on: date | None = None,
    owner: str | None = None,
    audience: str | None = None,
) -> Record:
    """The record of the confirmed stage, with a duty for each of its clocks that has begun: with it or by an event.

    Args:
        writer: of whoever confirms it.
        provider: the identifier of the provider.
        regime: whose ladder it is.
        stage_key: the stage; the one it stands at already may be confirmed again, against what is recommended.
        rationale: why.
        recommended: the stage that the service recommends now.
        events: the newest event of each kind that is known of the provider (``newest_events``).
        about_on: since when; today if none is given.
        due_on: when it is looked at again.
        owner: who sees to the stage and its duties.
        audience: who may see it; by default whom the regime names for the stage. Where that is not who sees the record
            there is, that one is ended and the stage stands in a new one.

    Raises:
        WrongInput: the ladder has no such stage, there is no reason, or the entry does not fit.
    """
    stage = find_stage(regime, stage_key)
    if not rationale.strip():
        raise WrongCasework("say why (--text): a stage that is confirmed, or confirmed against advice, needs a reason")
    old = next((one for one in writer.list_records(provider) if _is_open_stage(one, provider, regime.key)), None)
    details = {"stage": stage.key, "recommended": recommended}
    more: dict[str, Any] = {"rationale": rationale, "about_on": about_on, "due_on": due_on, "owner": owner}
    wanted = audience or (None if stage.audience == PUBLIC else stage.audience)
    if old is not None and wanted not in {None, old.first_entry.audience}:
        # A record has one audience from first to last: the stage goes on in one for those who may see it.
        writer.change_record(old.number, state="ended", rationale=rationale)
        old = None
    if old is None:
        record = writer.open_record("stage", provider, regime=regime.key, details=details, audience=wanted, **more)
    else:
        record = writer.change_record(old.number, details=details, **more)
    _start_clocks(writer, record, stage, events or {})
    return record


class StageConfirmation(NamedTuple):
    """What confirming a stage has left: its record, the clocks it started, and those that wait for an event."""

    record: Record
    started_duties: list[Record]
    waiting_clocks: list[ClockDefinition]


def confirm_stage_today(
    engine: Engine, author: RegisteredUser, provider: str, regime: Regime, stage_key: str, *, now: datetime, **more: Any
) -> StageConfirmation:
    """Confirm a stage beside what the newest run recommends, by the events known today; ``more`` as ``confirm_stage`` has it.

    Raises:
        WrongInput: as ``confirm_stage`` does.
    """
    says = recommended_stages(engine, author.viewer, provider)
    with as_of(engine, day_in_london(now), audiences=author.audiences, subjects=[provider]) as known:
        events = newest_events(known, provider)
    advised = says[regime.key].stage if regime.key in says else None
    with pen_of(engine, author, now=now) as book:
        record = confirm_stage(book, provider, regime, stage_key, recommended=advised, events=events, **more)
        newer = (one for one in book.list_records(provider) if one.first_entry.id > record.newest_entry.id)
        duties = [one for one in newer if one.kind.key == "duty"]
    return StageConfirmation(record, duties, clocks_not_started(find_stage(regime, stage_key), events))


def find_stage(regime: Regime, key: str) -> LadderStage:
    """The stage of a regime's ladder.

    Raises:
        WrongCasework: it has none of that key.
    """
    for stage in regime.ladder:
        if stage.key == key:
            return stage
    raise WrongCasework(
        f"'{key}' is no stage of {regime.key}; its ladder is {', '.join(stage.key for stage in regime.ladder)}"
    )


def _start_clocks(writer: CaseWriter, record: Record, stage: LadderStage, events: Mapping[str, StartingEvent]) -> None:
    """Open the duties of the stage that have begun and are not on record yet."""
    confirmed = record.newest_entry
    stands_since = confirmed.about_on
    for entry in reversed(record.entries):
        if entry.details["stage"] != stage.key:
            break
        stands_since = entry.about_on
    duties = [one for one in writer.list_records(confirmed.provider) if one.kind.key == "duty"]
    for clock in stage.clocks:
        started = [StartingEvent(stands_since)]
        if clock.starts:
            known = (events[event] for event in clock.starts if event in events)
            started = [event for event in known if event.happened_on >= OLD_EVENT.day_before(stands_since)]
        if started and not any(
            _is_duty_of_clock(duty, record, clock.title, since=max(started).happened_on) for duty in duties
        ):
            _start_clock(writer, record, clock, max(started))


def _is_duty_of_clock(duty: Record, stage: Record, title: str, *, since: date) -> bool:
    first = duty.first_entry
    return first.regime == stage.first_entry.regime and first.details["title"] == title and first.about_on >= since


def _start_clock(writer: CaseWriter, record: Record, clock: ClockDefinition, started: StartingEvent) -> None:
    stage = record.newest_entry
    writer.open_record(
        "duty",
        stage.provider,
        regime=stage.regime,
        owner=stage.owner,
        audience=stage.audience,
        rationale=started.report,
        about_on=started.happened_on,
        due_on=clock.within.day_after(started.happened_on),
        details={
            "title": clock.title,
            "within": str(clock.within),
            "then": clock.then,
            "source": clock.source,
            "extension_by": str(clock.extension.by) if clock.extension else "",
            "extension_when": clock.extension.when if clock.extension else "",
        },
    )


def clocks_not_started(stage: LadderStage, events: Mapping[str, StartingEvent]) -> list[ClockDefinition]:
    """The stage's clocks that wait for an event nobody knows of yet."""
    return [clock for clock in stage.clocks if clock.starts and not any(event in events for event in clock.starts)]


_NEWEST_EVENTS = """
SELECT event, max(on_day), arg_max(report, on_day) FROM (
    SELECT subject_id, key AS event, coalesce(period_end, known_on) AS on_day, '' AS report
    FROM observation JOIN indicator ON indicator.id = indicator_id WHERE kind = 'event'
    UNION ALL SELECT subject_id, event, known_on, report FROM status_event)
JOIN subject ON subject.id = subject_id WHERE subject.key = $provider GROUP BY event
"""


def newest_events(known: AsOf, provider: str) -> dict[str, StartingEvent]:
    """The newest event of every kind about a provider, entered here or reported by a status: what starts clocks."""
    rows = known.sql(_NEWEST_EVENTS, provider=provider).fetchall()
    return {event: StartingEvent(on, report) for event, on, report in rows}


def overrides_in_force(records: Sequence[Record], day: date) -> list[Record]:
    """The overrides that hold on a day: approved by a second person, begun and not run out."""
    return [record for record in records if record.kind.key == "override" and _is_in_force(record, day)]


def has_run_out(record: Record, day: date) -> bool:
    """Whether a record is an override that nobody has ended, past its last day: it holds no more."""
    until = record.newest_entry.due_on
    is_approved = record.kind.key == "override" and record.state == "approved"
    return is_approved and until is not None and until < day


def _is_in_force(override: Record, day: date) -> bool:
    until = override.newest_entry.due_on
    if override.state != "approved" or until is None:
        return False
    since = next(entry.about_on for entry in override.entries if entry.state == "approved")
    return since <= day <= until


def record_judgement(
    writer: CaseWriter, provider: str, regime: Regime, rule_key: str, rating: str, **more: Any
) -> Record:
    """The record of a person's rating under a rule of kind ``judgement``; a new rating joins the record of the old.

    Args:
        writer: of whoever judges.
        provider: the identifier of the provider.
        regime: the regime that has the rule.
        rule_key: the rule.
        rating: one of the words of its scale.
        more: rationale, about_on, due_on, owner and audience, as ``Pen.open`` takes them.

    Raises:
        WrongInput: the regime has no such rule, the rule no such word, or the entry does not fit.
    """
    scales = {rule.key: rule.scale for _, rule in regime.rules() if rule.kind == "judgement"}
    if rule_key not in scales:
        there = f"those are {', '.join(scales)}" if scales else "it has none"
        raise WrongCasework(f"'{rule_key}' is no rule of kind judgement in {regime.key}; {there}")
    words = {word.lower(): word for word in scales[rule_key]}
    if rating.lower() not in words:
        raise WrongCasework(f"'{rating}' is no rating of {rule_key}; write {', '.join(scales[rule_key])}")
    details = {"rule": rule_key, "rating": words[rating.lower()]}
    for old in writer.list_records(provider):
        is_same = old.first_entry.regime == regime.key and old.newest_entry.details.get("rule") == rule_key
        if old.kind.key == "judgement" and old.is_open and is_same:
            if not more.get("rationale", "").strip():
                raise WrongCasework("say why (--text): a rating needs a reason, the same one again too")
            return writer.change_record(old.number, details=details, **_without_audience(more))
    return writer.open_record("judgement", provider, regime=regime.key, details=details, **more)


def _without_audience(more: dict[str, Any]) -> dict[str, Any]:
    """What a change takes: the audience of a record stays."""
    return {key: value for key, value in more.items() if key != "audience"}
