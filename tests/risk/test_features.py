import math
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from indicators.ledger.as_of import as_of
from risk.features import DAYS_IN_MONTH, FEATURE_NAMES, FEATURES, feature_matrix, home_features
from tests.risk.homes import home, publish, urn

DAY = date(2019, 3, 31)
LATER = date(2020, 3, 31)


def rows(engine: Engine, day: date = DAY) -> dict[str, dict[str, Any]]:
    with as_of(engine, day) as known:
        return {row["subject"]: row for row in home_features(known).to_pylist()}


def test_a_home_is_described_by_what_was_known_on_the_day(engine: Engine) -> None:
    publish(engine, date(2018, 3, 31), [home(1, date(2018, 3, 31), overall=2)])
    publish(
        engine,
        DAY,
        [
            home(
                1,
                DAY,
                overall=3,
                protection=4,
                leadership=2,
                places=5,
                owner="large",
                sector="Local authority",
                status="Suspended",
                registered_on=date(2009, 3, 31),
            )
        ],
    )
    row = rows(engine)[urn(1)]
    assert {name: row[name] for name in FEATURE_NAMES} == {
        "overall_rank": 3,
        "protection_rank": 4,
        "leadership_rank": 2,
        "grade_change": 1,
        "inspection_months_over_usual": 0,
        "registered_months": pytest.approx(120, abs=0.1),
        "places_log": pytest.approx(math.log(5)),
        "is_local_authority": 1,
        "is_voluntary": 0,
        "is_suspended": 1,
        "owner_homes_log": 0,
        "owner_share_below_good": None,
    }


def test_what_is_not_known_stays_missing(sqlite_engine: Engine) -> None:
    publish(sqlite_engine, DAY, [home(1, DAY, overall=None, places=None)])
    row = rows(sqlite_engine)[urn(1)]
    known = {name for name in FEATURE_NAMES if row[name] is not None}
    assert known == {"is_local_authority", "is_voluntary", "is_suspended"}
    assert not row["is_inspected"]


def test_a_judgement_not_yet_published_on_the_day_is_not_seen(sqlite_engine: Engine) -> None:
    publish(sqlite_engine, DAY, [home(1, DAY, overall=4, published_on=DAY + timedelta(days=9))])
    assert not rows(sqlite_engine)[urn(1)]["is_inspected"]
    assert rows(sqlite_engine, DAY + timedelta(days=9))[urn(1)]["overall_rank"] == 4


def test_an_owner_is_never_filled_back(sqlite_engine: Engine) -> None:
    publish(sqlite_engine, DAY, [home(1, DAY)])
    publish(sqlite_engine, LATER, [home(1, LATER, owner="large")])
    assert rows(sqlite_engine)[urn(1)]["owner"] is None
    assert rows(sqlite_engine, LATER)[urn(1)]["owner"] == "CW-OWNER-large"


def test_the_share_below_good_is_of_the_owners_other_homes(sqlite_engine: Engine) -> None:
    grades = {1: 4, 2: 3, 3: 2, 4: None}
    publish(sqlite_engine, DAY, [home(number, DAY, overall=grade, owner="large") for number, grade in grades.items()])
    found = rows(sqlite_engine)
    shares = {number: found[urn(number)]["owner_share_below_good"] for number in grades}
    assert shares == {1: 0.5, 2: 0.5, 3: 1.0, 4: pytest.approx(2 / 3)}
    assert found[urn(1)]["owner_homes_log"] == pytest.approx(math.log(4))


def test_homes_without_a_known_owner_are_nobodys_group(sqlite_engine: Engine) -> None:
    publish(sqlite_engine, DAY, [home(1, DAY), home(2, DAY)])
    assert rows(sqlite_engine)[urn(1)]["owner_homes_log"] is None


def test_only_childrens_homes_of_the_newest_list_are_described(sqlite_engine: Engine) -> None:
    publish(sqlite_engine, DAY, [home(1, DAY), home(2, DAY), home(3, DAY, scope="Boarding school")])
    publish(sqlite_engine, LATER, [home(2, LATER), home(4, LATER)])
    assert list(rows(sqlite_engine)) == [urn(1), urn(2)]
    assert list(rows(sqlite_engine, LATER)) == [urn(2), urn(4)]


def test_when_inspections_stop_everywhere_no_home_looks_overdue(sqlite_engine: Engine) -> None:
    publish(sqlite_engine, DAY, [home(number, DAY) for number in range(1, 4)])
    publish(sqlite_engine, LATER, [home(number, LATER, overall=None) for number in range(1, 4)])
    found = rows(sqlite_engine, LATER)
    assert {row["inspection_months_over_usual"] for row in found.values()} == {0}


def test_a_home_not_inspected_for_long_is_over_the_usual_but_never_by_more_than_two_years(
    sqlite_engine: Engine,
) -> None:
    ages = {1: 100, 2: 100, 3: 400, 4: 4000}
    publish(
        sqlite_engine,
        DAY,
        [home(number, DAY, inspected_on=DAY - timedelta(days=age)) for number, age in ages.items()],
    )
    found = rows(sqlite_engine)
    middle = (100 + 400) / 2  # between the second and the third
    over = {number: found[urn(number)]["inspection_months_over_usual"] for number in ages}
    assert over[1] == pytest.approx((100 - middle) / DAYS_IN_MONTH)
    assert over[3] == pytest.approx((400 - middle) / DAYS_IN_MONTH)
    assert over[4] == 24


def test_a_matrix_has_the_named_columns_with_nan_for_unknown(sqlite_engine: Engine) -> None:
    publish(sqlite_engine, DAY, [home(1, DAY, overall=3, places=None)])
    with as_of(sqlite_engine, DAY) as known:
        values = feature_matrix(home_features(known), ("places_log", "overall_rank"))
    assert math.isnan(values[0, 0])
    assert values[0, 1] == 3


def test_every_feature_says_what_it_is_and_why() -> None:
    assert all(feature.title and feature.why.endswith(".") for feature in FEATURES)
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES)


later_rows = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(1, 4),
        st.integers(1, 600),
        st.integers(0, 200),
        st.sampled_from(["large", "small", None]),
        st.sampled_from(["Children's home", "Boarding school"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[0],
)
fresh_day = count(1)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(later=later_rows)
def test_nothing_that_becomes_known_after_the_day_changes_a_feature(sqlite_engine: Engine, later: list[Any]) -> None:
    """Each example adds another later list to the same ledger, with inspections before and after the day."""
    if not rows(sqlite_engine):
        publish(
            sqlite_engine, DAY, [home(number, DAY, overall=2 + number % 2, owner="large") for number in range(1, 6)]
        )
    before = rows(sqlite_engine)
    list_day = LATER + timedelta(days=next(fresh_day))
    publish(
        sqlite_engine,
        list_day,
        [
            home(
                number,
                list_day,
                overall=grade,
                inspected_on=DAY - timedelta(days=300) + timedelta(days=inspected),
                published_on=DAY + timedelta(days=1 + published),
                owner=owner,
                scope=scope,
            )
            for number, grade, inspected, published, owner, scope in later
        ],
    )
    assert rows(sqlite_engine) == before
