"""Compares recommended with confirmed stages, confirms stages, records judgements, and finds overrides in force."""

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
from casework.writing import CaseWriter, case_writer
from indicators.ledger.as_of import AsOf, as_of
from models.database import read_session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import PUBLIC, day_in_london
from regimes.clocks import Duration
from regimes.schema import ClockDefinition, LadderStage, Regime
from risk.runs import select_newest_run

OLD_EVENT = Duration(1, "year")  # an event longer before the confirmation of a stage starts no clock of the stage
RUN, ASSESSMENT, SUBJECT = table_of(Run).c, table_of(Assessment).c, table_of(Subject).c


@dataclass(frozen=True)
class StageRecommendation:
    """The stage and level of a provider under a regime in the newest run."""

    stage: str
    level: str
    day: date


class StartingEvent(NamedTuple):
    """An event that starts a clock."""

    happened_on: date  # for a status: the day of the first list that has it; the event happened by then
    report: str = ""  # a sentence about the status that reports the event; empty if the event itself is recorded


@dataclass(frozen=True)
class StageComparison:
    """The recommended and the confirmed stage of a provider under a regime; either may be missing."""

    provider: str
    regime: str
    recommendation: StageRecommendation | None
    confirmation: Record | None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the service recommends a stage that nobody has confirmed."""
        recommended = self.recommendation.stage if self.recommendation else None
        confirmed = self.confirmation.newest_entry.details["stage"] if self.confirmation else None
        return bool(recommended) and recommended != confirmed


def recommended_stages(engine: Engine, viewer: Viewer, provider: str) -> dict[str, StageRecommendation]:
    """Regime key to the recommendation of the newest run, from the findings that the viewer may see."""
    newest = select_newest_run().with_only_columns(RUN.id).scalar_subquery()
    statement = (
        select(table_of(Assessment), RUN.day)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .join(table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
        .where(ASSESSMENT.run_id == newest, SUBJECT.key == provider)
    )
    with read_session(engine) as session:
        rows = session.execute(statement).all()
        redacted = redact_assessment_rows(session, viewer.audiences, rows)
    recommendations = {}
    for row in rows:
        visible = redacted.get((row.run_id, row.provider_id, row.regime), row)
        recommendations[row.regime] = StageRecommendation(visible.stage or "", str(visible.level), row.day)
    return recommendations


def compare_stages(
    provider: str, recommendations: dict[str, StageRecommendation], records: Iterable[Record]
) -> list[StageComparison]:
    """The recommended and confirmed stages of a provider, for each regime that has either."""
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
    """Record a confirmed stage, and open a duty for each of its clocks that has begun; returns the stage's record.

    Args:
        writer: the writer of the person who confirms the stage.
        provider: the identifier of the provider.
        regime: the regime with the ladder.
        stage_key: the stage; the current stage may be confirmed again, even against the recommendation.
        rationale: the reason.
        recommended: the stage that the service recommends now.
        events: the newest known event of each kind about the provider (``newest_events``).
        about_on: the first day of the stage; today if left out.
        due_on: the day of the next review.
        owner: the user responsible for the stage and its duties.
        audience: who may see the record; if left out, the audience that the regime names for the stage. If the open
            record has another audience, that record is ended and a new one opened.

    Raises:
        WrongInput: the ladder has no such stage, the reason is missing, or the entry is wrong.
    """
    stage = find_stage(regime, stage_key)
    if not rationale.strip():
        raise WrongCasework("give a reason (--text): a confirmed stage needs a reason")
    records = writer.list_records(provider)
    old = next((record for record in records if _is_open_stage(record, provider, regime.key)), None)
    details = {"stage": stage.key, "recommended": recommended}
    more: dict[str, Any] = {"rationale": rationale, "about_on": about_on, "due_on": due_on, "owner": owner}
    new_audience = audience or (None if stage.audience == PUBLIC else stage.audience)
    if old is not None and new_audience not in {None, old.first_entry.audience}:
        # A record keeps one audience for its whole life, so the stage moves to a record with the new audience.
        writer.change_record(old.number, state="ended", rationale=rationale)
        old = None
    if old is None:
        record = writer.open_record(
            "stage", provider, regime=regime.key, details=details, audience=new_audience, **more
        )
    else:
        record = writer.change_record(old.number, details=details, **more)
    _start_clocks(writer, record, stage, events or {})
    return record


class StageConfirmation(NamedTuple):
    """The result of confirming a stage: its record, the duties opened, and the clocks that wait for an event."""

    record: Record
    started_duties: list[Record]
    waiting_clocks: list[ClockDefinition]


def confirm_stage_today(
    engine: Engine, author: RegisteredUser, provider: str, regime: Regime, stage_key: str, *, now: datetime, **more: Any
) -> StageConfirmation:
    """Confirm a stage with the newest run's recommendation and the events known today.

    ``more`` holds the other arguments of ``confirm_stage``.

    Raises:
        WrongInput: as ``confirm_stage`` does.
    """
    recommendations = recommended_stages(engine, author.viewer, provider)
    with as_of(engine, day_in_london(now), audiences=author.audiences, subjects=[provider]) as known:
        events = newest_events(known, provider)
    recommended = recommendations[regime.key].stage if regime.key in recommendations else None
    with case_writer(engine, author, now=now) as writer:
        stage = confirm_stage(writer, provider, regime, stage_key, recommended=recommended, events=events, **more)
        newer = [record for record in writer.list_records(provider) if record.first_entry.id > stage.newest_entry.id]
        duties = [record for record in newer if record.kind.key == "duty"]
    return StageConfirmation(stage, duties, clocks_not_started(find_stage(regime, stage_key), events))


def find_stage(regime: Regime, key: str) -> LadderStage:
    """The stage of a regime's ladder.

    Raises:
        WrongCasework: the ladder has no stage with this key.
    """
    for stage in regime.ladder:
        if stage.key == key:
            return stage
    raise WrongCasework(
        f"'{key}' is not a stage of {regime.key}; choose one of: {', '.join(stage.key for stage in regime.ladder)}"
    )


def _start_clocks(writer: CaseWriter, record: Record, stage: LadderStage, events: Mapping[str, StartingEvent]) -> None:
    """Open a duty for each clock of the stage that has begun and has no duty yet."""
    confirmed = record.newest_entry
    stands_since = confirmed.about_on
    for entry in reversed(record.entries):
        if entry.details["stage"] != stage.key:
            break
        stands_since = entry.about_on
    duties = [record for record in writer.list_records(confirmed.provider) if record.kind.key == "duty"]
    for clock in stage.clocks:
        starting_events = [StartingEvent(stands_since)]
        if clock.starts:
            known_events = (events[event] for event in clock.starts if event in events)
            starting_events = [
                event for event in known_events if event.happened_on >= OLD_EVENT.day_before(stands_since)
            ]
        if not starting_events:
            continue
        newest = max(starting_events)
        if not any(_is_duty_of_clock(duty, record, clock.title, since=newest.happened_on) for duty in duties):
            _start_clock(writer, record, clock, newest)


def _is_duty_of_clock(duty: Record, stage: Record, title: str, *, since: date) -> bool:
    first = duty.first_entry
    return first.regime == stage.first_entry.regime and first.details["title"] == title and first.about_on >= since


def _start_clock(writer: CaseWriter, record: Record, clock: ClockDefinition, start: StartingEvent) -> None:
    stage = record.newest_entry
    writer.open_record(
        "duty",
        stage.provider,
        regime=stage.regime,
        owner=stage.owner,
        audience=stage.audience,
        rationale=start.report,
        about_on=start.happened_on,
        due_on=clock.within.day_after(start.happened_on),
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
    """The clocks of the stage that wait for an event not known yet."""
    return [clock for clock in stage.clocks if clock.starts and not any(event in events for event in clock.starts)]


_NEWEST_EVENTS = """
SELECT event, max(on_day), arg_max(report, on_day) FROM (
    SELECT subject_id, key AS event, coalesce(period_end, known_on) AS on_day, '' AS report
    FROM observation JOIN indicator ON indicator.id = indicator_id WHERE kind = 'event'
    UNION ALL SELECT subject_id, event, known_on, report FROM status_event)
JOIN subject ON subject.id = subject_id WHERE subject.key = $provider GROUP BY event
"""


def newest_events(known: AsOf, provider: str) -> dict[str, StartingEvent]:
    """Event key to the newest such event about a provider, entered here or reported by a status; these start clocks."""
    rows = known.sql(_NEWEST_EVENTS, provider=provider).fetchall()
    return {event: StartingEvent(happened_on, report) for event, happened_on, report in rows}


def overrides_in_force(records: Sequence[Record], day: date) -> list[Record]:
    """The overrides in force on a day: approved by a second person, begun, and not past their last day."""
    return [record for record in records if record.kind.key == "override" and _is_in_force(record, day)]


def has_run_out(record: Record, day: date) -> bool:
    """Whether a record is an approved override past its last day that nobody has ended; it is no longer in force."""
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
    """Record a person's rating under a rule of kind ``judgement``; a new rating is added to the record of the old one.

    Args:
        writer: the writer of the person who judges.
        provider: the identifier of the provider.
        regime: the regime with the rule.
        rule_key: the rule.
        rating: a rating on the rule's scale.
        more: rationale, about_on, due_on, owner and audience, as ``CaseWriter.open_record`` takes them.

    Raises:
        WrongInput: the regime has no such rule, its scale no such rating, or the entry is wrong.
    """
    scales = {rule.key: rule.scale for _, rule in regime.rules() if rule.kind == "judgement"}
    if rule_key not in scales:
        if not scales:
            raise WrongCasework(f"{regime.key} has no rule of kind judgement; name another regime")
        choices = ", ".join(scales)
        raise WrongCasework(f"'{rule_key}' is not a rule of kind judgement in {regime.key}; choose one of: {choices}")
    ratings = {scale_rating.lower(): scale_rating for scale_rating in scales[rule_key]}
    if rating.lower() not in ratings:
        raise WrongCasework(f"'{rating}' is not a rating of {rule_key}; choose one of: {', '.join(scales[rule_key])}")
    details = {"rule": rule_key, "rating": ratings[rating.lower()]}
    for old in writer.list_records(provider):
        is_same = old.first_entry.regime == regime.key and old.newest_entry.details.get("rule") == rule_key
        if old.kind.key == "judgement" and old.is_open and is_same:
            if not more.get("rationale", "").strip():
                raise WrongCasework("give a reason (--text): a rating needs a reason, even if it is unchanged")
            return writer.change_record(old.number, details=details, **_without_audience(more))
    return writer.open_record("judgement", provider, regime=regime.key, details=details, **more)


def _without_audience(more: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a change; a record keeps its audience."""
    return {key: value for key, value in more.items() if key != "audience"}
