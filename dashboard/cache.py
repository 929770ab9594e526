"""Cached reads of the views: an answer is kept until a run is finished or a load is done."""

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
    watchlist_table,
)
from dashboard.templating import render
from models.database import check_database, engine_for, read_session
from models.findings import Finding
from queries import commissioners, ledger_rows, level_history, watchlist
from queries.casework import OverdueWork, escalations_without_action
from queries.explanation import ProviderExplanation
from queries.finding_history import FindingPeriod
from queries.finding_history import finding_periods as read_finding_periods
from queries.ledger_rows import ObservationRow
from queries.level_history import DataVersion, LevelOnDay, RegimeLevel, UncoveredProvider
from queries.provider import explain_provider as read_explanation
from queries.watchlist import Watchlist, WatchlistRow
from risk.runs import NothingScored
from settings import ROOT, Settings

FREEZE_FROM = 1_000  # providers of a list whose objects are spared from garbage collection
SMALL_CACHE, LARGE_CACHE = 16, 512  # entries kept; a watchlist of 25,000 providers is some 40 MB

_Read = TypeVar("_Read", bound=Callable[..., Any])


class ReadContext(NamedTuple):
    """The key of every cached answer: the database, the reader's audiences, and the version of the data."""

    url: str
    audiences: frozenset[str] | None
    version: DataVersion


def _cached(message: str, entries: int = LARGE_CACHE) -> Callable[[_Read], _Read]:
    """Decorate a read: its answers are kept, and a message is shown while it reads. Answers must not be changed.

    Streamlit's own cache hashes every argument by its content, which is the largest cost of a warm page.
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
        DatabaseUnusable: the database is not set up, or cannot be read.
    """
    engine = engine_for(url)
    check_database(engine)
    return engine


def current_context() -> ReadContext:
    """The context of now; read once in every run of a view.

    Raises:
        DatabaseUnusable: the database is not set up, or cannot be read.
    """
    settings = _load_settings(frozenset(item for item in os.environ.items() if item[0].startswith("CONTINUITY_")))
    engine = open_engine(settings.engine_url)
    audiences = current_viewer(engine, settings).audiences
    return ReadContext(settings.engine_url, audiences, level_history.read_data_version(engine))


@lru_cache(maxsize=SMALL_CACHE)
def _load_settings(_environment: frozenset[tuple[str, str]]) -> Settings:
    return environment.load()


@cache
def first_screen_day() -> date:
    """The day of the embedded sample that a newcomer sees first."""
    day: date = yaml.safe_load((ROOT / "samples" / "days.yaml").read_text(encoding="utf-8"))["first_screen"]
    return day


@_cached("Reading the scored days ...")
def newest_run_by_day(context: ReadContext) -> dict[date, int]:
    """Every scored day with its newest run, oldest first."""
    return level_history.newest_run_by_day(open_engine(context.url))


def newest_scored_day(context: ReadContext, day: date) -> date | None:
    """The newest scored day up to ``day``; None where no day up to it was scored."""
    days = list(newest_run_by_day(context))
    place = bisect_right(days, day)
    return days[place - 1] if place else None


def read_watchlist(context: ReadContext, day: date, choice: WatchlistFilter = NO_FILTER) -> Watchlist:
    """The watchlist of a day under the chosen regime and commissioner, with all levels, names and changes.

    Raises:
        NothingScored: no day up to this one was scored.
    """
    scored = newest_scored_day(context, day)
    if scored is None:
        raise NothingScored(f"no day up to {day.isoformat()} has been scored")
    return replace(_read_watchlist(context, scored, choice.regime, choice.commissioner), day=day)


@_cached("Reading the watchlist ...", SMALL_CACHE)
def _read_watchlist(context: ReadContext, day: date, regime: str | None, commissioner: str | None) -> Watchlist:
    listed = watchlist.read_watchlist(
        open_engine(context.url), day, regime=regime, commissioner=commissioner, audiences=context.audiences
    )
    if len(listed.providers) > FREEZE_FROM:  # see the server's warm-up
        gc.collect()
        gc.freeze()
    return listed


@_cached("Choosing providers ...", SMALL_CACHE)
def filtered_rows(context: ReadContext, day: date, choice: WatchlistFilter) -> list[WatchlistRow]:
    """The providers of a scored day that pass the filters."""
    return filter_rows(_read_watchlist(context, day, choice.regime, choice.commissioner).providers, choice)


class DayHeadline(NamedTuple):
    """Counts of a scored day and sentences about it."""

    providers: int
    changes: str  # since the scored day before
    levels: dict[str, int]  # providers of each level
    indicative: int  # providers whose rating is only indicative
    visibility: str  # which records the reader sees; empty for readers who see everything


@_cached("Counting levels ...")
def day_summary(context: ReadContext, day: date) -> DayHeadline:
    """The counts of a scored day."""
    listed = _read_watchlist(context, day, None, None)
    providers, before = listed.providers, listed.compared_with
    return DayHeadline(
        providers=len(providers),
        changes=describe_changes(listed, len(providers_no_longer_covered(context, day, before)) if before else 0),
        levels=count_levels(providers),
        indicative=sum(not row.is_official for row in providers),
        visibility=describe_visibility(context.audiences),
    )


@_cached("Drawing the table ...")
def render_table(context: ReadContext, day: date, choice: WatchlistFilter, page: int) -> str:
    """A page of the table of a day as HTML."""
    listed = read_watchlist(context, day, choice)
    shown = rows_on_page(filtered_rows(context, listed.scored_on, choice), page)
    findings = provider_findings(context, listed.run, tuple(row.id for row in shown))
    return render(watchlist_table(listed, shown, findings, regime_titles(context, listed.run)))


@_cached("Counting levels ...")
def level_counts(context: ReadContext, run: int) -> dict[str, int]:
    """The number of providers at each level of a run."""
    return level_history.level_counts(open_engine(context.url), run, audiences=context.audiences)


@_cached("Reading regimes ...")
def regime_files(context: ReadContext, run: int) -> Mapping[str, Mapping[str, Any]]:
    """The files of a run's regimes."""
    return level_history.regime_files(open_engine(context.url), run)


def regime_titles(context: ReadContext, run: int) -> dict[str, str]:
    """The titles of a run's regimes, by key."""
    return {key: file.get("title", key) for key, file in regime_files(context, run).items()}


@_cached("Reading findings ...")
def provider_findings(
    context: ReadContext, run: int, providers: tuple[str, ...]
) -> dict[tuple[str, str], Sequence[Finding]]:
    """The findings of some providers in a run."""
    return level_history.provider_findings(open_engine(context.url), run, providers, audiences=context.audiences)


@_cached("Reading the list before ...")
def providers_no_longer_covered(context: ReadContext, day: date, previous_day: date) -> list[UncoveredProvider]:
    """Providers that a regime covered on the scored day before and no regime covers on this scored day."""
    runs = newest_run_by_day(context)
    return level_history.providers_no_longer_covered(
        open_engine(context.url), runs[day], runs[previous_day], audiences=context.audiences
    )


@_cached("Reading later levels ...")
def later_levels(context: ReadContext, day: date, providers: tuple[str, ...]) -> dict[str, list[LevelOnDay]]:
    """The levels of some providers on the days scored after ``day``."""
    return level_history.later_levels(open_engine(context.url), day, providers, audiences=context.audiences)


@_cached("Reading later facts ...")
def later_facts(context: ReadContext, day: date, providers: tuple[str, ...], only_events: bool) -> list[ObservationRow]:
    """The observations about some providers that became known only after ``day``."""
    return ledger_rows.read_later_observations(
        open_engine(context.url), day, providers, only_events=only_events, audiences=context.audiences
    )


@_cached("Reading commissioners ...")
def commissioner_titles(context: ReadContext, day: date) -> dict[str, str]:
    """Key to title of every body that buys from, funds, regulates or hosts a provider, by title."""
    return commissioners.commissioner_titles(open_engine(context.url), day)


@_cached("Reading commissioners ...")
def commissioner_key(context: ReadContext, day: date, text: str) -> str | None:
    """The key of the commissioner with an identifier or name; None where there is no such body."""
    return commissioners.find_commissioner_key(open_engine(context.url), day, text)


@_cached("Reading the provider ...")
def explain_provider(context: ReadContext, provider: str, day: date) -> ProviderExplanation:
    """One provider, principle by principle."""
    return read_explanation(open_engine(context.url), provider, day, audiences=context.audiences)


@_cached("Reading its figures ...")
def observation_history(context: ReadContext, provider: str, day: date) -> Sequence[ObservationRow]:
    """Everything known about one provider by a day."""
    return list(
        ledger_rows.read_observations(open_engine(context.url), day, subject=provider, audiences=context.audiences)
    )


@_cached("Reading earlier findings ...")
def finding_periods(context: ReadContext, provider: str, day: date) -> Sequence[FindingPeriod]:
    """The periods of the findings about one provider up to a day, worst and newest first."""
    return read_finding_periods(open_engine(context.url), provider, day, audiences=context.audiences)


@_cached("Reading its levels ...")
def levels_over_time(context: ReadContext, provider: str, day: date) -> Sequence[RegimeLevel]:
    """One provider's level on every scored day up to a day."""
    return level_history.levels_over_time(open_engine(context.url), provider, day, audiences=context.audiences)


def read_overdue_work(context: ReadContext, viewer: Viewer, settings: Settings, day: date) -> OverdueWork:
    """The escalations without action and the number of overdue clocks; kept until somebody enters something."""
    with read_session(open_engine(context.url)) as session:
        entries = session.execute(select(select(func.max(CASE.id)).scalar_subquery(), func.max(ENTRY.id))).one()
    return _read_overdue_work(context, viewer, no_action_rule(settings), day, tuple(entries))


@lru_cache(maxsize=64)
def _read_overdue_work(
    context: ReadContext, viewer: Viewer, rule: NoActionRule, day: date, _entered: tuple[int | None, ...]
) -> OverdueWork:
    engine = open_engine(context.url)
    overdue = clocks.find_overdue_clocks(reading.list_records(engine, viewer, day=day), day)
    return OverdueWork(escalations_without_action(engine, viewer, rule, day), len(overdue))


def no_action_rule(settings: Settings) -> NoActionRule:
    """The policy's rule about escalations without action; a changed policy is read again."""
    own = settings.home / "policy.yaml"
    return _no_action_rule(settings.home, own.stat().st_mtime_ns if own.exists() else 0)


@lru_cache(maxsize=16)
def _no_action_rule(home: Path, _changed: int) -> NoActionRule:
    return policy.load_policy(Settings(home=home)).nothing_done
