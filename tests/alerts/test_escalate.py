"""The escalations and messages of a scored run."""

from datetime import date, timedelta

from sqlalchemy import Engine, select

from alerts.decide import Reason
from alerts.escalate import escalate
from models.alerting import Delivery, Escalation, Message
from models.database import Session, read_session
from models.vocabulary import View
from tests.alerts.scenes import (
    POLICY,
    SETTINGS,
    count,
    finding,
    messages,
    noon,
    score,
    score_and_tell,
    subjects,
    tell,
)

ONE, TWO, THREE = (date(2024, 1, day) for day in (1, 2, 3))


def episodes(engine: Engine) -> list[tuple[int, str, str, date | None]]:
    with read_session(engine) as session:
        rows = session.scalars(select(Escalation).order_by(Escalation.id))
        return [(row.episode, row.level, row.reason, row.closed_on) for row in rows]


def test_the_first_run_of_a_regime_is_one_summary_however_many_are_critical(engine: Engine) -> None:
    told = score_and_tell(engine, ONE, {f"Home {n}": "critical" if n < 100 else "watch" for n in range(3000)})
    assert told.counts == {Reason.BASELINE: 3000}
    [message] = messages(engine)
    assert message.subject == (
        "CRITICAL: Home 0 and 2,999 more at the first scoring: 100 critical, 2,900 watch, 1 January 2024"
    )
    assert message.body_markdown.count("Details: ") == POLICY.lines
    assert "2,970 more: " in message.body_markdown


def test_a_new_critical_goes_alone_and_first_and_stands_in_the_summary_too(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "none", "Rose Lodge": "watch"})
    score_and_tell(engine, TWO, {"Sunny House": "critical", "Rose Lodge": "concern"})
    assert subjects(engine)[1:] == [
        "CRITICAL: Sunny House (was none), 2 January 2024",
        "CRITICAL: Sunny House and 1 more: 1 critical, 1 concern, summary of 2 January 2024",
    ]
    summary = messages(engine)[-1].body_markdown
    assert summary.index("CRITICAL: Sunny House") < summary.index("CONCERN: Rose Lodge")


def test_of_very_many_new_criticals_the_worst_go_alone_and_the_summary_has_all(engine: Engine) -> None:
    names = [f"Home {number:02}" for number in range(POLICY.criticals_alone + 5)]
    score_and_tell(engine, ONE, dict.fromkeys(names, "none"))
    score_and_tell(engine, TWO, dict.fromkeys(names, "critical"))
    assert len(messages(engine)) == POLICY.criticals_alone + 1
    assert subjects(engine)[-1] == "CRITICAL: Home 00 and 24 more: 25 critical, summary of 2 January 2024"


def test_the_same_run_again_writes_nothing(engine: Engine) -> None:
    run = score(engine, ONE, {"Sunny House": "watch"})
    tell(engine, run, day=ONE)
    before = [count(engine, model) for model in (Escalation, Delivery, Message)]
    told = tell(engine, run, day=ONE)
    assert (told.messages, told.skip_reason) == (0, "this run has been handled before")
    assert [count(engine, model) for model in (Escalation, Delivery, Message)] == before


def test_a_revision_of_the_day_with_the_same_levels_tells_nothing(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "watch"})
    told = score_and_tell(engine, ONE, {"Sunny House": "watch"})
    assert (told.counts, told.messages) == ({}, 0)


def test_a_revision_of_the_newest_day_that_is_worse_is_told(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "watch"})
    told = score_and_tell(engine, ONE, {"Sunny House": "concern"})
    assert told.counts == {Reason.RAISED: 1}
    assert episodes(engine) == [(1, "concern", "raised", None)]


def test_revisions_of_one_day_count_as_one_assessment_when_a_level_comes_down(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "watch"})
    for _revision in range(3):
        assert score_and_tell(engine, TWO, {"Sunny House": "none"}).counts == {}
    assert score_and_tell(engine, THREE, {"Sunny House": "none"}).counts == {Reason.RESOLVED: 1}


def test_the_newest_revision_of_the_day_before_is_the_one_that_counts(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "watch"})
    score_and_tell(engine, TWO, {"Sunny House": "none"})
    score_and_tell(engine, TWO, {"Sunny House": "watch"})
    assert score_and_tell(engine, THREE, {"Sunny House": "none"}).counts == {}


def test_a_day_before_the_newest_scored_one_tells_nothing(engine: Engine) -> None:
    score_and_tell(engine, TWO, {"Sunny House": "none"})
    told = score_and_tell(engine, ONE, {"Sunny House": "critical"})
    assert told.skip_reason == "a later day (2024-01-02) has been scored already"
    assert [count(engine, model) for model in (Escalation, Delivery, Message)] == [0, 0, 0]


def test_a_run_on_public_rows_only_tells_nothing(engine: Engine) -> None:
    told = score_and_tell(engine, ONE, {"Sunny House": "critical"}, view=View.OPEN)
    assert told.skip_reason == "only public rows were read"
    assert count(engine, Message) == 0


def test_a_regime_scored_for_the_first_time_later_on_is_a_baseline_of_its_own(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "watch"}, regime="homes")
    told = score_and_tell(engine, TWO, {"Acme": "critical"}, regime="companies")
    assert told.counts == {Reason.BASELINE: 1}


def test_a_regime_that_a_run_did_not_score_keeps_its_escalations(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "watch"}, regime="homes")
    score_and_tell(engine, TWO, {"Acme": "none"}, regime="companies")
    assert episodes(engine) == [(1, "watch", "baseline", None)]


def test_an_escalation_ends_with_the_coverage_and_says_why(engine: Engine) -> None:
    score_and_tell(engine, ONE, {"Sunny House": "critical", "Rose Lodge": "none"})
    run = score(engine, TWO, {"Sunny House": None, "Rose Lodge": "none"})
    told = tell(engine, run, day=TWO, outcomes={1: "Left the register on 2 January 2024"})
    assert told.counts == {Reason.ENDED: 1}
    assert episodes(engine) == [(1, "critical", "ended", TWO)]
    text = messages(engine)[-1].body_markdown
    assert "**Sunny House** (CW-TEST-SUNNY-HOUSE), was critical, no longer covered" in text
    assert "Left the register on 2 January 2024" in text


def test_a_provider_that_comes_back_gets_a_new_episode(engine: Engine) -> None:
    for day, level in ((ONE, "watch"), (TWO, None), (THREE, "concern")):
        score_and_tell(engine, day, {"Sunny House": level, "Rose Lodge": "none"})
    assert episodes(engine) == [(1, "watch", "ended", TWO), (2, "concern", "opened", None)]


def test_raised_twice_to_the_same_level_in_one_episode_is_told_twice(engine: Engine) -> None:
    levels = ["none", "watch", "concern", "watch", "watch", "concern"]
    told = [score_and_tell(engine, ONE + timedelta(n), {"Sunny House": level}) for n, level in enumerate(levels)]
    assert [list(day.counts) for day in told] == [
        [],
        [Reason.OPENED],
        [Reason.RAISED],
        [],
        [Reason.LOWERED],
        [Reason.RAISED],
    ]
    assert [day.messages for day in told] == [0, 1, 1, 0, 1, 1]


def test_what_is_true_of_a_whole_register_is_said_but_opens_no_escalation(engine: Engine) -> None:
    noted = [finding("Ofsted: no inspections since March 2020")]
    score_and_tell(engine, ONE, {"Sunny House": "none"}, source_findings=noted)
    assert (count(engine, Escalation), count(engine, Message)) == (0, 0)
    score_and_tell(engine, TWO, {"Sunny House": "watch"}, source_findings=noted)
    assert "Ofsted: no inspections since March 2020" in messages(engine)[0].body_markdown


def test_a_crash_before_the_commit_leaves_neither_escalation_nor_message(engine: Engine) -> None:
    run = score(engine, ONE, {"Sunny House": "watch"})
    with Session(engine) as session:
        escalate(session, run, policy=POLICY, settings=SETTINGS, now=noon(ONE))
    assert [count(engine, model) for model in (Escalation, Delivery, Message)] == [0, 0, 0]
    assert tell(engine, run, day=ONE).messages == 1
