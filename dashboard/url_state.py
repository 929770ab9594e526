"""Keeps the reader's choices in the address of the page, so that a link shows the same page to somebody else.

Streamlit can bind a widget to the address by itself, but writes the widget's label there; the address has the keys of
levels, regimes and commissioners.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TypeVar

import streamlit as st

from dashboard import cache
from dashboard.cache import ReadContext
from dashboard.presenters.page_parts import PageNote
from dashboard.presenters.watchlist_view import rows_on_page
from dashboard.templating import render
from models.vocabulary import today_in_london
from text.english import format_day

EARLIEST_DAY = date(1990, 1, 1)
YEAR_DAYS = 365
LIST_ROWS = 25  # of a list that is one of several on its page
_Item = TypeVar("_Item")


def default_day(days: list[date], first_screen: date, today: date) -> date:
    """The day that is shown when the reader has not chosen one.

    The newest scored day; where that is more than a year ago, as in the embedded sample, the sample's first screen.
    """
    if first_screen in days and (today - days[-1]).days > YEAR_DAYS:
        return first_screen
    return days[-1]


def requested_day(days: list[date]) -> date:
    """The day in the address, or the day this reader chose last, or the default day."""
    today = today_in_london()
    try:
        day = date.fromisoformat(st.query_params.get("day", ""))
    except ValueError:
        day = st.session_state.get("last_day") or default_day(days, cache.first_screen_day(), today)
    day = min(max(day, EARLIEST_DAY), today)
    st.session_state["last_day"] = day
    return day


def choose_day(context: ReadContext, day: date) -> None:
    """Show the day and let the reader choose another: the day before, the next, a scored day or any day."""
    days = list(cache.newest_run_by_day(context))
    earlier = max((scored_day for scored_day in days if scored_day < day), default=None)
    later = min((scored_day for scored_day in days if scored_day > day), default=None)
    # The widgets are set from the address every time, so that the browser's Back button works.
    st.session_state["scored_day"] = cache.newest_scored_day(context, day)
    st.session_state["any_day"] = day
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("◀", help="Previous scored day", on_click=_set_day, args=(earlier,), disabled=earlier is None)
        st.button("▶", help="Next scored day", on_click=_set_day, args=(later,), disabled=later is None)
        st.selectbox(
            "Scored day",
            days[::-1],
            format_func=format_day,
            key="scored_day",
            on_change=_set_day_from_widget,
            args=("scored_day",),
            placeholder="No earlier scored day",
            width=190,
        )
        st.date_input(
            "Any day",
            None,
            EARLIEST_DAY,
            today_in_london(),
            key="any_day",
            on_change=_set_day_from_widget,
            args=("any_day",),
            format="YYYY-MM-DD",
            width=180,
        )


def _set_day(day: date) -> None:
    st.query_params["day"] = day.isoformat()


def _set_day_from_widget(widget: str) -> None:
    day: date | None = st.session_state[widget]
    if day is None:  # cleared: back to the default day
        st.query_params.pop("day", None)
        st.session_state.pop("last_day", None)
    else:
        _set_day(day)


@contextmanager
def paginate_rows(rows: Sequence[_Item], name: str) -> Iterator[Sequence[_Item]]:
    """The rows of the page that the address names; the page numbers are shown below the rows.

    Args:
        rows: all rows; up to ``LIST_ROWS`` of them need no pages.
        name: the key of the page's number in the address.
    """
    pages = max(1, -(-len(rows) // LIST_ROWS))
    body = st.container()
    page = 1
    if pages > 1:
        page = min(pages, st.pagination(pages, key=name, bind="query-params"))
        first, last = (page - 1) * LIST_ROWS + 1, min(page * LIST_ROWS, len(rows))
        st.html(render(PageNote(f"{first:,} to {last:,} of {len(rows):,}")))
    with body:
        yield rows_on_page(rows, page, LIST_ROWS)


def requested_values(name: str, options: Collection[str]) -> list[str]:
    """The values of a key in the address that are among the options."""
    return [value for value in st.query_params.get_all(name) if value in options]


def store_in_url(name: str, widget: str) -> None:
    """Put a widget's value into the address; called when the widget changes."""
    value = st.session_state[widget]
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
