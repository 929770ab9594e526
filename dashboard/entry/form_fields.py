"""The fields of the casework forms, made from the kinds of record, their states and their details. Pure.

A new kind of record, state or detail needs no change here: the fields come from ``casework/kinds.yaml`` and, through
``detail_fields.py``, from ``casework/details.py``. Only kinds with choices from a regime are listed here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from access.people import RegisteredUser
from access.permissions import Permission, is_permitted
from casework.details import MAX_LINE, MAX_TEXT
from casework.kinds import RecordKind
from casework.reading import Record
from casework.writing import USUAL_AUDIENCE
from dashboard.entry.detail_fields import DETAIL_PREFIX, Control, FormField, detail_fields, evidence_fields
from models.vocabulary import PUBLIC, Level
from regimes.schema import Regime

LENGTH_HINT = "a day such as 2026-12-31, or a length such as 10 working days"


def _ladder_choices(regime: Regime) -> list[tuple[str, Any]]:
    return [(stage.title, {"stage": stage.key}) for stage in regime.ladder]


def _override_choices(regime: Regime) -> list[tuple[str, Any]]:
    levels = [(f"level {level}", {"of": "level", "to": str(level)}) for level in Level if level is not Level.UNSCORABLE]
    return levels + [(f"stage {stage.title}", {"of": "stage", "to": stage.key}) for stage in regime.ladder]


def _rating_choices(regime: Regime) -> list[tuple[str, Any]]:
    rules = [rule for _, rule in regime.rules() if rule.kind == "judgement"]
    return [(f"{rule.title}: {word}", {"rule": rule.key, "rating": word}) for rule in rules for word in rule.scale]


# Kinds whose details are chosen from a regime: the label of the field, and its options.
_FROM_REGIME: dict[str, tuple[str, Callable[[Regime], list[tuple[str, Any]]]]] = {
    "stage": ("Stage", _ladder_choices),
    "override": ("Instead", _override_choices),
    "judgement": ("Rating", _rating_choices),
}


def regime_choices(kind: RecordKind, regime: Regime) -> list[tuple[str, Any]]:
    """The options that a regime gives for a kind; empty without any, and for kinds with details of their own."""
    return _FROM_REGIME[kind.key][1](regime) if kind.key in _FROM_REGIME else []


def has_regime_choices(kind: RecordKind) -> bool:
    """Whether the details of a kind are chosen from a regime."""
    return kind.key in _FROM_REGIME


@dataclass(frozen=True)
class FormChoices:
    """The persons, audiences and regimes that a form offers."""

    author: RegisteredUser
    people: Sequence[RegisteredUser]
    regimes: Mapping[str, str]  # key to title

    @property
    def owners(self) -> tuple[tuple[str, str], ...]:
        """The author, then everybody who shares a restricted audience with the author."""
        audiences = self.author.audiences - {PUBLIC}
        others = [user for user in self.people if user.key != self.author.key and user.audiences & audiences]
        return tuple((_person_name(user), user.key) for user in [self.author, *others])

    @property
    def audiences(self) -> tuple[tuple[str, str], ...]:
        """The author's own audiences, the usual audience first."""
        return tuple((audience, audience) for audience in sorted(self.author.audiences, key=_audience_order))


def _audience_order(audience: str) -> tuple[bool, bool, str]:
    return audience == PUBLIC, audience != USUAL_AUDIENCE, audience


def _person_name(person: RegisteredUser) -> str:
    return f"{person.name} ({person.key})" if person.name and person.name != person.key else person.key


def new_record_fields(
    kind: RecordKind, form_choices: FormChoices, *, regime: Regime | None = None, parent_records: Sequence[Record] = ()
) -> list[FormField]:
    """The fields of a new record of a kind.

    Args:
        kind: of the record.
        form_choices: persons, audiences and regimes to choose from.
        regime: gives the options of kinds that are chosen from a regime.
        parent_records: open records that the record can be part of.
    """
    fields = []
    if kind.part_of is not None:
        options = tuple((f"{parent.number}: {parent.newest_entry.summary}", parent.number) for parent in parent_records)
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
            FormField("state", "First state", Control.SINGLE_CHOICE, value=kind.first_states[0], options=states)
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
                "Visible to",
                Control.SINGLE_CHOICE,
                value=form_choices.audiences[0][1],
                options=form_choices.audiences,
                is_folded=True,
            )
        )
    return [*fields, _owner_field(form_choices, form_choices.author.key)]


def next_states(record: Record, author: RegisteredUser) -> list[tuple[str, str | None]]:
    """Label and value of the states that the author may enter; the value None keeps the present state."""
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
    """The states that may follow but that only somebody without an entry in the record may enter."""
    states = record.kind.states
    return [state for state in states[record.state].to if states[state].by_another and author.key in record.authors]


def update_fields(record: Record, form_choices: FormChoices) -> list[FormField]:
    """The fields of an update to a record."""
    kind, newest = record.kind, record.newest_entry
    options = tuple(next_states(record, form_choices.author))
    fields = [
        FormField("state", "New state", Control.SINGLE_CHOICE, value=options[0][1], options=options, is_needed=True)
    ]
    is_settled = kind.states[record.state].settled
    details = [] if is_settled or has_regime_choices(kind) else detail_fields(kind, newest.details)
    reported = {DETAIL_PREFIX + key for key in kind.reports}
    fields += [field for field in details if field.key in reported]
    after = [state for _, state in options if state is not None]
    fields += evidence_fields(kind, after)
    if not is_settled:
        due = _due_field(kind, is_needed=False)
        was = f"now {newest.due_on}; " if newest.due_on else ""
        about = f"{was}a new date needs a reason; {due.help}"
        fields.append(replace(due, label=f"{kind.due}: new date", help=about))
    fields += [_reason_field(kind, after, is_needed=False), _day_field(), _owner_field(form_choices, newest.owner)]
    return fields + [replace(field, is_folded=True) for field in details if field.key not in reported]


def has_next_states(record: Record, author: RegisteredUser) -> bool:
    """Whether the author may enter anything about a record."""
    return bool(next_states(record, author))


def _due_field(kind: RecordKind, *, is_needed: bool) -> FormField:
    return FormField("due", kind.due, Control.LINE, help=LENGTH_HINT, is_needed=is_needed, value="")


def _reason_field(kind: RecordKind | None = None, states: Iterable[str] = (), *, is_needed: bool) -> FormField:
    """The field for the reason; its label names the states and details that need a reason."""
    explained = [state for state in states if kind is not None and kind.states[state].explained]
    explained += [f"a {key.replace('_', ' ')}" for key in kind.explains if kind.key not in _FROM_REGIME] if kind else []
    needed = f" (needed for: {', '.join(explained)})" if explained and not is_needed else ""
    return FormField("text", f"Reason{needed}", Control.TEXT, value="", maximum=MAX_TEXT, is_needed=is_needed)


def _day_field() -> FormField:
    return FormField("on", "Date it refers to", Control.DAY, help="today if left empty", is_folded=True)


def _owner_field(form_choices: FormChoices, key: str) -> FormField:
    options = form_choices.owners
    if key not in {owner for _, owner in options}:  # an owner who no longer shares an audience with the author
        options = ((key, key), *options)
    return FormField("owner", "Owner", Control.SINGLE_CHOICE, value=key, options=options, is_folded=True)


class EscalationAction(NamedTuple):
    """An action on an escalation: its label, whether the escalation must be open, and the fields of its form."""

    label: str
    of_open: bool
    fields: tuple[FormField, ...]


_UNTIL_FIELD = FormField("until", "Until", Control.LINE, value="", help=LENGTH_HINT, is_needed=True)
_STEP_FIELD = FormField("next_step", "Next step", Control.LINE, value="", maximum=MAX_LINE, is_needed=True)
ESCALATION_ACTIONS: dict[str, EscalationAction] = {
    "acknowledge": EscalationAction("Acknowledge", True, (_STEP_FIELD, _UNTIL_FIELD, _reason_field(is_needed=False))),
    "silence": EscalationAction("Silence", True, (_UNTIL_FIELD, _reason_field(is_needed=True))),
    "unsilence": EscalationAction("Lift the silence", True, (_reason_field(is_needed=False),)),
    "close": EscalationAction("Close", True, (_reason_field(is_needed=True),)),
    "reopen": EscalationAction("Reopen", False, (_reason_field(is_needed=True),)),
}


_ACTION_PERMISSIONS = {
    "acknowledge": Permission.ACKNOWLEDGE,
    "silence": Permission.SILENCE,
    "unsilence": Permission.SILENCE,
    "close": Permission.CLOSE,
    "reopen": Permission.REOPEN,
}


def allowed_actions(author: RegisteredUser, *, is_open: bool, is_silenced: bool) -> list[str]:
    """The actions that a person may take on an escalation."""
    fitting = [key for key, action in ESCALATION_ACTIONS.items() if action.of_open is is_open]
    return [
        key for key in fitting if (is_silenced or key != "unsilence") and is_permitted(author, _ACTION_PERMISSIONS[key])
    ]


def action_fields(action: str, form_choices: FormChoices) -> list[FormField]:
    """The fields of an action on an escalation."""
    fields = list(ESCALATION_ACTIONS[action].fields)
    if action == "acknowledge":
        fields.append(_owner_field(form_choices, form_choices.author.key))
    return fields


def read_form(fields: Iterable[FormField], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form, without fields that were left empty or unchanged.

    Labels of options are replaced by their values. Details are under ``details``, by their keys.
    """
    read: dict[str, Any] = {"details": {}}
    for field in fields:
        value = _chosen_value(field, values[field.key])
        if _is_empty(value) and (field.value is None or _is_empty(field.value)):
            continue
        if field.key == DETAIL_PREFIX:
            read["details"] |= value
        elif field.key.startswith(DETAIL_PREFIX):
            if value != field.value:
                read["details"][field.key.removeprefix(DETAIL_PREFIX)] = value
        else:
            read[field.key] = value
    return read


def _chosen_value(field: FormField, value: Any) -> Any:
    options = dict(field.options)
    if field.control is Control.SINGLE_CHOICE:
        return None if value is None else options[value]
    if field.control is Control.MULTIPLE_CHOICE:
        return tuple(options[label] for label in value)
    return value.strip() if isinstance(value, str) else value


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", (), [])


def selected_label(field: FormField) -> str | None:
    """The label of the option that a field starts with."""
    return next((label for label, value in field.options if value == field.value), None)
