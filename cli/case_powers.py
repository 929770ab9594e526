"""Commands about powers: notices, overrides, confirmed stages, judgements, notified bodies, arrangements, duties."""

from typing import Annotated, Any

import typer

from access.permissions import Permission
from casework.due_dates import parse_day
from cli import case_read
from cli.case_options import (
    AboutOnOption,
    AudienceOption,
    DueOption,
    OwnerOption,
    ProviderArgument,
    RecordArgument,
    RegimeOption,
    TextOption,
    change_record,
    find_provider,
    find_regime,
    merge_details,
    open_as_user,
    open_as_viewer,
    open_record,
    parse_due_option,
    print_record,
    shared_options,
)
from cli.common import now, out
from indicators import catalogue
from indicators.formats.contract_notices import notice_event
from settings import WrongInput


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (notice, condition, override, approve, stage, judge, told, arrangement, duty):
        app.command()(command)


@shared_options("state", "text", "due", "on", "owner", "audience", "regime")
def notice(
    provider: ProviderArgument,
    *,
    type_: Annotated[str, typer.Option("--type", help="Warning letter, notice to improve, compliance notice ...")],
    by: Annotated[str | None, typer.Option("--by", help="The body that issues the notice.")] = None,
    reason: Annotated[
        list[str] | None, typer.Option(help="The reason: cash flow, governance ...; may be repeated.")
    ] = None,
    **shared: Any,
) -> None:
    """Record a notice. --due is the day to comply by."""
    open_record("notice", provider, details=merge_details(type=type_, issued_by=by, reasons=reason), **shared)
    if event := notice_event(type_, shared["state"] or "issued"):
        out.print(f"counts as: {catalogue.load().indicators[event].title}", markup=False)


@shared_options("text", "due", "on", "owner")
def condition(
    notice: Annotated[int, typer.Argument(metavar="NOTICE", help="The number of the notice.")],
    *,
    title: Annotated[str, typer.Option(help="The task that the condition sets.")],
    **shared: Any,
) -> None:
    """Add a condition to a notice."""
    open_record("condition", part_of=notice, details=merge_details(title=title), **shared)


@shared_options("owner", "audience")
def override(
    provider: ProviderArgument,
    of: Annotated[str, typer.Argument(metavar="level|stage", help="Whether to override the level or the stage.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="The level or stage to use instead.")],
    *,
    regime: Annotated[str, typer.Option(help="The key of the regime.")],
    until: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="The last day of the override.")],
    text: TextOption,
    **shared: Any,
) -> None:
    """Propose another level or stage for a limited time. A second person must approve it."""
    from casework.stages import find_stage

    settings, _, _ = open_as_user(Permission.OVERRIDE)
    if of == "stage":
        find_stage(find_regime(settings, regime), to)
    open_record("override", provider, regime=regime, due=until, text=text, details={"of": of, "to": to}, **shared)


def approve(
    number: RecordArgument,
    *,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse the override.")] = False,
    text: TextOption,
) -> None:
    """Approve or refuse an override of another person. Both need a reason (--text)."""
    change_record(number, state="refused" if refuse else "approved", text=text)


def stage(
    provider: ProviderArgument,
    stage: Annotated[
        str | None,
        typer.Argument(
            metavar="STAGE",
            help="The stage to confirm; if left out, the recommended and the confirmed stage are shown.",
        ),
    ] = None,
    *,
    regime: RegimeOption = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
) -> None:
    """Confirm the stage of a provider, or show its stages."""
    from access.people import find_permitted_user
    from casework import stages
    from casework.reading import list_records

    settings, engine, reader = open_as_viewer()
    key = find_provider(engine, provider)
    recommendations = stages.recommended_stages(engine, reader, key)
    if stage is None:
        records = list_records(engine, reader, provider=key, kinds=["stage"])
        case_read.print_stages(stages.compare_stages(key, recommendations, records))
        return
    author = find_permitted_user(engine, settings.user, Permission.STAGE)
    if regime is None and len(recommendations) != 1:
        regimes = ", ".join(sorted(recommendations)) or "none yet"
        raise WrongInput(f"name the regime with --regime; {key} is assessed under: {regimes}")
    about_on = parse_day(on)
    confirmation = stages.confirm_stage_today(
        engine,
        author,
        key,
        find_regime(settings, regime or next(iter(recommendations))),
        stage,
        now=now(),
        rationale=text,
        about_on=about_on,
        due_on=parse_due_option(due, about_on),
        owner=owner,
        audience=audience,
    )
    for record in (confirmation.record, *confirmation.started_duties):
        print_record(record)
    for clock in confirmation.waiting_clocks:
        events = ", ".join(event.replace("_", " ") for event in clock.starts)
        out.print(f"not started: {clock.title} ({clock.within}); starts with: {events}", markup=False)


def judge(
    provider: ProviderArgument,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule of kind judgement.")],
    rating: Annotated[str, typer.Argument(metavar="RATING", help="A rating on the scale of the rule.")],
    *,
    regime: Annotated[str, typer.Option(help="The key of the regime with the rule.")],
    text: TextOption,
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
) -> None:
    """Give a rating that a regime leaves to a person."""
    from casework.stages import record_judgement
    from casework.writing import case_writer

    settings, engine, author = open_as_user(Permission.JUDGEMENT)
    about_on = parse_day(on)
    with case_writer(engine, author, now=now()) as writer:
        record = record_judgement(
            writer,
            find_provider(engine, provider),
            find_regime(settings, regime),
            rule,
            rating,
            rationale=text,
            about_on=about_on,
            due_on=parse_due_option(due, about_on),
            owner=owner,
            audience=audience,
        )
        print_record(record)


@shared_options("evidence", "word_of", "text", "due", "on", "owner", "audience", "regime")
def told(
    provider: ProviderArgument,
    body: Annotated[str, typer.Argument(metavar="BODY", help="The body: a name, or a role such as 'owner'.")],
    *,
    by: Annotated[
        str | None, typer.Option(help="The means: letter, telephone, meeting ...; needed unless there is evidence.")
    ] = None,
    duty: Annotated[str | None, typer.Option(help="The law or agreement that requires it.")] = None,
    **shared: Any,
) -> None:
    """Record that a body was notified. With --due, record that the body must be notified by then."""
    from casework.bodies import body_titles
    from models.vocabulary import day_in_london

    _, engine, author = open_as_user()
    key, is_told = find_provider(engine, provider), shared["due"] is None
    titles = body_titles(engine, key, body, day_in_london(now()), is_notified=is_told, audiences=author.audiences)
    for title in titles:
        details = merge_details(body=title, by=by, duty=duty)
        open_record("told", key, state="told" if is_told else "to tell", details=details, **shared)


@shared_options("evidence", "word_of", "state", "text", "due", "on", "owner", "audience", "regime")
def arrangement(
    provider: ProviderArgument,
    *,
    type_: Annotated[str, typer.Option("--type", help="contingency or transition.")],
    body: Annotated[str | None, typer.Option(help="The body with the powers to carry the plan out.")] = None,
    stand_by: Annotated[str | None, typer.Option(help="The provider that could take over.")] = None,
    staff: Annotated[str | None, typer.Option(help="How staff would transfer.")] = None,
    data: Annotated[str | None, typer.Option(help="How records and data would transfer.")] = None,
    title: Annotated[str | None, typer.Option(help="The name of the plan.")] = None,
    **shared: Any,
) -> None:
    """Record a contingency or transition plan. --due is the next test."""
    details = merge_details(
        type=type_, title=title, body=body, stand_by=stand_by, staff_transfer=staff, data_handover=data
    )
    open_record("arrangement", provider, details=details, **shared)


@shared_options("text", "on", "owner", "audience", "regime")
def duty(
    provider: ProviderArgument,
    *,
    title: Annotated[str, typer.Option(help="The duty.")],
    due: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="The due date: 2026-12-31, or '10 working days'.")],
    then: Annotated[str | None, typer.Option(help="The consequence if the duty is overdue.")] = None,
    source: Annotated[str | None, typer.Option(help="The law, regime or agreement that requires it.")] = None,
    **shared: Any,
) -> None:
    """Start a clock for a dated duty, such as one of a regime."""
    open_record("duty", provider, due=due, details=merge_details(title=title, then=then, source=source), **shared)
