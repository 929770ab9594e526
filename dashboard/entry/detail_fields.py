"""Form fields for the details of a kind of record, from the JSON schema of its model. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from casework.details import EVIDENCE_FIELDS, MAX_LINE
from casework.kinds import DETAILS, RecordKind

DETAIL_PREFIX = "details."  # before the key of a field that is a detail of the kind


class Control(StrEnum):
    """The widget of a field."""

    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    SINGLE_CHOICE = "one"  # of its options
    MULTIPLE_CHOICE = "some"  # of its options


@dataclass(frozen=True)
class FormField:
    """One field of a form."""

    key: str
    label: str
    control: Control
    value: Any = None  # the first value
    options: tuple[tuple[str, Any], ...] = ()  # label and value of each
    help: str = ""
    maximum: int | None = None  # characters, or the greatest number
    is_needed: bool = False
    is_folded: bool = False  # shown only on demand


def detail_fields(kind: RecordKind, details: Mapping[str, Any] | None = None) -> list[FormField]:
    """The fields of a kind's own details.

    Args:
        kind: of the record.
        details: of an existing record.
    """
    schema = DETAILS[kind.key].model_json_schema()
    needed = schema.get("required", ())
    return [
        _detail_field(key, written, (details or {}).get(key), is_needed=key in needed)
        for key, written in schema["properties"].items()
        if key not in EVIDENCE_FIELDS
    ]


def evidence_fields(kind: RecordKind, states: Iterable[str]) -> list[FormField]:
    """The fields for evidence; empty where none of the states needs evidence.

    The fields start empty: evidence belongs to one state.
    """
    claims = [state for state in states if kind.states[state].shown_by]
    if not claims:
        return []
    properties = DETAILS[kind.key].model_json_schema()["properties"]
    kinds_of_evidence = dict.fromkeys(key for state in claims for key in kind.states[state].shown_by)
    needed = f"({' or '.join(map(_key_label, kinds_of_evidence)).lower()} needed for: {', '.join(claims)})"
    fields = [_detail_field(key, properties[key], None, is_needed=False) for key in EVIDENCE_FIELDS]
    return [replace(field, label=f"{field.label} {needed}") for field in fields]


def _detail_field(key: str, schema: Mapping[str, Any], value: Any, *, is_needed: bool) -> FormField:
    """A field from the JSON schema of a detail; ``value`` is the detail of an existing record."""
    types = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    type_schema = types[0]
    field = FormField(
        DETAIL_PREFIX + key,
        _key_label(key),
        _field_control(type_schema),
        value=schema.get("default") if value is None else value,
        options=tuple((word, word) for word in type_schema.get("enum") or type_schema.get("items", {}).get("enum", ())),
        help=schema.get("description", ""),
        maximum=type_schema.get("maxLength") or type_schema.get("maximum"),
        is_needed=is_needed,
    )
    if field.control is Control.DAY and isinstance(field.value, str):
        return replace(field, value=date.fromisoformat(field.value))
    if field.control is Control.MULTIPLE_CHOICE:
        return replace(field, value=tuple(field.value))
    if field.control is Control.MONEY and field.value is not None:
        return replace(field, value=float(field.value))
    return field


def _key_label(key: str) -> str:
    key = key.removesuffix("_on").replace("_gbp", ", pounds").replace("_", " ")
    return key[:1].upper() + key[1:]


def _field_control(type_schema: Mapping[str, Any]) -> Control:
    if "enum" in type_schema:
        return Control.SINGLE_CHOICE
    if type_schema["type"] == "string" and type_schema.get("format") == "date":
        return Control.DAY
    by_type = {"array": Control.MULTIPLE_CHOICE, "integer": Control.NUMBER, "number": Control.MONEY}
    is_long = type_schema.get("maxLength", MAX_LINE) > MAX_LINE
    return by_type.get(type_schema["type"], Control.TEXT if is_long else Control.LINE)
