"""One provider's casework as pages show it: stages, overrides, escalations, records. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from casework.clocks import RunningClock, milestone_pace
from casework.reading import Record, describe_entry_changes
from casework.stages import StageComparison
from dashboard.presenters.addresses import casework_address
from queries.casework import VisibleEpisode
from queries.value_text import LevelBadge, level_badge
from regimes.schema import Regime
from text.english import format_day, format_days_ago, format_span

SOON_DAYS = 14  # days


@dataclass(frozen=True)
class HistoryEntry:
    """One entry of a record or an escalation."""

    on: str
    about: str  # the day the entry refers to; empty where that is the day of the entry
    author: str
    news: str
    text: str  # the author's own words


@dataclass(frozen=True)
class RecordRow:
    """A record with its history."""

    number: int
    is_part: bool
    kind: str
    summary: str
    state: str
    is_open: bool
    due: str
    due_label: str  # the meaning of the date, by the kind of record
    left: str  # the time until the date, in words
    is_late: bool
    is_soon: bool
    owner: str
    pace: str  # a milestone's forecast; may be empty
    audience: str
    regime: str
    address: str  # of the form that updates the record; empty for readers who may not write
    history: Sequence[HistoryEntry]


@dataclass(frozen=True)
class RecordList:
    """Records under a title."""

    template: ClassVar[str] = "case_records"
    title: str
    rows: Sequence[RecordRow]
    empty: str  # the sentence in the place of no records


@dataclass(frozen=True)
class StageRow:
    """The recommended and the confirmed stage under one regime; empty texts where there is no stage."""

    regime: str
    recommended: str
    recommended_on: str
    confirmed: str
    confirmed_on: str
    by: str
    record: int | None
    differs: bool


@dataclass(frozen=True)
class StageTable:
    """The stages under all regimes."""

    template: ClassVar[str] = "case_stages"
    rows: Sequence[StageRow]


@dataclass(frozen=True)
class EscalationRow:
    """An escalation with its history."""

    number: int
    level: LevelBadge
    regime: str
    since: str
    ago: str
    closed: str  # day; empty while the escalation is open
    acknowledgement: str  # in force
    ended_acknowledgement: str  # the last one, once it is no longer in force
    silenced: str  # the last day of the silence in force
    history: Sequence[HistoryEntry]


@dataclass(frozen=True)
class EscalationList:
    """The escalations of a provider."""

    template: ClassVar[str] = "case_escalations"
    rows: Sequence[EscalationRow]
    may_read_actions: bool


@dataclass(frozen=True)
class OverviewRow:
    """A provider with open records."""

    id: str
    name: str
    address: str
    open: int
    overdue: int
    next: str  # the next date and its record; may be empty


@dataclass(frozen=True)
class CaseworkOverview:
    """All providers with open records."""

    template: ClassVar[str] = "casework_overview"
    rows: Sequence[OverviewRow]


@dataclass(frozen=True)
class EntryHeading:
    """The heading above the forms."""

    template: ClassVar[str] = "entry_heading"


@dataclass(frozen=True)
class FormMessages:
    """The result of a form, one sentence a paragraph."""

    template: ClassVar[str] = "form_messages"
    sentences: Sequence[str]
    is_wrong: bool


def time_left(due_on: date, day: date) -> str:
    """The time until a date, in words."""
    days = (due_on - day).days
    if days < 0:
        return f"was due {format_days_ago(due_on, day)}"
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def order_records(records: Sequence[Record]) -> list[Record]:
    """Records by their dates, records without a date last, each followed by its parts."""
    last = date.max
    by_date = sorted(records, key=lambda record: (record.newest_entry.due_on if record.is_waiting else last) or last)
    numbers = {record.number for record in records}
    ordered = list[Record]()
    for record in by_date:
        if record.first_entry.part_of not in numbers:
            ordered += [record, *(part for part in by_date if part.first_entry.part_of == record.number)]
    return ordered


def record_row(
    record: Record, day: date, titles: Mapping[str, str], persons: Mapping[str, str], *, is_writing: bool = False
) -> RecordRow:
    """A record with its history; ``titles`` of regimes and names of ``persons`` by their keys."""
    newest, forecast = record.newest_entry, milestone_pace(record, day)
    due_on = newest.due_on if record.is_waiting else None
    days = (due_on - day).days if due_on is not None else None
    return RecordRow(
        number=record.number,
        is_part=record.first_entry.part_of is not None,
        kind=newest.kind,
        summary=newest.summary,
        state=record.state,
        is_open=record.is_open,
        due=format_day(due_on),
        due_label=record.kind.due,
        left=time_left(due_on, day) if due_on is not None else "",
        is_late=days is not None and days < 0,
        is_soon=days is not None and 0 <= days <= SOON_DAYS,
        owner=persons.get(newest.owner, newest.owner),
        pace=forecast.summary if forecast else "",
        audience=newest.audience,
        regime=titles.get(newest.regime or "", newest.regime or ""),
        address=casework_address(newest.provider, record.number) if is_writing else "",
        history=record_history(record),
    )


def record_history(record: Record) -> list[HistoryEntry]:
    """The entries of a record, the newest first."""
    entries = record.entries
    return [
        HistoryEntry(
            on=format_day(entry.entered_on),
            about="" if entry.about_on == entry.entered_on else format_day(entry.about_on),
            author=entry.author,
            news=describe_entry_changes(entry, before),
            text=entry.rationale,
        )
        for entry, before in reversed(list(zip(entries, [None, *entries[:-1]], strict=True)))
    ]


def stage_rows(comparisons: Iterable[StageComparison], regimes: Mapping[str, Regime]) -> list[StageRow]:
    """The recommended stage beside the confirmed stage, one row for each regime."""
    rows = []
    for comparison in comparisons:
        regime = regimes.get(comparison.regime)
        titles = {stage.key: stage.title for stage in regime.ladder} if regime is not None else {}
        recommendation, confirmation = comparison.recommendation, comparison.confirmation
        entry = confirmation.newest_entry if confirmation else None
        stage = entry.details["stage"] if entry is not None else ""
        rows.append(
            StageRow(
                regime=regime.title if regime is not None else comparison.regime,
                recommended=titles.get(recommendation.stage, recommendation.stage) if recommendation else "",
                recommended_on=format_day(recommendation.day) if recommendation else "",
                confirmed=titles.get(stage, stage),
                confirmed_on=format_day(entry.about_on) if entry is not None else "",
                by=entry.author if entry is not None else "",
                record=confirmation.number if confirmation else None,
                differs=comparison.is_unconfirmed,
            )
        )
    return rows


def escalation_row(episode: VisibleEpisode, day: date, titles: Mapping[str, str]) -> EscalationRow:
    """An escalation with its history; ``titles`` of regimes by their keys."""
    since = episode.opened_on
    return EscalationRow(
        number=episode.number,
        level=level_badge(episode.level),
        regime=titles.get(episode.regime, episode.regime),
        since=format_day(since),
        ago=f"{format_span((day - since).days)} ago" if since < day else "today",
        closed=format_day(episode.closed_on),
        acknowledgement=episode.acknowledgement,
        ended_acknowledgement=episode.ended_acknowledgement,
        silenced=format_day(episode.silenced_until),
        history=[
            HistoryEntry(
                on=format_day(event.on),
                about="",
                author=event.who,
                news=event.words.removeprefix(f"escalation {episode.number} "),
                text=event.text,
            )
            for event in reversed(episode.history)
        ],
    )


def overview_rows(records: Iterable[Record], day: date, names: Mapping[str, str]) -> list[OverviewRow]:
    """A row for each provider with open records; the provider with most overdue records first."""
    by_provider = dict[str, list[Record]]()
    for record in records:
        if record.is_open:
            by_provider.setdefault(record.first_entry.provider, []).append(record)
    rows = []
    for provider, open_records in by_provider.items():
        clocks = [
            RunningClock(record, record.newest_entry.due_on)
            for record in open_records
            if record.is_waiting and record.newest_entry.due_on
        ]
        ahead = sorted((clock for clock in clocks if not clock.is_overdue(day)), key=lambda clock: clock.due_on)
        rows.append(
            OverviewRow(
                id=provider,
                name=names.get(provider, provider),
                address=casework_address(provider),
                open=len(open_records),
                overdue=len(clocks) - len(ahead),
                next=f"{format_day(ahead[0].due_on)}: {ahead[0].record.newest_entry.summary}" if ahead else "",
            )
        )
    return sorted(rows, key=lambda row: (-row.overdue, row.name))
