"""The dashboard: ``continuity dashboard`` starts it with the right flags (see ``server.py``)."""

import logging
from pathlib import Path

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.presenters.page_parts import PageMessage
from dashboard.templating import STYLE, render
from settings import WrongInput

VIEWS = Path(__file__).with_name("views")


def show_page() -> None:
    """Show the page that the address asks for, or a message when the page fails."""
    st.set_page_config(page_title="Continuity Watch", layout="wide", initial_sidebar_state="collapsed")
    st.html(STYLE)
    page = st.navigation(
        [
            st.Page(VIEWS / "watchlist.py", title="Watchlist", url_path="watchlist", default=True),
            st.Page(VIEWS / "provider.py", title="Provider", url_path="provider"),
            st.Page(VIEWS / "cases.py", title="Casework", url_path="casework"),
            st.Page(VIEWS / "timeline.py", title="Timeline", url_path="timeline"),
            st.Page(VIEWS / "due.py", title="Due dates", url_path="due"),
            st.Page(VIEWS / "document.py", title="Document", url_path="document", visibility="hidden"),
        ],
        position="top",
    )
    try:
        page.run()
    except WrongInput as error:
        show_message("There is nothing to show.", str(error))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        advice = f"{reason}. Load the page again; if the problem stays, run 'continuity init'."
        show_message("The database could not be read.", advice)
    except Exception:
        logging.getLogger(__name__).exception("a page failed")
        show_message(
            "This page could not be shown.",
            "The fault is ours. The log of the dashboard has the details; please report it.",
        )


def show_message(text: str, advice: str) -> None:
    """Show a message in the place of a page."""
    st.html(render(PageMessage(text, advice)))


show_page()
