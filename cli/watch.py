"""Commands about the day's verdict: watch, watchlist, explain, replay."""

from collections.abc import Mapping
from itertools import compress
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from casework.rights import Act
from cli.common import (
    AsOf,
    Format,
    From,
    day_option,
    folder_of,
    out,
    print_csv,
    print_json,
    ready,
    regime_titles,
    working_day,
)
from models.vocabulary import Level, Principle, UnscorableReason
from regimes.words import counted
from settings import WrongInput

if TYPE_CHECKING:
    from risk.seen import Sees

TABLE_ROWS = 25  # of the watchlist, unless asked for more
NARROW = 110  # columns of a terminal in which the whole watchlist leaves no room for names
LEFT_OUT = ("was", "regime", "prob.")  # there

STYLES = {Level.CRITICAL: "bold red", Level.CONCERN: "red", Level.WATCH: "yellow", Level.UNSCORABLE: "dim"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(watch)
    app.command()(watchlist)
    app.command()(explain)
    app.command()(replay)


def watch(
    as_of: AsOf = None,
    folder: From = None,
    reasons: Annotated[
        int, typer.Option(min=0, help="At most so many reasons a register why something was not read; 0 for all.")
    ] = 3,
) -> None:
    """The whole day: pull, observe, score, escalate; prints a summary."""
    from flows import day as steps
    from flows.lease import lease

    with working_day(Act.WATCH, as_of) as day, lease(day.engine):
        summary = steps.watch(day, folder_of(day.settings, folder))
    print_summary(summary, reasons)
    if summary.left_out:
        raise typer.Exit(3)


def print_summary(summary: Any, reasons: int) -> None:
    """What was known by the day, register by register, and what came of it."""
    out.print(f"[bold]{summary.day.isoformat()}[/bold]")
    for health in summary.registers:
        parts = [
            counted(health.snapshots, "document"),
            counted(health.observations, "observation"),
            counted(health.links, "link"),
        ]
        if health.listed:
            parts.append(f"{health.listed:,} listed")
        if health.not_yet_public:
            parts.append(f"{health.not_yet_public:,} with judgements or figures not yet public")
        parts.append(f"{health.unreadable} unreadable")
        if health.looked_on:
            parts.append(f"last looked at {health.looked_on.isoformat()}{' (stale)' if health.is_stale else ''}")
        if health.snapshots == 0 and not health.unreadable:
            parts = ["nothing known yet"]
        out.print(f"  {health.register}: {', '.join(parts)}", markup=False)
        shown = list(health.reasons.items())[: reasons or None]
        for reason, count in shown:
            where = health.first[reason] if count == 1 else f"first in {health.first[reason]}"
            out.print(f"    {count} x {where}: {reason}", markup=False)
        if len(health.reasons) > len(shown):
            out.print(f"    and {counted(len(health.reasons) - len(shown), 'more reason')}; --reasons 0 shows all")
    if summary.scored is not None:
        out.print(f"  {summary.scored.describe()}", markup=False)
    if summary.told is not None:
        out.print(f"  {summary.told.describe()}", markup=False)
    if summary.sent is not None:
        out.print(f"  {summary.sent.describe()}", markup=False)
    for line in summary.left_out:
        out.print(f"  left out: {line}", markup=False)


def watchlist(
    as_of: AsOf = None,
    regime: Annotated[str | None, typer.Option(help="Only providers under this regime.")] = None,
    commissioner: Annotated[
        str | None, typer.Option(help="Only providers this body buys from or hosts: GSS code, identifier or name.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="At most so many; 0 for all. If left out, 25 in a table and all in JSON and CSV."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="table, json or csv.")] = Format.TABLE,
) -> None:
    """The providers of a scored day, worst first."""
    from dashboard import access, queries

    settings, engine = ready()
    day, sees = day_option(as_of), access.viewer(engine, settings).audiences
    run = queries.run_for(engine, day)
    if regime is not None and regime not in run.regimes:
        raise WrongInput(f"no regime '{regime}' was scored on {run.day}; there are {', '.join(sorted(run.regimes))}")
    listed = queries.watchlist(engine, day, sees=sees, regime=regime, commissioner=commissioner)
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
                **{f"{principle}_because": word for principle, word in provider["unscorable_because"].items()},
                "causes": ", ".join(provider["causes"]),
            }
            for provider in listed.as_json()["providers"]
        ]
        columns = ["id", "name", "regime", "level", "changed_from", "causes", "rating", "probability", *Principle]
        columns += [f"{principle}_because" for principle in Principle]
        print_csv(rows, [str(column) for column in columns])
    elif format_ is Format.TABLE:
        print_watchlist(listed, total, sees)
    else:
        raise WrongInput(f"--format {format_} is not for this command; use table, json or csv")


def print_watchlist(listed: Any, total: int, sees: "Sees") -> None:
    """The watchlist as a table."""
    note = "" if listed.scored_on == listed.day else f" (scored on {listed.scored_on.isoformat()})"
    out.print(f"[bold]Watchlist of {listed.day.isoformat()}[/bold]{note}")
    for finding in listed.source_findings:
        out.print(f"  source: {finding['title']}", markup=False)
    is_narrow = out.width < NARROW
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1 if is_narrow else 2, 0, 0))
    titles = ("level", "was", "provider", "id", "regime", "prob.", "sup", "acc", "con", "evi", "ext", "fle")
    shown = [not (is_narrow and title in LEFT_OUT) for title in titles]
    for title in compress(titles, shown):
        table.add_column(title, no_wrap=title != "provider", min_width=8 if title == "provider" else None)
    for row in listed.providers:
        probability = "-" if row.probability is None else f"{row.probability:.0%}"
        was = row.changed_from if row.changed_from and row.changed_from != row.level else ""
        was += f" ({', '.join(row.causes)})" if was and row.causes else ""
        cells = (
            f"[{STYLES.get(Level(row.level), 'green')}]{row.level}[/]",
            was,
            row.name,
            row.id,
            row.regime,
            probability,
            *(_short(row.principles[principle], row.unscorable_because.get(principle)) for principle in Principle),
        )
        table.add_row(*compress(cells, shown))
    out.print(table)
    if is_narrow:
        out.print(f"a terminal {NARROW} columns wide also shows: {', '.join(LEFT_OUT)}")
    _print_marks(listed.providers)
    number = len(listed.providers)
    counts = counted(total, "provider") if number == total else f"{number:,} of {total:,} shown; --limit 0 for all"
    out.print(f"{counts}; 'continuity explain ID' says why")
    _print_sees(sees)


def _print_sees(sees: "Sees") -> None:
    from risk.seen import in_words

    if sees is not None:
        out.print(in_words(sees), markup=False)


def _print_marks(rows: Any) -> None:
    """The marks of principles that are unscorable, of those that the table shows."""
    from dashboard.presenters import UNSCORABLE

    shown = {because for row in rows for because in row.unscorable_because.values()}
    said = [f"{reason.shape} {reason.word}" for because, reason in UNSCORABLE.items() if because in shown]
    if said:
        out.print(f"unscorable, neither well nor badly: {', '.join(said)}", markup=False)


def _short(level: str, because: str | None) -> str:
    from dashboard.presenters import look_of_principle

    if level == Level.UNSCORABLE:
        return look_of_principle(level, because).shape
    return {"none": "ok", "critical": "crit", "concern": "conc"}.get(level, level)


def explain(
    provider: Annotated[str, typer.Argument(help="An identifier, or an unambiguous part of a name.")],
    as_of: AsOf = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Also what changed since the run of this day, and why.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Also how each finding has stood, run by run.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Why a provider stands where it stands: principle by principle, figure by figure, each back to its document."""
    from cli.hindsight import change_since
    from cli.hindsight_tables import print_change, print_history
    from dashboard import access, queries
    from dashboard.casework_standing import standing
    from dashboard.explanation import probability_parts
    from dashboard.spells import spells
    from hindsight.attribution_shown import as_json
    from indicators import identity

    settings, engine = ready()
    day, sees = day_option(as_of), access.viewer(engine, settings).audiences
    key = identity.find(engine, provider, day)
    explained = queries.explain(engine, key, day, sees=sees)
    for regime in explained["regimes"]:
        run, models = queries.run_for(engine, day), settings.home / "models"
        is_given = regime["probability"] is not None
        regime["probability_parts"] = probability_parts(engine, models, run, key) if is_given else None
    explained["casework"] = standing(engine, access.viewer(engine, settings), key, day).as_json()
    change = change_since(engine, settings, key, since=day_option(since), day=day, sees=sees) if since else None
    stood = spells(engine, key, day, sees=sees) if history else []
    if format_ is Format.JSON:
        more = {"change": as_json(change)} if change else {}
        print_json(explained | more | ({"history": [spell.as_json() for spell in stood]} if history else {}))
    elif format_ in {Format.TEXT, Format.TABLE}:
        _print_explained(explained, regime_titles(settings))
        _print_sees(sees)
        if history:
            print_history(stood)
        if change:
            print_change(change)
    else:
        raise WrongInput(f"--format {format_} is not for this command; use text or json")


def _print_last_change(changed: dict[str, Any] | None) -> None:
    if changed is not None:
        because = f", because {changed['because']}" if changed["because"] else ""
        moved = f"{changed['from']} to {changed['to']}{because}"
        out.print(f"  level changed last on {changed['on']}: {moved}", markup=False)


def _print_probability(regime: dict[str, Any]) -> None:
    if regime["probability"] is None:
        out.print(f"  no probability: {regime['probability_reason']}", markup=False)
        return
    out.print(f"  probability {regime['probability']:.1%}: {regime['probability_reason']}", markup=False)
    parts = regime["probability_parts"]
    if parts is not None:
        shown = [f"an average home: {parts['average']:.1%}", *(part["words"] for part in parts["parts"][:4])]
        out.print(f"    {'; '.join(shown)}", markup=False)


def _print_explained(explained: dict[str, Any], titles: Mapping[str, str]) -> None:
    from dashboard.explanation import level_in_words
    from dashboard.presenters import UNSCORABLE
    from dashboard.told_bodies import in_words

    out.print(f"[bold]{explained['name']}[/bold]  {explained['id']}  as known on {explained['day']}")
    if not explained["regimes"]:
        _print_uncovered(explained, titles)
    for regime in explained["regimes"]:
        official = "official" if regime["is_official"] else "indicative"
        level = Level(regime["level"])
        title = escape(f"{regime['title']}, {regime['regime']}")
        out.print(f"\n{title}: [{STYLES.get(level, 'green')}]{level}[/] ({escape(regime['rating'])}, {official})")
        _print_last_change(regime["last_change"])
        _print_probability(regime)
        out.print(f"  made of: {level_in_words(regime['made_of'])}", markup=False)
        if regime["next"]:
            out.print(f"  recommended: {regime['next']['stage']}; {regime['next']['step']}", markup=False)
            if told := in_words(regime["next"]["told"]):
                out.print(f"    to be told: {told}", markup=False)
        complete = regime["completeness"]
        grade = f"{complete['grade'] or 'none'} ({complete['known']} of {complete['of']} rules could be applied)"
        out.print(f"  completeness {grade}; peers: {regime['peer_group'] or 'none'}", markup=False)
        for principle, entry in regime["principles"].items():
            because = entry["unscorable_because"]
            why = f", {UNSCORABLE[UnscorableReason(because)].word}" if because else ""
            out.print(f"  [bold]{principle.replace('_', ' ')}[/bold]: {entry['level']}{why}{_score(entry['score'])}")
            for finding in entry["findings"]:
                _print_finding(finding, explained["id"])
    _print_casework(explained, titles)
    unreadable = explained["unreadable"]
    for reason, count in unreadable["reasons"].items():
        out.print(f"  unreadable in its documents: {count} x {reason}", markup=False)
    if unreadable["count"]:
        out.print(f"    in {', '.join(unreadable['documents'])}", markup=False)
    for link in explained["links"]:
        _print_link(link, explained["id"])


def _print_link(link: dict[str, Any], provider: str) -> None:
    from dashboard.provider_page import relation_in_words

    end = "object" if link["subject"] == provider else "subject"
    days = [("since", link["since"]), ("until", link["until"]), ("known", link["known_on"])]
    if link["ended_on"] and not link["until"]:
        days.append(("not on the list of", link["ended_on"]))
    dated = ", ".join(f"{word} {day}" for word, day in days if day)
    key, name = link[end], link[f"{end}_name"]
    who = _named(name, key)
    out.print(f"  link: {relation_in_words(link, provider)}: {who}, {dated}", markup=False)


def _print_casework(explained: dict[str, Any], titles: Mapping[str, str]) -> None:
    """What people have decided, beside the assessment."""
    recommended = {regime["regime"]: regime["next"]["stage"] for regime in explained["regimes"] if regime["next"]}
    confirmed = {one["regime"]: one for one in explained["casework"]["confirmed_stages"]}
    stages = {
        (regime["regime"], stage["key"]): stage["title"]
        for regime in explained["regimes"]
        for stage in regime["stages"]
    }
    for regime in sorted({*recommended, *confirmed}):
        one = confirmed.get(regime)
        stage = stages.get((regime, one["stage"]), one["stage"]) if one else ""
        said = f"{stage} ({one['on']}, by {one['by']}, record {one['record']})" if one else "none"
        wanted = recommended.get(regime, "none")
        out.print(f"  stage under {titles.get(regime, regime)}: recommended {wanted}, confirmed {said}", markup=False)
    for one in explained["casework"]["overrides"]:
        regime = titles.get(one["regime"], one["regime"])
        out.print(
            f"  override in force: {one['of']} {one['to']} under {regime} from {one['since']} until "
            f"{one['until']}, proposed by {one['proposed_by']}, approved by {one['approved_by']}, record "
            f"{one['record']}: {' '.join(one['rationale'].split())}",
            markup=False,
        )


def _print_uncovered(explained: dict[str, Any], titles: Mapping[str, str]) -> None:
    """Why no regime covers it: what ended its coverage, and when it was assessed last."""
    ended, last = explained["ended"], explained["last_assessed"]
    if ended is None:
        out.print("  no regime covers it on this day; 'continuity observations' shows what is known of it")
    else:
        said = f": {ended['text']}" if ended["text"] else ""
        where = f", {ended['document']}" if ended["document"] else ""
        out.print(
            f"  not covered any more: {ended['title']} {ended['on']}{said} (known {ended['known_on']}{where})",
            markup=False,
        )
    if last is not None:
        levels = ", ".join(f"{titles.get(regime, regime)} {level}" for regime, level in last["regimes"].items())
        out.print(f"  last assessed on {last['day']}: {levels}; '--as-of {last['day']}' shows it", markup=False)


def _score(score: dict[str, Any] | None) -> str:
    """How a section's score came about, where it has one."""
    if score is None:
        return ""
    limits = f", limited by {', '.join(score['limits'])}" if score["limits"] else ""
    rounding = "" if score["rounding"] == "none" else f", rounded {score['rounding'].replace('_', ' ')}"
    return f" (score {score['sum']:g}{rounding}{limits}: {score['result']:g})"


def _named(name: str, key: str) -> str:
    """A name with its identifier."""
    return f"{name} ({key})" if name != key else key


def _print_finding(finding: dict[str, Any], provider: str) -> None:
    from dashboard.explanation import in_words
    from dashboard.presenters import exact, figure_value

    mark = " (recalled)" if finding["is_recalled"] else ""
    status = finding["status"].replace("_", " ")
    out.print(f"    {status:<14} {finding['level']:<9} {finding['title']}{mark}", markup=False)
    said = in_words(finding)
    if said:
        out.print(f"        {'; '.join(said)}", markup=False)
    if finding["source"] and finding["status"] in {"met", "stale"}:
        out.print(f"        the rule: {finding['source']}", markup=False)
    for figure in finding["figures"]:
        line = f" line {figure['line']}" if figure["line"] is not None else ""
        whose = f" of {_named(figure['subject_name'], figure['subject'])}" if figure["subject"] != provider else ""
        value, period = figure_value(figure, exact), figure["period_end"] or "current"
        days = figure["age_days"]
        known = f"known {figure['known_on']}, {counted(abs(days), 'day')} {'ahead' if days < 0 else 'old'}"
        out.print(
            f"        {figure['title']}{whose}: {value} ({period}; {known}) "
            f"{figure['document'] or 'entered here'}{line} {figure['place']}".rstrip()
            + f"; 'continuity document {figure['seq']}'",
            markup=False,
        )


def replay(as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="The scored day to recompute.")]) -> None:
    """Recompute a past day from what the ledger held then, and prove it unchanged or say which findings differ."""
    from dashboard.access import viewer
    from hindsight.replay import replay as replay_day

    settings, engine = ready()
    result = replay_day(engine, settings, day_option(as_of), sees=viewer(engine, settings).audiences)
    for line in result.describe():
        out.print(line, markup=False)
    if not result.is_same:
        raise typer.Exit(3)
