"""Computes the figures and facts of a model's card: how well it does, its data and its limits."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from risk import measure
from risk.features import FEATURES_BY_NAME, SCOPE
from risk.fitting import (
    MIN_LEAVERS,
    FittedModel,
    HomeRows,
    ListYear,
    limit_to_one_thread,
    logistic_pipeline,
    out_of_fold_scores,
    stack_years,
)
from risk.fitting import SEED as FITTING_SEED
from risk.measure import FloatArray, round_figure

BOOTSTRAP_SEED = 1  # of the bootstrap
OWNERS_SINCE = "2018-03-31"  # the first list that names owners
SHUFFLES = 10  # of each feature, for its importance
PLAIN_FEATURES = ("overall_rank", "inspection_months_over_usual", "places_log", "is_local_authority", "is_voluntary")

OUTCOME = (
    "A children's home on one yearly list of the register is no longer on the next one, a year later. Counted only "
    "where both lists have children's homes; a home that became another kind of setting has not left."
)
INTENDED_USE = (
    "One column beside the regime's verdict, to decide whose file to open first. It changes a level only through a "
    "rule of the regime that says so."
)
NOT_CLAIMED = (
    "Not a probability of failure: most homes leave because their owner closes, moves or re-registers them, few by "
    "enforcement. The lists do not say which.",
    "A home that is registered anew under another number counts as having left.",
    "Not about homes that were never inspected: until 2020 the lists have only inspected homes, so nothing was learnt "
    "about the others, and they get no probability.",
    "Not causal: a feature that raises the odds is a sign, not a lever.",
    "Not about any other kind of provider, and not for days up to the last outcome it learnt from.",
)
MODEL_LIMITS = (
    "One register, one reading a year: what happens between two lists is seen at the second.",
    "Judgements published after a list's day are not known on it, even where the same file has them.",
    "The lists of 2015 and 2016 give no publication dates, that of 2015 no places, those before 2018 no owners: "
    "unknown is the median with a column that says so, and that column also tells the years apart. Owners who are "
    "private persons are not in the ledger and count as unknown.",
    "A few judgements from before 2015 are known from later lists only, so only of homes that stayed.",
    "Names and addresses of homes are redacted, so homes that reopen at the same address cannot be found.",
    "Between two lists, newer judgements are known only of homes that the next list still has: judge the past on the "
    "days of lists only.",
    "In 2020-21 there were hardly any inspections: judgements are older there than in any year learnt from.",
)


def appraise(
    fitted: FittedModel, sample: HomeRows, training_years: Sequence[ListYear], test_years: Sequence[ListYear]
) -> dict[str, Any]:
    """The card, ready for JSON."""
    with limit_to_one_thread():
        return _build_card(fitted, sample, training_years, test_years)


def _build_card(
    fitted: FittedModel, sample: HomeRows, training_years: Sequence[ListYear], test_years: Sequence[ListYear]
) -> dict[str, Any]:
    base_rate = float(sample.left.mean())
    return {
        "title": "A children's home leaves the register within twelve months",
        "outcome": OUTCOME,
        "covers": SCOPE,
        "intended_use": INTENDED_USE,
        "method": (
            "Logistic regression (L2), unknown values replaced by the median with a column that says so, calibrated by "
            "a sigmoid on scores of folds grouped by home. Features and penalty were chosen on the years fitted on."
        ),
        "outcomes_until": max(year.next_day for year in training_years).isoformat(),
        "fitted_on": {
            "years": [_year_figures(year) for year in training_years],
            "rows": len(sample.left),
            "homes": len(set(sample.homes)),
            "left": int(sample.left.sum()),
            "base_rate": round_figure(base_rate),
        },
        "features": _feature_figures(fitted, sample, test_years),
        "dropped": fitted.dropped_features,
        "cross_validation": _cross_validation(fitted, sample),
        "by_owner": _owner_validation(fitted, sample),
        "challenger": _challenger_figures(fitted, sample),
        "tests": [_test_figures(fitted, sample, year, base_rate) for year in test_years],
        "never_inspected": [_never_inspected_figures(year) for year in (*training_years, *test_years)],
        "not": list(NOT_CLAIMED),
        "limits": list(MODEL_LIMITS),
    }


def _year_figures(year: ListYear) -> dict[str, Any]:
    left = year.left[year.is_inspected]
    return {
        "day": year.day.isoformat(),
        "next_day": year.next_day.isoformat(),
        "homes": len(year.left),
        "inspected": len(left),
        "left": int(left.sum()),
        "base_rate": round_figure(left.mean()),
    }


def _never_inspected_figures(year: ListYear) -> dict[str, Any]:
    left = year.left[~year.is_inspected]
    rate = round_figure(left.mean()) if len(left) else None
    return {"day": year.day.isoformat(), "homes": len(left), "left": int(left.sum()), "base_rate": rate}


def _feature_figures(fitted: FittedModel, sample: HomeRows, test_years: Sequence[ListYear]) -> list[dict[str, Any]]:
    """Each feature with its weight (log-odds for one standard deviation) and what shuffling it costs on the tests."""
    weights = fitted.pipeline[-1].coef_[0] * fitted.slope
    unknown = dict(zip(fitted.pipeline[0].indicator_.features_, weights[len(fitted.feature_names) :], strict=True))
    costs = _feature_importances(fitted, stack_years(test_years)) if test_years else {}
    values = sample.feature_columns(fitted.feature_names)
    return [
        {
            "name": name,
            "title": FEATURES_BY_NAME[name].title,
            "form": FEATURES_BY_NAME[name].form.value,
            "why": FEATURES_BY_NAME[name].why,
            "known_share": round_figure(np.mean(~np.isnan(values[:, number]))),
            "mean": round_figure(np.nanmean(values[:, number])),
            "standard_deviation": round_figure(np.nanstd(values[:, number])),
            "log_odds_per_standard_deviation": round_figure(weights[number]),
            "log_odds_of_unknown": round_figure(unknown[number]) if number in unknown else None,
            "auc_lost_when_shuffled": costs.get(name),
        }
        for number, name in enumerate(fitted.feature_names)
    ]


def _feature_importances(fitted: FittedModel, sample: HomeRows) -> dict[str, float]:
    """The AUC lost on the test years when one feature is shuffled among homes (mean of ten shuffles)."""
    from sklearn.inspection import permutation_importance

    result = permutation_importance(
        fitted.pipeline,
        sample.feature_columns(fitted.feature_names),
        sample.left,
        scoring="roc_auc",
        n_repeats=SHUFFLES,
        random_state=BOOTSTRAP_SEED,
    )
    return {name: round_figure(lost) for name, lost in zip(fitted.feature_names, result.importances_mean, strict=True)}


def _cross_validation(fitted: FittedModel, sample: HomeRows) -> dict[str, Any]:
    weights = measure.bootstrap_weights(sample.homes, BOOTSTRAP_SEED)
    last_grade = sample.feature_columns(("overall_rank",))[:, 0]
    return {
        "grouped_by": "home",
        **measure.ordering_figures(fitted.out_of_fold, sample.left, weights),
        "below_good_or_not": measure.auc_with_interval(_is_below_good(last_grade), sample.left, weights),
        "last_grade_alone": measure.auc_with_interval(last_grade, sample.left, weights),
    }


def _owner_validation(fitted: FittedModel, sample: HomeRows) -> dict[str, Any] | None:
    """The same rows cross-validated by owner and by home, to see whether the model only learnt the owners."""
    owned = sample.select_rows((sample.days >= OWNERS_SINCE) & (sample.owners != ""))
    if owned.left.sum() < MIN_LEAVERS:
        return None
    values = owned.feature_columns(fitted.feature_names)
    weights = measure.bootstrap_weights(owned.owners, BOOTSTRAP_SEED)
    by_owner = out_of_fold_scores(logistic_pipeline(), values, owned.left, owned.owners)
    by_home = out_of_fold_scores(logistic_pipeline(), values, owned.left, owned.homes)
    return {
        "since": OWNERS_SINCE,
        "rows": len(owned.left),
        "owners": len(set(owned.owners)),
        "left": int(owned.left.sum()),
        "grouped_by_owner": measure.auc_with_interval(by_owner, owned.left, weights),
        "grouped_by_home": measure.auc_with_interval(by_home, owned.left, weights),
    }


def _challenger_figures(fitted: FittedModel, sample: HomeRows) -> dict[str, Any]:
    """Gradient boosting on the same folds: kept only as a yardstick, since its reasons cannot be added up."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    boosting = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=60, max_leaf_nodes=4, min_samples_leaf=100, random_state=FITTING_SEED
    )
    scores = out_of_fold_scores(boosting, sample.feature_columns(fitted.feature_names), sample.left, sample.homes)
    weights = measure.bootstrap_weights(sample.homes, BOOTSTRAP_SEED)
    return {
        "method": "gradient boosting (60 trees of 4 leaves), same folds grouped by home",
        **measure.auc_with_interval(scores, sample.left, weights),
        "gains_over_the_model": measure.auc_difference(scores, fitted.out_of_fold, sample.left, weights),
    }


def _test_figures(fitted: FittedModel, sample: HomeRows, year: ListYear, base_rate: float) -> dict[str, Any]:
    """One year that fitted and chose nothing."""
    test = stack_years([year])
    weights = measure.bootstrap_weights(test.homes, BOOTSTRAP_SEED)
    probabilities = fitted.probability(test)
    known = [name for name in PLAIN_FEATURES if name in fitted.feature_names]
    plain = (
        logistic_pipeline()
        .fit(sample.feature_columns(known), sample.left)
        .decision_function(test.feature_columns(known))
    )
    last_grade = test.feature_columns(("overall_rank",))[:, 0]
    return {
        **_year_figures(year),
        **measure.ordering_figures(probabilities, test.left, weights),
        "calibration": measure.calibration_figures(probabilities, test.left, base_rate),
        "baselines": {
            "below_good_or_not": measure.ordering_figures(_is_below_good(last_grade), test.left, weights),
            "last_grade_alone": measure.ordering_figures(last_grade, test.left, weights),
            "plain_model": {"features": known, **measure.ordering_figures(plain, test.left, weights)},
        },
        "gains_over_last_grade": measure.auc_difference(probabilities, last_grade, test.left, weights),
        "gains_over_plain_model": measure.auc_difference(probabilities, plain, test.left, weights),
        "all_listed_homes": _all_listed_figures(year),
    }


def _is_below_good(ranks: FloatArray) -> FloatArray:
    return np.asarray(np.nan_to_num(ranks) > 2, dtype=np.float64)


def _all_listed_figures(year: ListYear) -> dict[str, float]:
    """AUC of the last grade over all listed homes: one never inspected is not below good, and between 2 and 3."""
    ranks = np.asarray(year.table["overall_rank"].to_numpy(zero_copy_only=False), dtype=np.float64)
    return {
        "below_good_or_not": round_figure(measure.auc(_is_below_good(ranks), year.left)),
        "last_grade_alone": round_figure(measure.auc(np.nan_to_num(ranks, nan=2.5), year.left)),
    }
