"""The text of messages; a text from a register cannot bring markup into it."""

from collections import Counter
from datetime import date

import pytest

from alerts.decide import Reason
from alerts.message.body import compose_single, compose_summary, format_finding
from alerts.message.contents import MessageLine, RunContext
from models.vocabulary import Level
from tests.alerts.scenes import POLICY

DAY = date(2024, 1, 2)
EDITION = RunContext(DAY, "http://localhost:8501", {Level.CRITICAL: 3000})
SLACK_TAKES = 35_000  # characters


def line(name: str = "Sunny House", **more: object) -> MessageLine:
    given = {
        "provider": "GB-OFSTED-SC1",
        "regime": "Children's homes",
        "reason": Reason.RAISED,
        "before": Level.WATCH,
        "level": Level.CRITICAL,
        "is_official": True,
    }
    return MessageLine(name=name, **{**given, **more})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert(1)</script>", "**CRITICAL: &lt;script&gt;alert(1)&lt;/script&gt;**"),
        ("Bed & Board", "**CRITICAL: Bed &amp; Board**"),
        ("*Stars* [here](http://x)", r"**CRITICAL: \*Stars\* \[here\](http://x)**"),
        ("Two\nlines", "**CRITICAL: Two lines**"),
        ("Back`tick`", r"**CRITICAL: Back\`tick\`**"),
        ("N" * 200, "**CRITICAL: " + "N" * 99 + "…**"),
    ],
)
def test_a_name_cannot_bring_markup_of_its_own(name: str, shown: str) -> None:
    assert shown in compose_single(line(name), EDITION).body


def test_a_finding_that_starts_like_a_list_is_still_one_line_of_it() -> None:
    text = compose_single(line(findings=["- 5 of 6 homes", "1. first", "2.7 times"]), EDITION).body
    assert [row for row in text.splitlines() if row.startswith("- ")] == [
        "- \\- 5 of 6 homes",
        "- 1\\. first",
        "- 2.7 times",
    ]


def test_a_subject_is_one_line_whatever_the_name() -> None:
    assert compose_single(line("Two\r\nBcc: me@example.org"), EDITION).subject == (
        "CRITICAL: Two Bcc: me@example.org (was watch), 2 January 2024"
    )


def test_a_rating_on_numbers_not_read_in_their_source_is_marked_indicative() -> None:
    assert "under Children's homes, indicative" in compose_single(line(is_official=False), EDITION).body
    assert "indicative" not in compose_single(line(), EDITION).body


def test_a_finding_says_when_it_became_known_and_whether_it_is_only_recalled() -> None:
    assert (
        format_finding("Net debt £219m", "2017-03-01", is_recalled=True)
        == "Net debt £219m (known 2017-03-01, recalled)"
    )
    assert format_finding("No accounts", None, is_recalled=False) == "No accounts"


def test_a_summary_describes_the_worst_and_counts_the_rest() -> None:
    counts = Counter({(Reason.BASELINE, Level.CRITICAL): 3000})
    lines = [line(f"Home {number}", reason=Reason.BASELINE) for number in range(30)]
    text = compose_summary(lines, counts, EDITION).body
    assert text.count("Details: ") == 30
    all_of_them = "[the watchlist of 2 January 2024](http://localhost:8501/) or `continuity watchlist"
    assert f"2,970 more: {all_of_them} --as-of 2024-01-02`" in text


def test_the_longest_summary_fits_into_a_chat_message() -> None:
    worst = line("N" * 200, provider="GB-OFSTED-" + "1" * 20, is_official=False, findings=["&" + "f" * 199] * 3)
    counts = Counter({(Reason.RAISED, Level.CRITICAL): 3000})
    assert len(compose_summary([worst] * POLICY.lines, counts, EDITION).body) < SLACK_TAKES


def test_a_reminder_of_what_gets_better_says_so() -> None:
    waiting = line(reason=Reason.STEP_DUE, level=Level.CONCERN, assessed_level=Level.WATCH)
    said = "This day alone is watch; a level is lowered only after several such days in a row."
    assert said in compose_summary([waiting], Counter({(Reason.STEP_DUE, Level.CONCERN): 1}), EDITION).body
    assert "This day alone" not in compose_single(line(assessed_level=Level.CRITICAL), EDITION).body
