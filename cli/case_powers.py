"""Commands about powers: notices, overrides, the confirmed stage, judgements, who is told, hand-overs, duties."""

from typing import Annotated

import typer

from casework.rights import Act
from casework.written import day_of
from cli import case_read
from cli.case_words import (
    Audience,
    Due,
    Evidence,
    Number,
    On,
    Owner,
    Provider,
    RegimeKey,
    State,
    Text,
    WordOf,
    acting,
    change_record,
    details_of,
    due_of,
    open_record,
    provider_of,
    reading_as,
    regime_of,
    show,
)
from cli.common import now, out
from indicators import catalogue
from indicators.sources._notices import notice_event
from settings import WrongInput


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (notice, condition, override, approve, stage, judge, told, arrangement, duty):
        app.command()(command)


def notice(
    provider: Provider,
    *,
    type_: Annotated[str, typer.Option("--type", help="Warning letter, notice to improve, compliance notice ...")],
    by: Annotated[str | None, typer.Option("--by", help="The body that issues it.")] = None,
    reason: Annotated[list[str] | None, typer.Option(help="Cash flow, governance ...; more than once.")] = None,
    state: State = None, text: Text = "", due: Due = None, on: On = None, owner: Owner = None,
    audience: Audience = None, regime: RegimeKey = None,
) -> None:  # fmt: skip
    """Record a notice, with the day to comply by."""
    details = details_of(None, type=type_, issued_by=by, reasons=reason)
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
    text: Text = "", due: Due = None, on: On = None, owner: Owner = None,
) -> None:  # fmt: skip
    """Add a condition to a notice."""
    open_record(
        "condition", part_of=notice, due=due, text=text, on=on, owner=owner, details=details_of(None, title=title)
    )


def override(
    provider: Provider,
    of: Annotated[str, typer.Argument(metavar="level|stage", help="What is overridden.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="The level or stage instead.")],
    *,
    regime: Annotated[str, typer.Option(help="Under which regime.")],
    until: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="When it runs out.")],
    text: Text,
    owner: Owner = None, audience: Audience = None,
) -> None:  # fmt: skip
    """Propose another level or stage for a time; somebody else must approve it."""
    from casework.stages import stage_of

    settings, _, _ = acting(Act.OVERRIDE)
    if of == "stage":
        stage_of(regime_of(settings, regime), to)
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
    number: Number,
    *,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it instead.")] = False,
    text: Text,
) -> None:
    """Approve an override that somebody else proposed, or refuse it; --text says why."""
    change_record(number, state="refused" if refuse else "approved", text=text)


def stage(
    provider: Provider,
    stage: Annotated[str | None, typer.Argument(metavar="STAGE", help="The stage; left out, both are shown.")] = None,
    *,
    regime: RegimeKey = None, text: Text = "", due: Due = None, on: On = None, owner: Owner = None,
    audience: Audience = None,
) -> None:  # fmt: skip
    """Confirm the stage a provider stands at, or show it beside the one recommended."""
    from casework import stages
    from casework.book import records
    from casework.people import allowed

    settings, engine, reader = reading_as()
    key = provider_of(engine, provider)
    says = stages.recommended(engine, reader, key)
    if stage is None:
        case_read.show_stages(stages.beside(key, says, records(engine, reader, provider=key, kinds=["stage"])))
        return
    author = allowed(engine, settings.user, Act.STAGE)
    if regime is None and len(says) != 1:
        raise WrongInput(f"say under which --regime; {key} is assessed under {', '.join(sorted(says)) or 'none yet'}")
    rules, about_on = regime_of(settings, regime or next(iter(says))), day_of(on)
    confirmed = stages.confirm_as_known(
        engine,
        author,
        key,
        rules,
        stage,
        now=now(),
        rationale=text,
        about_on=about_on,
        due_on=due_of(due, about_on),
        owner=owner,
        audience=audience,
    )
    for one in (confirmed.record, *confirmed.started):
        show(one)
    for clock in confirmed.not_started:
        event = ", ".join(word.replace("_", " ") for word in clock.starts)
        out.print(f"not started: {clock.title} ({clock.within}); it begins with: {event}", markup=False)


def judge(
    provider: Provider,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule of kind judgement.")],
    rating: Annotated[str, typer.Argument(metavar="RATING", help="One of the words of its scale.")],
    *,
    regime: Annotated[str, typer.Option(help="The regime that has the rule.")],
    text: Text,
    due: Due = None, on: On = None, owner: Owner = None, audience: Audience = None,
) -> None:  # fmt: skip
    """Give the rating that a regime leaves to a person's judgement."""
    from casework.pen import pen
    from casework.stages import judge as judge_

    settings, engine, author = acting(Act.JUDGEMENT)
    about_on = day_of(on)
    with pen(engine, author, now=now()) as book:
        show(
            judge_(
                book,
                provider_of(engine, provider),
                regime_of(settings, regime),
                rule,
                rating,
                rationale=text,
                about_on=about_on,
                due_on=due_of(due, about_on),
                owner=owner,
                audience=audience,
            )
        )


def told(
    provider: Provider,
    body: Annotated[str, typer.Argument(metavar="BODY", help="Who is told: a name, or a role such as 'owner'.")],
    *,
    by: Annotated[str | None, typer.Option(help="Letter, telephone, meeting ...: told needs it, or evidence.")] = None,
    evidence: Evidence = None, word_of: WordOf = None,
    duty: Annotated[str | None, typer.Option(help="The law or agreement that says so.")] = None,
    text: Text = "", due: Due = None, on: On = None, owner: Owner = None, audience: Audience = None,
    regime: RegimeKey = None,
) -> None:  # fmt: skip
    """Record that a body was told; with --due, that it has to be told by then."""
    from casework.bodies import titles_of
    from models.vocabulary import day_in_london

    _, engine, author = acting()
    key = provider_of(engine, provider)
    titles = titles_of(engine, key, body, day_in_london(now()), is_told=due is None, sees=author.audiences)
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
            details=details_of(None, body=title, by=by, duty=duty, evidence=evidence, word_of=word_of),
        )


def arrangement(
    provider: Provider,
    *,
    type_: Annotated[str, typer.Option("--type", help="contingency or transition.")],
    body: Annotated[str | None, typer.Option(help="The body with the powers to do it.")] = None,
    stand_by: Annotated[str | None, typer.Option(help="The provider that could take over.")] = None,
    staff: Annotated[str | None, typer.Option(help="How staff would pass over.")] = None,
    data: Annotated[str | None, typer.Option(help="How records and data would.")] = None,
    title: Annotated[str | None, typer.Option(help="Its name.")] = None,
    evidence: Evidence = None, word_of: WordOf = None,
    state: State = None, text: Text = "", due: Due = None, on: On = None, owner: Owner = None,
    audience: Audience = None, regime: RegimeKey = None,
) -> None:  # fmt: skip
    """Record a contingency or transition plan; --due is its next test."""
    details = details_of(
        None, type=type_, title=title, body=body, stand_by=stand_by, staff_transfer=staff, data_handover=data,
        evidence=evidence, word_of=word_of,
    )  # fmt: skip
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
    provider: Provider,
    *,
    title: Annotated[str, typer.Option(help="What has to be done.")],
    due: Annotated[str, typer.Option(metavar="DATE|LENGTH", help="By when: 2026-12-31, or '10 working days'.")],
    then: Annotated[str | None, typer.Option(help="What happens when it lapses.")] = None,
    source: Annotated[str | None, typer.Option(help="The law, regime or agreement that says so.")] = None,
    text: Text = "", on: On = None, owner: Owner = None, audience: Audience = None, regime: RegimeKey = None,
) -> None:  # fmt: skip
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
        details=details_of(None, title=title, then=then, source=source),
    )
