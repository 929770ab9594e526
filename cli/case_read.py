"""Commands that read casework: list, show, due, lapsed; and the persons on record."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from access.permissions import Permission, Role
from cli.case_options import RecordArgument, find_provider, open_as_user, open_as_viewer
from cli.common import AsOfOption, Format, now, out, parse_day_option, print_json
from models.vocabulary import day_in_london
from settings import WrongInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Engine

    from access.people import RoleChange
    from casework.clocks import RunningClock
    from casework.reading import Record
    from casework.stages import StageComparison

FormatOption = Annotated[Format, typer.Option("--format", help="table or json.")]
PersonOption = Annotated[str | None, typer.Option("--person", help="Only what this person has to see to.")]
ProviderOption = Annotated[str | None, typer.Option("--provider", help="Only about this provider.")]
DUE_COLUMNS = ("due", "days", "owner", "provider", "name", "record", "what", "pace")
DAYS = 30  # looked ahead by 'case due'


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="list")(list_)
    for command in (show, due, lapsed, person):
        app.command()(command)


def list_(
    provider: Annotated[str | None, typer.Argument(metavar="PROVIDER", help="All providers if left out.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of record.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed records too.")] = False,
    as_of: AsOfOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """The records you may see, as they stood on a day."""
    from casework.kinds import find_kind
    from casework.reading import list_records

    _, engine, viewer = open_as_viewer()
    kinds = [find_kind(kind).key] if kind else []
    key = find_provider(engine, provider) if provider else None
    day = parse_day_option(as_of)
    found = list_records(engine, viewer, day=day, provider=key, kinds=kinds)
    shown = [one for one in found if everything or one.is_open]
    names = _provider_names(engine, (one.first_entry.provider for one in shown))
    if _check_is_json(format_):
        print_json([_record_json(one, names, day) for one in shown])
        return
    columns = ("record", "provider", "name", "kind", "what", "state", "due", "owner")
    _print_table(columns, (_record_cells(one, names, day) for one in shown))


def show(number: RecordArgument, as_of: AsOfOption = None, format_: FormatOption = Format.TABLE) -> None:
    """A record and its whole history as a timeline."""
    from casework.clocks import milestone_pace
    from casework.reading import describe_entry_changes, find_record

    _, engine, viewer = open_as_viewer()
    day = parse_day_option(as_of)
    found = find_record(engine, viewer, number, day=day)
    names = _provider_names(engine, [found.first_entry.provider])
    if _check_is_json(format_):
        print_json(_record_json(found, names, day) | {"entries": [_entry_json(entry) for entry in found.entries]})
        return
    first = found.first_entry
    name = names.get(first.provider)
    whose = f"{name} ({first.provider})" if name else first.provider
    under = f" under {first.regime}" if first.regime else ""
    part = f", part of {first.part_of}" if first.part_of else ""
    out.print(f"{first.kind} {number} about {whose}{under}{part}, seen by {first.audience}", markup=False)
    out.print(f"{found.newest_entry.summary}: {_format_state(found, day)}", markup=False)
    if forecast := milestone_pace(found, day):
        out.print(f"{forecast.percent_done} % done, {forecast.summary}", markup=False)
    before: Any = None
    for entry in found.entries:
        about = "" if entry.about_on == entry.entered_on else f", about {entry.about_on}"
        out.print(f"{entry.entered_on}  {entry.author}{about}: {describe_entry_changes(entry, before)}", markup=False)
        for text in entry.rationale.splitlines():
            out.print(f"    {text}", markup=False)
        before = entry


def due(
    person: PersonOption = None,
    provider: ProviderOption = None,
    days: Annotated[int, typer.Option(min=0, help="How far ahead.")] = DAYS,
    as_of: AsOfOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """The calendar: what is due, by whom; milestones with their pace."""
    from casework import clocks

    day = parse_day_option(as_of)
    engine, found = _read_provider_records(provider, day)
    running = [
        clock
        for clock in clocks.find_due_clocks(found, day, until=day + timedelta(days=days))
        if _is_owned_by(clock, person)
    ]
    late = [clock for clock in clocks.find_overdue_clocks(found, day) if _is_owned_by(clock, person)]
    chance = clocks.late_milestone_share(found)
    names = _provider_names(engine, (one.provider for one in running))
    if _check_is_json(format_):
        due_json = [_clock_json(one, day, names) for one in running]
        print_json({"day": day, "due": due_json, "lapsed": len(late), "late_share": chance})
        return
    _print_table(DUE_COLUMNS, (_due_cells(one, day, names) for one in running))
    if late:
        out.print(f"{len(late)} lapsed: continuity case lapsed")
    if chance is not None:
        out.print(f"{chance:.0%} of the milestones closed so far were late")


def lapsed(
    person: PersonOption = None,
    provider: ProviderOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """What has passed its date and nobody has acted on; it stays until somebody does."""
    from casework import clocks

    day = parse_day_option(as_of)
    engine, found = _read_provider_records(provider, day)
    late = [clock for clock in clocks.find_overdue_clocks(found, day) if _is_owned_by(clock, person)]
    names = _provider_names(engine, (one.provider for one in late))
    if _check_is_json(format_):
        print_json({"day": day, "lapsed": [_clock_json(one, day, names) for one in late]})
        return
    _print_table(DUE_COLUMNS, (_due_cells(one, day, names) for one in late))


def person(
    action: Annotated[str, typer.Argument(metavar="add|list", help="Add (or change) a person, or list them.")],
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="What CONTINUITY_USER names.")] = None,
    *,
    name: Annotated[str | None, typer.Option(help="For people to read.")] = None,
    roles: Annotated[str | None, typer.Option(help=f"What they may do, of: {', '.join(Role)}.")] = None,
    audiences: Annotated[str | None, typer.Option(help="Whose records they see and write: casework, ...")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="With list: every change of roles and audiences, who entered it, when.")
    ] = False,
) -> None:
    """Persons on record: what each may do and see."""
    from access import people

    _, engine, author = open_as_user(Permission.MANAGE_USERS if action == "add" else None)
    if action == "add" and key:
        added = people.add_user(
            engine, key, author=author, now=now(), name=name, roles=_split_list(roles), audiences=_split_list(audiences)
        )
        found = [added]
    elif action == "list" and history:
        changes = people.list_role_changes(engine, key)
        _print_table(("entered", "person", "by", "what", "was", "is"), (_change_cells(change) for change in changes))
        return
    elif action == "list" and key is None:
        found = people.list_users(engine)
    else:
        raise WrongInput("write 'continuity case person add KEY' or 'continuity case person list [KEY --history]'")
    rows = ((one.key, one.name, ", ".join(sorted(one.roles)), ", ".join(sorted(one.audiences))) for one in found)
    _print_table(("person", "name", "roles", "audiences"), rows)


def _change_cells(change: "RoleChange") -> tuple[str, ...]:
    was, is_ = (", ".join(words) or "none" for words in (change.old, change.new))
    return (
        f"{change.entered_at:%Y-%m-%d %H:%M}",
        change.person,
        change.author or "the service",
        change.changed_field,
        was,
        is_,
    )


def print_stages(stages: "Sequence[StageComparison]") -> None:
    """The stage recommended and the stage confirmed, one line for each regime."""
    for one in stages:
        says = (
            f"{one.recommendation.stage or 'none'} ({one.recommendation.day})" if one.recommendation else "not assessed"
        )
        has = one.confirmation.newest_entry if one.confirmation else None
        confirmed = f"{has.details['stage']} ({has.about_on}, by {has.author})" if has else "none"
        differs = "; they differ" if one.is_unconfirmed else ""
        out.print(f"{one.regime}: recommended {says}, confirmed {confirmed}{differs}", markup=False)
    if not stages:
        out.print("no stage is recommended or confirmed")


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
        raise WrongInput(f"--format {format_} is not for this command; use table or json")
    return format_ is Format.JSON


def _split_list(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _print_table(columns: "Sequence[str]", rows: "Iterable[Sequence[str]]") -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_escape_markup(cell) for cell in row))
    out.print(table if table.row_count else "nothing")


def _escape_markup(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _format_state(one: "Record", day: "date") -> str:
    """The state of a record; of an override also that its last day has passed."""
    from casework.stages import has_run_out

    return f"{one.state}, has run out" if has_run_out(one, day) else one.state


def _record_cells(one: "Record", names: "Mapping[str, str]", day: "date") -> tuple[str, ...]:
    entry = one.newest_entry
    due, name = str(entry.due_on or "") if one.is_waiting else "", names.get(entry.provider, "")
    return (str(one.number), entry.provider, name, entry.kind, entry.summary, _format_state(one, day), due, entry.owner)


def _due_cells(clock: "RunningClock", day: "date", names: "Mapping[str, str]") -> tuple[str, ...]:
    from casework.clocks import milestone_pace

    entry, forecast, extended = clock.record.newest_entry, milestone_pace(clock.record, day), len(clock.extensions)
    what = f"{entry.kind}: {entry.summary} ({entry.state})" + (f", extended {extended}x" if extended else "")
    return (
        str(clock.due_on),
        str(clock.days_left(day)),
        clock.owner,
        clock.provider,
        names.get(clock.provider, ""),
        str(clock.record.number),
        what,
        forecast.summary if forecast else "",
    )


def _record_json(one: "Record", names: "Mapping[str, str]", day: "date") -> dict[str, Any]:
    from casework.stages import has_run_out

    entry = one.newest_entry
    return {
        "record": one.number,
        "provider": entry.provider,
        "name": names.get(entry.provider, entry.provider),
        "regime": entry.regime,
        "kind": entry.kind,
        "part_of": entry.part_of,
        "what": entry.summary,
        "state": entry.state,
        "is_open": one.is_open,
        "has_run_out": has_run_out(one, day),
        "opened_on": one.first_entry.about_on,
        "about_on": entry.about_on,
        "due_on": entry.due_on,
        "owner": entry.owner,
        "audience": entry.audience,
        "details": entry.details,
    }


def _entry_json(entry: Any) -> dict[str, Any]:
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

    forecast = milestone_pace(clock.record, day)
    return _record_json(clock.record, names, day) | {
        "days_left": clock.days_left(day),
        "first_due_on": first_due_on(clock.record),
        "extensions": len(clock.extensions),
        "days_late_at_this_pace": forecast.days_late if forecast else None,
    }
