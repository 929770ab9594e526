"""Commands that serve pages or the sample: sample, dashboard, up."""

from pathlib import Path
from typing import Annotated

import typer

import settings as environment
from access.permissions import Permission
from cli.common import now, open_run_day, out
from settings import Settings

Port = Annotated[int | None, typer.Option(help="The port of the dashboard; 8501 or the next free one if left out.")]
PrefectPort = Annotated[int, typer.Option(min=1, max=65535, help="The port of the Prefect server, on loopback.")]
Address = Annotated[str, typer.Option(help="The address on which the dashboard listens.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(sample)
    app.command()(dashboard)
    app.command()(up)


def sample() -> None:
    """Load the embedded sample and run its days. The command prints its watchlist and the folder of its messages."""
    from access.people import current_viewer
    from cli.watch import print_watchlist
    from flows.lease import hold_lease
    from flows.sample import FIRST_SCREEN, run_sample
    from queries import watchlist

    with open_run_day(Permission.SAMPLE) as day, hold_lease(day.engine):
        result = run_sample(day)
    audiences = current_viewer(day.engine, day.settings).audiences
    listed = watchlist.read_watchlist(day.engine, FIRST_SCREEN, audiences=audiences)
    print_watchlist(listed, len(listed.providers), audiences)
    out.print(result.describe(), markup=False)
    out.print(f"messages are files in {Path(day.settings.outbox_folder).resolve()}", markup=False)


def dashboard(port: Port = None, address: Address = "127.0.0.1") -> None:
    """Serve the watchlist for a browser, until stopped."""
    from dashboard.server import serve

    settings = _load_checked_settings()
    raise typer.Exit(serve(settings, port=port, address=address))


def _load_checked_settings() -> Settings:
    """The settings, after the database is created or migrated; an empty data directory can be served as well."""
    from access import people
    from models.database import engine_for, migrate

    settings = environment.load()
    environment.disable_telemetry(settings.home)
    engine = engine_for(settings.engine_url)
    migrate(engine)
    if not people.list_users(engine):
        people.add_installer(engine, settings.user, now=now())
    engine.dispose()  # no connection stays open while pages are served
    return settings


def up(port: Port = None, address: Address = "127.0.0.1", prefect_port: PrefectPort = 4200) -> None:
    """Run the Prefect server, the schedules and the dashboard. They run until stopped."""
    from dashboard.server import free_port
    from flows.up import check_port_free, serve_all

    free_port(address, port)  # fail now, not after everything else has started
    check_port_free(prefect_port)
    with open_run_day(Permission.START_SCHEDULES) as day:
        settings = day.settings
    day.engine.dispose()  # no connection stays open while the parts run
    raise typer.Exit(serve_all(settings, port=port, address=address, prefect_port=prefect_port))
