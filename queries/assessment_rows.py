"""Stored assessments as a reader may see them."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Protocol, cast

from access.assessments import redact_assessment_rows
from access.redaction import VisibleAssessment
from access.viewer import ReaderAudiences
from models.database import Session
from models.findings import Finding


class AssessmentRow(Protocol):
    """An assessment as a statement reads it, with all columns of its table.

    Each principle also has its level under its own name, and ``<principle>_because``.
    """

    run_id: int
    provider_id: int
    provider_name: str
    regime: str
    peer_group: str
    level: str
    rating: str
    is_official: bool
    stage: str
    probability: float | None
    probability_reason: str
    key: str  # the provider's identifier, where the statement reads it
    findings: Sequence[Finding]  # where the statement reads them


def redact_assessments(
    session: Session, audiences: ReaderAudiences, assessments: Sequence[Any]
) -> Sequence[AssessmentRow]:
    """Rows of assessments, with all their columns, as readers of these audiences see them.

    Redacted rows also have ``unscored_principles``: the principles whose score the reader may not know.
    """
    if audiences is None:
        return assessments
    redacted = redact_assessment_rows(session, audiences, assessments)
    return [_redacted_row(row, redacted.get((row.run_id, row.provider_id, row.regime))) for row in assessments]


def _redacted_row(row: Any, visible: VisibleAssessment | None) -> AssessmentRow:
    if visible is None:
        return cast("AssessmentRow", row)
    values = {
        **row._mapping,
        **visible.principles,
        "level": str(visible.level),
        "rating": visible.rating,
        "stage": visible.stage,
        "findings": visible.findings,
        **{f"{principle}_because": because for principle, because in visible.unscorable_reasons.items()},
    }
    return cast("AssessmentRow", SimpleNamespace(**values, unscored_principles=visible.unscored_principles))
