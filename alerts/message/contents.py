"""TODO."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from alerts.decide import Reason
from alerts.escalation.change_causes import UNKNOWN_CAUSES, Causes
from models.vocabulary import Level


@dataclass(frozen=True)
class MessageLine:
    """What a message says about one provider under one regime."""

    provider: str  # the register's identifier
    name: str
    regime: str  # its title
    reason: Reason
    before: Level | None  # what people were told, or the day before showed; None: not scored before
    level: Level
    is_official: bool
    findings: Sequence[str] = ()  # sentences with their dates
    outcome: str = ""  # why it is no longer covered, where that is known
    escalation: int = 0  # its number; 0 where nobody needs it
    newest_known_on: date | None = None  # of the findings
    stage: str = ""  # the title of the stage recommended, where the reader may see it
    since: date | None = None  # at this level or a worse one
    acknowledgement: str = ""  # who has it, until when, and what they do next
    expired_acknowledgement: str = ""  # the same, where that does not hold any more
    assessed_level: Level | None = None  # what the day alone says
    because_clause: str = ""  # the causes of the change, to stand after "because"; empty where they are not known
    change_label: str = ""  # "rule change", where only another rule, or model, moved it

    @property
    def is_rule_move(self) -> bool:
        """Whether it is told as a change of the rule, or model, and not as one of the provider."""
        return bool(self.change_label)


@dataclass(frozen=True)
class RuleMoves:
    """Everything in a message that only another rule, or model, moved; those not described included."""

    counts: Counter[tuple[Level | None, Level]] = field(default_factory=Counter)  # from which level to which
    causes: Causes = UNKNOWN_CAUSES

    @property
    def subject_text(self) -> str:
        """A subject's words for them; empty where there are none."""
        total = self.counts.total()
        moving = "provider moves" if total == 1 else "providers move"
        return f"{self.causes.change_label}: {total:,} {moving}" if total else ""


@dataclass(frozen=True)
class OpenEscalation:
    """An escalation that stands, of which there is no news."""

    escalation: int
    provider: str
    name: str
    level: Level
    since: date
    acknowledgement: str = ""
    provider_id: int = field(default=0, compare=False)  # the provider's number
    regime: str = field(default="", compare=False)
    reached: Mapping[Level, date] = field(default_factory=dict, compare=False)  # since when at each level or worse


@dataclass(frozen=True)
class RunContext:
    """What a recipient's messages of one run share."""

    day: date
    address: str  # of the dashboard
    open_counts: Mapping[Level, int]  # escalations after this run that the recipient knows of, by level
    source_notes: Sequence[str] = ()  # what is true of a whole register on the day
    open_escalations: Sequence[OpenEscalation] = ()  # the worst of those without news
    overdue_clocks: Sequence[str] = ()  # clocks, each in a line
    late_milestones: Sequence[str] = ()  # milestones that will be late, each in a line
    without_action: Sequence[str] = ()  # escalations about which nothing is done, each in a few words
    more_without_action: int = 0
    freshness: str = ""  # "5 of 6 sources fresh"
    rule_moves: RuleMoves = field(default_factory=RuleMoves)


@dataclass(frozen=True)
class MessageText:
    """A message's subject and its body in Markdown."""

    subject: str
    body: str
