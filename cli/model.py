"""Commands about the failure model: train, drift."""

from typing import Annotated

import typer

from casework.rights import Act
from cli.common import Format, day_option, err, now, out, print_json, working_day


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(train)
    app.command()(drift)


def train(format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT) -> None:
    """Fit the failure model of children's homes on the ledger, test it on later years, and print its card."""
    from flows.lease import lease
    from risk.card import render
    from risk.train import train as train_model

    with working_day(Act.TRAIN, notes=err if format_ is Format.JSON else out) as day, lease(day.engine):
        trained = train_model(day.engine, now=now(), model_dir=day.settings.home / "models", progress=day.progress)
    if format_ is Format.JSON:
        print_json(trained.card)
    else:
        out.print(render(trained.card), markup=False)


def drift(
    reference: Annotated[str, typer.Option("--from", metavar="DATE", help="The earlier day.")],
    current: Annotated[str, typer.Option("--to", metavar="DATE", help="The later day.")],
    format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Compare what was known of children's homes on two days: numbers stored, a page saved."""
    from flows.lease import lease
    from risk.drift import compare

    with working_day(Act.DRIFT, notes=err if format_ is Format.JSON else out) as day, lease(day.engine):
        folder = day.settings.home / "drift"
        report = compare(day.engine, day_option(reference), day_option(current), now=now(), folder=folder)
    numbers, page = report.numbers, folder / report.page
    if format_ is Format.JSON:
        print_json({**numbers, "page": str(page)})
    else:
        out.print(f"{numbers['drifted']} of {numbers['columns']} columns drifted; page {page}", markup=False)
