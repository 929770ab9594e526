"""The section about casework on a provider's page: stages, overrides, the plan. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from casework.reading import Record
from dashboard.presenters.addresses import PageLink
from dashboard.presenters.case_view import RecordRow, StageRow, record_row, time_left
from queries.casework_on_day import ApprovedOverride, CaseworkOnDay, override_row
from text.english import format_day


@dataclass(frozen=True)
class OverrideView:
    """An approved override."""

    record: int
    regime: str
    of: str  # level or stage
    to: str
    proposed_by: str
    approved_by: str
    since: str
    until: str
    rationale: str


@dataclass(frozen=True)
class PlanView:
    """The newest open plan."""

    summary: str
    state: str
    due: str
    left: str


@dataclass(frozen=True)
class CaseworkSummary:
    """The section about casework on a provider's page."""

    template: ClassVar[str] = "casework_summary"
    day: str
    stage_rows: Sequence[StageRow]
    overrides_in_force: Sequence[OverrideView]
    expired_overrides: Sequence[OverrideView]
    plan: PlanView | None
    milestone: RecordRow | None  # the next one of the plan
    open_count: int  # records
    links: Sequence[PageLink]


def casework_summary(
    casework: CaseworkOnDay,
    stages: Mapping[str, str],
    files: Mapping[str, Mapping[str, Any]],
    day: date,
    links: Sequence[PageLink],
) -> CaseworkSummary:
    """The section about casework on a provider's page.

    Args:
        casework: of the provider, at the end of the day.
        stages: regime to the stage that the assessment of the day recommends.
        files: the regimes' files as the run used them, by key.
        day: the day shown.
        links: to the other pages about the provider.
    """
    titles = {key: file.get("title", key) for key, file in files.items()}
    plan = casework.plan
    dated = [milestone for milestone in casework.milestones if milestone.newest_entry.due_on]
    milestone = min(dated, key=lambda milestone: str(milestone.newest_entry.due_on), default=None)
    return CaseworkSummary(
        day=format_day(day),
        stage_rows=[
            _summary_stage_row(regime, casework, stages.get(regime, ""), files.get(regime, {}))
            for regime in sorted({*(key for key, stage in stages.items() if stage), *casework.confirmed_stages})
        ],
        overrides_in_force=[_override_view(override_row(record), titles) for record in casework.overrides_in_force],
        expired_overrides=[_override_view(override_row(record), titles) for record in casework.expired_overrides],
        plan=_plan_view(plan, day) if plan is not None else None,
        milestone=record_row(milestone, day, titles, {}) if milestone is not None else None,
        open_count=len(casework.open_records),
        links=links,
    )


def _summary_stage_row(regime: str, casework: CaseworkOnDay, recommended: str, file: Mapping[str, Any]) -> StageRow:
    titles = {stage["key"]: stage["title"] for stage in file.get("ladder", ())}
    confirmed = casework.confirmed_stages.get(regime)
    stage = confirmed["stage"] if confirmed else ""
    return StageRow(
        regime=file.get("title", regime),
        recommended=titles.get(recommended, recommended),
        recommended_on="",
        confirmed=titles.get(stage, stage),
        confirmed_on=format_day(confirmed["on"]) if confirmed else "",
        by=confirmed["by"] if confirmed else "",
        record=confirmed["record"] if confirmed else None,
        differs=bool(recommended) and recommended != stage,
    )


def _plan_view(plan: Record, day: date) -> PlanView:
    due_on = plan.newest_entry.due_on
    left = time_left(due_on, day) if due_on and plan.is_waiting else ""
    return PlanView(plan.newest_entry.summary, plan.state, format_day(due_on), left)


def _override_view(override: ApprovedOverride, titles: Mapping[str, str]) -> OverrideView:
    regime = override["regime"] or ""
    return OverrideView(
        record=override["record"],
        regime=titles.get(regime, regime),
        of=override["of"],
        to=override["to"],
        proposed_by=override["proposed_by"],
        approved_by=override["approved_by"],
        since=format_day(override["since"]),
        until=format_day(override["until"]),
        rationale=override["rationale"],
    )
