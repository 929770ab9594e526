"""One provider's escalations and casework as a timeline: found, told, not told, done, agreed."""

import streamlit as st

import settings as environment
from access.people import current_viewer
from access.viewer import describe_visibility
from dashboard import cache
from dashboard.presenters import case_view, escalation_view
from dashboard.templating import render
from dashboard.url_state import paginate_rows
from queries.timeline import read_timeline


def show_page() -> None:
    """The page."""
    at = cache.current_context()
    engine = cache.open_engine(at.url)
    viewer = current_viewer(engine, environment.load())
    provider = st.query_params.get("id") or st.session_state.get("last_provider", "")
    if not provider:
        st.html(render("head", title="Timeline", not_scored="", lead="Choose a provider on the watchlist.", marks=""))
        return
    st.session_state["last_provider"] = provider
    told = read_timeline(engine, viewer, provider)
    lead = f"{told.provider}: everything that was found, told, not told, done and agreed, the newest first"
    note = "" if viewer.may_read_actions else "What is done about escalations is not public."
    st.html(render("head", title=told.name, not_scored=note, lead=lead, marks=describe_visibility(at.audiences)))
    st.html(render("case_links", links=case_view.page_links(provider, here="timeline"), is_writing=False))
    there = [kind for kind in escalation_view.EVENT_TITLES if any(moment.kind == kind for moment in told.events)]
    kinds = there
    if len(there) > 1:
        kinds = st.multiselect(
            "Show", there, there, format_func=escalation_view.EVENT_TITLES.__getitem__, key="timeline_kinds"
        )
    wanted = [moment for moment in reversed(told.events) if moment.kind in kinds]
    titles = cache.regime_titles(at, runs[max(runs)]) if (runs := cache.newest_run_by_day(at)) else {}
    with paginate_rows(wanted, "timeline_page") as shown:
        st.html(render("timeline", days=escalation_view.timeline_days(shown, titles)))


show_page()
