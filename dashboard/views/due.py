"""What is due: lapsed clocks first, thresholds met with nothing done, a calendar of the coming weeks, day by day."""

from datetime import date
from functools import partial

import streamlit as st

import settings as environment
from casework import book, clocks
from casework.clocks import Clock
from dashboard import access, case_page, casework_calendar, casework_reads, readers
from dashboard.controls import asked, keep, paged
from dashboard.markup import render
from dashboard.presenters import in_words
from regimes.words import counted


def show() -> None:
    """The page."""
    at, settings, day = readers.at(), environment.load(), access.today()
    engine = readers.engine(at.url)
    viewer = access.viewer(engine, settings)
    records = book.records(engine, viewer, day=day)
    running = clocks.running(records)
    names = casework_reads.names(engine, {one.provider for one in running}, day)
    persons = casework_reads.persons(engine)
    head = st.empty()
    person, provider = choose(running, names, persons)
    mine = [one for one in running if person in {None, one.owner} and provider in {None, one.provider}]
    late = [one for one in mine if one.has_lapsed(day)]
    ahead = [one for one in mine if not one.has_lapsed(day)]
    last = casework_calendar.last_day(day)
    soon, later = [one for one in ahead if one.due_on <= last], [one for one in ahead if one.due_on > last]
    lapsed, until = counted(len(late), "clock"), in_words(last)
    lead = f"{in_words(day)}: {lapsed} lapsed, {len(soon)} due by {until}, {len(later)} later"
    about = [one for one in records if provider in {None, one.first.provider}]
    head.html(render("head", title="What is due", not_scored="", lead=lead, marks=share_late(about)))
    days = partial(casework_calendar.by_day, day=day, names=names, persons=persons)
    with paged(late, "lapsed_page") as shown:
        st.html(render(
            "due_days", title=_counted("Lapsed", late), days=days(shown), empty="Nothing has lapsed.",
            about="The date has passed and nobody has entered what became of it. It stays here until somebody does.",
        ))  # fmt: skip
    if viewer.reads_acts and person is None:
        show_undone(at, settings, viewer, provider, day)
    st.html(render(
        "due_weeks", weeks=casework_calendar.weeks(ahead, day, names), days=casework_calendar.DAYS,
    ))  # fmt: skip
    with paged(soon, "due_page") as shown:
        st.html(render(
            "due_days", title=_counted("Day by day", soon), days=days(shown), empty="Nothing is due.",
            about="Milestones with what their pace so far comes to.",
        ))  # fmt: skip
    if later:
        with st.expander(f"Later than {in_words(last)}: {len(later):,}"), paged(later, "later_page") as shown:
            st.html(render("due_days", title="Later", days=days(shown), empty="", about=""))


def _counted(title: str, clocks_shown: list[Clock]) -> str:
    return f"{title}: {len(clocks_shown):,}" if clocks_shown else title


def choose(running: list[Clock], names: dict[str, str], persons: dict[str, str]) -> tuple[str | None, str | None]:
    """The person and the provider of whom the page is, as the address has them; None for all."""
    people = {one.owner: persons.get(one.owner, one.owner) for one in running}
    providers = {one.provider: names.get(one.provider, one.provider) for one in running}
    for key in st.query_params.get_all("provider"):  # one without clocks: its page leads here all the same
        providers.setdefault(key, key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        return _one("Person", "person", people, "everybody"), _one("Provider", "provider", providers, "all providers")


def _one(label: str, name: str, named: dict[str, str], everything: str) -> str | None:
    widget = f"due_{name}"
    st.session_state[widget] = next(iter(asked(name, named)), None)
    return st.selectbox(
        label, sorted(named, key=lambda one: named[one].casefold()), None, named.__getitem__, key=widget,
        on_change=keep, args=(name, widget), placeholder=everything, width=260,
    )  # fmt: skip


def share_late(records: list[book.Record]) -> str:
    """How many of the milestones closed so far were late, once there are enough to say."""
    share = clocks.chance_of_late(records)
    return "" if share is None else f"{share:.0%} of the milestones closed so far were late."


def show_undone(
    at: readers.At, settings: environment.Settings, viewer: access.Viewer, provider: str | None, day: date
) -> None:
    """Thresholds met with nothing done, by the policy's rule."""
    rule = casework_reads.rule_of(settings)
    found = casework_reads.nothing_done(readers.engine(at.url), viewer, rule, day)
    found = [one for one in found if provider in {None, one.provider}]
    runs = readers.runs(at)
    titles = readers.titles(at, runs[max(runs)]) if runs else {}
    with paged(found, "undone_page") as shown:
        st.html(render(
            "undone", rows=case_page.undone(shown, titles, day), total=len(found),
            empty="Nothing stands for so long without anything done.",
            about=f"At {rule.from_level} or worse for {rule.after}, neither taken on nor any casework since.",
        ))  # fmt: skip


show()
