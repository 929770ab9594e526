"""What a series of levels would have sent, by the alerts' own rules."""

import shutil
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hindsight.telling import Telling, simulate
from models.alerting import Delivery, Message
from models.database import engine_for
from models.vocabulary import Level
from tests.alerts.scenes import POLICY, count, messages, score_and_tell

LEVELS = {"-": None, "n": Level.NONE, "w": Level.WATCH, "c": Level.CONCERN, "C": Level.CRITICAL, "u": Level.UNSCORABLE}


def told(*series):
    levels = {number: [LEVELS[letter] for letter in letters] for number, letters in enumerate(series)}
    return simulate(levels, days=len(series[0]), policy=POLICY)


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
    ],
)
def test_one_provider_tells_as_the_policy_says(series, expected):
    assert told(series) == expected


def test_the_news_of_a_day_is_one_message():
    assert told("nw", "nw", "nw") == Telling(1, 3)


DAYS = 5
SERIES = st.lists(st.text(alphabet=list(LEVELS), min_size=DAYS, max_size=DAYS), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=SERIES)
def test_it_counts_what_the_service_would_have_written(migrated_sqlite_file, tmp_path_factory, series):
    """The same levels, scored and told day by day."""
    path = tmp_path_factory.mktemp("told") / "continuity.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    for number in range(DAYS):
        levels = {str(name): LEVELS[letters[number]] for name, letters in enumerate(series)}
        score_and_tell(engine, date(2020, 1, 1) + timedelta(days=number), levels)
    written = count(engine, Message)
    alone = sum(message.part != "summary" for message in messages(engine))
    deliveries = count(engine, Delivery)
    engine.dispose()

    assert told(*series) == Telling(written, deliveries - alone)
