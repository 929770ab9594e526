"""How the commands about hindsight print their results as tables."""

from pathlib import Path
from typing import Any

from rich.table import Table

from cli.common import out
from models.vocabulary import Level
from regimes.words import counted

MOST_LETTERS = 90  # of a finding in a table; JSON has all
_LINES = (Level.WATCH, Level.CONCERN, Level.CRITICAL)


def print_what_if(found: Any, file: Path, limit: int) -> None:
    """What an edited regime would have done, day by day; at most ``limit`` changes, 0 for all."""
    from hindsight.what_if_shown import gained, lost

    days = found.days
    out.print(f"[bold]What if {found.edited.key} were {file}?[/bold]", highlight=False)
    span = f"{days[0].day} to {days[-1].day}" if len(days) > 1 else str(days[0].day)
    out.print(
        f"{counted(len(days), 'day')}, {span}; basis {found.view}; each day by the version then in force", markup=False
    )
    if found.left_out:
        out.print(f"left out: {counted(len(found.left_out), 'day')} on which no version was in force", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("day", "providers", "watch", "concern", "critical", "unscorable", "raised", "lowered"):
        table.add_column(title, justify="left" if title == "day" else "right")
    for one in days:
        cells = [_both(one.published[level], one.edited[level]) for level in (*_LINES, Level.UNSCORABLE)]
        table.add_row(str(one.day), f"{one.providers:,}", *cells, f"{one.raised:,}", f"{one.lowered:,}")
    out.print(table)
    providers = len({one.provider for one in found.changes})
    out.print(f"\n[bold]Who changes level[/bold]: {counted(providers, 'provider')}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("provider", "id", "from", "to", "published", "edited", "because of"):
        table.add_column(title, no_wrap=title in {"id", "from", "to"})
    for one in found.changes[: limit or None]:
        levels = (one.published or "not covered", one.edited or "not covered")
        table.add_row(one.name, one.provider, str(one.first_on), str(one.last_on), *levels, ", ".join(one.rules))
    if found.changes:
        out.print(table)
    if limit and len(found.changes) > limit:
        out.print(f"{limit:,} of {len(found.changes):,} shown; --limit 0 for all")
    out.print(f"\n[bold]Failed or left within twelve months[/bold]: {found.ended:,} of those covered by either")
    for line in _LINES:
        caught = found.caught[line]
        sides = [sum(getattr(one, side) is not None for one in caught) for side in ("published", "edited")]
        out.print(
            f"  stood at {line} or worse when they did: {_both(*sides)}; gained {len(gained(caught))}, lost "
            f"{len(lost(caught))}",
            markup=False,
        )
        for word, ones in (("gained", gained(caught)), ("lost", lost(caught))):
            for one in ones[: min(limit, 5) or None]:
                lead = one.edited if one.published is None else one.published
                out.print(
                    f"    {word}: {one.name} ({one.ending.provider}), {one.ending.words} on {one.ending.ended_on}, "
                    f"{lead:,} days before",
                    markup=False,
                )
    _print_messages(found)


def _print_messages(found: Any) -> None:
    """What each recipient would have been sent by both."""
    from hindsight.what_if_shown import extra_a_month

    out.print(f"\n[bold]Messages[/bold] in {found.months:.1f} months, by your policy; clocks and acts left out")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("recipient", "messages", "a month", "pieces of news", "a month"):
        table.add_column(title, justify="left" if title == "recipient" else "right")
    for key, told in found.told.items():
        before, after = told["published"], told["edited"]
        messages, lines = extra_a_month(found, key)
        table.add_row(
            key, _both(before.messages, after.messages), f"{messages:+.2f}", _both(before.lines, after.lines),
            f"{lines:+.2f}",
        )  # fmt: skip
    out.print(table)


def _both(published: int, edited: int) -> str:
    return f"{published:,} -> {edited:,}" if published != edited else f"{published:,}"


def print_homes(found: Any) -> None:
    """The back-test of children's homes."""
    from hindsight.backtest_homes import LINES

    first, last = found.days[0], found.days[-1]
    lists = f"{counted(len(found.days), 'list')} from {first.day} to {last.day}"
    out.print(f"[bold]{found.regime}[/bold], {lists}, gone a year later?")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("level", "homes", "left", "share"):
        table.add_column(title, justify="left" if title == "level" else "right")
    for level, (homes, left) in reversed(found.by_level().items()):
        table.add_row(level, f"{homes:,}", f"{left:,}", f"{left / homes:.1%}" if homes else "")
    out.print(table)
    for line in LINES:
        words = "concern and critical" if line is Level.CONCERN else "watch and worse"
        out.print(
            f"\n[bold]A list as long as the watchlist's {words}[/bold]: of those that left (recall), false alarms"
        )
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("list", "homes", "left", "length", "regime", "last grade", "model", "by chance"):
            table.add_column(title, justify="left" if title == "list" else "right")
        for day in found.days:
            one = next(one for one in day.lengths if one.line is line)
            table.add_row(str(day.day), f"{day.homes.total():,}", *_of_list(one))
        everything = sum(day.homes.total() for day in found.days)
        table.add_row("all", f"{everything:,}", *_of_list(found.over_all(line)), style="bold")
        with_model = [day for day in found.days if day.lengths[0].caught["model"] is not None]
        if with_model and len(with_model) < len(found.days):
            homes = sum(day.homes.total() for day in with_model)
            table.add_row("with the model", f"{homes:,}", *_of_list(found.over_all(line, days=with_model)))
        out.print(table)
        recall, (low, high) = found.gain(line)
        points = f"{recall * 100:+.1f} points of recall (95 % interval {low * 100:+.1f} to {high * 100:+.1f})"
        out.print(f"the regime against the last grade: {points}")
    out.print("\nregime: those at the level; last grade, model: as many, worst first; '-': the model may not be used")


def _of_list(one: Any) -> list[str]:
    from hindsight.backtest_homes import ORDERS

    cells = []
    for order in ORDERS:
        recall, alarms = one.recall(order), one.false_alarms(order)
        cells.append("-" if recall is None or alarms is None else f"{recall:.1%}, {alarms:,.0f}")
    return [f"{one.left:,}", f"{one.length:,}", *cells]


def print_sample(found: Any) -> None:
    """The back-test of the sample."""
    from hindsight.backtest_sample import LINES
    from hindsight.baselines import title

    out.print(
        f"[bold]The sample[/bold], {counted(len(found.days), 'day')} from {found.days[0]} to {found.days[-1]}, "
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
        "unbroken since",
        "days at it",
        "finding",
    )
    for heading in headings:
        table.add_column(heading, justify="right" if heading in {"lead days", "days at it"} else "left")
    for history in found.histories:
        head = [history.name, history.regime, _ended(history)]
        for line in LINES:
            reached, lead = history.reached.get(line), history.lead_days(line)
            table.add_row(
                *head,
                line,
                str(reached.first_on) if reached else "never",
                f"{lead:,}" if lead is not None else "",
                str(history.standing_since(line) or ""),
                f"{history.days_at(line):,}",
                _cut(reached.finding) if reached else "",
            )
            head = ["", "", ""]
        unscorable = history.days_at(Level.UNSCORABLE)
        if unscorable:
            table.add_row(*head, "unscorable", "", "", "", f"{unscorable:,}", "")
    out.print(table)
    for key, name in found.never_covered:
        out.print(f"never covered: {name} ({key}), whose facts are later or of another kind", markup=False)
    out.print("\n[bold]Textbook scores at the last accounts before the end[/bold]")
    shown: set[str] = set()
    for history in found.histories:
        if history.provider in shown:
            continue
        shown.add(history.provider)
        out.print(f"  {history.name} ({_ended(history)})", markup=False)
        for score in history.scores:
            if score.value is not None or score.key in {"altman_z2", "taffler"}:
                out.print(f"    {title(score.key)}: {score.describe()}", markup=False)
    out.print(
        "\nFew cases, picked because they failed or nearly did: no rate can be read from this; see docs/hindsight.md"
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1].rstrip()}…"


def _ended(history: Any) -> str:
    ending = history.ending
    if ending is None or not history.has_ended:
        return "goes on"
    return f"{ending.event.removeprefix('outcome_')} {ending.ended_on}"


def print_change(change: Any) -> None:
    """A change between two runs, in words."""
    from hindsight.attribution_shown import in_words

    out.print(f"\n[bold]Since the run of {change.before.day}[/bold] (until that of {change.after.day})")
    for note in change.notes:
        out.print(f"  {note}", markup=False)
    for one in change.changes:
        for line in in_words(one):
            out.print(f"  {line}", markup=False)
    if not change.changes:
        out.print("  no regime covered it on either day")


def print_history(spells: Any) -> None:
    """How findings have stood, the worst and newest first; those with nothing to report are only counted."""
    told = [spell for spell in spells if spell.has_something_to_say]
    out.print("\n[bold]How its findings have stood[/bold], from the first run to the last, worst and newest first")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("level", "status", "first run", "last run", "regime", "rule", "as said then"):
        table.add_column(name, no_wrap=name in {"first run", "last run"})
    for one in told:
        until = f"{one.last.day} ({one.last.run})" if one.ended_on else f"{one.last.day} ({one.last.run}) still"
        rule = f"{one.principle}: {one.rule}"
        table.add_row(
            one.level, one.status, f"{one.first.day} ({one.first.run})", until, one.regime, rule, _cut(one.title)
        )
    out.print(table)
    out.print(f"{counted(len(spells) - len(told), 'spell')} with nothing to report; --format json has all of them")
