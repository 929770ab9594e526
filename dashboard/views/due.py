"""Due dates: overdue clocks, thresholds met with nothing done, a calendar of the coming weeks, the days one by one."""

from datetime import date
from functools import partial

import streamlit as st

import settings as environment
from access.people import current_viewer
from access.viewer import Viewer
from casework import clocks, reading
from casework.clocks import RunningClock
from dashboard import cache
from dashboard.presenters import due_dates_view
from dashboard.presenters.due_dates_view import DueList
from dashboard.presenters.escalation_view import NoActionTable, no_action_rows
from dashboard.presenters.page_parts import PageHead
from dashboard.templating import render
from dashboard.url_state import paginate_rows, requested_values, store_in_url
from models.vocabulary import today_in_london
from queries import casework
from text.english import format_count, format_day


def show_page() -> None:
    """Show the due dates of the person and provider that the address names, or of all."""
    context, settings, day = cache.current_context(), environment.load(), today_in_london()
    engine = cache.open_engine(context.url)
    viewer = current_viewer(engine, settings)
    records = reading.list_records(engine, viewer, day=day)
    running = clocks.find_running_clocks(records)
    names = casework.provider_names(engine, {clock.provider for clock in running}, day)
    persons = casework.person_names(engine)
    head = st.empty()
    person, provider = choose_person_and_provider(running, names, persons)
    chosen = [clock for clock in running if person in {None, clock.owner} and provider in {None, clock.provider}]
    overdue = [clock for clock in chosen if clock.is_overdue(day)]
    ahead = [clock for clock in chosen if not clock.is_overdue(day)]
    last = due_dates_view.last_day(day)
    soon, later = [clock for clock in ahead if clock.due_on <= last], [clock for clock in ahead if clock.due_on > last]
    counts = f"{format_count(len(overdue), 'clock')} overdue, {len(soon)} due by {format_day(last)}, {len(later)} later"
    of_provider = [record for record in records if provider in {None, record.first_entry.provider}]
    head.html(render(PageHead("Due dates", f"{format_day(day)}: {counts}", note=describe_late_share(of_provider))))
    days = partial(due_dates_view.clocks_by_day, day=day, names=names, persons=persons)
    with paginate_rows(overdue, "overdue_page") as shown:
        about = "The date has passed and nobody has recorded the outcome. A clock stays here until somebody does."
        st.html(render(DueList(_counted_title("Overdue", overdue), days(shown), "Nothing is overdue.", about)))
    if viewer.may_read_actions and person is None:
        show_without_action(context, settings, viewer, provider, day)
    st.html(render(due_dates_view.calendar_grid(ahead, day, names)))
    with paginate_rows(soon, "due_page") as shown:
        about = "Milestones are shown with a forecast from their pace so far."
        st.html(render(DueList(_counted_title("Day by day", soon), days(shown), "Nothing is due.", about)))
    if later:
        with st.expander(f"Later than {format_day(last)}: {len(later):,}"), paginate_rows(later, "later_page") as shown:
            st.html(render(DueList("Later", days(shown), "")))


def _counted_title(title: str, clocks_shown: list[RunningClock]) -> str:
    return f"{title}: {len(clocks_shown):,}" if clocks_shown else title


def choose_person_and_provider(
    running: list[RunningClock], names: dict[str, str], persons: dict[str, str]
) -> tuple[str | None, str | None]:
    """The person and the provider that the address names; None for all."""
    people = {clock.owner: persons.get(clock.owner, clock.owner) for clock in running}
    providers = {clock.provider: names.get(clock.provider, clock.provider) for clock in running}
    for key in st.query_params.get_all("provider"):  # also a provider without clocks: its page links here
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
        sorted(named, key=lambda option: named[option].casefold()),
        None,
        named.__getitem__,
        key=widget,
        on_change=store_in_url,
        args=(name, widget),
        placeholder=everything,
        width=260,
    )


def describe_late_share(records: list[reading.Record]) -> str:
    """The share of closed milestones that were late, in a sentence; empty while too few are closed."""
    share = clocks.late_milestone_share(records)
    return "" if share is None else f"{share:.0%} of the milestones closed so far were late."


def show_without_action(
    context: cache.ReadContext, settings: environment.Settings, viewer: Viewer, provider: str | None, day: date
) -> None:
    """Show the escalations that nobody has acted on, by the policy's rule."""
    rule = cache.no_action_rule(settings)
    escalations = [
        escalation
        for escalation in casework.escalations_without_action(cache.open_engine(context.url), viewer, rule, day)
        if provider in {None, escalation.provider}
    ]
    runs = cache.newest_run_by_day(context)
    titles = cache.regime_titles(context, runs[max(runs)]) if runs else {}
    about = f"At {rule.from_level} or worse for {rule.after}, not acknowledged and without any casework since."
    with paginate_rows(escalations, "no_action_page") as shown:
        rows = no_action_rows(shown, titles, day)
        st.html(render(NoActionTable(rows, len(escalations), about, "No escalation has waited so long for an action.")))


show_page()
