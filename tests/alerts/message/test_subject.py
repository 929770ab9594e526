"""Subjects that a phone shows the beginning of: how bad, and who."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import Reason
from alerts.message.contents import MessageLine, RunContext
from alerts.message.subject import compose_subject
from models.vocabulary import Level

DAY = date(2024, 1, 2)
A_PHONE_SHOWS = 40  # characters
WATCH, CONCERN, CRITICAL = Level.WATCH, Level.CONCERN, Level.CRITICAL
NEWS = [reason for reason in Reason if reason.is_news]


def line(name: str, reason: Reason, level: Level, before: Level | None = WATCH) -> MessageLine:
    return MessageLine("CW-1", name, "Homes", reason, before, level, is_official=True)


def said(lines: list[MessageLine], *, more: int = 0, **edition: object) -> str:
    counts = Counter((one.reason, one.level) for one in lines)
    if more:
        counts[lines[0].reason, lines[0].level] += more
    return compose_subject(lines, counts, RunContext(DAY, "", {WATCH: 2, CRITICAL: 1}, **edition))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("A", Reason.RAISED, CONCERN)], "CONCERN: A (was watch), 2 January 2024"),
        ([line("A", Reason.RAISED, CRITICAL)], "CRITICAL: A (was watch), summary of 2 January 2024"),
        ([line("A", Reason.OPENED, WATCH, None)], "WATCH: A (not scored before), 2 January 2024"),
        ([line("A", Reason.BASELINE, CRITICAL, None)], "CRITICAL: A (not scored before), 2 January 2024"),
        (
            [line("A", Reason.BASELINE, CRITICAL, None), line("B", Reason.BASELINE, WATCH, None)],
            "CRITICAL: A and 1 more at the first scoring: 1 critical, 1 watch, 2 January 2024",
        ),
        (
            [line("A", Reason.RAISED, CONCERN), line("B", Reason.OPENED, WATCH, None)],
            "CONCERN: A and 1 more: 1 concern, 1 watch, 2 January 2024",
        ),
        (
            [line("A", Reason.OPENED, WATCH, None), line("B", Reason.STEP_DUE, CRITICAL)],
            "WATCH: A (not scored before); CRITICAL: B, waiting for action, 2 January 2024",
        ),
        (
            [line("A", Reason.STEP_DUE, CONCERN), line("B", Reason.REPEATED, WATCH)],
            "CONCERN: A and 1 more waiting for action: 1 concern, 1 watch, 2 January 2024",
        ),
        ([line("A", Reason.ADDED, CRITICAL, CRITICAL)], "CRITICAL: A, new adverse finding, 2 January 2024"),
        (
            [line("A", Reason.ADDED, CONCERN, CONCERN), line("B", Reason.ADDED, WATCH)],
            "CONCERN: A and 1 more with new adverse findings: 1 concern, 1 watch, 2 January 2024",
        ),
        ([line("A", Reason.ENDED, Level.NONE, CRITICAL)], "Was critical: A, no longer covered, 2 January 2024"),
        ([line("A", Reason.LOWERED, WATCH, CRITICAL)], "WATCH: A (was critical), lowered, 2 January 2024"),
        ([line("A", Reason.RESOLVED, Level.NONE, CRITICAL)], "Closed: A (was critical), 2 January 2024"),
        ([line("A", Reason.CLOSED, Level.NONE, CRITICAL)], "Closed: A (was critical), by a person, 2 January 2024"),
        (
            [line("A", Reason.RAISED, CONCERN), line("B", Reason.RESOLVED, Level.NONE)],
            "CONCERN: A (was watch), 2 January 2024",
        ),
        ([], "0 new, 3 open (1 critical, 2 watch), 2 January 2024"),
    ],
)
def test_what_is_worst_and_about_whom_comes_first(lines: list[MessageLine], expected: str) -> None:
    assert said(lines) == expected


def test_a_quiet_day_says_how_fresh_its_sources_are() -> None:
    assert said([], freshness="5 of 6 sources fresh") == (
        "0 new, 3 open (1 critical, 2 watch), 5 of 6 sources fresh, 2 January 2024"
    )


def test_clocks_are_named_after_what_got_worse() -> None:
    clocks = [r"A \& B (CW-1): duty 1, Visit", "C (CW-2): duty 2, Visit"]
    assert said([line("D", Reason.RAISED, CONCERN)], overdue_clocks=clocks) == (
        "CONCERN: D (was watch); overdue: A & B (CW-1) and 1 more, 2 January 2024"
    )
    assert said([], late_milestones=clocks[:1]) == "Late at this pace: A & B (CW-1), 2 January 2024"


@given(
    st.lists(st.tuples(st.sampled_from(NEWS), st.sampled_from([WATCH, CONCERN, CRITICAL])), min_size=1, max_size=5),
    st.integers(0, 3000),
)
def test_the_first_forty_letters_always_say_how_bad_and_who(news: list[tuple[Reason, Level]], more: int) -> None:
    lines = [line(f"Sunny House {n}", reason, level, level) for n, (reason, level) in enumerate(news)]
    seen = said(lines, more=more)[:A_PHONE_SHOWS]
    assert "Sunny House" in seen
    assert any(level in seen.lower() for level in (WATCH, CONCERN, CRITICAL)) or seen.startswith("Closed: ")
