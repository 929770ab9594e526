"""Commands about what would have happened: what-if, backtest."""

import tempfile
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

import settings as environment
from cli.common import Format, day_option, now, out, print_json, ready, shown_progress
from models.vocabulary import Level, day_in_london
from settings import Settings, WrongInput


class Every(StrEnum):
    """How far apart regular days are."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="what-if")(what_if)
    app.command()(backtest)


def what_if(
    file: Annotated[Path, typer.Argument(metavar="REGIME_FILE", help="The edited regime.")],
    *,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day; of all if left out.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day; today if left out.")] = None,
    every: Annotated[
        Every | None, typer.Option(help="Regular days back from the last one, instead of those that were scored.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many changes in the table; 0 for all.")] = 25,
    chart: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: a name in .svg or .html.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Run an edited regime beside the published one over past days: who changes level, what it costs in alerts."""
    from alerts import policy
    from hindsight.what_if import what_if as compare
    from hindsight.what_if_shown import as_json, draw, writable
    from regimes.schema import load_file
    from regimes.store import available
    from risk.model import trained

    _only(format_, Format.TABLE, Format.JSON)
    if chart is not None:
        writable(chart)
    settings, engine = ready()
    edited, told = load_file(file), policy.load(settings)
    days, view = _days(engine, first, last, every)
    with shown_progress() as progress:
        found = compare(
            engine,
            edited,
            available(settings),
            days=days,
            view=view,
            policy=told,
            models=trained(engine, settings.home / "models"),
            until=day_in_london(now()),
            progress=progress,
        )
    if chart is not None:
        draw(found, chart)
    if format_ is Format.JSON:
        print_json({"file": str(file), **as_json(found)})
    else:
        _print_what_if(found, file, limit)


def _only(format_: Format, *allowed: Format) -> None:
    if format_ not in allowed:
        raise WrongInput(f"--format {format_} is not for this command; use {' or '.join(allowed)}")


def _days(engine: Any, first: str | None, last: str | None, every: Every | None) -> tuple[list[date], Any]:
    """The days to look at, and on which basis."""
    from hindsight.days import regular_days, scored_days

    end, start = day_option(last), day_option(first) if first else date.min
    if start > end:
        raise WrongInput(f"--from {start} is after --to {end}")
    days, view = scored_days(engine, start, end)
    if every is not None and first is None:
        raise WrongInput(f"--every {every} needs --from, the day to go back to")
    if every is not None:
        return regular_days(start, end, every), view
    if not days:
        span = f"from {start} to {end}" if first else f"up to {end}"
        raise WrongInput(f"no day {span} was scored; add '--every month' (with --from) to look at regular days")
    return days, view


def _print_what_if(found: Any, file: Path, limit: int) -> None:
    from hindsight.what_if_shown import extra_a_month, gained, lost

    days = found.days
    out.print(f"[bold]What if {found.edited.key} were {file}?[/bold]", highlight=False)
    span = f"{days[0].day} to {days[-1].day}" if len(days) > 1 else str(days[0].day)
    out.print(f"{len(days)} days, {span}; basis {found.view}; each day by the version then in force", markup=False)
    if found.left_out:
        out.print(f"left out: {len(found.left_out)} days on which no version was in force", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("day", "providers", "watch", "concern", "critical", "unscorable", "raised", "lowered"):
        table.add_column(title, justify="left" if title == "day" else "right")
    for one in days:
        cells = [_both(one.published[level], one.edited[level]) for level in (*_LINES, Level.UNSCORABLE)]
        table.add_row(str(one.day), f"{one.providers:,}", *cells, f"{one.raised:,}", f"{one.lowered:,}")
    out.print(table)
    providers = len({one.provider for one in found.changes})
    out.print(f"\n[bold]Who changes level[/bold]: {providers:,} providers")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("provider", "id", "from", "to", "published", "edited", "because of"):
        table.add_column(title)
    for one in found.changes[: limit or None]:
        levels = (one.published or "not covered", one.edited or "not covered")
        table.add_row(one.name, one.provider, str(one.first_on), str(one.last_on), *levels, ", ".join(one.rules))
    if found.changes:
        out.print(table)
    if limit and len(found.changes) > limit:
        out.print(f"{limit} of {len(found.changes):,}; --limit 0 shows all")
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
    messages, lines = extra_a_month(found)
    before, after = found.told["published"], found.told["edited"]
    out.print(f"\n[bold]Messages[/bold] to each recipient ({', '.join(found.recipients)}) in {found.months:.1f} months")
    out.print(f"  messages: {_both(before.messages, after.messages)}, {messages:+.2f} a month")
    out.print(f"  pieces of news in them: {_both(before.lines, after.lines)}, {lines:+.2f} a month")


_LINES = (Level.WATCH, Level.CONCERN, Level.CRITICAL)


def _both(published: int, edited: int) -> str:
    return f"{published:,} -> {edited:,}" if published != edited else f"{published:,}"


def backtest(
    sample: Annotated[bool, typer.Option("--sample", help="The embedded sample instead of children's homes.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """What the verdicts of past years were worth: children's homes that left, or the providers of the sample."""
    _only(format_, Format.TABLE, Format.JSON)
    if sample:
        _sample(format_)
    else:
        _homes(format_)


def _homes(format_: Format) -> None:
    from hindsight.backtest_homes import as_json, back_test
    from regimes.store import available
    from risk.model import trained

    settings, engine = ready()
    with shown_progress() as progress:
        models = trained(engine, settings.home / "models")
        found = back_test(engine, available(settings), models, progress=progress)
    if format_ is Format.JSON:
        print_json(as_json(found))
    else:
        _print_homes(found)


def _print_homes(found: Any) -> None:
    from hindsight.backtest_homes import LINES

    first, last = found.days[0], found.days[-1]
    out.print(
        f"[bold]{found.regime}[/bold], {len(found.days)} lists from {first.day} to {last.day}, gone a year later?"
    )
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
    out.print("\nregime: those at the level; last grade, model: as many, worst first; '-': the model may not be used")


def _of_list(one: Any) -> list[str]:
    from hindsight.backtest_homes import ORDERS

    cells = []
    for order in ORDERS:
        recall, alarms = one.recall(order), one.false_alarms(order)
        cells.append("-" if recall is None or alarms is None else f"{recall:.1%}, {alarms:,.0f}")
    return [f"{one.left:,}", f"{one.length:,}", *cells]


def _sample(format_: Format) -> None:
    from hindsight.backtest_sample import as_json, back_test
    from regimes.store import available

    settings = environment.load()
    environment.quiet_telemetry(settings.home)
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix="backtest-") as folder, shown_progress() as progress:
        engine, days = _facts_of_the_sample(Path(folder), progress)
        try:
            found = back_test(engine, available(settings), days=days, until=day_in_london(now()), progress=progress)
        finally:
            engine.dispose()
    with suppress(OSError):
        settings.home.rmdir()  # where nothing else was there
    if format_ is Format.JSON:
        print_json(as_json(found))
    else:
        _print_sample(found)


def _facts_of_the_sample(folder: Path, progress: Any) -> tuple[Any, list[date]]:
    """A database of its own with the sample's facts, and the sample's days."""
    from flows.day import open_day
    from flows.sample import load_facts

    day = open_day(Settings(home=folder, database_url=""), now=now(), progress=progress)
    return day.engine, load_facts(day)


def _print_sample(found: Any) -> None:
    from hindsight.backtest_sample import LINES
    from hindsight.baselines import title

    out.print(
        f"[bold]The sample[/bold], {len(found.days)} days from {found.days[0]} to {found.days[-1]}, public facts only"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("provider", "regime", "ended", "level", "first reached", "lead days", "days at it", "finding"):
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
                f"{history.days_at(line):,}",
                reached.finding if reached else "",
            )
            head = ["", "", ""]
        unscorable = history.days_at(Level.UNSCORABLE)
        if unscorable:
            table.add_row(*head, "unscorable", "", "", f"{unscorable:,}", "")
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


def _ended(history: Any) -> str:
    ending = history.ending
    if ending is None or not history.has_ended:
        return "goes on"
    return f"{ending.event.removeprefix('outcome_')} {ending.ended_on}"
