"""Options and helpers that the commands of ``continuity case`` share."""

import inspect
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from access.permissions import Permission
from casework import due_dates
from casework.due_dates import parse_day
from cli.common import now, open_database, out
from models.vocabulary import day_in_london
from settings import Settings, WrongInput

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from access.people import RegisteredUser
    from access.viewer import Viewer
    from casework.reading import Record
    from regimes.schema import Regime

TextOption = Annotated[
    str,
    typer.Option(
        "--text",
        metavar="TEXT",
        help="The reason, in your own words. A rating, a decision, a closure and a new date need one.",
    ),
]
EvidenceOption = Annotated[
    str | None,
    typer.Option(
        "--evidence",
        metavar="TEXT",
        help="The evidence for the state: a document, a visit. Met, done, given, on track, completed, lifted, carried "
        "out, tested, told and answered need evidence, or --word-of.",
    ),
]
WordOfOption = Annotated[
    str | None,
    typer.Option(
        "--word-of",
        metavar="PERSON|OFFICE",
        help="Who says so, if there is no evidence: an office, or a registered user.",
    ),
]
DueOption = Annotated[
    str | None, typer.Option("--due", metavar="DATE|LENGTH", help="The due date: 2026-12-31, or '10 working days'.")
]
AboutOnOption = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="The day that the entry is about; today if left out.")
]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="PERSON", help="The user responsible; you if left out.")
]
AudienceOption = Annotated[str | None, typer.Option("--audience", help="Who may see it; casework if left out.")]
RegimeOption = Annotated[str | None, typer.Option("--regime", help="The key of the regime that applies.")]
StateOption = Annotated[str | None, typer.Option("--state", help="The new state.")]
DetailOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another field of this kind; may be repeated.")
]
ProviderArgument = Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier, or part of a name.")]
RecordArgument = Annotated[int, typer.Argument(metavar="RECORD", help="The number of the record.")]

_SHARED_OPTIONS: dict[str, tuple[Any, Any]] = {  # name to type and default, in the order of the help
    "evidence": (EvidenceOption, None),
    "word_of": (WordOfOption, None),
    "state": (StateOption, None),
    "text": (TextOption, ""),
    "due": (DueOption, None),
    "on": (AboutOnOption, None),
    "owner": (OwnerOption, None),
    "audience": (AudienceOption, None),
    "regime": (RegimeOption, None),
    "set_": (DetailOption, None),
}
_DETAIL_OPTIONS = ("evidence", "word_of", "set_")


def shared_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command some of the options that most commands share; the command takes them as ``**shared``."""

    def add_options(command: Callable[..., None]) -> Callable[..., None]:
        own = [
            parameter
            for parameter in inspect.signature(command).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in _SHARED_OPTIONS.items()
            if name in names
        ]
        vars(command)["__signature__"] = inspect.Signature([*own, *shared])  # read by Typer
        return command

    return add_options


def open_as_user(permission: Permission | None = None) -> "tuple[Settings, Engine, RegisteredUser]":
    """Settings, engine, and the user whom ``CONTINUITY_USER`` names.

    Args:
        permission: the permission that the command needs, if known already.

    Raises:
        WrongInput: the database is not set up, the user is not registered, or the user may not do this.
    """
    from access.people import find_permitted_user, find_user

    settings, engine = open_database()
    user = (
        find_user(engine, settings.user)
        if permission is None
        else find_permitted_user(engine, settings.user, permission)
    )
    return settings, engine, user


def open_as_viewer() -> "tuple[Settings, Engine, Viewer]":
    """Settings, engine, and the reader whom ``CONTINUITY_USER`` names; anybody not registered sees public records only.

    Raises:
        WrongInput: the database is not set up.
    """
    from access.people import find_viewer

    settings, engine = open_database()
    return settings, engine, find_viewer(engine, settings.user)


def find_provider(engine: "Engine", text: str) -> str:
    """The identifier of the provider that the text names, as known today.

    Raises:
        WrongInput: no provider, or more than one, fits the text.
    """
    from indicators import identity

    return identity.find_subject(engine, text, day_in_london(now()))


def find_regime(settings: Settings, key: str) -> "Regime":
    """The regime with this key that is in force today.

    Raises:
        WrongInput: no regime with this key is in force.
    """
    from regimes.schema import regimes_in_force
    from regimes.store import available_regimes

    regimes = {regime.key: regime for regime in regimes_in_force(available_regimes(settings), day_in_london(now()))}
    if key not in regimes:
        raise WrongInput(f"no regime '{key}' is in force today; choose one of: {', '.join(sorted(regimes))}")
    return regimes[key]


def parse_due_option(text: str | None, start: date | None) -> date | None:
    """The due date of an option: a day, or a length of time from ``start`` (today if None).

    Raises:
        WrongInput: the text is neither.
    """
    return due_dates.parse_due_date(text, start or day_in_london(now()))


def merge_details(**named: object) -> dict[str, object]:
    """The named fields that have a value."""
    return {key: value for key, value in named.items() if value is not None}


def _split_details(
    details: dict[str, object] | None, shared: dict[str, Any]
) -> tuple[dict[str, object], dict[str, Any]]:
    """The fields of a record, with those among the shared options, and the shared options that are left.

    Raises:
        WrongInput: a value of ``--set`` has no equals sign.
    """
    left = {key: value for key, value in shared.items() if key not in _DETAIL_OPTIONS}
    fields = {**(details or {}), **merge_details(evidence=shared.get("evidence"), word_of=shared.get("word_of"))}
    for pair in shared.get("set_") or []:
        key, sign, value = pair.partition("=")
        if not sign:
            raise WrongInput(f"--set {pair} has no equals sign; write KEY=VALUE, for example --set rating=Red")
        fields[key.strip()] = value
    return fields, left


def format_record(record: "Record") -> str:
    """A record in one line: number, kind, summary, state, due date, owner, audience."""
    entry = record.newest_entry
    due = f", due {entry.due_on}" if entry.due_on and record.is_waiting else ""
    return (
        f"{record.number} {entry.kind}: {entry.summary} - {entry.state}{due} "
        f"(owner {entry.owner}, seen by {entry.audience})"
    )


def print_record(record: "Record") -> None:
    """Print a record in one line."""
    out.print(format_record(record), markup=False)


def open_record(
    kind: str,
    provider: str | None = None,
    *,
    details: dict[str, object] | None = None,
    due: str | None = None,
    on: str | None = None,
    regime: str | None = None,
    text: str = "",
    **more: Any,
) -> None:
    """Open a record with the values of the options, and print it."""
    from casework.kinds import find_kind
    from casework.writing import case_writer

    settings, engine, author = open_as_user(Permission.for_kind(find_kind(kind).key))
    about_on = parse_day(on)
    fields, more = _split_details(details, more)
    with case_writer(engine, author, now=now()) as writer:
        record = writer.open_record(
            kind,
            find_provider(engine, provider) if provider else "",
            about_on=about_on,
            due_on=parse_due_option(due, about_on),
            regime=regime and find_regime(settings, regime).key,
            rationale=text,
            details=fields,
            **more,
        )
    print_record(record)


def change_record(
    number: int,
    *,
    details: dict[str, object] | None = None,
    due: str | None = None,
    on: str | None = None,
    text: str = "",
    **more: Any,
) -> None:
    """Enter a change of a record with the values of the options, and print the record."""
    from casework.writing import case_writer

    _, engine, author = open_as_user()
    about_on = parse_day(on)
    fields, more = _split_details(details, more)
    with case_writer(engine, author, now=now()) as writer:
        due_on = parse_due_option(due, about_on)
        record = writer.change_record(number, about_on=about_on, due_on=due_on, rationale=text, details=fields, **more)
        print_record(record)
