"""What each form of casework asks for, made from the kinds, their states and their details. Pure: nothing is drawn.

A new kind of record, another state or one more detail needs nothing here: the fields come from ``casework/kinds.yaml``
and the models of ``casework/details.py``. Only what a regime gives the words for is listed in ``_FROM_REGIME``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from access.people import RegisteredUser
from access.permissions import Permission, is_permitted
from casework.details import EVIDENCE_FIELDS, MAX_LINE, MAX_TEXT
from casework.kinds import DETAILS, RecordKind
from casework.reading import Record
from casework.writing import USUAL_AUDIENCE
from models.vocabulary import PUBLIC, Level
from regimes.schema import Regime

DETAIL_PREFIX = "details."  # before the key of a field that is a detail of the kind
LENGTH_HINT = "a day as 2026-12-31, or a length as 10 working days"


class Control(StrEnum):
    """How a field is asked for."""

    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    SINGLE_CHOICE = "one"  # of its options
    MULTIPLE_CHOICE = "some"  # of its options


@dataclass(frozen=True)
class FormField:
    """One thing that a form asks for."""

    key: str
    label: str
    control: Control
    value: Any = None  # what it begins with
    options: tuple[tuple[str, Any], ...] = ()  # words to what they stand for
    help: str = ""
    maximum: int | None = None  # characters, or the greatest number
    is_needed: bool = False
    is_folded: bool = False  # shown only when asked for


def detail_fields(kind: RecordKind, given: Mapping[str, Any] | None = None) -> list[FormField]:
    """The fields of a kind's own details.

    Args:
        kind: of the record.
        given: the details of one that exists.
    """
    schema = DETAILS[kind.key].model_json_schema()
    needed = schema.get("required", ())
    return [
        _detail_field(key, written, (given or {}).get(key), is_needed=key in needed)
        for key, written in schema["properties"].items()
        if key not in EVIDENCE_FIELDS
    ]


def evidence_fields(kind: RecordKind, states: Iterable[str]) -> list[FormField]:
    """What shows that a record is in a state that claims something good; empty where none of the states does.

    The fields begin empty: evidence belongs to the state that it shows.
    """
    claims = [state for state in states if kind.states[state].shown_by]
    if not claims:
        return []
    properties = DETAILS[kind.key].model_json_schema()["properties"]
    ways = dict.fromkeys(key for state in claims for key in kind.states[state].shown_by)
    needed = f"({' or '.join(map(_key_label, ways)).lower()} needed for: {', '.join(claims)})"
    fields = [_detail_field(key, properties[key], None, is_needed=False) for key in EVIDENCE_FIELDS]
    return [replace(field, label=f"{field.label} {needed}") for field in fields]


def _detail_field(key: str, written: Mapping[str, Any], given: Any, *, is_needed: bool) -> FormField:
    ways = [one for one in written.get("anyOf", [written]) if one.get("type") != "null"]
    way = ways[0]
    found = FormField(
        DETAIL_PREFIX + key,
        _key_label(key),
        _field_control(way),
        value=written.get("default") if given is None else given,
        options=tuple((word, word) for word in way.get("enum") or way.get("items", {}).get("enum", ())),
        help=written.get("description", ""),
        maximum=way.get("maxLength") or way.get("maximum"),
        is_needed=is_needed,
    )
    if found.control is Control.DAY and isinstance(found.value, str):
        return replace(found, value=date.fromisoformat(found.value))
    if found.control is Control.MULTIPLE_CHOICE:
        return replace(found, value=tuple(found.value))
    if found.control is Control.MONEY and found.value is not None:
        return replace(found, value=float(found.value))
    return found


def _key_label(key: str) -> str:
    key = key.removesuffix("_on").replace("_gbp", ", pounds").replace("_", " ")
    return key[:1].upper() + key[1:]


def _field_control(way: Mapping[str, Any]) -> Control:
    if "enum" in way:
        return Control.SINGLE_CHOICE
    if way["type"] == "string" and way.get("format") == "date":
        return Control.DAY
    by_type = {"array": Control.MULTIPLE_CHOICE, "integer": Control.NUMBER, "number": Control.MONEY}
    is_long = way.get("maxLength", MAX_LINE) > MAX_LINE
    return by_type.get(way["type"], Control.TEXT if is_long else Control.LINE)


def _ladder_choices(regime: Regime) -> list[tuple[str, Any]]:
    return [(stage.title, {"stage": stage.key}) for stage in regime.ladder]


def _override_choices(regime: Regime) -> list[tuple[str, Any]]:
    levels = [(f"level {level}", {"of": "level", "to": str(level)}) for level in Level if level is not Level.UNSCORABLE]
    return levels + [(f"stage {stage.title}", {"of": "stage", "to": stage.key}) for stage in regime.ladder]


def _rating_choices(regime: Regime) -> list[tuple[str, Any]]:
    rules = [rule for _, rule in regime.rules() if rule.kind == "judgement"]
    return [(f"{rule.title}: {word}", {"rule": rule.key, "rating": word}) for rule in rules for word in rule.scale]


# Kinds whose details are words of a regime: the label of the choice, and what there is to choose.
_FROM_REGIME: dict[str, tuple[str, Callable[[Regime], list[tuple[str, Any]]]]] = {
    "stage": ("Stage", _ladder_choices),
    "override": ("Instead", _override_choices),
    "judgement": ("Rating", _rating_choices),
}


def regime_choices(kind: RecordKind, regime: Regime) -> list[tuple[str, Any]]:
    """What a regime gives to choose from for a kind; empty where it gives nothing or the kind has words of its own."""
    return _FROM_REGIME[kind.key][1](regime) if kind.key in _FROM_REGIME else []


def has_regime_choices(kind: RecordKind) -> bool:
    """Whether the details of a kind are words of a regime."""
    return kind.key in _FROM_REGIME


@dataclass(frozen=True)
class FormChoices:
    """What there is to choose from beside the record itself."""

    author: RegisteredUser
    people: Sequence[RegisteredUser]
    regimes: Mapping[str, str]  # key to title

    @property
    def owners(self) -> tuple[tuple[str, str], ...]:
        """Those who share an audience with the author, the author first; nobody else is shown."""
        mine = self.author.audiences - {PUBLIC}
        there = [one for one in self.people if one.key != self.author.key and one.audiences & mine]
        return tuple((_person_name(one), one.key) for one in [self.author, *there])

    @property
    def audiences(self) -> tuple[tuple[str, str], ...]:
        """The author's own, the one that is usual first."""
        return tuple((one, one) for one in sorted(self.author.audiences, key=_audience_order))


def _audience_order(audience: str) -> tuple[bool, bool, str]:
    return audience == PUBLIC, audience != USUAL_AUDIENCE, audience


def _person_name(person: RegisteredUser) -> str:
    return f"{person.name} ({person.key})" if person.name and person.name != person.key else person.key


def new_record_fields(
    kind: RecordKind, form_choices: FormChoices, *, regime: Regime | None = None, parent_records: Sequence[Record] = ()
) -> list[FormField]:
    """What a new record of a kind asks for.

    Args:
        kind: of the record.
        form_choices: persons, audiences and regimes to choose from.
        regime: the one that gives the words, for kinds that have them from it.
        parent_records: open records it can be part of.
    """
    fields = []
    if kind.part_of is not None:
        options = tuple((f"{one.number}: {one.newest_entry.summary}", one.number) for one in parent_records)
        fields.append(
            FormField("part_of", f"Part of the {kind.part_of}", Control.SINGLE_CHOICE, options=options, is_needed=True)
        )
    if regime is not None and has_regime_choices(kind):
        label, choices = _FROM_REGIME[kind.key]
        fields.append(
            FormField(DETAIL_PREFIX, label, Control.SINGLE_CHOICE, options=tuple(choices(regime)), is_needed=True)
        )
    else:
        fields += detail_fields(kind)
    if len(kind.first_states) > 1:
        states = tuple((state, state) for state in kind.first_states)
        fields.append(
            FormField("state", "It begins as", Control.SINGLE_CHOICE, value=kind.first_states[0], options=states)
        )
    fields += evidence_fields(kind, kind.first_states)
    is_explained = all(kind.states[state].explained for state in kind.first_states)
    fields += [
        _due_field(kind, is_needed=kind.needs_due),
        _reason_field(kind, kind.first_states, is_needed=is_explained),
        _day_field(),
    ]
    if kind.part_of is None:
        if regime is None:
            regimes = tuple((title, key) for key, title in form_choices.regimes.items())
            fields.append(FormField("regime", "Regime", Control.SINGLE_CHOICE, options=regimes, is_folded=True))
        fields.append(
            FormField(
                "audience",
                "Who may see it",
                Control.SINGLE_CHOICE,
                value=form_choices.audiences[0][1],
                options=form_choices.audiences,
                is_folded=True,
            )
        )
    return [*fields, _owner_field(form_choices, form_choices.author.key)]


def next_states(record: Record, author: RegisteredUser) -> list[tuple[str, str | None]]:
    """The states that may follow, in words; None stands for the one it is in. What others must enter is left out."""
    now = record.kind.states[record.state]
    stay: list[tuple[str, str | None]] = [(f"stays {record.state}", None)] if now.is_open else []
    if now.meets_due and now.is_open:
        stay.append((f"{record.state} again", record.state))
    mine = [state for state in now.to if _may_enter(record, state, author)]
    if not is_permitted(author, Permission.for_kind(record.kind.key)):
        stay = []
    return [*stay, *((state, state) for state in mine)]


def _may_enter(record: Record, state: str, author: RegisteredUser) -> bool:
    """Whether a person may bring a record into another state."""
    if not record.kind.states[state].by_another:
        return is_permitted(author, Permission.for_kind(record.kind.key))
    return is_permitted(author, Permission.APPROVE) and author.key not in record.authors


def states_for_others(record: Record, author: RegisteredUser) -> list[str]:
    """The states that may follow but must be entered by somebody who wrote nothing of the record."""
    states = record.kind.states
    return [state for state in states[record.state].to if states[state].by_another and author.key in record.authors]


def update_fields(record: Record, form_choices: FormChoices) -> list[FormField]:
    """What an entry of a record asks for."""
    kind, newest = record.kind, record.newest_entry
    options = tuple(next_states(record, form_choices.author))
    fields = [
        FormField(
            "state", "What became of it", Control.SINGLE_CHOICE, value=options[0][1], options=options, is_needed=True
        )
    ]
    is_settled = kind.states[record.state].settled
    details = [] if is_settled or has_regime_choices(kind) else detail_fields(kind, newest.details)
    reported = {DETAIL_PREFIX + key for key in kind.reports}
    fields += [one for one in details if one.key in reported]
    after = [state for _, state in options if state is not None]
    fields += evidence_fields(kind, after)
    if not is_settled:
        due = _due_field(kind, is_needed=False)
        was = f"now {newest.due_on}; " if newest.due_on else ""
        about = f"{was}a new date needs a reason; {due.help}"
        fields.append(replace(due, label=f"{kind.due}: another date", help=about))
    fields += [_reason_field(kind, after, is_needed=False), _day_field(), _owner_field(form_choices, newest.owner)]
    return fields + [replace(one, is_folded=True) for one in details if one.key not in reported]


def has_next_states(record: Record, author: RegisteredUser) -> bool:
    """Whether there is anything that the author may enter about a record."""
    return bool(next_states(record, author))


def _due_field(kind: RecordKind, *, is_needed: bool) -> FormField:
    return FormField("due", kind.due, Control.LINE, help=LENGTH_HINT, is_needed=is_needed, value="")


def _reason_field(kind: RecordKind | None = None, states: Iterable[str] = (), *, is_needed: bool) -> FormField:
    """The reason; of a record it says for which states and details it is needed."""
    label = "Why, in as many words as it takes"
    wanted = [state for state in states if kind is not None and kind.states[state].explained]
    wanted += [f"a {key.replace('_', ' ')}" for key in kind.explains if kind.key not in _FROM_REGIME] if kind else []
    needed = f" (needed for: {', '.join(wanted)})" if wanted and not is_needed else ""
    return FormField("text", label + needed, Control.TEXT, value="", maximum=MAX_TEXT, is_needed=is_needed)


def _day_field() -> FormField:
    return FormField("on", "The day it is about", Control.DAY, help="today if left empty", is_folded=True)


def _owner_field(form_choices: FormChoices, key: str) -> FormField:
    options = form_choices.owners
    if key not in {one for _, one in options}:  # owned by somebody who shares no audience with the author any more
        options = ((key, key), *options)
    return FormField("owner", "Who has to see to it", Control.SINGLE_CHOICE, value=key, options=options, is_folded=True)


# What can be done with an escalation: words, whether it must be open, and the fields that are asked for.
_UNTIL_FIELD = FormField("until", "Until", Control.LINE, value="", help=LENGTH_HINT, is_needed=True)
_STEP_FIELD = FormField("next_step", "Next step", Control.LINE, value="", maximum=MAX_LINE, is_needed=True)
ESCALATION_ACTIONS: dict[str, tuple[str, bool, tuple[FormField, ...]]] = {
    "acknowledge": ("Take it on", True, (_STEP_FIELD, _UNTIL_FIELD, _reason_field(is_needed=False))),
    "silence": ("Silence it", True, (_UNTIL_FIELD, _reason_field(is_needed=True))),
    "unsilence": ("Lift the silence", True, (_reason_field(is_needed=False),)),
    "close": ("Close it", True, (_reason_field(is_needed=True),)),
    "reopen": ("Open it again", False, (_reason_field(is_needed=True),)),
}


_ACTION_PERMISSIONS = {
    "acknowledge": Permission.ACKNOWLEDGE,
    "silence": Permission.SILENCE,
    "unsilence": Permission.SILENCE,
    "close": Permission.CLOSE,
    "reopen": Permission.REOPEN,
}


def allowed_actions(author: RegisteredUser, *, is_open: bool, is_silenced: bool) -> list[str]:
    """What a person may do with an escalation as it stands."""
    fitting = [key for key, (_, of_open, _) in ESCALATION_ACTIONS.items() if of_open is is_open]
    return [
        key for key in fitting if (is_silenced or key != "unsilence") and is_permitted(author, _ACTION_PERMISSIONS[key])
    ]


def action_fields(action: str, form_choices: FormChoices) -> list[FormField]:
    """What a deed asks for."""
    fields = list(ESCALATION_ACTIONS[action][2])
    if action == "acknowledge":
        fields.append(replace(_owner_field(form_choices, form_choices.author.key), label="Who has it"))
    return fields


def read_form(fields: Iterable[FormField], values: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, with words turned into what they stand for; what was left empty or as it was is not there.

    Details are under ``details``, by their keys.
    """
    said: dict[str, Any] = {"details": {}}
    for field in fields:
        value = _chosen_value(field, values[field.key])
        if _is_empty(value) and (field.value is None or _is_empty(field.value)):
            continue
        if field.key == DETAIL_PREFIX:
            said["details"] |= value
        elif field.key.startswith(DETAIL_PREFIX):
            if value != field.value:
                said["details"][field.key.removeprefix(DETAIL_PREFIX)] = value
        else:
            said[field.key] = value
    return said


def _chosen_value(field: FormField, value: Any) -> Any:
    words = dict(field.options)
    if field.control is Control.SINGLE_CHOICE:
        return None if value is None else words[value]
    if field.control is Control.MULTIPLE_CHOICE:
        return tuple(words[one] for one in value)
    return value.strip() if isinstance(value, str) else value


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", (), [])


def selected_label(field: FormField) -> str | None:
    """The words of a choice that a field begins with."""
    return next((words for words, value in field.options if value == field.value), None)
