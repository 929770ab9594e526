"""What nobody has acted on: clocks that have lapsed, what is due next, and thresholds met with nothing done."""

from datetime import timedelta

import streamlit as st

import settings as environment
from alerts import policy
from alerts.known import sees_escalations
from alerts.undone import undone
from casework import book, clocks
from dashboard import access, case_page, queries, readers
from dashboard.markup import render
from dashboard.presenters import counted, in_words
from models.database import reading

AHEAD = 30  # days


def show() -> None:
    """The page."""
    at, settings, day = readers.at(), environment.load(), access.today()
    engine = readers.engine(at.url)
    viewer = access.viewer(engine, settings)
    records = book.records(engine, viewer, day=day)
    late = clocks.lapsed(records, day)
    due = clocks.due(records, day, until=day + timedelta(days=AHEAD))
    names = queries.names(engine, sorted({one.provider for one in [*late, *due]}), day)
    lead = f"{in_words(day)}: {counted(len(late), 'clock')} lapsed, {len(due)} due in the next {AHEAD} days"
    st.html(render("head", title="Not acted on", not_scored="", lead=lead, marks=""))
    st.html(render(
        "clocks", title="Lapsed", rows=case_page.clocks(late, day, names), empty="Nothing has lapsed.",
        about="The date has passed and nobody has entered what became of it. It stays here until somebody does.",
    ))  # fmt: skip
    if sees_escalations(at.sees):
        show_undone(at, settings)
    st.html(render(
        "clocks", title="Due next", rows=case_page.clocks(due, day, names), empty="Nothing is due.",
        about=f"In the next {AHEAD} days; milestones with what their pace so far comes to.",
    ))  # fmt: skip


def show_undone(at: readers.At, settings: environment.Settings) -> None:
    """Thresholds met with nothing done, by the policy's rule."""
    rule = policy.load(settings).nothing_done
    with reading(readers.engine(at.url)) as session:
        found = undone(session, rule, access.today(), sees=at.sees)
    runs = readers.runs(at)
    titles = readers.titles(at, runs[max(runs)]) if runs else {}
    st.html(render(
        "undone", rows=case_page.undone(found, titles), empty="Nothing stands for so long without anything done.",
        about=f"At {rule.from_level} or worse for {rule.after}, neither taken on nor any casework since.",
    ))  # fmt: skip


show()
