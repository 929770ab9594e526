"""Commands about what would have happened: what-if, backtest."""

import tempfile
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import settings as environment
from cli.common import Format, now, open_database, parse_day_option, print_json, progress_bar
from cli.hindsight_tables import print_homes_backtest, print_sample_backtest, print_what_if
from models.vocabulary import day_in_london
from settings import Settings, WrongInput


class DayInterval(StrEnum):
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
        DayInterval | None, typer.Option(help="Regular days back from the last one, instead of those that were scored.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many changes in the table; 0 for all.")] = 25,
    chart: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: a name in .svg or .html.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Run an edited regime beside the published one over past days: who changes level, what it costs in alerts."""
    from access.people import current_viewer
    from alerts import policy
    from hindsight.what_if import compare_regimes as compare
    from hindsight.what_if_report import check_chart_path, what_if_json, write_chart
    from regimes.schema import load_regime_file
    from regimes.store import available_regimes
    from risk.model import load_trained_models

    _check_format(format_, Format.TABLE, Format.JSON)
    if chart is not None:
        check_chart_path(chart)
    settings, engine = open_database()
    edited, told = load_regime_file(file), policy.load_policy(settings)
    days, view = _choose_days(engine, first, last, every)
    with progress_bar() as progress:
        found = compare(
            engine,
            edited,
            available_regimes(settings),
            days=days,
            view=view,
            audiences=current_viewer(engine, settings).audiences,
            policy=told,
            models=load_trained_models(engine, settings.home / "models"),
            until=day_in_london(now()),
            progress=progress,
        )
    if chart is not None:
        write_chart(found, chart)
    if format_ is Format.JSON:
        print_json({"file": str(file), **what_if_json(found)})
    else:
        print_what_if(found, file, limit)


def _check_format(format_: Format, *allowed: Format) -> None:
    if format_ not in allowed:
        raise WrongInput(f"--format {format_} is not for this command; use {' or '.join(allowed)}")


def _choose_days(engine: Any, first: str | None, last: str | None, every: DayInterval | None) -> tuple[list[date], Any]:
    """The days to look at, and on which basis."""
    from hindsight.days import regular_days, scored_days

    end, start = parse_day_option(last), parse_day_option(first) if first else date.min
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
    _check_format(format_, Format.TABLE, Format.JSON)
    if sample:
        _print_sample_backtest(format_)
    else:
        _print_homes_backtest(format_)


def _print_homes_backtest(format_: Format) -> None:
    from hindsight.backtest_homes import homes_backtest_json, run_homes_backtest
    from regimes.store import available_regimes
    from risk.model import load_trained_models

    settings, engine = open_database()
    with progress_bar() as progress:
        models = load_trained_models(engine, settings.home / "models")
        found = run_homes_backtest(engine, available_regimes(settings), models, progress=progress)
    if format_ is Format.JSON:
        print_json(homes_backtest_json(found))
    else:
        print_homes_backtest(found)


def _print_sample_backtest(format_: Format) -> None:
    from hindsight.backtest_sample import run_sample_backtest, sample_backtest_json
    from regimes.store import available_regimes

    settings = environment.load()
    environment.disable_telemetry(settings.home)
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix="backtest-") as folder, progress_bar() as progress:
        engine, days = _load_sample_facts(Path(folder), progress)
        try:
            found = run_sample_backtest(
                engine, available_regimes(settings), days=days, until=day_in_london(now()), progress=progress
            )
        finally:
            engine.dispose()
    with suppress(OSError):
        settings.home.rmdir()  # where nothing else was there
    if format_ is Format.JSON:
        print_json(sample_backtest_json(found))
    else:
        print_sample_backtest(found)


def _load_sample_facts(folder: Path, progress: Any) -> tuple[Any, list[date]]:
    """A database of its own with the sample's facts, and the sample's days."""
    from flows.day import open_day
    from flows.sample import load_facts

    day = open_day(Settings(home=folder, database_url=""), now=now(), progress=progress)
    return day.engine, load_facts(day)


def attribute_provider_change(
    engine: Any, settings: Settings, provider: str, *, since: date, day: date, audiences: Any
) -> Any:
    """What changed of a provider between two scored days, and because of what.

    Raises:
        WrongInput: there are no two runs to compare, or what they used is gone.
    """
    from hindsight.attribution import attribute_changes

    with progress_bar() as progress:
        return attribute_changes(engine, settings, provider, since, day, audiences=audiences, progress=progress)
