"""Commands about powers: notices, overrides, the confirmed stage, judgements, who is told, hand-overs, duties."""

from typing import Annotated

import typer

from access.permissions import Permission
from casework.due_dates import parse_day
from cli import case_read
from cli.case_options import (
    AboutOnOption,
    AudienceOption,
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
    find_provider,
    find_regime,
    merge_details,
    open_as_user,
    open_as_viewer,
    open_record,
    parse_due_option,
    print_record,
)
from cli.common import now, out
from indicators import catalogue
from indicators.formats.contract_notices import notice_event
from settings import WrongInput


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (notice, condition, override, approve, stage, judge, told, arrangement, duty):
        app.command()(command)


def notice(
    provider: ProviderArgument,
    *,
    type_: Annotated[str, typer.Option("--type", help="Warning letter, notice to improve, compliance notice ...")],
    by: Annotated[str | None, typer.Option("--by", help="The body that issues it.")] = None,
    reason: Annotated[list[str] | None, typer.Option(help="Cash flow, governance ...; more than once.")] = None,
    state: StateOption = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Record a notice, with the day to comply by."""
    details = merge_details(None, type=type_, issued_by=by, reasons=reason)
    open_record(
        "notice",
        provider,
        state=state,
        due=due,
        text=text,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=details,
    )
    if event := notice_event(type_, state or "issued"):
        out.print(f"counts as: {catalogue.load().indicators[event].title}", markup=False)


def condition(
    notice: Annotated[int, typer.Argument(metavar="NOTICE", help="The notice's number.")],
    *,
    title: Annotated[str, typer.Option(help="What is to be done.")],
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
) -> None:
    """Add a condition to a notice."""
    open_record(
        "condition", part_of=notice, due=due, text=text, on=on, owner=owner, details=merge_details(None, title=title)
    )


def override(
    provider: ProviderArgument,
    of: Annotated[str, typer.Argument(metavar="level|stage", help="What is overridden.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="The level or stage instead.")],
    *,
    regime: Annotated[str, typer.Option(help="Under which regime.")],
    until: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="When it runs out.")],
    text: TextOption,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
) -> None:
    """Propose another level or stage for a time; somebody else must approve it."""
    from casework.stages import find_stage

    settings, _, _ = open_as_user(Permission.OVERRIDE)
    if of == "stage":
        find_stage(find_regime(settings, regime), to)
    open_record(
        "override",
        provider,
        regime=regime,
        due=until,
        text=text,
        owner=owner,
        audience=audience,
        details={"of": of, "to": to},
    )


def approve(
    number: RecordArgument,
    *,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it instead.")] = False,
    text: TextOption,
) -> None:
    """Approve an override that somebody else proposed, or refuse it; --text says why."""
    change_record(number, state="refused" if refuse else "approved", text=text)


def stage(
    provider: ProviderArgument,
    stage: Annotated[str | None, typer.Argument(metavar="STAGE", help="The stage; left out, both are shown.")] = None,
    *,
    regime: RegimeOption = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
) -> None:
    """Confirm the stage a provider stands at, or show it beside the one recommended."""
    from access.people import find_permitted_user
    from casework import stages
    from casework.reading import list_records

    settings, engine, reader = open_as_viewer()
    key = find_provider(engine, provider)
    says = stages.recommended_stages(engine, reader, key)
    if stage is None:
        case_read.print_stages(
            stages.compare_stages(key, says, list_records(engine, reader, provider=key, kinds=["stage"]))
        )
        return
    author = find_permitted_user(engine, settings.user, Permission.STAGE)
    if regime is None and len(says) != 1:
        raise WrongInput(f"say under which --regime; {key} is assessed under {', '.join(sorted(says)) or 'none yet'}")
    rules, about_on = find_regime(settings, regime or next(iter(says))), parse_day(on)
    confirmed = stages.confirm_stage_today(
        engine,
        author,
        key,
        rules,
        stage,
        now=now(),
        rationale=text,
        about_on=about_on,
        due_on=parse_due_option(due, about_on),
        owner=owner,
        audience=audience,
    )
    for one in (confirmed.record, *confirmed.started_duties):
        print_record(one)
    for clock in confirmed.waiting_clocks:
        event = ", ".join(word.replace("_", " ") for word in clock.starts)
        out.print(f"not started: {clock.title} ({clock.within}); it begins with: {event}", markup=False)


def judge(
    provider: ProviderArgument,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule of kind judgement.")],
    rating: Annotated[str, typer.Argument(metavar="RATING", help="One of the words of its scale.")],
    *,
    regime: Annotated[str, typer.Option(help="The regime that has the rule.")],
    text: TextOption,
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
) -> None:
    """Give the rating that a regime leaves to a person's judgement."""
    from casework.stages import record_judgement as judge_
    from casework.writing import case_writer

    settings, engine, author = open_as_user(Permission.JUDGEMENT)
    about_on = parse_day(on)
    with case_writer(engine, author, now=now()) as book:
        print_record(
            judge_(
                book,
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
        )


def told(
    provider: ProviderArgument,
    body: Annotated[str, typer.Argument(metavar="BODY", help="Who is told: a name, or a role such as 'owner'.")],
    *,
    by: Annotated[str | None, typer.Option(help="Letter, telephone, meeting ...: told needs it, or evidence.")] = None,
    evidence: EvidenceOption = None,
    word_of: WordOfOption = None,
    duty: Annotated[str | None, typer.Option(help="The law or agreement that says so.")] = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Record that a body was told; with --due, that it has to be told by then."""
    from casework.bodies import body_titles
    from models.vocabulary import day_in_london

    _, engine, author = open_as_user()
    key = find_provider(engine, provider)
    titles = body_titles(engine, key, body, day_in_london(now()), is_notified=due is None, audiences=author.audiences)
    for title in titles:
        open_record(
            "told",
            key,
            state="to tell" if due else "told",
            due=due,
            text=text,
            on=on,
            owner=owner,
            audience=audience,
            regime=regime,
            details=merge_details(None, body=title, by=by, duty=duty, evidence=evidence, word_of=word_of),
        )


def arrangement(
    provider: ProviderArgument,
    *,
    type_: Annotated[str, typer.Option("--type", help="contingency or transition.")],
    body: Annotated[str | None, typer.Option(help="The body with the powers to do it.")] = None,
    stand_by: Annotated[str | None, typer.Option(help="The provider that could take over.")] = None,
    staff: Annotated[str | None, typer.Option(help="How staff would pass over.")] = None,
    data: Annotated[str | None, typer.Option(help="How records and data would.")] = None,
    title: Annotated[str | None, typer.Option(help="Its name.")] = None,
    evidence: EvidenceOption = None,
    word_of: WordOfOption = None,
    state: StateOption = None,
    text: TextOption = "",
    due: DueOption = None,
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Record a contingency or transition plan; --due is its next test."""
    details = merge_details(
        None,
        type=type_,
        title=title,
        body=body,
        stand_by=stand_by,
        staff_transfer=staff,
        data_handover=data,
        evidence=evidence,
        word_of=word_of,
    )
    open_record(
        "arrangement",
        provider,
        state=state,
        due=due,
        text=text,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=details,
    )


def duty(
    provider: ProviderArgument,
    *,
    title: Annotated[str, typer.Option(help="What has to be done.")],
    due: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="By when: 2026-12-31, or '10 working days'.")],
    then: Annotated[str | None, typer.Option(help="What happens when it lapses.")] = None,
    source: Annotated[str | None, typer.Option(help="The law, regime or agreement that says so.")] = None,
    text: TextOption = "",
    on: AboutOnOption = None,
    owner: OwnerOption = None,
    audience: AudienceOption = None,
    regime: RegimeOption = None,
) -> None:
    """Start a clock: a dated duty, such as one of a regime that an event has started."""
    open_record(
        "duty",
        provider,
        due=due,
        text=text,
        on=on,
        owner=owner,
        audience=audience,
        regime=regime,
        details=merge_details(None, title=title, then=then, source=source),
    )
