"""Commands about past days: what-if, backtest."""

import tempfile
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import settings as environment
from cli.common import Format, now, open_database, parse_day_option, print_json, progress_bar
from cli.hindsight_tables import print_homes_backtest, print_sample_backtest, print_what_if
from models.vocabulary import day_in_london
from settings import Settings, WrongInput
from text.progress import ProgressCallback

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from access.viewer import ReaderAudiences
    from hindsight.attribution import Attribution
    from models.vocabulary import View


class DayInterval(StrEnum):
    """The interval between regular days."""

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
        str | None, typer.Option("--from", metavar="DATE", help="The first day; the first scored day if left out.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day; today if left out.")] = None,
    every: Annotated[
        DayInterval | None,
        typer.Option(help="Use regular days, counted back from the last day, instead of the scored days."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The most changes to show in the table; 0 for all.")] = 25,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also draw a chart into this file; its name ends in .svg or .html."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Compare an edited regime with the published one. The result has changes of level and of messages on past days."""
    from access.people import current_viewer
    from alerts import policy
    from hindsight.what_if import compare_regimes
    from hindsight.what_if_report import check_chart_path, what_if_json, write_chart
    from regimes.schema import load_regime_file
    from regimes.store import available_regimes
    from risk.model import load_trained_models

    _check_format(format_, Format.TABLE, Format.JSON)
    if chart is not None:
        check_chart_path(chart)
    settings, engine = open_database()
    edited, current_policy = load_regime_file(file), policy.load_policy(settings)
    days, view = _choose_days(engine, first, last, every)
    with progress_bar() as progress:
        result = compare_regimes(
            engine,
            edited,
            available_regimes(settings),
            days=days,
            view=view,
            audiences=current_viewer(engine, settings).audiences,
            policy=current_policy,
            models=load_trained_models(engine, settings.home / "models"),
            until=day_in_london(now()),
            progress=progress,
        )
    if chart is not None:
        write_chart(result, chart)
    if format_ is Format.JSON:
        print_json({"file": str(file), **what_if_json(result)})
    else:
        print_what_if(result, file, limit)


def _check_format(format_: Format, *allowed: Format) -> None:
    if format_ not in allowed:
        raise WrongInput(f"--format {format_} does not fit this command; use {' or '.join(allowed)}")


def _choose_days(
    engine: "Engine", first: str | None, last: str | None, every: DayInterval | None
) -> "tuple[list[date], View]":
    """The days to compare, and the view of their runs."""
    from hindsight.days import regular_days, scored_days

    end, start = parse_day_option(last), parse_day_option(first) if first else date.min
    if start > end:
        raise WrongInput(f"--from {start} is after --to {end}; give an earlier first day")
    days, view = scored_days(engine, start, end)
    if every is not None and first is None:
        raise WrongInput(f"--every {every} needs a first day; add --from DATE")
    if every is not None:
        return regular_days(start, end, every), view
    if not days:
        span = f"from {start} to {end}" if first else f"up to {end}"
        raise WrongInput(f"no day {span} was scored; add '--every month' (with --from) to use regular days")
    return days, view


def backtest(
    sample: Annotated[
        bool, typer.Option("--sample", help="Use the embedded sample instead of children's homes.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Test past verdicts against later outcomes, of children's homes or of the sample."""
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
        result = run_homes_backtest(engine, available_regimes(settings), models, progress=progress)
    if format_ is Format.JSON:
        print_json(homes_backtest_json(result))
    else:
        print_homes_backtest(result)


def _print_sample_backtest(format_: Format) -> None:
    from hindsight.backtest_sample import run_sample_backtest, sample_backtest_json
    from regimes.store import available_regimes

    settings = environment.load()
    environment.disable_telemetry(settings.home)
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix="backtest-") as folder, progress_bar() as progress:
        engine, days = _load_sample_facts(Path(folder), progress)
        try:
            result = run_sample_backtest(
                engine, available_regimes(settings), days=days, until=day_in_london(now()), progress=progress
            )
        finally:
            engine.dispose()
    with suppress(OSError):
        settings.home.rmdir()  # only if the folder is empty
    if format_ is Format.JSON:
        print_json(sample_backtest_json(result))
    else:
        print_sample_backtest(result)


def _load_sample_facts(folder: Path, progress: ProgressCallback) -> "tuple[Engine, list[date]]":
    """A new database with the facts of the sample, and the days of the sample."""
    from flows.day import open_day
    from flows.sample import load_facts

    day = open_day(Settings(home=folder, database_url=""), now=now(), progress=progress)
    return day.engine, load_facts(day)


def attribute_provider_change(
    engine: "Engine",
    settings: Settings,
    provider: str,
    *,
    since: date,
    day: date,
    audiences: "ReaderAudiences",
) -> "Attribution":
    """The changes of a provider between two scored days, and their causes.

    Raises:
        WrongInput: there are no two runs to compare, or a file that they used is gone.
    """
    from hindsight.attribution import attribute_changes

    with progress_bar() as progress:
        return attribute_changes(engine, settings, provider, since, day, audiences=audiences, progress=progress)
