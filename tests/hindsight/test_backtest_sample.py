"""The sample in hindsight: first days, lead days, and nothing that became public later."""

import json
from datetime import date

import pytest

from hindsight.backtest_sample import run_sample_backtest, sample_backtest_json
from indicators.ledger.as_of import as_of
from models.vocabulary import Level, View
from regimes.schema import shipped_regimes
from risk.score import assess_providers

UNTIL = date(2026, 1, 1)
DAYS = [date(2014, 3, 5), date(2016, 3, 3), date(2017, 9, 29), date(2018, 1, 3), date(2018, 1, 31)]
HOUSE = [regime for key, regime in shipped_regimes().items() if key.startswith("house_")]


@pytest.fixture(scope="module")
def found(sample):
    return run_sample_backtest(sample, HOUSE, days=DAYS, until=UNTIL)


def of(found, name):
    return next(history for history in found.histories if history.provider == f"CW-SAMPLE-{name}")


def test_a_failure_has_the_first_day_at_each_level_and_its_lead_days(found):
    carillion = of(found, "carillion")

    assert (carillion.name, carillion.ending.event, carillion.ending.ended_on) == (
        "Carillion plc",
        "outcome_failed",
        date(2018, 1, 15),
    )
    assert carillion.has_ended
    first = {level: reached.first_on for level, reached in carillion.levels_reached.items()}
    assert first[Level.CRITICAL] == DAYS[2]
    assert first[Level.WATCH] <= first[Level.CONCERN] <= first[Level.CRITICAL]
    assert carillion.lead_days(Level.CRITICAL) == 108
    assert "repeated_profit_warnings" in carillion.levels_reached[Level.CRITICAL].rules
    assert carillion.levels_reached[Level.CRITICAL].finding.startswith("Repeated warnings to the market")


def test_days_at_a_level_end_with_the_provider(found):
    carillion = of(found, "carillion")
    # critical on 29 September 2017 and 3 January 2018, and failed on the 15th
    assert carillion.days_at(Level.CRITICAL) == 96 + 12
    assert carillion.at_level_since(Level.CRITICAL) == DAYS[2]
    assert [day for day, _, _ in carillion.scored_spans] == DAYS[:4]


def test_a_survivor_has_days_at_its_levels_and_no_lead_days(found):
    capita = of(found, "capita")

    assert (capita.ending.event, capita.has_ended) == ("outcome_survived", False)
    assert capita.levels_reached
    assert [capita.lead_days(level) for level in capita.levels_reached] == [None] * len(capita.levels_reached)
    assert sum(capita.days_at(level) for level in Level) == (DAYS[-1] - capita.scored_spans[0][0]).days


def test_failures_come_first_and_who_was_never_covered_is_named(found):
    ended = [history.has_ended for history in found.histories]
    assert ended == sorted(ended, reverse=True)
    assert ("CW-SAMPLE-turning-point", "Turning Point") in found.never_covered


def test_textbook_scores_stand_beside_at_the_last_accounts_before_the_end(found):
    scores = {score.key: score for score in of(found, "carillion").scores}

    assert scores["springate"].accounts_on == date(2016, 12, 31)
    assert scores["springate"].zone == "distress"
    assert scores["altman_z2"].missing == ("Profit and loss account (reserve)",)
    assert scores["taffler"].missing == ("Depreciation of the year",)


def test_json_has_the_documented_keys(found):
    said = sample_backtest_json(found)
    carillion = next(one for one in said["providers"] if one["id"] == "CW-SAMPLE-carillion")

    assert " ".join(said) == "from to days providers never_covered"
    assert " ".join(carillion) == "id name regime outcome failed levels days_at last_level scores"
    assert carillion["levels"]["critical"]["lead_days"] == 108
    assert carillion["scores"]["altman_z2"]["value"] is None
    assert json.loads(json.dumps(said)) == said


LEAKS = [  # what happened early and became public late, and days before that on which it must say nothing
    ("carillion", "house_suppliers", "2018-05-23", [date(2016, 12, 31), date(2017, 11, 30), date(2018, 1, 14)]),
    ("working-links", "house_suppliers", "2019-02-15", [date(2018, 11, 30), date(2019, 2, 14)]),
    ("kids-company", "house_charities", "2015-10-29", [date(2014, 10, 31), date(2015, 7, 2), date(2015, 8, 4)]),
]


@pytest.mark.parametrize(("slug", "regime", "known_on", "days"), LEAKS, ids=[leak[0] for leak in LEAKS])
def test_what_became_public_later_influences_no_earlier_day(sample, sample_without, slug, regime, known_on, days):
    """A ledger that never hears of it says the same of every day before."""
    ignorant = sample_without(slug, known_on)
    late = date.fromisoformat(known_on)

    assert rows_of(sample, slug, late) > rows_of(ignorant, slug, late)
    for day in days:
        assert said_of(sample, slug, regime, day) == said_of(ignorant, slug, regime, day) != []


def rows_of(engine, slug, day):
    with as_of(engine, day, view=View.OPEN) as known:
        query = "SELECT count(*) FROM observation JOIN subject ON subject.id = subject_id WHERE key = $key"
        return known.sql(query, key=f"CW-SAMPLE-{slug}").fetchall()[0][0]


def said_of(engine, slug, regime, day):
    """Levels and findings, without the numbers of the rows they rest on."""
    with as_of(engine, day, view=View.OPEN) as known:
        verdicts = assess_providers(known, [shipped_regimes()[regime]]).verdicts
    return [
        (verdict.level, verdict.principles, [finding | {"seqs": None} for finding in json.loads(verdict.findings)])
        for verdict in verdicts
        if verdict.provider == f"CW-SAMPLE-{slug}"
    ]
