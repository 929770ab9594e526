"""What the views read, kept for as long as neither runs nor ledger move on. The only reads of the dashboard."""

import gc
import os
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache, wraps
from typing import Any, NamedTuple, TypeVar, cast

import streamlit as st
import yaml
from sqlalchemy import Engine

import settings as environment
from dashboard import access, over_time, queries
from dashboard.markup import render
from dashboard.over_time import Moment
from dashboard.queries import Row, Watchlist
from dashboard.spells import Spell
from dashboard.spells import spells as spells_of
from dashboard.watchlist_page import EVERYBODY, Choice, chosen, counts, moves, on_page
from dashboard.watchlist_page import table as as_table
from models.database import check, engine_for
from risk.seen import in_words
from settings import ROOT, Settings

SPARED_FROM = 1_000  # providers: so many kept objects are spared from collection
FEW, MANY = 16, 512  # entries kept; a watchlist of 25,000 providers is some 40 MB

_Read = TypeVar("_Read", bound=Callable[..., Any])


class At(NamedTuple):
    """What everything that is read depends on: where, seen by whom, and how far it has come."""

    url: str
    sees: frozenset[str] | None
    moment: Moment


def _kept(words: str, entries: int = MANY) -> Callable[[_Read], _Read]:
    """A reader whose answers are kept; says the words while it has none. What it gives back must not be changed.

    Streamlit's own cache hashes every argument by its content, which costs more than all else on a warm page.
    """

    def keep(read: _Read) -> _Read:
        @lru_cache(maxsize=entries)
        @wraps(read)
        def reader(*arguments: Any) -> Any:
            with st.spinner(words):
                return read(*arguments)

        return cast("_Read", reader)

    return keep


@_kept("Opening the database ...")
def engine(url: str) -> Engine:
    """An engine for a database that is set up.

    Raises:
        DatabaseUnusable: it is not, or cannot be read.
    """
    found = engine_for(url)
    check(found)
    return found


def at() -> At:
    """Where things stand now; asked once in every run of a view.

    Raises:
        DatabaseUnusable: the database is not set up, or cannot be read.
    """
    settings = _settings(frozenset(item for item in os.environ.items() if item[0].startswith("CONTINUITY_")))
    found = engine(settings.url)
    return At(settings.url, access.viewer(found, settings).audiences, over_time.moment(found))


@lru_cache(maxsize=FEW)
def _settings(_environment: frozenset[tuple[str, str]]) -> Settings:
    return environment.load()


@cache
def first_screen() -> date:
    """The day of the embedded sample that a newcomer sees first."""
    day: date = yaml.safe_load((ROOT / "samples" / "days.yaml").read_text(encoding="utf-8"))["first_screen"]
    return day


@_kept("Looking which days were scored ...")
def runs(at: At) -> dict[date, int]:
    """Every scored day with its newest run, oldest first."""
    return over_time.newest_runs(engine(at.url))


def scored_on(at: At, day: date) -> date | None:
    """The newest scored day up to ``day``; None where there is none."""
    days = list(runs(at))
    place = bisect_right(days, day)
    return days[place - 1] if place else None


def watchlist(at: At, day: date, choice: Choice = EVERYBODY) -> Watchlist:
    """The watchlist as it stood on a day: of the chosen regime and commissioner, all levels, names and changes.

    Raises:
        NothingScored: no day up to it was scored.
    """
    scored = scored_on(at, day)
    if scored is None:
        raise queries.NothingScored(f"no day up to {day.isoformat()} has been scored")
    return replace(_watchlist(at, scored, choice.regime, choice.commissioner), day=day)


@_kept("Reading the watchlist ...", FEW)
def _watchlist(at: At, day: date, regime: str | None, commissioner: str | None) -> Watchlist:
    found = queries.watchlist(engine(at.url), day, regime=regime, commissioner=commissioner, sees=at.sees)
    if len(found.providers) > SPARED_FROM:  # see the server's warm-up
        gc.collect()
        gc.freeze()
    return found


@_kept("Choosing providers ...", FEW)
def rows(at: At, day: date, choice: Choice) -> list[Row]:
    """The providers of a scored day that pass the filters."""
    return chosen(_watchlist(at, day, choice.regime, choice.commissioner).providers, choice)


@_kept("Counting levels ...")
def in_short(at: At, day: date) -> dict[str, Any]:
    """Counts of a scored day: providers, by level, only indicative ratings, and what changed since the day before."""
    listed = _watchlist(at, day, None, None)
    providers, before = listed.providers, listed.compared_with
    return {
        "providers": len(providers),
        "moves": moves(listed, len(no_longer_covered(at, day, before)) if before else 0),
        "levels": counts(providers),
        "indicative": sum(not row.is_official for row in providers),
        "sees": in_words(at.sees),
    }


@_kept("Drawing the table ...")
def table(at: At, day: date, choice: Choice, page: int) -> str:
    """A page of the table of a day as HTML."""
    listed = watchlist(at, day, choice)
    shown = on_page(rows(at, listed.scored_on, choice), page)
    found = findings(at, listed.run, tuple(row.id for row in shown))
    return render("watchlist", **as_table(listed, shown, found, titles(at, listed.run)))


@_kept("Counting levels ...")
def level_counts(at: At, run: int) -> dict[str, int]:
    """How many providers a run left at each level."""
    return over_time.level_counts(engine(at.url), run, sees=at.sees)


@_kept("Reading regimes ...")
def regimes(at: At, run: int) -> dict[str, dict[str, Any]]:
    """The files of a run's regimes."""
    return over_time.regimes(engine(at.url), run)


def titles(at: At, run: int) -> dict[str, str]:
    """The titles of a run's regimes, by key."""
    return {key: file.get("title", key) for key, file in regimes(at, run).items()}


@_kept("Reading findings ...")
def findings(at: At, run: int, providers: tuple[str, ...]) -> dict[tuple[str, str], Sequence[Mapping[str, Any]]]:
    """The findings of some providers in a run."""
    return over_time.findings(engine(at.url), run, providers, sees=at.sees)


@_kept("Reading who was on the list before ...")
def no_longer_covered(at: At, day: date, before: date) -> list[dict[str, Any]]:
    """Providers of the scored day before that the scored day does not have."""
    known = runs(at)
    return over_time.no_longer_covered(engine(at.url), known[day], known[before], sees=at.sees)


@_kept("Reading what happened next ...")
def later_levels(at: At, day: date, providers: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """The levels of some providers on the days scored after ``day``."""
    return over_time.later_levels(engine(at.url), day, providers, sees=at.sees)


@_kept("Reading what became known later ...")
def later_facts(at: At, day: date, providers: tuple[str, ...], only_events: bool) -> list[dict[str, Any]]:
    """What became known about some providers only after ``day``."""
    return over_time.later_facts(engine(at.url), day, providers, only_events=only_events, sees=at.sees)


@_kept("Reading commissioners ...")
def commissioners(at: At, day: date) -> dict[str, str]:
    """Everybody who buys from, funds, regulates or hosts a provider: key to title, by title."""
    return queries.commissioners(engine(at.url), day)


@_kept("Reading commissioners ...")
def commissioner_key(at: At, day: date, text: str) -> str | None:
    """The key of the commissioner that an identifier or a name stands for; None for nobody."""
    return queries.commissioner_key(engine(at.url), day, text)


@_kept("Reading the provider ...")
def explained(at: At, provider: str, day: date) -> dict[str, Any]:
    """One provider, principle by principle."""
    return queries.explain(engine(at.url), provider, day, sees=at.sees)


@_kept("Reading its figures ...")
def history(at: At, provider: str, day: date) -> Sequence[dict[str, Any]]:
    """Everything known about one provider by a day."""
    return list(queries.observations(engine(at.url), day, subject=provider, sees=at.sees))


@_kept("Reading how its findings stood ...")
def spells(at: At, provider: str, day: date) -> Sequence[Spell]:
    """How the findings about one provider have stood up to a day, worst and newest first."""
    return spells_of(engine(at.url), provider, day, sees=at.sees)


@_kept("Reading its levels ...")
def levels_over_time(at: At, provider: str, day: date) -> Sequence[dict[str, Any]]:
    """One provider's level on every scored day up to a day."""
    return queries.levels_over_time(engine(at.url), provider, day, sees=at.sees)
