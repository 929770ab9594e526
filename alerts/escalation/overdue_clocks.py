"""Decides who is notified about overdue clocks and late milestones, by the policy's steps, until somebody acts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from access.viewer import UNRESTRICTED_VIEWER
from alerts.escalation.state_changes import ASSESSMENT, SUBJECT
from alerts.policy import OWNER, Policy
from alerts.recipients import RecipientScope
from casework import reading
from casework.clocks import RunningClock, find_overdue_clocks, milestone_pace
from indicators.names import read_names
from models import bulk
from models.database import Session, table_of
from models.scoring import Assessment, Run
from models.subjects import Subject
from models.vocabulary import LONDON, View
from text.english import format_day, format_days_ago
from text.markdown import escape_markdown, shorten_text

CLOCK_OVERDUE, MILESTONE_LATE = "lapsed", "pace"
MAX_RECORD_TEXT = 200  # characters of a record's words


def clock_delivery_rows(
    session: Session, run: Run, policy: Policy, scope: RecipientScope, numbers: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The rows of deliveries about clocks that are due on the run's day, including those of earlier runs.

    Args:
        session: the transaction.
        run: the run whose messages are written.
        policy: its steps for overdue clocks, and its recipients of late milestones.
        scope: which providers concern whom.
        numbers: the number of each recipient.
    """
    if run.view != View.FULL or not (policy.lapsed or policy.pace):
        return []
    records = _read_records(session, run.day)
    late = [
        (record, forecast) for record in records if (forecast := milestone_pace(record, run.day)) and forecast.days_late
    ]
    over = find_overdue_clocks(records, run.day)
    if not over and not late:
        return []
    names = _read_provider_names(
        session, run, {clock.provider for clock in over} | {record.first_entry.provider for record, _ in late}
    )
    rows = []
    for clock in over:
        for step, recipient in _due_steps(clock, policy, run.day):
            if _may_notify(clock, recipient, policy, scope, names):
                words = _format_overdue_clock(clock, run.day, names)
                rows.append(
                    _clock_delivery_row(
                        clock, run, what=CLOCK_OVERDUE, step=step, recipient=numbers[recipient], words=words
                    )
                )
    for record, forecast in late:
        clock = RunningClock(record, record.newest_entry.due_on or run.day)
        if clock.is_overdue(run.day):
            continue
        for recipient in _resolve_recipients(policy.pace, clock, policy):
            if _may_notify(clock, recipient, policy, scope, names):
                pace = f"{forecast.summary}, {forecast.percent_done} % done"
                words = f"{_format_clock(clock, names)}, due {format_day(clock.due_on)}: {pace}"
                rows.append(
                    _clock_delivery_row(
                        clock, run, what=MILESTONE_LATE, step=0, recipient=numbers[recipient], words=words
                    )
                )
    return rows


def _read_records(session: Session, day: date) -> list[reading.Record]:
    """All records as of the end of the day, whatever their audience."""
    end = datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)
    return list(reading.read_records(session, UNRESTRICTED_VIEWER, entered_before=end))


def _due_steps(clock: RunningClock, policy: Policy, day: date) -> Iterator[tuple[int, str]]:
    """The number and the recipients of each step that is due; delays count from the day after the clock's date."""
    overdue_from = clock.due_on + timedelta(days=1)
    for number, step in enumerate(policy.lapsed, 1):
        if step.after.day_after(overdue_from) <= day:
            for recipient in _resolve_recipients(step.to, clock, policy):
                yield number, recipient


def _resolve_recipients(names: Sequence[str], clock: RunningClock, policy: Policy) -> list[str]:
    """The recipients that names in the policy stand for; ``owner`` is the recipient whose person owns the clock."""
    recipients: dict[str, None] = {}
    for name in names:
        owners = [key for key, to in policy.recipients.items() if to.person == clock.owner]
        recipients.update(dict.fromkeys(owners if name == OWNER else policy.recipients_named(name)))
    return list(recipients)


def _may_notify(
    clock: RunningClock, recipient: str, policy: Policy, scope: RecipientScope, names: "ProviderNames"
) -> bool:
    to = policy.recipients[recipient]
    number, _ = names.get(clock.provider, (0, ""))
    regime = clock.record.first_entry.regime
    concerns = scope.concerns(recipient, number, regime or (to.regimes[0] if to.regimes else ""))
    return concerns and to.may_see(clock.record.first_entry.audience)


ProviderNames = Mapping[str, tuple[int, str]]  # identifier to number and name


def _read_provider_names(session: Session, run: Run, providers: Collection[str]) -> ProviderNames:
    by_key: dict[str, tuple[int, str]] = {}
    for chunk in bulk.split_chunks(sorted(providers)):
        of_run = (ASSESSMENT.provider_id == SUBJECT.id) & (ASSESSMENT.run_id == run.id)
        rows = session.execute(
            select(SUBJECT.key, SUBJECT.id, ASSESSMENT.provider_name)
            .join_from(table_of(Subject), table_of(Assessment), of_run, isouter=True)
            .where(SUBJECT.key.in_(chunk))
        )
        by_key.update({row.key: (row.id, row.provider_name or "") for row in rows})
    names = read_names(session, [key for key, (_, name) in by_key.items() if not name], run.day)  # not assessed
    return by_key | {key: (by_key[key][0], name) for key, name in names.items()}


def _format_overdue_clock(clock: RunningClock, day: date, names: ProviderNames) -> str:
    then = clock.record.newest_entry.details.get("then", "")
    follows = f"; then: {escape_markdown(str(then), MAX_RECORD_TEXT)}" if then else ""
    due = f"was due {format_day(clock.due_on)}, {format_days_ago(clock.due_on, day)}"
    return f"{_format_clock(clock, names)}: {due}{follows}"


def _format_clock(clock: RunningClock, names: ProviderNames) -> str:
    entry, (_, name) = clock.record.newest_entry, names.get(clock.provider, (0, ""))
    provider = (
        f"{escape_markdown(name, MAX_RECORD_TEXT)} ({escape_markdown(clock.provider)})"
        if name
        else escape_markdown(clock.provider)
    )
    what = escape_markdown(shorten_text(entry.summary, MAX_RECORD_TEXT))
    return f"{provider}: {entry.kind} {clock.record.number}, {what}, owner {escape_markdown(clock.owner)}"


def _clock_delivery_row(
    clock: RunningClock, run: Run, *, what: str, step: int, recipient: int, words: str
) -> dict[str, Any]:
    key = (what, clock.record.number, clock.due_on, step, recipient)
    command = f"`continuity case show {clock.record.number}`"
    return {
        "dedupe_key": ":".join(["v1", *map(str, key)]),
        "record_id": clock.record.number,
        "run_id": run.id,
        "recipient_id": recipient,
        "what": what,
        "due_on": clock.due_on,
        "step": step,
        "words": f"{words}. {command}",
    }
