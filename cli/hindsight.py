"""Commands about what would have happened: what-if, backtest."""

import tempfile
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import settings as environment
from cli.common import Format, day_option, now, print_json, ready, shown_progress
from cli.hindsight_tables import print_homes, print_sample, print_what_if
from models.vocabulary import day_in_london
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
    from dashboard.access import current_viewer
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
            sees=current_viewer(engine, settings).audiences,
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
        print_what_if(found, file, limit)


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
        print_homes(found)


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
        print_sample(found)


def _facts_of_the_sample(folder: Path, progress: Any) -> tuple[Any, list[date]]:
    """A database of its own with the sample's facts, and the sample's days."""
    from flows.day import open_day
    from flows.sample import load_facts

    day = open_day(Settings(home=folder, database_url=""), now=now(), progress=progress)
    return day.engine, load_facts(day)


def change_since(engine: Any, settings: Settings, provider: str, *, since: date, day: date, sees: Any) -> Any:
    """What changed of a provider between two scored days, and because of what.

    Raises:
        WrongInput: there are no two runs to compare, or what they used is gone.
    """
    from hindsight.attribution import attribute

    with shown_progress() as progress:
        return attribute(engine, settings, provider, since, day, sees=sees, progress=progress)
