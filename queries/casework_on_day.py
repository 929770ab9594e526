"""A provider's casework on a day: confirmed stages, overrides, the plan. No Streamlit.

Casework is shown next to an assessment and never changes the assessment.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from sqlalchemy import Engine

from access.viewer import Viewer
from casework import stages
from casework.reading import Record, list_records


class ConfirmedStage(TypedDict):
    """A stage that a person confirmed."""

    stage: str
    recommended: str  # the stage that the service recommended then
    on: str
    by: str
    record: int
    rationale: str


class ApprovedOverride(TypedDict):
    """A level or stage that people have put in the place of the assessment's."""

    record: int
    regime: str | None
    of: str  # level or stage
    to: str
    proposed_by: str
    approved_by: str
    since: str
    until: str | None
    rationale: str


@dataclass(frozen=True)
class CaseworkOnDay:
    """The records entered by the end of a day that the viewer may see."""

    confirmed_stages: dict[str, ConfirmedStage]  # by regime
    overrides_in_force: list[Record]
    expired_overrides: list[Record]  # past their last day, and nobody has ended them
    plan: Record | None  # the newest open plan
    milestones: list[Record]  # of the plan, still waiting
    open_records: list[Record]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.confirmed_stages or self.overrides_in_force or self.expired_overrides or self.open_records)

    def as_json(self) -> dict[str, Any]:
        """The stages and overrides with documented keys (docs/operating.md)."""
        return {
            "confirmed_stages": [{"regime": regime, **stage} for regime, stage in self.confirmed_stages.items()],
            "overrides": [override_row(override) for override in self.overrides_in_force],
        }


def read_casework_on_day(engine: Engine, viewer: Viewer, provider: str, day: date) -> CaseworkOnDay:
    """The casework of a provider at the end of a day."""
    records = list_records(engine, viewer, day=day, provider=provider)
    open_records = [record for record in records if record.is_open]
    plans = (record for record in open_records if record.kind.key == "plan")
    plan = max(plans, key=lambda record: record.number, default=None)
    parts = [record for record in open_records if plan is not None and record.first_entry.part_of == plan.number]
    return CaseworkOnDay(
        confirmed_stages={
            record.first_entry.regime or "": stage_row(record) for record in open_records if record.kind.key == "stage"
        },
        overrides_in_force=stages.overrides_in_force(records, day),
        expired_overrides=[record for record in open_records if stages.has_run_out(record, day)],
        plan=plan,
        milestones=[record for record in parts if record.is_waiting],
        open_records=open_records,
    )


def stage_row(record: Record) -> ConfirmedStage:
    """A confirmed stage."""
    newest = record.newest_entry
    return {
        "stage": newest.details["stage"],
        "recommended": newest.details["recommended"],
        "on": newest.about_on.isoformat(),
        "by": newest.author,
        "record": record.number,
        "rationale": newest.rationale,
    }


def override_row(record: Record) -> ApprovedOverride:
    """An approved override."""
    first = record.first_entry
    approved = next(entry for entry in record.entries if entry.state == "approved")
    return {
        "record": record.number,
        "regime": first.regime,
        "of": first.details["of"],
        "to": record.newest_entry.details["to"],
        "proposed_by": first.author,
        "approved_by": approved.author,
        "since": approved.about_on.isoformat(),
        "until": record.newest_entry.due_on.isoformat() if record.newest_entry.due_on else None,
        "rationale": first.rationale,
    }
