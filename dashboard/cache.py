"""What the views read, kept for as long as neither runs nor ledger move on. The only reads of the dashboard."""

import gc
import os
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import streamlit as st
import yaml
from sqlalchemy import Engine, func, select

import settings as environment
from access.people import current_viewer
from access.viewer import Viewer, describe_visibility
from alerts import policy
from alerts.escalation.entries import ENTRY
from alerts.policy import NoActionRule
from casework import clocks, reading
from casework.reading import ENTRY as CASE
from dashboard.presenters.watchlist_view import (
    NO_FILTER,
    WatchlistFilter,
    count_levels,
    describe_changes,
    filter_rows,
    rows_on_page,
)
from dashboard.presenters.watchlist_view import table_view as as_table
from dashboard.templating import render
from models.database import check_database, engine_for, read_session
from queries import level_history, watchlist
from queries.casework import OverdueWork, escalations_without_action
from queries.finding_history import FindingPeriod
from queries.finding_history import finding_periods as spells_of
from queries.level_history import DataVersion
from queries.watchlist import Watchlist, WatchlistRow
from risk.runs import NothingScored
from settings import ROOT, Settings

FREEZE_FROM = 1_000  # providers: so many kept objects are spared from collection
SMALL_CACHE, LARGE_CACHE = 16, 512  # entries kept; a watchlist of 25,000 providers is some 40 MB

_Read = TypeVar("_Read", bound=Callable[..., Any])


class ReadContext(NamedTuple):
    """What everything that is read depends on: where, seen by whom, and how far it has come."""

    url: str
    audiences: frozenset[str] | None
    version: DataVersion


def _cached(message: str, entries: int = LARGE_CACHE) -> Callable[[_Read], _Read]:
    """A reader whose answers are kept; says the words while it has none. What it gives back must not be changed.

    Streamlit's own cache hashes every argument by its content, which costs more than all else on a warm page.
    """

    def keep(read: _Read) -> _Read:
        @lru_cache(maxsize=entries)
        @wraps(read)
        def reader(*arguments: Any) -> Any:
            with st.spinner(message):
                return read(*arguments)

        return cast("_Read", reader)

    return keep


@_cached("Opening the database ...")
def open_engine(url: str) -> Engine:
    """An engine for a database that is set up.

    Raises:
        DatabaseUnusable: it is not, or cannot be read.
    """
    found = engine_for(url)
    check_database(found)
    return found


def current_context() -> ReadContext:
    """Where things stand now; asked once in every run of a view.

    Raises:
        DatabaseUnusable: the database is not set up, or cannot be read.
    """
    settings = _load_settings(frozenset(item for item in os.environ.items() if item[0].startswith("CONTINUITY_")))
    found = open_engine(settings.engine_url)
    return ReadContext(
        settings.engine_url, current_viewer(found, settings).audiences, level_history.read_data_version(found)
    )


@lru_cache(maxsize=SMALL_CACHE)
def _load_settings(_environment: frozenset[tuple[str, str]]) -> Settings:
    return environment.load()


@cache
def first_screen_day() -> date:
    """The day of the embedded sample that a newcomer sees first."""
    day: date = yaml.safe_load((ROOT / "samples" / "days.yaml").read_text(encoding="utf-8"))["first_screen"]
    return day


@_cached("Looking which days were scored ...")
def newest_run_by_day(context: ReadContext) -> dict[date, int]:
    """Every scored day with its newest run, oldest first."""
    return level_history.newest_run_by_day(open_engine(context.url))


def newest_scored_day(context: ReadContext, day: date) -> date | None:
    """The newest scored day up to ``day``; None where there is none."""
    days = list(newest_run_by_day(context))
    place = bisect_right(days, day)
    return days[place - 1] if place else None


def read_watchlist(context: ReadContext, day: date, choice: WatchlistFilter = NO_FILTER) -> Watchlist:
    """The watchlist as it stood on a day: of the chosen regime and commissioner, all levels, names and changes.

    Raises:
        NothingScored: no day up to it was scored.
    """
    scored = newest_scored_day(context, day)
    if scored is None:
        raise NothingScored(f"no day up to {day.isoformat()} has been scored")
    return replace(_read_watchlist(context, scored, choice.regime, choice.commissioner), day=day)


@_cached("Reading the watchlist ...", SMALL_CACHE)
def _read_watchlist(context: ReadContext, day: date, regime: str | None, commissioner: str | None) -> Watchlist:
    found = watchlist.read_watchlist(
        open_engine(context.url), day, regime=regime, commissioner=commissioner, audiences=context.audiences
    )
    if len(found.providers) > FREEZE_FROM:  # see the server's warm-up
        gc.collect()
        gc.freeze()
    return found


@_cached("Choosing providers ...", SMALL_CACHE)
def filtered_rows(context: ReadContext, day: date, choice: WatchlistFilter) -> list[WatchlistRow]:
    """The providers of a scored day that pass the filters."""
    return filter_rows(_read_watchlist(context, day, choice.regime, choice.commissioner).providers, choice)


@_cached("Counting levels ...")
def day_summary(context: ReadContext, day: date) -> dict[str, Any]:
    """Counts of a scored day: providers, by level, only indicative ratings, and what changed since the day before."""
    listed = _read_watchlist(context, day, None, None)
    providers, before = listed.providers, listed.compared_with
    return {
        "providers": len(providers),
        "moves": describe_changes(listed, len(providers_no_longer_covered(context, day, before)) if before else 0),
        "levels": count_levels(providers),
        "indicative": sum(not row.is_official for row in providers),
        "sees": describe_visibility(context.audiences),
    }


@_cached("Drawing the table ...")
def render_table(context: ReadContext, day: date, choice: WatchlistFilter, page: int) -> str:
    """A page of the table of a day as HTML."""
    listed = read_watchlist(context, day, choice)
    shown = rows_on_page(filtered_rows(context, listed.scored_on, choice), page)
    found = provider_findings(context, listed.run, tuple(row.id for row in shown))
    return render("watchlist", **as_table(listed, shown, found, regime_titles(context, listed.run)))


@_cached("Counting levels ...")
def level_counts(context: ReadContext, run: int) -> dict[str, int]:
    """How many providers a run left at each level."""
    return level_history.level_counts(open_engine(context.url), run, audiences=context.audiences)


@_cached("Reading regimes ...")
def regime_files(context: ReadContext, run: int) -> dict[str, dict[str, Any]]:
    """The files of a run's regimes."""
    return level_history.regime_files(open_engine(context.url), run)


def regime_titles(context: ReadContext, run: int) -> dict[str, str]:
    """The titles of a run's regimes, by key."""
    return {key: file.get("title", key) for key, file in regime_files(context, run).items()}


@_cached("Reading findings ...")
def provider_findings(
    context: ReadContext, run: int, providers: tuple[str, ...]
) -> dict[tuple[str, str], Sequence[Mapping[str, Any]]]:
    """The findings of some providers in a run."""
    return level_history.provider_findings(open_engine(context.url), run, providers, audiences=context.audiences)


@_cached("Reading who was on the list before ...")
def providers_no_longer_covered(context: ReadContext, day: date, previous_day: date) -> list[dict[str, Any]]:
    """Providers of the scored day before that the scored day does not have."""
    known = newest_run_by_day(context)
    return level_history.providers_no_longer_covered(
        open_engine(context.url), known[day], known[previous_day], audiences=context.audiences
    )


@_cached("Reading what happened next ...")
def later_levels(context: ReadContext, day: date, providers: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """The levels of some providers on the days scored after ``day``."""
    return level_history.later_levels(open_engine(context.url), day, providers, audiences=context.audiences)


@_cached("Reading what became known later ...")
def later_facts(context: ReadContext, day: date, providers: tuple[str, ...], only_events: bool) -> list[dict[str, Any]]:
    """What became known about some providers only after ``day``."""
    return level_history.later_facts(
        open_engine(context.url), day, providers, only_events=only_events, audiences=context.audiences
    )


@_cached("Reading commissioners ...")
def commissioner_titles(context: ReadContext, day: date) -> dict[str, str]:
    """Everybody who buys from, funds, regulates or hosts a provider: key to title, by title."""
    return watchlist.commissioner_titles(open_engine(context.url), day)


@_cached("Reading commissioners ...")
def commissioner_key(context: ReadContext, day: date, text: str) -> str | None:
    """The key of the commissioner that an identifier or a name stands for; None for nobody."""
    return watchlist.commissioner_key(open_engine(context.url), day, text)


@_cached("Reading the provider ...")
def explain_provider(context: ReadContext, provider: str, day: date) -> dict[str, Any]:
    """One provider, principle by principle."""
    return watchlist.explain_provider(open_engine(context.url), provider, day, audiences=context.audiences)


@_cached("Reading its figures ...")
def observation_history(context: ReadContext, provider: str, day: date) -> Sequence[dict[str, Any]]:
    """Everything known about one provider by a day."""
    return list(
        watchlist.read_observations(open_engine(context.url), day, subject=provider, audiences=context.audiences)
    )


@_cached("Reading how its findings stood ...")
def finding_periods(context: ReadContext, provider: str, day: date) -> Sequence[FindingPeriod]:
    """How the findings about one provider have stood up to a day, worst and newest first."""
    return spells_of(open_engine(context.url), provider, day, audiences=context.audiences)


@_cached("Reading its levels ...")
def levels_over_time(context: ReadContext, provider: str, day: date) -> Sequence[dict[str, Any]]:
    """One provider's level on every scored day up to a day."""
    return watchlist.levels_over_time(open_engine(context.url), provider, day, audiences=context.audiences)


def read_overdue_work(context: ReadContext, viewer: Viewer, settings: Settings, day: date) -> OverdueWork:
    """The thresholds met with nothing done, and how many clocks have lapsed; kept until something is entered."""
    with read_session(open_engine(context.url)) as session:
        entries = session.execute(select(select(func.max(CASE.id)).scalar_subquery(), func.max(ENTRY.id))).one()
    return _read_overdue_work(context, viewer, no_action_rule(settings), day, tuple(entries))


@lru_cache(maxsize=64)
def _read_overdue_work(
    context: ReadContext, viewer: Viewer, rule: NoActionRule, day: date, _entered: tuple[int | None, ...]
) -> OverdueWork:
    engine = open_engine(context.url)
    late = clocks.find_overdue_clocks(reading.list_records(engine, viewer, day=day), day)
    return OverdueWork(escalations_without_action(engine, viewer, rule, day), len(late))


def no_action_rule(settings: Settings) -> NoActionRule:
    """What the policy calls nothing done; a changed policy is read anew."""
    own = settings.home / "policy.yaml"
    return _no_action_rule(settings.home, own.stat().st_mtime_ns if own.exists() else 0)


@lru_cache(maxsize=16)
def _no_action_rule(home: Path, _changed: int) -> NoActionRule:
    return policy.load_policy(Settings(home=home)).nothing_done
