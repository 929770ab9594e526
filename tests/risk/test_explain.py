"""The parts of a probability, in figures and in words."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from indicators.ledger.as_of import as_of
from risk import fitting
from risk.explain import describe_contribution, explain_home, feature_contributions
from risk.features import feature_matrix, home_features
from risk.model import (
    MODEL_KEY,
    FailureModel,
)
from tests.risk.conftest import DAY, OUTCOMES_UNTIL
from tests.risk.homes import urn
from tests.risk.test_fitting import sample_of_known_truth


def test_the_parts_of_an_explanation_add_up_to_the_probability(engine_with_homes: Engine, loaded: FailureModel) -> None:
    with as_of(engine_with_homes, DAY) as known:
        found = explain_home(known, loaded, urn(2))
        home_values = feature_matrix(home_features(known), loaded.feature_names)[:1]
        nobody = [explain_home(known, loaded, subject) for subject in (urn(1), urn(3), "GB-CHC-1068298")]
        too_early = explain_home(known, replace(loaded, outcomes_until=DAY), urn(2))
    assert found is not None
    log_odds = math.log(found.average / (1 - found.average)) + sum(part.log_odds for part in found.contributions)
    assert found.probability == pytest.approx(1 / (1 + math.exp(-log_odds)))
    assert found.probability == pytest.approx(loaded.probability(home_values)[0])
    assert [abs(part.log_odds) for part in found.contributions] == sorted(
        (abs(part.log_odds) for part in found.contributions), reverse=True
    )
    assert nobody == [None, None, None]
    assert too_early is None


def test_an_unknown_value_counts_with_its_feature(tmp_path: Path) -> None:
    sample, _ = sample_of_known_truth(2000)
    values = sample.feature_values.copy()
    position = fitting.FEATURE_NAMES.index("places_log")
    values[::4, position] = np.nan
    sample = replace(sample, feature_values=values)
    fitted = fitting.fit_model(sample)
    mine = FailureModel(
        "", MODEL_KEY, OUTCOMES_UNTIL, fitted.feature_names, fitted.pipeline, fitted.slope, fitted.intercept
    )
    rows = sample.feature_columns(fitted.feature_names)
    parts = feature_contributions(mine, rows)
    average = mine.slope * fitted.pipeline[-1].intercept_[0] + mine.intercept
    assert parts.shape == rows.shape
    assert average + parts.sum(axis=1) == pytest.approx(mine.log_odds(rows))


def test_a_contribution_reads_as_a_sentence() -> None:
    assert [
        describe_contribution("overall_rank", 4.0, math.log(3.2)),
        describe_contribution("owner_homes_log", math.log(5), math.log(0.75)),
        describe_contribution("places_log", float("nan"), 0.0),
        describe_contribution("owner_share_below_good", 0.5, math.log(1.1)),
        describe_contribution("is_voluntary", 0.0, -0.001),
        describe_contribution("grade_change", -1.0, math.log(1.5)),
    ] == [
        "overall judgement: inadequate - raises the odds by 220%",
        "homes of the same owner, this one included: 5 - lowers the odds by 25%",
        "places: not known - makes hardly any difference",
        "share of the owner's other homes judged below good: 50% - raises the odds by 10%",
        "run by a charity: no - makes hardly any difference",
        "grades lost since the judgement before (below zero: won): -1.0 - raises the odds by 50%",
    ]
