"""Commands that read casework: list, show, due, lapsed."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from cli.case_options import RecordArgument, find_provider, open_as_viewer
from cli.common import AsOfOption, Format, now, out, parse_day_option, print_json
from models.vocabulary import day_in_london
from settings import WrongInput
from text.english import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Engine

    from casework.clocks import RunningClock
    from casework.reading import Entry, Record
    from casework.stages import StageComparison

FormatOption = Annotated[Format, typer.Option("--format", help="table or json.")]
PersonOption = Annotated[str | None, typer.Option("--person", help="Only clocks of this user.")]
ProviderOption = Annotated[str | None, typer.Option("--provider", help="Only clocks about this provider.")]
DUE_COLUMNS = ("due", "days", "owner", "provider", "name", "record", "what", "pace")
DAYS = 30  # that 'case due' looks ahead


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="list")(list_)
    for command in (show, due, lapsed):
        app.command()(command)


def list_(
    provider: Annotated[
        str | None,
        typer.Argument(metavar="PROVIDER", help="An identifier, or part of a name; all providers if left out."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of record.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also closed records.")] = False,
    as_of: AsOfOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """List the records that you may see, as they stood on a day."""
    from casework.kinds import find_kind
    from casework.reading import list_records

    _, engine, viewer = open_as_viewer()
    kinds = [find_kind(kind).key] if kind else []
    key = find_provider(engine, provider) if provider else None
    day = parse_day_option(as_of)
    records = list_records(engine, viewer, day=day, provider=key, kinds=kinds)
    records = [record for record in records if everything or record.is_open]
    names = _provider_names(engine, (record.first_entry.provider for record in records))
    if _check_is_json(format_):
        print_json([_record_json(record, names, day) for record in records])
        return
    columns = ("record", "provider", "name", "kind", "what", "state", "due", "owner")
    print_table(columns, (_record_cells(record, names, day) for record in records))


def show(number: RecordArgument, as_of: AsOfOption = None, format_: FormatOption = Format.TABLE) -> None:
    """Show a record with its history, oldest entry first."""
    from casework.clocks import milestone_pace
    from casework.reading import describe_entry_changes, find_record

    _, engine, viewer = open_as_viewer()
    day = parse_day_option(as_of)
    record = find_record(engine, viewer, number, day=day)
    names = _provider_names(engine, [record.first_entry.provider])
    if _check_is_json(format_):
        print_json(_record_json(record, names, day) | {"entries": [_entry_json(entry) for entry in record.entries]})
        return
    first = record.first_entry
    name = names.get(first.provider)
    provider = f"{name} ({first.provider})" if name else first.provider
    under = f" under {first.regime}" if first.regime else ""
    part = f", part of {first.part_of}" if first.part_of else ""
    out.print(f"{first.kind} {number} about {provider}{under}{part}, seen by {first.audience}", markup=False)
    out.print(f"{record.newest_entry.summary}: {_format_state(record, day)}", markup=False)
    if pace := milestone_pace(record, day):
        out.print(f"{pace.percent_done} % done, {pace.summary}", markup=False)
    before: Entry | None = None
    for entry in record.entries:
        about = "" if entry.about_on == entry.entered_on else f", about {entry.about_on}"
        out.print(f"{entry.entered_on}  {entry.author}{about}: {describe_entry_changes(entry, before)}", markup=False)
        for text in entry.rationale.splitlines():
            out.print(f"    {text}", markup=False)
        before = entry


def due(
    person: PersonOption = None,
    provider: ProviderOption = None,
    days: Annotated[int, typer.Option(min=0, help="How many days to look ahead.")] = DAYS,
    as_of: AsOfOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """List the clocks that are due in the next days. Milestones have their pace."""
    from casework import clocks

    day = parse_day_option(as_of)
    engine, records = _read_provider_records(provider, day)
    due_clocks = [
        clock
        for clock in clocks.find_due_clocks(records, day, until=day + timedelta(days=days))
        if _is_owned_by(clock, person)
    ]
    overdue_clocks = [clock for clock in clocks.find_overdue_clocks(records, day) if _is_owned_by(clock, person)]
    late_share = clocks.late_milestone_share(records)
    names = _provider_names(engine, (clock.provider for clock in due_clocks))
    if _check_is_json(format_):
        due_json = [_clock_json(clock, day, names) for clock in due_clocks]
        print_json({"day": day, "due": due_json, "lapsed": len(overdue_clocks), "late_share": late_share})
        return
    print_table(DUE_COLUMNS, (_due_cells(clock, day, names) for clock in due_clocks))
    if overdue_clocks:
        out.print(f"{len(overdue_clocks)} overdue; 'continuity case lapsed' lists them")
    if late_share is not None:
        out.print(f"{late_share:.0%} of the milestones closed so far were late")


def lapsed(
    person: PersonOption = None,
    provider: ProviderOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """List the overdue clocks. Their due date has passed and nobody has entered an outcome."""
    from casework import clocks

    day = parse_day_option(as_of)
    engine, records = _read_provider_records(provider, day)
    overdue_clocks = [clock for clock in clocks.find_overdue_clocks(records, day) if _is_owned_by(clock, person)]
    names = _provider_names(engine, (clock.provider for clock in overdue_clocks))
    if _check_is_json(format_):
        print_json({"day": day, "lapsed": [_clock_json(clock, day, names) for clock in overdue_clocks]})
        return
    print_table(DUE_COLUMNS, (_due_cells(clock, day, names) for clock in overdue_clocks))


def print_stages(stages: "Sequence[StageComparison]") -> None:
    """Print the recommended and the confirmed stage, one line for each regime."""
    for comparison in stages:
        advice, confirmation = comparison.recommendation, comparison.confirmation
        recommended = f"{advice.stage or 'none'} ({advice.day})" if advice else "not assessed"
        entry = confirmation.newest_entry if confirmation else None
        confirmed = f"{entry.details['stage']} ({entry.about_on}, by {entry.author})" if entry else "none"
        difference = "; they differ" if comparison.is_unconfirmed else ""
        out.print(f"{comparison.regime}: recommended {recommended}, confirmed {confirmed}{difference}", markup=False)
    if not stages:
        out.print("no stage is recommended or confirmed for this provider")


def _read_provider_records(provider: str | None, day: "date") -> "tuple[Engine, list[Record]]":
    from casework.reading import list_records

    _, engine, viewer = open_as_viewer()
    key = find_provider(engine, provider) if provider else None
    return engine, list_records(engine, viewer, day=day, provider=key)


def _provider_names(engine: "Engine", providers: "Iterable[str]") -> dict[str, str]:
    """Identifier to name as known today."""
    from indicators.names import read_names
    from models.database import read_session

    with read_session(engine) as session:
        return read_names(session, providers, day_in_london(now()))


def _is_owned_by(clock: "RunningClock", person: str | None) -> bool:
    return person is None or clock.owner == person


def _check_is_json(format_: Format) -> bool:
    if format_ not in {Format.JSON, Format.TABLE}:
        raise WrongInput(f"--format {format_} does not fit this command; use table or json")
    return format_ is Format.JSON


def print_table(columns: "Sequence[str]", rows: "Iterable[Sequence[str]]") -> None:
    """Print rows under a heading, or a note that there are none."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_escape_markup(cell) for cell in row))
    out.print(table if table.row_count else "no entries")


def _escape_markup(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _format_state(record: "Record", day: "date") -> str:
    """The state of a record, and whether an override is past its last day."""
    from casework.stages import has_run_out

    return f"{record.state}, has run out" if has_run_out(record, day) else record.state


def _record_cells(record: "Record", names: "Mapping[str, str]", day: "date") -> tuple[str, ...]:
    entry, number = record.newest_entry, str(record.number)
    due, name = str(entry.due_on or "") if record.is_waiting else "", names.get(entry.provider, "")
    return (number, entry.provider, name, entry.kind, entry.summary, _format_state(record, day), due, entry.owner)


def _due_cells(clock: "RunningClock", day: "date", names: "Mapping[str, str]") -> tuple[str, ...]:
    from casework.clocks import milestone_pace

    entry, pace, extensions = clock.record.newest_entry, milestone_pace(clock.record, day), len(clock.extensions)
    extended = f", extended {format_count(extensions, 'time')}" if extensions else ""
    what = f"{entry.kind}: {entry.summary} ({entry.state}){extended}"
    return (
        str(clock.due_on),
        str(clock.days_left(day)),
        clock.owner,
        clock.provider,
        names.get(clock.provider, ""),
        str(clock.record.number),
        what,
        pace.summary if pace else "",
    )


def _record_json(record: "Record", names: "Mapping[str, str]", day: "date") -> dict[str, Any]:
    from casework.stages import has_run_out

    entry = record.newest_entry
    return {
        "record": record.number,
        "provider": entry.provider,
        "name": names.get(entry.provider, entry.provider),
        "regime": entry.regime,
        "kind": entry.kind,
        "part_of": entry.part_of,
        "what": entry.summary,
        "state": entry.state,
        "is_open": record.is_open,
        "has_run_out": has_run_out(record, day),
        "opened_on": record.first_entry.about_on,
        "about_on": entry.about_on,
        "due_on": entry.due_on,
        "owner": entry.owner,
        "audience": entry.audience,
        "details": entry.details,
    }


def _entry_json(entry: "Entry") -> dict[str, Any]:
    return {
        "entry": entry.id,
        "entered_at": entry.entered_at.isoformat(),
        "author": entry.author,
        "state": entry.state,
        "about_on": entry.about_on,
        "due_on": entry.due_on,
        "owner": entry.owner,
        "rationale": entry.rationale,
        "details": entry.details,
    }


def _clock_json(clock: "RunningClock", day: "date", names: "Mapping[str, str]") -> dict[str, Any]:
    from casework.clocks import first_due_on, milestone_pace

    pace = milestone_pace(clock.record, day)
    return _record_json(clock.record, names, day) | {
        "days_left": clock.days_left(day),
        "first_due_on": first_due_on(clock.record),
        "extensions": len(clock.extensions),
        "days_late_at_this_pace": pace.days_late if pace else None,
    }
