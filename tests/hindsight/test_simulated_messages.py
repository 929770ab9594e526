"""What days of levels would have sent to each recipient, by the alerts' own rules."""

import shutil
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from access.assessments import redacted_assessments
from alerts.escalation.added_findings import adverse_findings
from alerts.escalation.read_causes import causes_between
from alerts.message.regime_changes import ASSESSMENT
from alerts.recipients import RecipientScope
from hindsight.simulated_messages import MessageSimulation, SimulatedDay, SimulatedVerdict, simulate_messages
from models.alerting import Delivery, Message, Recipient
from models.database import engine_for, read_session, table_of
from models.scoring import FindingSet, Run
from models.vocabulary import BuyerKind, Level
from tests.alerts.scenes import HOMES, POLICY, finding, key_of, policy_of, score_and_tell
from tests.alerts.test_recipients import buys

LEVELS = {"-": None, "n": Level.NONE, "w": Level.WATCH, "c": Level.CONCERN, "C": Level.CRITICAL, "u": Level.UNSCORABLE}
RULES = ("first", "second")
FIRST, EPOCH = date(2020, 1, 1), date(1970, 1, 1)
SECOND_VERSION = HOMES + "version: 2\n"


class Everywhere:
    """Everything concerns everybody."""

    def concerns(self, _recipient: str, _provider: int, _regime: str) -> bool:
        return True


def scored(series, place, new_rules=None):
    """One day of some providers: a level, and a letter for the finding of each rule."""
    verdicts = {
        number: SimulatedVerdict(LEVELS[days[place][0]], adverse_findings(findings(days[place])))
        for number, days in enumerate(series)
        if LEVELS[days[place][0]] is not None
    }
    return SimulatedDay(FIRST + timedelta(days=place), verdicts, new_rules=new_rules)


def told(*series, editions=None, policy=POLICY):
    """What the days would have sent."""
    days = [scored(series, place, (editions or {}).get(place)) for place in range(len(series[0]))]
    found = simulate_messages(days, regime="homes", policy=policy, reach_on=lambda _day: Everywhere())
    return found["duty"]


def findings(day):
    return [
        finding(rule, LEVELS[letter], rule=rule)
        for rule, letter in zip(RULES, day[1:], strict=False)
        if LEVELS[day[0]] is not None
    ]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ("nnnn", MessageSimulation(0, 0)),
        ("wwww", MessageSimulation(1, 1)),  # baseline
        ("nwww", MessageSimulation(1, 1)),
        ("nCCC", MessageSimulation(2, 1)),  # alone, and in the summary
        ("CCCC", MessageSimulation(1, 1)),  # a baseline is not told alone
        ("nwnw", MessageSimulation(1, 1)),  # down and up again before it was lowered
        ("nwnn", MessageSimulation(2, 2)),  # resolved after two days below
        ("nw--", MessageSimulation(2, 2)),  # not covered any more
        ("nwuu", MessageSimulation(1, 1)),  # what cannot be scored neither opens nor closes
        ("nwcC", MessageSimulation(4, 3)),
        (["nnn", "ccn", "ccc", "ccn", "ccc"], MessageSimulation(2, 2)),  # more against it, once
        (["nnn", "CCn", "CCC"], MessageSimulation(3, 2)),  # more against a critical does not go alone
        (["nnn", "ccn", "ccw"], MessageSimulation(1, 1)),  # not as bad as it stands
        (
            ["nnn", "Ccc", "ccc", "ccc", "ccc"],
            MessageSimulation(3, 2),
        ),  # what was there when it rose is known when it is lower
    ],
)
def test_one_provider_tells_as_the_policy_says(series, expected):
    assert told(series) == expected


def test_what_a_new_version_finds_on_its_first_day_is_no_news_and_its_owner_is_told_of_it():
    days = ["nnn", "ccn", "ccc", "ccc"]
    assert told(days, editions={2: {("accountability", "second")}}) == MessageSimulation(2, 1)
    assert told(days, editions={2: {("accountability", "first")}}) == MessageSimulation(3, 2)


def test_the_news_of_a_day_is_one_message():
    assert told("nw", "nw", "nw") == MessageSimulation(1, 3)


def to(**more: Any) -> dict[str, Any]:
    return {"title": "Somebody", "channel": "file", "sees": "everything", **more}


AREA = {"north": ("0", "1"), "south": ("2",)}  # which homes stand where
EVERYBODY = policy_of(
    recipients={
        "duty": to(),
        "head": to(),
        "north": to(commissioners=["CW-TEST-NORTH"]),
        "south": to(commissioners=["CW-TEST-SOUTH"]),
        "buyer": to(exposure_gbp=500_000),
        "others": to(regimes=["hospitals"]),
        "board": to(digest=["friday"]),
        "public": to(sees=["public"]),
    },
    steps={
        "watch": [
            {"to": ["duty", "north", "south", "buyer", "others", "board", "public"]},
            {"to": ["head"], "after": "3 days"},
        ],
        "concern": [{"to": ["head"], "after": "1 day"}],
    },
    repeat_after="4 days",
    lapsed=[],
    pace=[],
)
DAYS = 7
ONE_DAY = st.tuples(st.sampled_from(list(LEVELS)), st.text(alphabet="nwcC", min_size=2, max_size=2)).map("".join)
SERIES = st.lists(st.lists(ONE_DAY, min_size=DAYS, max_size=DAYS), min_size=1, max_size=3)


def outbox(engine) -> dict[str, MessageSimulation]:
    """What the service wrote, by recipient."""
    with read_session(engine) as session:
        messages = Counter(session.scalars(select(Recipient.key).join(Message, Message.recipient_id == Recipient.id)))
        rows = session.execute(
            select(Recipient.key, Delivery.message_id, Delivery.escalation_id)
            .join(Delivery, Delivery.recipient_id == Recipient.id)
            .where(Delivery.part == "summary", Delivery.message_id.is_not(None))
            .distinct()
        ).all()
    lines = Counter(row.key for row in rows)
    return {key: MessageSimulation(messages[key], lines[key]) for key in EVERYBODY.recipients}


def for_some(one: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    """A finding, which is for one audience where its rule is hidden."""
    return {**one, "audiences": ["casework"]} if one["rule"] in hidden else one


def of_day(session, run: Run, before: Run | None) -> SimulatedDay:
    """What a run stored, as the simulation takes it."""
    verdicts = {key[0]: judged for key, judged in stored(session, run).items()}
    seen = redacted_assessments(session, ["public"], ASSESSMENT.run_id == run.id)
    facts = {
        "verdicts": {key: SimulatedVerdict(level, adverse_findings(found)) for key, (level, found) in verdicts.items()},
        "redacted_verdicts": {
            "public": {key[1]: SimulatedVerdict(of.level, adverse_findings(of.findings)) for key, of in seen.items()}
        },
    }
    if before is not None and before.regimes != run.regimes:
        earlier = {key[0]: judged for key, judged in stored(session, before).items()}
        keys = {(key, "homes") for key in earlier.keys() & verdicts.keys()}
        causes = causes_between(session, before, run, keys)
        moved = [key[0] for key, of in causes.items() if of.is_rule_alone]
        facts |= {"new_rules": frozenset(), "moved_by_rule": moved}
    return SimulatedDay(run.day, **facts)


def stored(session, run: Run):
    a, sets = ASSESSMENT, table_of(FindingSet).c
    rows = session.execute(
        select(a.provider_id, a.regime, a.level, sets.findings)
        .join_from(a.id.table, sets.sha256.table, sets.sha256 == a.findings_sha256)
        .where(a.run_id == run.id)
    )
    return {(row.provider_id, row.regime): (Level(row.level), row.findings) for row in rows}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=SERIES, hidden=st.sets(st.sampled_from(RULES)), changes_on=st.sampled_from([None, 3]))
@example(series=[["-CC"] * DAYS], hidden=set(), changes_on=3)  # a new version while nobody is covered
def test_it_counts_for_each_recipient_what_the_service_would_have_written(
    migrated_sqlite_file, tmp_path_factory, series, hidden, changes_on
):
    """The same days, scored and told one by one: steps, areas, exposures, regimes, digests, audiences."""
    path = tmp_path_factory.mktemp("told") / "continuity.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    names = [str(name) for name in range(len(series))]
    for council, homes in AREA.items():
        for name in {*homes} & {*names}:
            known_on = (FIRST + timedelta(days=1) - EPOCH).days
            buys(engine, key_of(council), name, None, reference=name, kind=BuyerKind.HOST_AREA, known_on=known_on)
    buys(engine, key_of("department"), "0", 600_000.0, known_on=(FIRST - EPOCH).days)
    for place in range(DAYS):
        levels = {name: LEVELS[days[place][0]] for name, days in zip(names, series, strict=True)}
        found = {
            name: [for_some(one, hidden) for one in findings(days[place])]
            for name, days in zip(names, series, strict=True)
        }
        file = HOMES if changes_on is None or place < changes_on else SECOND_VERSION
        score_and_tell(engine, FIRST + timedelta(days=place), levels, findings=found, file=file, policy=EVERYBODY)
    written = outbox(engine)
    with read_session(engine) as session:
        runs = list(session.scalars(select(Run).order_by(Run.day)))
        reaches = {run.day: RecipientScope(session, EVERYBODY, run.day) for run in runs}
        days = [of_day(session, run, before) for before, run in zip([None, *runs], runs, strict=False)]
    engine.dispose()

    assert simulate_messages(days, regime="homes", policy=EVERYBODY, reach_on=reaches.__getitem__) == written
