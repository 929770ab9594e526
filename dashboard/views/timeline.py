"""One provider's escalations and casework as a timeline: findings, notifications, actions, agreements."""

import streamlit as st

import settings as environment
from access.people import current_viewer
from access.viewer import describe_visibility
from dashboard import cache
from dashboard.presenters.addresses import PageLinks, page_links
from dashboard.presenters.escalation_view import EVENT_TITLES, timeline_view
from dashboard.presenters.page_parts import PageHead
from dashboard.templating import render
from dashboard.url_state import paginate_rows
from queries.timeline import read_timeline


def show_page() -> None:
    """Show the timeline of the provider that the address names."""
    context = cache.current_context()
    engine = cache.open_engine(context.url)
    viewer = current_viewer(engine, environment.load())
    provider = st.query_params.get("id") or st.session_state.get("last_provider", "")
    if not provider:
        st.html(render(PageHead("Timeline", "Choose a provider on the watchlist.")))
        return
    st.session_state["last_provider"] = provider
    timeline = read_timeline(engine, viewer, provider)
    lead = f"{timeline.provider}: findings, notifications, actions and agreements, newest first"
    warning = "" if viewer.may_read_actions else "Actions on escalations are not public."
    st.html(render(PageHead(timeline.name, lead, warning, describe_visibility(context.audiences))))
    st.html(render(PageLinks(page_links(provider, here="timeline"), is_writing=False)))
    options = [kind for kind in EVENT_TITLES if any(event.kind == kind for event in timeline.events)]
    kinds = options
    if len(options) > 1:
        kinds = st.multiselect("Show", options, options, format_func=EVENT_TITLES.__getitem__, key="timeline_kinds")
    newest_first = [event for event in reversed(timeline.events) if event.kind in kinds]
    titles = cache.regime_titles(context, runs[max(runs)]) if (runs := cache.newest_run_by_day(context)) else {}
    with paginate_rows(newest_first, "timeline_page") as shown:
        st.html(render(timeline_view(shown, titles)))


show_page()
