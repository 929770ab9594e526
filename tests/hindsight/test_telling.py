"""What a series of levels would have sent, by the alerts' own rules."""

import shutil
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.further import held
from hindsight.telling import Telling, simulate
from models.alerting import Delivery, Message
from models.database import engine_for
from models.vocabulary import Level
from tests.alerts.scenes import POLICY, count, finding, messages, score_and_tell

LEVELS = {"-": None, "n": Level.NONE, "w": Level.WATCH, "c": Level.CONCERN, "C": Level.CRITICAL, "u": Level.UNSCORABLE}


RULES = ("first", "second")


def told(*series, editions=None):
    """What the days of some providers would have sent: a level, and a letter for the finding of each rule."""
    levels = {number: [LEVELS[day[0]] for day in days] for number, days in enumerate(series)}
    holds = {
        number: {place: held(findings(day)) for place, day in enumerate(days)} for number, days in enumerate(series)
    }
    return simulate(levels, days=len(series[0]), policy=POLICY, held=holds, editions=editions)


def findings(day):
    return [
        finding(rule, LEVELS[letter], rule=rule)
        for rule, letter in zip(RULES, day[1:], strict=False) if LEVELS[day[0]] is not None
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ("nnnn", Telling(0, 0)),
        ("wwww", Telling(1, 1)),  # baseline
        ("nwww", Telling(1, 1)),
        ("nCCC", Telling(2, 1)),  # alone, and in the summary
        ("CCCC", Telling(1, 1)),  # a baseline is not told alone
        ("nwnw", Telling(1, 1)),  # down and up again before it was lowered
        ("nwnn", Telling(2, 2)),  # resolved after two days below
        ("nw--", Telling(2, 2)),  # not covered any more
        ("nwuu", Telling(1, 1)),  # what cannot be scored neither opens nor closes
        ("nwcC", Telling(4, 3)),
        (["nnn", "ccn", "ccc", "ccn", "ccc"], Telling(2, 2)),  # more against it, once
        (["nnn", "CCn", "CCC"], Telling(3, 2)),  # more against a critical does not go alone
        (["nnn", "ccn", "ccw"], Telling(1, 1)),  # not as bad as it stands
        (["nnn", "Ccc", "ccc", "ccc", "ccc"], Telling(3, 2)),  # what was there when it rose is known when it is lower
    ],
)
def test_one_provider_tells_as_the_policy_says(series, expected):
    assert told(series) == expected


def test_what_a_new_version_finds_on_its_first_day_is_no_news():
    days = ["nnn", "ccn", "ccc", "ccc"]
    assert told(days, editions={2: {("accountability", "second")}}) == Telling(1, 1)
    assert told(days, editions={2: {("accountability", "first")}}) == Telling(2, 2)


def test_the_news_of_a_day_is_one_message():
    assert told("nw", "nw", "nw") == Telling(1, 3)


DAYS = 5
ONE_DAY = st.tuples(st.sampled_from(list(LEVELS)), st.text(alphabet="nwcC", min_size=2, max_size=2)).map("".join)
SERIES = st.lists(st.lists(ONE_DAY, min_size=DAYS, max_size=DAYS), min_size=1, max_size=3)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=SERIES)
def test_it_counts_what_the_service_would_have_written(migrated_sqlite_file, tmp_path_factory, series):
    """The same levels, scored and told day by day."""
    path = tmp_path_factory.mktemp("told") / "continuity.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    for number in range(DAYS):
        levels = {str(name): LEVELS[days[number][0]] for name, days in enumerate(series)}
        found = {str(name): findings(days[number]) for name, days in enumerate(series)}
        score_and_tell(engine, date(2020, 1, 1) + timedelta(days=number), levels, findings=found)
    written = count(engine, Message)
    alone = sum(message.part != "summary" for message in messages(engine))
    deliveries = count(engine, Delivery)
    engine.dispose()

    assert told(*series) == Telling(written, deliveries - alone)
