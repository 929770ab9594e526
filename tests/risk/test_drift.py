import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from models.database import read_session
from models.scoring import DriftReport
from risk.drift import NoHomesOnDay, compare_days
from tests.factories import NOW
from tests.risk.homes import home, publish

BEFORE, AFTER = date(2020, 3, 31), date(2021, 3, 31)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Evidently's own


def columns(report: DriftReport) -> dict[str, dict[str, Any]]:
    return {column["column"]: column for column in report.numbers["by_column"]}


@pytest.fixture
def compared(sqlite_engine: Engine, tmp_path: Path) -> tuple[Engine, DriftReport]:
    """Two lists: on the second the homes are smaller, half of the judgements are gone, no owner is known any more."""
    random = np.random.default_rng(0)
    publish(
        sqlite_engine,
        BEFORE,
        [home(number, BEFORE, places=int(random.integers(4, 9)), owner=f"o{number % 9}") for number in range(1, 80)],
    )
    publish(
        sqlite_engine,
        AFTER,
        [
            home(number, AFTER, places=int(random.integers(1, 4)), overall=2 if number % 2 else None)
            for number in range(101, 180)
        ],
    )
    return sqlite_engine, compare_days(sqlite_engine, BEFORE, AFTER, now=NOW, folder=tmp_path)


def test_a_report_has_numbers_for_the_database_and_a_page(compared: tuple[Engine, DriftReport], tmp_path: Path) -> None:
    report = compared[1]
    assert json.loads(json.dumps(report.numbers, allow_nan=False)) == report.numbers
    assert report.numbers["homes"] == {"reference": 79, "current": 79}
    assert {name for name, column in columns(report).items() if column["has_drifted"]} == {"places_log"}
    assert report.numbers["drifted"] == 1
    assert report.numbers["columns"] == len(columns(report)) - len(report.numbers["left_out"])
    places = columns(report)["places_log"]
    assert places["mean"]["reference"] > places["mean"]["current"]
    assert "<html" in (tmp_path / report.page).read_text(encoding="utf-8").lower()


def test_values_that_stopped_coming_are_flagged_though_those_left_look_alike(
    compared: tuple[Engine, DriftReport],
) -> None:
    grade = columns(compared[1])["overall_rank"]
    assert not grade["has_drifted"]
    assert grade["missing_has_changed"]
    assert grade["missing"] == {"reference": 0.0, "current": pytest.approx(39 / 79, abs=0.001)}


def test_a_column_without_values_is_left_out_with_the_reason_instead_of_failing(
    compared: tuple[Engine, DriftReport],
) -> None:
    left_out = compared[1].numbers["left_out"]
    assert left_out["owner_homes_log"] == "not known for any home on the second day"
    assert left_out["registered_months"] == "not known for any home on the first and the second day"
    assert columns(compared[1])["owner_homes_log"]["distance"] is None


def test_comparing_the_same_days_again_adds_nothing(compared: tuple[Engine, DriftReport], tmp_path: Path) -> None:
    engine, report = compared
    again = compare_days(engine, BEFORE, AFTER, now=NOW + timedelta(days=1), folder=tmp_path)
    assert again == report
    with read_session(engine) as session:
        assert session.scalar(select(func.count()).select_from(DriftReport)) == 1


def test_a_day_without_homes_cannot_be_compared(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(NoHomesOnDay, match="no children's home is known on 2020-03-31"):
        compare_days(sqlite_engine, BEFORE, AFTER, now=NOW, folder=tmp_path)


def test_the_age_of_judgements_is_compared_though_no_single_home_looks_overdue(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    publish(sqlite_engine, BEFORE, [home(number, BEFORE) for number in range(1, 30)])
    publish(sqlite_engine, AFTER, [home(number, AFTER, overall=None) for number in range(1, 30)])
    found = columns(compare_days(sqlite_engine, BEFORE, AFTER, now=NOW, folder=tmp_path))
    assert found["inspection_months"]["has_drifted"]
    assert not found["inspection_months_over_usual"]["has_drifted"]
