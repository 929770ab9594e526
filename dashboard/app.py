"""The dashboard: ``continuity dashboard`` starts it with the right flags (see ``server.py``)."""

import logging
from pathlib import Path

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.templating import STYLE, render
from settings import WrongInput

VIEWS = Path(__file__).with_name("views")


def show_page() -> None:
    """The page that the address asks for; whatever goes wrong is said in words."""
    st.set_page_config(page_title="Continuity Watch", layout="wide", initial_sidebar_state="collapsed")
    st.html(STYLE)
    page = st.navigation(
        [
            st.Page(VIEWS / "watchlist.py", title="Watchlist", url_path="watchlist", default=True),
            st.Page(VIEWS / "provider.py", title="Provider", url_path="provider"),
            st.Page(VIEWS / "cases.py", title="Casework", url_path="casework"),
            st.Page(VIEWS / "timeline.py", title="Timeline", url_path="timeline"),
            st.Page(VIEWS / "due.py", title="What is due", url_path="due"),
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
        show_message(
            "The database could not be read.", f"{reason}. Load the page again; if it stays, run 'continuity init'."
        )
    except Exception:
        logging.getLogger(__name__).exception("a page failed")
        show_message(
            "This page could not be shown.",
            "It is our own fault; the log of the dashboard says more. Please report it.",
        )


def show_message(text: str, more: str) -> None:
    """A message in the place of a page."""
    st.html(render("message", text=text, more=more))


show_page()
