"""Commands with which people act on an escalation, and read what was done about it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from access.permissions import Permission
from casework.due_dates import parse_day
from cli.case_options import OwnerOption, RegimeOption, TextOption, find_provider, open_as_user, parse_due_option
from cli.common import AsOfOption, Format, now, open_database, out, parse_day_option, print_json, regime_titles
from models.vocabulary import day_in_london
from settings import WrongInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.escalation.actions import ActionWriter, EscalationSummary

EscalationArgument = Annotated[
    str, typer.Argument(metavar="ESCALATION", help="Its number, or a provider that has one: an identifier or name.")
]
UntilOption = Annotated[str, typer.Option("--until", metavar="DATE|LENGTH", help="The last day, or '10 working days'.")]
ReasonOption = Annotated[str, typer.Option("--text", metavar="TEXT", help="Why, in as many words as it takes.")]
FormatOption = Annotated[Format, typer.Option("--format", help="table or json.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (ack, silence, unsilence, close, reopen, timeline, undone, notice):
        app.command()(command)


def ack(
    escalation: EscalationArgument,
    *,
    next_step: Annotated[str, typer.Option("--next", metavar="STEP", help="What is done next.")],
    until: UntilOption,
    owner: OwnerOption = None,
    text: TextOption = "",
) -> None:
    """Take it on: somebody has it in hand until a day, when it comes back."""
    until_on = _parse_until(until)
    _act_on_escalation(
        Permission.ACKNOWLEDGE,
        escalation,
        lambda desk, number: desk.acknowledge(number, next_step=next_step, until_on=until_on, owner=owner, reason=text),
        f"acknowledged until {until_on}",
    )


def silence(escalation: EscalationArgument, *, until: UntilOption, text: ReasonOption) -> None:
    """Nobody is told anything until a day, but that it got worse or ended."""
    until_on = _parse_until(until)
    _act_on_escalation(
        Permission.SILENCE,
        escalation,
        lambda desk, number: desk.silence(number, reason=text, until_on=until_on),
        f"silenced until {until_on}",
    )


def unsilence(escalation: EscalationArgument, *, text: TextOption = "") -> None:
    """End a silence before its day."""
    _act_on_escalation(
        Permission.SILENCE, escalation, lambda desk, number: desk.unsilence(number, reason=text), "silenced no more"
    )


def close(escalation: EscalationArgument, *, text: ReasonOption) -> None:
    """Close it: told of again only when the provider was well in between, or gets worse."""
    _act_on_escalation(Permission.CLOSE, escalation, lambda desk, number: desk.close(number, reason=text), "closed")


def reopen(escalation: EscalationArgument, *, text: ReasonOption) -> None:
    """Open a closed one again."""
    _act_on_escalation(
        Permission.REOPEN, escalation, lambda desk, number: desk.reopen(number, reason=text), "open again"
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
    with action_writer(engine, author, now=now()) as at:
        episode = action(at, number)
    with read_session(engine) as session:
        name = read_names(session, [episode.provider], day_in_london(now())).get(episode.provider)
    whose = f"{name} ({episode.provider})" if name else episode.provider
    regime = regime_titles(settings).get(episode.regime, episode.regime)
    out.print(
        f"escalation {episode.number} of {whose} under {regime}, {episode.visible_level}: {result_text}",
        markup=False,
    )


def _parse_until(text: str) -> Any:
    until_on = parse_due_option(text, None) if " " in text.strip() else parse_day(text)
    if until_on is None:
        raise WrongInput("--until needs a day: 2026-12-31, or a length such as '10 working days'")
    return until_on


def timeline(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier or part of a name.")],
    regime: RegimeOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Everything that was found, told, not told, done and agreed about a provider, oldest first."""
    from access.people import current_viewer
    from queries.timeline import read_timeline as all_about

    settings, engine = open_database()
    told = all_about(engine, current_viewer(engine, settings), find_provider(engine, provider), regime=regime)
    if format_ is Format.JSON:
        moments = [moment._asdict() | {"at": moment.at.isoformat()} for moment in told.events]
        print_json({"provider": told.provider, "name": told.name, "moments": moments})
        return
    titles = regime_titles(settings)
    out.print(f"{told.name} ({told.provider})", markup=False)
    for moment in told.events:
        under = f" [{titles.get(moment.regime, moment.regime)}]" if moment.regime else ""
        out.print(f"{moment.on}  {moment.kind:<10}  {moment.who}: {moment.words}{under}", markup=False)
        for line in moment.text.splitlines():
            out.print(f"    {line}", markup=False)
    if not told.events:
        out.print("nothing")


def undone(as_of: AsOfOption = None, format_: FormatOption = Format.TABLE) -> None:
    """Threshold met, nothing done: neither acknowledged nor any casework since."""
    from access.people import current_viewer, not_public_error
    from alerts import policy
    from alerts.escalation.no_action import read_escalations_without_action as nothing_done
    from models.database import read_session

    settings, engine = open_database()
    rule, reader = policy.load_policy(settings).nothing_done, current_viewer(engine, settings)
    if not reader.may_read_actions:
        raise not_public_error("what is done about escalations", reader)
    with read_session(engine) as session:
        found = nothing_done(session, rule, parse_day_option(as_of), audiences=reader.audiences)
    if format_ is Format.JSON:
        print_json(
            {"from_level": rule.from_level, "after": str(rule.after), "undone": [one._asdict() for one in found]}
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("level", "since", "provider", "name", "regime", "number"):
        table.add_column(column)
    for one in found:
        cells = (one.level, str(one.since), one.provider, one.name, one.regime, str(one.escalation))
        table.add_row(*map(escape, cells))
    out.print(table if found else f"nothing at {rule.from_level} or worse for {rule.after} without anything done")


def notice(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="An identifier or part of a name.")],
    regime: RegimeOption = None,
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="BODY", help="Only to this body: a name, identifier or role.")
    ] = None,
    by: Annotated[str, typer.Option(help="letter, telephone, meeting ...")] = "letter",
    record: Annotated[bool, typer.Option("--record", help="Write down who was told what, as casework.")] = False,
) -> None:
    """The notice to those who must be told at the recommended stage; --record when it has been given."""
    from alerts.message import notice as notices

    settings, engine, author = open_as_user(Permission.TOLD if record else None)
    found = notices.draft_notices(engine, settings, author, find_provider(engine, provider), regime=regime, to_body=to)
    for one in found:
        out.print(one.text, markup=False)
    if record:
        for written in notices.record_notices(engine, author, found, means=by, now=now()):
            out.print(written, markup=False)
