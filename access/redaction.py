"""Picks, from the verdicts that a run stored, the verdict that a reader may see. Pure.

A run scores each assessment once for each set of audiences that occurs in it, so nothing is worked out here: a reader
who may not see every finding gets the verdict that was scored without the rows for others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from access.viewer import ReaderAudiences, may_see
from models.findings import Finding
from models.vocabulary import Level, Principle, UnscorableReason

NOT_SCORED_RATING = "not scored"
NOT_SCORED_RULE = "not_scored_for_reader"
NOT_SCORED_TITLE = (
    "Not scored yet without the information that is restricted to other readers; 'continuity watch' scores earlier "
    "days again, the newest first"
)


@dataclass(frozen=True)
class VisibleAssessment:
    """An assessment as seen by a reader who may not see every finding."""

    level: Level
    rating: str
    stage: str
    principles: Mapping[str, str]
    unscorable_reasons: Mapping[str, str]  # by principle, why it is unscorable: a word of UnscorableReason, or nothing
    findings: Sequence[Finding]
    unscored_principles: frozenset[str] = frozenset()  # principles whose score the reader cannot be told


def pick_audiences(audiences: ReaderAudiences, stored: Iterable[frozenset[str]]) -> frozenset[str] | None:
    """The largest stored set of audiences that the reader belongs to; None if the reader belongs to no stored set."""
    readable = [visible_to for visible_to in stored if may_see(audiences, visible_to)]
    return max(readable, key=lambda visible_to: (len(visible_to), sorted(visible_to)), default=None)


def unscored_assessment() -> VisibleAssessment:
    """Stands for a verdict that was not scored for a reader; says so in one finding.

    Runs of versions before 0012 stored the whole verdict alone.
    """
    finding: Finding = {
        "principle": str(Principle.ACCOUNTABILITY),
        "rule": NOT_SCORED_RULE,
        "title": NOT_SCORED_TITLE,
        "status": "missing",
        "level": str(Level.NONE),
        "unscorable_because": str(UnscorableReason.NOT_KNOWN),
        "weight": None,
        "score": None,
        "contribution": None,
        "indicators": [],
        "value": None,
        "unit": "",
        "threshold": "",
        "seqs": [],
        "period_end": None,
        "known_on": None,
        "is_recalled": False,
        "is_last_known": False,
        "source": "",
    }
    principles = list(map(str, Principle))
    return VisibleAssessment(
        level=Level.UNSCORABLE,
        rating=NOT_SCORED_RATING,
        stage="",
        principles=dict.fromkeys(principles, str(Level.UNSCORABLE)),
        unscorable_reasons=dict.fromkeys(principles, str(UnscorableReason.NOT_KNOWN)),
        findings=[finding],
        unscored_principles=frozenset(principles),
    )
