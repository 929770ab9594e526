"""The forms of the casework page as they are drawn: nothing typed is lost, nothing is written twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import streamlit as st

from casework.book import Record
from casework.records import Kind, kinds
from casework.rights import Act, may
from dashboard import casework_acts, casework_forms
from dashboard.casework_acts import Acting
from dashboard.casework_forms import Around, Control, Field
from dashboard.casework_reads import Episode
from dashboard.controls import EARLIEST, asked, keep
from dashboard.markup import render
from regimes.schema import Regime
from settings import WrongInput

SAID = "casework_said"  # what the last form wrote, until the page is drawn again
TEXT_HEIGHT = 140
WAYS = {
    "progress": "What became of a record",
    "open": "A new record",
    "stage": "The stage it stands at",
    "escalation": "An escalation",
}


@dataclass(frozen=True)
class Desk:
    """What one person can enter about one provider."""

    acting: Acting
    around: Around
    records: Sequence[Record]  # those the person may see
    episodes: Sequence[Episode]
    regimes: Mapping[str, Regime]
    covering: Sequence[str]  # keys of the regimes the provider is assessed under

    def title(self, regime: str) -> str:
        """The title of a regime."""
        return self.regimes[regime].title if regime in self.regimes else regime

    @property
    def can_go_on(self) -> list[Record]:
        """The records about which there is something to enter, the open ones first."""
        found = [one for one in self.records if casework_forms.can_go_on(one, self.acting.author)]
        return sorted(found, key=lambda one: not one.is_open)


def show(desk: Desk) -> None:
    """What can be entered, one thing at a time; the address says which."""
    said = st.session_state.pop(SAID, None)
    if said:
        st.html(render("case_said", sentences=said, is_wrong=False))
    ways = [way for way in WAYS if way != "progress" or desk.can_go_on]
    ways = [way for way in ways if way != "escalation" or _episodes(desk)]
    ways = [way for way in ways if way != "open" or _kinds(desk)]
    ways = [way for way in ways if way != "stage" or may(desk.acting.author, Act.STAGE)]
    if not ways:
        st.html(render("message", text="There is nothing that you may enter here.", more=""))
        return
    st.html(render("case_enter"))
    way = _choose("What do you want to enter?", "do", {way: WAYS[way] for way in ways}, _usual(ways))
    {"progress": _progress, "open": _open, "stage": _stage, "escalation": _escalation}[way](desk)


def _usual(ways: Sequence[str]) -> str:
    """What is entered most: of a record that the address names, what became of it; else a new one."""
    wanted = "progress" if "record" in st.query_params else "open"
    return wanted if wanted in ways else ways[0]


def _progress(desk: Desk) -> None:
    there = {str(one.number): one for one in desk.can_go_on}
    chosen = _choose("Record", "record", {key: _named(one) for key, one in there.items()})
    record = there[chosen]
    others = casework_forms.left_to_others(record, desk.acting.author)
    if others:
        st.html(
            render(
                "message", text=f"That it is {' or '.join(others)} somebody else has to enter.", more="You wrote it."
            )
        )
    fields = casework_forms.progress_fields(record, desk.around)
    _form(f"progress-{record.number}", "Write", fields, lambda said: desk.acting.progress(record, said))


def _open(desk: Desk) -> None:
    those = _kinds(desk)
    kind = kinds()[_choose("Kind of record", "kind", {one.key: one.key.capitalize() for one in those}, "plan")]
    if kind.needs_regime:
        _under_regime(desk, kind)
        return
    wholes = [one for one in desk.records if one.is_open and one.kind.key == kind.part_of]
    if kind.part_of is not None and not wholes:
        st.html(
            render("message", text=f"A {kind.key} is part of a {kind.part_of}.", more=f"Open a {kind.part_of} first.")
        )
        return
    fields = casework_forms.new_fields(kind, desk.around, wholes=wholes)
    _form(f"open-{kind.key}", f"Open the {kind.key}", fields, lambda said: desk.acting.open(kind.key, said))


def _kinds(desk: Desk) -> list[Kind]:
    """The kinds of record that the person may open."""
    return [kind for kind in kinds().values() if kind.key != "stage" and _can_open(kind, desk)]


def _stage(desk: Desk) -> None:
    _under_regime(desk, kinds()["stage"])


def _can_open(kind: Kind, desk: Desk) -> bool:
    """Whether the person may open a kind; one whose words come from a regime needs a regime that has some."""
    if not may(desk.acting.author, Act.of_kind(kind.key)):
        return False
    return not casework_forms.needs_words_of(kind) or bool(_giving(kind, desk))


def _giving(kind: Kind, desk: Desk) -> dict[str, str]:
    """The regimes under which a kind can be opened, those that cover the provider first."""
    has_words = casework_forms.needs_words_of(kind)
    order = [*desk.covering, *sorted(desk.regimes.keys() - set(desk.covering))]
    those = [desk.regimes[key] for key in order if key in desk.regimes]
    return {one.key: one.title for one in those if not has_words or casework_forms.of_regime(kind, one)}


def _under_regime(desk: Desk, kind: Kind) -> None:
    """A form for a kind that falls under a regime, most often with words of its own."""
    regime = desk.regimes[_choose("Regime", "regime", _giving(kind, desk))]
    fields = casework_forms.new_fields(kind, desk.around, regime=regime)
    label = "Confirm the stage" if kind.key == "stage" else f"Open the {kind.key}"
    _form(f"open-{kind.key}-{regime.key}", label, fields, lambda said: desk.acting.open(kind.key, said, regime))


def _deeds(desk: Desk, episode: Episode) -> list[str]:
    """What the person may do with an escalation as it stands."""
    return casework_forms.deeds(
        desk.acting.author, is_open=episode.is_open, is_silenced=episode.silenced_until is not None
    )


def _episodes(desk: Desk) -> list[Episode]:
    """The escalations with which the person may do something."""
    return [episode for episode in desk.episodes if _deeds(desk, episode)]


def _escalation(desk: Desk) -> None:
    there = {str(one.number): one for one in _episodes(desk)}
    names = {key: f"{key}: {one.level}, {desk.title(one.regime)}" for key, one in there.items()}
    episode = there[_choose("Escalation", "escalation", names)]
    deed = _choose("What to do", "deed", {key: casework_forms.DEEDS[key][0] for key in _deeds(desk, episode)})
    fields = casework_forms.deed_fields(deed, desk.around)
    words = casework_forms.DEEDS[deed][0]
    _form(f"{deed}-{episode.number}", words, fields, lambda said: desk.acting.act(deed, episode.number, said))


def _choose(label: str, name: str, options: Mapping[str, str], default: str = "") -> str:
    """The key of an option, which stands in the address; the default, or the first, unless asked otherwise."""
    first = default if default in options else next(iter(options))
    widget = f"casework_{name}"
    st.session_state[widget] = next(iter(asked(name, options)), first)
    chosen = st.selectbox(
        label, list(options), key=widget, format_func=options.__getitem__, on_change=keep, args=(name, widget)
    )
    return chosen or first


def _named(record: Record) -> str:
    return f"{record.number} {record.kind.key}: {record.newest.words} ({record.state})"


def _form(name: str, label: str, fields: Sequence[Field], write: Callable[[dict[str, Any]], list[str]]) -> None:
    """A form that writes once; its fields are new ones after that, and keep what was typed where it does not fit."""
    token: str = st.session_state.setdefault(f"token-{name}", uuid4().hex)
    folded = [one for one in fields if one.is_folded]
    with st.form(f"{name}-{token}"):
        values = {one.key: _draw(one, f"{one.key}-{token}") for one in fields if not one.is_folded}
        if folded:
            with st.expander("More"):
                values |= {one.key: _draw(one, f"{one.key}-{token}") for one in folded}
        place = st.empty()
        is_sent = st.form_submit_button(label)
    if not is_sent:
        return
    try:
        said = casework_acts.once(token, lambda: write(casework_forms.read(fields, values)))
    except WrongInput as error:
        place.html(render("case_said", sentences=["Nothing was written.", f"{error}"], is_wrong=True))
        return
    st.session_state[SAID] = said
    st.session_state.pop(f"token-{name}", None)
    st.rerun()


def _draw(field: Field, key: str) -> Any:
    """The widget of a field, with what is in it."""
    common = {"label": f"{field.label} *" if field.is_needed else field.label, "key": key, "help": field.help or None}
    return _DRAWN[field.control](field, common)


def _line(field: Field, common: dict[str, Any]) -> Any:
    hint = casework_forms.LENGTH if field.key in {"due", "until"} else None
    return st.text_input(value=field.value or "", max_chars=field.most, placeholder=hint, **common)


def _one(field: Field, common: dict[str, Any]) -> Any:
    words, chosen = [one for one, _ in field.options], casework_forms.word_of(field)
    index = words.index(chosen) if chosen is not None else None
    return st.selectbox(options=words, index=index, placeholder="choose", **common)


def _some(field: Field, common: dict[str, Any]) -> Any:
    chosen = [words for words, value in field.options if value in field.value]
    return st.multiselect(options=[words for words, _ in field.options], default=chosen, placeholder="choose", **common)


_DRAWN: dict[Control, Callable[[Field, dict[str, Any]], Any]] = {
    Control.LINE: _line,
    Control.TEXT: lambda one, common: st.text_area(
        value=one.value or "", height=TEXT_HEIGHT, max_chars=one.most, **common
    ),
    Control.NUMBER: lambda one, common: st.number_input(
        min_value=0, max_value=one.most, value=int(one.value or 0), step=5, **common
    ),
    Control.MONEY: lambda one, common: st.number_input(
        min_value=0.0, value=one.value, step=1000.0, format="%.2f", **common
    ),
    Control.DAY: lambda one, common: st.date_input(
        value=one.value, min_value=EARLIEST, max_value=date.max, format="YYYY-MM-DD", **common
    ),
    Control.ONE: _one,
    Control.SOME: _some,
}
