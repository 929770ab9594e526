"""The casework of one provider, with forms to add to the record; without a provider, an overview of all."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

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
from dashboard.presenters.addresses import PageLinks, page_links
from dashboard.presenters.page_parts import PageHead, PageMessage
from dashboard.templating import render
from dashboard.url_state import paginate_rows
from models.vocabulary import today_in_london
from queries import casework
from text.english import format_count


def show_page() -> None:
    """Show the casework of the provider that the address names, or the overview."""
    context, today = cache.current_context(), today_in_london()
    engine, settings = cache.open_engine(context.url), environment.load()
    viewer = current_viewer(engine, settings)
    key = st.query_params.get("id")
    if key is None:
        key = st.session_state.get("last_provider", "")
    if not key:
        show_all_providers(engine, viewer, today)
        return
    provider = casework.find_provider(engine, key, today)
    if provider is None:
        warning = f"Nothing is known about '{key}'."
        st.html(render(PageHead("Casework", "Search by name on the page Provider.", warning)))
        return
    st.session_state["last_provider"] = key
    show_provider(engine, settings, viewer, provider, today)


def show_all_providers(engine: Engine, viewer: Viewer, today: date) -> None:
    """Show every provider with open records."""
    records = reading.list_records(engine, viewer)
    names = casework.provider_names(
        engine, {record.first_entry.provider for record in records if record.is_open}, today
    )
    rows = case_view.overview_rows(records, today, names)
    lead = f"{format_count(len(rows), 'provider')} with open records that you may see, most overdue first"
    st.html(render(PageHead("Casework", lead)))
    with paginate_rows(rows, "providers_page") as shown:
        st.html(render(case_view.CaseworkOverview(shown)))


def show_provider(
    engine: Engine, settings: environment.Settings, viewer: Viewer, provider: casework.ProviderChoice, today: date
) -> None:
    """Show one provider's casework and, beside it, the forms."""
    author, why_not = casework.current_author(engine, settings)
    records = reading.list_records(engine, viewer, provider=provider.key)
    regimes = casework.regimes_by_key(settings, today)
    titles = {key: regime.title for key, regime in regimes.items()}
    episodes = casework.read_episodes(engine, viewer, provider.key, today)
    recommended = stages.recommended_stages(engine, viewer, provider.key)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.html(render(PageHead(provider.name, f"{provider.key}: agreements, decisions and actions, as of today")))
        st.html(render(PageLinks(page_links(provider.key), is_writing=author is not None)))
        escalations = [case_view.escalation_row(episode, today, titles) for episode in episodes]
        st.html(render(case_view.EscalationList(escalations, viewer.may_read_actions)))
        comparisons = stages.compare_stages(provider.key, recommended, records)
        st.html(render(case_view.StageTable(case_view.stage_rows(comparisons, regimes))))
        show_records(engine, records, today, titles, is_writing=author is not None)
    with right:
        if author is None:
            st.html(render(PageMessage("You have read-only access.", why_not)))
            return
        form_widgets.show_entry_forms(
            form_widgets.EntryScope(
                FormSubmitter(engine, author, provider.key, datetime.now(UTC)),
                FormChoices(author, list_users(engine), titles),
                records,
                episodes,
                regimes,
                covering_regimes=sorted(recommended),
            )
        )


def show_records(
    engine: Engine, records: list[Record], today: date, titles: dict[str, str], *, is_writing: bool
) -> None:
    """Show the open records, and on demand the closed ones."""
    persons = casework.person_names(engine)

    def rows(shown: Sequence[Record]) -> list[case_view.RecordRow]:
        return [case_view.record_row(record, today, titles, persons, is_writing=is_writing) for record in shown]

    open_records = [record for record in records if record.is_open]
    closed = [record for record in records if not record.is_open]
    with paginate_rows(case_view.order_records(open_records), "records_page") as shown:
        st.html(render(case_view.RecordList("Open records", rows(shown), "No record is open.")))
    if closed and st.toggle(f"Show closed records ({len(closed):,})", key="closed", bind="query-params"):
        with paginate_rows(case_view.order_records(closed), "closed_page") as shown:
            st.html(render(case_view.RecordList("Closed records", rows(shown), "")))


show_page()
