"""One provider on one day: principle by principle, figure by figure, with its history and its links."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

import settings as environment
from access.people import current_viewer
from access.viewer import describe_visibility
from dashboard import cache, charts
from dashboard.cache import ReadContext
from dashboard.presenters import history_view, provider_view
from dashboard.presenters.addresses import page_links
from dashboard.presenters.casework_summary_view import casework_summary
from dashboard.presenters.finding_view import FigureTable
from dashboard.presenters.history_view import rank_labels
from dashboard.presenters.links_view import ProviderLinks, link_groups
from dashboard.presenters.page_parts import ChartTitle, Heading, PageMessage, source_notes
from dashboard.presenters.watchlist_view import WatchlistFilter
from dashboard.templating import render
from dashboard.url_state import choose_day, paginate_rows, requested_day
from queries import casework_on_day
from queries.explanation import ExplainedRegime, ProviderExplanation
from queries.ledger_rows import ObservationRow
from text.csv_cells import as_csv
from text.english import format_count, format_day

CHARTS, COLUMNS, CHART_HEIGHT = 6, 3, 190
PERIODS_HEIGHT, PERIOD_HEIGHT = 90, 24
MAX_MATCHES, MAX_LINKS, MAX_LATER = 20, 25, 40
EXPORT_COLUMNS = (
    "subject",
    "indicator",
    "kind",
    "period_start",
    "period_end",
    "known_on",
    "known_on_basis",
    "value",
    "verbatim",
    "unit",
    "register",
    "document",
    "line",
    "place",
    "address",
    "fetched_at",
    "sha256",
)


def show_page() -> None:
    """Show the provider that the address names, or a search."""
    context = cache.current_context()
    days = list(cache.newest_run_by_day(context))
    if not days:
        st.html(render(PageMessage("No day has been scored yet.", "Run 'continuity sample' first.")))
        return
    day = requested_day(days)
    provider = st.query_params.get("id") or st.session_state.get("last_provider", "")
    if not provider:
        show_search(context, day)
        return
    st.session_state["last_provider"] = provider
    explained = cache.explain_provider(context, provider, day)
    history = cache.observation_history(context, provider, day)
    if not explained["regimes"] and not history and not explained["links"]:
        show_not_known(provider, day)
        show_search(context, day)
        return
    show_provider(context, day, explained, history, is_past=day < days[-1])


def show_search(context: ReadContext, day: date) -> None:
    """Show a search for a provider."""
    st.html(render(provider_view.ProviderSearch(format_day(day))))
    text = st.text_input("Name or identifier", key="find")
    scored = cache.newest_scored_day(context, day)
    if not text or scored is None:
        return
    rows = cache.filtered_rows(context, scored, WatchlistFilter(text=text))
    if not rows:
        st.html(render(PageMessage("No provider scored on this day matches that name.", "Try part of the name.")))
        return
    st.html(render(provider_view.search_results(rows, day, MAX_MATCHES)))


def show_not_known(provider: str, day: date) -> None:
    """Show a message for an identifier about which nothing is known."""
    text = f"Nothing was known about '{provider}' on {format_day(day)}."
    st.html(render(PageMessage(text, "Choose a later day, or search by name.")))


def show_provider(
    context: ReadContext, day: date, explained: ProviderExplanation, history: Sequence[ObservationRow], *, is_past: bool
) -> None:
    """Show everything about one provider."""
    order = list(map(str, provider_view.LEVEL_ORDER))
    assessments = sorted(explained["regimes"], key=lambda assessed: order.index(assessed["level"]))
    left, right = st.columns([6, 5], gap="large")
    with left:
        notes = (provider_view.scoring_note(explained, day), describe_visibility(context.audiences))
        st.html(
            render(
                provider_view.ProviderHead(
                    name=explained["name"],
                    id=explained["id"],
                    day=format_day(day),
                    note=" ".join(filter(None, notes)),
                    watchlist_address=f"./?day={day.isoformat()}",
                )
            )
        )
        choose_day(context, day)
    with right:
        draw_levels(context, explained["id"], day, explained["run"])
    regimes = cache.regime_files(context, explained["run"]) if explained["run"] else {}
    covering = {assessed["regime"] for assessed in assessments}
    about_sources = [finding for finding in explained["source_findings"] if finding["regime"] in covering]
    if about_sources:
        st.html(render(source_notes(about_sources)))
    show_casework(context, explained["id"], day, assessments, regimes)
    for assessed in assessments:
        regime = regimes.get(assessed["regime"], {})
        st.html(render(provider_view.verdict_view(assessed, regime, explained["id"])))
    show_finding_periods(context, explained["id"], day, {key: file.get("title", key) for key, file in regimes.items()})
    draw_figures(history, history_view.main_indicators(assessments), day)
    show_links(explained, history, day)
    show_history(explained["id"], day, history)
    if is_past and st.toggle("Known only later", value=True, key="later", bind="query-params"):
        show_later_facts(context, day, explained["id"], assessments)


def show_casework(
    context: ReadContext,
    provider: str,
    day: date,
    assessments: Sequence[ExplainedRegime],
    regimes: Mapping[str, Mapping[str, Any]],
) -> None:
    """Show decisions and agreements of people, next to the recommended stages."""
    engine = cache.open_engine(context.url)
    viewer = current_viewer(engine, environment.load())
    casework = casework_on_day.read_casework_on_day(engine, viewer, provider, day)
    stages = {assessed["regime"]: assessed["stage"] for assessed in assessments}
    st.html(render(casework_summary(casework, stages, regimes, day, page_links(provider, here="provider"))))


def draw_levels(context: ReadContext, provider: str, day: date, run: int | None) -> None:
    """Draw the provider's level on every scored day up to the day shown."""
    titles = cache.regime_titles(context, run) if run else {}
    levels = tuple(
        (row.day.isoformat(), titles.get(row.regime, row.regime), row.level)
        for row in cache.levels_over_time(context, provider, day)
    )
    if levels:
        drawn = charts.provider_levels_chart(levels, day)
        st.html(render(Heading("Level, day by day")))
        st.vega_lite_chart(drawn.rows, drawn.description, height=CHART_HEIGHT, alt=drawn.alt_text)


def show_finding_periods(context: ReadContext, provider: str, day: date, titles: dict[str, str]) -> None:
    """Show for how long each finding has been the same, over the runs up to the day."""
    periods = cache.finding_periods(context, provider, day)
    rows = history_view.period_rows(periods, titles)
    if not rows:
        return
    with st.expander(f"Findings over time: {format_count(len(rows), 'period')} up to {format_day(day)}"):
        bars = history_view.period_bars(periods, day)
        if bars:
            drawn = charts.finding_periods_chart(bars, day)
            height = PERIODS_HEIGHT + PERIOD_HEIGHT * len({bar[0] for bar in bars})
            st.vega_lite_chart(drawn.rows, drawn.description, height=height, alt=drawn.alt_text)
        with paginate_rows(rows, "periods_page") as shown:
            st.html(render(history_view.PeriodTable(shown, "Findings over time, worst and newest first")))


def draw_figures(history: Sequence[ObservationRow], first_indicators: Sequence[str], day: date) -> None:
    """Draw grades and figures over time, figures behind findings first; the reader can choose others."""
    graded, series = history_view.grade_series(history), history_view.figure_series(history, first_indicators)
    if not graded and not series:
        return
    st.html(render(Heading("Figures over time")))
    draw_in_columns(
        [
            (grade.title, charts.grades_chart(grade.points, grade.title, rank_labels(grade.indicator), day))
            for grade in graded
        ]
    )
    by_key = {figure.indicator: figure for figure in series}
    picked = list(by_key)[:CHARTS]
    if len(by_key) > CHARTS:
        picked = st.multiselect(
            "Figures",
            list(by_key),
            picked,
            format_func=lambda key: by_key[key].title,
            key="figures",
            label_visibility="collapsed",
        )
    chosen = [by_key[key] for key in picked]
    draw_in_columns(
        [(figure.title, charts.figure_chart(figure.points, figure.title, figure.unit, day)) for figure in chosen]
    )


def draw_in_columns(titled_charts: Sequence[tuple[str, charts.RenderedChart]]) -> None:
    """Draw charts next to each other, each under its title."""
    for start in range(0, len(titled_charts), COLUMNS):
        for column, (title, chart) in zip(st.columns(COLUMNS), titled_charts[start : start + COLUMNS], strict=False):
            with column:
                st.html(render(ChartTitle(title)))
                st.vega_lite_chart(chart.rows, chart.description, height=CHART_HEIGHT, alt=chart.alt_text)


def show_links(explained: ProviderExplanation, history: Sequence[ObservationRow], day: date) -> None:
    """Show owner, area, buyers and other names."""
    groups = link_groups(explained["links"], explained["id"], day)
    names = history_view.other_names(history, explained["name"])
    st.html(render(ProviderLinks(groups, names, MAX_LINKS)))


def show_history(provider: str, day: date, history: Sequence[ObservationRow]) -> None:
    """Show the events and everything known as tables, and offer a file."""
    events = history_view.event_rows(history)
    if events:
        title = f"{format_count(len(events), 'event')} known by {format_day(day)}"
        with st.expander(title), paginate_rows(events, "events_page") as shown:
            st.html(render(FigureTable(shown, "Events, newest first")))
    if not history:
        return
    with st.expander(f"Everything known by {format_day(day)}: {format_count(len(history), 'observation')}"):
        known = history_view.known_rows(history)
        st.download_button(
            "Export",
            lambda: as_csv(history, EXPORT_COLUMNS),
            f"{provider}-{day.isoformat()}.csv",
            "text/csv",
            on_click="ignore",
            help="Every observation as CSV",
        )
        with paginate_rows(known, "known_page") as shown:
            st.html(render(FigureTable(shown, "Everything known, newest first")))


def show_later_facts(context: ReadContext, day: date, provider: str, assessments: Sequence[ExplainedRegime]) -> None:
    """Show the facts that nobody could know on the day, apart from the rest."""
    facts = cache.later_facts(context, day, (provider,), False)
    levels = cache.later_levels(context, day, (provider,)).get(provider, [])
    level = assessments[0]["level"] if assessments else None
    st.html(render(history_view.later_facts(facts, levels, level, day, MAX_LATER)))


show_page()
