"""Fits a calibrated logistic regression on rows of homes: features, folds by home, scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from risk.features import FEATURE_NAMES, feature_matrix
from risk.measure import FloatArray, GroupArray
from settings import WrongInput

SEED = 20200331
FOLDS = 5
# Chosen by cross-validation grouped by home on the years fitted on; anything from 0.01 to 10 gives the same there.
PENALTY = 0.1
# A column known for fewer rows says more about which years have it than about homes.
MIN_KNOWN_SHARE = 1 / 3
MIN_LEAVERS = 20  # with fewer there is nothing to learn


class NothingToLearn(WrongInput):
    """The ledger has too few lists, or too few homes that left, to fit a model."""


@dataclass(frozen=True)
class ListYear:
    """The homes of one list as they were known on its day, and which of them the next list no longer had."""

    day: date
    next_day: date
    table: pa.Table  # as ``features`` gives it
    left: FloatArray  # 1.0 gone, 0.0 still there

    @property
    def is_inspected(self) -> GroupArray:
        """A mask of the homes that had a public judgement on the day."""
        return np.asarray(self.table["is_inspected"])


@dataclass(frozen=True)
class HomeRows:
    """The rows of homes of several years in one table."""

    feature_values: FloatArray  # rows by NAMES
    left: FloatArray
    homes: GroupArray
    owners: GroupArray  # identifier, or "" where none was known on the day
    days: GroupArray  # ISO dates

    def select_rows(self, rows: GroupArray) -> "HomeRows":
        """The chosen rows (a mask)."""
        return HomeRows(
            self.feature_values[rows], self.left[rows], self.homes[rows], self.owners[rows], self.days[rows]
        )

    def feature_columns(self, names: Sequence[str]) -> FloatArray:
        """The values of the named features."""
        return self.feature_values[:, [FEATURE_NAMES.index(name) for name in names]]


@dataclass(frozen=True)
class FittedModel:
    """A fitted model with the scores that each home got from folds it was not in."""

    feature_names: tuple[str, ...]
    dropped_features: dict[str, str]  # feature -> why it is not used
    pipeline: Any
    slope: float
    intercept: float
    out_of_fold: FloatArray  # calibrated probabilities

    def probability(self, sample: HomeRows) -> FloatArray:
        """Calibrated probabilities, one for each row."""
        return _sigmoid(
            self.slope * self.pipeline.decision_function(sample.feature_columns(self.feature_names)) + self.intercept
        )


def stack_years(years: Sequence[ListYear], *, is_inspected: bool = True) -> HomeRows:
    """The homes that had a public judgement on the day of their list (or had none), of all years in one table."""
    parts = []
    for year in years:
        rows = year.is_inspected == is_inspected
        table = year.table.filter(pa.array(rows))
        owners = np.asarray([owner or "" for owner in table["owner"].to_pylist()], dtype=object)
        homes = np.asarray(table["subject"].to_pylist(), dtype=object)
        days = np.full(len(homes), year.day.isoformat(), dtype=object)
        parts.append((feature_matrix(table, FEATURE_NAMES), year.left[rows], homes, owners, days))
    return HomeRows(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def choose_features(sample: HomeRows) -> tuple[tuple[str, ...], dict[str, str]]:
    """The features to fit on, and for each other feature the reason why it is left out.

    Decided before anything is fitted: gradient boosting fails on a column without values, and a constant one says
    nothing.
    """
    dropped: dict[str, str] = {}
    for name, column in zip(FEATURE_NAMES, sample.feature_values.T, strict=True):
        known = column[~np.isnan(column)]
        if len(known) < MIN_KNOWN_SHARE * len(column):
            dropped[name] = f"known for {len(known) / len(column):.0%} of the rows: it would only tell the years apart"
        elif np.ptp(known) == 0:
            dropped[name] = "the same for every home in the years fitted on"
    return tuple(name for name in FEATURE_NAMES if name not in dropped), dropped


def limit_to_one_thread() -> Any:
    """A context in which the numerical libraries use one thread.

    The data are small, and threads wait for each other by spinning: fitting beside other work on two cores took 11
    seconds with two threads and 0.4 with one.
    """
    import sklearn.ensemble  # only libraries that are loaded can be told
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def logistic_pipeline() -> Any:
    """The pipeline: unknown becomes the median and a column that says so, then scale, then logistic regression."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=PENALTY, max_iter=1000, random_state=SEED),
    )


def out_of_fold_scores(model: Any, values: FloatArray, left: FloatArray, groups: GroupArray) -> FloatArray:
    """Log-odds that each row gets from a model fitted without any row of its group."""
    from sklearn.model_selection import GroupKFold, cross_val_predict

    folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED)
    method = "decision_function"
    return np.asarray(cross_val_predict(model, values, left, groups=groups, cv=folds, method=method), dtype=np.float64)


def fit_model(sample: HomeRows) -> FittedModel:
    """A logistic regression, calibrated by a sigmoid on scores of folds grouped by home (Platt 1999).

    Raises:
        NothingToLearn: fewer than 20 homes left.
    """
    from sklearn.linear_model import LogisticRegression

    if sample.left.sum() < MIN_LEAVERS:
        raise NothingToLearn(
            f"only {int(sample.left.sum())} homes left the register in the years fitted on; pull more yearly lists"
        )
    names, dropped = choose_features(sample)
    values = sample.feature_columns(names)
    with limit_to_one_thread():
        scores = out_of_fold_scores(logistic_pipeline(), values, sample.left, sample.homes)
        sigmoid = LogisticRegression(C=np.inf).fit(scores.reshape(-1, 1), sample.left)
        pipeline = logistic_pipeline().fit(values, sample.left)
    slope, intercept = float(sigmoid.coef_[0, 0]), float(sigmoid.intercept_[0])
    return FittedModel(names, dropped, pipeline, slope, intercept, _sigmoid(slope * scores + intercept))


def _sigmoid(log_odds: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)
