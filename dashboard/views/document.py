"""The archived document that a figure was read from, as plain text at the place of the figure."""

import streamlit as st

import settings as environment
from dashboard import cache
from dashboard.presenters.finding_view import document_page
from dashboard.presenters.page_parts import PageMessage
from dashboard.templating import render
from models.vocabulary import today_in_london
from queries.documents import find_document

MAX_DIGITS = 18  # of a number that a database can hold


def show_page() -> None:
    """Show the document of the observation that the address names."""
    context, seq = cache.current_context(), st.query_params.get("seq", "")
    if not seq.isdecimal() or len(seq) > MAX_DIGITS:
        st.html(render(PageMessage("No figure is chosen.", "Open a document from a figure of a provider.")))
        return
    today, archive = today_in_london(), environment.load().archive_folder
    document = find_document(cache.open_engine(context.url), archive, int(seq), today, audiences=context.audiences)
    st.html(render(document_page(document.figure, document.path, document.excerpt, today)))


show_page()
