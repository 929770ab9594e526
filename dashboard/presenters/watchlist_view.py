"""The watchlist as its page shows it: rows of the table, filters, counts, the export. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from alerts.escalation.change_causes import Causes, ChangeCause
from alerts.message.provider_lines import main_findings
from dashboard.presenters.addresses import provider_address
from indicators.identity import fold_name
from models.findings import Finding
from models.vocabulary import Grounds, Level, Principle
from queries.level_history import UncoveredProvider
from queries.value_text import (
    LEVEL_BADGES,
    PRINCIPLE_GROUPS,
    UNSCORABLE_BADGES,
    LevelBadge,
    format_percent,
    level_badge,
    principle_badge,
    principle_title,
    short_title,
)
from queries.watchlist import Watchlist, WatchlistRow
from risk.grounds import grounds_of
from text.english import format_day

PAGE_ROWS = 50
_Item = TypeVar("_Item")
MAX_REASONS = 2  # findings beside a provider's name; the provider's page has all of them
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


class WatchlistFilter(NamedTuple):
    """The reader's choice of providers."""

    regime: str | None = None
    commissioner: str | None = None
    levels: frozenset[str] = frozenset()  # none: all
    text: str = ""
    only_changed: bool = False


NO_FILTER = WatchlistFilter()


@dataclass(frozen=True)
class LevelMove:
    """A level's change since the scored day before."""

    sign: str
    text: str
    kind: str  # new, worse, better, other (to or from unscorable) or rule (a rule or model change alone)
    because: str  # the causes in words; may be empty


@dataclass(frozen=True)
class MainReason:
    """A finding behind a provider's level."""

    title: str
    is_recalled: bool


@dataclass(frozen=True)
class PrincipleMark:
    """The level of one principle in the strip of six."""

    title: str
    short: str
    level: LevelBadge


@dataclass(frozen=True)
class WatchlistTableRow:
    """One provider in the table."""

    id: str
    name: str
    address: str
    level: LevelBadge
    change: LevelMove | None
    regime: str  # title
    rating: str
    is_official: bool
    others: Sequence[str]  # its other regimes with their levels
    reasons: Sequence[MainReason]
    probability: str  # empty where the model gives none
    note: int | None  # number of the footnote about the probability
    strip: Sequence[PrincipleMark]


@dataclass(frozen=True)
class PrincipleColumns:
    """The columns of a group of principles: short and full title of each."""

    title: str
    principles: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Footnote:
    """A numbered sentence below the table."""

    number: int
    text: str


@dataclass(frozen=True)
class WatchlistTable:
    """One page of the table."""

    template: ClassVar[str] = "watchlist"
    caption: str
    groups: Sequence[PrincipleColumns]
    rows: Sequence[WatchlistTableRow]
    footnotes: Sequence[Footnote]  # about probabilities, each once
    unscorable: Sequence[LevelBadge]  # the kinds of unscorable that the rows have
    has_recalled: bool


@dataclass(frozen=True)
class EndedProvider:
    """A provider that is no longer covered."""

    id: str
    name: str
    level: Level  # on the scored day before
    address: str


@dataclass(frozen=True)
class NoLongerCovered:
    """The providers of the scored day before that no regime covers any more."""

    template: ClassVar[str] = "no_longer_covered"
    since: str
    providers: Sequence[EndedProvider]
    more: Sequence[EndedProvider]  # folded away


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
    counts = dict.fromkeys((str(level) for level in LEVEL_BADGES), 0)
    for row in rows:
        counts[row.level] += 1
    return counts


def describe_level_counts(levels: Mapping[str, int]) -> str:
    """``1 critical, 3 watch and 12 none``; levels with none are left out."""
    parts = [f"{number:,} {level_badge(level).word.lower()}" for level, number in levels.items() if number]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else "no providers"


def watchlist_table(
    listed: Watchlist,
    rows: Sequence[WatchlistRow],
    findings: Mapping[tuple[str, str], Sequence[Finding]],
    titles: Mapping[str, str],
) -> WatchlistTable:
    """One page of the table.

    Args:
        listed: the day.
        rows: of the page.
        findings: of the rows, by identifier and regime.
        titles: of the regimes, by key.
    """
    note_numbers: dict[str, int] = {}
    table_rows = [_table_row(listed, row, findings.get((row.id, row.regime), ()), titles, note_numbers) for row in rows]
    return WatchlistTable(
        caption=f"Providers on {format_day(listed.day)}, worst first",
        groups=[
            PrincipleColumns(title, [(short_title(principle), principle_title(principle)) for principle in principles])
            for title, principles in PRINCIPLE_GROUPS.items()
        ],
        rows=table_rows,
        footnotes=[Footnote(number, text) for text, number in note_numbers.items()],
        unscorable=[
            badge
            for reason, badge in UNSCORABLE_BADGES.items()
            if any(reason in row.unscorable_because.values() for row in rows)
        ],
        has_recalled=any(reason.is_recalled for row in table_rows for reason in row.reasons),
    )


def _table_row(
    listed: Watchlist,
    row: WatchlistRow,
    findings: Sequence[Finding],
    titles: Mapping[str, str],
    note_numbers: dict[str, int],
) -> WatchlistTableRow:
    note = row.probability_reason
    if row.probability is None:
        note = f"no probability: {note or 'no reason is stored'}"
    return WatchlistTableRow(
        id=row.id,
        name=row.name,
        address=provider_address(row.id, listed.day),
        level=level_badge(row.level),
        change=level_change(row, listed.compared_with),
        regime=titles.get(row.regime, row.regime),
        rating=row.rating,
        is_official=row.is_official,
        others=[
            f"{titles.get(regime, regime)}: {level_badge(level).word.lower()}"
            for regime, level in row.other_regimes.items()
        ],
        reasons=main_reasons(row.level, findings),
        probability="" if row.probability is None else format_percent(row.probability),
        note=note_numbers.setdefault(note, len(note_numbers) + 1) if note else None,
        strip=[
            PrincipleMark(
                principle_title(principle),
                short_title(principle),
                principle_badge(row.principles[principle], row.unscorable_because.get(principle)),
            )
            for principles in PRINCIPLE_GROUPS.values()
            for principle in principles
        ],
    )


def level_change(row: WatchlistRow, compared_with: date | None) -> LevelMove | None:
    """The change of a level since the scored day before; None without a change, or without a day before."""
    if compared_with is None or row.changed_from == row.level:
        return None
    if row.changed_from is None:
        return LevelMove("+", "new on the list", "new", "")
    was, now = Level(row.changed_from), Level(row.level)
    causes = Causes(frozenset(map(ChangeCause, row.causes)))
    if causes.is_rule_alone:
        return LevelMove("↔", f"was {was}: {causes.change_label}", "rule", row.because)
    text = f"was {was}: {causes.cause_labels}" if causes.causes else f"was {was}"
    if Level.UNSCORABLE in {was, now} or was.rank == now.rank:
        return LevelMove("↔", text, "other", row.because)
    if now.rank > was.rank:
        return LevelMove("▲", text, "worse", row.because)
    return LevelMove("▼", text, "better", row.because)


def main_reasons(level: str, findings: Sequence[Finding]) -> list[MainReason]:
    """The findings behind a level, or for ``unscorable`` the information that is missing or too old."""
    if level == Level.UNSCORABLE:
        on_money = (finding for finding in findings if finding["principle"] == Principle.ACCOUNTABILITY)
        reasons = [finding for finding in on_money if grounds_of(finding, {}) > Grounds.JUDGED]
    else:
        reasons = cast("list[Finding]", list(main_findings(findings)))
    by_fact = {tuple(finding["seqs"]) or finding["rule"]: finding for finding in reversed(reasons)}
    shown = [finding for finding in reasons if finding in by_fact.values()]  # of two rules on one fact, the first
    return [MainReason(finding["title"], finding["is_recalled"]) for finding in shown[:MAX_REASONS]]


_CHANGE_WORDS = {
    "worse": "worse",
    "better": "better",
    "other": "moved to or from unscorable",
    "rule": "moved by a rule or model change",
    "new": "new on the list",
}


def describe_changes(listed: Watchlist, ended_count: int) -> str:
    """The changes since the scored day before in a sentence; ``ended_count`` providers are no longer covered."""
    if listed.compared_with is None:
        return "This is the first scored day."
    moves = (level_change(row, listed.compared_with) for row in listed.providers)
    counts = Counter(move.kind for move in moves if move is not None)
    changes = [f"{counts[kind]:,} {words}" for kind, words in _CHANGE_WORDS.items() if counts[kind]]
    changes += [f"{ended_count:,} no longer covered"] if ended_count else []
    return f"Since {format_day(listed.compared_with)}: {', '.join(changes) or 'no level changed'}."


def no_longer_covered(providers: Sequence[UncoveredProvider], since: date, day: date, limit: int) -> NoLongerCovered:
    """The providers that are no longer covered; ``limit`` of them are shown at once.

    Args:
        providers: the worst first.
        since: the scored day before.
        day: the day of the pages that the names lead to.
        limit: so many are not folded away.
    """
    ended = [
        EndedProvider(provider.id, provider.name, provider.level, provider_address(provider.id, day))
        for provider in providers
    ]
    return NoLongerCovered(format_day(since), ended[:limit], ended[limit:])


def export_rows(listed: Watchlist, rows: Iterable[WatchlistRow]) -> list[dict[str, Any]]:
    """The rows of the exported file, with the columns of ``EXPORT_COLUMNS``."""
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
