"""Commands about who is told: list, send, why, policy; what people do with an escalation is in ``alerts_acts.py``."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from access.permissions import Permission
from cli import alerts_actions
from cli.common import (
    AsOfOption,
    Format,
    now,
    open_database,
    open_run_day,
    out,
    parse_day_option,
    print_json,
    regime_titles,
)
from models.vocabulary import Level, day_in_london
from settings import WrongInput

if TYPE_CHECKING:
    from alerts.policy import Policy

COLUMNS = (
    "level",
    "provider",
    "name",
    "regime",
    "episode",
    "opened_on",
    "changed_on",
    "closed_on",
    "reason",
    "cause",
    "number",
    "in_hand",
)
MOST_MESSAGES = 20  # in the table
MESSAGE = ("id", "channel", "status", "attempts", "subject", "last_error")

app = typer.Typer(help="Escalations and the outbox.", rich_markup_mode=None)
alerts_actions.register(app)


@app.command(name="list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed escalations too.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Open escalations, worst first, and how the messages stand."""
    from sqlalchemy import select

    from access.people import current_viewer
    from alerts.escalation.entries import read_caused_changes
    from alerts.escalation.visible_escalations import visible_escalations, visible_messages
    from alerts.message.provider_lines import read_acknowledgements
    from indicators.names import read_names
    from models.alerting import Escalation
    from models.database import read_session, table_of
    from models.subjects import Subject

    settings, engine = open_database()
    reader = current_viewer(engine, settings)
    e, subject = table_of(Escalation).c, table_of(Subject).c
    statement = (
        select(table_of(Escalation), subject.key)
        .join_from(table_of(Escalation), table_of(Subject), subject.id == e.provider_id)
        .order_by(e.opened_on.desc(), subject.key, e.regime)
    )
    with read_session(engine) as session:
        rows = session.execute(statement if everything else statement.where(e.closed_on.is_(None))).all()
        known = visible_escalations(session, reader.audiences, [row.id for row in rows])
        rows = [row for row in rows if row.id not in known or known[row.id].is_listed(row.closed_on is not None)]
        taken = read_acknowledgements(session, [row.id for row in rows], known) if reader.may_read_actions else {}
        caused = read_caused_changes(session, [row.id for row in rows])
        sent = visible_messages(session, reader)
        names = read_names(session, {row.key for row in rows}, day_in_london(now()))
    today = day_in_london(now())
    escalations = []
    for row in rows:
        told = known.get(row.id, row)
        changes = known[row.id].caused_changes if row.id in known else caused.get(row.id, [])
        plain = _escalation_json(row, told, taken.get(row.id), changes, today)
        escalations.append({"name": names.get(row.key, row.key)} | plain)
    escalations.sort(key=lambda one: -Level(one["level"]).rank)  # those of one level stay newest first
    if format_ is Format.JSON:
        print_json(
            {"escalations": escalations, "messages": [{key: getattr(row, key) for key in MESSAGE} for row in sent]}
        )
        return
    if format_ is not Format.TABLE:
        raise WrongInput(f"--format {format_} is not for this command; use table or json")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column.removesuffix("_on").replace("_", " "))
    for plain in escalations:
        who = plain["in_hand"] or (f"nobody; was: {plain['was_in_hand']}" if plain["was_in_hand"] else "")
        cells = {**plain, "cause": ", ".join(plain["causes"]), "in_hand": who}
        table.add_row(*(escape(str(cells[column] or "")) for column in COLUMNS))
    out.print(table)
    if not reader.may_read_actions:
        out.print("What is done about escalations is not public.")
    for row in sent[:MOST_MESSAGES]:
        out.print(f"M-{row.id} {row.status} by {row.channel}: {row.subject} {row.last_error}".rstrip(), markup=False)
    if len(sent) > MOST_MESSAGES:
        out.print(f"the newest {MOST_MESSAGES} of {len(sent):,} messages; --format json has all")


def _escalation_json(row: Any, told: Any, taken: Any, changes: list[Any], today: date) -> dict[str, Any]:
    """An escalation; what of it may not be known to everybody is as ``told``.

    Who has it in hand is said as of today: an acknowledgement whose last day has passed is over, whatever was scored.
    """
    is_open, level = told.closed_on is None, Level(told.level)
    return {
        "provider": row.key,
        "regime": row.regime,
        "level": str(told.level),
        "episode": row.episode,
        "opened_on": told.opened_on.isoformat(),
        "changed_on": told.changed_on.isoformat(),
        "closed_on": told.closed_on.isoformat() if told.closed_on else None,
        "reason": told.reason,
        "number": row.id,
        "causes": changes[-1].causes.ordered_causes if changes else [],
        "in_hand": taken.text_in_force(level, today) if taken is not None and is_open else "",
        "was_in_hand": taken.text_after_expiry(level, today) if taken is not None and is_open else "",
    }


@app.command()
def send() -> None:
    """Send what waits in the outbox now."""
    from flows import day as steps
    from flows.lease import hold_lease

    with open_run_day(Permission.SEND) as day, hold_lease(day.engine):
        sent = steps.send(day)
    out.print(sent.describe(), markup=False)
    if not sent.is_complete:
        raise typer.Exit(3)


@app.command()
def why(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier or part of a name.")],
    to: Annotated[str | None, typer.Option("--to", metavar="RECIPIENT", help="Only this recipient.")] = None,
    as_of: AsOfOption = None,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Why each recipient was told of a provider, or was not."""
    from access.people import current_viewer
    from indicators import identity
    from indicators.names import read_names
    from models.database import read_session
    from queries.why_told import explain_notifications as answers_about

    settings, engine = open_database()
    day = parse_day_option(as_of)
    key = identity.find_subject(engine, provider, day)
    told_on, answers = answers_about(engine, key, day, viewer=current_viewer(engine, settings))
    if to is not None:
        known = sorted({answer.recipient for answer in answers})
        answers = [answer for answer in answers if answer.recipient == to]
        if not answers:
            raise WrongInput(f"no recipient '{to}' in the policy of {told_on}; there are {', '.join(known)}")
    with read_session(engine) as session:
        name = read_names(session, [key], day).get(key, key)
    titles = regime_titles(settings)
    if format_ is Format.JSON:
        print_json({"provider": key, "name": name, "told_on": told_on, "answers": [vars(answer) for answer in answers]})
        return
    out.print(f"{name} ({key}), told last of {told_on.isoformat()}", markup=False)
    for answer in answers:
        said = "told" if answer.was_told else f"not told ({answer.reason.replace('_', ' ')})"
        out.print(f"{answer.title}, {titles.get(answer.regime, answer.regime)}: {said}: {answer.words}", markup=False)
        if answer.because and not answer.was_told:
            out.print(f"    its last change: because {answer.because}", markup=False)
        for line in answer.told[: -1 if answer.was_told else None]:
            out.print(f"    before: {line}", markup=False)


@app.command(name="policy")
def policy_(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Another policy than the one in use.")] = None,
) -> None:
    """The policy in sentences; exit code 2 with file and line where it is wrong."""
    import settings as environment
    from alerts import policy
    from alerts.policy_summary import describe_policy

    settings = environment.load()
    found = policy.read_policy(file) if file is not None else policy.load_policy(settings)
    notes = _commissioner_notes(found) if any(to.commissioners for to in found.recipients.values()) else []
    for sentence in (*describe_policy(found, settings.channel_urls()), *notes):
        out.print(sentence, markup=False)


def _commissioner_notes(policy: "Policy") -> list[str]:
    """Who the commissioners of the policy are; that nobody could look where there is no database yet."""
    from alerts.policy_check import check_commissioners
    from models.database import DatabaseUnusable, read_session

    try:
        _, engine = open_database()
    except DatabaseUnusable as error:
        return [f"Commissioners were not checked: {error}"]
    with read_session(engine) as session:
        return [
            "Commissioners:",
            *(f"  {note}." for note in check_commissioners(session, policy, parse_day_option(None))),
        ]
