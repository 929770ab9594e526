"""Periods of findings: consecutive days with the same result, read from the sets that runs point to."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from dashboard import charts
from dashboard.presenters.history_view import period_bars, period_rows
from queries.finding_history import ScoredRun, finding_periods, periods_of_regime
from tests.dashboard.scenes import ALDER, BIRCH, finding, score
from tests.dashboard.scenes import Scored as Provider

DAYS = [date(2020, month, 1) for month in range(1, 7)]
WEAK, FAILING = finding("Net assets below 0", "concern"), finding("Net assets far below 0", "critical")
FINE = finding("Net assets", "none", status="clear")
UNKNOWN = finding("Cash: not known", "none", status="missing", rule="cash")


def as_tuples(periods: Any) -> list[tuple[Any, ...]]:
    return [
        (period.rule, period.status, period.level, period.first.day, period.last.day, period.ended_on)
        for period in periods
    ]


@pytest.fixture
def scored(engine: Engine) -> Engine:
    """Alder on six days: fine, weak, weak (with another title), failing, not covered, weak again."""
    weaker = {**WEAK, "title": "Net assets below 0, more so"}
    for day, findings in zip(
        DAYS, ((FINE,), (WEAK, UNKNOWN), (weaker, UNKNOWN), (FAILING,), None, (WEAK,)), strict=True
    ):
        there = [] if findings is None else [Provider(ALDER, "Alder", "watch", findings)]
        score(engine, day, *there, Provider(BIRCH, "Birch", "none", (FINE,)))
    return engine


def test_a_spell_lasts_as_long_as_status_and_level_stay_and_ends_when_nobody_covers_the_provider(
    scored: Engine,
) -> None:
    periods = finding_periods(scored, ALDER, DAYS[-1], audiences=None)

    assert as_tuples(periods) == [  # the worst first, of those the newest
        ("net_assets", "met", "critical", DAYS[3], DAYS[3], DAYS[4]),
        ("net_assets", "met", "concern", DAYS[5], DAYS[5], None),
        ("net_assets", "met", "concern", DAYS[1], DAYS[2], DAYS[3]),
        ("cash", "missing", "none", DAYS[1], DAYS[2], DAYS[3]),
        ("net_assets", "clear", "none", DAYS[0], DAYS[0], DAYS[1]),
    ]
    assert periods[2].title == "Net assets below 0, more so"  # the title of the last run
    assert [period.is_notable for period in periods] == [True, True, True, True, False]


def test_runs_for_later_days_are_left_out(scored: Engine) -> None:
    assert as_tuples(finding_periods(scored, ALDER, DAYS[1], audiences=None)) == [
        ("net_assets", "met", "concern", DAYS[1], DAYS[1], None),
        ("cash", "missing", "none", DAYS[1], DAYS[1], None),
        ("net_assets", "clear", "none", DAYS[0], DAYS[0], DAYS[1]),
    ]


def test_of_a_day_scored_again_the_newest_revision_counts(scored: Engine) -> None:
    again = score(scored, DAYS[3], Provider(ALDER, "Alder", "watch", (WEAK, UNKNOWN)))

    periods = finding_periods(scored, ALDER, DAYS[4], audiences=None)[0]
    assert (periods.level, periods.first.day, periods.last) == ("concern", DAYS[1], ScoredRun(again, DAYS[3]))


def test_other_regimes_and_providers_are_left_out(scored: Engine) -> None:
    assert finding_periods(scored, ALDER, DAYS[-1], regime="other", audiences=None) == []
    assert finding_periods(scored, "GB-COH-99999999", DAYS[-1], audiences=None) == []


def test_a_year_of_daily_runs_reads_each_set_of_findings_once(scored: Engine) -> None:
    for number in range(40):
        score(
            scored,
            date(2021, 1, 1 + number % 28) if number < 28 else date(2021, 2, number - 27),
            Provider(ALDER, "Alder", "watch", (WEAK,)),
        )
    read: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "findingset" in statement.lower():
            read.append(statement)

    event.listen(scored, "before_cursor_execute", listen)
    try:
        periods = finding_periods(scored, ALDER, date(2022, 1, 1), audiences=None)
    finally:
        event.remove(scored, "before_cursor_execute", listen)
    assert periods[1].first.day == DAYS[5]
    assert periods[1].last.day == date(2021, 2, 12)
    assert len(read) == 1


LEVELS = st.sampled_from([("met", "watch"), ("met", "concern"), ("clear", "none"), ("missing", "none")])
RULES = st.dictionaries(st.sampled_from(["a", "b"]), LEVELS)


@given(st.lists(st.none() | RULES, max_size=8))
def test_every_finding_of_every_day_is_in_exactly_one_period(history: list[dict[str, tuple[str, str]] | None]) -> None:
    runs = [ScoredRun(number, date.fromordinal(737_000 + number)) for number in range(len(history))]
    days = [
        (
            run,
            None
            if states is None
            else [
                {"principle": "p", "rule": rule, "status": status, "level": level, "title": rule}
                for rule, (status, level) in states.items()
            ],
        )
        for run, states in zip(runs, history, strict=True)
    ]

    periods = periods_of_regime("regime", days)

    for run, states in zip(runs, history, strict=True):
        current = [period for period in periods if period.first.run <= run.run <= period.last.run]
        assert sorted((period.rule, period.status, period.level) for period in current) == sorted(
            (rule, *state) for rule, state in (states or {}).items()
        )
    for period in periods:  # ended on the next scored day, or open on the last
        assert period.ended_on == (runs[period.last.run + 1].day if period.last.run + 1 < len(runs) else None)


def test_the_table_has_all_periods_and_the_chart_the_rules_that_raised_a_level(scored: Engine) -> None:
    periods = finding_periods(scored, ALDER, DAYS[-1], audiences=None)

    table = period_rows(periods, {"care": "Care companies"})
    assert [(row.level.word, row.first, row.last, row.is_open) for row in table] == [
        ("Critical", "1 April 2020", "1 April 2020", False),
        ("Concern", "1 June 2020", "1 June 2020", True),
        ("Concern", "1 February 2020", "1 March 2020", False),
        ("None", "1 February 2020", "1 March 2020", False),
    ]
    assert {row.regime for row in table} == {""}  # one regime alone is not named
    drawn = charts.finding_periods_chart(period_bars(periods, DAYS[-1]), DAYS[-1])
    assert drawn.rows.select(["rule", "level", "day", "until"]).to_pylist() == [
        {"rule": "Net assets", "level": "Critical", "day": "2020-04-01", "until": "2020-05-01"},
        {"rule": "Net assets", "level": "Concern", "day": "2020-06-01", "until": "2020-06-01"},
        {"rule": "Net assets", "level": "Concern", "day": "2020-02-01", "until": "2020-04-01"},
    ]
    assert drawn.alt_text == (
        "Findings of 1 rule up to 2020-06-01, in 3 periods: 1 critical, 2 concern. The table has all of them."
    )


def test_rules_of_several_regimes_have_lines_of_their_own(scored: Engine) -> None:
    score(
        scored,
        DAYS[-1],
        Provider(ALDER, "Alder", "watch", (WEAK,)),
        Provider(ALDER, "Alder", "watch", (WEAK,), regime="other"),
    )

    periods = finding_periods(scored, ALDER, DAYS[-1], audiences=None)
    assert {row[0] for row in period_bars(periods, DAYS[-1])} == {"Net assets (care)", "Net assets (other)"}
    assert {row.regime for row in period_rows(periods, {"care": "Care companies"})} == {"Care companies", "other"}
