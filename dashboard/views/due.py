"""What is due: lapsed clocks first, thresholds met with nothing done, a calendar of the coming weeks, day by day."""

from datetime import date
from functools import partial

import streamlit as st

import settings as environment
from access.people import current_viewer
from access.viewer import Viewer
from casework import clocks, reading
from casework.clocks import RunningClock
from dashboard import cache
from dashboard.presenters import due_dates_view, escalation_view
from dashboard.templating import render
from dashboard.url_state import paginate_rows, requested_values, store_in_url
from models.vocabulary import today_in_london
from queries import casework
from text.english import format_count, format_day


def show_page() -> None:
    """The page."""
    at, settings, day = cache.current_context(), environment.load(), today_in_london()
    engine = cache.open_engine(at.url)
    viewer = current_viewer(engine, settings)
    records = reading.list_records(engine, viewer, day=day)
    running = clocks.find_running_clocks(records)
    names = casework.provider_names(engine, {one.provider for one in running}, day)
    persons = casework.person_names(engine)
    head = st.empty()
    person, provider = choose_person_and_provider(running, names, persons)
    mine = [one for one in running if person in {None, one.owner} and provider in {None, one.provider}]
    late = [one for one in mine if one.is_overdue(day)]
    ahead = [one for one in mine if not one.is_overdue(day)]
    last = due_dates_view.last_day(day)
    soon, later = [one for one in ahead if one.due_on <= last], [one for one in ahead if one.due_on > last]
    lapsed, until = format_count(len(late), "clock"), format_day(last)
    lead = f"{format_day(day)}: {lapsed} lapsed, {len(soon)} due by {until}, {len(later)} later"
    about = [one for one in records if provider in {None, one.first_entry.provider}]
    head.html(render("head", title="What is due", not_scored="", lead=lead, marks=describe_late_share(about)))
    days = partial(due_dates_view.clocks_by_day, day=day, names=names, persons=persons)
    with paginate_rows(late, "lapsed_page") as shown:
        st.html(
            render(
                "due_days",
                title=_counted_title("Lapsed", late),
                days=days(shown),
                empty="Nothing has lapsed.",
                about="The date has passed and nobody has entered what became of it. It stays here until somebody does.",
            )
        )
    if viewer.may_read_actions and person is None:
        show_without_action(at, settings, viewer, provider, day)
    st.html(
        render(
            "due_weeks",
            weeks=due_dates_view.calendar_weeks(ahead, day, names),
            days=due_dates_view.WEEKDAYS,
        )
    )
    with paginate_rows(soon, "due_page") as shown:
        st.html(
            render(
                "due_days",
                title=_counted_title("Day by day", soon),
                days=days(shown),
                empty="Nothing is due.",
                about="Milestones with what their pace so far comes to.",
            )
        )
    if later:
        with st.expander(f"Later than {format_day(last)}: {len(later):,}"), paginate_rows(later, "later_page") as shown:
            st.html(render("due_days", title="Later", days=days(shown), empty="", about=""))


def _counted_title(title: str, clocks_shown: list[RunningClock]) -> str:
    return f"{title}: {len(clocks_shown):,}" if clocks_shown else title


def choose_person_and_provider(
    running: list[RunningClock], names: dict[str, str], persons: dict[str, str]
) -> tuple[str | None, str | None]:
    """The person and the provider of whom the page is, as the address has them; None for all."""
    people = {one.owner: persons.get(one.owner, one.owner) for one in running}
    providers = {one.provider: names.get(one.provider, one.provider) for one in running}
    for key in st.query_params.get_all("provider"):  # one without clocks: its page leads here all the same
        providers.setdefault(key, key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        return _choose_key("Person", "person", people, "everybody"), _choose_key(
            "Provider", "provider", providers, "all providers"
        )


def _choose_key(label: str, name: str, named: dict[str, str], everything: str) -> str | None:
    widget = f"due_{name}"
    st.session_state[widget] = next(iter(requested_values(name, named)), None)
    return st.selectbox(
        label,
        sorted(named, key=lambda one: named[one].casefold()),
        None,
        named.__getitem__,
        key=widget,
        on_change=store_in_url,
        args=(name, widget),
        placeholder=everything,
        width=260,
    )


def describe_late_share(records: list[reading.Record]) -> str:
    """How many of the milestones closed so far were late, once there are enough to say."""
    share = clocks.late_milestone_share(records)
    return "" if share is None else f"{share:.0%} of the milestones closed so far were late."


def show_without_action(
    context: cache.ReadContext, settings: environment.Settings, viewer: Viewer, provider: str | None, day: date
) -> None:
    """Thresholds met with nothing done, by the policy's rule."""
    rule = cache.no_action_rule(settings)
    found = casework.escalations_without_action(cache.open_engine(context.url), viewer, rule, day)
    found = [one for one in found if provider in {None, one.provider}]
    runs = cache.newest_run_by_day(context)
    titles = cache.regime_titles(context, runs[max(runs)]) if runs else {}
    with paginate_rows(found, "undone_page") as shown:
        st.html(
            render(
                "undone",
                rows=escalation_view.no_action_rows(shown, titles, day),
                total=len(found),
                empty="Nothing stands for so long without anything done.",
                about=f"At {rule.from_level} or worse for {rule.after}, neither taken on nor any casework since.",
            )
        )


show_page()
