"""The fit of the failure model on rows of known truth."""

import numpy as np
import pytest

from risk import measure
from risk.features import FEATURE_NAMES
from risk.fitting import HomeRows, NothingToLearn, choose_features, fit_model, out_of_fold_scores
from risk.model import dump_model

TRUE = {"overall_rank": 0.8, "grade_change": 0.0, "places_log": -0.5, "owner_homes_log": -0.3}


TRUE_INTERCEPT = -3.5


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def sample_of_known_truth(rows: int, seed: int = 0) -> tuple[HomeRows, np.ndarray]:
    """Rows whose probabilities of leaving we know; every home has two years."""
    random = np.random.default_rng(seed)
    values = np.full((rows, len(FEATURE_NAMES)), np.nan)
    log_odds = np.full(rows, TRUE_INTERCEPT)
    for name, weight in TRUE.items():
        column = random.choice([1.0, 2.0, 3.0, 4.0], rows) if name == "overall_rank" else random.normal(size=rows)
        values[:, FEATURE_NAMES.index(name)] = column
        log_odds += weight * column
    left = (random.random(rows) < sigmoid(log_odds)).astype(float)
    homes = np.array([f"home-{row // 2}" for row in range(rows)], dtype=object)
    days = np.full(rows, "2019-03-31", dtype=object)
    return HomeRows(values, left, homes, np.full(rows, "", dtype=object), days), sigmoid(log_odds)


def test_a_fit_recovers_the_weights_that_made_the_data() -> None:
    fitted = fit_model(sample_of_known_truth(12_000)[0])
    _, scaler, regression = (step for _, step in fitted.pipeline.steps)
    weights = dict(zip(fitted.feature_names, regression.coef_[0] * fitted.slope / scaler.scale_, strict=True))
    assert weights == pytest.approx(TRUE, abs=0.1)


def test_probabilities_are_calibrated() -> None:
    fitted = fit_model(sample_of_known_truth(12_000)[0])
    fresh, truth = sample_of_known_truth(12_000, seed=1)
    said = fitted.probability(fresh)
    assert np.abs(said - truth).mean() < 0.02
    for band in measure.calibration_figures(said, fresh.left, fresh.left.mean())["table"]:
        assert band["share_that_left"] == pytest.approx(band["mean_probability"], abs=0.03)


def test_shuffled_outcomes_teach_nothing() -> None:
    sample, _ = sample_of_known_truth(8_000)
    shuffled = np.random.default_rng(3).permutation(sample.left)
    fitted = fit_model(HomeRows(sample.feature_values, shuffled, sample.homes, sample.owners, sample.days))
    found = measure.auc_with_interval(fitted.out_of_fold, shuffled, measure.bootstrap_weights(sample.homes, 1))
    assert found["interval"][0] < 0.5 < found["interval"][1] + 0.02
    assert np.ptp(fitted.out_of_fold) < 0.05


def test_the_same_rows_give_the_same_file_to_the_byte() -> None:
    sample, _ = sample_of_known_truth(4000)
    files = [
        dump_model({"pipeline": fitted.pipeline, "slope": fitted.slope})
        for fitted in (fit_model(sample), fit_model(sample))
    ]
    assert files[0] == files[1]


def test_a_home_is_never_scored_by_a_model_that_saw_it() -> None:
    """A model that learns homes by heart must be lost: the years of a home are kept in one fold."""
    from sklearn.tree import DecisionTreeRegressor

    class ByHeart(DecisionTreeRegressor):
        classes_ = np.array([0.0, 1.0])

        def decision_function(self, values: np.ndarray) -> np.ndarray:
            return self.predict(values)

    random = np.random.default_rng(5)
    homes = np.repeat(np.arange(1000), 2)
    left = np.repeat(random.integers(0, 2, 1000), 2).astype(float)
    values = random.permutation(1000)[homes].reshape(-1, 1).astype(float)
    model = ByHeart(random_state=0)
    assert measure.auc(model.fit(values, left).predict(values), left) == 1.0
    assert measure.auc(out_of_fold_scores(model, values, left, homes), left) == pytest.approx(0.5, abs=0.05)


def test_columns_hardly_known_or_always_the_same_are_dropped_with_the_reason() -> None:
    sample, _ = sample_of_known_truth(3000)
    values = sample.feature_values.copy()
    values[:, FEATURE_NAMES.index("is_suspended")] = 0.0
    values[:900, FEATURE_NAMES.index("registered_months")] = np.arange(900)
    names, dropped = choose_features(HomeRows(values, sample.left, sample.homes, sample.owners, sample.days))
    assert names == tuple(name for name in FEATURE_NAMES if name in TRUE)
    assert dropped["is_suspended"] == "the same for every home in the years fitted on"
    assert dropped["registered_months"].startswith("known for 30% of the rows")
    assert dropped["is_voluntary"].startswith("known for 0% of the rows")


def test_too_few_homes_that_left_teach_nothing() -> None:
    sample, _ = sample_of_known_truth(100)
    with pytest.raises(NothingToLearn, match="homes left the register"):
        fit_model(HomeRows(sample.feature_values, np.zeros(100), sample.homes, sample.owners, sample.days))
