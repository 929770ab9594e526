"""Measures how good a model's probabilities are: figures for the card, with intervals drawn by home.

``left`` is 1.0 for a home that left and 0.0 for one that stayed; a higher score means more likely to leave.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
GroupArray = npt.NDArray[Any]  # identifiers: one for each row

BOOTSTRAP_DRAWS = 1000
INTERVAL_PERCENTILES = (2.5, 97.5)  # per cent: a 95 % interval
RECALL_SHARES = (5, 10, 20)  # per cent of homes that somebody could look at
CALIBRATION_BANDS = 5  # of the calibration table


def auc(scores: FloatArray, left: FloatArray) -> float:
    """The probability that a home that left scored higher than one that stayed, ties counted half (Mann-Whitney)."""
    return float(weighted_aucs(scores, left, np.ones((1, len(scores))))[0])


def weighted_aucs(scores: FloatArray, left: FloatArray, weights: FloatArray) -> FloatArray:
    """``auc`` for each row of weights; NaN where nobody left or nobody stayed."""
    _, place = np.unique(scores, return_inverse=True)
    scores = np.full(len(weights), np.nan)
    for number, row in enumerate(weights):
        leaving, staying = np.bincount(place, row * left), np.bincount(place, row * (1 - left))
        if total := leaving.sum() * staying.sum():
            scores[number] = leaving @ (np.cumsum(staying) - staying / 2) / total
    return scores


def bootstrap_weights(groups: GroupArray, seed: int) -> FloatArray:
    """Bootstrap weights, draws by rows: whole groups are drawn with replacement, so a home's years stay together."""
    _, member = np.unique(groups, return_inverse=True)
    count = int(member.max()) + 1
    counts = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=BOOTSTRAP_DRAWS)
    return counts.astype(np.float64)[:, member]


def auc_with_interval(scores: FloatArray, left: FloatArray, weights: FloatArray) -> dict[str, Any]:
    """``auc`` and its ``middle_interval``, from the bootstrap weights."""
    return {"auc": round_figure(auc(scores, left)), "interval": middle_interval(weighted_aucs(scores, left, weights))}


def auc_difference(scores: FloatArray, others: FloatArray, left: FloatArray, weights: FloatArray) -> dict[str, Any]:
    """The AUC of ``scores`` less that of ``others``, on the same draws."""
    drawn = weighted_aucs(scores, left, weights) - weighted_aucs(others, left, weights)
    return {"auc": round_figure(auc(scores, left) - auc(others, left)), "interval": middle_interval(drawn)}


def middle_interval(values: FloatArray) -> list[float]:
    """The middle 95 % of the values; draws in which nobody left say nothing and are left out."""
    low, high = np.nanpercentile(values, INTERVAL_PERCENTILES)
    return [round_figure(low), round_figure(high)]


def recall_at(scores: FloatArray, left: FloatArray, share: int) -> float:
    """The share of the leavers among the riskiest ``share`` per cent; homes tied at the edge count in part."""
    wanted = len(scores) * share / 100
    _, place = np.unique(-scores, return_inverse=True)
    sizes, leavers = np.bincount(place), np.bincount(place, left)
    before = np.cumsum(sizes) - sizes
    inside = np.clip((wanted - before) / sizes, 0, 1)
    return float((leavers * inside).sum() / left.sum()) if left.sum() else float("nan")


def ordering_figures(scores: FloatArray, left: FloatArray, weights: FloatArray) -> dict[str, Any]:
    """How well the scores order homes: AUC with interval, average precision, recall in the riskiest 5, 10, 20 %."""
    from sklearn.metrics import average_precision_score

    return {
        **auc_with_interval(scores, left, weights),
        "average_precision": round_figure(average_precision_score(left, scores)),
        "recall": {f"{share} %": round_figure(recall_at(scores, left, share)) for share in RECALL_SHARES},
    }


def calibration_figures(probabilities: FloatArray, left: FloatArray, base_rate: float) -> dict[str, Any]:
    """Whether the probabilities are as high as they should be.

    Brier score beside that of always saying ``base_rate``, leavers expected and counted, and a table of five equally
    large groups of homes from the least to the most likely to leave.
    """
    bands = np.array_split(np.argsort(probabilities, kind="stable"), CALIBRATION_BANDS)
    return {
        "brier": round_figure(np.mean((probabilities - left) ** 2), 5),
        "brier_of_the_base_rate": round_figure(np.mean((base_rate - left) ** 2), 5),
        "expected_to_leave": round_figure(probabilities.sum(), 1),
        "left": int(left.sum()),
        "table": [
            {
                "homes": len(band),
                "lowest": round_figure(probabilities[band].min()),
                "highest": round_figure(probabilities[band].max()),
                "mean_probability": round_figure(probabilities[band].mean()),
                "share_that_left": round_figure(left[band].mean()),
            }
            for band in bands
            if len(band)
        ],
    }


def round_figure(value: Any, digits: int = 4) -> float:
    """A plain float: the card is stored as JSON."""
    return round(float(value), digits)
