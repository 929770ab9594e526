"""Commands about escalations and messages: list, send, why, policy. Actions are in ``alerts_actions.py``."""

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
    from alerts.decide import EscalationState
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
HEADINGS = {"in_hand": "acknowledged by"}  # of columns whose key does not read well
MOST_MESSAGES = 20  # that the table shows
MESSAGE = ("id", "channel", "status", "attempts", "subject", "last_error")

app = typer.Typer(help="Escalations, actions on them, and messages.", rich_markup_mode=None)
alerts_actions.register(app)


@app.command(name="list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also closed escalations.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """List the open escalations, worst first, and messages."""
    from sqlalchemy import select

    from access.people import current_viewer
    from alerts.escalation.acknowledgements import read_acknowledgements
    from alerts.escalation.entries import read_caused_changes
    from alerts.escalation.state_changes import stored_state
    from alerts.escalation.visible_escalations import visible_escalations, visible_messages
    from indicators.names import read_names
    from models.alerting import Escalation
    from models.database import read_session, table_of
    from models.subjects import Subject

    settings, engine = open_database()
    reader = current_viewer(engine, settings)
    e, subject = table_of(Escalation).c, table_of(Subject).c
    statement = (
        select(table_of(Escalation), e.run_id.label("changed_by"), subject.key)
        .join_from(table_of(Escalation), table_of(Subject), subject.id == e.provider_id)
        .order_by(e.opened_on.desc(), subject.key, e.regime)
    )
    with read_session(engine) as session:
        rows = session.execute(statement if everything else statement.where(e.closed_on.is_(None))).all()
        known = visible_escalations(session, reader.audiences, [row.id for row in rows])
        rows = [row for row in rows if row.id not in known or known[row.id].is_listed(row.closed_on is not None)]
        acknowledged = (
            read_acknowledgements(session, [row.id for row in rows], known) if reader.may_read_actions else {}
        )
        caused = read_caused_changes(session, [row.id for row in rows])
        messages = visible_messages(session, reader)
        names = read_names(session, {row.key for row in rows}, day_in_london(now()))
    today = day_in_london(now())
    escalations = []
    for row in rows:
        state = known[row.id].state if row.id in known else stored_state(row, row.level)
        changes = known[row.id].caused_changes if row.id in known else caused.get(row.id, [])
        plain = _escalation_json(row, state, acknowledged.get(row.id), changes, today)
        escalations.append({"name": names.get(row.key, row.key)} | plain)
    escalations.sort(key=lambda escalation: -Level(escalation["level"]).rank)  # stable: newest first within a level
    if format_ is Format.JSON:
        print_json(
            {"escalations": escalations, "messages": [{key: getattr(row, key) for key in MESSAGE} for row in messages]}
        )
        return
    if format_ is not Format.TABLE:
        raise WrongInput(f"--format {format_} does not fit this command; use table or json")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(HEADINGS.get(column) or column.removesuffix("_on"))
    for plain in escalations:
        owner = plain["in_hand"] or (f"nobody; was: {plain['was_in_hand']}" if plain["was_in_hand"] else "")
        cells = {**plain, "cause": ", ".join(plain["causes"]), "in_hand": owner}
        table.add_row(*(escape(str(cells[column] or "")) for column in COLUMNS))
    out.print(table)
    if not reader.may_read_actions:
        out.print("Actions on escalations are not public.")
    for row in messages[:MOST_MESSAGES]:
        out.print(f"M-{row.id} {row.status} by {row.channel}: {row.subject} {row.last_error}".rstrip(), markup=False)
    if len(messages) > MOST_MESSAGES:
        out.print(f"{MOST_MESSAGES} of {len(messages):,} messages shown, newest first; --format json gives all")


def _escalation_json(row: Any, state: "EscalationState", taken: Any, changes: list[Any], today: date) -> dict[str, Any]:
    """An escalation as JSON, in the state that the reader may see.

    The acknowledgement is as of today: it ends on its last day, whichever day was scored last.
    """
    is_open, level = state.closed_on is None, Level(state.level)
    return {
        "provider": row.key,
        "regime": row.regime,
        "level": str(state.level),
        "episode": row.episode,
        "opened_on": str(state.opened_on),
        "changed_on": str(state.changed_on),
        "closed_on": state.closed_on.isoformat() if state.closed_on else None,
        "reason": str(state.last_reason),
        "number": row.id,
        "causes": changes[-1].causes.ordered_causes if changes else [],
        "in_hand": taken.text_in_force(level, today) if taken is not None and is_open else "",
        "was_in_hand": taken.text_after_expiry(level, today) if taken is not None and is_open else "",
    }


@app.command()
def send() -> None:
    """Send the messages that wait in the outbox."""
    from flows import day as steps
    from flows.lease import hold_lease

    with open_run_day(Permission.SEND) as day, hold_lease(day.engine):
        result = steps.send(day)
    out.print(result.describe(), markup=False)
    if not result.is_complete:
        raise typer.Exit(3)


@app.command()
def why(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier, or part of a name.")],
    to: Annotated[str | None, typer.Option("--to", metavar="RECIPIENT", help="Only this recipient.")] = None,
    as_of: AsOfOption = None,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Explain why each recipient was notified, or why not."""
    from access.people import current_viewer
    from indicators import identity
    from indicators.names import read_names
    from models.database import read_session
    from queries.why_told import explain_notifications

    settings, engine = open_database()
    day = parse_day_option(as_of)
    key = identity.find_subject(engine, provider, day)
    run_day, answers = explain_notifications(engine, key, day, viewer=current_viewer(engine, settings))
    if to is not None:
        known = sorted({answer.recipient for answer in answers})
        answers = [answer for answer in answers if answer.recipient == to]
        if not answers:
            raise WrongInput(f"the policy of {run_day} has no recipient '{to}'; choose one of: {', '.join(known)}")
    with read_session(engine) as session:
        name = read_names(session, [key], day).get(key, key)
    titles = regime_titles(settings)
    if format_ is Format.JSON:
        print_json({"provider": key, "name": name, "told_on": run_day, "answers": [vars(answer) for answer in answers]})
        return
    out.print(f"{name} ({key}), on the last day with notifications, {run_day.isoformat()}", markup=False)
    for answer in answers:
        result = "notified" if answer.was_told else f"not notified ({answer.reason.replace('_', ' ')})"
        out.print(f"{answer.title}, {titles.get(answer.regime, answer.regime)}: {result}: {answer.words}", markup=False)
        if answer.because and not answer.was_told:
            out.print(f"    last change: because {answer.because}", markup=False)
        for line in answer.told[: -1 if answer.was_told else None]:
            out.print(f"    before: {line}", markup=False)


@app.command(name="policy")
def policy_(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A policy file; the policy in use if left out.")
    ] = None,
) -> None:
    """Print the policy in sentences. A wrong policy gives exit code 2, with file and line."""
    import settings as environment
    from alerts import policy
    from alerts.policy_summary import describe_policy

    settings = environment.load()
    shown = policy.read_policy(file) if file is not None else policy.load_policy(settings)
    has_commissioners = any(recipient.commissioners for recipient in shown.recipients.values())
    notes = _commissioner_notes(shown) if has_commissioners else []
    for sentence in (*describe_policy(shown, settings.channel_urls()), *notes):
        out.print(sentence, markup=False)


def _commissioner_notes(policy: "Policy") -> list[str]:
    """The commissioners that the policy means; one note that says why if there is no database to look in."""
    from alerts.policy_check import check_commissioners
    from models.database import DatabaseUnusable, read_session

    try:
        _, engine = open_database()
    except DatabaseUnusable as error:
        return [f"The commissioners were not checked: {error}"]
    with read_session(engine) as session:
        return [
            "Commissioners:",
            *(f"  {note}." for note in check_commissioners(session, policy, parse_day_option(None))),
        ]
