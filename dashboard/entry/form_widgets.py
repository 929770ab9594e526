"""Draws the forms of the casework page; a form that is refused keeps its values, and a form writes once."""

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
from dashboard.entry.detail_fields import Control, FormField
from dashboard.entry.form_fields import FormChoices
from dashboard.entry.form_submission import FormSubmitter
from dashboard.presenters.case_view import EntryHeading, FormMessages
from dashboard.presenters.page_parts import PageMessage
from dashboard.templating import render
from dashboard.url_state import EARLIEST_DAY, requested_values, store_in_url
from queries.casework import VisibleEpisode
from regimes.schema import Regime
from settings import WrongInput

SENTENCES_KEY = "casework_sentences"  # the result of the last form, until the page is drawn again
TEXT_HEIGHT = 140
ENTRY_KINDS = {
    "progress": "An update to a record",
    "open": "A new record",
    "stage": "The confirmed stage",
    "escalation": "An action on an escalation",
}


@dataclass(frozen=True)
class EntryScope:
    """The records, escalations and regimes about which one person can enter something for one provider."""

    submitter: FormSubmitter
    form_choices: FormChoices
    records: Sequence[Record]  # that the person may see
    episodes: Sequence[VisibleEpisode]
    regimes: Mapping[str, Regime]
    covering_regimes: Sequence[str]  # keys of the regimes the provider is assessed under

    def regime_title(self, regime: str) -> str:
        """The title of a regime."""
        return self.regimes[regime].title if regime in self.regimes else regime

    @property
    def records_to_update(self) -> list[Record]:
        """The records that the person may update, open records first."""
        records = [record for record in self.records if form_fields.has_next_states(record, self.submitter.author)]
        return sorted(records, key=lambda record: not record.is_open)


def show_entry_forms(scope: EntryScope) -> None:
    """Show one of the forms that the person may use; the address says which."""
    sentences = st.session_state.pop(SENTENCES_KEY, None)
    if sentences:
        st.html(render(FormMessages(sentences, is_wrong=False)))
    may_enter = {
        "progress": bool(scope.records_to_update),
        "open": bool(_openable_kinds(scope)),
        "stage": is_permitted(scope.submitter.author, Permission.STAGE),
        "escalation": bool(_actionable_episodes(scope)),
    }
    kinds = [kind for kind in ENTRY_KINDS if may_enter[kind]]
    if not kinds:
        st.html(render(PageMessage("There is nothing that you may enter here.")))
        return
    st.html(render(EntryHeading()))
    titles = {kind: ENTRY_KINDS[kind] for kind in kinds}
    chosen = _choose_option("What do you want to enter?", "do", titles, _default_entry_kind(kinds))
    forms = {"progress": _update_form, "open": _new_record_form, "stage": _stage_form, "escalation": _escalation_form}
    forms[chosen](scope)


def _default_entry_kind(kinds: Sequence[str]) -> str:
    """The kind of entry that people make most: an update where the address names a record, else a new record."""
    wanted = "progress" if "record" in st.query_params else "open"
    return wanted if wanted in kinds else kinds[0]


def _update_form(scope: EntryScope) -> None:
    records = {str(record.number): record for record in scope.records_to_update}
    labels = {number: _record_label(record) for number, record in records.items()}
    record = records[_choose_option("Record", "record", labels)]
    states = form_fields.states_for_others(record, scope.submitter.author)
    if states:
        text = "Someone else must confirm this, because you wrote an entry of the record."
        st.html(render(PageMessage(text, f"You cannot enter: {', '.join(states)}.")))
    fields = form_fields.update_fields(record, scope.form_choices)
    _draw_form(
        f"progress-{record.number}", "Save", fields, lambda values: scope.submitter.update_record(record, values)
    )


def _new_record_form(scope: EntryScope) -> None:
    titles = {kind.key: kind.key.capitalize() for kind in _openable_kinds(scope)}
    kind = record_kinds()[_choose_option("Kind of record", "kind", titles, "plan")]
    if kind.needs_regime:
        _regime_form(scope, kind)
        return
    parents = [record for record in scope.records if record.is_open and record.kind.key == kind.part_of]
    if kind.part_of is not None and not parents:
        st.html(render(PageMessage(f"A {kind.key} is part of a {kind.part_of}.", f"Open a {kind.part_of} first.")))
        return
    fields = form_fields.new_record_fields(kind, scope.form_choices, parent_records=parents)
    _draw_form(
        f"open-{kind.key}", f"Open the {kind.key}", fields, lambda values: scope.submitter.open_record(kind.key, values)
    )


def _openable_kinds(scope: EntryScope) -> list[RecordKind]:
    """The kinds of record that the person may open."""
    return [kind for kind in record_kinds().values() if kind.key != "stage" and _is_openable(kind, scope)]


def _stage_form(scope: EntryScope) -> None:
    _regime_form(scope, record_kinds()["stage"])


def _is_openable(kind: RecordKind, scope: EntryScope) -> bool:
    """Whether the person may open a kind; a kind with choices from a regime needs a regime that has some."""
    if not is_permitted(scope.submitter.author, Permission.for_kind(kind.key)):
        return False
    return not form_fields.has_regime_choices(kind) or bool(_regime_titles(kind, scope))


def _regime_titles(kind: RecordKind, scope: EntryScope) -> dict[str, str]:
    """Key to title of the regimes under which a kind can be opened, covering regimes first."""
    has_choices = form_fields.has_regime_choices(kind)
    order = [*scope.covering_regimes, *sorted(scope.regimes.keys() - set(scope.covering_regimes))]
    regimes = [scope.regimes[key] for key in order if key in scope.regimes]
    return {
        regime.key: regime.title for regime in regimes if not has_choices or form_fields.regime_choices(kind, regime)
    }


def _regime_form(scope: EntryScope, kind: RecordKind) -> None:
    """Show the form for a kind under a regime, most often with choices from the regime."""
    regime = scope.regimes[_choose_option("Regime", "regime", _regime_titles(kind, scope))]
    fields = form_fields.new_record_fields(kind, scope.form_choices, regime=regime)
    label = "Confirm the stage" if kind.key == "stage" else f"Open the {kind.key}"
    _draw_form(
        f"open-{kind.key}-{regime.key}",
        label,
        fields,
        lambda values: scope.submitter.open_record(kind.key, values, regime),
    )


def _allowed_actions(scope: EntryScope, episode: VisibleEpisode) -> list[str]:
    """The actions that the person may take on an escalation."""
    return form_fields.allowed_actions(
        scope.submitter.author, is_open=episode.is_open, is_silenced=episode.silenced_until is not None
    )


def _actionable_episodes(scope: EntryScope) -> list[VisibleEpisode]:
    """The escalations on which the person may act."""
    return [episode for episode in scope.episodes if _allowed_actions(scope, episode)]


def _escalation_form(scope: EntryScope) -> None:
    episodes = {str(episode.number): episode for episode in _actionable_episodes(scope)}
    labels = {
        number: f"{number}: {episode.level}, {scope.regime_title(episode.regime)}"
        for number, episode in episodes.items()
    }
    episode = episodes[_choose_option("Escalation", "escalation", labels)]
    actions = {key: form_fields.ESCALATION_ACTIONS[key].label for key in _allowed_actions(scope, episode)}
    action = _choose_option("Action", "action", actions)
    fields = form_fields.action_fields(action, scope.form_choices)
    _draw_form(
        f"{action}-{episode.number}",
        actions[action],
        fields,
        lambda values: scope.submitter.act_on_escalation(action, episode.number, values),
    )


def _choose_option(label: str, name: str, options: Mapping[str, str], default: str = "") -> str:
    """The key of the chosen option, kept in the address; at first the default, or the first option."""
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
    """Draw a form that writes once. After that its fields are empty; a refused form keeps its values."""
    token: str = st.session_state.setdefault(f"token-{name}", uuid4().hex)
    folded = [field for field in fields if field.is_folded]
    with st.form(f"{name}-{token}"):
        values = {field.key: _draw_field(field, f"{field.key}-{token}") for field in fields if not field.is_folded}
        if folded:
            with st.expander("More"):
                values |= {field.key: _draw_field(field, f"{field.key}-{token}") for field in folded}
        message = st.empty()
        is_sent = st.form_submit_button(label)
    if not is_sent:
        return
    try:
        sentences = form_submission.write_once(token, lambda: write(form_fields.read_form(fields, values)))
    except WrongInput as error:
        message.html(render(FormMessages(["Nothing was saved.", str(error)], is_wrong=True)))
        return
    st.session_state[SENTENCES_KEY] = sentences
    st.session_state.pop(f"token-{name}", None)
    st.rerun()


def _draw_field(field: FormField, key: str) -> Any:
    """Draw the widget of a field; gives its value."""
    common = {"label": f"{field.label} *" if field.is_needed else field.label, "key": key, "help": field.help or None}
    return _WIDGETS[field.control](field, common)


def _draw_line(field: FormField, common: dict[str, Any]) -> Any:
    hint = form_fields.LENGTH_HINT if field.key in {"due", "until"} else None
    return st.text_input(value=field.value or "", max_chars=field.maximum, placeholder=hint, **common)


def _draw_single_choice(field: FormField, common: dict[str, Any]) -> Any:
    labels, chosen = [label for label, _ in field.options], form_fields.selected_label(field)
    index = labels.index(chosen) if chosen is not None else None
    return st.selectbox(options=labels, index=index, placeholder="choose", **common)


def _draw_multiple_choice(field: FormField, common: dict[str, Any]) -> Any:
    chosen = [label for label, value in field.options if value in field.value]
    return st.multiselect(options=[label for label, _ in field.options], default=chosen, placeholder="choose", **common)


_WIDGETS: dict[Control, Callable[[FormField, dict[str, Any]], Any]] = {
    Control.LINE: _draw_line,
    Control.TEXT: lambda field, common: st.text_area(
        value=field.value or "", height=TEXT_HEIGHT, max_chars=field.maximum, **common
    ),
    Control.NUMBER: lambda field, common: st.number_input(
        min_value=0, max_value=field.maximum, value=int(field.value or 0), step=5, **common
    ),
    Control.MONEY: lambda field, common: st.number_input(
        min_value=0.0, value=field.value, step=1000.0, format="%.2f", **common
    ),
    Control.DAY: lambda field, common: st.date_input(
        value=field.value, min_value=EARLIEST_DAY, max_value=date.max, format="YYYY-MM-DD", **common
    ),
    Control.SINGLE_CHOICE: _draw_single_choice,
    Control.MULTIPLE_CHOICE: _draw_multiple_choice,
}
