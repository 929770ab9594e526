"""Commands about the verdicts of a day: watch, watchlist, explain, replay."""

from itertools import compress
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from access.permissions import Permission
from cli.common import (
    LEVEL_STYLES,
    AsOfOption,
    FolderOption,
    Format,
    extracts_folder,
    open_database,
    open_run_day,
    out,
    parse_day_option,
    print_csv,
    print_json,
    regime_titles,
)
from models.vocabulary import Level, Principle
from settings import WrongInput
from text.english import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from access.viewer import ReaderAudiences
    from flows.day import DaySummary
    from queries.watchlist import Watchlist, WatchlistRow

TABLE_ROWS = 25  # of the watchlist, unless --limit says otherwise
NARROW = 110  # characters; on a narrower terminal the whole watchlist leaves no room for names
WIDE_COLUMNS_ONLY = ("was", "regime", "prob.")  # columns left out on a narrow terminal


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(watch)
    app.command()(watchlist)
    app.command()(explain)
    app.command()(replay)


def watch(
    as_of: AsOfOption = None,
    folder: FolderOption = None,
    reasons: Annotated[
        int,
        typer.Option(min=0, help="The most reasons to show for each register why documents were not read; 0 for all."),
    ] = 3,
) -> None:
    """Do the whole day: fetch, read, score and notify. The command prints a summary."""
    from flows import day as steps
    from flows.lease import hold_lease

    with open_run_day(Permission.WATCH, as_of) as day, hold_lease(day.engine):
        summary = steps.watch(day, extracts_folder(day.settings, folder))
    print_summary(summary, reasons)
    if summary.omissions:
        raise typer.Exit(3)


def print_summary(summary: "DaySummary", reasons: int) -> None:
    """Print the health of each register, and the results of scoring and notifying; at most ``reasons`` reasons each."""
    out.print(f"[bold]{summary.day.isoformat()}[/bold]")
    for health in summary.registers:
        parts = [
            format_count(health.snapshots, "document"),
            format_count(health.observations, "observation"),
            format_count(health.links, "link"),
        ]
        if health.listed:
            parts.append(f"{health.listed:,} listed")
        if health.not_yet_public:
            parts.append(f"{health.not_yet_public:,} with values not yet public")
        parts.append(f"{health.unreadable} unreadable")
        if health.looked_on:
            parts.append(f"last checked {health.looked_on.isoformat()}{' (stale)' if health.is_stale else ''}")
        if health.snapshots == 0 and not health.unreadable:
            parts = ["nothing known yet"]
        out.print(f"  {health.register}: {', '.join(parts)}", markup=False)
        shown = list(health.reasons.items())[: reasons or None]
        for reason, count in shown:
            place = health.first[reason] if count == 1 else f"first in {health.first[reason]}"
            out.print(f"    {count} x {place}: {reason}", markup=False)
        if len(health.reasons) > len(shown):
            out.print(f"    {format_count(len(health.reasons) - len(shown), 'more reason')}; --reasons 0 shows all")
    if summary.scoring_result is not None:
        out.print(f"  {summary.scoring_result.describe()}", markup=False)
    if summary.escalation_result is not None:
        out.print(f"  {summary.escalation_result.describe()}", markup=False)
    if summary.sending_result is not None:
        out.print(f"  {summary.sending_result.describe()}", markup=False)
    for line in summary.omissions:
        out.print(f"  left out: {line}", markup=False)


def watchlist(
    as_of: AsOfOption = None,
    regime: Annotated[str | None, typer.Option(help="Only providers under this regime.")] = None,
    commissioner: Annotated[
        str | None,
        typer.Option(help="Only providers that this body buys from or hosts: a GSS code, identifier or name."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=0, help="The most providers to show; 0 for all. If left out, 25 in a table, all in JSON and CSV."
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="table, json or csv.")] = Format.TABLE,
) -> None:
    """List the providers of a scored day, worst first."""
    from access.people import current_viewer
    from queries.watchlist import read_watchlist
    from risk.runs import newest_finished_run

    settings, engine = open_database()
    day, audiences = parse_day_option(as_of), current_viewer(engine, settings).audiences
    run = newest_finished_run(engine, day)
    if regime is not None and regime not in run.regimes:
        raise WrongInput(
            f"no regime '{regime}' was scored on {run.day}; choose one of: {', '.join(sorted(run.regimes))}"
        )
    listed = read_watchlist(engine, day, audiences=audiences, regime=regime, commissioner=commissioner)
    total = len(listed.providers)
    if limit is None:
        limit = TABLE_ROWS if format_ is Format.TABLE else 0
    listed.providers = listed.providers[: limit or None]
    if format_ is Format.JSON:
        print_json({**listed.as_json(), "total": total, "shown": len(listed.providers)})
    elif format_ is Format.CSV:
        rows = [
            {
                **provider,
                **provider["principles"],
                **{f"{principle}_because": reason for principle, reason in provider["unscorable_because"].items()},
                "causes": ", ".join(provider["causes"]),
            }
            for provider in listed.as_json()["providers"]
        ]
        columns = ["id", "name", "regime", "level", "changed_from", "causes", "rating", "probability", *Principle]
        columns += [f"{principle}_because" for principle in Principle]
        print_csv(rows, [str(column) for column in columns])
    elif format_ is Format.TABLE:
        print_watchlist(listed, total, audiences)
    else:
        raise WrongInput(f"--format {format_} does not fit this command; use table, json or csv")


def print_watchlist(shown_watchlist: "Watchlist", total: int, audiences: "ReaderAudiences") -> None:
    """Print the watchlist as a table."""
    note = (
        ""
        if shown_watchlist.scored_on == shown_watchlist.day
        else f" (scored on {shown_watchlist.scored_on.isoformat()})"
    )
    out.print(f"[bold]Watchlist of {shown_watchlist.day.isoformat()}[/bold]{note}")
    for finding in shown_watchlist.source_findings:
        out.print(f"  source: {finding['title']}", markup=False)
    is_narrow = out.width < NARROW
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1 if is_narrow else 2, 0, 0))
    titles = ("level", "was", "provider", "id", "regime", "prob.", "sup", "acc", "con", "evi", "ext", "fle")
    shown = [not (is_narrow and title in WIDE_COLUMNS_ONLY) for title in titles]
    for title in compress(titles, shown):
        table.add_column(title, no_wrap=title != "provider", min_width=8 if title == "provider" else None)
    for row in shown_watchlist.providers:
        probability = "-" if row.probability is None else f"{row.probability:.0%}"
        was = row.changed_from if row.changed_from and row.changed_from != row.level else ""
        was += f" ({', '.join(row.causes)})" if was and row.causes else ""
        cells = (
            f"[{LEVEL_STYLES.get(Level(row.level), 'green')}]{row.level}[/]",
            was,
            row.name,
            row.id,
            row.regime,
            probability,
            *(
                _shorten_level(row.principles[principle], row.unscorable_because.get(principle))
                for principle in Principle
            ),
        )
        table.add_row(*compress(cells, shown))
    out.print(table)
    if is_narrow:
        out.print(f"a terminal {NARROW} characters wide also shows: {', '.join(WIDE_COLUMNS_ONLY)}")
    _print_marks(shown_watchlist.providers)
    number = len(shown_watchlist.providers)
    counts = (
        format_count(total, "provider") if number == total else f"{number:,} of {total:,} shown; --limit 0 shows all"
    )
    out.print(f"{counts}; 'continuity explain ID' gives the reasons")
    _print_visibility(audiences)


def _print_visibility(audiences: "ReaderAudiences") -> None:
    from access.viewer import describe_visibility

    if audiences is not None:
        out.print(describe_visibility(audiences), markup=False)


def _print_marks(rows: "Sequence[WatchlistRow]") -> None:
    """Print the meaning of the marks that the table shows for unscorable principles."""
    from queries.value_text import UNSCORABLE_BADGES

    shown = {because for row in rows for because in row.unscorable_because.values()}
    marks = [f"{badge.shape} {badge.word}" for because, badge in UNSCORABLE_BADGES.items() if because in shown]
    if marks:
        out.print(f"unscorable (neither good nor bad): {', '.join(marks)}", markup=False)


def _shorten_level(level: str, because: str | None) -> str:
    from queries.value_text import principle_badge

    if level == Level.UNSCORABLE:
        return principle_badge(level, because).shape
    return {"none": "ok", "critical": "crit", "concern": "conc"}.get(level, level)


def explain(
    provider: Annotated[str, typer.Argument(help="An identifier, or part of a name that only one provider has.")],
    as_of: AsOfOption = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Also show the changes since the run of this day, and their causes."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Also show the history of each finding, with its first and last run.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Explain the levels of a provider. Each figure has its document, and the place in it."""
    from access.people import current_viewer
    from cli.explanation_text import print_explanation
    from cli.hindsight import attribute_provider_change
    from cli.hindsight_tables import print_attribution, print_finding_history
    from hindsight.attribution_report import attribution_json
    from indicators import identity
    from queries.casework_on_day import read_casework_on_day
    from queries.finding_history import finding_periods
    from queries.probability_parts import read_probability_parts
    from queries.provider import explain_provider
    from risk.runs import newest_finished_run

    settings, engine = open_database()
    day, audiences = parse_day_option(as_of), current_viewer(engine, settings).audiences
    key = identity.find_subject(engine, provider, day)
    explained = explain_provider(engine, key, day, audiences=audiences)
    for regime in explained["regimes"]:
        run, models = newest_finished_run(engine, day), settings.home / "models"
        is_given = regime["probability"] is not None
        regime["probability_parts"] = read_probability_parts(engine, models, run, key) if is_given else None
    explained["casework"] = read_casework_on_day(engine, current_viewer(engine, settings), key, day).as_json()
    change = (
        attribute_provider_change(engine, settings, key, since=parse_day_option(since), day=day, audiences=audiences)
        if since
        else None
    )
    periods = finding_periods(engine, key, day, audiences=audiences) if history else []
    if format_ is Format.JSON:
        more = {"change": attribution_json(change)} if change else {}
        print_json(explained | more | ({"history": [period.as_json() for period in periods]} if history else {}))
    elif format_ in {Format.TEXT, Format.TABLE}:
        print_explanation(explained, regime_titles(settings))
        _print_visibility(audiences)
        if history:
            print_finding_history(periods)
        if change:
            print_attribution(change)
    else:
        raise WrongInput(f"--format {format_} does not fit this command; use text or json")


def replay(as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="The scored day to recompute.")]) -> None:
    """Recompute a scored day and compare the results.

    The command reads the ledger as it was on that day. It proves the day unchanged, or names the findings that differ.
    """
    from access.people import current_viewer
    from hindsight.replay import replay_scored_day as replay_day

    settings, engine = open_database()
    result = replay_day(engine, settings, parse_day_option(as_of), audiences=current_viewer(engine, settings).audiences)
    for line in result.describe():
        out.print(line, markup=False)
    if not result.is_same:
        raise typer.Exit(3)
