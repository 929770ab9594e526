"""Writes the message about new versions of regimes: the changed rules, and the providers that move. Pure."""

from collections.abc import Sequence
from datetime import date

from alerts.message.contents import MessageText
from alerts.message.regime_changes import RegimeChange
from text.english import format_day
from text.markdown import MAX_NAME_LENGTH, escape_markdown, shorten_text


def compose_regime_changes(changes: Sequence[RegimeChange], day: date, address: str) -> MessageText:
    """The message about all regimes with a new version in a run.

    Args:
        changes: at least one.
        day: the run's.
        address: of the dashboard.
    """
    first, more = changes[0], len(changes) - 1
    others = f" and {more:,} more" if more else ""
    moved = sum(sum(change.level_moves.values()) for change in changes)
    subject = f"Rule change: {_format_versions(first)}{others}, {_format_provider_count(moved)}, {format_day(day)}"
    parts = [part for change in changes for part in _describe_change(change, day)]
    return MessageText(
        subject, "\n\n".join([*parts, f"[The watchlist of {format_day(day)}]({address.rstrip('/')}/)"]) + "\n"
    )


def _format_versions(change: RegimeChange) -> str:
    return f"{change.regime} version {change.versions.before} to {change.versions.after}"


def _format_provider_count(number: int) -> str:
    return f"{number:,} provider{' moves' if number == 1 else 's move'}"


def _describe_change(change: RegimeChange, day: date) -> list[str]:
    rules = [
        (label, keys)
        for label, keys in (
            ("changed", change.changed_rules),
            ("new", change.added_rules),
            ("removed", change.removed_rules),
        )
        if keys
    ]
    parts = [f"Rules {label}: {', '.join(keys)}." for label, keys in rules]
    parts += [f"Also changed: {', '.join(change.other_parts)}."] if change.other_parts else []
    moves = sorted(change.level_moves.items(), key=lambda move: (-move[0][1].rank, -move[0][0].rank))
    total = sum(change.level_moves.values())
    up = sum(count for (before, after), count in moves if after.rank > before.rank)
    down = sum(count for (before, after), count in moves if after.rank < before.rank)
    numbers = (
        f"{_format_provider_count(total)} because of this alone: {up:,} to a worse level, {down:,} to a better one."
    )
    listed = "\n".join(f"- {count:,} from {before} to {after}" for (before, after), count in moves)
    also = f"{change.mixed_moves:,} more moved because of this and something else, such as new data."
    examples = "\n".join(
        f"- {escape_markdown(shorten_text(example.name, MAX_NAME_LENGTH))} ({escape_markdown(example.provider)}): "
        f"{example.before} to {example.after}, "
        f"`continuity explain {example.provider.replace('`', '')} --as-of {day}`"
        for example in change.examples
    )
    return [
        f"## {escape_markdown(change.title)}: version {change.versions.before} to {change.versions.after}",
        " ".join(parts) or "No rule changed.",
        numbers if total else "No provider moves because of this alone.",
        *filter(None, [listed, also if change.mixed_moves else ""]),
        *(["Among them:", examples] if examples else []),
        f"Recipients are notified about these moves as a rule change. To compare the versions over past days: "
        f"`continuity regimes show {change.regime} > edited.yaml`, then `continuity what-if edited.yaml --from DATE`",
    ]
