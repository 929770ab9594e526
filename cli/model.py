"""Commands about the failure model: train, drift."""

from typing import Annotated

import typer

from access.permissions import Permission
from cli.common import Format, err, now, open_run_day, out, parse_day_option, print_json


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(train)
    app.command()(drift)


def train(format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT) -> None:
    """Fit the failure model of children's homes. The model is tested on later years, and its card is printed."""
    from flows.lease import hold_lease
    from risk.card import render_card
    from risk.train import train as train_model

    with open_run_day(Permission.TRAIN, notes=err if format_ is Format.JSON else out) as day, hold_lease(day.engine):
        trained = train_model(day.engine, now=now(), model_dir=day.settings.home / "models", progress=day.progress)
    if format_ is Format.JSON:
        print_json(trained.card)
    else:
        out.print(render_card(trained.card), markup=False)


def drift(
    reference: Annotated[str, typer.Option("--from", metavar="DATE", help="The earlier day.")],
    current: Annotated[str, typer.Option("--to", metavar="DATE", help="The later day.")],
    format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Compare the data about children's homes on two days. The numbers are stored and a page is saved."""
    from flows.lease import hold_lease
    from risk.drift import compare_days

    with open_run_day(Permission.DRIFT, notes=err if format_ is Format.JSON else out) as day, hold_lease(day.engine):
        folder = day.settings.home / "drift"
        report = compare_days(
            day.engine, parse_day_option(reference), parse_day_option(current), now=now(), folder=folder
        )
    numbers, page = report.numbers, folder / report.page
    if format_ is Format.JSON:
        print_json({**numbers, "page": str(page)})
    else:
        out.print(f"{numbers['drifted']} of {numbers['columns']} columns have drifted; see {page}", markup=False)
