"""Says in a message's subject what is worst and about whom: its beginning is all that a phone shows. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from alerts.decide import Reason
from alerts.dress import plain
from alerts.text import LONGEST_NAME, cut, day_in_words
from models.vocabulary import Level

if TYPE_CHECKING:
    from alerts.wording import Edition, Line

WORST_FIRST = (Level.CRITICAL, Level.CONCERN, Level.WATCH)

Counts = Counter[tuple[Reason, Level]]

_BAD = (
    ((Reason.OPENED, Reason.RAISED, Reason.REOPENED), ""),
    ((Reason.BASELINE,), "at the first scoring"),
    ((Reason.ADDED,), "more against it"),
    ((Reason.RETURNED, Reason.STEP_DUE, Reason.REPEATED), "waiting for somebody"),
    ((Reason.ENDED,), "no longer covered"),
)
_OF_SEVERAL = {"more against it": "with more against them"}
_GOOD = (((Reason.LOWERED,), "lowered"), ((Reason.RESOLVED,), ""), ((Reason.CLOSED,), "by a person"))


def subject(lines: "Sequence[Line]", counts: Counts, edition: "Edition") -> str:
    """The subject of a summary: what got worse, who waits, who is gone; what came down only where there is none of it.

    Args:
        lines: the providers that the message describes, in its order.
        counts: all news, the providers not described included; without what only a rule moved.
        edition: what else the message has.
    """
    parts = [_named(lines, counts, reasons, said) for reasons, said in _BAD]
    parts.append(f"Clock lapsed: {_first_of(edition.lapsed)}" if edition.lapsed else "")
    if not any(parts) and edition.pace:
        parts.append(f"Late at this pace: {_first_of(edition.pace)}")
    if not any(parts):
        parts += [_named(lines, counts, reasons, said) for reasons, said in _GOOD]
    moved = edition.rule_moves.words
    if not any(parts) and not moved:
        parts.append(_nothing_new(edition))
    parts.append(moved if any(parts) else moved.capitalize())
    # A critical has gone alone before: the other message about it says that it is another.
    has_gone_alone = counts[Reason.OPENED, Level.CRITICAL] + counts[Reason.RAISED, Level.CRITICAL]
    said = "; ".join(filter(None, parts)).replace("; Was ", "; was ").replace("; Clock ", "; clock ")
    return f"{said}, {'summary of ' if has_gone_alone else ''}{day_in_words(edition.day)}"


def headline(line: "Line") -> str:
    """Level, name and where it stood before."""
    if line.reason.is_reminder or line.reason in {Reason.ADDED, Reason.ENDED}:
        return _who(line)
    return f"{_who(line)} ({'not scored before' if line.before is None else f'was {line.before}'})"


def levels_in_words(counts: Mapping[Level, int]) -> str:
    """How many of each level, worst first; empty where there is none."""
    return ", ".join(f"{counts[level]:,} {level}" for level in WORST_FIRST if counts.get(level))


def _named(lines: "Sequence[Line]", counts: Counts, reasons: Sequence[Reason], said: str) -> str:
    """The worst of those with one of the reasons, and how many more there are."""
    levels = {level: sum(counts[reason, level] for reason in reasons) for level in Level}
    total = sum(levels.values())
    said = said if total == 1 else _OF_SEVERAL.get(said, said)
    first = next((line for line in lines if line.reason in reasons and not line.is_rule_move), None)
    if first is None:  # not described, as there is too much that is worse
        return f"{total:,} {said}" if total else ""
    if total == 1:
        return headline(first) + (f", {said}" if said and first.reason is not Reason.BASELINE else "")
    counted = f": {levels_in_words(levels)}" if first.reason.is_worse or first.reason.is_reminder else ""
    return f"{_who(first)} and {total - 1:,} more{f' {said}' if said else ''}{counted}"


def _who(line: "Line") -> str:
    name = cut(line.name, LONGEST_NAME)
    if line.reason is Reason.ENDED:
        return f"Was {line.before}: {name}"
    return f"{'Closed' if line.reason.is_closing else line.level.upper()}: {name}"


def _first_of(clocks: Sequence[str]) -> str:
    """The provider of the first of some clocks, and how many more there are."""
    who = plain(clocks[0].split(": ")[0])
    return f"{who} and {len(clocks) - 1:,} more" if len(clocks) > 1 else who


def _nothing_new(edition: "Edition") -> str:
    levels = levels_in_words(edition.still_open)
    still = f"{sum(edition.still_open.values()):,} open" + (f" ({levels})" if levels else "")
    return ", ".join(filter(None, ["0 new", still, edition.fresh]))
