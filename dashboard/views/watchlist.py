"""The watchlist of one day: who is on it, why, what changed; and, apart from it, what happened next."""

from datetime import date
from typing import Any

import streamlit as st

import settings as environment
from access.people import current_viewer
from dashboard import cache, charts
from dashboard.cache import ReadContext
from dashboard.presenters import escalation_view
from dashboard.presenters.value_text import level_badge
from dashboard.presenters.watchlist_view import (
    EXPORT_COLUMNS,
    PAGE_ROWS,
    WatchlistFilter,
    describe_level_counts,
    export_rows,
    later_outcomes,
    provider_address,
    rows_on_page,
    source_notes,
)
from dashboard.templating import render
from dashboard.url_state import choose_day, requested_day, requested_values, store_in_url
from models.vocabulary import today_in_london
from queries.watchlist import Watchlist
from text.csv_cells import as_csv
from text.english import format_count, format_day

MAX_DAYS = 120  # of the chart
MAX_ENDED = 10
MAX_WITHOUT_ACTION = 5
CHART_HEIGHT = 150


def show_page() -> None:
    """The page."""
    at = cache.current_context()
    days = list(cache.newest_run_by_day(at))
    if not days:
        show_nothing_scored()
        return
    day = requested_day(days)
    left, right = st.columns([6, 5], gap="large")
    with left:
        head = st.empty()
        choose_day(at, day)
    scored = cache.newest_scored_day(at, day)
    if scored is None:
        with head:
            show_too_early(day, days[0])
        return
    everybody = cache.read_watchlist(at, day)
    with head:
        st.html(render("head", **heading_values(everybody, cache.day_summary(at, scored))))
    with right:
        draw_levels(at, scored)
    if scored == days[-1]:
        show_overdue_work(at)
    if everybody.source_findings:
        st.html(render("sources", findings=source_notes(everybody.source_findings)))
    choice, with_later = choose_filter(at, everybody, is_past=day < days[-1])
    show_rows(at, everybody, choice, with_later=with_later)


def show_overdue_work(context: ReadContext) -> None:
    """The worst thresholds met with nothing done, and how many clocks have lapsed; nothing where there are none."""
    settings, today = environment.load(), today_in_london()
    viewer = current_viewer(cache.open_engine(context.url), settings)
    found = cache.read_overdue_work(context, viewer, settings, today)
    if found.escalations or found.overdue_clocks:
        worst, more = escalation_view.worst_by_provider(found.escalations, MAX_WITHOUT_ACTION)
        lapsed = f"{format_count(found.overdue_clocks, 'clock')} lapsed" if found.overdue_clocks else ""
        st.html(render("case_alarm", undone=escalation_view.no_action_rows(worst, {}, today), more=more, lapsed=lapsed))


def show_nothing_scored() -> None:
    """Words for a database that is set up and empty."""
    st.html(
        render(
            "head",
            title="Watchlist",
            not_scored="No day has been scored yet.",
            marks="",
            lead=(
                "Run 'continuity sample' for a real history to look at, or 'continuity watch' for today, then load this again."
            ),
        )
    )


def show_too_early(day: date, first: date) -> None:
    """Words for a day before the first scored one."""
    st.html(
        render(
            "head",
            title=f"Watchlist of {format_day(day)}",
            marks="",
            not_scored=f"No day up to {format_day(day)} has been scored.",
            lead=f"The first scored day is {format_day(first)}; choose it or a later one.",
        )
    )


def heading_values(listed: Watchlist, short: dict[str, Any]) -> dict[str, str]:
    """Title and first sentences of the page."""
    not_scored = ""
    if listed.scored_on != listed.day:
        not_scored = (
            f"{format_day(listed.day)} was not scored. What you see was scored on {format_day(listed.scored_on)}, "
            "the newest scored day before it."
        )
    number, indicative, marks = short["providers"], short["indicative"], ""
    if indicative:
        whose = "Every rating here is" if indicative == number else f"{indicative:,} of these ratings are"
        marks = f"{whose} indicative: our own reading of public figures, not a regulator's verdict."
    return {
        "title": f"Watchlist of {format_day(listed.day)}",
        "not_scored": not_scored,
        "lead": f"{format_count(number, 'provider')} scored from what was known on that day and nothing later: "
        f"{describe_level_counts(short['levels'])}. {short['moves']}",
        "marks": " ".join(filter(None, (marks, short["sees"]))),
    }


def draw_levels(context: ReadContext, scored: date) -> None:
    """How many stood at which level, day by day, up to the day shown."""
    runs = [(day, run) for day, run in cache.newest_run_by_day(context).items() if day <= scored][-MAX_DAYS:]
    drawn = charts.level_counts_chart(
        tuple((day, tuple(cache.level_counts(context, run).items())) for day, run in runs)
    )
    st.html(
        render("heading", text="On the list, day by day", key=[level_badge(level) for level in charts.ALARMING_LEVELS])
    )
    st.vega_lite_chart(drawn.rows, drawn.description, height=CHART_HEIGHT, alt=drawn.alt_text)


def choose_filter(context: ReadContext, everybody: Watchlist, *, is_past: bool) -> tuple[WatchlistFilter, bool]:
    """The filters, and whether what happened next is to be shown beside the providers that pass them."""
    titles, levels = (
        cache.regime_titles(context, everybody.run),
        cache.day_summary(context, everybody.scored_on)["levels"],
    )
    commissioners = cache.commissioner_titles(context, everybody.scored_on)
    asked_for = st.query_params.get("commissioner", "")
    if asked_for and asked_for not in commissioners:  # an address with another identifier or name of the same body
        st.query_params["commissioner"] = cache.commissioner_key(context, everybody.scored_on, asked_for) or asked_for
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input("Search", key="q", bind="query-params", placeholder="name or identifier", width=170)
        picked = choose_levels(levels)
        regime = choose_key("Regime", "regime", titles, "all regimes") if len(titles) > 1 else None
        commissioner = choose_key("Commissioner or area", "commissioner", commissioners, "everywhere")
        only_changed = st.toggle("Only changed", key="changed", bind="query-params")
        choice = WatchlistFilter(regime, commissioner, picked, text or "", only_changed)
        st.download_button(
            "Export",
            lambda: export_csv(context, everybody.day, choice),
            f"watchlist-{everybody.day.isoformat()}.csv",
            "text/csv",
            on_click="ignore",
            help="The providers below as CSV",
        )
        with_later = is_past and st.toggle(
            "What happened next",
            value=True,
            key="later",
            bind="query-params",
            help="Kept apart: nobody could know it on the day",
        )
    return choice, with_later


def choose_levels(levels: dict[str, int]) -> frozenset[str]:
    """The levels to show, with how many stand at each; none picked means all."""
    there = [level for level, number in levels.items() if number]
    st.session_state["levels"] = requested_values("level", there)
    picked = st.pills(
        "Level",
        there,
        selection_mode="multi",
        key="levels",
        on_change=store_in_url,
        args=("level", "levels"),
        format_func=lambda level: f"{level_badge(level).shape} {level_badge(level).word} {levels[level]:,}",
    )
    return frozenset(picked)


def choose_key(label: str, name: str, named: dict[str, str], everything: str) -> str | None:
    """One of the keys, shown by its name; None for all of them."""
    if not named:
        return None
    st.session_state[f"one_{name}"] = next(iter(requested_values(name, named)), None)
    return st.selectbox(
        label,
        sorted(named, key=lambda one: named[one].casefold()),
        None,
        named.__getitem__,
        key=f"one_{name}",
        on_change=store_in_url,
        args=(name, f"one_{name}"),
        placeholder=everything,
        width=190,
    )


def export_csv(context: ReadContext, day: date, choice: WatchlistFilter) -> bytes:
    """The providers that pass the filters, all pages, as a file."""
    listed = cache.read_watchlist(context, day, choice)
    return as_csv(export_rows(listed, cache.filtered_rows(context, listed.scored_on, choice)), EXPORT_COLUMNS)


def show_rows(context: ReadContext, listed: Watchlist, choice: WatchlistFilter, *, with_later: bool) -> None:
    """The table, a page at a time, and beside it what happened next."""
    rows = cache.filtered_rows(context, listed.scored_on, choice)
    if not rows:
        st.html(render("message", text="No provider passes these filters.", more="Take one away to see more."))
        return
    space, beside = st.columns([8, 3], gap="medium") if with_later else (st.container(), None)
    pages = -(-len(rows) // PAGE_ROWS)
    with space:
        body = st.container()
        page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    with body:
        st.html(cache.render_table(context, listed.day, choice, page))
        show_no_longer_covered(context, listed)
    if beside is not None:
        shown = rows_on_page(rows, page)
        ids = tuple(row.id for row in shown)
        levels, facts = (
            cache.later_levels(context, listed.day, ids),
            cache.later_facts(context, listed.day, ids, True),
        )
        told = later_outcomes(
            listed, shown, levels, facts, [one for one in cache.newest_run_by_day(context) if one > listed.day]
        )
        beside.html(render("afterwards", day=format_day(listed.day), providers=told))


def show_no_longer_covered(context: ReadContext, listed: Watchlist) -> None:
    """Who was on the list of the scored day before and is not covered any more."""
    if listed.compared_with is None:
        return
    ended = cache.providers_no_longer_covered(context, listed.scored_on, listed.compared_with)
    if ended:
        linked = [{**one, "address": provider_address(one["id"], listed.day)} for one in ended]
        first, more = linked[:MAX_ENDED], linked[MAX_ENDED:]
        st.html(render("no_longer", since=format_day(listed.compared_with), providers=first, more=more))


show_page()
