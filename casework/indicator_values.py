"""How a provider's casework stands, all records of one audience together: what the regimes' rules look at. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from casework.reading import Record


def casework_indicators(records: Sequence[Record], regime: str | None) -> dict[str, Any]:
    """Key of the figure to its value: dates as ISO text, None where there is none, nothing where nothing was entered.

    Args:
        records: those of one provider and audience, as they stood after the entry that is exported.
        regime: that of the entry, for overrides.
    """
    said: dict[str, Any] = {}
    if plan := _counting_plan(records):
        milestones = [one for one in records if one.first_entry.part_of == plan.number]
        said["plan_state"] = plan.state
        said["plan_has_end"] = plan.newest_entry.due_on is not None
        said["plan_end_on"] = _next_due_date([plan])
        said["plan_agreed_on"] = plan.newest_entry.details["agreed_on"]
        said["milestones_open"] = sum(one.is_waiting for one in milestones) if plan.is_open else 0
        said["milestones_missed"] = sum(one.state == "missed" for one in milestones) if plan.is_open else 0
        said["milestone_next_due_on"] = _next_due_date(milestones) if plan.is_open else None
    if notices := _records_of_kind(records, "notice"):
        living = {one.number for one in notices if one.is_open}
        conditions = [one for one in _records_of_kind(records, "condition") if one.first_entry.part_of in living]
        said["notices_open"] = len(living)
        said["notice_due_on"] = _next_due_date([*notices, *conditions])
    if bodies := _records_of_kind(records, "told"):
        said["bodies_to_tell"] = sum(one.is_waiting for one in bodies)
        said["telling_due_on"] = _next_due_date(bodies)
    if duties := _records_of_kind(records, "duty"):
        said["duties_open"] = sum(one.is_waiting for one in duties)
        said["duty_due_on"] = _next_due_date(duties)
    if arrangements := _records_of_kind(records, "arrangement"):
        current = [one for one in arrangements if one.is_open]
        said["arrangement_is_tested"] = bool(current) and all(one.state == "tested" for one in current)
        said["stand_by_named"] = any(one.newest_entry.details["stand_by"] for one in current)
    for of in ("level", "stage"):
        if override := _counting_override(records, regime, of):
            holds = override.state == "approved"
            said[f"{of}_override"] = override.newest_entry.details["to"] if holds else None
            said[f"{of}_override_until"] = _next_due_date([override]) if holds else None
    return said


def _counting_override(records: Iterable[Record], regime: str | None, aspect: str) -> Record | None:
    """The override that counts: the newest approved one, else the newest that was."""
    those = [
        one
        for one in _records_of_kind(records, "override")
        if one.first_entry.regime == regime
        and one.newest_entry.details["of"] == aspect
        and one.state in {"approved", "ended"}
    ]
    return max(those, key=lambda one: (one.state == "approved", one.number), default=None)


def _records_of_kind(records: Iterable[Record], kind: str) -> list[Record]:
    return [record for record in records if record.kind.key == kind]


def _counting_plan(records: Iterable[Record]) -> Record | None:
    """The plan that counts: the newest open one, else the newest."""
    return max(_records_of_kind(records, "plan"), key=lambda plan: (plan.is_open, plan.number), default=None)


def _next_due_date(records: Iterable[Record]) -> str | None:
    """The next date for which one of them waits."""
    days = [one.newest_entry.due_on for one in records if one.is_waiting and one.newest_entry.due_on is not None]
    return min(days).isoformat() if days else None
