"""The forms of the casework page as they are drawn: nothing typed is lost, nothing is written twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import streamlit as st

from access.permissions import Permission, is_permitted
from casework.kinds import RecordKind, record_kinds
from casework.reading import Record
from dashboard.entry import form_fields, form_submission
from dashboard.entry.form_fields import Control, FormChoices, FormField
from dashboard.entry.form_submission import FormSubmitter
from dashboard.templating import render
from dashboard.url_state import EARLIEST_DAY, requested_values, store_in_url
from queries.casework import VisibleEpisode
from regimes.schema import Regime
from settings import WrongInput

SENTENCES_KEY = "casework_said"  # what the last form wrote, until the page is drawn again
TEXT_HEIGHT = 140
ENTRY_KINDS = {
    "progress": "What became of a record",
    "open": "A new record",
    "stage": "The stage it stands at",
    "escalation": "An escalation",
}


@dataclass(frozen=True)
class EntryScope:
    """What one person can enter about one provider."""

    submitter: FormSubmitter
    form_choices: FormChoices
    records: Sequence[Record]  # those the person may see
    episodes: Sequence[VisibleEpisode]
    regimes: Mapping[str, Regime]
    covering_regimes: Sequence[str]  # keys of the regimes the provider is assessed under

    def regime_title(self, regime: str) -> str:
        """The title of a regime."""
        return self.regimes[regime].title if regime in self.regimes else regime

    @property
    def records_to_update(self) -> list[Record]:
        """The records about which there is something to enter, the open ones first."""
        found = [one for one in self.records if form_fields.has_next_states(one, self.submitter.author)]
        return sorted(found, key=lambda one: not one.is_open)


def show_entry_forms(scope: EntryScope) -> None:
    """What can be entered, one thing at a time; the address says which."""
    said = st.session_state.pop(SENTENCES_KEY, None)
    if said:
        st.html(render("case_said", sentences=said, is_wrong=False))
    ways = [way for way in ENTRY_KINDS if way != "progress" or scope.records_to_update]
    ways = [way for way in ways if way != "escalation" or _actionable_episodes(scope)]
    ways = [way for way in ways if way != "open" or _openable_kinds(scope)]
    ways = [way for way in ways if way != "stage" or is_permitted(scope.submitter.author, Permission.STAGE)]
    if not ways:
        st.html(render("message", text="There is nothing that you may enter here.", more=""))
        return
    st.html(render("case_enter"))
    way = _choose_option(
        "What do you want to enter?", "do", {way: ENTRY_KINDS[way] for way in ways}, _default_entry_kind(ways)
    )
    {"progress": _update_form, "open": _new_record_form, "stage": _stage_form, "escalation": _escalation_form}[way](
        scope
    )


def _default_entry_kind(ways: Sequence[str]) -> str:
    """What is entered most: of a record that the address names, what became of it; else a new one."""
    wanted = "progress" if "record" in st.query_params else "open"
    return wanted if wanted in ways else ways[0]


def _update_form(scope: EntryScope) -> None:
    there = {str(one.number): one for one in scope.records_to_update}
    chosen = _choose_option("Record", "record", {key: _record_label(one) for key, one in there.items()})
    record = there[chosen]
    others = form_fields.states_for_others(record, scope.submitter.author)
    if others:
        st.html(
            render(
                "message", text=f"That it is {' or '.join(others)} somebody else has to enter.", more="You wrote it."
            )
        )
    fields = form_fields.update_fields(record, scope.form_choices)
    _draw_form(f"progress-{record.number}", "Write", fields, lambda said: scope.submitter.update_record(record, said))


def _new_record_form(scope: EntryScope) -> None:
    those = _openable_kinds(scope)
    kind = record_kinds()[
        _choose_option("Kind of record", "kind", {one.key: one.key.capitalize() for one in those}, "plan")
    ]
    if kind.needs_regime:
        _regime_form(scope, kind)
        return
    wholes = [one for one in scope.records if one.is_open and one.kind.key == kind.part_of]
    if kind.part_of is not None and not wholes:
        st.html(
            render("message", text=f"A {kind.key} is part of a {kind.part_of}.", more=f"Open a {kind.part_of} first.")
        )
        return
    fields = form_fields.new_record_fields(kind, scope.form_choices, parent_records=wholes)
    _draw_form(
        f"open-{kind.key}", f"Open the {kind.key}", fields, lambda said: scope.submitter.open_record(kind.key, said)
    )


def _openable_kinds(scope: EntryScope) -> list[RecordKind]:
    """The kinds of record that the person may open."""
    return [kind for kind in record_kinds().values() if kind.key != "stage" and _is_openable(kind, scope)]


def _stage_form(scope: EntryScope) -> None:
    _regime_form(scope, record_kinds()["stage"])


def _is_openable(kind: RecordKind, scope: EntryScope) -> bool:
    """Whether the person may open a kind; one whose words come from a regime needs a regime that has some."""
    if not is_permitted(scope.submitter.author, Permission.for_kind(kind.key)):
        return False
    return not form_fields.has_regime_choices(kind) or bool(_regime_titles(kind, scope))


def _regime_titles(kind: RecordKind, scope: EntryScope) -> dict[str, str]:
    """The regimes under which a kind can be opened, those that cover the provider first."""
    has_words = form_fields.has_regime_choices(kind)
    order = [*scope.covering_regimes, *sorted(scope.regimes.keys() - set(scope.covering_regimes))]
    those = [scope.regimes[key] for key in order if key in scope.regimes]
    return {one.key: one.title for one in those if not has_words or form_fields.regime_choices(kind, one)}


def _regime_form(scope: EntryScope, kind: RecordKind) -> None:
    """A form for a kind that falls under a regime, most often with words of its own."""
    regime = scope.regimes[_choose_option("Regime", "regime", _regime_titles(kind, scope))]
    fields = form_fields.new_record_fields(kind, scope.form_choices, regime=regime)
    label = "Confirm the stage" if kind.key == "stage" else f"Open the {kind.key}"
    _draw_form(
        f"open-{kind.key}-{regime.key}", label, fields, lambda said: scope.submitter.open_record(kind.key, said, regime)
    )


def _allowed_actions(scope: EntryScope, episode: VisibleEpisode) -> list[str]:
    """What the person may do with an escalation as it stands."""
    return form_fields.allowed_actions(
        scope.submitter.author, is_open=episode.is_open, is_silenced=episode.silenced_until is not None
    )


def _actionable_episodes(scope: EntryScope) -> list[VisibleEpisode]:
    """The escalations with which the person may do something."""
    return [episode for episode in scope.episodes if _allowed_actions(scope, episode)]


def _escalation_form(scope: EntryScope) -> None:
    there = {str(one.number): one for one in _actionable_episodes(scope)}
    names = {key: f"{key}: {one.level}, {scope.regime_title(one.regime)}" for key, one in there.items()}
    episode = there[_choose_option("Escalation", "escalation", names)]
    deed = _choose_option(
        "What to do",
        "deed",
        {key: form_fields.ESCALATION_ACTIONS[key][0] for key in _allowed_actions(scope, episode)},
    )
    fields = form_fields.action_fields(deed, scope.form_choices)
    words = form_fields.ESCALATION_ACTIONS[deed][0]
    _draw_form(
        f"{deed}-{episode.number}",
        words,
        fields,
        lambda said: scope.submitter.act_on_escalation(deed, episode.number, said),
    )


def _choose_option(label: str, name: str, options: Mapping[str, str], default: str = "") -> str:
    """The key of an option, which stands in the address; the default, or the first, unless asked otherwise."""
    first = default if default in options else next(iter(options))
    widget = f"casework_{name}"
    st.session_state[widget] = next(iter(requested_values(name, options)), first)
    chosen = st.selectbox(
        label, list(options), key=widget, format_func=options.__getitem__, on_change=store_in_url, args=(name, widget)
    )
    return chosen or first


def _record_label(record: Record) -> str:
    return f"{record.number} {record.kind.key}: {record.newest_entry.summary} ({record.state})"


def _draw_form(
    name: str, label: str, fields: Sequence[FormField], write: Callable[[dict[str, Any]], list[str]]
) -> None:
    """A form that writes once; its fields are new ones after that, and keep what was typed where it does not fit."""
    token: str = st.session_state.setdefault(f"token-{name}", uuid4().hex)
    folded = [one for one in fields if one.is_folded]
    with st.form(f"{name}-{token}"):
        values = {one.key: _draw_field(one, f"{one.key}-{token}") for one in fields if not one.is_folded}
        if folded:
            with st.expander("More"):
                values |= {one.key: _draw_field(one, f"{one.key}-{token}") for one in folded}
        place = st.empty()
        is_sent = st.form_submit_button(label)
    if not is_sent:
        return
    try:
        said = form_submission.write_once(token, lambda: write(form_fields.read_form(fields, values)))
    except WrongInput as error:
        place.html(render("case_said", sentences=["Nothing was written.", f"{error}"], is_wrong=True))
        return
    st.session_state[SENTENCES_KEY] = said
    st.session_state.pop(f"token-{name}", None)
    st.rerun()


def _draw_field(field: FormField, key: str) -> Any:
    """The widget of a field, with what is in it."""
    common = {"label": f"{field.label} *" if field.is_needed else field.label, "key": key, "help": field.help or None}
    return _WIDGETS[field.control](field, common)


def _draw_line(field: FormField, common: dict[str, Any]) -> Any:
    hint = form_fields.LENGTH_HINT if field.key in {"due", "until"} else None
    return st.text_input(value=field.value or "", max_chars=field.maximum, placeholder=hint, **common)


def _draw_single_choice(field: FormField, common: dict[str, Any]) -> Any:
    words, chosen = [one for one, _ in field.options], form_fields.selected_label(field)
    index = words.index(chosen) if chosen is not None else None
    return st.selectbox(options=words, index=index, placeholder="choose", **common)


def _draw_multiple_choice(field: FormField, common: dict[str, Any]) -> Any:
    chosen = [words for words, value in field.options if value in field.value]
    return st.multiselect(options=[words for words, _ in field.options], default=chosen, placeholder="choose", **common)


_WIDGETS: dict[Control, Callable[[FormField, dict[str, Any]], Any]] = {
    Control.LINE: _draw_line,
    Control.TEXT: lambda one, common: st.text_area(
        value=one.value or "", height=TEXT_HEIGHT, max_chars=one.maximum, **common
    ),
    Control.NUMBER: lambda one, common: st.number_input(
        min_value=0, max_value=one.maximum, value=int(one.value or 0), step=5, **common
    ),
    Control.MONEY: lambda one, common: st.number_input(
        min_value=0.0, value=one.value, step=1000.0, format="%.2f", **common
    ),
    Control.DAY: lambda one, common: st.date_input(
        value=one.value, min_value=EARLIEST_DAY, max_value=date.max, format="YYYY-MM-DD", **common
    ),
    Control.SINGLE_CHOICE: _draw_single_choice,
    Control.MULTIPLE_CHOICE: _draw_multiple_choice,
}
