"""The failure model's probability of a provider, feature by feature."""

from pathlib import Path
from typing import TypedDict

from sqlalchemy import Engine

from indicators.ledger.as_of import Horizon, as_of
from models.scoring import Run
from models.vocabulary import View
from risk.explain import explain_home
from risk.model import load_trained_models


class FeaturePart(TypedDict):
    """One feature's part of a probability."""

    feature: str
    title: str
    value: float | None
    log_odds: float
    words: str


class ProbabilityParts(TypedDict):
    """A probability and its parts, which add up in log-odds."""

    probability: float
    average: float
    parts: list[FeaturePart]


def read_probability_parts(engine: Engine, models_folder: Path, run: Run, provider: str) -> ProbabilityParts | None:
    """The parts of a provider's probability; None where the run used no model for the provider.

    Reads the whole ledger as the run read it, which takes seconds.

    Args:
        engine: the database.
        models_folder: the folder of models.
        run: the run that gave the probability.
        provider: its identifier.
    """
    models = load_trained_models(engine, models_folder)
    model = next((model for model in models if model.sha256 == run.model_hash), None)
    if model is None:
        return None
    upto = Horizon(run.upto_seq, run.upto_load, run.upto_pull)
    with as_of(engine, run.day, view=View(run.view), upto=upto) as known:
        explained = explain_home(known, model, provider)
    if explained is None:
        return None
    return {
        "probability": explained.probability,
        "average": explained.average,
        "parts": [
            {
                "feature": part.feature,
                "title": part.title,
                "value": part.value,
                "log_odds": part.log_odds,
                "words": part.sentence,
            }
            for part in explained.contributions
        ],
    }
