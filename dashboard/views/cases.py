"""The casework of one provider: what was agreed, decided and done, and forms to enter more; without one, of all."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st
from sqlalchemy import Engine

import settings as environment
from access.people import current_viewer, list_users
from access.viewer import Viewer
from casework import reading, stages
from casework.reading import Record
from dashboard import cache
from dashboard.entry import form_widgets
from dashboard.entry.form_fields import FormChoices
from dashboard.entry.form_submission import FormSubmitter
from dashboard.presenters import case_view
from dashboard.templating import render
from dashboard.url_state import paginate_rows
from models.vocabulary import today_in_london
from queries import casework
from text.english import format_count


def show_page() -> None:
    """The page."""
    at, today = cache.current_context(), today_in_london()
    engine, settings = cache.open_engine(at.url), environment.load()
    viewer = current_viewer(engine, settings)
    asked = st.query_params.get("id")
    key = st.session_state.get("last_provider", "") if asked is None else asked
    if not key:
        show_all_providers(engine, viewer, today)
        return
    provider = casework.find_provider(engine, key, today)
    if provider is None:
        st.html(
            render(
                "head",
                title="Casework",
                not_scored=f"Nothing is known of '{key}'.",
                marks="",
                lead="Look for it by name on the page Provider.",
            )
        )
        return
    st.session_state["last_provider"] = key
    show_provider(engine, settings, viewer, provider, today)


def show_all_providers(engine: Engine, viewer: Viewer, today: date) -> None:
    """Every provider with open records."""
    records = reading.list_records(engine, viewer)
    names = casework.provider_names(engine, {one.first_entry.provider for one in records if one.is_open}, today)
    rows = case_view.overview_rows(records, today, names)
    lead = f"{format_count(len(rows), 'provider')} with open records that you may see, the most lapsed first"
    st.html(render("head", title="Casework", not_scored="", lead=lead, marks=""))
    with paginate_rows(rows, "providers_page") as shown:
        st.html(render("case_overview", rows=shown))


def show_provider(
    engine: Engine, settings: environment.Settings, viewer: Viewer, provider: casework.ProviderChoice, today: date
) -> None:
    """Everything about one provider: what stands, and beside it what can be entered."""
    author, why_not = casework.current_author(engine, settings)
    records = reading.list_records(engine, viewer, provider=provider.key)
    regimes = casework.regimes_by_key(settings, today)
    titles = {key: regime.title for key, regime in regimes.items()}
    episodes = casework.read_episodes(engine, viewer, provider.key, today)
    says = stages.recommended_stages(engine, viewer, provider.key)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.html(
            render(
                "head",
                title=provider.name,
                not_scored="",
                marks="",
                lead=(f"{provider.key}: what was agreed, decided and done, as it stands today"),
            )
        )
        st.html(render("case_links", links=case_view.page_links(provider.key), is_writing=author is not None))
        rows = [case_view.episode_row(one, today, titles) for one in episodes]
        st.html(render("case_escalations", rows=rows, reads_acts=viewer.may_read_actions))
        beside = stages.compare_stages(provider.key, says, records)
        st.html(render("case_stages", rows=case_view.stage_rows(beside, regimes)))
        show_records(engine, records, today, titles, is_writing=author is not None)
    with right:
        if author is None:
            st.html(render("message", text="You have read-only access.", more=why_not))
            return
        form_widgets.show_entry_forms(
            form_widgets.EntryScope(
                FormSubmitter(engine, author, provider.key, datetime.now(UTC)),
                FormChoices(author, list_users(engine), titles),
                records,
                episodes,
                regimes,
                covering_regimes=sorted(says),
            )
        )


def show_records(
    engine: Engine, records: list[Record], today: date, titles: dict[str, str], *, is_writing: bool
) -> None:
    """The open records, and on demand the closed ones."""
    persons = casework.person_names(engine)

    def rows(those: Sequence[Record]) -> list[dict[str, Any]]:
        return [case_view.record_row(one, today, titles, persons, is_writing=is_writing) for one in those]

    there = [one for one in records if one.is_open]
    closed = [one for one in records if not one.is_open]
    with paginate_rows(case_view.order_records(there), "records_page") as shown:
        st.html(render("case_records", title="Open records", rows=rows(shown), empty="No record is open."))
    if closed and st.toggle(f"Closed ones too ({len(closed):,})", key="closed", bind="query-params"):
        with paginate_rows(case_view.order_records(closed), "closed_page") as shown:
            st.html(render("case_records", title="Closed records", rows=rows(shown), empty=""))


show_page()
