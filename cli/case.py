"""Commands that enter casework about the provider itself: concerns, plans, milestones, support, decisions."""

from typing import Annotated, Any

import typer

from cli import case_people, case_powers, case_read
from cli.case_options import (
    ProviderArgument,
    RecordArgument,
    TextOption,
    change_record,
    merge_details,
    open_record,
    shared_options,
)

app = typer.Typer(
    help="Casework on providers: plans, notices, decisions ...",
    rich_markup_mode=None,
)


@app.command("open")
@shared_options("evidence", "word_of", "state", "text", "due", "on", "owner", "audience", "regime", "set_")
def open_(
    provider: ProviderArgument,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="concern, told, decision ...; see docs/casework.md.")],
    *,
    type_: Annotated[str | None, typer.Option("--type", help="The type of a concern, notice or arrangement.")] = None,
    rating: Annotated[
        str | None, typer.Option(help="The rating of a concern: Red-Plus, Red, Red-Amber, Amber-Green.")
    ] = None,
    referral: Annotated[
        str | None, typer.Option(help="The origin of a concern: own monitoring, external, whistleblowing.")
    ] = None,
    **shared: Any,
) -> None:
    """Open a record of any kind, such as a concern. A rating needs a reason (--text)."""
    open_record(kind, provider, details=merge_details(type=type_, rating=rating, referral=referral), **shared)


@app.command()
@shared_options("state", "text", "on", "owner", "audience", "regime")
def plan(
    provider: ProviderArgument,
    *,
    end: Annotated[str | None, typer.Option("--end", metavar="DATE|LENGTH", help="The agreed end.")] = None,
    baseline: Annotated[str | None, typer.Option(help="The position of the provider at the beginning.")] = None,
    title: Annotated[str | None, typer.Option(help="The name of the plan.")] = None,
    **shared: Any,
) -> None:
    """Open a turnaround plan. It begins as awaiting; an agreed plan takes --state viable and a reason (--text)."""
    open_record("plan", provider, due=end, details=merge_details(title=title, baseline=baseline), **shared)


@app.command()
@shared_options("text", "on", "owner")
def milestone(
    plan: Annotated[int, typer.Argument(metavar="PLAN", help="The number of the plan.")],
    *,
    title: Annotated[str, typer.Option(help="The aim of the milestone.")],
    due: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="The due date: 2026-12-31, or '3 months'.")],
    **shared: Any,
) -> None:
    """Add a milestone to a plan."""
    open_record("milestone", part_of=plan, due=due, details=merge_details(title=title), **shared)


@app.command()
@shared_options("text", "due", "on", "owner", "audience", "regime")
def support(
    provider: ProviderArgument,
    *,
    what: Annotated[str, typer.Option(help="The support that is offered.")],
    by: Annotated[str | None, typer.Option(help="The body that gives the support.")] = None,
    amount: Annotated[str | None, typer.Option("--amount", metavar="GBP", help="The amount in pounds.")] = None,
    **shared: Any,
) -> None:
    """Offer support. Enter the outcome with 'case progress RECORD --state accepted' or '--state declined'."""
    open_record("support", provider, details=merge_details(what=what, by=by, amount_gbp=amount), **shared)


@app.command()
@shared_options("due", "on", "owner", "audience", "regime")
def decide(
    provider: ProviderArgument,
    *,
    what: Annotated[str, typer.Option(help="The decision.")],
    authoriser: Annotated[str, typer.Option(help="The office that decided: grade 7, director, minister ...")],
    text: TextOption,
    amount: Annotated[str | None, typer.Option("--amount", metavar="GBP", help="The amount in pounds.")] = None,
    **shared: Any,
) -> None:
    """Record a decision with its authority and reason. --due is the day by which to carry it out."""
    details = merge_details(what=what, authoriser=authoriser, amount_gbp=amount)
    open_record("decision", provider, text=text, details=details, **shared)


@app.command()
@shared_options("state", "text", "on", "owner", "audience", "regime")
def consequence(
    provider: ProviderArgument,
    *,
    what: Annotated[str, typer.Option(help="The consequence.")],
    office: Annotated[str, typer.Option(help="The office concerned, not the name of a person.")],
    record: Annotated[str, typer.Option(help="The public record that shows it.")],
    **shared: Any,
) -> None:
    """Record a consequence for the people who ran the provider."""
    details = merge_details(what=what, office=office, public_record=record)
    open_record("consequence", provider, details=details, **shared)


@app.command()
@shared_options("evidence", "word_of", "state", "text", "due", "on", "owner", "set_")
def progress(
    number: RecordArgument,
    *,
    done: Annotated[int | None, typer.Option(metavar="PERCENT", help="How much of a milestone is done.")] = None,
    **shared: Any,
) -> None:
    """Enter a change of a record: progress, state, owner or note."""
    change_record(number, details=merge_details(done=done), **shared)


@app.command()
def extend(
    *,
    number: RecordArgument,
    due: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="The new due date.")],
    text: TextOption,
) -> None:
    """Move the due date of a record, with a reason. A length counts from today."""
    change_record(number, due=due, text=text)


case_powers.register(app)
case_read.register(app)
case_people.register(app)
