"""What a fitted model is worth, what it was fitted on and what it is not: the figures and facts of its card."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from risk import measure
from risk.features import BY_NAME, SCOPE
from risk.fitting import LEAST_LEAVERS, Fitted, Sample, Year, logistic, one_thread, out_of_fold, stacked
from risk.fitting import SEED as FITTING_SEED
from risk.measure import Floats, rounded

SEED = 1  # of the bootstrap
OWNERS_SINCE = "2018-03-31"  # the first list that names owners
SHUFFLES = 10  # of each feature, for its importance
PLAIN = ("overall_rank", "inspection_months_over_usual", "places_log", "is_local_authority", "is_voluntary")

OUTCOME = (
    "A children's home on one yearly list of the register is no longer on the next one, a year later. Counted only "
    "where both lists have children's homes; a home that became another kind of setting has not left."
)
INTENDED_USE = (
    "One column beside the regime's verdict, to decide whose file to open first. It changes a level only through a "
    "rule of the regime that says so."
)
NOT = (
    "Not a probability of failure: most homes leave because their owner closes, moves or re-registers them, few by "
    "enforcement. The lists do not say which.",
    "A home that is registered anew under another number counts as having left.",
    "Not about homes that were never inspected: until 2020 the lists have only inspected homes, so nothing was learnt "
    "about the others, and they get no probability.",
    "Not causal: a feature that raises the odds is a sign, not a lever.",
    "Not about any other kind of provider, and not for days up to the last outcome it learnt from.",
)
LIMITS = (
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


def appraise(fitted: Fitted, sample: Sample, learnt: Sequence[Year], tests: Sequence[Year]) -> dict[str, Any]:
    """The card, ready for JSON."""
    with one_thread():
        return _card(fitted, sample, learnt, tests)


def _card(fitted: Fitted, sample: Sample, learnt: Sequence[Year], tests: Sequence[Year]) -> dict[str, Any]:
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
        "outcomes_until": max(year.next_day for year in learnt).isoformat(),
        "fitted_on": {
            "years": [_year(year) for year in learnt],
            "rows": len(sample.left),
            "homes": len(set(sample.homes)),
            "left": int(sample.left.sum()),
            "base_rate": rounded(base_rate),
        },
        "features": _features(fitted, sample, tests),
        "dropped": fitted.dropped,
        "cross_validation": _cross_validation(fitted, sample),
        "by_owner": _by_owner(fitted, sample),
        "challenger": _challenger(fitted, sample),
        "tests": [_test(fitted, sample, year, base_rate) for year in tests],
        "never_inspected": [_never_inspected(year) for year in (*learnt, *tests)],
        "not": list(NOT),
        "limits": list(LIMITS),
    }


def _year(year: Year) -> dict[str, Any]:
    left = year.left[year.is_inspected]
    return {
        "day": year.day.isoformat(),
        "next_day": year.next_day.isoformat(),
        "homes": len(year.left),
        "inspected": len(left),
        "left": int(left.sum()),
        "base_rate": rounded(left.mean()),
    }


def _never_inspected(year: Year) -> dict[str, Any]:
    left = year.left[~year.is_inspected]
    rate = rounded(left.mean()) if len(left) else None
    return {"day": year.day.isoformat(), "homes": len(left), "left": int(left.sum()), "base_rate": rate}


def _features(fitted: Fitted, sample: Sample, tests: Sequence[Year]) -> list[dict[str, Any]]:
    """Each feature with its weight (log-odds for one standard deviation) and what shuffling it costs on the tests."""
    weights = fitted.pipeline[-1].coef_[0] * fitted.slope
    unknown = dict(zip(fitted.pipeline[0].indicator_.features_, weights[len(fitted.names) :], strict=True))
    costs = _importances(fitted, stacked(tests)) if tests else {}
    values = sample.columns(fitted.names)
    return [
        {
            "name": name,
            "title": BY_NAME[name].title,
            "form": BY_NAME[name].form.value,
            "why": BY_NAME[name].why,
            "known_share": rounded(np.mean(~np.isnan(values[:, number]))),
            "mean": rounded(np.nanmean(values[:, number])),
            "standard_deviation": rounded(np.nanstd(values[:, number])),
            "log_odds_per_standard_deviation": rounded(weights[number]),
            "log_odds_of_unknown": rounded(unknown[number]) if number in unknown else None,
            "auc_lost_when_shuffled": costs.get(name),
        }
        for number, name in enumerate(fitted.names)
    ]


def _importances(fitted: Fitted, sample: Sample) -> dict[str, float]:
    """The AUC lost on the test years when one feature is shuffled among homes (mean of ten shuffles)."""
    from sklearn.inspection import permutation_importance

    result = permutation_importance(
        fitted.pipeline,
        sample.columns(fitted.names),
        sample.left,
        scoring="roc_auc",
        n_repeats=SHUFFLES,
        random_state=SEED,
    )
    return {name: rounded(lost) for name, lost in zip(fitted.names, result.importances_mean, strict=True)}


def _cross_validation(fitted: Fitted, sample: Sample) -> dict[str, Any]:
    weights = measure.draws(sample.homes, SEED)
    last_grade = sample.columns(("overall_rank",))[:, 0]
    return {
        "grouped_by": "home",
        **measure.ordering(fitted.out_of_fold, sample.left, weights),
        "below_good_or_not": measure.auc_with_interval(_below_good(last_grade), sample.left, weights),
        "last_grade_alone": measure.auc_with_interval(last_grade, sample.left, weights),
    }


def _by_owner(fitted: Fitted, sample: Sample) -> dict[str, Any] | None:
    """The same rows cross-validated by owner and by home: is what it learnt about owners, or about their names?"""
    owned = sample.where((sample.days >= OWNERS_SINCE) & (sample.owners != ""))
    if owned.left.sum() < LEAST_LEAVERS:
        return None
    values = owned.columns(fitted.names)
    weights = measure.draws(owned.owners, SEED)
    by_owner = out_of_fold(logistic(), values, owned.left, owned.owners)
    by_home = out_of_fold(logistic(), values, owned.left, owned.homes)
    return {
        "since": OWNERS_SINCE,
        "rows": len(owned.left),
        "owners": len(set(owned.owners)),
        "left": int(owned.left.sum()),
        "grouped_by_owner": measure.auc_with_interval(by_owner, owned.left, weights),
        "grouped_by_home": measure.auc_with_interval(by_home, owned.left, weights),
    }


def _challenger(fitted: Fitted, sample: Sample) -> dict[str, Any]:
    """Gradient boosting on the same folds: kept only as a yardstick, since its reasons cannot be added up."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    boosting = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=60, max_leaf_nodes=4, min_samples_leaf=100, random_state=FITTING_SEED
    )
    scores = out_of_fold(boosting, sample.columns(fitted.names), sample.left, sample.homes)
    weights = measure.draws(sample.homes, SEED)
    return {
        "method": "gradient boosting (60 trees of 4 leaves), same folds grouped by home",
        **measure.auc_with_interval(scores, sample.left, weights),
        "gains_over_the_model": measure.difference(scores, fitted.out_of_fold, sample.left, weights),
    }


def _test(fitted: Fitted, sample: Sample, year: Year, base_rate: float) -> dict[str, Any]:
    """One year that fitted and chose nothing."""
    test = stacked([year])
    weights = measure.draws(test.homes, SEED)
    probabilities = fitted.probability(test)
    known = [name for name in PLAIN if name in fitted.names]
    plain = logistic().fit(sample.columns(known), sample.left).decision_function(test.columns(known))
    last_grade = test.columns(("overall_rank",))[:, 0]
    return {
        **_year(year),
        **measure.ordering(probabilities, test.left, weights),
        "calibration": measure.calibration(probabilities, test.left, base_rate),
        "baselines": {
            "below_good_or_not": measure.ordering(_below_good(last_grade), test.left, weights),
            "last_grade_alone": measure.ordering(last_grade, test.left, weights),
            "plain_model": {"features": known, **measure.ordering(plain, test.left, weights)},
        },
        "gains_over_last_grade": measure.difference(probabilities, last_grade, test.left, weights),
        "gains_over_plain_model": measure.difference(probabilities, plain, test.left, weights),
        "all_listed_homes": _all_listed(year),
    }


def _below_good(ranks: Floats) -> Floats:
    return np.asarray(np.nan_to_num(ranks) > 2, dtype=np.float64)


def _all_listed(year: Year) -> dict[str, float]:
    """AUC of the last grade over all listed homes: one never inspected is not below good, and between 2 and 3."""
    ranks = np.asarray(year.table["overall_rank"].to_numpy(zero_copy_only=False), dtype=np.float64)
    return {
        "below_good_or_not": rounded(measure.auc(_below_good(ranks), year.left)),
        "last_grade_alone": rounded(measure.auc(np.nan_to_num(ranks, nan=2.5), year.left)),
    }
