"""The typed record of one provider's explanation: plain values with ISO dates, ready for JSON (docs/operating.md)."""

from typing import Any, NotRequired, TypedDict

from models.findings import Finding, SourceFinding
from queries.ledger_rows import ObservationRow
from queries.probability_parts import ProbabilityParts
from regimes.rules.base import NearestLimits


class PeerComparison(TypedDict):
    """A figure among the figures of the provider's peers."""

    group: str
    providers: int  # peers with this figure
    median: float
    percentile: int  # so many of a hundred peers have less


class RunReference(TypedDict):
    """A run and its day."""

    run: int
    day: str


class ExplainedFinding(Finding):
    """A finding with its figures and, once ``add_finding_details`` has added them, the details beside the figures."""

    figures: list[ObservationRow]
    limits: NotRequired[NearestLimits | None]
    decides: NotRequired[bool]  # whether the finding makes the level of its principle
    peers: NotRequired[PeerComparison | None]
    since: NotRequired[str | None]
    first_run: NotRequired[RunReference]
    last_run: NotRequired[RunReference]


class SectionScore(TypedDict):
    """The score of a section, with its rounding and limits."""

    sum: float
    rounding: str
    limits: list[str]  # titles of the limits that hold
    result: float
    better: str | None  # higher or lower


class ExplainedPrinciple(TypedDict):
    """One principle of one regime."""

    level: str
    unscorable_because: str | None
    findings: list[ExplainedFinding]
    combine: NotRequired[str]
    score: NotRequired[SectionScore | None]


class AppliedLimit(TypedDict):
    """A cap or a floor that holds."""

    title: str
    level: str
    source: str


class LevelParts(TypedDict):
    """The parts of a provider's level."""

    accountability: str
    evidence: str
    evidence_up_to: str  # the worst level that evidence alone can make
    caps: list[AppliedLimit]
    floors: list[AppliedLimit]


class Completeness(TypedDict):
    """The number of rules that could be applied; share and grade are None if no rule counts."""

    known: int
    of: int
    share: float | None
    grade: str | None


class StageName(TypedDict):
    """A step of a regime's ladder."""

    key: str
    title: str


class NextStep(TypedDict):
    """The recommended stage and what follows from it."""

    stage: str
    step: str
    told: list[Any]  # roles, as the regime writes them; later the bodies that fill them (``NotifiedBody``)


# When and why a provider's level changed last: the scored day, levels, causes (data, rule, model, time, service; empty
# where they are not known) and the causes in words. ``from`` is a keyword, hence not a class.
LastChange = TypedDict("LastChange", {"on": str, "from": str, "to": str, "causes": list[str], "because": str})


class ExplainedRegime(TypedDict):
    """The verdict of one regime on the provider."""

    regime: str
    level: str
    rating: str
    is_official: bool
    stage: str
    probability: float | None
    probability_reason: str
    principles: dict[str, ExplainedPrinciple]
    made_of: NotRequired[LevelParts]
    title: NotRequired[str]
    stages: NotRequired[list[StageName]]
    next: NotRequired[NextStep | None]
    peer_group: NotRequired[str | None]
    completeness: NotRequired[Completeness]
    last_change: NotRequired[LastChange | None]
    probability_parts: NotRequired[ProbabilityParts | None]  # added by the command line


class CoverageEnd(TypedDict):
    """The event that ended the coverage of a provider."""

    indicator: str
    title: str
    text: str | None
    on: str
    known_on: str
    register: str | None
    document: str | None


class LastAssessment(TypedDict):
    """The newest scored day on which a regime covered the provider, with its level under each regime."""

    day: str
    run: int
    regimes: dict[str, str]


class UnreadableDocuments(TypedDict):
    """Quarantined documents, rows and cells about a provider."""

    count: int
    reasons: dict[str, int]  # reason to how often
    documents: list[str]


class ProviderLink(TypedDict):
    """A link of the provider, read ``subject relation object``."""

    subject: str
    subject_name: str
    relation: str
    kind: str
    object: str
    object_name: str
    since: str | None
    until: str | None  # the last day that the register itself states
    ended_on: str | None  # the first day without the link
    is_in_force: bool
    known_on: str
    confidence: float
    certainty: str
    reference: str
    value_gbp: float | None
    document: NotRequired[str | None]
    line: NotRequired[int | None]
    place: NotRequired[str]
    is_recalled: NotRequired[bool]  # nobody has read the link in its source


class ProviderExplanation(TypedDict):
    """One provider on one day, principle by principle and figure by figure."""

    id: str
    name: str
    day: str
    scored_on: str | None  # None, and no run, where no regime covers the provider
    run: int | None
    source_findings: list[SourceFinding]
    regimes: list[ExplainedRegime]
    ended: CoverageEnd | None
    last_assessed: LastAssessment | None
    unreadable: UnreadableDocuments
    links: list[ProviderLink]
    casework: NotRequired[dict[str, Any]]  # ``CaseworkOnDay.as_json``, added by the command line
