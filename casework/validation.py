"""What an entry must be before it is written: checks that need nothing but the records themselves. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from access.permissions import NotAllowed
from casework.details import MAX_TEXT, NOT_RATED
from casework.kinds import RecordKind, WrongCasework, parse_state
from casework.reading import Record


def first_state(kind: RecordKind, state_text: str | None) -> str:
    """The state a record begins in.

    Raises:
        WrongCasework: its kind does not begin so.
    """
    state = parse_state(kind, state_text) if state_text else kind.first_states[0]
    if state not in kind.first_states:
        raise WrongCasework(f"a {kind.key} begins as {' or '.join(kind.first_states)}, not as '{state}'")
    return state


def check_rationale(rationale: str, *, requirement: str) -> str:
    """The text of an entry.

    Args:
        rationale: as it was written.
        requirement: what in the entry needs a reason, in words (``reason_requirement``); empty if nothing does.

    Raises:
        WrongCasework: there is none where one is needed, or it is longer than a book.
    """
    rationale = rationale.strip()
    if requirement and not rationale:
        raise WrongCasework(f"say why (--text): {requirement} needs a reason")
    if len(rationale) > MAX_TEXT:
        raise WrongCasework(f"the text has {len(rationale):,} characters; at most {MAX_TEXT:,} are kept")
    return rationale


def reason_requirement(
    kind: RecordKind, before: Record | None, state: str, details: Mapping[str, Any], *, is_extended: bool = False
) -> str:
    """What in an entry needs a reason, in words; empty if nothing does.

    Args:
        kind: of the record.
        before: the record so far; None if it is opened.
        state: the state after the entry.
        details: the details after the entry.
        is_extended: whether the entry moves a date that was agreed.
    """
    is_new = before is None or state != before.state
    if is_new and kind.states[state].explained:
        return f"{_with_article(kind)} that is {state}"
    if before is not None and is_new and kind.states[state].is_open and not before.is_open:
        return f"opening {_with_article(kind)} again that was {before.state}"
    old = before.newest_entry.details if before is not None else {}
    for key in kind.explains:
        if details[key] not in {old.get(key), None} and not (before is None and details[key] == NOT_RATED):
            return f"{_with_article(kind)} with {key} '{details[key]}'"
    return "a new date" if is_extended else ""


def check_evidence(kind: RecordKind, state: str, given_details: Mapping[str, object]) -> None:
    """Let an entry pass that says what its state rests on, where the state claims something good.

    Args:
        kind: of the record.
        state: the state that the record comes into.
        given_details: the details given with this entry: older evidence was of something else.

    Raises:
        WrongCasework: it does not say so; names the options that do.
    """
    keys = kind.states[state].shown_by
    if keys and not any(str(given_details.get(key) or "").strip() for key in keys):
        options = [f"--{key.replace('_', '-')}" for key in keys]
        raise WrongCasework(
            f"say what shows that the {kind.key} is {state}, or who says so: {', '.join(options[:-1])} or {options[-1]}"
        )


def _with_article(kind: RecordKind) -> str:
    return f"{'an' if kind.key[0] in 'aeiou' else 'a'} {kind.key}"


def check_required_fields(kind: RecordKind, *, about_on: date, due_on: date | None, regime: str | None) -> None:
    """Nothing, where a new record has what its kind needs.

    Raises:
        WrongCasework: it has not.
    """
    if kind.needs_due and due_on is None:
        raise WrongCasework(f"a {kind.key} needs the day on which it is due")
    if kind.needs_regime and not regime:
        raise WrongCasework(f"a {kind.key} needs the regime it falls under")
    check_due_date(about_on, due_on)


def check_due_date(began_on: date, due_on: date | None) -> None:
    """Nothing, where a date does not lie before the record's beginning.

    Raises:
        WrongCasework: it does.
    """
    if due_on is not None and due_on < began_on:
        raise WrongCasework(f"due on {due_on}, before it began on {began_on}; correct one of them")


def check_parent_record(kind: RecordKind, parent: Record | None) -> None:
    """Nothing, where a part belongs to an open record of the kind it is a part of, and nothing else to any.

    Raises:
        WrongCasework: it does not.
    """
    if kind.part_of is None and parent is not None:
        raise WrongCasework(f"a {kind.key} is part of nothing; leave the number away")
    if kind.part_of is not None and parent is None:
        raise WrongCasework(f"a {kind.key} is part of a {kind.part_of}; give its number")
    if parent is None:
        return
    if parent.kind.key != kind.part_of:
        raise WrongCasework(f"record {parent.number} is a {parent.kind.key}; a {kind.key} is part of a {kind.part_of}")
    if not parent.is_open:
        raise WrongCasework(f"{kind.part_of} {parent.number} is '{parent.state}'; open a new one")


def check_due_within_plan(parent: Record | None, due_on: date | None) -> None:
    """Nothing, where a milestone is due by the end of its plan.

    Raises:
        WrongCasework: it is due later.
    """
    end = parent.newest_entry.due_on if parent is not None and parent.kind.key == "plan" else None
    if due_on is not None and end is not None and due_on > end:
        raise WrongCasework(f"due on {due_on}, after the plan's own end on {end}; extend the plan first")


def check_single_open(
    kind: RecordKind, others: Iterable[Record], regime: str | None, details: Mapping[str, object]
) -> None:
    """Nothing, where no other of its kind is open for the provider and regime.

    Raises:
        WrongCasework: one is, and there can only be one.
    """
    for record in others if kind.is_single else ():
        is_other = record.kind.key != kind.key or record.first_entry.regime != (regime or None)
        is_other = is_other or any(record.newest_entry.details[key] != details[key] for key in kind.single_by)
        if record.is_open and not is_other:
            raise WrongCasework(
                f"{kind.key} {record.number} is still '{record.state}'; change that one, or close it first"
            )


def check_proposal_unchanged(record: Record, after: str) -> None:
    """Nothing, where date and words may still change: what a second person approves is what was proposed.

    Raises:
        WrongCasework: they may not.
    """
    states = record.kind.states
    if states[record.state].settled or states[after].settled:
        raise WrongCasework(
            f"{record.kind.key} {record.number} stands as proposed: neither date nor words change; open a new one"
        )


def check_new_state(record: Record, after: str, *, author: str, today: date, parts: Iterable[Record]) -> None:
    """Nothing, where the author may bring the record into the state.

    Raises:
        NotAllowed: somebody else must.
        WrongCasework: its date has passed, or parts of it still wait.
    """
    kind, number, state = record.kind, record.number, record.kind.states[after]
    if state.by_another and author in record.authors:
        raise NotAllowed(f"you wrote {kind.key} {number}; that it is {after} must be entered by somebody else")
    due_on = record.newest_entry.due_on
    if state.settled and due_on is not None and due_on < today:
        raise WrongCasework(f"{kind.key} {number} has run out on {due_on}; propose a new one")
    waiting = ", ".join(str(part.number) for part in parts if part.is_waiting) if state.whole else ""
    if waiting:
        raise WrongCasework(f"{kind.key} {number} cannot be {after} while parts of it are open: {waiting}")


def complete_details(
    kind: RecordKind, state: str, about_on: date, details: dict[str, Any], given_details: Mapping[str, object]
) -> dict[str, Any]:
    """The details with what follows from the state: a plan that becomes viable was agreed then."""
    if kind.key == "plan" and state == "viable" and not details["agreed_on"]:
        return {**details, "agreed_on": about_on.isoformat()}
    if kind.key == "arrangement" and state == "tested" and not given_details.get("tested_on"):
        return {**details, "tested_on": about_on.isoformat()}
    if kind.key == "milestone" and state == "met":
        return {**details, "done": 100}
    return details
