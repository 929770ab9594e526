import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from risk import measure


def test_auc_is_that_of_scikit_learn_with_ties_and_weights() -> None:
    random = np.random.default_rng(0)
    scores = random.integers(0, 5, 300).astype(float)
    left = random.integers(0, 2, 300).astype(float)
    weights = random.integers(0, 3, (2, 300)).astype(float)
    expected = [roc_auc_score(left, scores, sample_weight=row) for row in weights]
    assert measure.weighted_aucs(scores, left, weights) == pytest.approx(expected)
    assert measure.auc(scores, left) == pytest.approx(roc_auc_score(left, scores))


def test_a_draw_in_which_nobody_left_says_nothing() -> None:
    weights = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    found = measure.weighted_aucs(np.array([1.0, 3.0, 2.0]), np.array([0.0, 1.0, 0.0]), weights)
    assert np.isnan(found[0])
    assert measure.middle_interval(found) == [1.0, 1.0]


def test_a_homes_years_are_drawn_together() -> None:
    weights = measure.bootstrap_weights(np.array(["b", "a", "b", "c"]), seed=1)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert set(weights[:, [0, 1, 3]].sum(axis=1)) == {3.0}


def test_homes_tied_at_the_edge_of_the_riskiest_count_in_part() -> None:
    scores = np.array([9.0, *[5.0] * 4, *[1.0] * 15])
    left = np.array([1.0, 1.0, 1.0, 0.0, 0.0, *[0.0] * 15])
    found = {share: measure.recall_at(scores, left, share) for share in (5, 15, 25)}
    assert found == {5: pytest.approx(1 / 3), 15: pytest.approx(2 / 3), 25: pytest.approx(1)}


def test_a_gain_is_measured_on_the_same_draws() -> None:
    random = np.random.default_rng(0)
    left = random.integers(0, 2, 200).astype(float)
    scores = left + random.normal(size=200)
    weights = measure.bootstrap_weights(np.arange(200), seed=1)
    assert measure.auc_difference(scores, scores, left, weights) == {"auc": 0.0, "interval": [0.0, 0.0]}
    assert measure.auc_difference(scores, random.normal(size=200), left, weights)["interval"][0] > 0


def test_the_calibration_table_sets_what_was_said_beside_what_happened() -> None:
    probabilities = np.array([0.1] * 8 + [0.5] * 2)
    left = np.array([0.0] * 8 + [1.0, 0.0])
    found = measure.calibration_figures(probabilities, left, base_rate=0.1)
    assert found["expected_to_leave"] == 1.8
    assert found["left"] == 1
    assert found["brier"] == pytest.approx((8 * 0.01 + 2 * 0.25) / 10)
    assert found["brier_of_the_base_rate"] == pytest.approx((9 * 0.01 + 0.81) / 10)
    assert found["table"][-1] == {
        "homes": 2,
        "lowest": 0.5,
        "highest": 0.5,
        "mean_probability": 0.5,
        "share_that_left": 0.5,
    }
