"""The casework indicators of a provider, over all records of one audience, which rules of regimes read. Pure."""

from collections.abc import Iterable, Sequence

from casework.reading import Record

IndicatorValue = str | int | bool | None


def casework_indicators(records: Sequence[Record], regime: str | None) -> dict[str, IndicatorValue]:
    """Indicator key to value: dates as ISO text, None for no value; a key is absent if no such record was entered.

    Args:
        records: the records of one provider and audience, including the entry that is exported.
        regime: the regime of that entry, for overrides.
    """
    values: dict[str, IndicatorValue] = {}
    if plan := _counting_plan(records):
        milestones = [record for record in records if record.first_entry.part_of == plan.number]
        values["plan_state"] = plan.state
        values["plan_has_end"] = plan.newest_entry.due_on is not None
        values["plan_end_on"] = _next_due_date([plan])
        values["plan_agreed_on"] = plan.newest_entry.details["agreed_on"]
        values["milestones_open"] = sum(milestone.is_waiting for milestone in milestones) if plan.is_open else 0
        values["milestones_missed"] = (
            sum(milestone.state == "missed" for milestone in milestones) if plan.is_open else 0
        )
        values["milestone_next_due_on"] = _next_due_date(milestones) if plan.is_open else None
    if notices := _records_of_kind(records, "notice"):
        open_numbers = {notice.number for notice in notices if notice.is_open}
        conditions = [
            condition
            for condition in _records_of_kind(records, "condition")
            if condition.first_entry.part_of in open_numbers
        ]
        values["notices_open"] = len(open_numbers)
        values["notice_due_on"] = _next_due_date([*notices, *conditions])
    if bodies := _records_of_kind(records, "told"):
        values["bodies_to_tell"] = sum(body.is_waiting for body in bodies)
        values["telling_due_on"] = _next_due_date(bodies)
    if duties := _records_of_kind(records, "duty"):
        values["duties_open"] = sum(duty.is_waiting for duty in duties)
        values["duty_due_on"] = _next_due_date(duties)
    if arrangements := _records_of_kind(records, "arrangement"):
        current = [arrangement for arrangement in arrangements if arrangement.is_open]
        values["arrangement_is_tested"] = bool(current) and all(
            arrangement.state == "tested" for arrangement in current
        )
        values["stand_by_named"] = any(arrangement.newest_entry.details["stand_by"] for arrangement in current)
    for aspect in ("level", "stage"):
        if override := _counting_override(records, regime, aspect):
            is_approved = override.state == "approved"
            values[f"{aspect}_override"] = override.newest_entry.details["to"] if is_approved else None
            values[f"{aspect}_override_until"] = _next_due_date([override]) if is_approved else None
    return values


def _counting_override(records: Iterable[Record], regime: str | None, aspect: str) -> Record | None:
    """The override that counts: the newest approved override, or the newest ended one if none is approved."""
    overrides = [
        override
        for override in _records_of_kind(records, "override")
        if override.first_entry.regime == regime
        and override.newest_entry.details["of"] == aspect
        and override.state in {"approved", "ended"}
    ]
    return max(overrides, key=lambda override: (override.state == "approved", override.number), default=None)


def _records_of_kind(records: Iterable[Record], kind: str) -> list[Record]:
    return [record for record in records if record.kind.key == kind]


def _counting_plan(records: Iterable[Record]) -> Record | None:
    """The plan that counts: the newest open plan, or the newest plan if none is open."""
    return max(_records_of_kind(records, "plan"), key=lambda plan: (plan.is_open, plan.number), default=None)


def _next_due_date(records: Iterable[Record]) -> str | None:
    """The earliest due date of the records that wait, as ISO text."""
    days = [
        record.newest_entry.due_on for record in records if record.is_waiting and record.newest_entry.due_on is not None
    ]
    return min(days).isoformat() if days else None
