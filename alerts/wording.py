"""Puts news into words: a subject that can be read on a phone and a body in Markdown. Pure.

What comes out of registers is escaped: a provider's name can hold neither markup nor a line of its own.
"""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from alerts.change_causes import UNKNOWN_CAUSES, Causes
from alerts.decide import Reason
from alerts.subject import WORST_FIRST, headline, levels_in_words, subject
from alerts.text import LONGEST_NAME, ago, cut, day_in_words, safe
from models.vocabulary import Level
from regimes.words import format_count

LONGEST_FINDING = 200  # with the policy's limit on lines this keeps a message under what Slack takes (35,000)

_SAID = {
    Reason.BASELINE: "at the first scoring",
    Reason.OPENED: "new",
    Reason.RAISED: "raised",
    Reason.REOPENED: "opened again",
    Reason.ADDED: "more against it",
    Reason.RETURNED: "back again",
    Reason.STEP_DUE: "waiting for somebody",
    Reason.REPEATED: "told again",
    Reason.LOWERED: "lowered",
    Reason.RESOLVED: "closed",
    Reason.CLOSED: "closed by a person",
    Reason.ENDED: "no longer covered",
}


@dataclass(frozen=True)
class Line:
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
    in_hand: str = ""  # who has it, until when, and what they do next
    was_in_hand: str = ""  # the same, where that does not hold any more
    assessed: Level | None = None  # what the day alone says
    because: str = ""  # the causes of the change, to stand after "because"; empty where they are not known
    moved_by: str = ""  # "rule change", where only another rule, or model, moved it

    @property
    def is_rule_move(self) -> bool:
        """Whether it is told as a change of the rule, or model, and not as one of the provider."""
        return bool(self.moved_by)


@dataclass(frozen=True)
class RuleMoves:
    """Everything in a message that only another rule, or model, moved; those not described included."""

    counts: Counter[tuple[Level | None, Level]] = field(default_factory=Counter)  # from which level to which
    causes: Causes = UNKNOWN_CAUSES

    @property
    def words(self) -> str:
        """A subject's words for them; empty where there are none."""
        total = self.counts.total()
        moving = "provider moves" if total == 1 else "providers move"
        return f"{self.causes.change_words}: {total:,} {moving}" if total else ""


@dataclass(frozen=True)
class Open:
    """An escalation that stands, of which there is no news."""

    escalation: int
    provider: str
    name: str
    level: Level
    since: date
    in_hand: str = ""
    of: int = field(default=0, compare=False)  # the provider's number
    regime: str = field(default="", compare=False)
    reached: Mapping[Level, date] = field(default_factory=dict, compare=False)  # since when at each level or worse


@dataclass(frozen=True)
class Edition:
    """What a recipient's messages of one run share."""

    day: date
    address: str  # of the dashboard
    still_open: Mapping[Level, int]  # escalations after this run that the recipient knows of, by level
    sources: Sequence[str] = ()  # what is true of a whole register on the day
    standing: Sequence[Open] = ()  # the worst of those without news
    lapsed: Sequence[str] = ()  # clocks, each in a line
    pace: Sequence[str] = ()  # milestones that will be late, each in a line
    nothing_done: Sequence[str] = ()  # escalations about which nothing is done, each in a few words
    more_nothing_done: int = 0
    fresh: str = ""  # "5 of 6 sources fresh"
    rule_moves: RuleMoves = field(default_factory=RuleMoves)


@dataclass(frozen=True)
class Text:
    """A message's subject and its body in Markdown."""

    subject: str
    body: str


def alone(line: Line, edition: Edition) -> Text:
    """The message about one provider that goes alone and first."""
    return Text(
        f"{headline(line)}, {day_in_words(edition.day)}",
        f"What was known by {day_in_words(edition.day)}.\n\n{_described(line, edition)}\n",
    )


def summary(lines: Sequence[Line], counts: Counter[tuple[Reason, Level]], edition: Edition) -> Text:
    """The message about everything that is news in one run, or that there is none: what is new first, then what stands.

    Args:
        lines: the providers to describe, in the order in which they are to stand.
        counts: all news, the providers not described included; without what only a rule moved.
        edition: what every message of the run to the recipient shares.
    """
    by_reason = _by_reason(counts)
    parts = [f"{_opening(counts, edition)} What was known by {day_in_words(edition.day)}."]
    for title, reasons, describe in _SECTIONS:
        total = sum(by_reason[reason] for reason in reasons)
        if total:
            shown = [line for line in lines if line.reason in reasons and not line.is_rule_move]
            parts += [f"## {title}", *(describe(line, edition) for line in shown)]
            if total > len(shown):
                parts.append(f"{total - len(shown):,} more: {_everybody(edition)}, `continuity alerts list`")
        if title == _AFTER_WHAT_IS_NEW:
            parts += _clocks(edition)
    parts += _moved_by_rule([line for line in lines if line.is_rule_move], edition)
    if edition.sources:
        parts += ["## About the sources", _listed([safe(note, LONGEST_FINDING) for note in edition.sources])]
    parts += ["## Still open", _standing(edition)]
    return Text(subject(lines, counts, edition), "\n\n".join(parts) + "\n")


def dated(sentence: str, known_on: str | None, *, is_recalled: bool) -> str:
    """A finding's sentence with the day it became known, and a mark where a number in it was only recalled."""
    marks = ([f"known {known_on}"] if known_on else []) + ["recalled"] * is_recalled
    return cut(sentence, LONGEST_FINDING) + (f" ({', '.join(marks)})" if marks else "")


def _described(line: Line, edition: Edition) -> str:
    head = f"**{line.level.upper()}: {safe(line.name, LONGEST_NAME)}** ({safe(line.provider)}), {_what(line)}"
    findings = "\n".join(f"- {safe(finding)}" for finding in line.findings)
    parts = [
        head,
        _cause(line),
        findings,
        _context(line, edition),
        f"Look closer: {_closer(line, edition)}",
        _acknowledge(line),
    ]
    return "\n\n".join(filter(None, parts))


def _mentioned(line: Line, edition: Edition) -> str:
    outcome = f": {safe(line.outcome, LONGEST_FINDING)}" if line.outcome else ""
    head = f"**{safe(line.name, LONGEST_NAME)}** ({safe(line.provider)}), {_what(line)}{outcome}"
    return "\n\n".join(filter(None, [head, _cause(line), f"Look closer: {_closer(line, edition)}"]))


def _moved_by_rule(lines: Sequence[Line], edition: Edition) -> list[str]:
    """The section about those that only another rule, or model, moved: how many, and then each in a few words."""
    moves = edition.rule_moves
    if not moves.words:
        return []
    counted = sorted(moves.counts.items(), key=lambda of: (-of[0][1].rank, -(of[0][0] or Level.NONE).rank))
    moved = ", ".join(f"{count:,} from {before or 'not scored'} to {level}" for (before, level), count in counted)
    described = ["\n\n".join(filter(None, [_mentioned(line, edition), _acknowledge(line)])) for line in lines]
    total = moves.counts.total()
    if total > len(lines):
        described.append(f"{total - len(lines):,} more: {_everybody(edition)}, `continuity alerts list`")
    return [f"## {moves.causes.change_words.capitalize()}: not new data about these providers", f"{moved}.", *described]


def _cause(line: Line) -> str:
    """Why it is as it is now; empty where that is not known, as at the first scoring."""
    if not line.because:
        return ""
    if line.reason is Reason.ADDED:
        return f"More is held against it because {safe(line.because)}."
    if line.reason is Reason.ENDED:
        return f"It is not covered any more because {safe(line.because)}."
    if line.reason.is_reminder:
        return f"It came to its level because {safe(line.because)}."
    return f"Level changed because {safe(line.because)}."


def _what(line: Line) -> str:
    if line.reason.is_reminder:
        move = f"{line.level} since {day_in_words(line.since)}" if line.since else f"{line.level}"
    elif line.reason in {Reason.ENDED, Reason.CLOSED}:
        move = f"was {line.before}"
    elif line.reason is Reason.ADDED:
        move = f"still {line.level}"
    elif line.before is None:
        move = f"not scored before, now {line.level}"
    else:
        move = f"{line.before} to {line.level}"
    marks = [] if line.is_official else ["indicative"]
    return ", ".join([move, line.moved_by or _SAID[line.reason], f"under {safe(line.regime)}", *marks])


def _context(line: Line, edition: Edition) -> str:
    """Who has it in hand, what the ladder recommends, and how old the newest of the data is."""
    said = []
    if line.in_hand:
        said.append(f"In hand: {safe(line.in_hand, LONGEST_FINDING)}.")
    elif line.was_in_hand:
        said.append(f"Was in hand: {safe(line.was_in_hand, LONGEST_FINDING)}.")
    elif line.reason.is_reminder:
        said.append("Nobody has acknowledged it.")
    by_itself = line.assessed if line.reason.is_reminder else None
    if by_itself is not None and by_itself is not Level.UNSCORABLE and by_itself.rank < line.level.rank:
        said.append(f"This day alone would say {by_itself}; a level comes down only when that lasts.")
    if line.stage:
        said.append(f"Stage recommended: {safe(line.stage, LONGEST_NAME)}.")
    if line.newest_known_on is not None:
        said.append(f"The newest of this became known {ago(line.newest_known_on, edition.day)}.")
    return " ".join(said)


def _acknowledge(line: Line) -> str:
    return f"Take it on: {_ack(line.escalation)}" if line.escalation and not line.reason.is_closing else ""


def _ack(escalation: int) -> str:
    return f"`continuity alerts ack {escalation} --next STEP --until DATE`"


def _closer(line: Line, edition: Edition) -> str:
    address = f"{edition.address}/provider?{urlencode({'id': line.provider, 'day': edition.day.isoformat()})}"
    words = f"{safe(line.name, LONGEST_NAME)} as known on {day_in_words(edition.day)}"
    command = f"continuity explain {shlex.quote(line.provider).replace('`', '')} --as-of {edition.day}"
    return f"[{words}]({address}) or `{command}`"


def _clocks(edition: Edition) -> list[str]:
    parts = []
    if edition.lapsed:
        parts += ["## Lapsed: the date has passed and nobody has acted", _listed(edition.lapsed)]
    if edition.pace:
        parts += ["## Late at this pace", _listed(edition.pace)]
    return parts


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _standing(edition: Edition) -> str:
    parts = [f"{levels_in_words(edition.still_open) or 'Nothing'}. All of them: {_everybody(edition)}"]
    if edition.standing:
        parts.append(_listed([_stands(one) for one in edition.standing]))
    if edition.nothing_done:
        count = len(edition.nothing_done) + edition.more_nothing_done
        named = "; ".join(safe(one, LONGEST_FINDING) for one in edition.nothing_done)
        more = f"; {edition.more_nothing_done:,} more" if edition.more_nothing_done else ""
        parts.append(f"Threshold met, nothing done: {count:,} ({named}{more}). `continuity alerts undone`")
    if edition.fresh:
        parts.append(f"{edition.fresh}.")
    return "\n\n".join(parts)


def _stands(one: Open) -> str:
    head = (
        f"{one.level.upper()}: {safe(one.name, LONGEST_NAME)} ({safe(one.provider)}), since {day_in_words(one.since)}"
    )
    return f"{head}, {safe(one.in_hand, LONGEST_FINDING) if one.in_hand else _ack(one.escalation)}"


def _everybody(edition: Edition) -> str:
    words = f"the watchlist of {day_in_words(edition.day)}"
    return f"[{words}]({edition.address}/) or `continuity watchlist --as-of {edition.day}`"


_AFTER_WHAT_IS_NEW = "Waiting for somebody"
_SECTIONS = (
    ("New or raised", (Reason.OPENED, Reason.RAISED, Reason.REOPENED), _described),
    ("From the start: a regime was scored for the first time", (Reason.BASELINE,), _described),
    ("More against those that stood already", (Reason.ADDED,), _described),
    (_AFTER_WHAT_IS_NEW, (Reason.RETURNED, Reason.STEP_DUE, Reason.REPEATED), _described),
    ("No longer covered", (Reason.ENDED,), _mentioned),
    ("Lower or closed", (Reason.LOWERED, Reason.RESOLVED, Reason.CLOSED), _mentioned),
)


def _opening(counts: Counter[tuple[Reason, Level]], edition: Edition) -> str:
    parts, by_reason = [], _by_reason(counts)
    for reason, said in _SAID.items():
        if by_reason[reason]:
            levels = levels_in_words({level: counts[reason, level] for level in WORST_FIRST})
            has_levels = reason.is_worse or reason.is_reminder
            parts.append(f"{by_reason[reason]:,} {said}" + (f" ({levels})" if has_levels else ""))
    if edition.rule_moves.words:
        parts.append(edition.rule_moves.words)
    if edition.lapsed:
        parts.append(f"{format_count(len(edition.lapsed), 'clock')} lapsed")
    if edition.pace:
        parts.append(f"{len(edition.pace):,} late at this pace")
    return (", ".join(parts) or f"0 new, {sum(edition.still_open.values()):,} open") + "."


def _by_reason(counts: Counter[tuple[Reason, Level]]) -> Counter[Reason]:
    total: Counter[Reason] = Counter()
    for (reason, _level), count in counts.items():
        total[reason] += count
    return total
