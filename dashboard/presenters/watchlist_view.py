"""The watchlist made ready to be read: rows of the table, filters, counts, the export, what happened next. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import urlencode

from alerts.escalation.change_causes import Causes, ChangeCause
from alerts.message.provider_lines import main_findings
from dashboard.presenters.value_text import (
    LEVEL_BADGES,
    PRINCIPLE_GROUPS,
    UNSCORABLE_BADGES,
    format_percent,
    level_badge,
    principle_badge,
    principle_title,
    short_title,
)
from indicators.identity import fold_name
from models.findings import Finding
from models.vocabulary import Grounds, Level, Principle
from queries.watchlist import Watchlist, WatchlistRow
from risk.grounds import grounds_of
from text.english import format_day, format_span

PAGE_ROWS = 50
_Item = TypeVar("_Item")
MAX_REASONS = 2  # findings beside a provider's name; the rest is one click away
EXPORT_COLUMNS = (
    "day",
    "scored_on",
    "id",
    "name",
    "regime",
    "level",
    "changed_from",
    "causes",
    "rating",
    "is_official",
    "stage",
    "probability",
    "probability_reason",
    *(str(principle) for principle in Principle),
    *(f"{principle}_because" for principle in Principle),
)

_OUTCOMES = {
    "outcome_failed": "failed",
    "outcome_left": "left the service",
    "outcome_merged": "merged",
    "outcome_survived": "came through",
}


class WatchlistFilter(NamedTuple):
    """What the reader wants to see of a day."""

    regime: str | None = None
    commissioner: str | None = None
    levels: frozenset[str] = frozenset()  # none: all
    text: str = ""
    only_changed: bool = False


NO_FILTER = WatchlistFilter()


def filter_rows(rows: Iterable[WatchlistRow], choice: WatchlistFilter) -> list[WatchlistRow]:
    """The providers of the chosen levels, names and changes, in the same order."""
    name, text = fold_name(choice.text), choice.text.strip().casefold()
    return [
        row
        for row in rows
        if (not choice.levels or row.level in choice.levels)
        and (not choice.only_changed or row.changed_from != row.level)
        and (not text or (name and name in fold_name(row.name)) or text in row.id.casefold())
    ]


def rows_on_page(rows: Sequence[_Item], page: int, size: int = PAGE_ROWS) -> Sequence[_Item]:
    """The rows of a page of a list; the first page is 1."""
    return rows[(page - 1) * size : page * size]


def count_levels(rows: Iterable[WatchlistRow]) -> dict[str, int]:
    """How many providers of each level, worst first, levels with none included."""
    found = dict.fromkeys((str(level) for level in LEVEL_BADGES), 0)
    for row in rows:
        found[row.level] += 1
    return found


def describe_level_counts(levels: Mapping[str, int]) -> str:
    """``1 critical, 3 watch and 12 none``; levels with none are left out."""
    parts = [f"{number:,} {level_badge(level).word.lower()}" for level, number in levels.items() if number]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else "no providers"


def table_view(
    listed: Watchlist,
    rows: Sequence[WatchlistRow],
    findings: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]],
    titles: Mapping[str, str],
) -> dict[str, Any]:
    """One page of the table: its rows, and the reasons why there is no probability, each said once."""
    reasons: dict[str, int] = {}
    shown = [_table_row(listed, row, findings.get((row.id, row.regime), ()), titles, reasons) for row in rows]
    return {
        "caption": f"Providers on {format_day(listed.day)}, worst first",
        "groups": [
            {"title": group, "principles": [(short_title(one), principle_title(one)) for one in principles]}
            for group, principles in PRINCIPLE_GROUPS.items()
        ],
        "rows": shown,
        "reasons": [{"number": number, "text": reason} for reason, number in reasons.items()],
        "unscorable": [
            reason
            for key, reason in UNSCORABLE_BADGES.items()
            if any(key in row.unscorable_because.values() for row in rows)
        ],
        "has_recalled": any(reason["is_recalled"] for one in shown for reason in one["why"]),
    }


def _table_row(
    listed: Watchlist,
    row: WatchlistRow,
    findings: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str],
    reasons: dict[str, int],
) -> dict[str, Any]:
    reason = row.probability_reason
    if row.probability is None:
        reason = f"no probability: {reason or 'no reason is on record'}"
    note = reasons.setdefault(reason, len(reasons) + 1) if reason else None
    return {
        "id": row.id,
        "name": row.name,
        "address": provider_address(row.id, listed.day),
        "level": level_badge(row.level),
        "change": level_change(row, listed.compared_with),
        "regime": titles.get(row.regime, row.regime),
        "rating": row.rating,
        "is_official": row.is_official,
        "others": [
            f"{titles.get(key, key)}: {level_badge(level).word.lower()}" for key, level in row.other_regimes.items()
        ],
        "why": main_reasons(row.level, findings),
        "probability": None if row.probability is None else format_percent(row.probability),
        "note": note,
        "strip": [
            {
                "title": principle_title(principle),
                "short": short_title(principle),
                "level": principle_badge(row.principles[principle], row.unscorable_because.get(principle)),
            }
            for principles in PRINCIPLE_GROUPS.values()
            for principle in principles
        ],
    }


def provider_address(provider: str, day: date) -> str:
    """The link to one provider on a day, relative to any page of the dashboard."""
    return f"provider?{urlencode({'id': provider, 'day': day.isoformat()})}"


def level_change(row: WatchlistRow, compared_with: date | None) -> dict[str, str] | None:
    """What became of the level since the scored day before: a sign and words; None where there is nothing to say."""
    if compared_with is None or row.changed_from == row.level:
        return None
    if row.changed_from is None:
        return {"sign": "+", "text": "new here", "kind": "new", "because": ""}
    was, now = Level(row.changed_from), Level(row.level)
    causes = Causes(frozenset(map(ChangeCause, row.causes)))
    if causes.is_rule_alone:
        return {"sign": "↔", "text": f"was {was}: {causes.change_label}", "kind": "rule", "because": row.because}
    said = f"was {was}: {causes.cause_labels}" if causes.causes else f"was {was}"
    if Level.UNSCORABLE in {was, now} or was.rank == now.rank:
        return {"sign": "↔", "text": said, "kind": "other", "because": row.because}
    is_worse = now.rank > was.rank
    kind = "worse" if is_worse else "better"
    return {"sign": "▲" if is_worse else "▼", "text": said, "kind": kind, "because": row.because}


def main_reasons(level: str, findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The findings behind a level, or for ``unscorable`` what is missing or too old."""
    if level == Level.UNSCORABLE:
        on_money = (one for one in findings if one["principle"] == Principle.ACCOUNTABILITY)
        found = [one for one in on_money if grounds_of(cast("Finding", one), {}) > Grounds.JUDGED]
    else:
        found = list(main_findings(cast("Sequence[Finding]", findings)))
    different = {tuple(one["seqs"]) or one["rule"]: one for one in reversed(found)}  # two rules on one fact say it once
    shown = [one for one in found if one in different.values()]
    return [{"title": one["title"], "is_recalled": one["is_recalled"]} for one in shown[:MAX_REASONS]]


def describe_changes(listed: Watchlist, ended_count: int) -> str:
    """What changed since the scored day before, in a sentence; ``ended_count`` are no longer covered."""
    if listed.compared_with is None:
        return "It is the first scored day."
    kinds = Counter(one["kind"] for row in listed.providers if (one := level_change(row, listed.compared_with)))
    said = [f"{kinds[kind]:,} {words}" for kind, words in _CHANGE_WORDS.items() if kinds[kind]]
    said += [f"{ended_count:,} no longer covered"] if ended_count else []
    return f"Since {format_day(listed.compared_with)}: {', '.join(said) or 'no level changed'}."


_CHANGE_WORDS = {
    "worse": "worse",
    "better": "better",
    "other": "moved to or from unscorable",
    "rule": "moved by a rule or model change",
    "new": "new here",
}


def source_notes(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is true of a whole register at once, ready to be said once."""
    return [{"level": level_badge(one["level"]), "title": one["title"]} for one in findings]


def export_rows(listed: Watchlist, rows: Iterable[WatchlistRow]) -> list[dict[str, Any]]:
    """The rows of the file that people take away, with the columns of ``EXPORT_COLUMNS``."""
    return [
        {
            "day": listed.day.isoformat(),
            "scored_on": listed.scored_on.isoformat(),
            **{key: getattr(row, key) for key in EXPORT_COLUMNS if hasattr(row, key)},
            "causes": ", ".join(row.causes),
            **row.principles,
            **{f"{principle}_because": because for principle, because in row.unscorable_because.items()},
        }
        for row in rows
    ]


def later_outcomes(
    listed: Watchlist,
    rows: Sequence[WatchlistRow],
    levels: Mapping[str, Sequence[Mapping[str, Any]]],
    facts: Sequence[Mapping[str, Any]],
    later_days: Sequence[date],
) -> list[dict[str, Any]]:
    """What nobody could know on the day, provider by provider: how it ended, how bad it got, what was kept quiet.

    Those that ended come first, by the day they did, then those of which something else is known.

    Args:
        listed: the day.
        rows: the providers to tell about.
        levels: by identifier, the level on each later scored day that covers it.
        facts: events that became known later.
        later_days: every later scored day.
    """
    by_provider: dict[str, list[Mapping[str, Any]]] = {}
    for fact in facts:
        by_provider.setdefault(fact["subject"], []).append(fact)
    told = [
        _provider_outcome(listed.day, row, levels.get(row.id, ()), by_provider.get(row.id, ()), later_days)
        for row in rows
    ]
    return sorted((one for one in told if one["is_told"]), key=lambda one: one["order"])


def _provider_outcome(
    day: date,
    row: WatchlistRow,
    levels: Sequence[Mapping[str, Any]],
    facts: Sequence[Mapping[str, Any]],
    later_days: Sequence[date],
) -> dict[str, Any]:
    outcome = next((fact for fact in facts if fact["indicator"] in _OUTCOMES), None)
    worst = max(levels, key=lambda one: (Level(one["level"]).rank, -one["day"].toordinal()), default=None)
    if worst is not None and Level(worst["level"]).rank <= Level(row.level).rank:
        worst = None
    covered_until = levels[-1]["day"] if levels else day
    gone = next((one for one in later_days if one > covered_until), None) if outcome is None else None
    quiet = [fact for fact in facts if (fact["period_end"] or fact["known_on"]) <= day.isoformat()]
    ended = outcome is not None and outcome["indicator"] != "outcome_survived"
    return {
        "is_told": bool(outcome or worst or gone or quiet),
        "order": (not (ended or gone), outcome["known_on"] if outcome else gone.isoformat() if gone else "9", row.name),
        "id": row.id,
        "name": row.name,
        "outcome": outcome
        and {
            "word": _OUTCOMES[outcome["indicator"]],
            "is_bad": outcome["indicator"] == "outcome_failed",
            **_fact_view(day, outcome),
        },
        "gone": gone and {"day": format_day(gone), "later": format_span((gone - day).days)},
        "worst": worst
        and {
            "level": level_badge(worst["level"]),
            "day": format_day(worst["day"]),
            "later": format_span((worst["day"] - day).days),
        },
        "kept_quiet": [
            {"title": fact["title"], "happened": format_day(fact["period_end"]), **_fact_view(day, fact)}
            for fact in quiet
        ],
    }


def _fact_view(day: date, fact: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "text": fact["verbatim"] or "",
        "day": format_day(fact["known_on"]),
        "later": format_span((date.fromisoformat(fact["known_on"]) - day).days),
        "is_recalled": fact["is_recalled"],
    }
