"""Commands about data: init, pull, observations, document, withdraw."""

import itertools
from typing import TYPE_CHECKING, Annotated

import typer

import settings as environment
from access.permissions import Permission
from cli.common import (
    AsOfOption,
    FolderOption,
    Format,
    extracts_folder,
    now,
    open_database,
    open_run_day,
    out,
    parse_day_option,
    print_csv,
    print_json,
)
from settings import WrongInput
from text.english import format_count

if TYPE_CHECKING:
    from queries.ledger_rows import ObservationRow

COLUMNS = [
    "subject",
    "indicator",
    "kind",
    "period_start",
    "period_end",
    "known_on",
    "value",
    "unit",
    "register",
    "document",
    "place",
    "name",
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(pull)
    app.command()(observations)
    app.command()(document)
    app.command()(withdraw)


def init() -> None:
    """Create or migrate the database.

    The command also registers the first operator, and prints where the data is.
    """
    from access import people
    from access.permissions import Role
    from flows.day import open_day

    settings = environment.load()
    environment.disable_telemetry(settings.home)
    day = open_day(settings, now=now())
    installer = people.add_installer(day.engine, settings.user, now=day.now)
    operators = [person.key for person in people.list_users(day.engine) if Role.OPERATOR in person.roles]
    out.print(f"database   {day.engine.url.render_as_string(hide_password=True)}")
    out.print(f"data       {settings.home.resolve()}")
    out.print(f"registers  {settings.registers or 'the web'}")
    out.print(f"channels   {', '.join(['file', *sorted(settings.channel_urls())])}")
    remedy = "nobody; set CONTINUITY_USER to a new name and run 'continuity init' again to register an operator"
    out.print(f"operator   {', '.join(operators) or remedy}", markup=False)
    if installer:
        out.print(f"'{installer.key}' is now registered, with the role operator", markup=False)


def pull(
    registers: Annotated[
        list[str] | None, typer.Argument(metavar="REGISTER", help="The registers to fetch; all if left out.")
    ] = None,
    folder: FolderOption = None,
    ask: Annotated[
        list[str] | None,
        typer.Option("--ask", metavar="SUBJECT", help="An identifier whose documents are to be read as well."),
    ] = None,
) -> None:
    """Fetch new documents from the registers and read them."""
    from flows.day import observe
    from flows.day import pull as pull_registers
    from flows.lease import hold_lease
    from indicators import identity

    with open_run_day(Permission.PULL) as day, hold_lease(day.engine):
        identity.request_subjects(day.engine, ask or [])
        results = pull_registers(day, extracts_folder(day.settings, folder), registers or [])
        left_out = observe(day, registers or [])
    for result in results:
        out.print(
            f"{result.register}: {format_count(result.documents, 'document')}, {result.new_documents} new"
            + (f"; {result.error}" if result.error else "")
        )
    for line in left_out:
        out.print(f"left out: {line}")
    if left_out or any(result.error for result in results):
        raise typer.Exit(3)


def observations(
    subject: Annotated[
        str | None, typer.Argument(help="An identifier, or part of a name; all subjects if left out.")
    ] = None,
    as_of: AsOfOption = None,
    register: Annotated[str | None, typer.Option(help="Only observations from this register.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.CSV,
) -> None:
    """Print the observations known on a day. Each has its document, and the place in it."""
    from access.people import current_viewer
    from indicators import catalogue, identity
    from queries.ledger_rows import add_names, read_observations

    settings, engine = open_database()
    day, audiences = parse_day_option(as_of), current_viewer(engine, settings).audiences
    if register is not None and register not in catalogue.load().registers:
        raise catalogue.UnknownRegister(
            f"unknown register '{register}'; choose one of: {', '.join(sorted(catalogue.load().registers))}"
        )
    key = identity.find_subject(engine, subject, day) if subject else None
    rows_read = read_observations(engine, day, audiences=audiences, subject=key, register=register)
    rows = ({**row, "place": _format_place(row)} for row in add_names(engine, rows_read, day))
    rows = ({column: row[column] for column in COLUMNS} for row in rows)
    if format_ is Format.JSON:
        print_json(list(itertools.chain(rows)))
    elif format_ in {Format.CSV, Format.TABLE}:
        print_csv(rows, COLUMNS)
    else:
        raise WrongInput(f"--format {format_} does not fit this command; use csv or json")


def _format_place(row: "ObservationRow") -> str:
    line = f"line {row['line']}" if row["line"] is not None else ""
    return ", ".join(part for part in (line, str(row["place"])) if part)


def document(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="The number of an observation, as 'continuity explain' gives it.")
    ],
    format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Show the place in a document that gave an observation. The path of the archived file is printed as well."""
    from access.people import current_viewer
    from queries.documents import find_document
    from queries.value_text import figure_value, format_exact_amount

    if format_ is Format.CSV:
        raise WrongInput(f"--format {format_} does not fit this command; use text or json")
    settings, engine = open_database()
    audiences = current_viewer(engine, settings).audiences
    archived = find_document(engine, settings.archive_folder, number, parse_day_option(None), audiences=audiences)
    if format_ is Format.JSON:
        print_json(archived.as_json())
        return
    figure = archived.figure
    name, key = figure["subject_name"], figure["subject"]
    subject = f"{name} ({key})" if name != key else key
    about = f" on {figure['period_end']}" if figure["period_end"] else ""
    out.print(f"{subject}: {figure['title']}{about}: {figure_value(figure, format_exact_amount)}", markup=False)
    out.print(f"document  {figure['document']}, {_format_place(figure)}", markup=False)
    out.print(f"address   {figure['address']}, fetched {figure['fetched_at']}", markup=False)
    out.print(f"file      {archived.path}", markup=False)
    if archived.excerpt.problem:
        out.print(f"not shown: {archived.excerpt.problem}", markup=False)
    width = max((len(line.label) for line in archived.excerpt.lines), default=0)
    for line in archived.excerpt.lines:
        out.print(f"{'>' if line.is_fact else ' '} {line.label:<{width}}  {line.text}", markup=False)


def withdraw(
    target: Annotated[
        str,
        typer.Argument(
            metavar="SNAPSHOT|SUBJECT",
            help="The SHA-256 of a document (or its first digits), or the identifier of a subject.",
        ),
    ],
    reason: Annotated[str, typer.Option(help="The reason, which is kept for ever.")],
    delete_bytes: Annotated[bool, typer.Option(help="Also delete the document itself.")] = False,
) -> None:
    """Retract all rows from a document or about a subject. A record of the withdrawal stays."""
    from flows.lease import hold_lease
    from indicators.ledger.corrections import withdraw as withdraw_rows

    if not reason.strip():
        raise WrongInput("--reason is empty; give the reason, because later readers will see it")
    with open_run_day(Permission.WITHDRAW) as day, hold_lease(day.engine):
        retracted = withdraw_rows(
            day.engine,
            day.archive,
            target,
            reason=reason.strip(),
            person=day.settings.user,
            now=now(),
            delete_bytes=delete_bytes,
        )
    out.print(f"{format_count(retracted, 'row')} retracted; score the day again to see the effect")
