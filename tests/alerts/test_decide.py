"""The pure decision: worse at once, better late."""

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


def state_after(
    news: News,
    *,
    change: int = 1,
    since: date = DAY,
    acknowledged: Action | None = None,
    silenced: Action | None = None,
    before: dict[Level, date] | None = None,
    moved: LevelChange | None = None,
) -> EscalationState:
    """An escalation after the news; it reached the levels that are not in ``before`` on ``since``."""
    reached = {
        level: (before or {}).get(level, since) for level in (WATCH, CONCERN, CRITICAL) if level.rank <= news.level.rank
    }
    return EscalationState(
        level=news.level,
        change=change,
        last_reason=news.reason,
        reached=reached,
        acknowledgement=acknowledged,
        silence=silenced,
        last_level_change=moved,
    )


def decide(news: News, known: LastTold, steps: list[tuple[Level, Duration]], *, day: date, **state: Any) -> Any:
    """The decision about one recipient, for an escalation as ``state_after`` makes it."""
    repeat_after = state.pop("repeat_after", None)
    return decide_for_recipient(news, state_after(news, **state), known, steps, day=day, repeat_after=repeat_after)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (NOTHING_TOLD, RecipientDecision(Reason.STEP_DUE, None, "due 2024-03-01")),  # they hear that it stands
        (LastTold(1, DAY), RecipientDecision(Reason.RAISED)),  # of the level they do not know
        (LastTold(2, DAY), RecipientDecision(Reason.ADDED)),
    ],
)
@pytest.mark.parametrize("reason", [Reason.ADDED, Reason.UNCHANGED])
def test_a_recipient_hears_about_an_added_finding_if_they_know_the_level(
    known: LastTold, expected: RecipientDecision, reason: Reason
) -> None:
    state = state_after(News(Reason.ADDED, CONCERN), change=3, moved=LevelChange(2, Reason.RAISED))
    assert decide_for_recipient(News(reason, CONCERN), state, known, [(CONCERN, NOW)], day=DAY) == expected


def test_an_acknowledgement_lets_an_added_finding_through_and_a_silence_does_not() -> None:
    action, news = Action(7, CONCERN, date(2024, 3, 20)), News(Reason.ADDED, CONCERN)
    more: dict[str, Any] = {"change": 2, "moved": LevelChange(1, Reason.OPENED), "day": DAY}
    acknowledged = decide(news, LastTold(1, DAY), [(CONCERN, NOW)], acknowledged=action, **more)
    assert acknowledged == RecipientDecision(Reason.ADDED)
    assert decide(news, LastTold(1, DAY), [(CONCERN, NOW)], silenced=action, **more).reason is Reason.SILENCED


def test_a_step_is_due_on_its_working_day_and_not_before() -> None:
    news = News(Reason.UNCHANGED, CONCERN)  # since a Friday
    answers = [
        decide(news, NOTHING_TOLD, [(CONCERN, LATER)], day=DAY + timedelta(days=number)).reason for number in range(9)
    ]
    assert answers == [Reason.NOT_DUE] * 7 + [Reason.STEP_DUE] * 2


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ((WATCH, NOW), RecipientDecision(Reason.ACKNOWLEDGED, date(2024, 3, 20), "act 7")),
        ((CONCERN, LATER), RecipientDecision(Reason.NOT_DUE, date(2024, 3, 8))),
        ((CRITICAL, NOW), RecipientDecision(Reason.NO_STEP)),
    ],
)
def test_a_decision_against_a_message_says_when_it_may_change(
    step: tuple[Level, Duration], expected: RecipientDecision
) -> None:
    acknowledgement = Action(7, CONCERN, date(2024, 3, 20))
    news = News(Reason.UNCHANGED, CONCERN)
    assert decide(news, NOTHING_TOLD, [step], acknowledged=acknowledgement, day=DAY) == expected


def test_only_recipients_who_heard_about_an_escalation_hear_about_its_end() -> None:
    news, more = News(Reason.RESOLVED, NONE), {"change": 2, "silenced": Action(7, CRITICAL, DAY)}
    assert decide(news, LastTold(1, DAY), [], day=DAY, **more).reason is Reason.RESOLVED
    assert decide(news, NOTHING_TOLD, [(WATCH, NOW)], day=DAY, **more).reason is Reason.NEVER_NOTIFIED


@given(
    alarming, alarming, maybe_acts, maybe_acts, steps_of_a_policy, st.booleans(), st.lists(days, min_size=2, max_size=2)
)
def test_a_worse_level_never_notifies_fewer_recipients(
    level: Level,
    worse: Level,
    acknowledged: Action | None,
    silenced: Action | None,
    steps: list[tuple[Level, Duration]],
    is_told: bool,
    when: list[date],
) -> None:
    """A recipient who would hear that the level stays the same also hears that it got worse."""
    since, day = sorted(when)
    known = LastTold(1, since) if is_told else NOTHING_TOLD
    more: dict[str, Any] = {"acknowledged": acknowledged, "silenced": silenced, "day": day}
    more["before"] = dict.fromkeys((WATCH, CONCERN, CRITICAL)[: level.rank], since)
    same = decide(News(Reason.UNCHANGED, level), known, steps, **more)
    if worse.rank <= level.rank or not same.reason.is_news:
        return
    assert decide(News(Reason.RAISED, worse), known, steps, change=2, since=day, **more).reason.is_news


@given(
    alarming,
    maybe_acts,
    maybe_acts,
    steps_of_a_policy,
    days,
    days,
    st.none() | durations.filter(lambda duration: duration.number > 0),
)
def test_a_second_decision_on_the_same_day_sends_nothing(
    level: Level,
    acknowledged: Action | None,
    silenced: Action | None,
    steps: list[tuple[Level, Duration]],
    since: date,
    day: date,
    repeat_after: Duration | None,
) -> None:
    news, more = News(Reason.UNCHANGED, level), {"since": since, "acknowledged": acknowledged, "silenced": silenced}
    first = decide(news, NOTHING_TOLD, steps, day=day, repeat_after=repeat_after, **more)
    if first.reason.is_news:
        second = decide(news, LastTold(1, day), steps, day=day, repeat_after=repeat_after, **more)
        assert not second.reason.is_news
