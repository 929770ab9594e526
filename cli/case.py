"""Commands that enter casework about the provider itself: concerns, plans, milestones, support, decisions."""

from typing import Annotated

import typer

from cli import case_powers, case_read
from cli.case_options import (
    AboutOnOption,
    AudienceOption,
    DetailOption,
    DueOption,
    EvidenceOption,
    OwnerOption,
    ProviderArgument,
    RecordArgument,
    RegimeOption,
    StateOption,
    TextOption,
    WordOfOption,
    change_record,
    merge_details,
    open_record,
)

app = typer.Typer(
    help="What was agreed, done and decided: plans, milestones, notices, overrides.", rich_markup_mode=None
)


@app.command("open")
def open_(
    provider: ProviderArgument,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="concern, told, decision ...: see docs/casework.md.")],
    *,
    type_: Annotated[str | None, typer.Option("--type", help="Of a concern, notice or arrangement.")] = None,
    rating: Annotated[str | None, typer.Option(help="Of a concern: Red-Plus, Red, Red-Amber, Amber-Green.")] = None,
    referral: Annotated[
        str | None, typer.Option(help="Of a concern: own monitoring, external, whistleblowing.")
    ] = None,
    evidence: EvidenceOption = None,
    word_of: WordOfOption = None,
    state: StateOption = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
    set_: DetailOption = None,
) -> None:
    """Open a record of any kind, above all a concern; a rating needs a reason (--text)."""
    details = merge_details(set_, type=type_, rating=rating, referral=referral, evidence=evidence, word_of=word_of)
    open_record(
        kind,
        provider,
        state=state,
        text=text,
        due=due,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=details,
    )


@app.command()
def plan(
    provider: ProviderArgument,
    *,
    end: Annotated[str | None, typer.Option("--end", metavar="DATE|LENGTH", help="The agreed end.")] = None,
    baseline: Annotated[str | None, typer.Option(help="Where the provider stands when it begins.")] = None,
    title: Annotated[str | None, typer.Option(help="Its name.")] = None,
    state: StateOption = None,
    text: TextOption = "",
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Begin a turnaround plan: awaited, or --state viable when it is agreed, with the reason (--text)."""
    open_record(
        "plan",
        provider,
        state=state,
        due=end,
        text=text,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=merge_details(None, title=title, baseline=baseline),
    )


@app.command()
def milestone(
    plan: Annotated[int, typer.Argument(metavar="PLAN", help="The plan's number.")],
    *,
    title: Annotated[str, typer.Option(help="What is to be reached.")],
    due: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="By when.")],
    text: TextOption = "",
    on: AboutOnOption = None,
    owner: OwnerOption = None,
) -> None:
    """Add a milestone to a plan."""
    open_record(
        "milestone", part_of=plan, due=due, text=text, on=on, owner=owner, details=merge_details(None, title=title)
    )


@app.command()
def support(
    provider: ProviderArgument,
    *,
    what: Annotated[str, typer.Option(help="What is offered.")],
    by: Annotated[str | None, typer.Option(help="The body that gives it.")] = None,
    amount: Annotated[str | None, typer.Option("--amount", metavar="GBP", help="In pounds.")] = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Offer support; 'case progress RECORD --state accepted' or declined says what became of it."""
    open_record(
        "support",
        provider,
        due=due,
        text=text,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=merge_details(None, what=what, by=by, amount_gbp=amount),
    )


@app.command()
def decide(
    provider: ProviderArgument,
    *,
    what: Annotated[str, typer.Option(help="What was decided.")],
    authoriser: Annotated[str, typer.Option(help="The office that decided: grade 7, director, minister ...")],
    text: TextOption,
    amount: Annotated[str | None, typer.Option("--amount", metavar="GBP", help="In pounds.")] = None,
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Record a decision with its authority and reason; --due is when it is to be carried out."""
    open_record(
        "decision",
        provider,
        due=due,
        text=text,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=merge_details(None, what=what, authoriser=authoriser, amount_gbp=amount),
    )


@app.command()
def consequence(
    provider: ProviderArgument,
    *,
    what: Annotated[str, typer.Option(help="What follows.")],
    office: Annotated[str, typer.Option(help="Whom it concerns, by office and not by name.")],
    record: Annotated[str, typer.Option(help="The public record it rests on.")],
    state: StateOption = None,
    text: TextOption = "",
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Record what follows for those who ran the provider."""
    open_record(
        "consequence",
        provider,
        state=state,
        text=text,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=merge_details(None, what=what, office=office, public_record=record),
    )


@app.command()
def progress(
    number: RecordArgument,
    *,
    done: Annotated[int | None, typer.Option(metavar="PERCENT", help="Of a milestone: how much is done.")] = None,
    evidence: EvidenceOption = None,
    word_of: WordOfOption = None,
    state: StateOption = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    set_: DetailOption = None,
) -> None:
    """Enter what has become of a record: progress, another state, another owner, a note."""
    change_record(
        number,
        state=state,
        due=due,
        text=text,
        on=on,
        owner=owner,
        details=merge_details(set_, done=done, evidence=evidence, word_of=word_of),
    )


@app.command()
def extend(
    *,
    number: RecordArgument,
    due: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="The new date.")],
    text: TextOption,
) -> None:
    """Give more time, with the reason; a length counts from today."""
    change_record(number, due=due, text=text)


case_powers.register(app)
case_read.register(app)
