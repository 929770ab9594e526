"""One provider on one day: principle by principle, figure by figure, with its history and its links."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

import settings as environment
from dashboard import access, casework_page, casework_standing, charts, provider_history, provider_page, readers
from dashboard.controls import asked_day, choose_day, paged
from dashboard.markup import render
from dashboard.presenters import as_csv, in_words, look
from dashboard.readers import At
from dashboard.watchlist_page import Choice, address, source_notes
from regimes.words import counted
from risk.seen import in_words as sees_in_words

CHARTS, COLUMNS, CHART_HEIGHT = 6, 3, 190
SPELLS_HEIGHT, SPELL_HEIGHT = 90, 24
MOST_MATCHES, MOST_LINKS, MOST_LATER = 20, 25, 40
EXPORTED = (
    "subject", "indicator", "kind", "period_start", "period_end", "known_on", "known_on_basis", "value", "verbatim",
    "unit", "register", "document", "line", "place", "address", "fetched_at", "sha256",
)  # fmt: skip


def show() -> None:
    """The page."""
    at = readers.at()
    days = list(readers.runs(at))
    if not days:
        st.html(render("message", text="No day has been scored yet.", more="Run 'continuity sample' first."))
        return
    day = asked_day(days)
    provider = st.query_params.get("id") or st.session_state.get("last_provider", "")
    if not provider:
        find(at, day)
        return
    st.session_state["last_provider"] = provider
    explained, history = readers.explained(at, provider, day), readers.history(at, provider, day)
    if not explained["regimes"] and not history and not explained["links"]:
        not_known(provider, day)
        find(at, day)
        return
    show_provider(at, day, explained, history, is_past=day < days[-1])


def find(at: At, day: date) -> None:
    """A search for somebody to look at."""
    st.html(render("provider_find", day=in_words(day)))
    text = st.text_input("Name or identifier", key="find")
    scored = readers.scored_on(at, day)
    if not text or scored is None:
        return
    found = readers.rows(at, scored, Choice(text=text))
    if not found:
        st.html(
            render("message", text="No provider scored on this day matches that name.", more="Try part of the name.")
        )
        return
    matches = [
        {"id": row.id, "name": row.name, "address": address(row.id, day), "level": look(row.level).word}
        for row in found[:MOST_MATCHES]
    ]
    st.html(render("matches", matches=matches, more=len(found) - len(matches)))


def not_known(provider: str, day: date) -> None:
    """Words for an identifier of which nothing is known."""
    text = f"Nothing was known of '{provider}' on {in_words(day)}."
    st.html(render("message", text=text, more="Choose a later day, or look for it by name."))


def show_provider(
    at: At, day: date, explained: dict[str, Any], history: Sequence[dict[str, Any]], *, is_past: bool
) -> None:
    """Everything about one provider."""
    assessments = sorted(explained["regimes"], key=lambda one: list(provider_page.LEVEL_ORDER).index(one["level"]))
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.html(render(
            "provider_head", name=explained["name"], id=explained["id"], day=in_words(day),
            note=" ".join(filter(None, (standing(explained, day), sees_in_words(at.sees)))),
            back=f"./?day={day.isoformat()}",
        ))  # fmt: skip
        choose_day(at, day)
    with right:
        draw_levels(at, explained["id"], day, explained["run"])
    regimes = readers.regimes(at, explained["run"]) if explained["run"] else {}
    if explained["source_findings"]:
        keys = {one["regime"] for one in assessments}
        about = [one for one in explained["source_findings"] if one["regime"] in keys]
        if about:
            st.html(render("sources", findings=source_notes(about)))
    show_casework(at, explained["id"], day, assessments, regimes)
    for assessed in assessments:
        st.html(
            render("verdict", **provider_page.verdict(assessed, regimes.get(assessed["regime"], {}), explained["id"]))
        )
    show_spells(at, explained["id"], day, {key: file.get("title", key) for key, file in regimes.items()})
    draw_figures(history, provider_history.behind(assessments), day)
    show_links(explained, history, day)
    show_history(explained["id"], day, history)
    if is_past and st.toggle("What became known later", value=True, key="later", bind="query-params"):
        show_later(at, day, explained["id"], assessments)


def show_casework(
    at: At, provider: str, day: date, assessments: Sequence[dict[str, Any]], regimes: dict[str, dict[str, Any]]
) -> None:
    """What people decided and agreed, beside what the service recommends."""
    engine = readers.engine(at.url)
    found = casework_standing.standing(engine, access.viewer(engine, environment.load()), provider, day)
    shown = casework_page.standing_rows(found, {one["regime"]: one["stage"] for one in assessments}, regimes, day)
    st.html(render("case_standing", day=in_words(day), links=casework_page.links(provider, here="provider"), **shown))


def standing(explained: dict[str, Any], day: date) -> str:
    """A note where the provider was not scored on the very day."""
    if not explained["regimes"]:
        ended, last = explained["ended"], explained["last_assessed"]
        why = "No regime covers it on this day."
        if ended is not None:
            said = f" ({ended['text']})" if ended["text"] else ""
            why = f"Not covered any more: {ended['title']}{said}, {in_words(ended['on'])}."
        before = f" It was last assessed on {in_words(last['day'])}." if last else ""
        return f"{why}{before} What is known of it stands below."
    if explained["scored_on"] != day.isoformat():
        return (
            f"{in_words(day)} was not scored; the verdict is of {in_words(explained['scored_on'])}, the day before it."
        )
    return ""


def draw_levels(at: At, provider: str, day: date, run: int | None) -> None:
    """Its level on every scored day up to the one shown."""
    titles = readers.titles(at, run) if run else {}
    levels = tuple(
        (row["day"], titles.get(row["regime"], row["regime"]), row["level"])
        for row in readers.levels_over_time(at, provider, day)
    )
    if levels:
        drawn = charts.levels_of_one(levels, day)
        st.html(render("heading", text="Its level, day by day", key=[]))
        st.vega_lite_chart(drawn.rows, drawn.description, height=CHART_HEIGHT, alt=drawn.alt)


def show_spells(at: At, provider: str, day: date, titles: dict[str, str]) -> None:
    """How each finding has stood over the runs up to the day: from when to when."""
    found = readers.spells(at, provider, day)
    told = provider_history.stood(found, titles)
    if not told:
        return
    with st.expander(f"How its findings have stood: {counted(len(told), 'spell')} up to {in_words(day)}"):
        bars = provider_history.bars(found, day)
        if bars:
            drawn = charts.spells(bars, day)
            height = SPELLS_HEIGHT + SPELL_HEIGHT * len({bar[0] for bar in bars})
            st.vega_lite_chart(drawn.rows, drawn.description, height=height, alt=drawn.alt)
        with paged(told, "spells_page") as shown:
            st.html(render("spells", spells=shown, label="How its findings have stood, worst and newest first"))


def draw_figures(history: Sequence[dict[str, Any]], first: Sequence[str], day: date) -> None:
    """Grades and figures over time, those behind the findings first; the reader can choose other figures."""
    graded, series = provider_history.grades(history), provider_history.series(history, first)
    if not graded and not series:
        return
    st.html(render("heading", text="Over time", key=[]))
    in_columns(
        [(one.title, charts.grades(one.points, one.title, provider_history.words_of_ranks(one.indicator), day))
         for one in graded]
    )  # fmt: skip
    by_key = {one.indicator: one for one in series}
    picked = list(by_key)[:CHARTS]
    if len(by_key) > CHARTS:
        picked = st.multiselect(
            "Figures", list(by_key), picked, format_func=lambda key: by_key[key].title, key="figures",
            label_visibility="collapsed",
        )  # fmt: skip
    chosen = [by_key[key] for key in picked]
    in_columns([(one.title, charts.figure(one.points, one.title, one.unit, day)) for one in chosen])


def in_columns(drawn: Sequence[tuple[str, charts.Drawn]]) -> None:
    """Charts beside each other, each under its title."""
    for start in range(0, len(drawn), COLUMNS):
        for column, (title, chart) in zip(st.columns(COLUMNS), drawn[start : start + COLUMNS], strict=False):
            with column:
                st.html(render("chart_title", text=title))
                st.vega_lite_chart(chart.rows, chart.description, height=CHART_HEIGHT, alt=chart.alt)


def show_links(explained: dict[str, Any], history: Sequence[dict[str, Any]], day: date) -> None:
    """Owner, area, buyers, other names."""
    groups = provider_page.links(explained["links"], explained["id"], day)
    names = provider_history.aliases(history, explained["name"])
    st.html(render("links", groups=groups, aliases=names, most=MOST_LINKS))


def show_history(provider: str, day: date, history: Sequence[dict[str, Any]]) -> None:
    """Events, and everything known, as tables and as a file."""
    happened = provider_history.events(history)
    if happened:
        title = f"What happened: {counted(len(happened), 'event')} known by {in_words(day)}"
        with st.expander(title), paged(happened, "events_page") as shown:
            st.html(render("figures", figures=shown, label="Events, newest first"))
    if not history:
        return
    with st.expander(f"Everything known by {in_words(day)}: {counted(len(history), 'observation')}"):
        known = provider_history.everything(history)
        st.download_button(
            "Export", lambda: as_csv(history, EXPORTED), f"{provider}-{day.isoformat()}.csv", "text/csv",
            on_click="ignore", help="Every observation as CSV",
        )  # fmt: skip
        with paged(known, "known_page") as shown:
            st.html(render("figures", figures=shown, label="Everything known, newest first"))


def show_later(at: At, day: date, provider: str, assessments: Sequence[dict[str, Any]]) -> None:
    """What nobody could know on the day, apart from the rest."""
    facts = readers.later_facts(at, day, (provider,), False)
    levels = readers.later_levels(at, day, (provider,)).get(provider, [])
    level = assessments[0]["level"] if assessments else None
    told = provider_history.later(facts, levels, level, day)
    st.html(render("later", day=in_words(day), most=MOST_LATER, **told))


show()
