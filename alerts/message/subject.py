"""Writes the subject of a message. The worst level and the provider come first: a phone shows only these. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from alerts.decide import Reason
from alerts.message.contents import MessageLine, RunContext
from alerts.message.formats import to_plain_text
from models.vocabulary import Level
from text.english import format_day
from text.markdown import MAX_NAME_LENGTH, shorten_text

WORST_FIRST = (Level.CRITICAL, Level.CONCERN, Level.WATCH)

NewsCounts = Counter[tuple[Reason, Level]]

_BAD_NEWS = (
    ((Reason.OPENED, Reason.RAISED, Reason.REOPENED), ""),
    ((Reason.BASELINE,), "at the first scoring"),
    ((Reason.ADDED,), "new adverse finding"),
    ((Reason.RETURNED, Reason.STEP_DUE, Reason.REPEATED), "waiting for action"),
    ((Reason.ENDED,), "no longer covered"),
)
_PLURAL_TEXTS = {"new adverse finding": "with new adverse findings"}
_GOOD_NEWS = (((Reason.LOWERED,), "lowered"), ((Reason.RESOLVED,), ""), ((Reason.CLOSED,), "by a person"))


def compose_subject(lines: Sequence[MessageLine], counts: NewsCounts, context: RunContext) -> str:
    """The subject of a summary: worse levels, open escalations without action, providers no longer covered.

    Lowered levels are named only if there is nothing else.

    Args:
        lines: the providers that the message describes, in its order.
        counts: all news, including providers without a line; moves by a rule change are not counted.
        context: the other facts of the message.
    """
    parts = [_describe_worst(lines, counts, reasons, suffix) for reasons, suffix in _BAD_NEWS]
    parts.append(f"Overdue: {_format_first_clock(context.overdue_clocks)}" if context.overdue_clocks else "")
    if not any(parts) and context.late_milestones:
        parts.append(f"Late at this pace: {_format_first_clock(context.late_milestones)}")
    if not any(parts):
        parts += [_describe_worst(lines, counts, reasons, suffix) for reasons, suffix in _GOOD_NEWS]
    moved = context.rule_moves.subject_text
    if not any(parts) and not moved:
        parts.append(_format_no_news(context))
    parts.append(moved if any(parts) else moved.capitalize())
    # A new critical level also has a message of its own: the word "summary" tells the two apart.
    has_message_of_its_own = counts[Reason.OPENED, Level.CRITICAL] + counts[Reason.RAISED, Level.CRITICAL]
    text = "; ".join(filter(None, parts)).replace("; Was ", "; was ").replace("; Overdue: ", "; overdue: ")
    return f"{text}, {'summary of ' if has_message_of_its_own else ''}{format_day(context.day)}"


def provider_headline(line: MessageLine) -> str:
    """The level, the name and the level before."""
    if line.reason.is_reminder or line.reason in {Reason.ADDED, Reason.ENDED}:
        return _name_provider(line)
    return f"{_name_provider(line)} ({'not scored before' if line.before is None else f'was {line.before}'})"


def format_level_counts(counts: Mapping[Level, int]) -> str:
    """The number at each level, worst first; empty if there is none."""
    return ", ".join(f"{counts[level]:,} {level}" for level in WORST_FIRST if counts.get(level))


def _describe_worst(lines: Sequence[MessageLine], counts: NewsCounts, reasons: Sequence[Reason], suffix: str) -> str:
    """The worst provider with one of the reasons, and how many more there are."""
    levels = {level: sum(counts[reason, level] for reason in reasons) for level in Level}
    total = sum(levels.values())
    suffix = suffix if total == 1 else _PLURAL_TEXTS.get(suffix, suffix)
    first = next((line for line in lines if line.reason in reasons and not line.is_rule_move), None)
    if first is None:  # without a line: the worse ones fill the message
        return f"{total:,} {suffix}" if total else ""
    if total == 1:
        return provider_headline(first) + (f", {suffix}" if suffix and first.reason is not Reason.BASELINE else "")
    counted = f": {format_level_counts(levels)}" if first.reason.is_worse or first.reason.is_reminder else ""
    return f"{_name_provider(first)} and {total - 1:,} more{f' {suffix}' if suffix else ''}{counted}"


def _name_provider(line: MessageLine) -> str:
    name = shorten_text(line.name, MAX_NAME_LENGTH)
    if line.reason is Reason.ENDED:
        return f"Was {line.before}: {name}"
    return f"{'Closed' if line.reason.is_closing else line.level.upper()}: {name}"


def _format_first_clock(clocks: Sequence[str]) -> str:
    """The provider of the first clock, and how many more clocks there are."""
    provider = to_plain_text(clocks[0].split(": ")[0])
    return f"{provider} and {len(clocks) - 1:,} more" if len(clocks) > 1 else provider


def _format_no_news(context: RunContext) -> str:
    levels = format_level_counts(context.open_counts)
    still = f"{sum(context.open_counts.values()):,} open" + (f" ({levels})" if levels else "")
    return ", ".join(filter(None, ["0 new", still, context.freshness]))
