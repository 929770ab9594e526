"""The archived document that a figure was read from, as plain text at the place of the figure."""

import streamlit as st

import settings as environment
from dashboard import cache
from dashboard.presenters.provider_view import document_view
from dashboard.templating import render
from models.vocabulary import today_in_london
from queries.documents import find_document


def show_page() -> None:
    """The page of the observation that the address names."""
    at, asked = cache.current_context(), st.query_params.get("seq", "")
    if not asked.isdecimal() or len(asked) > MAX_DIGITS:
        st.html(render("message", text="No figure is chosen.", more="Open a document from a figure of a provider."))
        return
    today, archive = today_in_london(), environment.load().archive_folder
    found = find_document(cache.open_engine(at.url), archive, int(asked), today, audiences=at.audiences)
    st.html(render("document", **document_view(found.figure, found.path, found.excerpt, today)))


MAX_DIGITS = 18  # of a number that a database can hold
show_page()
