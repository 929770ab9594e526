"""The changes between two runs as JSON with documented keys (docs/hindsight.md) and in words."""

from typing import Any

from hindsight.attribution import CAUSES, Attribution, NumberChange, VerdictChange
from hindsight.differences import COVERAGE
from models.vocabulary import Level

_CAUSE_NAMES = {"data": "new data", "regime": "regime version", "model": "model version"}


def attribution_json(attribution: Attribution) -> dict[str, Any]:
    """Plain values with ISO dates; the keys are documented in docs/hindsight.md."""
    return {
        "since": {"run": attribution.before.id, "day": attribution.before.day.isoformat()},
        "until": {"run": attribution.after.id, "day": attribution.after.day.isoformat()},
        "notes": attribution.notes,
        "regimes": [
            {
                "id": change.provider,
                "regime": change.regime,
                "level": {
                    "from": change.levels[0],
                    "to": change.levels[-1],
                    "steps": dict(zip(CAUSES, change.levels[1:], strict=True)),
                    "alone": dict(change.levels_alone),
                    "remainder": change.remainder,
                    "stored": {"from": change.stored_levels[0], "to": change.stored_levels[1]},
                },
                "rules": {cause: list(rules) for cause, rules in change.rules.items()},
                "probability": _number_change_json(change.probability),
                "scores": {principle: _number_change_json(split) for principle, split in change.scores.items()},
            }
            for change in attribution.changes
        ],
    }


def _number_change_json(split: NumberChange) -> dict[str, Any]:
    return {
        "from": split.before,
        "to": split.after,
        "steps": dict(split.steps),
        "alone": dict(split.effects_alone),
        "remainder": split.remainder,
    }


def describe_change(change: VerdictChange) -> list[str]:
    """A change said to people, a line for each thing that moved."""
    before, after = (_format_level(level) for level in (change.levels[0], change.levels[-1]))
    lines = [f"{change.regime}: {before} -> {after}" if before != after else f"{change.regime}: {after}, as before"]
    for number, cause in enumerate(CAUSES):
        was, now = change.levels[number], change.levels[number + 1]
        rules = change.rules[cause]
        if was is now and not rules:
            continue
        because = "" if not rules else " (coverage)" if rules == (COVERAGE,) else f" ({', '.join(rules)})"
        lines.append(
            f"  {_CAUSE_NAMES[cause]}: {_format_level(was)} -> {_format_level(now)}{because}"
            if was is not now
            else f"  {_CAUSE_NAMES[cause]}: level as before{because}"
        )
    if change.remainder:
        lines.append(f"  together, beyond what each does alone: {change.remainder:+d} levels")
    for name, split in (("probability", change.probability), *((f"score of {p}", s) for p, s in change.scores.items())):
        if split.before != split.after:
            lines.append(f"  {name}: {_describe_number_change(split)}")
    if change.stored_levels != (change.levels[0], change.levels[-1]):
        first, last = map(_format_level, change.stored_levels)
        lines.append(f"  the runs themselves said {first}, then {last}")
    return lines


def _format_level(level: Level | None) -> str:
    return "not covered" if level is None else str(level)


def _describe_number_change(split: NumberChange) -> str:
    def number(value: float | None) -> str:
        return "none" if value is None else f"{value:.6g}"

    parts = [f"{_CAUSE_NAMES[cause]} {part:+.6g}" for cause, part in split.steps.items() if part]
    if split.remainder:
        parts.append(f"{split.remainder:+.6g} of it only together")
    return f"{number(split.before)} -> {number(split.after)}" + (f" ({', '.join(parts)})" if parts else "")
