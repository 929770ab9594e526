"""Explains a home's probability in plain words: one part for each feature; the parts add up exactly."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
import pyarrow.compute as pc

from indicators.ledger.as_of import AsOf
from risk.features import FEATURES_BY_NAME, ValueForm, feature_matrix, home_features
from risk.measure import FloatArray
from risk.model import FailureModel, no_probability_reason

GRADE_NAMES = {1: "outstanding", 2: "good", 3: "requires improvement", 4: "inadequate"}
VALUE_FORMATS: dict[ValueForm, Callable[[float], str]] = {
    ValueForm.GRADE: lambda value: GRADE_NAMES[int(value)],
    ValueForm.NUMBER: lambda value: f"{value:.1f}",
    ValueForm.LOGARITHM: lambda value: f"{exp(value):.0f}",
    ValueForm.SHARE: lambda value: f"{value:.0%}",
    ValueForm.YES_NO: lambda value: "yes" if value else "no",
}
NEGLIGIBLE_CHANGE = 0.02  # a change of the odds under two per cent is not worth a number


@dataclass(frozen=True)
class Contribution:
    """The amount that one feature adds to the log-odds, compared with a home that is average in the feature."""

    feature: str
    title: str
    value: float | None  # as the model sees it; None where it is not known
    log_odds: float
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """The parts of a probability: the log-odds of ``average`` plus all contributions are those of ``probability``."""

    probability: float
    average: float  # the probability of a home that is average in everything, over the years learnt from
    contributions: tuple[Contribution, ...]  # the weightiest first


def feature_contributions(model: FailureModel, values: FloatArray) -> FloatArray:
    """The amount that each feature adds to the calibrated log-odds.

    Rows of values by ``model.feature_names``: the sum of a row is the log-odds less those of the average.

    The column that says a value is unknown counts with its feature.
    """
    imputer, scaler, regression = (step for _, step in model.pipeline.steps)
    parts = scaler.transform(imputer.transform(values)) * regression.coef_[0] * model.slope
    width = len(model.feature_names)
    result: FloatArray = parts[:, :width].copy()
    for number, feature in enumerate(imputer.indicator_.features_):
        result[:, feature] += parts[:, width + number]
    return result


def explain_home(known: AsOf, model: FailureModel, subject: str) -> Explanation | None:
    """The explanation of the probability of the home with this identifier; None if the home has no probability.

    The reading must hold all subjects, as for ``features``.
    """
    table = home_features(known)
    row = table.filter(pc.and_(pc.equal(table["subject"], subject), table["is_inspected"]))
    if no_probability_reason(known, [model]) is not None or not len(row):
        return None
    values = feature_matrix(row, model.feature_names)
    parts = feature_contributions(model, values)[0]
    regression: Any = model.pipeline[-1]
    average = model.slope * float(regression.intercept_[0]) + model.intercept
    parts = [
        Contribution(
            feature=name,
            title=FEATURES_BY_NAME[name].title,
            value=None if np.isnan(value) else float(value),
            log_odds=float(part),
            sentence=describe_contribution(name, float(value), float(part)),
        )
        for name, value, part in zip(model.feature_names, values[0], parts, strict=True)
    ]
    return Explanation(
        probability=float(model.probability(values)[0]),
        average=1 / (1 + exp(-average)),
        contributions=tuple(sorted(parts, key=lambda part: -abs(part.log_odds))),
    )


def describe_contribution(name: str, value: float, log_odds: float) -> str:
    """One contribution as a line: ``overall judgement: inadequate - raises the odds by 220 %``."""
    change = exp(log_odds) - 1
    if abs(change) < NEGLIGIBLE_CHANGE:
        effect = "makes hardly any difference"
    else:
        effect = f"{'raises' if change > 0 else 'lowers'} the odds by {abs(change):.0%}"
    return f"{FEATURES_BY_NAME[name].title}: {_format_value(FEATURES_BY_NAME[name].form, value)} - {effect}"


def _format_value(form: ValueForm, value: float) -> str:
    if np.isnan(value):
        return "not known"
    return VALUE_FORMATS[form](value)
