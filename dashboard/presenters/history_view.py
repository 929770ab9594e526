"""One provider's history as its page shows it: names, events, figures, grades and findings over time. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NamedTuple

from dashboard.charts import NOT_KNOWN
from dashboard.presenters.finding_view import STATUS_WORDS, FigureView, figure_view
from indicators import catalogue
from models.vocabulary import IndicatorKind, Level
from queries.explanation import ExplainedRegime
from queries.finding_history import FindingPeriod
from queries.ledger_rows import ObservationRow
from queries.level_history import LevelOnDay
from queries.value_text import LevelBadge, level_badge, principle_title
from text.english import format_day, format_span


class SeriesPoint(NamedTuple):
    """A value of a figure over its periods."""

    about: str  # ISO date of the period's end, or of the day the value became known
    value: float
    known_on: str  # ISO date
    is_corrected: bool  # whether a later value replaced this one


class FigureSeries(NamedTuple):
    """One figure over its periods, for a chart."""

    indicator: str
    title: str
    unit: str
    points: tuple[SeriesPoint, ...]


@dataclass(frozen=True)
class PeriodRow:
    """A period of a finding in the table."""

    level: LevelBadge
    status: str
    title: str
    regime: str  # title; empty where all rows are under one regime
    principle: str
    first: str
    last: str
    is_open: bool  # whether the finding is still the same


@dataclass(frozen=True)
class PeriodTable:
    """The table of findings over time."""

    template: ClassVar[str] = "finding_periods"
    periods: Sequence[PeriodRow]
    label: str


@dataclass(frozen=True)
class LevelStep:
    """A change of level on a later scored day."""

    level: LevelBadge
    day: str
    later: str  # the time from the day shown


@dataclass(frozen=True)
class LaterFigure:
    """A ledger row that became known after the day."""

    figure: FigureView
    is_outcome: bool
    later: str  # the time from the day to the day on which the row became known


@dataclass(frozen=True)
class LaterFacts:
    """Everything that became known about one provider after the day."""

    template: ClassVar[str] = "later_facts"
    day: str
    steps: Sequence[LevelStep]
    true_on_day: Sequence[LaterFigure]  # already true on the day, public only later
    happened: Sequence[LaterFigure]  # after the day
    limit: int  # figures of a list that are shown at once


def other_names(history: Iterable[ObservationRow], name: str) -> list[str]:
    """Other names of the provider, as known on the day, newest first."""
    rows = [row for row in history if row["indicator"] in {"name", "previous_name"} and row["verbatim"]]
    newest_first = sorted(rows, key=lambda row: row["known_on"], reverse=True)
    return list(dict.fromkeys(row["verbatim"] or "" for row in newest_first if row["verbatim"] != name))


def event_rows(history: Iterable[ObservationRow]) -> list[FigureView]:
    """The events, newest first."""
    events = [row for row in history if row["kind"] == IndicatorKind.EVENT and row["indicator"] != "previous_name"]
    return [figure_view(row) for row in sorted(events, key=lambda row: (_about(row), row["seq"]))[::-1]]


def known_rows(history: Sequence[ObservationRow]) -> list[FigureView]:
    """Everything known, the newest known first."""
    return [figure_view(row) for row in sorted(history, key=lambda row: (row["known_on"], row["seq"]))[::-1]]


def _about(row: ObservationRow) -> str:
    """The day that a row is about (ISO): the end of its period, or the day it became known."""
    return row["period_end"] or row["known_on"]


def figure_series(history: Iterable[ObservationRow], first_indicators: Sequence[str] = ()) -> list[FigureSeries]:
    """The figures with more than one value: figures behind findings first, then those with most values.

    Args:
        history: everything known about the provider.
        first_indicators: indicators to put first, in their order.
    """
    rows: dict[str, list[ObservationRow]] = {}
    for row in history:
        if row["kind"] in {IndicatorKind.FIGURE, IndicatorKind.FORECAST} and isinstance(row["value"], int | float):
            rows.setdefault(row["indicator"], []).append(row)
    series = [_build_series(indicator, entries) for indicator, entries in rows.items()]
    places = {indicator: place for place, indicator in enumerate(first_indicators)}
    return sorted(
        (figure for figure in series if len(figure.points) > 1),
        key=lambda figure: (places.get(figure.indicator, len(places)), -len(figure.points), figure.title),
    )


def _build_series(indicator: str, rows: Sequence[ObservationRow]) -> FigureSeries:
    ordered = sorted(rows, key=lambda row: (_about(row), row["known_on"], row["seq"]))
    newest_of_period = {_about(row): row["seq"] for row in ordered}
    points = tuple(
        SeriesPoint(_about(row), float(row["value"] or 0), row["known_on"], newest_of_period[_about(row)] != row["seq"])
        for row in ordered
    )
    return FigureSeries(indicator, rows[0]["title"], rows[0]["unit"], points)


def grade_series(history: Iterable[ObservationRow]) -> list[FigureSeries]:
    """The grades given more than once, in the order of the catalogue; a point's value is its rank, 1 the best."""
    rows: dict[str, list[ObservationRow]] = {}
    for row in history:
        if row["kind"] == IndicatorKind.GRADE and row["value"]:
            rows.setdefault(row["indicator"], []).append(row)
    indicators = catalogue.load().indicators
    series = []
    for indicator in (key for key in indicators if len(rows.get(key, ())) > 1):
        scale = indicators[indicator].grades
        ranked: list[ObservationRow] = []
        for row in rows[indicator]:
            grade = str(row["value"]).lower()
            if grade in scale:
                rank: ObservationRow = row.copy()
                rank["value"] = scale[grade]
                ranked.append(rank)
        series.append(_build_series(indicator, ranked))
    return series


def rank_labels(indicator: str) -> tuple[str, ...]:
    """The first word of the catalogue for each rank of a grade, the best first."""
    first: dict[int, str] = {}
    for word, rank in catalogue.load().find_indicator(indicator).grades.items():
        first.setdefault(rank, word.capitalize())
    return tuple(first[rank] for rank in sorted(first))


def main_indicators(assessments: Iterable[ExplainedRegime]) -> list[str]:
    """Indicators of the findings that raise a level, worst first."""
    met = [
        finding
        for assessed in assessments
        for entry in assessed["principles"].values()
        for finding in entry["findings"]
        if finding["status"] in {"met", "stale"}
    ]
    met.sort(key=lambda finding: -Level(finding["level"]).rank)
    return list(dict.fromkeys(indicator for finding in met for indicator in finding["indicators"]))


def period_rows(periods: Iterable[FindingPeriod], titles: Mapping[str, str]) -> list[PeriodRow]:
    """The periods of findings with something to report; the regime is named where there are several.

    Args:
        periods: worst and newest first.
        titles: of the regimes, by key.
    """
    notable = [period for period in periods if period.is_notable]
    has_several = len({period.regime for period in notable}) > 1
    return [
        PeriodRow(
            level=level_badge(period.level),
            status=STATUS_WORDS[period.status],
            title=period.title[:1].upper() + period.title[1:],
            regime=titles.get(period.regime, period.regime) if has_several else "",
            principle=principle_title(period.principle),
            first=format_day(period.first.day),
            last=format_day(period.last.day),
            is_open=period.ended_on is None,
        )
        for period in notable
    ]


def period_bars(periods: Iterable[FindingPeriod], day: date) -> tuple[tuple[str, str, str, str, str], ...]:
    """The periods of rules that raised a level at some time, for a chart: by rule, the worst first.

    A bar ends on the first scored day with another result; the bar of an open period ends on ``day``.
    """
    notable = [period for period in periods if period.is_notable]
    has_several = len({period.regime for period in notable}) > 1

    def line(period: FindingPeriod) -> str:
        rule = period.rule.replace("_", " ").capitalize()
        return f"{rule} ({period.regime})" if has_several else rule

    def word(period: FindingPeriod) -> str:
        return level_badge(period.level).word if Level(period.level).rank else NOT_KNOWN

    lines: dict[str, list[FindingPeriod]] = {line(period): [] for period in notable if Level(period.level).rank}
    for period in notable:
        if line(period) in lines:
            lines[line(period)].append(period)
    return tuple(
        (rule, word(period), period.first.day.isoformat(), (period.ended_on or day).isoformat(), period.title)
        for rule, periods_of_rule in lines.items()
        for period in periods_of_rule
    )


def later_facts(
    facts: Sequence[ObservationRow], levels: Sequence[LevelOnDay], level: str | None, day: date, limit: int
) -> LaterFacts:
    """Everything that nobody could know on the day: changes of level, facts already true then, later events.

    Args:
        facts: ledger rows that became known later, by that day.
        levels: the provider's level on each later scored day.
        level: the provider's level on the day; None where no regime covered it.
        day: the day shown.
        limit: figures of a list that are shown at once.
    """
    steps, before = list[LevelStep](), level
    for later in levels:
        if later.level != before:
            span = format_span((later.day - day).days)
            steps.append(LevelStep(level_badge(later.level), format_day(later.day), span))
        before = later.level
    rows = [row for row in facts if row["kind"] != IndicatorKind.TEXT]
    return LaterFacts(
        day=format_day(day),
        steps=steps,
        true_on_day=[_later_figure(row, day) for row in rows if _about(row) <= day.isoformat()],
        happened=[_later_figure(row, day) for row in rows if _about(row) > day.isoformat()],
        limit=limit,
    )


def _later_figure(row: ObservationRow, day: date) -> LaterFigure:
    return LaterFigure(
        figure=figure_view(row),
        is_outcome=row["indicator"].startswith("outcome_"),
        later=format_span((date.fromisoformat(row["known_on"]) - day).days),
    )
