"""The casework of one provider: what was agreed, decided and done, and forms to enter more; without one, of all."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st
from sqlalchemy import Engine

import settings as environment
from casework import book, stages
from casework.book import Record
from casework.people import people
from dashboard import access, casework_page, casework_reads, casework_widgets, readers
from dashboard.access import Viewer
from dashboard.casework_acts import Acting
from dashboard.casework_forms import Around
from dashboard.controls import paged
from dashboard.markup import render
from regimes.words import counted


def show() -> None:
    """The page."""
    at, today = readers.at(), access.today()
    engine, settings = readers.engine(at.url), environment.load()
    viewer = access.viewer(engine, settings)
    asked = st.query_params.get("id")
    key = st.session_state.get("last_provider", "") if asked is None else asked
    if not key:
        show_all(engine, viewer, today)
        return
    provider = casework_reads.provider(engine, key, today)
    if provider is None:
        st.html(render("head", title="Casework", not_scored=f"Nothing is known of '{key}'.", marks="",
                       lead="Look for it by name on the page Provider."))  # fmt: skip
        return
    st.session_state["last_provider"] = key
    show_one(engine, settings, viewer, provider, today)


def show_all(engine: Engine, viewer: Viewer, today: date) -> None:
    """Every provider with open records."""
    records = book.records(engine, viewer)
    names = casework_reads.names(engine, {one.first.provider for one in records if one.is_open}, today)
    rows = casework_page.overview(records, today, names)
    lead = f"{counted(len(rows), 'provider')} with open records that you may see, the most lapsed first"
    st.html(render("head", title="Casework", not_scored="", lead=lead, marks=""))
    with paged(rows, "providers_page") as shown:
        st.html(render("case_overview", rows=shown))


def show_one(
    engine: Engine, settings: environment.Settings, viewer: Viewer, provider: casework_reads.Provider, today: date
) -> None:
    """Everything about one provider: what stands, and beside it what can be entered."""
    author, why_not = casework_reads.author(engine, settings)
    records = book.records(engine, viewer, provider=provider.key)
    regimes = casework_reads.regimes(settings, today)
    titles = {key: regime.title for key, regime in regimes.items()}
    episodes = casework_reads.episodes(engine, viewer, provider.key, today)
    says = stages.recommended(engine, viewer, provider.key)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.html(render("head", title=provider.name, not_scored="", marks="", lead=(
            f"{provider.key}: what was agreed, decided and done, as it stands today"
        )))  # fmt: skip
        st.html(render("case_links", links=casework_page.links(provider.key), is_writing=author is not None))
        rows = [casework_page.episode_row(one, today, titles) for one in episodes]
        st.html(render("case_escalations", rows=rows, reads_acts=viewer.reads_acts))
        beside = stages.beside(provider.key, says, records)
        st.html(render("case_stages", rows=casework_page.stage_rows(beside, regimes)))
        show_records(engine, records, today, titles, is_writing=author is not None)
    with right:
        if author is None:
            st.html(render("message", text="You have read-only access.", more=why_not))
            return
        casework_widgets.show(
            casework_widgets.Desk(
                Acting(engine, author, provider.key, datetime.now(UTC)),
                Around(author, people(engine), titles),
                records,
                episodes,
                regimes,
                covering=sorted(says),
            )
        )


def show_records(
    engine: Engine, records: list[Record], today: date, titles: dict[str, str], *, is_writing: bool
) -> None:
    """The open records, and on demand the closed ones."""
    persons = casework_reads.persons(engine)

    def rows(those: Sequence[Record]) -> list[dict[str, Any]]:
        return [casework_page.record_row(one, today, titles, persons, is_writing=is_writing) for one in those]

    there = [one for one in records if one.is_open]
    closed = [one for one in records if not one.is_open]
    with paged(casework_page.in_order(there), "records_page") as shown:
        st.html(render("case_records", title="Open records", rows=rows(shown), empty="No record is open."))
    if closed and st.toggle(f"Closed ones too ({len(closed):,})", key="closed", bind="query-params"):
        with paged(casework_page.in_order(closed), "closed_page") as shown:
            st.html(render("case_records", title="Closed records", rows=rows(shown), empty=""))


show()
