"""The watchlist of one day: who is on it, why, what changed; and, apart from it, what happened next."""

from datetime import date
from typing import Any

import streamlit as st

import settings as environment
from dashboard import access, case_page, casework_reads, charts, readers
from dashboard.controls import asked, asked_day, choose_day, keep
from dashboard.markup import render
from dashboard.presenters import as_csv, in_words, look
from dashboard.queries import Watchlist
from dashboard.readers import At
from dashboard.watchlist_page import (
    EXPORTED,
    PAGE_ROWS,
    Choice,
    address,
    afterwards,
    export,
    in_a_sentence,
    on_page,
    source_notes,
)
from regimes.words import counted

MOST_DAYS = 120  # of the chart
MOST_ENDED = 10
MOST_UNDONE = 5
CHART_HEIGHT = 150


def show() -> None:
    """The page."""
    at = readers.at()
    days = list(readers.runs(at))
    if not days:
        nothing_scored()
        return
    day = asked_day(days)
    left, right = st.columns([6, 5], gap="large")
    with left:
        head = st.empty()
        choose_day(at, day)
    scored = readers.scored_on(at, day)
    if scored is None:
        with head:
            say_too_early(day, days[0])
        return
    everybody = readers.watchlist(at, day)
    with head:
        st.html(render("head", **in_short(everybody, readers.in_short(at, scored))))
    with right:
        draw_levels(at, scored)
    if scored == days[-1]:
        say_not_acted_on(at)
    if everybody.source_findings:
        st.html(render("sources", findings=source_notes(everybody.source_findings)))
    choice, with_later = choose_rows(at, everybody, is_past=day < days[-1])
    show_rows(at, everybody, choice, with_later=with_later)


def say_not_acted_on(at: At) -> None:
    """The worst thresholds met with nothing done, and how many clocks have lapsed; nothing where there are none."""
    settings, today = environment.load(), access.today()
    viewer = access.viewer(readers.engine(at.url), settings)
    found = casework_reads.not_acted_on(at, viewer, settings, today)
    if found.undone or found.lapsed:
        worst, more = case_page.worst(found.undone, MOST_UNDONE)
        lapsed = f"{counted(found.lapsed, 'clock')} lapsed" if found.lapsed else ""
        st.html(render("case_alarm", undone=case_page.undone(worst, {}, today), more=more, lapsed=lapsed))


def nothing_scored() -> None:
    """Words for a database that is set up and empty."""
    st.html(render("head", title="Watchlist", not_scored="No day has been scored yet.", marks="", lead=(
        "Run 'continuity sample' for a real history to look at, or 'continuity watch' for today, then load this again."
    )))  # fmt: skip


def say_too_early(day: date, first: date) -> None:
    """Words for a day before the first scored one."""
    st.html(render(
        "head", title=f"Watchlist of {in_words(day)}", marks="",
        not_scored=f"No day up to {in_words(day)} has been scored.",
        lead=f"The first scored day is {in_words(first)}; choose it or a later one.",
    ))  # fmt: skip


def in_short(listed: Watchlist, short: dict[str, Any]) -> dict[str, str]:
    """Title and first sentences of the page."""
    not_scored = ""
    if listed.scored_on != listed.day:
        not_scored = (
            f"{in_words(listed.day)} was not scored. What you see was scored on {in_words(listed.scored_on)}, "
            "the newest scored day before it."
        )
    number, indicative, marks = short["providers"], short["indicative"], ""
    if indicative:
        whose = "Every rating here is" if indicative == number else f"{indicative:,} of these ratings are"
        marks = f"{whose} indicative: our own reading of public figures, not a regulator's verdict."
    return {
        "title": f"Watchlist of {in_words(listed.day)}",
        "not_scored": not_scored,
        "lead": f"{counted(number, 'provider')} scored from what was known on that day and nothing later: "
        f"{in_a_sentence(short['levels'])}. {short['moves']}",
        "marks": " ".join(filter(None, (marks, short["sees"]))),
    }


def draw_levels(at: At, scored: date) -> None:
    """How many stood at which level, day by day, up to the day shown."""
    runs = [(day, run) for day, run in readers.runs(at).items() if day <= scored][-MOST_DAYS:]
    drawn = charts.levels_of_all(tuple((day, tuple(readers.level_counts(at, run).items())) for day, run in runs))
    st.html(render("heading", text="On the list, day by day", key=[look(level) for level in charts.ALARMING]))
    st.vega_lite_chart(drawn.rows, drawn.description, height=CHART_HEIGHT, alt=drawn.alt)


def choose_rows(at: At, everybody: Watchlist, *, is_past: bool) -> tuple[Choice, bool]:
    """The filters, and whether what happened next is to be shown beside the providers that pass them."""
    titles, levels = readers.titles(at, everybody.run), readers.in_short(at, everybody.scored_on)["levels"]
    commissioners = readers.commissioners(at, everybody.scored_on)
    asked_for = st.query_params.get("commissioner", "")
    if asked_for and asked_for not in commissioners:  # an address with another identifier or name of the same body
        st.query_params["commissioner"] = readers.commissioner_key(at, everybody.scored_on, asked_for) or asked_for
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input("Search", key="q", bind="query-params", placeholder="name or identifier", width=170)
        picked = choose_levels(levels)
        regime = choose_key("Regime", "regime", titles, "all regimes") if len(titles) > 1 else None
        commissioner = choose_key("Commissioner or area", "commissioner", commissioners, "everywhere")
        only_changed = st.toggle("Only changed", key="changed", bind="query-params")
        choice = Choice(regime, commissioner, picked, text or "", only_changed)
        st.download_button(
            "Export", lambda: exported(at, everybody.day, choice), f"watchlist-{everybody.day.isoformat()}.csv",
            "text/csv", on_click="ignore", help="The providers below as CSV",
        )  # fmt: skip
        with_later = is_past and st.toggle(
            "What happened next", value=True, key="later", bind="query-params",
            help="Kept apart: nobody could know it on the day",
        )  # fmt: skip
    return choice, with_later


def choose_levels(levels: dict[str, int]) -> frozenset[str]:
    """The levels to show, with how many stand at each; none picked means all."""
    there = [level for level, number in levels.items() if number]
    st.session_state["levels"] = asked("level", there)
    picked = st.pills(
        "Level", there, selection_mode="multi", key="levels", on_change=keep, args=("level", "levels"),
        format_func=lambda level: f"{look(level).shape} {look(level).word} {levels[level]:,}",
    )  # fmt: skip
    return frozenset(picked)


def choose_key(label: str, name: str, named: dict[str, str], everything: str) -> str | None:
    """One of the keys, shown by its name; None for all of them."""
    if not named:
        return None
    st.session_state[f"one_{name}"] = next(iter(asked(name, named)), None)
    return st.selectbox(
        label, sorted(named, key=lambda one: named[one].casefold()), None, named.__getitem__, key=f"one_{name}",
        on_change=keep, args=(name, f"one_{name}"), placeholder=everything, width=190,
    )  # fmt: skip


def exported(at: At, day: date, choice: Choice) -> bytes:
    """The providers that pass the filters, all pages, as a file."""
    listed = readers.watchlist(at, day, choice)
    return as_csv(export(listed, readers.rows(at, listed.scored_on, choice)), EXPORTED)


def show_rows(at: At, listed: Watchlist, choice: Choice, *, with_later: bool) -> None:
    """The table, a page at a time, and beside it what happened next."""
    rows = readers.rows(at, listed.scored_on, choice)
    if not rows:
        st.html(render("message", text="No provider passes these filters.", more="Take one away to see more."))
        return
    space, beside = st.columns([8, 3], gap="medium") if with_later else (st.container(), None)
    pages = -(-len(rows) // PAGE_ROWS)
    with space:
        body = st.container()
        page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    with body:
        st.html(readers.table(at, listed.day, choice, page))
        say_ended(at, listed)
    if beside is not None:
        shown = on_page(rows, page)
        ids = tuple(row.id for row in shown)
        levels, facts = readers.later_levels(at, listed.day, ids), readers.later_facts(at, listed.day, ids, True)
        told = afterwards(listed, shown, levels, facts, [one for one in readers.runs(at) if one > listed.day])
        beside.html(render("afterwards", day=in_words(listed.day), providers=told))


def say_ended(at: At, listed: Watchlist) -> None:
    """Who was on the list of the scored day before and is not covered any more."""
    if listed.compared_with is None:
        return
    ended = readers.no_longer_covered(at, listed.scored_on, listed.compared_with)
    if ended:
        linked = [{**one, "address": address(one["id"], listed.day)} for one in ended]
        first, more = linked[:MOST_ENDED], linked[MOST_ENDED:]
        st.html(render("no_longer", since=in_words(listed.compared_with), providers=first, more=more))


show()
