"""One provider on one day: principle by principle, figure by figure, with its history and its links."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

import settings as environment
from access.people import current_viewer
from access.viewer import describe_visibility as sees_in_words
from dashboard import cache, charts
from dashboard.cache import ReadContext
from dashboard.presenters import case_view, history_view, provider_view
from dashboard.presenters.value_text import level_badge
from dashboard.presenters.watchlist_view import WatchlistFilter, provider_address, source_notes
from dashboard.templating import render
from dashboard.url_state import choose_day, paginate_rows, requested_day
from queries import casework_on_day
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
    """The page."""
    at = cache.current_context()
    days = list(cache.newest_run_by_day(at))
    if not days:
        st.html(render("message", text="No day has been scored yet.", more="Run 'continuity sample' first."))
        return
    day = requested_day(days)
    provider = st.query_params.get("id") or st.session_state.get("last_provider", "")
    if not provider:
        show_search(at, day)
        return
    st.session_state["last_provider"] = provider
    explained, history = cache.explain_provider(at, provider, day), cache.observation_history(at, provider, day)
    if not explained["regimes"] and not history and not explained["links"]:
        show_not_known(provider, day)
        show_search(at, day)
        return
    show_provider(at, day, explained, history, is_past=day < days[-1])


def show_search(context: ReadContext, day: date) -> None:
    """A search for somebody to look at."""
    st.html(render("provider_find", day=format_day(day)))
    text = st.text_input("Name or identifier", key="find")
    scored = cache.newest_scored_day(context, day)
    if not text or scored is None:
        return
    found = cache.filtered_rows(context, scored, WatchlistFilter(text=text))
    if not found:
        st.html(
            render("message", text="No provider scored on this day matches that name.", more="Try part of the name.")
        )
        return
    matches = [
        {"id": row.id, "name": row.name, "address": provider_address(row.id, day), "level": level_badge(row.level).word}
        for row in found[:MAX_MATCHES]
    ]
    st.html(render("matches", matches=matches, more=len(found) - len(matches)))


def show_not_known(provider: str, day: date) -> None:
    """Words for an identifier of which nothing is known."""
    text = f"Nothing was known of '{provider}' on {format_day(day)}."
    st.html(render("message", text=text, more="Choose a later day, or look for it by name."))


def show_provider(
    context: ReadContext, day: date, explained: dict[str, Any], history: Sequence[dict[str, Any]], *, is_past: bool
) -> None:
    """Everything about one provider."""
    assessments = sorted(explained["regimes"], key=lambda one: list(provider_view.LEVEL_ORDER).index(one["level"]))
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.html(
            render(
                "provider_head",
                name=explained["name"],
                id=explained["id"],
                day=format_day(day),
                note=" ".join(filter(None, (scoring_note(explained, day), sees_in_words(context.audiences)))),
                back=f"./?day={day.isoformat()}",
            )
        )
        choose_day(context, day)
    with right:
        draw_levels(context, explained["id"], day, explained["run"])
    regimes = cache.regime_files(context, explained["run"]) if explained["run"] else {}
    if explained["source_findings"]:
        keys = {one["regime"] for one in assessments}
        about = [one for one in explained["source_findings"] if one["regime"] in keys]
        if about:
            st.html(render("sources", findings=source_notes(about)))
    show_casework(context, explained["id"], day, assessments, regimes)
    for assessed in assessments:
        st.html(
            render(
                "verdict", **provider_view.verdict_view(assessed, regimes.get(assessed["regime"], {}), explained["id"])
            )
        )
    show_finding_periods(context, explained["id"], day, {key: file.get("title", key) for key, file in regimes.items()})
    draw_figures(history, history_view.main_indicators(assessments), day)
    show_links(explained, history, day)
    show_history(explained["id"], day, history)
    if is_past and st.toggle("What became known later", value=True, key="later", bind="query-params"):
        show_later_facts(context, day, explained["id"], assessments)


def show_casework(
    context: ReadContext,
    provider: str,
    day: date,
    assessments: Sequence[dict[str, Any]],
    regimes: dict[str, dict[str, Any]],
) -> None:
    """What people decided and agreed, beside what the service recommends."""
    engine = cache.open_engine(context.url)
    found = casework_on_day.read_casework_on_day(engine, current_viewer(engine, environment.load()), provider, day)
    shown = case_view.casework_summary(found, {one["regime"]: one["stage"] for one in assessments}, regimes, day)
    st.html(
        render("case_standing", day=format_day(day), links=case_view.page_links(provider, here="provider"), **shown)
    )


def scoring_note(explained: dict[str, Any], day: date) -> str:
    """A note where the provider was not scored on the very day."""
    if not explained["regimes"]:
        ended, last = explained["ended"], explained["last_assessed"]
        why = "No regime covers it on this day."
        if ended is not None:
            said = f" ({ended['text']})" if ended["text"] else ""
            why = f"Not covered any more: {ended['title']}{said}, {format_day(ended['on'])}."
        before = f" It was last assessed on {format_day(last['day'])}." if last else ""
        return f"{why}{before} What is known of it stands below."
    if explained["scored_on"] != day.isoformat():
        return f"{format_day(day)} was not scored; the verdict is of {format_day(explained['scored_on'])}, the day before it."
    return ""


def draw_levels(context: ReadContext, provider: str, day: date, run: int | None) -> None:
    """Its level on every scored day up to the one shown."""
    titles = cache.regime_titles(context, run) if run else {}
    levels = tuple(
        (row["day"], titles.get(row["regime"], row["regime"]), row["level"])
        for row in cache.levels_over_time(context, provider, day)
    )
    if levels:
        drawn = charts.provider_levels_chart(levels, day)
        st.html(render("heading", text="Its level, day by day", key=[]))
        st.vega_lite_chart(drawn.rows, drawn.description, height=CHART_HEIGHT, alt=drawn.alt_text)


def show_finding_periods(context: ReadContext, provider: str, day: date, titles: dict[str, str]) -> None:
    """How each finding has stood over the runs up to the day: from when to when."""
    found = cache.finding_periods(context, provider, day)
    told = history_view.period_rows(found, titles)
    if not told:
        return
    with st.expander(f"How its findings have stood: {format_count(len(told), 'spell')} up to {format_day(day)}"):
        bars = history_view.period_bars(found, day)
        if bars:
            drawn = charts.finding_periods_chart(bars, day)
            height = PERIODS_HEIGHT + PERIOD_HEIGHT * len({bar[0] for bar in bars})
            st.vega_lite_chart(drawn.rows, drawn.description, height=height, alt=drawn.alt_text)
        with paginate_rows(told, "spells_page") as shown:
            st.html(render("spells", spells=shown, label="How its findings have stood, worst and newest first"))


def draw_figures(history: Sequence[dict[str, Any]], first_indicators: Sequence[str], day: date) -> None:
    """Grades and figures over time, those behind the findings first; the reader can choose other figures."""
    graded, series = history_view.grade_series(history), history_view.figure_series(history, first_indicators)
    if not graded and not series:
        return
    st.html(render("heading", text="Over time", key=[]))
    draw_in_columns(
        [
            (one.title, charts.grades_chart(one.points, one.title, history_view.rank_labels(one.indicator), day))
            for one in graded
        ]
    )
    by_key = {one.indicator: one for one in series}
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
    draw_in_columns([(one.title, charts.figure_chart(one.points, one.title, one.unit, day)) for one in chosen])


def draw_in_columns(titled_charts: Sequence[tuple[str, charts.RenderedChart]]) -> None:
    """Charts beside each other, each under its title."""
    for start in range(0, len(titled_charts), COLUMNS):
        for column, (title, chart) in zip(st.columns(COLUMNS), titled_charts[start : start + COLUMNS], strict=False):
            with column:
                st.html(render("chart_title", text=title))
                st.vega_lite_chart(chart.rows, chart.description, height=CHART_HEIGHT, alt=chart.alt_text)


def show_links(explained: dict[str, Any], history: Sequence[dict[str, Any]], day: date) -> None:
    """Owner, area, buyers, other names."""
    groups = provider_view.link_groups(explained["links"], explained["id"], day)
    names = history_view.other_names(history, explained["name"])
    st.html(render("links", groups=groups, aliases=names, most=MAX_LINKS))


def show_history(provider: str, day: date, history: Sequence[dict[str, Any]]) -> None:
    """Events, and everything known, as tables and as a file."""
    happened = history_view.event_rows(history)
    if happened:
        title = f"What happened: {format_count(len(happened), 'event')} known by {format_day(day)}"
        with st.expander(title), paginate_rows(happened, "events_page") as shown:
            st.html(render("figures", figures=shown, label="Events, newest first"))
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
            st.html(render("figures", figures=shown, label="Everything known, newest first"))


def show_later_facts(context: ReadContext, day: date, provider: str, assessments: Sequence[dict[str, Any]]) -> None:
    """What nobody could know on the day, apart from the rest."""
    facts = cache.later_facts(context, day, (provider,), False)
    levels = cache.later_levels(context, day, (provider,)).get(provider, [])
    level = assessments[0]["level"] if assessments else None
    told = history_view.later_summary(facts, levels, level, day)
    st.html(render("later", day=format_day(day), most=MAX_LATER, **told))


show_page()
