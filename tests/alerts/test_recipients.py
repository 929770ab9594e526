"""Who is told: by regime, commissioner, exposure and audience; at once or in a digest; and of days without news."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from alerts.decide import Reason
from alerts.policy import policy_from_text
from models.alerting import Delivery, NotNotified, Recipient
from models.database import read_session, write_session
from models.ledger import Link
from models.subjects import Subject
from models.vocabulary import BuyerKind, Level, Relation
from tests.alerts.scenes import finding, key_of, messages, noon, policy_of, policy_to, score, score_and_tell, tell

MONDAY = date(2024, 1, 8)
EPOCH = date(1970, 1, 1)
HOMES = {"Sunny House": "none", "Rose Lodge": "none"}
WORSE = {"Sunny House": "concern", "Rose Lodge": "watch"}


def told(engine: Engine, day: date | None = None) -> dict[str, list[str]]:
    """Recipient to the names in their messages, of one day or of all."""
    with read_session(engine) as session:
        keys = {row.id: row.key for row in session.scalars(select(Recipient))}
    found: dict[str, list[str]] = {}
    for message in messages(engine):
        if day is None or message.created_at == noon(day):
            names = [name for name in HOMES if name in message.body_markdown.split("## Still open")[0]]
            found.setdefault(keys[message.recipient_id], []).extend(names)
    return found


def buys(engine: Engine, buyer: str, name: str, pounds: float | None, *, reference: str = "", **more: object) -> None:
    """A link by which somebody buys from a home, or hosts it."""
    with write_session(engine) as session:
        numbers = []
        for key in (buyer, key_of(name)):
            number = session.scalar(select(Subject.id).where(Subject.key == key))
            if number is None:
                subject = Subject(key=key, is_asked_for=False)
                session.add(subject)
                session.flush()
                number = subject.id
            numbers.append(number)
        row = session.scalar(select(Link.row).order_by(Link.row.desc()).limit(1)) or 0
        known_on = (date(2023, 1, 1) - EPOCH).days
        values = {"kind": BuyerKind.BUYER, "until": None, "known_on": known_on, **more}
        session.add(
            Link(
                load_id=1,
                row=row + 1,
                subject_id=numbers[0],
                relation=Relation.BUYS_FROM,
                object_id=numbers[1],
                known_on_basis=0,
                reference=reference,
                value_gbp=pounds,
                **values,
            )
        )


def test_a_recipient_is_told_only_of_the_regimes_it_is_for(engine: Engine) -> None:
    policy = policy_to(all={}, homes={"regimes": ["homes"]}, firms={"regimes": ["firms"]})
    score_and_tell(engine, MONDAY, WORSE, policy=policy)
    assert told(engine) == {"all": list(WORSE), "homes": list(WORSE)}


def test_a_commissioner_is_told_only_of_those_it_buys_from(engine: Engine) -> None:
    buys(engine, "GB-LAE-HCK", "Rose Lodge", 10.0)
    policy = policy_to(hackney={"commissioners": ["GB-LAE-HCK"]}, barnet={"commissioners": ["GB-LAE-BNE"]})
    score_and_tell(engine, MONDAY, WORSE, policy=policy)
    assert told(engine) == {"hackney": ["Rose Lodge"]}


def test_a_council_set_up_as_the_page_shows_is_told_of_the_homes_in_its_area(engine: Engine) -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerting.md").read_text(encoding="utf-8")
    [written] = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "recipients:" in block]
    buys(engine, "CW-AREA-hackney", "Rose Lodge", None, kind=BuyerKind.HOST_AREA)
    buys(engine, "CW-AREA-barnet", "Sunny House", None, kind=BuyerKind.HOST_AREA)
    critical = dict.fromkeys(HOMES, "critical")
    score_and_tell(engine, MONDAY, critical, regime="childrens_homes", policy=policy_from_text(written))
    found = told(engine)
    assert found["hackney"] == ["Rose Lodge"]
    assert found["barnet"] == ["Sunny House"]


@pytest.mark.parametrize("written", ["E09000012", "Hackney", "London Borough of Hackney", "CW-AREA-hackney"])
def test_a_council_is_told_however_the_policy_names_the_council(engine: Engine, written: str) -> None:
    buys(engine, "CW-AREA-hackney", "Rose Lodge", None, kind=BuyerKind.HOST_AREA)
    buys(engine, "GB-LAE-HCK", "Sunny House", 10.0)
    score_and_tell(engine, MONDAY, WORSE, policy=policy_to(hackney={"commissioners": [written]}))
    assert told(engine) == {"hackney": list(WORSE)}


def test_a_commissioner_whose_contract_has_ended_is_told_nothing(engine: Engine) -> None:
    buys(engine, "GB-LAE-HCK", "Rose Lodge", 10.0, until=(MONDAY - EPOCH).days - 1)
    score_and_tell(engine, MONDAY, WORSE, policy=policy_to(hackney={"commissioners": ["GB-LAE-HCK"]}))
    assert told(engine) == {}


def test_the_newest_word_says_which_council_hosts_a_home(engine: Engine) -> None:
    host = {"kind": BuyerKind.HOST_AREA}
    buys(engine, "GB-LAE-HCK", "Rose Lodge", None, **host)
    buys(engine, "GB-LAE-BNE", "Rose Lodge", None, **host, known_on=(date(2023, 6, 1) - EPOCH).days)
    policy = policy_to(hackney={"commissioners": ["GB-LAE-HCK"]}, barnet={"commissioners": ["GB-LAE-BNE"]})
    score_and_tell(engine, MONDAY, WORSE, policy=policy)
    assert told(engine) == {"barnet": ["Rose Lodge"]}


@pytest.mark.parametrize(("least", "expected"), [(300, {"big": ["Sunny House"]}), (301, {})])
def test_exposure_is_the_pounds_of_all_contracts_in_force(engine: Engine, least: float, expected: object) -> None:
    buys(engine, "GB-LAE-HCK", "Sunny House", 100.0, reference="A")
    buys(engine, "GB-LAE-BNE", "Sunny House", 200.0, reference="B")
    buys(engine, "GB-LAE-BNE", "Rose Lodge", 200.0, reference="C")
    score_and_tell(engine, MONDAY, WORSE, policy=policy_to(big={"exposure_gbp": least}))
    assert told(engine) == expected


def test_whoever_comes_into_reach_later_is_told_of_what_stands(engine: Engine) -> None:
    policy = policy_to(hackney={"commissioners": ["GB-LAE-HCK"]})
    score_and_tell(engine, MONDAY, WORSE, policy=policy)
    buys(engine, "GB-LAE-HCK", "Rose Lodge", 10.0)
    score_and_tell(engine, MONDAY + timedelta(days=1), WORSE, policy=policy)
    assert told(engine) == {"hackney": ["Rose Lodge"]}
    assert messages(engine)[0].subject == "WATCH: Rose Lodge, waiting for action, 9 January 2024"


def test_a_level_that_rests_on_what_is_for_others_is_not_told(engine: Engine) -> None:
    found = {"Sunny House": [finding("Whistleblower's letter", Level.CONCERN, audiences=["casework"])]}
    policy = policy_to(insider={"sees": ["casework"]}, outsider={"sees": ["public"]})
    score_and_tell(engine, MONDAY, {"Sunny House": "concern"}, findings=found, policy=policy)
    assert told(engine) == {"insider": ["Sunny House"]}
    with read_session(engine) as session:
        assert [row.reason for row in session.scalars(select(NotNotified))] == [Reason.NOT_FOR_THEM]


def test_a_finding_for_others_is_left_out_where_a_public_one_carries_the_level(engine: Engine) -> None:
    findings = [
        finding("Whistleblower's letter", Level.CONCERN, audiences=["casework"]),
        finding("Rated inadequate", Level.CONCERN),
    ]
    policy = policy_to(insider={"sees": ["casework"]}, outsider={"sees": []})
    score_and_tell(engine, MONDAY, {"Sunny House": "concern"}, findings={"Sunny House": findings}, policy=policy)
    inside, outside = (message.body_markdown for message in messages(engine))
    assert "Rated inadequate" in inside
    assert "Rated inadequate" in outside
    assert ("Whistleblower" in inside, "Whistleblower" in outside) == (True, False)


def test_why_nobody_was_told_is_kept_once_and_not_every_day(engine: Engine) -> None:
    found = {"Sunny House": [finding("Whistleblower's letter", Level.CONCERN, audiences=["casework"])]}
    policy = policy_to(all={"sees": []})
    for day in range(5):
        score_and_tell(engine, MONDAY + timedelta(days=day), {"Sunny House": "concern"}, findings=found, policy=policy)
    with read_session(engine) as session:
        assert len(session.scalars(select(NotNotified)).all()) == 1


def test_a_digest_keeps_the_news_for_its_day_but_a_critical_goes_at_once(engine: Engine) -> None:
    policy = policy_to(weekly={"digest": ["friday"]})
    levels = [HOMES, {**HOMES, "Sunny House": "watch"}, {**HOMES, "Sunny House": "watch", "Rose Lodge": "critical"}]
    for number, day_levels in enumerate([*levels, levels[-1], levels[-1]]):
        score_and_tell(engine, MONDAY + timedelta(days=number), day_levels, policy=policy)
    assert [message.subject for message in messages(engine)] == [
        "CRITICAL: Rose Lodge (was none), 10 January 2024",
        "CRITICAL: Rose Lodge and 1 more: 1 critical, 1 watch, summary of 12 January 2024",
    ]
    with read_session(engine) as session:
        assert {row.message_id for row in session.scalars(select(Delivery))} == {1, 2}


def test_a_digest_says_what_a_week_of_ups_and_downs_comes_to(engine: Engine) -> None:
    policy = policy_to(weekly={"digest": ["friday"]})
    for number, level in enumerate(["none", "watch", "concern", "watch", "watch"]):
        score_and_tell(engine, MONDAY + timedelta(days=number), {"Sunny House": level}, policy=policy)
    [message] = messages(engine)
    assert message.subject == "WATCH: Sunny House (was none), 12 January 2024"
    assert "**WATCH: Sunny House** (CW-TEST-SUNNY-HOUSE), none to watch, new" in message.body_markdown


def test_a_day_without_news_is_a_line_to_whoever_wants_one(engine: Engine) -> None:
    policy = policy_to(duty={"heartbeat": "daily"}, head={})
    score_and_tell(engine, MONDAY, {"Sunny House": "watch"}, policy=policy)
    score_and_tell(engine, MONDAY + timedelta(days=1), {"Sunny House": "watch"}, policy=policy)
    last = messages(engine)[-1]
    assert len(messages(engine)) == 3
    assert last.subject == "0 new, 1 open (1 watch), 9 January 2024"
    assert last.body_markdown.startswith("0 new, 1 open. As known on 9 January 2024.")


def test_a_run_of_the_past_sends_no_line_that_nothing_is_new(engine: Engine) -> None:
    run = score(engine, MONDAY, HOMES)
    policy = policy_to(duty={"heartbeat": "daily"})
    assert tell(engine, run, day=MONDAY, policy=policy, now=noon(date(2026, 1, 1))).messages == 0


@pytest.mark.parametrize(("day", "count"), [(MONDAY + timedelta(days=5), 0), (MONDAY, 1)])
def test_a_heartbeat_of_working_days_is_silent_at_the_weekend(engine: Engine, day: date, count: int) -> None:
    score_and_tell(engine, day, HOMES, policy=policy_to(duty={"heartbeat": "working days"}))
    assert len(messages(engine)) == count


def test_what_stands_long_with_nothing_done_is_a_line_of_the_message(engine: Engine) -> None:
    policy = policy_of(nothing_done={"from_level": "concern", "after": "1 day"})
    score_and_tell(engine, MONDAY, {"Sunny House": "concern", "Rose Lodge": "none"}, policy=policy)
    score_and_tell(engine, MONDAY + timedelta(days=1), {"Sunny House": "concern", "Rose Lodge": "watch"}, policy=policy)
    line = "Threshold met, nothing done: 1 (Sunny House (concern), since 8 January 2024). `continuity alerts undone`"
    assert [line in message.body_markdown for message in messages(engine)] == [False, True]
