"""The pure decision: worse at once, better late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import News, Reason, decide
from models.vocabulary import Level

NONE, WATCH, CONCERN, CRITICAL, UNSCORABLE = Level.NONE, Level.WATCH, Level.CONCERN, Level.CRITICAL, Level.UNSCORABLE

levels = st.sampled_from([None, *Level])
open_levels = st.sampled_from([None, WATCH, CONCERN, CRITICAL])
histories = st.lists(levels, min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("open_at", "newest_first", "lower_after", "expected"),
    [
        (None, [NONE], 2, News(Reason.UNCHANGED, NONE)),
        (None, [UNSCORABLE], 2, News(Reason.UNCHANGED, UNSCORABLE)),
        (None, [WATCH], 2, News(Reason.OPENED, WATCH)),
        (WATCH, [CRITICAL], 2, News(Reason.RAISED, CRITICAL)),
        (WATCH, [WATCH], 2, News(Reason.UNCHANGED, WATCH)),
        (WATCH, [UNSCORABLE], 1, News(Reason.UNSCORABLE, WATCH)),
        (WATCH, [None], 2, News(Reason.ENDED, NONE)),
        (WATCH, [NONE], 1, News(Reason.RESOLVED, NONE)),
        (WATCH, [NONE], 2, News(Reason.WAITING, WATCH)),
        (WATCH, [NONE, NONE], 2, News(Reason.RESOLVED, NONE)),
        (WATCH, [NONE, None], 2, News(Reason.WAITING, WATCH)),
        (WATCH, [NONE, UNSCORABLE, NONE], 2, News(Reason.WAITING, WATCH)),
        (CRITICAL, [NONE, CONCERN], 2, News(Reason.LOWERED, CONCERN)),
        (CRITICAL, [NONE, CONCERN], 3, News(Reason.WAITING, CRITICAL)),
        (CRITICAL, [NONE, NONE, WATCH], 2, News(Reason.RESOLVED, NONE)),
    ],
)
def test_what_is_news(open_at: Level | None, newest_first: list[Level], lower_after: int, expected: News) -> None:
    assert decide(open_at, newest_first, lower_after=lower_after) == expected


def test_the_first_run_of_a_regime_says_so() -> None:
    assert decide(None, [CRITICAL], lower_after=2, is_first_run=True) == News(Reason.BASELINE, CRITICAL)


@given(open_levels, histories, st.sampled_from(list(Level)), st.integers(1, 4), st.booleans())
def test_a_worse_assessment_never_tells_less(
    open_at: Level | None, history: list[Level | None], worse: Level, lower_after: int, is_first_run: bool
) -> None:
    told = decide(open_at, history, lower_after=lower_after, is_first_run=is_first_run)
    if history[0] is None or worse.rank < history[0].rank or not told.reason.is_worse:
        return
    worse_told = decide(open_at, [worse, *history[1:]], lower_after=lower_after, is_first_run=is_first_run)
    assert worse_told.reason.is_worse
    assert worse_told.level.rank >= told.level.rank


@given(open_levels, histories, st.integers(1, 4))
def test_deciding_again_after_the_news_is_no_news(
    open_at: Level | None, history: list[Level | None], lower_after: int
) -> None:
    told = decide(open_at, history, lower_after=lower_after)
    stands_at = None if told.reason.is_closing or told.level.rank == 0 else told.level
    assert not decide(stands_at, history[:1], lower_after=lower_after).reason.is_news


@given(open_levels, histories, st.integers(1, 4))
def test_a_level_comes_down_only_below_what_people_were_told(
    open_at: Level | None, history: list[Level | None], lower_after: int
) -> None:
    told = decide(open_at, history, lower_after=lower_after)
    if told.reason in {Reason.LOWERED, Reason.RESOLVED}:
        assert open_at is not None
        assert all(level is not None and level.rank < open_at.rank for level in history[:lower_after])
