"""The facts that a message is written from, and the text that results."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from alerts.decide import Reason
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes
from models.vocabulary import Level


@dataclass(frozen=True)
class MessageLine:
    """The facts about one provider under one regime that a message gives."""

    provider: str  # the register's identifier
    name: str
    regime: str  # its title
    reason: Reason
    before: Level | None  # the level last notified, or of the day before; None: not scored before
    level: Level
    is_official: bool
    findings: Sequence[str] = ()  # sentences with their dates
    outcome: str = ""  # why the provider is no longer covered, if known
    escalation: int = 0  # its number; 0 if the message needs none
    newest_known_on: date | None = None  # of the findings
    stage: str = ""  # the title of the recommended stage; empty if the reader may not see it
    since: date | None = None  # the day on which this level or a worse one was reached
    acknowledgement: str = ""  # the owner, the last day and the next step
    expired_acknowledgement: str = ""  # the same, of an acknowledgement that has ended
    assessed_level: Level | None = None  # the assessment of the day alone
    because_clause: str = ""  # the causes, as a clause after "because"; empty if not known
    change_label: str = ""  # "rule change" if only a changed rule or model moved the provider

    @property
    def is_rule_move(self) -> bool:
        """Whether only a changed rule or model moved the provider."""
        return bool(self.change_label)


@dataclass(frozen=True)
class RuleMoves:
    """The providers that only a changed rule or model moved, including those without a line in the message."""

    counts: Counter[tuple[Level | None, Level]] = field(default_factory=Counter)  # by level before and now
    causes: Causes = UNKNOWN_CAUSES

    @property
    def subject_text(self) -> str:
        """Their part of a subject line; empty if there are none."""
        total = self.counts.total()
        moving = "provider moves" if total == 1 else "providers move"
        return f"{self.causes.change_label}: {total:,} {moving}" if total else ""


@dataclass(frozen=True)
class OpenEscalation:
    """An open escalation without news."""

    escalation: int
    provider: str
    name: str
    level: Level
    since: date
    acknowledgement: str = ""
    provider_id: int = field(default=0, compare=False)  # the provider's number
    regime: str = field(default="", compare=False)
    reached: Mapping[Level, date] = field(
        default_factory=dict, compare=False
    )  # the day each level, or a worse one, was reached


@dataclass(frozen=True)
class RunContext:
    """The facts that all messages of one run to a recipient share."""

    day: date
    address: str  # of the dashboard
    open_counts: Mapping[Level, int]  # open escalations that the recipient has been notified about, by level
    source_notes: Sequence[str] = ()  # findings about a whole register on the day
    open_escalations: Sequence[OpenEscalation] = ()  # the worst ones without news
    overdue_clocks: Sequence[str] = ()  # a line for each
    late_milestones: Sequence[str] = ()  # milestones that will be late at their pace, a line for each
    without_action: Sequence[str] = ()  # escalations without action, a few words for each
    more_without_action: int = 0
    freshness: str = ""  # "5 of 6 sources fresh"
    rule_moves: RuleMoves = field(default_factory=RuleMoves)


@dataclass(frozen=True)
class MessageText:
    """The subject of a message and its body in Markdown."""

    subject: str
    body: str
