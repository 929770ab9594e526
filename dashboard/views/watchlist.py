"""The watchlist of one day: levels, reasons and changes; later events are shown apart."""

from datetime import date

import streamlit as st

import settings as environment
from access.people import current_viewer
from dashboard import cache, charts
from dashboard.cache import DayHeadline, ReadContext
from dashboard.presenters.escalation_view import OverdueNotice, no_action_rows, worst_by_provider
from dashboard.presenters.later_outcomes_view import later_outcomes
from dashboard.presenters.page_parts import Heading, PageHead, PageMessage, source_notes
from dashboard.presenters.watchlist_view import (
    EXPORT_COLUMNS,
    PAGE_ROWS,
    WatchlistFilter,
    describe_level_counts,
    export_rows,
    no_longer_covered,
    rows_on_page,
)
from dashboard.templating import render
from dashboard.url_state import choose_day, requested_day, requested_values, store_in_url
from models.vocabulary import today_in_london
from queries.value_text import level_badge
from queries.watchlist import Watchlist
from text.csv_cells import as_csv
from text.english import format_count, format_day

MAX_DAYS = 120  # scored days in the chart
MAX_ENDED = 10
MAX_WITHOUT_ACTION = 5
CHART_HEIGHT = 150


def show_page() -> None:
    """Show the watchlist of the day in the address."""
    context = cache.current_context()
    days = list(cache.newest_run_by_day(context))
    if not days:
        show_nothing_scored()
        return
    day = requested_day(days)
    left, right = st.columns([6, 5], gap="large")
    with left:
        head = st.empty()
        choose_day(context, day)
    scored = cache.newest_scored_day(context, day)
    if scored is None:
        with head:
            show_too_early(day, days[0])
        return
    listed = cache.read_watchlist(context, day)
    with head:
        st.html(render(watchlist_head(listed, cache.day_summary(context, scored))))
    with right:
        draw_levels(context, scored)
    if scored == days[-1]:
        show_overdue_work(context)
    if listed.source_findings:
        st.html(render(source_notes(listed.source_findings)))
    choice, with_later = choose_filter(context, listed, is_past=day < days[-1])
    show_rows(context, listed, choice, with_later=with_later)


def show_overdue_work(context: ReadContext) -> None:
    """Show the worst escalations without action and the number of overdue clocks, if there are any."""
    settings, today = environment.load(), today_in_london()
    viewer = current_viewer(cache.open_engine(context.url), settings)
    work = cache.read_overdue_work(context, viewer, settings, today)
    if work.escalations or work.overdue_clocks:
        worst, more = worst_by_provider(work.escalations, MAX_WITHOUT_ACTION)
        overdue = f"{format_count(work.overdue_clocks, 'clock')} overdue" if work.overdue_clocks else ""
        st.html(render(OverdueNotice(no_action_rows(worst, {}, today), more, overdue)))


def show_nothing_scored() -> None:
    """Show a message for a database that is set up and empty."""
    advice = "Run 'continuity sample' for a real history, or 'continuity watch' for today. Then load this page again."
    st.html(render(PageHead("Watchlist", advice, "No day has been scored yet.")))


def show_too_early(day: date, first: date) -> None:
    """Show a message for a day before the first scored day."""
    warning = f"No day up to {format_day(day)} has been scored."
    advice = f"The first scored day is {format_day(first)}. Choose that day or a later day."
    st.html(render(PageHead(f"Watchlist of {format_day(day)}", advice, warning)))


def watchlist_head(listed: Watchlist, summary: DayHeadline) -> PageHead:
    """Title and first sentences of the page."""
    warning = ""
    if listed.scored_on != listed.day:
        warning = (
            f"{format_day(listed.day)} was not scored. This list was scored on {format_day(listed.scored_on)}, "
            "the newest scored day before."
        )
    number, indicative, note = summary.providers, summary.indicative, ""
    if indicative:
        ratings = "Every rating here is" if indicative == number else f"{indicative:,} of these ratings are"
        note = f"{ratings} indicative: our own reading of public figures, not a regulator's verdict."
    return PageHead(
        title=f"Watchlist of {format_day(listed.day)}",
        lead=f"{format_count(number, 'provider')} scored from information known on that day, and nothing later: "
        f"{describe_level_counts(summary.levels)}. {summary.changes}",
        warning=warning,
        note=" ".join(filter(None, (note, summary.visibility))),
    )


def draw_levels(context: ReadContext, scored: date) -> None:
    """Draw the number of providers at each level, day by day, up to the day shown."""
    runs = [(day, run) for day, run in cache.newest_run_by_day(context).items() if day <= scored][-MAX_DAYS:]
    drawn = charts.level_counts_chart(
        tuple((day, tuple(cache.level_counts(context, run).items())) for day, run in runs)
    )
    st.html(render(Heading("Providers by level, day by day", list(map(level_badge, charts.ALARMING_LEVELS)))))
    st.vega_lite_chart(drawn.rows, drawn.description, height=CHART_HEIGHT, alt=drawn.alt_text)


def choose_filter(context: ReadContext, listed: Watchlist, *, is_past: bool) -> tuple[WatchlistFilter, bool]:
    """Show the filters; gives the reader's choice, and whether later events are to be shown."""
    titles = cache.regime_titles(context, listed.run)
    levels = cache.day_summary(context, listed.scored_on).levels
    commissioners = cache.commissioner_titles(context, listed.scored_on)
    requested = st.query_params.get("commissioner", "")
    if requested and requested not in commissioners:  # another identifier or a name of a body
        st.query_params["commissioner"] = cache.commissioner_key(context, listed.scored_on, requested) or requested
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input("Search", key="q", bind="query-params", placeholder="name or identifier", width=170)
        picked = choose_levels(levels)
        regime = choose_key("Regime", "regime", titles, "all regimes") if len(titles) > 1 else None
        commissioner = choose_key("Commissioner or area", "commissioner", commissioners, "everywhere")
        only_changed = st.toggle("Only changed", key="changed", bind="query-params")
        choice = WatchlistFilter(regime, commissioner, picked, text or "", only_changed)
        st.download_button(
            "Export",
            lambda: export_csv(context, listed.day, choice),
            f"watchlist-{listed.day.isoformat()}.csv",
            "text/csv",
            on_click="ignore",
            help="The providers below as CSV",
        )
        with_later = is_past and st.toggle(
            "Later events",
            value=True,
            key="later",
            bind="query-params",
            help="Shown apart, because nobody could know them on the day",
        )
    return choice, with_later


def choose_levels(levels: dict[str, int]) -> frozenset[str]:
    """The levels that the reader picks, shown with the number of providers at each; none picked means all."""
    options = [level for level, number in levels.items() if number]
    st.session_state["levels"] = requested_values("level", options)
    picked = st.pills(
        "Level",
        options,
        selection_mode="multi",
        key="levels",
        on_change=store_in_url,
        args=("level", "levels"),
        format_func=lambda level: f"{level_badge(level).shape} {level_badge(level).word} {levels[level]:,}",
    )
    return frozenset(picked)


def choose_key(label: str, name: str, named: dict[str, str], everything: str) -> str | None:
    """The key that the reader picks by its name; None for all keys."""
    if not named:
        return None
    st.session_state[f"picked_{name}"] = next(iter(requested_values(name, named)), None)
    return st.selectbox(
        label,
        sorted(named, key=lambda option: named[option].casefold()),
        None,
        named.__getitem__,
        key=f"picked_{name}",
        on_change=store_in_url,
        args=(name, f"picked_{name}"),
        placeholder=everything,
        width=190,
    )


def export_csv(context: ReadContext, day: date, choice: WatchlistFilter) -> bytes:
    """The providers that pass the filters, all pages, as a file."""
    listed = cache.read_watchlist(context, day, choice)
    return as_csv(export_rows(listed, cache.filtered_rows(context, listed.scored_on, choice)), EXPORT_COLUMNS)


def show_rows(context: ReadContext, listed: Watchlist, choice: WatchlistFilter, *, with_later: bool) -> None:
    """Show one page of the table and, beside it, later events."""
    rows = cache.filtered_rows(context, listed.scored_on, choice)
    if not rows:
        st.html(render(PageMessage("No provider passes these filters.", "Remove a filter to see more.")))
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
        levels = cache.later_levels(context, listed.day, ids)
        facts = cache.later_facts(context, listed.day, ids, True)
        later_days = [scored_day for scored_day in cache.newest_run_by_day(context) if scored_day > listed.day]
        beside.html(render(later_outcomes(listed.day, shown, levels, facts, later_days)))


def show_no_longer_covered(context: ReadContext, listed: Watchlist) -> None:
    """Show the providers of the scored day before that no regime covers any more."""
    if listed.compared_with is None:
        return
    ended = cache.providers_no_longer_covered(context, listed.scored_on, listed.compared_with)
    if ended:
        st.html(render(no_longer_covered(ended, listed.compared_with, listed.day, MAX_ENDED)))


show_page()
