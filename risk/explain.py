"""Why a home got its probability: one part for each feature, adding up exactly, in plain words."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
import pyarrow.compute as pc

from indicators.as_of import AsOf
from risk.features import BY_NAME, Form, features, matrix
from risk.measure import Floats
from risk.model import Model, why_not

GRADES = {1: "outstanding", 2: "good", 3: "requires improvement", 4: "inadequate"}
SHOWN: dict[Form, Callable[[float], str]] = {
    Form.GRADE: lambda value: GRADES[int(value)],
    Form.NUMBER: lambda value: f"{value:.1f}",
    Form.LOGARITHM: lambda value: f"{exp(value):.0f}",
    Form.SHARE: lambda value: f"{value:.0%}",
    Form.YES_NO: lambda value: "yes" if value else "no",
}
HARDLY = 0.02  # a change of the odds under two per cent is not worth a number


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to the log-odds, against a home that is average in it."""

    feature: str
    title: str
    value: float | None  # as the model sees it; None where it is not known
    log_odds: float
    words: str


@dataclass(frozen=True)
class Explanation:
    """A probability taken apart: the log-odds of ``average`` plus all contributions are those of ``probability``."""

    probability: float
    average: float  # the probability of a home that is average in everything, over the years learnt from
    contributions: tuple[Contribution, ...]  # the weightiest first


def contributions(model: Model, values: Floats) -> Floats:
    """What each feature adds to the calibrated log-odds: rows of values by ``model.names``, the sum less the average's.

    The column that says a value is unknown counts with its feature.
    """
    imputer, scaler, regression = (step for _, step in model.pipeline.steps)
    parts = scaler.transform(imputer.transform(values)) * regression.coef_[0] * model.slope
    width = len(model.names)
    result: Floats = parts[:, :width].copy()
    for number, feature in enumerate(imputer.indicator_.features_):
        result[:, feature] += parts[:, width + number]
    return result


def explain(known: AsOf, model: Model, subject: str) -> Explanation | None:
    """Why the home with this identifier has its probability, or None where it has none.

    The reading must hold all subjects, as for ``features``.
    """
    table = features(known)
    row = table.filter(pc.and_(pc.equal(table["subject"], subject), table["is_inspected"]))
    if why_not(known, [model]) is not None or not len(row):
        return None
    values = matrix(row, model.names)
    parts = contributions(model, values)[0]
    regression: Any = model.pipeline[-1]
    average = model.slope * float(regression.intercept_[0]) + model.intercept
    found = [
        Contribution(
            feature=name,
            title=BY_NAME[name].title,
            value=None if np.isnan(value) else float(value),
            log_odds=float(part),
            words=in_words(name, float(value), float(part)),
        )
        for name, value, part in zip(model.names, values[0], parts, strict=True)
    ]
    return Explanation(
        probability=float(model.probability(values)[0]),
        average=1 / (1 + exp(-average)),
        contributions=tuple(sorted(found, key=lambda part: -abs(part.log_odds))),
    )


def in_words(name: str, value: float, log_odds: float) -> str:
    """One contribution as a line: ``overall judgement: inadequate - raises the odds by 220 %``."""
    change = exp(log_odds) - 1
    if abs(change) < HARDLY:
        effect = "makes hardly any difference"
    else:
        effect = f"{'raises' if change > 0 else 'lowers'} the odds by {abs(change):.0%}"
    return f"{BY_NAME[name].title}: {_shown(BY_NAME[name].form, value)} - {effect}"


def _shown(form: Form, value: float) -> str:
    if np.isnan(value):
        return "not known"
    return SHOWN[form](value)
