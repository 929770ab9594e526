"""Commands about what was known: init, pull, observations, withdraw."""

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
FLUSH = 1000  # rows to a piece of JSON


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(pull)
    app.command()(observations)
    app.command()(document)
    app.command()(withdraw)


def init() -> None:
    """Create or migrate the database, put the first operator on record, and print where things are."""
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
    nobody = "nobody; 'continuity init' with CONTINUITY_USER set to a name that is not on record yet makes an operator"
    out.print(f"operator   {', '.join(operators) or nobody}", markup=False)
    if installer:
        out.print(f"'{installer.key}' is on record now, with the role operator", markup=False)


def pull(
    registers: Annotated[
        list[str] | None, typer.Argument(metavar="REGISTER", help="All registers if left out.")
    ] = None,
    folder: FolderOption = None,
    ask: Annotated[
        list[str] | None, typer.Option("--ask", metavar="SUBJECT", help="Also read what is said about this subject.")
    ] = None,
) -> None:
    """Fetch what is new, from the web or from a folder laid out like the register extracts, and read it."""
    from flows.day import observe
    from flows.day import pull as pull_registers
    from flows.lease import hold_lease
    from indicators import identity

    with open_run_day(Permission.PULL) as day, hold_lease(day.engine):
        identity.request_subjects(day.engine, ask or [])
        pulled = pull_registers(day, extracts_folder(day.settings, folder), registers or [])
        left_out = observe(day, registers or [])
    for one in pulled:
        out.print(
            f"{one.register}: {format_count(one.documents, 'document')}, {one.new_documents} new"
            + (f"; {one.error}" if one.error else "")
        )
    for line in left_out:
        out.print(f"left out: {line}")
    if left_out or any(one.error for one in pulled):
        raise typer.Exit(3)


def observations(
    subject: Annotated[str | None, typer.Argument(help="An identifier or part of a name; all if left out.")] = None,
    as_of: AsOfOption = None,
    register: Annotated[str | None, typer.Option(help="Only this register's.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.CSV,
) -> None:
    """The ledger as known on a day, one row an observation, with the way back to its document and place."""
    from access.people import current_viewer
    from indicators import catalogue, identity
    from queries.ledger_rows import add_names, read_observations

    settings, engine = open_database()
    day, sees = parse_day_option(as_of), current_viewer(engine, settings).audiences
    if register is not None and register not in catalogue.load().registers:
        raise catalogue.UnknownRegister(
            f"unknown register '{register}'; there are {', '.join(sorted(catalogue.load().registers))}"
        )
    key = identity.find_subject(engine, subject, day) if subject else None
    found = read_observations(engine, day, audiences=sees, subject=key, register=register)
    rows = ({**row, "place": _format_place(row)} for row in add_names(engine, found, day))
    rows = ({column: row[column] for column in COLUMNS} for row in rows)
    if format_ is Format.JSON:
        print_json(list(itertools.chain(rows)))
    elif format_ in {Format.CSV, Format.TABLE}:
        print_csv(rows, COLUMNS)
    else:
        raise WrongInput(f"--format {format_} is not for this command; use csv or json")


def _format_place(row: "ObservationRow") -> str:
    line = f"line {row['line']}" if row["line"] is not None else ""
    return ", ".join(part for part in (line, str(row["place"])) if part)


def document(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of an observation, as 'explain' gives it.")],
    format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """The archived document that an observation was read from, at the place, and where the file is."""
    from access.people import current_viewer
    from queries.documents import find_document
    from queries.value_text import figure_value, format_exact_amount

    if format_ is Format.CSV:
        raise WrongInput(f"--format {format_} is not for this command; use text or json")
    settings, engine = open_database()
    sees = current_viewer(engine, settings).audiences
    found = find_document(engine, settings.archive_folder, number, parse_day_option(None), audiences=sees)
    if format_ is Format.JSON:
        print_json(found.as_json())
        return
    figure = found.figure
    name, key = figure["subject_name"], figure["subject"]
    whose = f"{name} ({key})" if name != key else key
    about = f" on {figure['period_end']}" if figure["period_end"] else ""
    out.print(f"{whose}: {figure['title']}{about}: {figure_value(figure, format_exact_amount)}", markup=False)
    out.print(f"document  {figure['document']}, {_format_place(figure)}", markup=False)
    out.print(f"address   {figure['address']}, fetched {figure['fetched_at']}", markup=False)
    out.print(f"file      {found.path}", markup=False)
    if found.excerpt.problem:
        out.print(f"not shown: {found.excerpt.problem}", markup=False)
    width = max((len(line.label) for line in found.excerpt.lines), default=0)
    for line in found.excerpt.lines:
        out.print(f"{'>' if line.is_fact else ' '} {line.label:<{width}}  {line.text}", markup=False)


def withdraw(
    target: Annotated[
        str, typer.Argument(metavar="SNAPSHOT|SUBJECT", help="A SHA-256 (or its start) or an identifier.")
    ],
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")],
    delete_bytes: Annotated[bool, typer.Option(help="Also delete the document itself.")] = False,
) -> None:
    """Retract all that a document said, or that is said about a subject; a tombstone stays."""
    from flows.lease import hold_lease
    from indicators.ledger.corrections import withdraw as withdraw_rows

    if not reason.strip():
        raise WrongInput("--reason is empty; say why, it is what a later reader will find")
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
    out.print(f"{retracted} rows retracted; score the day again to see what changes")
