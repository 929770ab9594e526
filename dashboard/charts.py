"""The charts: each function gives rows, a Vega-Lite description and a text alternative, and caches them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import altair as alt
import pyarrow as pa

from models.vocabulary import Level
from queries.value_text import LEVEL_BADGES, level_badge
from text.english import format_count

FEW_DAYS = 12
ALARMING_LEVELS = (Level.CRITICAL, Level.CONCERN, Level.WATCH)
# Middle tones that are visible on white and on black; shape and word give the same information.
COLOURS = {"critical": "#b5243f", "concern": "#d06a28", "watch": "#b8901f", "unscorable": "#8a857c", "none": "#8a857c"}
SHAPES = {"critical": "diamond", "concern": "triangle-up", "watch": "circle", "unscorable": "stroke", "none": "circle"}
FIGURE_COLOUR = "#3b82c4"  # of figures
NEUTRAL_COLOUR = "#8a857c"  # lines and marks that are not a level
NOT_KNOWN = "Not known"

# Days are UTC midnights: shown in the reader's own zone they would slip to the day before.
_UTC = alt.Scale(type="utc")


class RenderedChart(NamedTuple):
    """A chart ready for ``st.vega_lite_chart``."""

    rows: pa.Table
    description: dict[str, Any]
    alt_text: str  # the chart in words, for people who cannot see it


def _rendered_chart(chart: Any, columns: Mapping[str, Sequence[Any]], alt_text: str) -> RenderedChart:
    rows = pa.table({name: list(values) for name, values in columns.items()})
    return RenderedChart(rows, chart.to_dict(), alt_text)


def _day_axis(title: str | None = None, **options: Any) -> alt.X:
    axis = alt.Axis(format="%b %Y", labelFlush=False, tickCount=6, grid=False, labelOverlap=True)
    return alt.X("day:T", scale=options.pop("scale", _UTC), axis=axis, title=title, **options)


def _make_tooltip(field: str, title: str, **options: Any) -> alt.Tooltip:
    return alt.Tooltip(field, title=title, **options)


_DAY_TOOLTIP = alt.Tooltip("day:T", title="day", format="%-d %B %Y", timeUnit="utcyearmonthdate")


@lru_cache(maxsize=64)
def level_counts_chart(counts: tuple[tuple[date, tuple[tuple[str, int], ...]], ...]) -> RenderedChart:
    """The number of providers at each alarming level on each scored day, stacked with the worst at the bottom."""
    rows = [
        (day.isoformat(), level_badge(level).word, order, dict(levels).get(level, 0))
        for day, levels in counts
        for order, level in enumerate(ALARMING_LEVELS)
    ]
    level_words = [level_badge(level).word for level in ALARMING_LEVELS]
    colour = alt.Color(
        "level:N",
        scale=alt.Scale(domain=level_words, range=[COLOURS[level] for level in ALARMING_LEVELS]),
        legend=None,  # the heading above the chart has the key, with shapes
    )
    # An area of steps needs many days, since its newest day has no width.
    few = len(counts) <= FEW_DAYS
    axis = alt.Axis(labelAngle=0, labelOverlap=True)
    chart = (alt.Chart().mark_bar() if few else alt.Chart().mark_area(interpolate="step-after", opacity=0.9)).encode(
        x=alt.X("day:O", title=None, axis=axis) if few else _day_axis(),
        y=alt.Y("providers:Q", stack="zero", title=None, axis=alt.Axis(tickMinStep=1, tickCount=3, format="d")),
        color=colour,
        order=alt.Order("order:Q"),
        tooltip=[
            _make_tooltip("day:O", "day") if few else _DAY_TOOLTIP,
            _make_tooltip("level:N", "level"),
            _make_tooltip("providers:Q", "providers"),
        ],
    )
    days, levels, orders, numbers = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = {"day": days, "level": levels, "order": orders, "providers": numbers}
    return _rendered_chart(chart, columns, _describe_level_counts(counts))


def _describe_level_counts(counts: Sequence[tuple[date, tuple[tuple[str, int], ...]]]) -> str:
    if not counts:
        return "No scored days."
    day, newest = counts[-1][0], dict(counts[-1][1])
    levels = ", ".join(f"{newest.get(level, 0)} {level_badge(level).word.lower()}" for level in ALARMING_LEVELS)
    days = format_count(len(counts), "scored day")
    return f"Providers by level on {days} up to {day.isoformat()}; on that day {levels}."


@lru_cache(maxsize=256)
def provider_levels_chart(levels: tuple[tuple[str, str, str], ...], day: date) -> RenderedChart:
    """A provider's level on every scored day, as steps with a shape for each level and a line for each regime.

    Args:
        levels: day (ISO), regime's title, level; by day.
        day: marked with an upright line.
    """
    order = [level_badge(level).word for level in LEVEL_BADGES]
    base = alt.Chart().encode(
        x=_day_axis(),
        y=alt.Y("level:N", sort=order, scale=alt.Scale(domain=order), title=None),
    )
    line = base.mark_line(interpolate="step-after", color=NEUTRAL_COLOUR, strokeWidth=1.5).encode(detail="regime:N")
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        shape=alt.Shape("level:N", legend=None, scale=_scale_by_word(SHAPES)),
        color=alt.Color("level:N", legend=None, scale=_scale_by_word(COLOURS)),
        tooltip=[_DAY_TOOLTIP, _make_tooltip("level:N", "level"), _make_tooltip("regime:N", "regime")],
    )
    columns = {
        "day": [row[0] for row in levels],
        "regime": [row[1] for row in levels],
        "level": [level_badge(row[2]).word for row in levels],
    }
    newest = f"; newest: {level_badge(levels[-1][2]).word.lower()} on {levels[-1][0]}" if levels else ""
    return _rendered_chart(
        line + points + _day_marker(day), columns, f"Level on {format_count(len(levels), 'scored day')}{newest}."
    )


def _scale_by_word(values: dict[str, str]) -> alt.Scale:
    return alt.Scale(
        domain=[badge.word for badge in LEVEL_BADGES.values()],
        range=[values[badge.key] for badge in LEVEL_BADGES.values()],
    )


def _day_marker(day: date) -> Any:
    at = alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True)
    return (
        alt.Chart()
        .mark_rule(strokeDash=[4, 3], color=NEUTRAL_COLOUR, aria=False)
        .encode(x=alt.XDatum(at, type="temporal"))
    )


@lru_cache(maxsize=512)
def figure_chart(points: tuple[tuple[str, float, str, bool], ...], title: str, unit: str, day: date) -> RenderedChart:
    """One figure over its periods; values that were corrected later are small.

    Args:
        points: day of the value (ISO), value, day it became known (ISO), whether it was corrected later; by day.
        title: of the figure.
        unit: as in the catalogue.
        day: marked with an upright line.
    """
    in_millions = unit == "GBP" and any(abs(value) >= 1_000_000 for _, value, _, _ in points)
    scaled = [value / 1e6 if in_millions else value for _, value, _, _ in points]
    spoken = "£ million" if in_millions else {"GBP": "£"}.get(unit, unit)
    y = alt.Y("value:Q", title=spoken, axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=min(scaled) >= 0, nice=True))
    base = alt.Chart().encode(x=_day_axis(), y=y)
    current = base.transform_filter("!datum.corrected")
    line = current.mark_line(color=FIGURE_COLOUR, strokeWidth=2)
    dots = base.mark_point(filled=True, opacity=1, color=FIGURE_COLOUR).encode(
        size=alt.Size("corrected:N", legend=None, scale=alt.Scale(domain=[False, True], range=[60, 15])),
        tooltip=[
            _DAY_TOOLTIP,
            _make_tooltip("value:Q", spoken or "value", format=",.4~r"),
            _make_tooltip("known:N", "known on"),
        ],
    )
    columns: dict[str, Sequence[Any]] = {
        "day": [point[0] for point in points],
        "value": scaled,
        "known": [point[2] for point in points],
        "corrected": [point[3] for point in points],
    }
    values = format_count(len(points), "value")
    alt_text = f"{title}: {values}, the newest {scaled[-1]:,.4g} {spoken} for {points[-1][0]}."
    return _rendered_chart(line + dots + _day_marker(day), columns, alt_text)


@lru_cache(maxsize=256)
def grades_chart(
    points: tuple[tuple[str, float, str, bool], ...], title: str, labels: tuple[str, ...], day: date
) -> RenderedChart:
    """A grade over its inspections, as steps with the best grade at the top.

    Args:
        points: day of the grade (ISO), rank (1 the best), day it became known (ISO), whether it was corrected later.
        title: of the grade.
        labels: the grade of each rank, the best first.
        day: marked with an upright line.
    """
    spoken = [labels[int(rank) - 1] for _, rank, _, _ in points]
    y = alt.Y(
        "grade:N", sort=list(labels), scale=alt.Scale(domain=list(labels)), title=None, axis=alt.Axis(labelLimit=130)
    )
    base = alt.Chart().encode(x=_day_axis(), y=y)
    line = base.transform_filter("!datum.corrected").mark_line(
        interpolate="step-after", color=FIGURE_COLOUR, strokeWidth=2
    )
    tips = [_DAY_TOOLTIP, _make_tooltip("grade:N", "grade"), _make_tooltip("known:N", "known on")]
    dots = base.mark_point(filled=True, size=60, opacity=1, color=FIGURE_COLOUR).encode(tooltip=tips)
    columns: dict[str, Sequence[Any]] = {
        "day": [point[0] for point in points],
        "grade": spoken,
        "known": [point[2] for point in points],
        "corrected": [point[3] for point in points],
    }
    return _rendered_chart(
        line + dots + _day_marker(day), columns, f"{title}: the newest of {len(points)} is {spoken[-1]}."
    )


_PERIOD_WORDS = (*(level_badge(level).word for level in ALARMING_LEVELS), NOT_KNOWN)


@lru_cache(maxsize=256)
def finding_periods_chart(rows: tuple[tuple[str, str, str, str, str], ...], day: date) -> RenderedChart:
    """Findings over time: a bar for each period on the line of its rule, with the shape of its level at the start.

    Args:
        rows: rule in words, level's word or ``NOT_KNOWN``, first day and end (ISO), title of the finding.
        day: marked with an upright line.
    """
    order = list(dict.fromkeys(row[0] for row in rows))
    colour = alt.Scale(domain=_PERIOD_WORDS, range=[*(COLOURS[key] for key in ALARMING_LEVELS), NEUTRAL_COLOUR])
    shape = alt.Scale(domain=_PERIOD_WORDS, range=[*(SHAPES[key] for key in ALARMING_LEVELS), "stroke"])
    base = alt.Chart().encode(
        x=_day_axis(),
        y=alt.Y("rule:N", sort=order, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=260)),
        color=alt.Color("level:N", scale=colour, legend=alt.Legend(title=None, orient="top")),
        tooltip=[
            _DAY_TOOLTIP,
            _make_tooltip("ended:N", "until"),
            _make_tooltip("level:N", "level"),
            _make_tooltip("title:N", "finding"),
        ],
    )
    bars = base.mark_rule(strokeWidth=5).encode(x2=alt.X2("until:T"))
    starts = base.mark_point(filled=True, size=90, opacity=1).encode(
        shape=alt.Shape("level:N", legend=alt.Legend(title=None, orient="top"), scale=shape)
    )
    columns = {
        "rule": [row[0] for row in rows],
        "level": [row[1] for row in rows],
        "day": [row[2] for row in rows],
        "until": [row[3] for row in rows],
        "ended": [row[3] for row in rows],
        "title": [row[4] for row in rows],
    }
    counts = Counter(row[1] for row in rows)
    levels = ", ".join(f"{counts[word]} {word.lower()}" for word in _PERIOD_WORDS if counts[word])
    rules, periods = format_count(len(order), "rule"), format_count(len(rows), "period")
    alt_text = f"Findings of {rules} up to {day.isoformat()}, in {periods}: {levels}. The table has all of them."
    return _rendered_chart(bars + starts + _day_marker(day), columns, alt_text)
