"""Reads the history of a provider as one timeline: assessments, escalations, messages, actions, casework."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, select

from access.assessments import redacted_assessments
from access.viewer import ReaderAudiences, Viewer
from alerts.decide import Reason
from alerts.escalation.change_causes import stored_causes
from alerts.escalation.entries import DELIVERY, ENTRY, notified_causes, read_caused_changes
from alerts.escalation.episode import EntryKind
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, RUN, SUBJECT
from alerts.escalation.visible_escalations import VisibleEscalation, visible_escalations, visible_rows
from alerts.message.composer import SUMMARY
from casework import reading
from indicators.names import read_names
from models.alerting import (
    ClockDelivery,
    Delivery,
    Escalation,
    EscalationEntry,
    Message,
    NotNotified,
    Person,
    Recipient,
)
from models.database import Session, read_session, table_of
from models.scoring import Assessment, Run
from models.vocabulary import day_in_london
from risk.runs import is_finished_run
from text.english import format_day

MESSAGE, RECIPIENT, NOT_NOTIFIED = table_of(Message).c, table_of(Recipient).c, table_of(NotNotified).c
CLOCK_DELIVERY = table_of(ClockDelivery).c
SERVICE_NAME = "the service"
RedactedEscalations = Mapping[
    int, VisibleEscalation
]  # by number, the escalations that the reader may not see as a whole

_ENTRY_TEXTS = {
    Reason.BASELINE: "opened at {level}, at the regime's first scoring",
    Reason.OPENED: "opened at {level}",
    Reason.RAISED: "raised to {level}",
    Reason.LOWERED: "lowered to {level}",
    Reason.RESOLVED: "closed: the level has been none for long enough",
    Reason.ENDED: "closed: the provider is no longer covered",
    Reason.REOPENED: "reopened at {level}",
    Reason.ADDED: "has a new adverse finding at {level}",
    Reason.CLOSED: "closed by a person",
}


# The columns that ``describe_message`` reads.
MESSAGE_COLUMNS = (
    MESSAGE.id.label("message"),
    MESSAGE.status,
    MESSAGE.channel,
    MESSAGE.finished_at,
    MESSAGE.last_error,
)


class TimelineEvent(NamedTuple):
    """One event."""

    on: date
    at: datetime
    kind: str  # assessed, escalation, told, not told, clock, casework
    who: str
    words: str
    text: str = ""  # in a person's own words
    regime: str = ""


class Timeline(NamedTuple):
    """A provider and its events, oldest first."""

    provider: str
    name: str
    events: list[TimelineEvent]


def read_timeline(engine: Engine, viewer: Viewer, provider: str, *, regime: str | None = None) -> Timeline:
    """Everything about a provider's escalations and casework that the viewer may see, oldest first.

    Args:
        engine: the database.
        viewer: the reader. Events that rest on restricted findings or records are left out, and so are actions and
            messages, unless the reader may see those (``Viewer``).
        provider: its identifier.
        regime: only events under this regime, and casework under none.
    """
    with read_session(engine) as session:
        number = session.scalar(select(SUBJECT.id).where(SUBJECT.key == provider))
        name = session.scalar(
            select(ASSESSMENT.provider_name)
            .where(ASSESSMENT.provider_id == number)
            .order_by(ASSESSMENT.id.desc())
            .limit(1)
        )
        events: list[TimelineEvent] = []
        if number is not None:
            episodes = [
                row
                for row in session.execute(_select_escalations(number)).all()
                if regime is None or row.regime == regime
            ]
            numbers = [row.id for row in episodes]
            visible = visible_escalations(session, viewer.audiences, numbers)
            opened = {
                row.id: visible[row.id].state.opened_on if row.id in visible else row.opened_on for row in episodes
            }
            regimes = {row.regime: on for row in reversed(episodes) if (on := opened[row.id]) is not None}
            events += _assessment_events(session, viewer.audiences, number, regimes)
            events += entry_events(session, numbers, visible, viewer)
            if viewer.may_read_messages:
                events += _delivery_events(session, numbers, visible)
                events += _not_notified_events(session, numbers, visible)
    cases = [
        record
        for record in reading.list_records(engine, viewer, provider=provider)
        if regime is None or record.first_entry.regime in {None, regime}
    ]
    with read_session(engine) as session:
        name = name or read_names(session, [provider], date.max).get(provider)  # the newest there is
        if viewer.may_read_messages:
            events += _clock_events(session, [record.number for record in cases])
    events += [event for record in cases for event in _casework_events(record)]
    return Timeline(provider, name or provider, sorted(events, key=lambda event: (event.on, event.at)))


def _select_escalations(provider: int) -> Any:
    e = ESCALATION
    return select(e.id, e.regime, e.opened_on).where(e.provider_id == provider).order_by(e.id)


def _assessment_events(
    session: Session, audiences: ReaderAudiences, provider: int, regimes: dict[str, date]
) -> Iterator[TimelineEvent]:
    """An event for each change of the assessment, from the first episode on."""
    a = ASSESSMENT
    rows = session.execute(
        select(RUN.day, RUN.now_at, RUN.id, a.regime, a.level, a.rating, a.stage)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == a.run_id)
        .where(a.provider_id == provider, *is_finished_run(), a.regime.in_(regimes))
        .order_by(a.regime, RUN.day, RUN.id)
    )
    partial = redacted_assessments(session, audiences, a.provider_id == provider)
    before: dict[str, str] = {}
    for row in rows:
        assessment = partial.get((row.id, provider, row.regime), row)
        if before.get(row.regime) != assessment.level and row.day >= regimes[row.regime]:
            was = f"{before[row.regime]} to {assessment.level}" if row.regime in before else assessment.level
            rating = f", rated {assessment.rating}" if assessment.rating else ""
            yield TimelineEvent(row.day, row.now_at, "assessed", SERVICE_NAME, f"{was}{rating}", regime=row.regime)
        before[row.regime] = str(assessment.level)


def entry_events(
    session: Session, numbers: Sequence[int], redacted_escalations: RedactedEscalations, viewer: Viewer
) -> Iterator[TimelineEvent]:
    """The entries of escalations as events, oldest first; actions of people only for readers who may see them.

    Args:
        session: the transaction.
        numbers: of the escalations.
        redacted_escalations: the result of ``visible_escalations`` for the reader.
        viewer: the reader.
    """
    author, owner = table_of(Person).alias("author"), table_of(Person).alias("owner")
    rows = session.execute(
        select(
            table_of(EscalationEntry),
            ESCALATION.regime,
            author.c.key.label("by"),
            owner.c.key.label("of"),
        )
        .join_from(table_of(EscalationEntry), table_of(Escalation), ESCALATION.id == ENTRY.escalation_id)
        .outerjoin(author, author.c.id == ENTRY.author_id)
        .outerjoin(owner, owner.c.id == ENTRY.owner_id)
        .where(ENTRY.escalation_id.in_(numbers))
        .order_by(ENTRY.id)
    )
    for row in rows:
        if (
            row.escalation_id in redacted_escalations
            and row.id not in redacted_escalations[row.escalation_id].entry_ids
        ):
            continue
        if row.author_id is not None and not viewer.may_read_actions:
            continue
        words = f"escalation {row.escalation_id} {_describe_entry(row, redacted_escalations.get(row.escalation_id))}"
        yield TimelineEvent(
            row.about_on, row.entered_at, "escalation", row.by or SERVICE_NAME, words, row.reason, row.regime
        )


def _describe_entry(row: Any, escalation: VisibleEscalation | None) -> str:
    until = f" until {format_day(row.until_on)}" if row.until_on else ""
    if row.kind == EntryKind.ACKNOWLEDGED:
        return f"acknowledged at {row.level}: {row.of} is responsible{until}; next step: {row.next_step}"
    if row.kind == EntryKind.SILENCED:
        return f"silenced at {row.level}{until}"
    if row.kind == EntryKind.UNSILENCED:
        return "silence ended"
    if escalation is None:
        causes = stored_causes(row.causes, row.version_before, row.version_after)
    else:
        causes = notified_causes(escalation.caused_changes, Reason(row.kind), row.change)
    because = causes.because_clause(row.regime)
    return _ENTRY_TEXTS[Reason(row.kind)].format(level=row.level) + (f", because {because}" if because else "")


def _delivery_events(
    session: Session, numbers: Sequence[int], redacted_escalations: RedactedEscalations
) -> Iterator[TimelineEvent]:
    d, m = DELIVERY, MESSAGE
    rows = session.execute(
        select(
            d.escalation_id,
            d.change,
            d.reason,
            d.level,
            d.part,
            ESCALATION.regime,
            RUN.day,
            RUN.now_at,
            RECIPIENT.title,
            *MESSAGE_COLUMNS,
        )
        .join_from(table_of(Delivery), table_of(Escalation), ESCALATION.id == d.escalation_id)
        .join(table_of(Run), RUN.id == d.run_id)
        .join(table_of(Recipient), RECIPIENT.id == d.recipient_id)
        .outerjoin(table_of(Message), m.id == d.message_id)
        .where(d.escalation_id.in_(numbers))
        .order_by(d.id)
    )
    caused = read_caused_changes(session, numbers) | {
        number: escalation.caused_changes for number, escalation in redacted_escalations.items()
    }
    for row in visible_rows(rows, redacted_escalations):
        alone = "" if row.part == SUMMARY else ", in a message of its own"
        moved = notified_causes(caused.get(row.escalation_id, ()), Reason(row.reason), row.change).change_label
        news = f"{row.reason.replace('_', ' ')}, {row.level}{alone}" + (f", as a {moved}" if moved else "")
        words = f"{row.title}: {news}, {describe_message(row)}"
        yield TimelineEvent(row.day, row.now_at, "told", SERVICE_NAME, words, regime=row.regime)


def describe_message(row: Any) -> str:
    """The status of the message with the news."""
    if row.message is None:
        return "kept for the next digest"
    when = f" {row.finished_at:%Y-%m-%d %H:%M}" if row.finished_at is not None else ""
    error = f" ({row.last_error})" if row.last_error and row.status != "accepted" else ""
    return f"M-{row.message} by {row.channel} {row.status}{when}{error}"


def _not_notified_events(
    session: Session, numbers: Sequence[int], redacted_escalations: RedactedEscalations
) -> Iterator[TimelineEvent]:
    q = NOT_NOTIFIED
    rows = session.execute(
        select(q.escalation_id, q.change, q.reason, q.until_on, ESCALATION.regime, RUN.day, RUN.now_at, RECIPIENT.title)
        .join_from(table_of(NotNotified), table_of(Escalation), ESCALATION.id == q.escalation_id)
        .join(table_of(Run), RUN.id == q.run_id)
        .outerjoin(table_of(Recipient), RECIPIENT.id == q.recipient_id)
        .where(q.escalation_id.in_(numbers))
        .order_by(q.id)
    )
    for row in visible_rows(rows, redacted_escalations):
        until = f" until {format_day(row.until_on)}" if row.until_on else ""
        words = f"{row.title or 'everybody'}: {row.reason.replace('_', ' ')}{until}"
        yield TimelineEvent(row.day, row.now_at, "not told", SERVICE_NAME, words, regime=row.regime)


def _clock_events(session: Session, records: Collection[int]) -> Iterator[TimelineEvent]:
    c, m = CLOCK_DELIVERY, MESSAGE
    rows = session.execute(
        select(
            c.what,
            c.record_id,
            c.due_on,
            RUN.day,
            RUN.now_at,
            RECIPIENT.title,
            *MESSAGE_COLUMNS,
        )
        .join_from(table_of(ClockDelivery), table_of(Run), RUN.id == c.run_id)
        .join(table_of(Recipient), RECIPIENT.id == c.recipient_id)
        .outerjoin(table_of(Message), m.id == c.message_id)
        .where(c.record_id.in_(list(records)))
        .order_by(c.id)
    )
    for row in rows:
        what = "is overdue" if row.what == "lapsed" else "will be late at its pace"
        words = f"{row.title}: record {row.record_id}, due {format_day(row.due_on)}, {what}, {describe_message(row)}"
        yield TimelineEvent(row.day, row.now_at, "clock", SERVICE_NAME, words)


def _casework_events(record: reading.Record) -> Iterable[TimelineEvent]:
    before = None
    for entry in record.entries:
        due = f", due {format_day(entry.due_on)}" if entry.due_on else ""
        state = entry.state if before in {None, entry.state} else f"{before} to {entry.state}"
        words = f"{entry.kind} {record.number}, {entry.summary}: {state}{due}"
        yield TimelineEvent(
            day_in_london(entry.entered_at),
            entry.entered_at,
            "casework",
            entry.author,
            words,
            entry.rationale,
            entry.regime or "",
        )
        before = entry.state
