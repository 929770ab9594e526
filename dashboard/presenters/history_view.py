"""One provider's history made ready to be read: names, events, figures and grades over time, what came later. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from dashboard.charts import NOT_KNOWN
from dashboard.presenters.provider_view import STATUS_WORDS, figure_view
from dashboard.presenters.value_text import level_badge, principle_title
from indicators import catalogue
from models.vocabulary import IndicatorKind, Level
from queries.finding_history import FindingPeriod
from text.english import format_day, format_span


class FigureSeries(NamedTuple):
    """One figure over its periods, for a chart."""

    indicator: str
    title: str
    unit: str
    points: tuple[tuple[str, float, str, bool], ...]  # about (ISO), value, known on (ISO), corrected later


def other_names(history: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """Other names it went by, as known on the day, newest first."""
    found = [row for row in history if row["indicator"] in {"name", "previous_name"} and row["verbatim"]]
    newest_first = sorted(found, key=lambda row: row["known_on"], reverse=True)
    return list(dict.fromkeys(row["verbatim"] for row in newest_first if row["verbatim"] != name))


def event_rows(history: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What happened, newest first."""
    found = [row for row in history if row["kind"] == IndicatorKind.EVENT and row["indicator"] != "previous_name"]
    return [
        figure_view(row)
        for row in sorted(found, key=lambda row: (row["period_end"] or row["known_on"], row["seq"]))[::-1]
    ]


def known_rows(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Everything known, newest known first."""
    return [figure_view(row) for row in sorted(history, key=lambda row: (row["known_on"], row["seq"]))[::-1]]


def figure_series(history: Iterable[Mapping[str, Any]], first_indicators: Sequence[str] = ()) -> list[FigureSeries]:
    """The figures that have a course over time: those a finding rests on first, then those with most values.

    Args:
        history: what is known of the provider.
        first_indicators: indicators to put first, in their order.
    """
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in history:
        if row["kind"] in {IndicatorKind.FIGURE, IndicatorKind.FORECAST} and isinstance(row["value"], int | float):
            rows.setdefault(row["indicator"], []).append(row)
    found = [_build_series(indicator, entries) for indicator, entries in rows.items()]
    wanted = {indicator: place for place, indicator in enumerate(first_indicators)}
    found = [one for one in found if len(one.points) > 1]
    return sorted(found, key=lambda one: (wanted.get(one.indicator, len(wanted)), -len(one.points), one.title))


def _build_series(indicator: str, rows: Sequence[Mapping[str, Any]]) -> FigureSeries:
    ordered = sorted(rows, key=lambda row: (row["period_end"] or row["known_on"], row["known_on"], row["seq"]))
    in_force = {row["period_end"] or row["known_on"]: row["seq"] for row in ordered}  # the last of each period
    points = tuple(
        (about, float(row["value"]), row["known_on"], in_force[about] != row["seq"])
        for row in ordered
        for about in [row["period_end"] or row["known_on"]]
    )
    return FigureSeries(indicator, rows[0]["title"], rows[0]["unit"], points)


def grade_series(history: Iterable[Mapping[str, Any]]) -> list[FigureSeries]:
    """The grades given more than once, in the order of the catalogue; a point's value is its rank, 1 the best."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in history:
        if row["kind"] == IndicatorKind.GRADE and row["value"]:
            rows.setdefault(row["indicator"], []).append(row)
    known = catalogue.load().indicators
    found = []
    for indicator in (one for one in known if len(rows.get(one, ())) > 1):
        scale = known[indicator].grades
        ranked = [
            {**row, "value": scale[row["value"].lower()]} for row in rows[indicator] if row["value"].lower() in scale
        ]
        found.append(_build_series(indicator, ranked))
    return found


def rank_labels(indicator: str) -> tuple[str, ...]:
    """The first word of the catalogue for each rank of a grade, the best first."""
    first: dict[int, str] = {}
    for word, rank in catalogue.load().find_indicator(indicator).grades.items():
        first.setdefault(rank, word.capitalize())
    return tuple(first[rank] for rank in sorted(first))


def main_indicators(assessments: Iterable[Mapping[str, Any]]) -> list[str]:
    """Indicators of the findings that raise a level, worst first."""
    met = [
        one
        for assessed in assessments
        for entry in assessed["principles"].values()
        for one in entry["findings"]
        if one["status"] in {"met", "stale"}
    ]
    met.sort(key=lambda one: -Level(one["level"]).rank)
    return list(dict.fromkeys(indicator for one in met for indicator in one["indicators"]))


def period_rows(periods: Iterable[FindingPeriod], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every spell of a finding that had something to report, as a row of a table; the regime is named among several.

    Args:
        periods: worst and newest first.
        titles: of the regimes, by key.
    """
    told = [spell for spell in periods if spell.is_notable]
    several = len({spell.regime for spell in told}) > 1
    return [
        {
            "level": level_badge(spell.level),
            "status": STATUS_WORDS[spell.status],
            "title": spell.title[:1].upper() + spell.title[1:],
            "regime": titles.get(spell.regime, spell.regime) if several else "",
            "principle": principle_title(spell.principle),
            "first": format_day(spell.first.day),
            "last": format_day(spell.last.day),
            "stands": spell.ended_on is None,
        }
        for spell in told
    ]


def period_bars(periods: Iterable[FindingPeriod], day: date) -> tuple[tuple[str, str, str, str, str], ...]:
    """The spells of rules that raised a level at some time, for a chart: by rule, those that were worst first.

    A spell reaches to the day on which it was first seen to have ended, one that stands to ``day``.
    """
    told = [spell for spell in periods if spell.is_notable]
    several = len({spell.regime for spell in told}) > 1

    def line(spell: FindingPeriod) -> str:
        rule = spell.rule.replace("_", " ").capitalize()
        return f"{rule} ({spell.regime})" if several else rule

    def word(spell: FindingPeriod) -> str:
        return level_badge(spell.level).word if Level(spell.level).rank else NOT_KNOWN

    lines: dict[str, list[FindingPeriod]] = {line(spell): [] for spell in told if Level(spell.level).rank}
    for spell in told:
        if line(spell) in lines:
            lines[line(spell)].append(spell)
    return tuple(
        (rule, word(spell), spell.first.day.isoformat(), (spell.ended_on or day).isoformat(), spell.title)
        for rule, spells_of_rule in lines.items()
        for spell in spells_of_rule
    )


def later_summary(
    facts: Sequence[Mapping[str, Any]], levels: Sequence[Mapping[str, Any]], level: str | None, day: date
) -> dict[str, Any]:
    """What nobody could know on the day: changes of level, what was already true, what happened then.

    Args:
        facts: ledger rows that became known later, by that day.
        levels: its level on each later scored day.
        level: its level on the day; None where it was not covered.
        day: the day.
    """
    steps, before = [], level
    for one in levels:
        if one["level"] != before:
            steps.append(
                {
                    "level": level_badge(one["level"]),
                    "day": format_day(one["day"]),
                    "later": format_span((one["day"] - day).days),
                }
            )
        before = one["level"]
    told = [
        {
            **figure_view(row),
            "is_outcome": row["indicator"].startswith("outcome_"),
            "later": format_span((date.fromisoformat(row["known_on"]) - day).days),
        }
        for row in facts
        if row["kind"] != IndicatorKind.TEXT
    ]
    about = [row["period_end"] or row["known_on"] for row in facts if row["kind"] != IndicatorKind.TEXT]
    pairs = list(zip(about, told, strict=True))
    return {
        "steps": steps,
        "kept_quiet": [one for when, one in pairs if when <= day.isoformat()],
        "happened": [one for when, one in pairs if when > day.isoformat()],
    }
