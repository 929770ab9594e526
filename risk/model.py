"""Stores a fitted failure model without pickle, loads it only if its hash and features fit, applies it to columns.

The model is a logistic regression whose scores are calibrated by a second one, of one column. So the log-odds are a sum
with one part for each feature, which is what ``risk/explain.py`` tells people.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine, select

from indicators import catalogue
from indicators.ledger.as_of import AsOf
from models.database import read_session, table_of
from models.scoring import TrainedModel
from risk.features import DEFINITION_HASH, FEATURE_NAMES, REGISTER, SCOPE, feature_matrix, home_features
from risk.measure import FloatArray
from settings import WrongInput

MODEL_KEY = "childrens-home-leaves-register"
REGIME_KEY = "childrens_homes"  # the regime whose providers it covers
FILE_FORMAT = "continuity-watch/failure-model/1"
# The type of an array's cells: skops must be told to trust it beside scikit-learn's estimators and numpy's arrays.
TRUSTED_TYPES = ("numpy.dtype",)

PROBABILITY_MEANING = "of leaving the register within twelve months, for whatever reason"
NEVER_INSPECTED = (
    "never inspected: no judgement was public on the day, and the years the model learnt from have no such homes"
)
# Identifiers of what no failure model covers, by the beginning of the identifier.
UNCOVERED_KINDS = {
    "GB-CHC-": "charities",
    "GB-COH-": "companies",
    "GB-CFS-": "suppliers without a company number",
    "CW-SAMPLE-": "the providers of the sample",
    "GB-OFSTED-": "this kind of setting",
}


class ModelUnusable(WrongInput):
    """The model's file is missing, changed, or holds types that we do not load."""


class FeatureMismatch(ModelUnusable):
    """The model was fitted on other features, or on other definitions of them, than this code computes."""


@dataclass(frozen=True)
class FailureModel:
    """A loaded failure model."""

    sha256: str
    key: str
    outcomes_until: date  # the last outcome it learnt from: used only for days after this
    feature_names: tuple[str, ...]  # its features, in the order of its columns
    pipeline: Any  # scikit-learn: impute, scale, logistic regression
    slope: float  # calibrated log-odds = slope * the pipeline's score + intercept
    intercept: float

    def log_odds(self, values: FloatArray) -> FloatArray:
        """Calibrated log-odds, one for each row of values (rows by ``names``, NaN where not known)."""
        return np.asarray(self.slope * self.pipeline.decision_function(values) + self.intercept, dtype=np.float64)

    def probability(self, values: FloatArray) -> FloatArray:
        """Calibrated probabilities, one for each row of values."""
        return np.asarray(1 / (1 + np.exp(-self.log_odds(values))), dtype=np.float64)

    def refusal_reason(self, day: date) -> str | None:
        """The reason why the model may not be used for the day; None if it may be used."""
        if day > self.outcomes_until:
            return None
        return f"the model may only be used after {self.outcomes_until}, the last outcome it learnt from"


def dump_model(contents: dict[str, Any]) -> bytes:
    """The bytes of a model's file: the same contents always give the same bytes.

    skops numbers objects by their place in memory and stamps the time; both are replaced here, so that training again
    on the same data gives the same SHA-256.
    """
    from skops import io as skops_io

    source = zipfile.ZipFile(io.BytesIO(skops_io.dumps(contents)))
    schema = json.loads(source.read("schema.json"))
    arrays = [name for name in source.namelist() if name != "schema.json"]
    renamed = {name: f"{number}.npy" for number, name in enumerate(arrays)}
    _renumber(schema, renamed, {})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in arrays:
            target.writestr(zipfile.ZipInfo(renamed[name]), source.read(name))
        target.writestr(zipfile.ZipInfo("schema.json"), json.dumps(schema, indent=2))
    return buffer.getvalue()


def _renumber(node: Any, renamed: dict[str, str], numbers: dict[int, int]) -> None:
    if isinstance(node, dict):
        if "__id__" in node:
            node["__id__"] = numbers.setdefault(node["__id__"], len(numbers))
        if node.get("file") in renamed:
            node["file"] = renamed[node["file"]]
        for child in node.values():
            _renumber(child, renamed, numbers)
    elif isinstance(node, list):
        for child in node:
            _renumber(child, renamed, numbers)


def model_file_name(sha256: str) -> str:
    """The name of a model's file in the folder of models."""
    return f"{MODEL_KEY}-{sha256[:16]}.skops"


def load_model(path: Path, *, sha256: str) -> FailureModel:
    """The model in the file.

    Raises:
        ModelUnusable: the file is missing, is not the one with this SHA-256, or holds types we do not trust.
        FeatureMismatch: it was fitted on other features than this code computes.
    """
    from skops import io as skops_io

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelUnusable(f"{path}: {error.strerror}; run 'continuity train'") from error
    file_hash = hashlib.sha256(data).hexdigest()
    if file_hash != sha256:
        raise ModelUnusable(
            f"{path}: SHA-256 is {file_hash[:16]}…, not {sha256[:16]}…; restore it or run 'continuity train'"
        )
    try:
        untrusted = set(skops_io.get_untrusted_types(data=data)) - set(TRUSTED_TYPES)
        if untrusted:
            raise ModelUnusable(
                f"{path}: holds untrusted types ({', '.join(sorted(untrusted))}); run 'continuity train'"
            )
        contents = skops_io.loads(data, trusted=list(TRUSTED_TYPES))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise ModelUnusable(f"{path}: not a model's file ({error}); run 'continuity train'") from error
    return _check_contents(path, sha256, contents)


def _check_contents(path: Path, sha256: str, contents: Any) -> FailureModel:
    if not isinstance(contents, dict) or contents.get("format") != FILE_FORMAT:
        raise ModelUnusable(f"{path}: not of the format {FILE_FORMAT}; run 'continuity train'")
    names = tuple(contents["features"])
    unknown = [name for name in names if name not in FEATURE_NAMES]
    if unknown:
        raise FeatureMismatch(
            f"{path}: fitted on features this code does not compute ({', '.join(unknown)}); train again"
        )
    if contents["definition"] != DEFINITION_HASH:
        raise FeatureMismatch(f"{path}: fitted on other definitions of the features than this code's; train again")
    return FailureModel(
        sha256=sha256,
        key=contents["key"],
        outcomes_until=date.fromisoformat(contents["outcomes_until"]),
        feature_names=names,
        pipeline=contents["pipeline"],
        slope=contents["slope"],
        intercept=contents["intercept"],
    )


def load_trained_models(engine: Engine, folder: Path) -> list[FailureModel]:
    """The models trained into this database, those with the newest outcomes first, loaded from the folder of models.

    One that an older version of the code fitted on other features is left out when there is another.

    Raises:
        ModelUnusable: a file is missing or not the one that was trained, or no model fits this code.
    """
    row = table_of(TrainedModel).c
    statement = select(row.sha256).order_by(row.outcomes_until.desc(), row.trained_at.desc(), row.sha256)
    with read_session(engine) as session:
        hashes = list(session.scalars(statement))
    models: list[FailureModel] = []
    mismatch: FeatureMismatch | None = None
    for sha256 in hashes:
        try:
            models.append(load_model(folder / model_file_name(sha256), sha256=sha256))
        except FeatureMismatch as error:
            mismatch = mismatch or error
    if mismatch is not None and not models:
        raise mismatch
    return models


def usable_model(models: Sequence[FailureModel], day: date) -> FailureModel | None:
    """The first of the models that may be used for the day."""
    return next((model for model in models if model.refusal_reason(day) is None), None)


def no_probability_reason(known: AsOf, models: Sequence[FailureModel]) -> str | None:
    """The reason why no home gets a probability on this day; None if homes get one."""
    if not models:
        return "no failure model has been trained; run 'continuity train'"
    if usable_model(models, known.day) is None:
        return min(models, key=lambda model: model.outcomes_until).refusal_reason(known.day)
    newest = known.sql(
        "SELECT max(listed_on) FROM listing WHERE register = $register AND scope = $scope",
        register=REGISTER,
        scope=SCOPE,
    ).fetchall()[0][0]
    oldest = known.day - timedelta(days=catalogue.load().registers[REGISTER].stale_after_days)
    if newest is not None and newest < oldest:
        return f"the newest list known is of {newest}: too old to say what happens within twelve months"
    return None


# Every subject of the ledger gets an answer; what is not a provider simply finds no reader.
_PROBABILITY_TABLE = """
SELECT subject.id::INTEGER AS subject_id, scored.probability,
    CASE WHEN scored.probability IS NOT NULL THEN $of_what
         WHEN home.subject_id IS NOT NULL AND $refusal IS NOT NULL THEN $refusal
         WHEN home.subject_id IS NOT NULL THEN $never_inspected
         WHEN listing.scope = $scope THEN 'no longer on the register'
         WHEN listing.scope <> '' THEN 'no failure model covers this kind of setting (' || listing.scope || ')'
         ELSE 'no failure model covers ' || coalesce(kind.words, 'this kind of subject') END AS reason
FROM subject
LEFT JOIN homes AS home ON home.subject_id = subject.id
LEFT JOIN scored ON scored.subject_id = subject.id
LEFT JOIN listing ON listing.subject_id = subject.id AND listing.register = $register
LEFT JOIN kinds AS kind ON starts_with(subject.key, kind.beginning)
ORDER BY subject.id
"""


def subject_probabilities(known: AsOf, models: Sequence[FailureModel]) -> pa.Table:
    """A table of every subject of the reading: ``subject_id``, ``probability`` (or null) and ``reason``.

    The reason names the outcome of the probability, or says why there is no probability. ``models`` are those of
    ``load_trained_models``: the first one that may be used for the day counts.
    """
    table = home_features(known)
    refusal, model = no_probability_reason(known, models), usable_model(models, known.day)
    scored = table.filter(table["is_inspected"]) if model is not None and refusal is None else table.slice(0, 0)
    values: Any = (
        model.probability(feature_matrix(scored, model.feature_names)) if model is not None and len(scored) else []
    )
    views = {
        "homes": table.select(["subject_id"]),
        "scored": scored.select(["subject_id"]).append_column("probability", pa.array(values, pa.float64())),
        "kinds": pa.table({"beginning": list(UNCOVERED_KINDS), "words": list(UNCOVERED_KINDS.values())}),
    }
    for name, view in views.items():
        known.db.register(name, view)
    try:
        return known.sql(
            _PROBABILITY_TABLE,
            of_what=PROBABILITY_MEANING,
            refusal=refusal,
            never_inspected=NEVER_INSPECTED,
            scope=SCOPE,
            register=REGISTER,
        ).to_arrow_table()
    finally:
        for name in views:
            known.db.unregister(name)
