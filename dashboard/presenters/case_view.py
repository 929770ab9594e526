"""What the casework of one provider shows: stages, overrides, escalations, records, as rows of what was read. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from casework.clocks import RunningClock, milestone_pace
from casework.reading import Record, describe_entry_changes
from casework.stages import StageComparison
from dashboard.presenters.value_text import level_badge
from queries.casework import VisibleEpisode
from queries.casework_on_day import CaseworkOnDay, override_row
from regimes.schema import Regime
from text.english import format_day, format_days_ago, format_span

SOON_DAYS = 14  # days


def casework_address(provider: str, record: int | None = None, *, escalation: int | None = None) -> str:
    """Where the casework of a provider is, with a record or an escalation to enter something about."""
    asked: dict[str, object] = {"id": provider}
    if record is not None:
        asked["record"] = record
    if escalation is not None:
        asked |= {"do": "escalation", "escalation": escalation}
    return f"./casework?{urlencode(asked)}"


def page_links(provider: str, *, here: str = "casework") -> list[dict[str, str]]:
    """The other pages about a provider than the one somebody is on."""
    asked = urlencode({"id": provider})
    pages = {
        "provider": (f"./provider?{asked}", "Its figures and findings"),
        "casework": (casework_address(provider), "Its casework"),
        "timeline": (f"./timeline?{asked}", "Its timeline"),
        "due": (f"./due?{urlencode({'provider': provider})}", "What is due"),
    }
    return [{"address": address, "text": text} for page, (address, text) in pages.items() if page != here]


def time_left(due_on: date, day: date) -> str:
    """How long there is until a date, in words."""
    days = (due_on - day).days
    if days < 0:
        return f"lapsed {format_days_ago(due_on, day)}"
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def order_records(records: Sequence[Record]) -> list[Record]:
    """Records by their dates, those without one last, each with its parts behind it."""
    last = date.max
    by_date = sorted(records, key=lambda one: (one.newest_entry.due_on if one.is_waiting else last) or last)
    there = {one.number for one in records}
    ordered = list[Record]()
    for one in by_date:
        if one.first_entry.part_of not in there:
            ordered += [one, *(part for part in by_date if part.first_entry.part_of == one.number)]
    return ordered


def record_row(
    record: Record, day: date, titles: Mapping[str, str], persons: Mapping[str, str], *, is_writing: bool = False
) -> dict[str, Any]:
    """A record as it stands, with its history; titles of regimes and names of persons by their keys."""
    newest, forecast = record.newest_entry, milestone_pace(record, day)
    due_on = newest.due_on if record.is_waiting else None
    days = (due_on - day).days if due_on is not None else None
    return {
        "number": record.number,
        "is_part": record.first_entry.part_of is not None,
        "kind": newest.kind,
        "words": newest.summary,
        "state": record.state,
        "is_open": record.is_open,
        "due": format_day(due_on),
        "due_means": record.kind.due,
        "left": time_left(due_on, day) if due_on is not None else "",
        "is_late": days is not None and days < 0,
        "is_soon": days is not None and 0 <= days <= SOON_DAYS,
        "owner": persons.get(newest.owner, newest.owner),
        "pace": forecast.summary if forecast else "",
        "audience": newest.audience,
        "regime": titles.get(newest.regime or "", newest.regime or ""),
        "address": casework_address(newest.provider, record.number) if is_writing else "",
        "history": history_rows(record),
    }


def history_rows(record: Record) -> list[dict[str, str]]:
    """The entries of a record, the newest first."""
    entries = record.entries
    return [
        {
            "on": format_day(entry.entered_on),
            "about": "" if entry.about_on == entry.entered_on else format_day(entry.about_on),
            "author": entry.author,
            "news": describe_entry_changes(entry, before),
            "text": entry.rationale,
        }
        for entry, before in reversed(list(zip(entries, [None, *entries[:-1]], strict=True)))
    ]


def stage_rows(comparisons: Iterable[StageComparison], regimes: Mapping[str, Regime]) -> list[dict[str, Any]]:
    """The stage recommended beside the stage confirmed, one row for each regime."""
    rows = []
    for one in comparisons:
        regime = regimes.get(one.regime)
        titles = {stage.key: stage.title for stage in regime.ladder} if regime is not None else {}
        wanted, has = one.recommendation, one.confirmation.newest_entry if one.confirmation else None
        stage = has.details["stage"] if has is not None else ""
        rows.append(
            {
                "regime": regime.title if regime is not None else one.regime,
                "recommended": titles.get(wanted.stage, wanted.stage) if wanted else "",
                "recommended_on": format_day(wanted.day) if wanted else "",
                "confirmed": titles.get(stage, stage),
                "confirmed_on": format_day(has.about_on) if has is not None else "",
                "by": has.author if has is not None else "",
                "record": one.confirmation.number if one.confirmation else None,
                "differs": one.is_unconfirmed,
            }
        )
    return rows


def episode_row(episode: VisibleEpisode, day: date, titles: Mapping[str, str]) -> dict[str, Any]:
    """An escalation as it stands, with its history."""
    since = episode.opened_on
    return {
        "number": episode.number,
        "level": level_badge(episode.level),
        "regime": titles.get(episode.regime, episode.regime),
        "since": format_day(since),
        "ago": f"{format_span((day - since).days)} ago" if since < day else "today",
        "closed": format_day(episode.closed_on) if episode.closed_on else "",
        "in_hand": episode.acknowledgement,
        "was_in_hand": episode.ended_acknowledgement,
        "silenced": format_day(episode.silenced_until) if episode.silenced_until else "",
        "history": [
            {
                "on": format_day(moment.on),
                "about": "",
                "author": moment.who,
                "news": moment.words.removeprefix(f"escalation {episode.number} "),
                "text": moment.text,
            }
            for moment in reversed(episode.history)
        ],
    }


def overview_rows(records: Iterable[Record], day: date, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row for each provider with open records: how many, how many lapsed, what is due next; the most urgent first."""
    by_provider = dict[str, list[Record]]()
    for record in records:
        if record.is_open:
            by_provider.setdefault(record.first_entry.provider, []).append(record)
    rows = []
    for key, open_ones in by_provider.items():
        clocks = [
            RunningClock(one, one.newest_entry.due_on)
            for one in open_ones
            if one.is_waiting and one.newest_entry.due_on
        ]
        ahead = sorted((one for one in clocks if not one.is_overdue(day)), key=lambda one: one.due_on)
        rows.append(
            {
                "id": key,
                "name": names.get(key, key),
                "address": casework_address(key),
                "open": len(open_ones),
                "lapsed": len(clocks) - len(ahead),
                "next": f"{format_day(ahead[0].due_on)}: {ahead[0].record.newest_entry.summary}" if ahead else "",
            }
        )
    return sorted(rows, key=lambda row: (-row["lapsed"], row["name"]))


def casework_summary(
    casework: CaseworkOnDay, stages: Mapping[str, str], files: Mapping[str, Mapping[str, Any]], day: date
) -> dict[str, Any]:
    """The section about casework of a provider's page.

    Args:
        casework: how it stood on the day.
        stages: regime to the stage its assessment of the day recommends.
        files: the regimes' files as they were used, by key.
        day: the one shown.
    """
    titles = {key: file.get("title", key) for key, file in files.items()}
    rows = []
    for regime in sorted({*(key for key, stage in stages.items() if stage), *casework.confirmed_stages}):
        named = {stage["key"]: stage["title"] for stage in files.get(regime, {}).get("ladder", ())}
        wanted, confirmed = stages.get(regime, ""), casework.confirmed_stages.get(regime)
        stage = confirmed["stage"] if confirmed else ""
        rows.append(
            {
                "regime": titles.get(regime, regime),
                "recommended": named.get(wanted, wanted),
                "recommended_on": "",
                "confirmed": named.get(stage, stage),
                "confirmed_on": format_day(confirmed["on"]) if confirmed else "",
                "by": confirmed["by"] if confirmed else "",
                "record": confirmed["record"] if confirmed else None,
                "differs": bool(wanted) and wanted != stage,
            }
        )
    plan = casework.plan
    following = min(
        (one for one in casework.milestones if one.newest_entry.due_on),
        key=lambda one: str(one.newest_entry.due_on),
        default=None,
    )
    return {
        "stages_": rows,
        "in_force": [_format_override(override_row(one), titles) for one in casework.overrides_in_force],
        "ran_out": [_format_override(override_row(one), titles) for one in casework.expired_overrides],
        "plan": plan
        and {
            "number": plan.number,
            "words": plan.newest_entry.summary,
            "state": plan.state,
            "due": format_day(plan.newest_entry.due_on),
            "left": time_left(plan.newest_entry.due_on, day) if plan.newest_entry.due_on and plan.is_waiting else "",
        },
        "milestone": following and record_row(following, day, titles, {}),
        "open": len(casework.open_records),
    }


def _format_override(row: dict[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        **row,
        "regime": titles.get(row["regime"], row["regime"]),
        "since": format_day(row["since"]),
        "until": format_day(row["until"]),
    }
