"""The changes between two runs are split into new data, the regime's version and the model's."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows import day as steps
from flows.sample import SAMPLES
from hindsight.attribution import NothingToExplain, NumberChange, attribute_changes
from hindsight.attribution_report import attribution_json, describe_change
from hindsight.differences import section_scores
from indicators.parsed_records import ObservationRecord
from indicators.sources import casebook
from models.vocabulary import DateBasis, Level
from regimes.schema import DEFINITIONS
from risk.score import assess_providers
from risk.train import train
from settings import Settings
from tests.regimes.builder import Known, reading
from tests.regimes.small import ONE, small_regime
from tests.regimes.weighted import TWO, regime, scored
from tests.risk.homes import home, publish, urn

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FIRST, LATER = date(2017, 7, 10), date(2017, 9, 29)
CARILLION = "CW-SAMPLE-carillion"
SUPPLIERS = (DEFINITIONS / "house_suppliers.yaml").read_text(encoding="utf-8")
# One warning more is asked for, so that two of them are no more than a concern.
THREE_WARNINGS = re.sub(
    "^version: .*$", "version: 99", SUPPLIERS.replace("at_least: 2\n", "at_least: 3\n", 1), flags=re.M
)


def opened(engine, home_folder):
    settings = Settings(home=home_folder, database_url=engine.url.render_as_string(hide_password=False))
    return steps.open_day(settings, now=NOW)


@pytest.fixture
def day(sqlite_engine, tmp_path):
    """The sample's facts, scored on the day of Carillion's first warning."""
    day = opened(sqlite_engine, tmp_path / "home")
    day.sources, day.only_file_channel = (casebook,), True
    steps.pull(day, Path(SAMPLES))
    steps.observe(day)
    score(day, FIRST)
    return day


def score(day, on):
    steps.score(replace(day, day=on))  # a day reads the regimes once


def adopt(day, text, name="own.yaml"):
    folder = day.settings.home / "regimes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    vars(day).pop("scoring_inputs", None)  # a day reads the regimes once; the next command would be a new day


def of_carillion(day):
    """The changes between the two days, by the rules for suppliers."""
    found = attribute_changes(day.engine, day.settings, CARILLION, FIRST, LATER, audiences=None)
    return next(change for change in found.changes if change.regime == "house_suppliers")


def test_with_the_same_rules_the_change_is_new_data(day):
    score(day, LATER)
    change = of_carillion(day)
    assert change.levels == (Level.CONCERN, Level.CRITICAL, Level.CRITICAL, Level.CRITICAL)
    assert change.levels_alone == {"data": Level.CRITICAL, "regime": Level.CONCERN, "model": Level.CONCERN}
    assert "repeated_profit_warnings" in change.rules["data"]
    assert (change.rules["regime"], change.remainder, change.stored_levels) == ((), 0, (Level.CONCERN, Level.CRITICAL))
    assert describe_change(change)[:2] == [
        "house_suppliers: concern -> critical",
        f"  new data: concern -> critical ({', '.join(change.rules['data'])})",
    ]


def test_another_version_of_the_regime_is_told_from_new_data(day):
    adopt(day, THREE_WARNINGS)
    score(day, LATER)
    change = of_carillion(day)
    assert change.levels == (Level.CONCERN, Level.CRITICAL, Level.CONCERN, Level.CONCERN)
    assert change.rules["regime"] == ("repeated_profit_warnings",)
    # Alone the new version changes nothing and the data one level; together nothing: that is the remainder.
    assert (change.levels_alone["regime"], change.levels_alone["data"], change.remainder) == (
        Level.CONCERN,
        Level.CRITICAL,
        -1,
    )
    assert not change.has_changed
    notes = attribute_changes(day.engine, day.settings, CARILLION, FIRST, LATER, audiences=None).notes
    assert "house_suppliers had another version then" in notes


def test_of_all_providers_those_are_given_that_changed(day):
    score(day, LATER)
    found = attribute_changes(day.engine, day.settings, None, FIRST, LATER, audiences=None)

    assert CARILLION in {change.provider for change in found.changes}
    assert all(change.has_changed for change in found.changes)
    assert attribution_json(found)["since"] == {"run": found.before.id, "day": "2017-07-10"}


def test_two_days_of_one_run_have_nothing_to_explain(day):
    with pytest.raises(NothingToExplain, match="lead to the same run, of 2017-07-10; give an earlier day"):
        attribute_changes(day.engine, day.settings, CARILLION, FIRST, LATER, audiences=None)
    with pytest.raises(NothingToExplain, match="no day up to 2000-01-01 was scored"):
        attribute_changes(day.engine, day.settings, CARILLION, date(2000, 1, 1), LATER, audiences=None)


def test_steps_add_up_to_the_whole_and_the_remainder_is_what_is_left():
    split = NumberChange(
        1.0, 4.0, {"data": 2.0, "regime": 1.0, "model": 0.0}, {"data": 2.0, "regime": 0.5, "model": 0.0}
    )
    assert (split.total, split.remainder) == (3.0, 0.5)
    assert sum(split.steps.values()) == split.total

    unknown = NumberChange(
        None, 4.0, dict.fromkeys(("data", "regime", "model")), dict.fromkeys(("data", "regime", "model"))
    )
    assert (unknown.total, unknown.remainder) == (None, None)


def test_another_model_changes_the_probability_alone(sqlite_engine, tmp_path):
    day = opened(sqlite_engine, tmp_path / "home")
    days = [date(year, 3, 31) for year in range(2016, 2023)]
    provision = "Children's home"
    for number, on in enumerate(days):
        rows = []
        for key in range(number * 12, number * 12 + 150):  # twelve go each year, and twelve come
            grade = 4 if key < number * 12 + (10 if number < 2 else 4) else 2  # the bad ones more often, at first
            row = home(key, on, overall=grade, places=key % 7 + 1)
            rows.append([*row, ObservationRecord(urn(key), "provision_type", provision, on, DateBasis.SNAPSHOT)])
        publish(day.engine, on, rows)
    folder = day.settings.home / "models"
    train(day.engine, now=NOW, model_dir=folder, outcomes_until=date(2018, 3, 31))
    score(day, days[-1])
    train(day.engine, now=NOW, model_dir=folder, outcomes_until=date(2020, 3, 31))
    later = date(2022, 4, 30)
    score(day, later)

    (change,) = attribute_changes(day.engine, day.settings, urn(100), days[-1], later, audiences=None).changes
    assert change.levels[0] is change.levels[-1]
    assert change.probability.steps["regime"] == 0.0
    assert change.probability.steps["model"] != 0.0
    assert sum(change.probability.steps.values()) == pytest.approx(change.probability.total, abs=1e-6)
    assert any(line.startswith("  probability: 0.") and "model version" in line for line in describe_change(change))


def test_the_score_of_a_section_is_what_its_findings_add_up_to():
    verdict = scored(regime(*TWO), net_assets=-1.0, turnover=0.0)  # 3 and 4, of equal weight
    assert section_scores(verdict) == {"accountability": 3.5}

    with reading({ONE: {"name": "One", "net_assets": Known(-5.0, "2020-12-31")}}) as known:
        assert section_scores(assess_providers(known, [small_regime()]).verdicts[0]) == {}
