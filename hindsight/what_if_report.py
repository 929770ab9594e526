"""A what-if as JSON with documented keys (docs/hindsight.md) and as a picture."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from hindsight.what_if import EDITED, LINE_LEVELS, PUBLISHED, EndingLeadTimes, WhatIf
from models.vocabulary import Level
from settings import WrongInput


def what_if_json(result: WhatIf) -> dict[str, Any]:
    """Plain values with ISO dates."""
    return {
        "regime": result.edited.key,
        "edited": {"version": result.edited.version, "sha256": result.edited.sha256},
        "published": [
            {
                "version": regime.version,
                "valid_from": regime.valid_from.isoformat(),
                "sha256": regime.sha256,
                "days": sum(version.sha256 == regime.sha256 for version in result.published.values()),
            }
            for regime in {regime.sha256: regime for regime in result.published.values()}.values()
        ],
        "basis": str(result.view),
        "left_out": [day.isoformat() for day in result.omitted_days],
        "days": [
            {
                "day": day_counts.day.isoformat(),
                "providers": day_counts.providers,
                PUBLISHED: _level_counts_json(day_counts.published),
                EDITED: _level_counts_json(day_counts.edited),
                "raised": day_counts.raised,
                "lowered": day_counts.lowered,
            }
            for day_counts in result.days
        ],
        "changes": [
            {
                "id": difference.provider,
                "name": difference.name,
                "from": difference.first_on.isoformat(),
                "to": difference.last_on.isoformat(),
                PUBLISHED: difference.published,
                EDITED: difference.edited,
                "rules": list(difference.rules),
            }
            for difference in result.changes
        ],
        "endings": {
            "counted": result.ending_count,
            "lines": {str(line): _line_json(result.lead_times[line]) for line in LINE_LEVELS},
        },
        "messages": {
            "months": round(result.months, 2),
            "runs": len(result.days),
            "recipients": [{"recipient": key, **_messages_json(result, key)} for key in result.simulations],
        },
    }


def _level_counts_json(levels: Counter[Level]) -> dict[str, int]:
    return {str(level): levels[level] for level in Level}


def _line_json(caught: Sequence[EndingLeadTimes]) -> dict[str, Any]:
    both = [lead_times for lead_times in caught if lead_times.published is not None and lead_times.edited is not None]
    return {
        PUBLISHED: sum(lead_times.published is not None for lead_times in caught),
        EDITED: sum(lead_times.edited is not None for lead_times in caught),
        "gained": [_lead_times_json(lead_times) for lead_times in gained_endings(caught)],
        "lost": [_lead_times_json(lead_times) for lead_times in lost_endings(caught)],
        "earlier": [
            _lead_times_json(lead_times)
            for lead_times in both
            if (lead_times.edited or 0) > (lead_times.published or 0)
        ],
        "later": [
            _lead_times_json(lead_times)
            for lead_times in both
            if (lead_times.edited or 0) < (lead_times.published or 0)
        ],
    }


def gained_endings(caught: Sequence[EndingLeadTimes]) -> list[EndingLeadTimes]:
    """Those that only the edited regime had at the line when they ended."""
    return [lead_times for lead_times in caught if lead_times.published is None and lead_times.edited is not None]


def lost_endings(caught: Sequence[EndingLeadTimes]) -> list[EndingLeadTimes]:
    """Those that only the published regime had at the line when they ended."""
    return [lead_times for lead_times in caught if lead_times.published is not None and lead_times.edited is None]


def _lead_times_json(lead_times: EndingLeadTimes) -> dict[str, Any]:
    ending = lead_times.ending
    return {
        "id": ending.provider,
        "name": lead_times.name,
        "event": ending.event,
        "words": ending.description,
        "on": ending.ended_on.isoformat(),
        "known_on": ending.known_on.isoformat(),
        "lead_days": {PUBLISHED: lead_times.published, EDITED: lead_times.edited},
    }


def _messages_json(result: WhatIf, recipient: str) -> dict[str, Any]:
    sides = {
        side: {"messages": counts.messages, "lines": counts.lines}
        for side, counts in result.simulations[recipient].items()
    }
    extra = extra_messages_a_month(result, recipient)
    return {**sides, "extra_messages_a_month": extra[0], "extra_lines_a_month": extra[1]}


def extra_messages_a_month(result: WhatIf, recipient: str) -> tuple[float, float]:
    """How many messages, and pieces of news in them, a recipient would get more in a month; below zero: fewer."""
    before, after = (result.simulations[recipient][side] for side in (PUBLISHED, EDITED))
    return (
        round((after.messages - before.messages) / result.months, 2),
        round((after.lines - before.lines) / result.months, 2),
    )


# --- the picture: drawn by hand, because a page of Vega needs either the network or another library to be drawn

# The colours of the dashboard's levels; both sides stand on them, so that a side is told by place and pattern.
_COLOURS = {Level.CRITICAL: "#b5243f", Level.CONCERN: "#d06a28", Level.WATCH: "#b8901f"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 960, 360, 56, 64, 44
_MOST_LABELS = 12


def draw_svg(result: WhatIf) -> str:
    """An SVG: for each day how many stand at each alarming level, by the published regime (left) and the edited."""
    most = max(
        [
            1,
            *(
                _count_alarming(side)
                for day_counts in result.days
                for side in (day_counts.published, day_counts.edited)
            ),
        ]
    )
    scale, slot = (_HEIGHT - _TOP - _BOTTOM) / most, (_WIDTH - _LEFT - 8) / max(1, len(result.days))
    title = f"What if: {result.edited.title}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="sans-serif" '
        'font-size="12">',
        f"<title>{escape(title)}</title><desc>{escape(_describe_days(result))}</desc>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
        *_draw_legend(),
    ]
    for share in (0, 0.5, 1):
        y = _HEIGHT - _BOTTOM - share * most * scale
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d8d5cf"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share * most:,.0f}</text>')
    every = -(-len(result.days) // _MOST_LABELS)
    for number, day_counts in enumerate(result.days):
        x = _LEFT + number * slot
        for side, counts, place in ((PUBLISHED, day_counts.published, 0.1), (EDITED, day_counts.edited, 0.52)):
            label = f"{day_counts.day.isoformat()}, {side}"
            parts += _draw_bar(
                x + slot * place, slot * 0.38, {level: counts[level] * scale for level in LINE_LEVELS}, label
            )
        if number % every == 0:
            middle = f'x="{x + slot / 2:.1f}" y="{_HEIGHT - _BOTTOM + 18}"'
            parts.append(f'<text {middle} text-anchor="middle">{day_counts.day.isoformat()}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _count_alarming(counts: Counter[Level]) -> int:
    return sum(counts[level] for level in LINE_LEVELS)


def _draw_legend() -> Iterator[str]:
    x = _LEFT
    for level, colour in _COLOURS.items():
        yield f'<rect x="{x}" y="36" width="12" height="12" fill="{colour}"/><text x="{x + 18}" y="46">{level}</text>'
        x += 90
    yield f'<text x="{x}" y="46">left: published; right, outlined: edited</text>'


def _draw_bar(x: float, width: float, heights: Mapping[Level, float], label: str) -> Iterator[str]:
    """The levels stacked, the worst at the bottom."""
    y = float(_HEIGHT - _BOTTOM)
    line = ' stroke="#1d1d1b" stroke-width="1.5"' if label.endswith(EDITED) else ""
    for level, colour in _COLOURS.items():
        y -= heights[level]
        if heights[level]:
            box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{heights[level]:.1f}"'
            yield f'<rect {box} fill="{colour}"{line}><title>{label}: {level}</title></rect>'


def _describe_days(result: WhatIf) -> str:
    sentences = []
    for day_counts in result.days:
        sides = [
            ", ".join(f"{side[level]} {level}" for level in reversed(LINE_LEVELS))
            for side in (day_counts.published, day_counts.edited)
        ]
        sentences.append(f"{day_counts.day.isoformat()}: published {sides[0]}; edited {sides[1]}.")
    return " ".join(sentences)


def check_chart_path(path: Path) -> None:
    """Said before the work rather than after it.

    Raises:
        WrongInput: the picture cannot be written under this name.
    """
    if path.suffix not in {".svg", ".html"}:
        raise WrongInput(f"--chart {path}: write a name that ends in .svg or .html")
    if not path.absolute().parent.is_dir():
        raise WrongInput(f"--chart {path}: there is no folder {path.parent}; make it, or name another")


def write_chart(result: WhatIf, path: Path) -> None:
    """Write the picture: ``.svg``, or ``.html`` with the same inside; neither loads anything.

    Raises:
        WrongInput: the file cannot be written.
    """
    text = draw_svg(result)
    if path.suffix == ".html":
        head = f'<meta charset="utf-8"><title>What if: {escape(result.edited.title)}</title>'
        text = f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{text}</body></html>\n'
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongInput(f"--chart {path}: {error.strerror}; name a file in a folder that can be written") from error
