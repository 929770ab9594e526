"""How a provider's casework stands, all records of one audience together: what the regimes' rules look at. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from casework.book import Record


def standing(records: Sequence[Record], regime: str | None) -> dict[str, Any]:
    """Key of the figure to its value: dates as ISO text, None where there is none, nothing where nothing was entered.

    Args:
        records: those of one provider and audience, as they stood after the entry that is exported.
        regime: that of the entry, for overrides.
    """
    said: dict[str, Any] = {}
    if plan := _plan(records):
        milestones = [one for one in records if one.first.part_of == plan.number]
        said["plan_state"] = plan.state
        said["plan_has_end"] = plan.newest.due_on is not None
        said["plan_end_on"] = _earliest([plan])
        said["plan_agreed_on"] = plan.newest.details["agreed_on"]
        said["milestones_open"] = sum(one.is_waiting for one in milestones) if plan.is_open else 0
        said["milestones_missed"] = sum(one.state == "missed" for one in milestones) if plan.is_open else 0
        said["milestone_next_due_on"] = _earliest(milestones) if plan.is_open else None
    if notices := _of(records, "notice"):
        living = {one.number for one in notices if one.is_open}
        conditions = [one for one in _of(records, "condition") if one.first.part_of in living]
        said["notices_open"] = len(living)
        said["notice_due_on"] = _earliest([*notices, *conditions])
    if bodies := _of(records, "told"):
        said["bodies_to_tell"] = sum(one.is_waiting for one in bodies)
        said["telling_due_on"] = _earliest(bodies)
    if duties := _of(records, "duty"):
        said["duties_open"] = sum(one.is_waiting for one in duties)
        said["duty_due_on"] = _earliest(duties)
    if arrangements := _of(records, "arrangement"):
        current = [one for one in arrangements if one.is_open]
        said["arrangement_is_tested"] = bool(current) and all(one.state == "tested" for one in current)
        said["stand_by_named"] = any(one.newest.details["stand_by"] for one in current)
    for of in ("level", "stage"):
        if override := _override(records, regime, of):
            holds = override.state == "approved"
            said[f"{of}_override"] = override.newest.details["to"] if holds else None
            said[f"{of}_override_until"] = _earliest([override]) if holds else None
    return said


def _override(records: Iterable[Record], regime: str | None, of: str) -> Record | None:
    """The override that counts: the newest approved one, else the newest that was."""
    those = [
        one for one in _of(records, "override")
        if one.first.regime == regime and one.newest.details["of"] == of and one.state in {"approved", "ended"}
    ]  # fmt: skip
    return max(those, key=lambda one: (one.state == "approved", one.number), default=None)


def _of(records: Iterable[Record], kind: str) -> list[Record]:
    return [record for record in records if record.kind.key == kind]


def _plan(records: Iterable[Record]) -> Record | None:
    """The plan that counts: the newest open one, else the newest."""
    return max(_of(records, "plan"), key=lambda plan: (plan.is_open, plan.number), default=None)


def _earliest(records: Iterable[Record]) -> str | None:
    """The next date for which one of them waits."""
    days = [one.newest.due_on for one in records if one.is_waiting and one.newest.due_on is not None]
    return min(days).isoformat() if days else None
