"""The casework of one provider: what was agreed, decided and done, and forms to enter more; without one, of all."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st
from sqlalchemy import Engine

import settings as environment
from casework import book, stages
from casework.book import Record
from casework.people import list_users
from dashboard import access, casework_page, casework_reads, casework_widgets, readers
from dashboard.access import Viewer
from dashboard.casework_acts import FormSubmitter
from dashboard.casework_forms import FormChoices
from dashboard.controls import paginate_rows
from dashboard.markup import render
from regimes.words import format_count


def show_page() -> None:
    """The page."""
    at, today = readers.current_context(), access.today_in_london()
    engine, settings = readers.open_engine(at.url), environment.load()
    viewer = access.current_viewer(engine, settings)
    asked = st.query_params.get("id")
    key = st.session_state.get("last_provider", "") if asked is None else asked
    if not key:
        show_all_providers(engine, viewer, today)
        return
    provider = casework_reads.find_provider(engine, key, today)
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
    records = book.list_records(engine, viewer)
    names = casework_reads.provider_names(engine, {one.first_entry.provider for one in records if one.is_open}, today)
    rows = casework_page.overview_rows(records, today, names)
    lead = f"{format_count(len(rows), 'provider')} with open records that you may see, the most lapsed first"
    st.html(render("head", title="Casework", not_scored="", lead=lead, marks=""))
    with paginate_rows(rows, "providers_page") as shown:
        st.html(render("case_overview", rows=shown))


def show_provider(
    engine: Engine, settings: environment.Settings, viewer: Viewer, provider: casework_reads.ProviderChoice, today: date
) -> None:
    """Everything about one provider: what stands, and beside it what can be entered."""
    author, why_not = casework_reads.current_author(engine, settings)
    records = book.list_records(engine, viewer, provider=provider.key)
    regimes = casework_reads.regimes_by_key(settings, today)
    titles = {key: regime.title for key, regime in regimes.items()}
    episodes = casework_reads.read_episodes(engine, viewer, provider.key, today)
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
        st.html(render("case_links", links=casework_page.page_links(provider.key), is_writing=author is not None))
        rows = [casework_page.episode_row(one, today, titles) for one in episodes]
        st.html(render("case_escalations", rows=rows, reads_acts=viewer.may_read_actions))
        beside = stages.compare_stages(provider.key, says, records)
        st.html(render("case_stages", rows=casework_page.stage_rows(beside, regimes)))
        show_records(engine, records, today, titles, is_writing=author is not None)
    with right:
        if author is None:
            st.html(render("message", text="You have read-only access.", more=why_not))
            return
        casework_widgets.show_entry_forms(
            casework_widgets.EntryScope(
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
    persons = casework_reads.person_names(engine)

    def rows(those: Sequence[Record]) -> list[dict[str, Any]]:
        return [casework_page.record_row(one, today, titles, persons, is_writing=is_writing) for one in those]

    there = [one for one in records if one.is_open]
    closed = [one for one in records if not one.is_open]
    with paginate_rows(casework_page.order_records(there), "records_page") as shown:
        st.html(render("case_records", title="Open records", rows=rows(shown), empty="No record is open."))
    if closed and st.toggle(f"Closed ones too ({len(closed):,})", key="closed", bind="query-params"):
        with paginate_rows(casework_page.order_records(closed), "closed_page") as shown:
            st.html(render("case_records", title="Closed records", rows=rows(shown), empty=""))


show_page()
