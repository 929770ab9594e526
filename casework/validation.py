"""Checks an entry before it is written, against the records alone. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from access.permissions import NotAllowed
from casework.details import MAX_TEXT, NOT_RATED
from casework.kinds import RecordKind, WrongCasework, parse_state
from casework.reading import Record


def first_state(kind: RecordKind, state_text: str | None) -> str:
    """The state in which a new record begins.

    Raises:
        WrongCasework: a record of this kind may not begin in that state.
    """
    state = parse_state(kind, state_text) if state_text else kind.first_states[0]
    if state not in kind.first_states:
        raise WrongCasework(f"{kind.title} begins as {' or '.join(kind.first_states)}, not as '{state}'")
    return state


def check_rationale(rationale: str, *, requirement: str) -> str:
    """The text of an entry, stripped.

    Args:
        rationale: the text as entered.
        requirement: the part of the entry that needs a reason, in words (``reason_requirement``); empty if none does.

    Raises:
        WrongCasework: a reason is needed and the text is empty, or the text is longer than ``MAX_TEXT`` characters.
    """
    rationale = rationale.strip()
    if requirement and not rationale:
        raise WrongCasework(f"give a reason (--text): {requirement} needs a reason")
    if len(rationale) > MAX_TEXT:
        raise WrongCasework(f"the text has {len(rationale):,} characters; shorten it to {MAX_TEXT:,} or fewer")
    return rationale


def reason_requirement(
    kind: RecordKind, before: Record | None, state: str, details: Mapping[str, Any], *, is_extended: bool = False
) -> str:
    """The part of an entry that needs a reason, in words; empty if none does.

    Args:
        kind: the kind of the record.
        before: the record so far; None if the entry opens the record.
        state: the state after the entry.
        details: the details after the entry.
        is_extended: whether the entry moves an agreed date.
    """
    is_new = before is None or state != before.state
    if is_new and kind.states[state].explained:
        return f"{kind.title} that is {state}"
    if before is not None and is_new and kind.states[state].is_open and not before.is_open:
        return f"opening {kind.title} again that was {before.state}"
    old = before.newest_entry.details if before is not None else {}
    for key in kind.explains:
        if details[key] not in {old.get(key), None} and not (before is None and details[key] == NOT_RATED):
            return f"{kind.title} with {key} '{details[key]}'"
    return "a new date" if is_extended else ""


def check_evidence(kind: RecordKind, state: str, given_details: Mapping[str, object]) -> None:
    """Check that an entry has evidence, or somebody's word, if its state is a success.

    Args:
        kind: the kind of the record.
        state: the state after the entry.
        given_details: the details given with this entry; evidence of earlier entries does not count.

    Raises:
        WrongCasework: both are missing; names the options that give them.
    """
    keys = kind.states[state].shown_by
    if keys and not any(str(given_details.get(key) or "").strip() for key in keys):
        options = [f"--{key.replace('_', '-')}" for key in keys]
        raise WrongCasework(
            f"no evidence that {_describe_claim(kind, state)}; add {', '.join(options[:-1])} or {options[-1]}"
        )


def _describe_claim(kind: RecordKind, state: str) -> str:
    if kind.key == "told":
        return "the body has answered" if state == "answered" else "the body was notified"
    return f"the {kind.key} is {state}"


def check_required_fields(kind: RecordKind, *, about_on: date, due_on: date | None, regime: str | None) -> None:
    """Check that a new record has the fields its kind requires.

    Raises:
        WrongCasework: a field is missing.
    """
    if kind.needs_due and due_on is None:
        raise WrongCasework(f"{kind.title} needs a due date; add the day, or a length such as '3 months'")
    if kind.needs_regime and not regime:
        raise WrongCasework(f"{kind.title} needs a regime; add the regime's key")
    check_due_date(about_on, due_on)


def check_due_date(began_on: date, due_on: date | None) -> None:
    """Check that a record is not due before it begins.

    Raises:
        WrongCasework: the due date is earlier than the beginning.
    """
    if due_on is not None and due_on < began_on:
        raise WrongCasework(f"the due date {due_on} is before the beginning, {began_on}; correct one of the two")


def check_parent_record(kind: RecordKind, parent: Record | None) -> None:
    """Check that a part belongs to an open record of the right kind, and that any other record belongs to none.

    Raises:
        WrongCasework: the parent is missing, of another kind, closed, or not allowed for this kind.
    """
    if kind.part_of is None and parent is not None:
        raise WrongCasework(f"{kind.title} is not part of another record; leave the number out")
    if kind.part_of is not None and parent is None:
        raise WrongCasework(f"{kind.title} is part of a {kind.part_of}; give the number of the {kind.part_of}")
    if parent is None:
        return
    if parent.kind.key != kind.part_of:
        raise WrongCasework(
            f"record {parent.number} is {parent.kind.title}, and {kind.title} is part of a {kind.part_of}; give the "
            f"number of the {kind.part_of}"
        )
    if not parent.is_open:
        raise WrongCasework(
            f"{kind.part_of} {parent.number} is closed ('{parent.state}'); give the number of an open {kind.part_of}"
        )


def check_due_within_plan(parent: Record | None, due_on: date | None) -> None:
    """Check that a milestone is due by the end of its plan.

    Raises:
        WrongCasework: the milestone is due later.
    """
    end = parent.newest_entry.due_on if parent is not None and parent.kind.key == "plan" else None
    if due_on is not None and end is not None and due_on > end:
        raise WrongCasework(f"the due date {due_on} is after the end of the plan, {end}; extend the plan first")


def check_single_open(
    kind: RecordKind, others: Iterable[Record], regime: str | None, details: Mapping[str, object]
) -> None:
    """Check that no second record is open of a kind that allows only one for a provider and regime.

    Raises:
        WrongCasework: another record of the kind is open.
    """
    for record in others if kind.is_single else ():
        is_other = record.kind.key != kind.key or record.first_entry.regime != (regime or None)
        is_other = is_other or any(record.newest_entry.details[key] != details[key] for key in kind.single_by)
        if record.is_open and not is_other:
            raise WrongCasework(
                f"{kind.key} {record.number} is still open ('{record.state}'); change that record, or close it first"
            )


def check_proposal_unchanged(record: Record, after: str) -> None:
    """Check that the date and details of a record may still change: a second person approves exactly the proposal.

    Raises:
        WrongCasework: they may no longer change.
    """
    states = record.kind.states
    if states[record.state].settled or states[after].settled:
        raise WrongCasework(
            f"{record.kind.key} {record.number} keeps its date and details as proposed; open a new record instead"
        )


def check_new_state(record: Record, after: str, *, author: str, today: date, parts: Iterable[Record]) -> None:
    """Check that the author may bring the record into the state.

    Raises:
        NotAllowed: another person must enter this state.
        WrongCasework: the due date has passed, or parts of the record are still open.
    """
    kind, number, state = record.kind, record.number, record.kind.states[after]
    if state.by_another and author in record.authors:
        raise NotAllowed(
            f"someone else must enter that {kind.key} {number} is {after}, because you wrote an entry of it"
        )
    due_on = record.newest_entry.due_on
    if state.settled and due_on is not None and due_on < today:
        raise WrongCasework(f"{kind.key} {number} ran out on {due_on}; propose a new one")
    waiting = ", ".join(str(part.number) for part in parts if part.is_waiting) if state.whole else ""
    if waiting:
        raise WrongCasework(
            f"{kind.key} {number} cannot be {after} while these parts are open: {waiting}; close them first"
        )


def complete_details(
    kind: RecordKind, state: str, about_on: date, details: dict[str, Any], given_details: Mapping[str, object]
) -> dict[str, Any]:
    """The details, with the values that follow from the state: a plan that becomes viable is agreed on that day."""
    if kind.key == "plan" and state == "viable" and not details["agreed_on"]:
        return {**details, "agreed_on": about_on.isoformat()}
    if kind.key == "arrangement" and state == "tested" and not given_details.get("tested_on"):
        return {**details, "tested_on": about_on.isoformat()}
    if kind.key == "milestone" and state == "met":
        return {**details, "done": 100}
    return details
