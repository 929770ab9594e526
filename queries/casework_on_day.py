"""How a provider's casework stood on a day beside its assessment: confirmed stages, overrides, the plan. No Streamlit.

Nothing of it changes an assessment: it stands beside it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine

from access.viewer import Viewer
from casework import stages
from casework.reading import Record, list_records


@dataclass(frozen=True)
class CaseworkOnDay:
    """What the viewer may see of it, as it was entered by the end of the day."""

    confirmed_stages: dict[str, dict[str, Any]]  # regime to the stage confirmed
    overrides_in_force: list[Record]  # overrides that hold
    expired_overrides: list[Record]  # overrides that nobody has ended, past their day
    plan: Record | None  # the newest open one
    milestones: list[Record]  # of it, still waiting
    open_records: list[Record]  # every open record

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.confirmed_stages or self.overrides_in_force or self.expired_overrides or self.open_records)

    def as_json(self) -> dict[str, Any]:
        """The stages and overrides with documented keys (docs/operating.md)."""
        return {
            "confirmed_stages": [{"regime": regime, **one} for regime, one in self.confirmed_stages.items()],
            "overrides": [override_row(one) for one in self.overrides_in_force],
        }


def read_casework_on_day(engine: Engine, viewer: Viewer, provider: str, day: date) -> CaseworkOnDay:
    """How the casework of a provider stood at the end of a day."""
    found = list_records(engine, viewer, day=day, provider=provider)
    still_open = [one for one in found if one.is_open]
    plan = max((one for one in still_open if one.kind.key == "plan"), key=lambda one: one.number, default=None)
    parts = [one for one in still_open if plan is not None and one.first_entry.part_of == plan.number]
    holding = stages.overrides_in_force(found, day)
    return CaseworkOnDay(
        confirmed_stages={
            one.first_entry.regime or "": stage_row(one) for one in still_open if one.kind.key == "stage"
        },
        overrides_in_force=holding,
        expired_overrides=[one for one in still_open if stages.has_run_out(one, day)],
        plan=plan,
        milestones=[one for one in parts if one.is_waiting],
        open_records=still_open,
    )


def stage_row(record: Record) -> dict[str, Any]:
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


def override_row(record: Record) -> dict[str, Any]:
    """An override that was approved: what instead, by whom, until when and why."""
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
