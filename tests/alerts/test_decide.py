"""The pure decision: worse at once, better late."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import (
    NOTHING_TOLD,
    Action,
    EscalationState,
    LastTold,
    LevelChange,
    News,
    Reason,
    RecipientDecision,
    decide_for_recipient,
    decide_news,
)
from models.vocabulary import Level
from regimes.clocks import Duration

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
    assert decide_news(open_at, newest_first, lower_after=lower_after) == expected


def test_the_first_run_of_a_regime_says_so() -> None:
    assert decide_news(None, [CRITICAL], lower_after=2, is_first_run=True) == News(Reason.BASELINE, CRITICAL)


@given(open_levels, histories, st.sampled_from(list(Level)), st.integers(1, 4), st.booleans())
def test_a_worse_assessment_never_tells_less(
    open_at: Level | None, history: list[Level | None], worse: Level, lower_after: int, is_first_run: bool
) -> None:
    told = decide_news(open_at, history, lower_after=lower_after, is_first_run=is_first_run)
    if history[0] is None or worse.rank < history[0].rank or not told.reason.is_worse:
        return
    worse_told = decide_news(open_at, [worse, *history[1:]], lower_after=lower_after, is_first_run=is_first_run)
    assert worse_told.reason.is_worse
    assert worse_told.level.rank >= told.level.rank


@given(open_levels, histories, st.integers(1, 4))
def test_deciding_again_after_the_news_is_no_news(
    open_at: Level | None, history: list[Level | None], lower_after: int
) -> None:
    told = decide_news(open_at, history, lower_after=lower_after)
    stands_at = None if told.reason.is_closing or told.level.rank == 0 else told.level
    assert not decide_news(stands_at, history[:1], lower_after=lower_after).reason.is_news


@given(open_levels, histories, st.integers(1, 4))
def test_a_level_comes_down_only_below_what_people_were_told(
    open_at: Level | None, history: list[Level | None], lower_after: int
) -> None:
    told = decide_news(open_at, history, lower_after=lower_after)
    if told.reason in {Reason.LOWERED, Reason.RESOLVED}:
        assert open_at is not None
        assert all(level is not None and level.rank < open_at.rank for level in history[:lower_after])


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (CONCERN, News(Reason.ADDED, CONCERN)),
        (CRITICAL, News(Reason.RAISED, CRITICAL)),
        (WATCH, News(Reason.WAITING, CONCERN)),
        (UNSCORABLE, News(Reason.UNSCORABLE, CONCERN)),
        (None, News(Reason.ENDED, NONE)),
    ],
)
def test_more_is_news_only_where_the_level_stands(level: Level | None, expected: News) -> None:
    assert decide_news(CONCERN, [level], lower_after=2, has_added_findings=True) == expected
    assert (
        decide_news(None, [CONCERN], lower_after=2, kept_closed_level=CONCERN, has_added_findings=True).reason
        is Reason.KEPT_CLOSED
    )


def test_more_is_worse_but_does_not_rise_close_or_remind() -> None:
    reason = Reason.ADDED
    assert (reason.is_news, reason.is_worse) == (True, True)
    assert (reason.has_risen, reason.is_closing, reason.is_reminder) == (False, False, False)


def test_what_a_person_closed_is_no_news_until_it_is_worse() -> None:
    assert decide_news(None, [CONCERN], lower_after=2, kept_closed_level=CONCERN).reason is Reason.KEPT_CLOSED
    assert decide_news(None, [CRITICAL], lower_after=2, kept_closed_level=CONCERN) == News(Reason.OPENED, CRITICAL)


DAY = date(2024, 3, 1)
NOW, LATER = Duration(0, "day"), Duration(5, "working day")
days = st.integers(-10, 10).map(lambda number: DAY + timedelta(days=number))
alarming = st.sampled_from([WATCH, CONCERN, CRITICAL])
maybe_acts = st.none() | st.builds(Action, st.just(7), alarming, days)
durations = st.builds(Duration, st.integers(0, 9), st.sampled_from(["day", "working day"]))
steps_of_a_policy = st.lists(st.tuples(alarming, durations), max_size=4)


def stands(
    news: News,
    *,
    change: int = 1,
    since: date = DAY,
    acknowledged: Action | None = None,
    silenced: Action | None = None,
    before: dict[Level, date] | None = None,
    moved: LevelChange | None = None,
) -> EscalationState:
    """An escalation; what it had not reached before, it reached on ``since``."""
    reached = {
        level: (before or {}).get(level, since) for level in (WATCH, CONCERN, CRITICAL) if level.rank <= news.level.rank
    }
    return EscalationState(news, change, news.reason, reached, acknowledged, silenced, moved)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (NOTHING_TOLD, RecipientDecision(Reason.STEP_DUE, None, "due 2024-03-01")),  # they hear that it stands
        (LastTold(1, DAY), RecipientDecision(Reason.RAISED)),  # of the level they do not know
        (LastTold(2, DAY), RecipientDecision(Reason.ADDED)),
    ],
)
@pytest.mark.parametrize("reason", [Reason.ADDED, Reason.UNCHANGED])
def test_a_recipient_is_told_of_more_if_they_know_the_level(
    known: LastTold, expected: RecipientDecision, reason: Reason
) -> None:
    standing = stands(News(Reason.ADDED, CONCERN), change=3, moved=LevelChange(2, Reason.RAISED))
    standing = replace(standing, news=News(reason, CONCERN))
    assert decide_for_recipient(standing, known, [(CONCERN, NOW)], day=DAY) == expected


def test_whoever_took_it_on_is_told_of_more_and_a_silence_keeps_quiet() -> None:
    act = Action(7, CONCERN, date(2024, 3, 20))
    more: dict[str, Any] = {"change": 2, "moved": LevelChange(1, Reason.OPENED)}
    taken = stands(News(Reason.ADDED, CONCERN), acknowledged=act, **more)
    assert decide_for_recipient(taken, LastTold(1, DAY), [(CONCERN, NOW)], day=DAY) == RecipientDecision(Reason.ADDED)
    silenced = stands(News(Reason.ADDED, CONCERN), silenced=act, **more)
    assert decide_for_recipient(silenced, LastTold(1, DAY), [(CONCERN, NOW)], day=DAY).reason is Reason.SILENCED


def test_a_step_is_due_on_its_working_day_and_not_before() -> None:
    standing = stands(News(Reason.UNCHANGED, CONCERN))  # since a Friday
    answers = [
        decide_for_recipient(standing, NOTHING_TOLD, [(CONCERN, LATER)], day=DAY + timedelta(days=number)).reason
        for number in range(9)
    ]
    assert answers == [Reason.NOT_DUE] * 7 + [Reason.STEP_DUE] * 2


def test_a_quiet_answer_says_when_it_may_change() -> None:
    standing = stands(News(Reason.UNCHANGED, CONCERN), acknowledged=Action(7, CONCERN, date(2024, 3, 20)))
    assert decide_for_recipient(standing, NOTHING_TOLD, [(WATCH, NOW)], day=DAY) == RecipientDecision(
        Reason.ACKNOWLEDGED, date(2024, 3, 20), "act 7"
    )
    assert decide_for_recipient(standing, NOTHING_TOLD, [(CONCERN, LATER)], day=DAY) == RecipientDecision(
        Reason.NOT_DUE, date(2024, 3, 8)
    )
    assert decide_for_recipient(standing, NOTHING_TOLD, [(CRITICAL, NOW)], day=DAY) == RecipientDecision(Reason.NO_STEP)


def test_the_end_is_told_to_those_who_knew_and_to_nobody_else() -> None:
    over = stands(News(Reason.RESOLVED, NONE), change=2, silenced=Action(7, CRITICAL, DAY))
    assert decide_for_recipient(over, LastTold(1, DAY), [], day=DAY).reason is Reason.RESOLVED
    assert decide_for_recipient(over, NOTHING_TOLD, [(WATCH, NOW)], day=DAY).reason is Reason.NEVER_NOTIFIED


@given(
    alarming, alarming, maybe_acts, maybe_acts, steps_of_a_policy, st.booleans(), st.lists(days, min_size=2, max_size=2)
)
def test_a_worse_level_never_tells_a_recipient_less(
    level: Level,
    worse: Level,
    acknowledged: Action | None,
    silenced: Action | None,
    steps: list[tuple[Level, Duration]],
    knows: bool,
    when: list[date],
) -> None:
    """Whoever is told that it stands is told, all the more, that it got worse."""
    since, day = sorted(when)
    known = LastTold(1, since) if knows else NOTHING_TOLD
    acts = {"acknowledged": acknowledged, "silenced": silenced}
    before = dict.fromkeys((WATCH, CONCERN, CRITICAL)[: level.rank], since)
    same = decide_for_recipient(stands(News(Reason.UNCHANGED, level), before=before, **acts), known, steps, day=day)
    if worse.rank <= level.rank or not same.reason.is_news:
        return
    raised = stands(News(Reason.RAISED, worse), change=2, since=day, before=before, **acts)
    assert decide_for_recipient(raised, known, steps, day=day).reason.is_news


@given(
    alarming,
    maybe_acts,
    maybe_acts,
    steps_of_a_policy,
    days,
    days,
    st.none() | durations.filter(lambda d: d.number > 0),
)
def test_telling_twice_on_one_day_tells_nothing_the_second_time(
    level: Level,
    acknowledged: Action | None,
    silenced: Action | None,
    steps: list[tuple[Level, Duration]],
    since: date,
    day: date,
    repeat_after: Duration | None,
) -> None:
    standing = stands(News(Reason.UNCHANGED, level), since=since, acknowledged=acknowledged, silenced=silenced)
    first = decide_for_recipient(standing, NOTHING_TOLD, steps, day=day, repeat_after=repeat_after)
    if first.reason.is_news:
        assert not decide_for_recipient(
            standing, LastTold(1, day), steps, day=day, repeat_after=repeat_after
        ).reason.is_news
