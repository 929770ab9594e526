"""Puts news into words: a subject that can be read on a phone and a body in Markdown. Pure.

What comes out of registers is escaped: a provider's name can hold neither markup nor a line of its own.
"""

import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from alerts.decide import Reason
from models.vocabulary import Level

LONGEST_NAME = 100
LONGEST_FINDING = 200  # with the policy's limit on lines this keeps a message under what Slack takes (35,000)
WORST_FIRST = (Level.CRITICAL, Level.CONCERN, Level.WATCH)

_SAID = {
    Reason.BASELINE: "from the start",
    Reason.OPENED: "new",
    Reason.RAISED: "raised",
    Reason.LOWERED: "lowered",
    Reason.RESOLVED: "closed",
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


@dataclass(frozen=True)
class Edition:
    """What every message of one run shares."""

    day: date
    address: str  # of the dashboard
    still_open: Mapping[Level, int]  # escalations after this run, by level
    sources: Sequence[str] = ()  # what is true of a whole register on the day


@dataclass(frozen=True)
class Text:
    """A message's subject and its body in Markdown."""

    subject: str
    body: str


def alone(line: Line, edition: Edition) -> Text:
    """The message about one provider that goes alone and first."""
    was = "not scored before" if line.before is None else f"was {line.before}"
    subject = f"{line.level.upper()}: {_cut(line.name, LONGEST_NAME)} ({was}), {_day(edition.day)}"
    return Text(subject, f"What was known by {_day(edition.day)}.\n\n{_described(line, edition)}\n")


def summary(lines: Sequence[Line], counts: Counter[tuple[Reason, Level]], edition: Edition) -> Text:
    """The message about everything that is news in one run.

    Args:
        lines: the providers to describe, in the order in which they are to stand.
        counts: all news, the providers not described included.
        edition: what every message of the run shares.
    """
    by_reason = _by_reason(counts)
    parts = [f"{_opening(counts)} What was known by {_day(edition.day)}."]
    for title, reasons, describe in _SECTIONS:
        total = sum(by_reason[reason] for reason in reasons)
        if total:
            shown = [line for line in lines if line.reason in reasons]
            parts += [f"## {title}", *(describe(line, edition) for line in shown)]
            if total > len(shown):
                parts.append(f"{total - len(shown):,} more: {_everybody(edition)}, `continuity alerts list`")
    if edition.sources:
        parts += ["## About the sources", "\n".join(f"- {_safe(note, LONGEST_FINDING)}" for note in edition.sources)]
    parts += ["## Still open", _standing(edition)]
    return Text(_subject(lines, counts, edition.day), "\n\n".join(parts) + "\n")


def dated(sentence: str, known_on: str | None, *, is_recalled: bool) -> str:
    """A finding's sentence with the day it became known, and a mark where a number in it was only recalled."""
    marks = ([f"known {known_on}"] if known_on else []) + ["recalled"] * is_recalled
    return _cut(sentence, LONGEST_FINDING) + (f" ({', '.join(marks)})" if marks else "")


def _described(line: Line, edition: Edition) -> str:
    head = f"**{line.level.upper()}: {_safe(line.name, LONGEST_NAME)}** ({_safe(line.provider)}), {_what(line)}"
    findings = "\n".join(f"- {_safe(finding)}" for finding in line.findings)
    return "\n\n".join(filter(None, (head, findings, f"Look closer: {_closer(line, edition)}")))


def _mentioned(line: Line, edition: Edition) -> str:
    outcome = f": {_safe(line.outcome, LONGEST_FINDING)}" if line.outcome else ""
    head = f"**{_safe(line.name, LONGEST_NAME)}** ({_safe(line.provider)}), {_what(line)}{outcome}"
    return f"{head}\n\nLook closer: {_closer(line, edition)}"


def _what(line: Line) -> str:
    if line.reason is Reason.ENDED:
        move = f"was {line.before}"
    elif line.before is None:
        move = f"not scored before, now {line.level}"
    else:
        move = f"{line.before} to {line.level}"
    marks = [] if line.is_official else ["indicative"]
    return ", ".join([move, _SAID[line.reason], f"under {_safe(line.regime)}", *marks])


def _closer(line: Line, edition: Edition) -> str:
    link = f"{edition.address}/provider?{urlencode({'id': line.provider, 'day': edition.day.isoformat()})}"
    return f"<{link}>, `continuity explain {shlex.quote(line.provider).replace('`', '')} --as-of {edition.day}`"


def _standing(edition: Edition) -> str:
    return f"{_levels(edition.still_open) or 'Nothing'}. All of them: {_everybody(edition)}"


def _everybody(edition: Edition) -> str:
    return f"<{edition.address}/>, `continuity watchlist --as-of {edition.day}`"


_SECTIONS = (
    ("New or raised", (Reason.OPENED, Reason.RAISED), _described),
    ("From the start: a regime was scored for the first time", (Reason.BASELINE,), _described),
    ("No longer covered", (Reason.ENDED,), _mentioned),
    ("Lower or closed", (Reason.LOWERED, Reason.RESOLVED), _mentioned),
)


def _opening(counts: Counter[tuple[Reason, Level]]) -> str:
    parts = []
    for reason, said in _SAID.items():
        count = _by_reason(counts)[reason]
        if count:
            levels = _levels({level: counts[reason, level] for level in WORST_FIRST})
            parts.append(f"{count:,} {said}" + (f" ({levels})" if reason.is_worse else ""))
    return ", ".join(parts) + "."


def _subject(lines: Sequence[Line], counts: Counter[tuple[Reason, Level]], day: date) -> str:
    """What got worse and who is gone; only where there is neither, what came down."""
    by_reason = _by_reason(counts)
    worse = {level: sum(counts[reason, level] for reason in Reason if reason.is_worse) for level in WORST_FIRST}
    parts = []
    if any(worse.values()):
        parts.append(f"{'first scoring' if by_reason[Reason.BASELINE] else 'new or raised'}: {_levels(worse)}")
    if by_reason[Reason.ENDED]:
        first = next((line for line in lines if line.reason is Reason.ENDED), None)
        more = by_reason[Reason.ENDED] - (first is not None)
        named = [f"{_cut(first.name, LONGEST_NAME)} (was {first.before})"] if first else []
        parts.append(f"no longer covered: {' and '.join([*named, *([f'{more:,} more'] if more else [])])}")
    if not parts:
        down = (Reason.LOWERED, Reason.RESOLVED)
        parts.append(", ".join(f"{by_reason[reason]:,} {_SAID[reason]}" for reason in down if by_reason[reason]))
    subject = f"{'; '.join(parts)}, {_day(day)}"
    return subject[0].upper() + subject[1:]


def _by_reason(counts: Counter[tuple[Reason, Level]]) -> Counter[Reason]:
    total: Counter[Reason] = Counter()
    for (reason, _level), count in counts.items():
        total[reason] += count
    return total


def _levels(counts: Mapping[Level, int]) -> str:
    return ", ".join(f"{counts[level]:,} {level}" for level in WORST_FIRST if counts.get(level))


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _safe(text: str, most: int | None = None) -> str:
    """The text so that Markdown and HTML show just that, on one line."""
    text = re.sub(r"([\\`*_\[\]])", r"\\\1", _cut(text, most))
    text = re.sub(r"^([-+#]|\d+[.)])(?= |$)", lambda start: f"{start[0][:-1]}\\{start[0][-1]}", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int | None) -> str:
    text = " ".join(text.split())
    return text if most is None or len(text) <= most else text[: most - 1].rstrip() + "…"
