"""Prints the results of the commands about past days as tables."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from cli.common import out
from models.vocabulary import Level
from text.english import format_count

if TYPE_CHECKING:  # slow to load, and few commands need them
    from collections.abc import Sequence

    from hindsight.attribution import Attribution
    from hindsight.backtest_homes import HomesBackTest, ListResult
    from hindsight.backtest_sample import ProviderHistory, SampleBackTest
    from hindsight.what_if import WhatIf
    from queries.finding_history import FindingPeriod

MOST_LETTERS = 90  # of a finding in a table; JSON has the whole text
_LINES = (Level.WATCH, Level.CONCERN, Level.CRITICAL)


def print_what_if(result: "WhatIf", file: Path, limit: int) -> None:
    """Print the comparison of an edited with the published regime; at most ``limit`` changes, 0 for all."""
    from hindsight.what_if_report import gained_endings, lost_endings

    days = result.days
    out.print(f"[bold]The regime {result.edited.key} as edited in {file}[/bold]", highlight=False)
    span = f"{days[0].day} to {days[-1].day}" if len(days) > 1 else str(days[0].day)
    out.print(
        f"{format_count(len(days), 'day')}, {span}; view {result.view}; "
        "each day is compared with the version in force on that day",
        markup=False,
    )
    if result.omitted_days:
        out.print(f"left out: {format_count(len(result.omitted_days), 'day')} without a version in force", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("day", "providers", "watch", "concern", "critical", "unscorable", "raised", "lowered"):
        table.add_column(title, justify="left" if title == "day" else "right")
    for day in days:
        cells = [_format_pair(day.published[level], day.edited[level]) for level in (*_LINES, Level.UNSCORABLE)]
        table.add_row(str(day.day), f"{day.providers:,}", *cells, f"{day.raised:,}", f"{day.lowered:,}")
    out.print(table)
    providers = len({change.provider for change in result.changes})
    out.print(f"\n[bold]Changes of level[/bold]: {format_count(providers, 'provider')}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("provider", "id", "from", "to", "published", "edited", "rules"):
        table.add_column(title, no_wrap=title in {"id", "from", "to"})
    for change in result.changes[: limit or None]:
        levels = (change.published or "not covered", change.edited or "not covered")
        table.add_row(
            change.name, change.provider, str(change.first_on), str(change.last_on), *levels, ", ".join(change.rules)
        )
    if result.changes:
        out.print(table)
    if limit and len(result.changes) > limit:
        out.print(f"{limit:,} of {len(result.changes):,} shown; --limit 0 shows all")
    out.print(
        f"\n[bold]Failed or left within twelve months[/bold]: {result.ending_count:,} of the providers of either regime"
    )
    for line in _LINES:
        caught = result.lead_times[line]
        sides = [
            sum(getattr(lead_times, side) is not None for lead_times in caught) for side in ("published", "edited")
        ]
        out.print(
            f"  at {line} or worse on their last day: {_format_pair(*sides)}; gained {len(gained_endings(caught))}, "
            f"lost {len(lost_endings(caught))}",
            markup=False,
        )
        for word, endings in (("gained", gained_endings(caught)), ("lost", lost_endings(caught))):
            for lead_times in endings[: min(limit, 5) or None]:
                lead = lead_times.edited if lead_times.published is None else lead_times.published
                ending = lead_times.ending
                out.print(
                    f"    {word}: {lead_times.name} ({ending.provider}), {ending.description} on {ending.ended_on}, "
                    f"{lead:,} days before",
                    markup=False,
                )
    _print_messages(result)


def _print_messages(result: "WhatIf") -> None:
    """Print how many messages each recipient would have had under both regimes."""
    from hindsight.what_if_report import extra_messages_a_month

    out.print(f"\n[bold]Messages[/bold] in {result.months:.1f} months, by your policy, without clocks and actions")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("recipient", "messages", "a month", "pieces of news", "a month"):
        table.add_column(title, justify="left" if title == "recipient" else "right")
    for key, simulations in result.simulations.items():
        before, after = simulations["published"], simulations["edited"]
        messages, lines = extra_messages_a_month(result, key)
        table.add_row(
            key,
            _format_pair(before.messages, after.messages),
            f"{messages:+.2f}",
            _format_pair(before.lines, after.lines),
            f"{lines:+.2f}",
        )
    out.print(table)


def _format_pair(published: int, edited: int) -> str:
    return f"{published:,} -> {edited:,}" if published != edited else f"{published:,}"


def print_homes_backtest(result: "HomesBackTest") -> None:
    """Print the back-test of children's homes."""
    from hindsight.backtest_homes import LINE_LEVELS

    first, last = result.days[0], result.days[-1]
    lists = f"{format_count(len(result.days), 'list')} from {first.day} to {last.day}"
    out.print(f"[bold]{result.regime}[/bold], {lists}: homes that had left a year later")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("level", "homes", "left", "share"):
        table.add_column(title, justify="left" if title == "level" else "right")
    for level, (homes, left) in reversed(result.count_by_level().items()):
        table.add_row(level, f"{homes:,}", f"{left:,}", f"{left / homes:.1%}" if homes else "")
    out.print(table)
    for line in LINE_LEVELS:
        levels = "concern and critical" if line is Level.CONCERN else "watch and worse"
        out.print(
            f"\n[bold]Lists as long as the watchlist's {levels}[/bold]: share of leavers found (recall), false alarms"
        )
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("list", "homes", "left", "length", "regime", "last grade", "model", "by chance"):
            table.add_column(title, justify="left" if title == "list" else "right")
        for day in result.days:
            list_result = next(length for length in day.lengths if length.line is line)
            table.add_row(str(day.day), f"{day.homes.total():,}", *_list_cells(list_result))
        total = sum(day.homes.total() for day in result.days)
        table.add_row("all", f"{total:,}", *_list_cells(result.combine_lists(line)), style="bold")
        with_model = [day for day in result.days if day.lengths[0].caught_counts["model"] is not None]
        if with_model and len(with_model) < len(result.days):
            homes = sum(day.homes.total() for day in with_model)
            table.add_row("with the model", f"{homes:,}", *_list_cells(result.combine_lists(line, days=with_model)))
        out.print(table)
        recall, (low, high) = result.recall_gain(line)
        points = f"{recall * 100:+.1f} points of recall (95 % interval {low * 100:+.1f} to {high * 100:+.1f})"
        out.print(f"the regime compared with the last grade: {points}")
    out.print(
        "\nregime: the homes at the level; last grade, model: as many homes, worst first; '-': no model may be used"
    )


def _list_cells(list_result: "ListResult") -> list[str]:
    from hindsight.backtest_homes import ORDERS

    cells = []
    for order in ORDERS:
        recall, alarms = list_result.recall(order), list_result.false_alarms(order)
        cells.append("-" if recall is None or alarms is None else f"{recall:.1%}, {alarms:,.0f}")
    return [f"{list_result.leaver_count:,}", f"{list_result.length:,}", *cells]


def print_sample_backtest(result: "SampleBackTest") -> None:
    """Print the back-test of the sample."""
    from hindsight.backtest_sample import LINE_LEVELS
    from hindsight.baselines import score_title

    out.print(
        f"[bold]The sample[/bold], {format_count(len(result.days), 'day')} from {result.days[0]} to {result.days[-1]}, "
        "public facts only"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    headings = (
        "provider",
        "regime",
        "ended",
        "level",
        "reached",
        "lead days",
        "without a break since",
        "days at level",
        "finding",
    )
    for heading in headings:
        table.add_column(heading, justify="right" if heading in {"lead days", "days at level"} else "left")
    for history in result.histories:
        head = [history.name, history.regime, _format_ending(history)]
        for line in LINE_LEVELS:
            reached, lead = history.levels_reached.get(line), history.lead_days(line)
            table.add_row(
                *head,
                line,
                str(reached.first_on) if reached else "never",
                f"{lead:,}" if lead is not None else "",
                str(history.at_level_since(line) or ""),
                f"{history.days_at(line):,}",
                _shorten_text(reached.finding) if reached else "",
            )
            head = ["", "", ""]
        unscorable = history.days_at(Level.UNSCORABLE)
        if unscorable:
            table.add_row(*head, "unscorable", "", "", "", f"{unscorable:,}", "")
    out.print(table)
    for key, name in result.never_covered:
        out.print(f"never covered: {name} ({key}); its facts are later, or of another kind", markup=False)
    out.print("\n[bold]Textbook scores at the last accounts before the end[/bold]")
    printed: set[str] = set()
    for history in result.histories:
        if history.provider in printed:
            continue
        printed.add(history.provider)
        out.print(f"  {history.name} ({_format_ending(history)})", markup=False)
        for score in history.scores:
            if score.value is not None or score.key in {"altman_z2", "taffler"}:
                out.print(f"    {score_title(score.key)}: {score.describe()}", markup=False)
    out.print(
        "\nThe sample has few cases, chosen because they failed or nearly failed, so it gives no rates; "
        "see docs/hindsight.md"
    )


def _shorten_text(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1].rstrip()}…"


def _format_ending(history: "ProviderHistory") -> str:
    ending = history.ending
    if ending is None or not history.has_ended:
        return "still open"
    return f"{ending.event.removeprefix('outcome_')} {ending.ended_on}"


def print_attribution(attribution: "Attribution") -> None:
    """Print the changes between two runs, in words."""
    from hindsight.attribution_report import describe_change

    out.print(f"\n[bold]Since the run of {attribution.before.day}[/bold] (until that of {attribution.after.day})")
    for note in attribution.notes:
        out.print(f"  {note}", markup=False)
    for change in attribution.changes:
        for line in describe_change(change):
            out.print(f"  {line}", markup=False)
    if not attribution.changes:
        out.print("  no regime covered the provider on either day")


def print_finding_history(periods: "Sequence[FindingPeriod]") -> None:
    """Print the periods of findings, worst and newest first; periods with nothing to report are only counted."""
    notable = [period for period in periods if period.is_notable]
    out.print("\n[bold]History of its findings[/bold], each with its first and last run, worst and newest first")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("level", "status", "first run", "last run", "regime", "rule", "finding in the last run"):
        table.add_column(name, no_wrap=name in {"first run", "last run"})
    for period in notable:
        last_run = f"{period.last.day} ({period.last.run})"
        table.add_row(
            period.level,
            period.status,
            f"{period.first.day} ({period.first.run})",
            last_run if period.ended_on else f"{last_run}, goes on",
            period.regime,
            f"{period.principle}: {period.rule}",
            _shorten_text(period.title),
        )
    out.print(table)
    out.print(
        f"{format_count(len(periods) - len(notable), 'period')} with nothing to report; --format json has them all"
    )
