"""Writes the subject and the Markdown body of a message. Pure.

Texts from registers are escaped: a provider's name can hold neither markup nor a line of its own.
"""

import shlex
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlencode

from alerts.decide import Reason
from alerts.message.contents import MessageLine, MessageText, OpenEscalation, RunContext
from alerts.message.subject import WORST_FIRST, compose_subject, format_level_counts, provider_headline
from models.vocabulary import Level
from text.english import format_count, format_day, format_days_ago
from text.markdown import MAX_NAME_LENGTH, escape_markdown, shorten_text

MAX_FINDING_LENGTH = 200  # with the policy's limit on lines this keeps a message under what Slack takes (35,000)

_REASON_TEXTS = {
    Reason.BASELINE: "at the first scoring",
    Reason.OPENED: "new",
    Reason.RAISED: "raised",
    Reason.REOPENED: "reopened",
    Reason.ADDED: "with a new adverse finding",
    Reason.RETURNED: "acknowledgement or silence ended",
    Reason.STEP_DUE: "waiting for action",
    Reason.REPEATED: "reminder",
    Reason.LOWERED: "lowered",
    Reason.RESOLVED: "closed",
    Reason.CLOSED: "closed by a person",
    Reason.ENDED: "no longer covered",
}


def compose_single(line: MessageLine, context: RunContext) -> MessageText:
    """The message about one provider that is sent on its own, before the summary."""
    return MessageText(
        f"{provider_headline(line)}, {format_day(context.day)}",
        f"As known on {format_day(context.day)}.\n\n{_describe_line(line, context)}\n",
    )


def compose_summary(
    lines: Sequence[MessageLine], counts: Counter[tuple[Reason, Level]], context: RunContext
) -> MessageText:
    """The message about all the news of one run, or about a day without news; the open escalations come last.

    Args:
        lines: the providers to describe, in the order of the message.
        counts: all news, including providers without a line; moves by a rule change are not counted.
        context: the facts that all messages of the run to the recipient share.
    """
    by_reason = _count_by_reason(counts)
    parts = [f"{_opening_sentence(counts, context)} As known on {format_day(context.day)}."]
    for title, reasons, describe in _SECTIONS:
        total = sum(by_reason[reason] for reason in reasons)
        if total:
            shown = [line for line in lines if line.reason in reasons and not line.is_rule_move]
            parts += [f"## {title}", *(describe(line, context) for line in shown)]
            if total > len(shown):
                parts.append(f"{total - len(shown):,} more: {_watchlist_links(context)}, `continuity alerts list`")
        if title == _WAITING_TITLE:
            parts += _clock_sections(context)
    parts += _rule_move_section([line for line in lines if line.is_rule_move], context)
    if context.source_notes:
        parts += [
            "## About the sources",
            _bullet_list([escape_markdown(note, MAX_FINDING_LENGTH) for note in context.source_notes]),
        ]
    parts += ["## Still open", _open_section(context)]
    return MessageText(compose_subject(lines, counts, context), "\n\n".join(parts) + "\n")


def format_finding(sentence: str, known_on: str | None, *, is_recalled: bool) -> str:
    """A finding's sentence with the day it became known, and a mark if a number in it was only recalled."""
    marks = ([f"known {known_on}"] if known_on else []) + ["recalled"] * is_recalled
    return shorten_text(sentence, MAX_FINDING_LENGTH) + (f" ({', '.join(marks)})" if marks else "")


def _describe_line(line: MessageLine, context: RunContext) -> str:
    name = f"**{line.level.upper()}: {escape_markdown(line.name, MAX_NAME_LENGTH)}**"
    findings = "\n".join(f"- {escape_markdown(finding)}" for finding in line.findings)
    parts = [
        f"{name} ({escape_markdown(line.provider)}), {_describe_change(line)}",
        _cause_sentence(line),
        findings,
        _context_sentences(line, context),
        f"Details: {_detail_links(line, context)}",
        _acknowledge_hint(line),
    ]
    return "\n\n".join(filter(None, parts))


def _mention_line(line: MessageLine, context: RunContext) -> str:
    outcome = f": {escape_markdown(line.outcome, MAX_FINDING_LENGTH)}" if line.outcome else ""
    name = f"**{escape_markdown(line.name, MAX_NAME_LENGTH)}** ({escape_markdown(line.provider)})"
    head = f"{name}, {_describe_change(line)}{outcome}"
    return "\n\n".join(filter(None, [head, _cause_sentence(line), f"Details: {_detail_links(line, context)}"]))


def _rule_move_section(lines: Sequence[MessageLine], context: RunContext) -> list[str]:
    """The section about providers that only a changed rule or model moved: how many, and a few words about each."""
    moves = context.rule_moves
    if not moves.subject_text:
        return []
    counted = sorted(moves.counts.items(), key=lambda move: (-move[0][1].rank, -(move[0][0] or Level.NONE).rank))
    moved = ", ".join(f"{count:,} from {before or 'not scored'} to {level}" for (before, level), count in counted)
    described = ["\n\n".join(filter(None, [_mention_line(line, context), _acknowledge_hint(line)])) for line in lines]
    total = moves.counts.total()
    if total > len(lines):
        described.append(f"{total - len(lines):,} more: {_watchlist_links(context)}, `continuity alerts list`")
    return [f"## {moves.causes.change_label.capitalize()}: not new data about these providers", f"{moved}.", *described]


def _cause_sentence(line: MessageLine) -> str:
    """Why the provider is at its level; empty if the cause is not known, as at the first scoring."""
    if not line.because_clause:
        return ""
    if line.reason is Reason.ADDED:
        return f"There is a new adverse finding because {escape_markdown(line.because_clause)}."
    if line.reason is Reason.ENDED:
        return f"The provider is no longer covered because {escape_markdown(line.because_clause)}."
    if line.reason.is_reminder:
        return f"The provider reached this level because {escape_markdown(line.because_clause)}."
    return f"The level changed because {escape_markdown(line.because_clause)}."


def _describe_change(line: MessageLine) -> str:
    if line.reason.is_reminder:
        move = f"{line.level} since {format_day(line.since)}" if line.since else f"{line.level}"
    elif line.reason in {Reason.ENDED, Reason.CLOSED}:
        move = f"was {line.before}"
    elif line.reason is Reason.ADDED:
        move = f"still {line.level}"
    elif line.before is None:
        move = f"not scored before, now {line.level}"
    else:
        move = f"{line.before} to {line.level}"
    marks = [] if line.is_official else ["indicative"]
    return ", ".join(
        [move, line.change_label or _REASON_TEXTS[line.reason], f"under {escape_markdown(line.regime)}", *marks]
    )


def _context_sentences(line: MessageLine, context: RunContext) -> str:
    """Who has acknowledged the escalation, the recommended stage, and the age of the newest finding."""
    sentences = []
    if line.acknowledgement:
        sentences.append(f"Acknowledged: {escape_markdown(line.acknowledgement, MAX_FINDING_LENGTH)}.")
    elif line.expired_acknowledgement:
        expired = escape_markdown(line.expired_acknowledgement, MAX_FINDING_LENGTH)
        sentences.append(f"Acknowledgement ended: {expired}.")
    elif line.reason.is_reminder:
        sentences.append("Nobody has acknowledged this escalation.")
    by_itself = line.assessed_level if line.reason.is_reminder else None
    if by_itself is not None and by_itself is not Level.UNSCORABLE and by_itself.rank < line.level.rank:
        sentences.append(f"This day alone is {by_itself}; a level is lowered only after several such days in a row.")
    if line.stage:
        sentences.append(f"Stage recommended: {escape_markdown(line.stage, MAX_NAME_LENGTH)}.")
    if line.newest_known_on is not None:
        sentences.append(
            f"The newest of these findings became known {format_days_ago(line.newest_known_on, context.day)}."
        )
    return " ".join(sentences)


def _acknowledge_hint(line: MessageLine) -> str:
    return (
        f"Acknowledge: {_acknowledge_command(line.escalation)}"
        if line.escalation and not line.reason.is_closing
        else ""
    )


def _acknowledge_command(escalation: int) -> str:
    return f"`continuity alerts ack {escalation} --next STEP --until DATE`"


def _detail_links(line: MessageLine, context: RunContext) -> str:
    address = f"{context.address}/provider?{urlencode({'id': line.provider, 'day': context.day.isoformat()})}"
    label = f"{escape_markdown(line.name, MAX_NAME_LENGTH)} as known on {format_day(context.day)}"
    command = f"continuity explain {shlex.quote(line.provider).replace('`', '')} --as-of {context.day}"
    return f"[{label}]({address}) or `{command}`"


def _clock_sections(context: RunContext) -> list[str]:
    parts = []
    if context.overdue_clocks:
        parts += ["## Overdue: the date has passed and nobody has acted", _bullet_list(context.overdue_clocks)]
    if context.late_milestones:
        parts += ["## Late at this pace", _bullet_list(context.late_milestones)]
    return parts


def _bullet_list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _open_section(context: RunContext) -> str:
    parts = [f"{format_level_counts(context.open_counts) or 'None'}. Full list: {_watchlist_links(context)}"]
    if context.open_escalations:
        parts.append(_bullet_list([_format_open(escalation) for escalation in context.open_escalations]))
    if context.without_action:
        count = len(context.without_action) + context.more_without_action
        named = "; ".join(escape_markdown(escalation, MAX_FINDING_LENGTH) for escalation in context.without_action)
        more = f"; {context.more_without_action:,} more" if context.more_without_action else ""
        parts.append(f"Threshold met, nothing done: {count:,} ({named}{more}). `continuity alerts undone`")
    if context.freshness:
        parts.append(f"{context.freshness}.")
    return "\n\n".join(parts)


def _format_open(escalation: OpenEscalation) -> str:
    name = f"{escape_markdown(escalation.name, MAX_NAME_LENGTH)} ({escape_markdown(escalation.provider)})"
    since = format_day(escalation.since)
    acknowledgement = escape_markdown(escalation.acknowledgement, MAX_FINDING_LENGTH)
    action = acknowledgement or _acknowledge_command(escalation.escalation)
    return f"{escalation.level.upper()}: {name}, since {since}, {action}"


def _watchlist_links(context: RunContext) -> str:
    label = f"the watchlist of {format_day(context.day)}"
    return f"[{label}]({context.address}/) or `continuity watchlist --as-of {context.day}`"


_WAITING_TITLE = "Waiting for action"
_SECTIONS = (
    ("New or raised", (Reason.OPENED, Reason.RAISED, Reason.REOPENED), _describe_line),
    ("First results of a new regime", (Reason.BASELINE,), _describe_line),
    ("New findings at an unchanged level", (Reason.ADDED,), _describe_line),
    (_WAITING_TITLE, (Reason.RETURNED, Reason.STEP_DUE, Reason.REPEATED), _describe_line),
    ("No longer covered", (Reason.ENDED,), _mention_line),
    ("Lower or closed", (Reason.LOWERED, Reason.RESOLVED, Reason.CLOSED), _mention_line),
)


def _opening_sentence(counts: Counter[tuple[Reason, Level]], context: RunContext) -> str:
    parts, by_reason = [], _count_by_reason(counts)
    for reason, reason_text in _REASON_TEXTS.items():
        if by_reason[reason]:
            levels = format_level_counts({level: counts[reason, level] for level in WORST_FIRST})
            has_levels = reason.is_worse or reason.is_reminder
            parts.append(f"{by_reason[reason]:,} {reason_text}" + (f" ({levels})" if has_levels else ""))
    if context.rule_moves.subject_text:
        parts.append(context.rule_moves.subject_text)
    if context.overdue_clocks:
        parts.append(f"{format_count(len(context.overdue_clocks), 'clock')} overdue")
    if context.late_milestones:
        parts.append(f"{len(context.late_milestones):,} late at this pace")
    return (", ".join(parts) or f"0 new, {sum(context.open_counts.values()):,} open") + "."


def _count_by_reason(counts: Counter[tuple[Reason, Level]]) -> Counter[Reason]:
    total: Counter[Reason] = Counter()
    for (reason, _level), count in counts.items():
        total[reason] += count
    return total
