"""What the commands of ``continuity case`` share: who acts, days as they are written, a record in a line."""

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
    from access.people import RegisteredUser
    from access.viewer import Viewer
    from casework.reading import Record

TextOption = Annotated[
    str,
    typer.Option(
        "--text",
        metavar="TEXT",
        help="Why, in as many words as it takes. Ratings, decisions, giving up, opening again and new dates need it.",
    ),
]
EvidenceOption = Annotated[
    str | None,
    typer.Option(
        "--evidence",
        metavar="TEXT",
        help="What shows the state: a document, a visit. Met, done, given, on track, completed, lifted, carried out, "
        "tested, told and answered need it, or --word-of.",
    ),
]
WordOfOption = Annotated[
    str | None,
    typer.Option(
        "--word-of",
        metavar="PERSON|OFFICE",
        help="Who says so, where there is no evidence: an office, or a person on record.",
    ),
]
DueOption = Annotated[
    str | None, typer.Option("--due", metavar="DATE|LENGTH", help="When it is due: 2026-12-31, or '10 working days'.")
]
AboutOnOption = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="The day it is about; today if left out.")
]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="PERSON", help="Who has to see to it; you if left out.")
]
AudienceOption = Annotated[str | None, typer.Option("--audience", help="Who may see it; casework if left out.")]
RegimeOption = Annotated[str | None, typer.Option("--regime", help="The regime it falls under.")]
StateOption = Annotated[str | None, typer.Option("--state", help="The state it is in from now on.")]
DetailOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other detail of its kind.")
]


ProviderArgument = Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier or part of a name.")]
RecordArgument = Annotated[int, typer.Argument(metavar="RECORD", help="The record's number.")]


def open_as_user(permission: Permission | None = None) -> "tuple[Settings, Any, RegisteredUser]":
    """Settings, engine, and the person whom ``CONTINUITY_USER`` names.

    Args:
        permission: what the person is about to do, where that is known already.

    Raises:
        WrongInput: the database is not set up, nobody of that key is on record, or the person may not do it.
    """
    from access.people import find_permitted_user, find_user

    settings, engine = open_database()
    who = (
        find_user(engine, settings.user)
        if permission is None
        else find_permitted_user(engine, settings.user, permission)
    )
    return settings, engine, who


def open_as_viewer() -> "tuple[Settings, Any, Viewer]":
    """Settings, engine, and the reader whom ``CONTINUITY_USER`` names; somebody not on record reads what is public.

    Raises:
        WrongInput: the database is not set up.
    """
    from access.people import find_viewer

    settings, engine = open_database()
    return settings, engine, find_viewer(engine, settings.user)


def find_provider(engine: Any, text: str) -> str:
    """The identifier of the provider that the text names, as known today."""
    from indicators import identity

    return identity.find_subject(engine, text, day_in_london(now()))


def find_regime(settings: Settings, key: str | None) -> Any:
    """The regime in force today with this key; None where no key is given.

    Raises:
        WrongInput: there is none.
    """
    from regimes.schema import regimes_in_force
    from regimes.store import available_regimes

    if key is None:
        return None
    regimes = {regime.key: regime for regime in regimes_in_force(available_regimes(settings), day_in_london(now()))}
    if key not in regimes:
        raise WrongInput(f"no regime '{key}' is in force today; there are {', '.join(sorted(regimes))}")
    return regimes[key]


def parse_due_option(text: str | None, start: date | None) -> date | None:
    """A due date as it is written: a day, or a length of time from the day the entry is about.

    Raises:
        WrongInput: it is neither.
    """
    return due_dates.parse_due_date(text, start or day_in_london(now()))


def merge_details(pairs: list[str] | None, **named: object) -> dict[str, object]:
    """Details as they are given: named options that have a value, and ``KEY=VALUE`` for the rest.

    Raises:
        WrongInput: a pair has no equals sign.
    """
    details = {key: value for key, value in named.items() if value is not None}
    for pair in pairs or []:
        key, sign, value = pair.partition("=")
        if not sign:
            raise WrongInput(f"'{pair}' is not KEY=VALUE; write for example --set rating=Red")
        details[key.strip()] = value
    return details


def format_record(record: "Record") -> str:
    """A record in a line: number, kind, what it is, how it stands, by when, whose."""
    entry = record.newest_entry
    due = f", due {entry.due_on}" if entry.due_on and record.is_waiting else ""
    return (
        f"{record.number} {entry.kind}: {entry.summary} - {entry.state}{due} "
        f"(owner {entry.owner}, seen by {entry.audience})"
    )


def print_record(record: "Record") -> None:
    """Print a record in a line."""
    out.print(format_record(record), markup=False)


def open_record(
    kind: str,
    provider: str | None = None,
    *,
    due: str | None = None,
    on: str | None = None,
    regime: str | None = None,
    text: str = "",
    **more: Any,
) -> None:
    """Open a record as the options say, and print it."""
    from casework.kinds import find_kind
    from casework.writing import case_writer

    settings, engine, author = open_as_user(Permission.for_kind(find_kind(kind).key))
    about_on = parse_day(on)
    with case_writer(engine, author, now=now()) as book:
        record = book.open_record(
            kind,
            find_provider(engine, provider) if provider else "",
            about_on=about_on,
            due_on=parse_due_option(due, about_on),
            regime=regime and find_regime(settings, regime).key,
            rationale=text,
            **more,
        )
    print_record(record)


def change_record(number: int, *, due: str | None = None, on: str | None = None, text: str = "", **more: Any) -> None:
    """Enter what has become of a record as the options say, and print it."""
    from casework.writing import case_writer

    _, engine, author = open_as_user()
    about_on = parse_day(on)
    with case_writer(engine, author, now=now()) as book:
        due_on = parse_due_option(due, about_on)
        print_record(book.change_record(number, about_on=about_on, due_on=due_on, rationale=text, **more))
