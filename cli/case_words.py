"""What the commands of ``continuity case`` share: who acts, days as they are written, a record in a line."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework import written
from casework.rights import Act
from casework.written import day_of
from cli.common import now, out, ready
from models.vocabulary import day_in_london
from settings import Settings, WrongInput

if TYPE_CHECKING:
    from casework.book import Record
    from casework.people import Person, Viewer

Text = Annotated[
    str,
    typer.Option(
        "--text",
        metavar="TEXT",
        help="Why, in as many words as it takes. Ratings, decisions, giving up, opening again and new dates need it.",
    ),
]
Evidence = Annotated[
    str | None,
    typer.Option(
        "--evidence",
        metavar="TEXT",
        help="What shows the state: a document, a visit. Met, done, given, on track, completed, lifted, carried out, "
        "tested, told and answered need it, or --word-of.",
    ),
]
WordOf = Annotated[
    str | None,
    typer.Option(
        "--word-of",
        metavar="PERSON|OFFICE",
        help="Who says so, where there is no evidence: an office, or a person on record.",
    ),
]
Due = Annotated[
    str | None, typer.Option("--due", metavar="DATE|LENGTH", help="When it is due: 2026-12-31, or '10 working days'.")
]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day it is about; today if left out.")]
Owner = Annotated[str | None, typer.Option("--owner", metavar="PERSON", help="Who has to see to it; you if left out.")]
Audience = Annotated[str | None, typer.Option("--audience", help="Who may see it; casework if left out.")]
RegimeKey = Annotated[str | None, typer.Option("--regime", help="The regime it falls under.")]
State = Annotated[str | None, typer.Option("--state", help="The state it is in from now on.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other detail of its kind.")]


Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier or part of a name.")]
Number = Annotated[int, typer.Argument(metavar="RECORD", help="The record's number.")]


def acting(act: Act | None = None) -> "tuple[Settings, Any, Person]":
    """Settings, engine, and the person whom ``CONTINUITY_USER`` names.

    Args:
        act: what the person is about to do, where that is known already.

    Raises:
        WrongInput: the database is not set up, nobody of that key is on record, or the person may not do it.
    """
    from casework.people import allowed, person

    settings, engine = ready()
    who = person(engine, settings.user) if act is None else allowed(engine, settings.user, act)
    return settings, engine, who


def reading_as() -> "tuple[Settings, Any, Viewer]":
    """Settings, engine, and the reader whom ``CONTINUITY_USER`` names; somebody not on record reads what is public.

    Raises:
        WrongInput: the database is not set up.
    """
    from casework.people import viewer

    settings, engine = ready()
    return settings, engine, viewer(engine, settings.user)


def provider_of(engine: Any, text: str) -> str:
    """The identifier of the provider that the text names, as known today."""
    from indicators import identity

    return identity.find(engine, text, day_in_london(now()))


def regime_of(settings: Settings, key: str | None) -> Any:
    """The regime in force today with this key; None where no key is given.

    Raises:
        WrongInput: there is none.
    """
    from regimes.schema import in_force
    from regimes.store import available

    if key is None:
        return None
    regimes = {regime.key: regime for regime in in_force(available(settings), day_in_london(now()))}
    if key not in regimes:
        raise WrongInput(f"no regime '{key}' is in force today; there are {', '.join(sorted(regimes))}")
    return regimes[key]


def due_of(text: str | None, start: date | None) -> date | None:
    """A due date as it is written: a day, or a length of time from the day the entry is about.

    Raises:
        WrongInput: it is neither.
    """
    return written.due_of(text, start or day_in_london(now()))


def details_of(pairs: list[str] | None, **named: object) -> dict[str, object]:
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


def line(record: "Record") -> str:
    """A record in a line: number, kind, what it is, how it stands, by when, whose."""
    entry = record.newest
    due = f", due {entry.due_on}" if entry.due_on and record.is_waiting else ""
    return (
        f"{record.number} {entry.kind}: {entry.words} - {entry.state}{due} "
        f"(owner {entry.owner}, seen by {entry.audience})"
    )


def show(record: "Record") -> None:
    """Print a record in a line."""
    out.print(line(record), markup=False)


def open_record(kind: str, provider: str | None = None, *, due: str | None = None, on: str | None = None,
          regime: str | None = None, text: str = "", **more: Any) -> None:  # fmt: skip
    """Open a record as the options say, and print it."""
    from casework.pen import pen
    from casework.records import kind_of

    settings, engine, author = acting(Act.of_kind(kind_of(kind).key))
    about_on = day_of(on)
    with pen(engine, author, now=now()) as book:
        record = book.open(
            kind, provider_of(engine, provider) if provider else "", about_on=about_on, due_on=due_of(due, about_on),
            regime=regime and regime_of(settings, regime).key, rationale=text, **more,
        )  # fmt: skip
    show(record)


def change_record(number: int, *, due: str | None = None, on: str | None = None, text: str = "", **more: Any) -> None:
    """Enter what has become of a record as the options say, and print it."""
    from casework.pen import pen

    _, engine, author = acting()
    about_on = day_of(on)
    with pen(engine, author, now=now()) as book:
        due_on = due_of(due, about_on)
        show(book.change(number, about_on=about_on, due_on=due_on, rationale=text, **more))
