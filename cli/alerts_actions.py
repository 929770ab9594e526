"""Commands that act on escalations and show the actions on them."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from access.permissions import Permission
from casework.due_dates import parse_day
from cli.case_options import OwnerOption, RegimeOption, find_provider, open_as_user, parse_due_option
from cli.common import AsOfOption, Format, now, open_database, out, parse_day_option, print_json, regime_titles
from models.vocabulary import day_in_london
from settings import WrongInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from alerts.escalation.actions import ActionWriter, EscalationSummary

EscalationArgument = Annotated[
    str,
    typer.Argument(
        metavar="ESCALATION", help="The number of the escalation, or its provider: an identifier, or part of a name."
    ),
]
UntilOption = Annotated[
    str, typer.Option("--until", metavar="DATE|LENGTH", help="The last day: 2026-12-31, or '10 working days'.")
]
ReasonOption = Annotated[str, typer.Option("--text", metavar="TEXT", help="The reason, in your own words.")]
FormatOption = Annotated[Format, typer.Option("--format", help="table or json.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (ack, silence, unsilence, close, reopen, timeline, undone, notice):
        app.command()(command)


def ack(
    escalation: EscalationArgument,
    *,
    next_step: Annotated[str, typer.Option("--next", metavar="STEP", help="The next step.")],
    until: UntilOption,
    owner: OwnerOption = None,
    text: ReasonOption = "",
) -> None:
    """Acknowledge an escalation. Its owner acts, and further steps and reminders pause until a day."""
    until_on = _parse_until(until)
    _act_on_escalation(
        Permission.ACKNOWLEDGE,
        escalation,
        lambda writer, number: writer.acknowledge(
            number, next_step=next_step, until_on=until_on, owner=owner, reason=text
        ),
        f"acknowledged until {until_on}",
    )


def silence(escalation: EscalationArgument, *, until: UntilOption, text: ReasonOption) -> None:
    """Silence an escalation until a day. No messages are sent, unless the level rises or the escalation ends."""
    until_on = _parse_until(until)
    _act_on_escalation(
        Permission.SILENCE,
        escalation,
        lambda writer, number: writer.silence(number, reason=text, until_on=until_on),
        f"silenced until {until_on}",
    )


def unsilence(escalation: EscalationArgument, *, text: ReasonOption = "") -> None:
    """End a silence before its last day."""
    _act_on_escalation(
        Permission.SILENCE, escalation, lambda writer, number: writer.unsilence(number, reason=text), "silence lifted"
    )


def close(escalation: EscalationArgument, *, text: ReasonOption) -> None:
    """Close an escalation. Messages come again only if the provider recovers first, or if the level rises."""
    _act_on_escalation(Permission.CLOSE, escalation, lambda writer, number: writer.close(number, reason=text), "closed")


def reopen(escalation: EscalationArgument, *, text: ReasonOption) -> None:
    """Open a closed escalation again."""
    _act_on_escalation(
        Permission.REOPEN, escalation, lambda writer, number: writer.reopen(number, reason=text), "open again"
    )


def _act_on_escalation(
    permission: Permission,
    escalation: str,
    action: "Callable[[ActionWriter, str], EscalationSummary]",
    result_text: str,
) -> None:
    from alerts.escalation.actions import action_writer
    from indicators.names import read_names
    from models.database import read_session

    settings, engine, author = open_as_user(permission)
    number = escalation if escalation.isdecimal() else find_provider(engine, escalation)
    with action_writer(engine, author, now=now()) as writer:
        episode = action(writer, number)
    with read_session(engine) as session:
        name = read_names(session, [episode.provider], day_in_london(now())).get(episode.provider)
    provider = f"{name} ({episode.provider})" if name else episode.provider
    regime = regime_titles(settings).get(episode.regime, episode.regime)
    out.print(
        f"escalation {episode.number} of {provider} under {regime}, {episode.visible_level}: {result_text}",
        markup=False,
    )


def _parse_until(text: str) -> "date":
    until_on = parse_due_option(text, None) if " " in text.strip() else parse_day(text)
    if until_on is None:
        raise WrongInput("--until is empty; give a day such as 2026-12-31, or a length such as '10 working days'")
    return until_on


def timeline(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier, or part of a name.")],
    regime: RegimeOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show the timeline of a provider, oldest event first: changes, messages, actions and casework."""
    from access.people import current_viewer
    from queries.timeline import read_timeline

    settings, engine = open_database()
    history = read_timeline(engine, current_viewer(engine, settings), find_provider(engine, provider), regime=regime)
    if format_ is Format.JSON:
        moments = [event._asdict() | {"at": event.at.isoformat()} for event in history.events]
        print_json({"provider": history.provider, "name": history.name, "moments": moments})
        return
    titles = regime_titles(settings)
    out.print(f"{history.name} ({history.provider})", markup=False)
    for event in history.events:
        under = f" [{titles.get(event.regime, event.regime)}]" if event.regime else ""
        out.print(f"{event.on}  {event.kind:<10}  {event.who}: {event.words}{under}", markup=False)
        for line in event.text.splitlines():
            out.print(f"    {line}", markup=False)
    if not history.events:
        out.print("no events")


def undone(as_of: AsOfOption = None, format_: FormatOption = Format.TABLE) -> None:
    """List the escalations without any action. Nobody has acknowledged them or entered casework since they opened."""
    from access.people import current_viewer, not_public_error
    from alerts import policy
    from alerts.escalation.no_action import read_escalations_without_action
    from models.database import read_session

    settings, engine = open_database()
    rule, reader = policy.load_policy(settings).nothing_done, current_viewer(engine, settings)
    if not reader.may_read_actions:
        raise not_public_error("the list of escalations without action", reader)
    with read_session(engine) as session:
        rows = read_escalations_without_action(session, rule, parse_day_option(as_of), audiences=reader.audiences)
    if format_ is Format.JSON:
        print_json({"from_level": rule.from_level, "after": str(rule.after), "undone": [row._asdict() for row in rows]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("level", "since", "provider", "name", "regime", "number"):
        table.add_column(column)
    for row in rows:
        cells = (row.level, str(row.since), row.provider, row.name, row.regime, str(row.escalation))
        table.add_row(*map(escape, cells))
    out.print(
        table if rows else f"no escalation has stood at {rule.from_level} or worse for {rule.after} without any action"
    )


def notice(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier, or part of a name.")],
    regime: RegimeOption = None,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="BODY", help="Only the notice to this body: a name, identifier or role."),
    ] = None,
    by: Annotated[str, typer.Option(help="The means, for --record: letter, telephone, meeting ...")] = "letter",
    record: Annotated[bool, typer.Option("--record", help="Record as casework that the notices were given.")] = False,
) -> None:
    """Write the notices that the recommended stage requires. Use --record once they are given."""
    from alerts.message import notice as notices

    settings, engine, author = open_as_user(Permission.TOLD if record else None)
    drafts = notices.draft_notices(engine, settings, author, find_provider(engine, provider), regime=regime, to_body=to)
    for draft in drafts:
        out.print(draft.text, markup=False)
    if record:
        for line in notices.record_notices(engine, author, drafts, means=by, now=now()):
            out.print(line, markup=False)
