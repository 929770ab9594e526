import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, delete

from indicators.ledger.as_of import as_of
from models.database import table_of, write_session
from models.scoring import TrainedModel
from risk import model
from risk.model import (
    MODEL_KEY,
    FailureModel,
    FeatureMismatch,
    ModelUnusable,
    load_model,
    load_trained_models,
    subject_probabilities,
)
from tests.factories import NOW
from tests.risk.conftest import DAY, OUTCOMES_UNTIL, stored
from tests.risk.homes import urn
from tests.risk.test_fitting import sample_of_known_truth


def test_a_stored_model_says_what_the_fitted_one_said(loaded: FailureModel, contents: dict[str, Any]) -> None:
    values = sample_of_known_truth(50, seed=9)[0].feature_columns(contents["features"])
    score = contents["slope"] * contents["pipeline"].decision_function(values) + contents["intercept"]
    assert loaded.probability(values) == pytest.approx(1 / (1 + np.exp(-score)))
    assert loaded.outcomes_until == OUTCOMES_UNTIL


def test_a_changed_file_is_refused(tmp_path: Path, contents: dict[str, Any]) -> None:
    path, sha256 = stored(tmp_path, contents)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelUnusable, match="SHA-256 is"):
        load_model(path, sha256=sha256)


def test_a_missing_file_says_to_train(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="No such file or directory; run 'continuity train'"):
        load_model(tmp_path / "gone.skops", sha256="0" * 64)


def test_types_nobody_trusts_are_refused(tmp_path: Path, contents: dict[str, Any]) -> None:
    path, sha256 = stored(tmp_path, contents | {"extra": DefinedHere()})
    with pytest.raises(ModelUnusable, match=r"untrusted types \(.*DefinedHere\)"):
        load_model(path, sha256=sha256)


class DefinedHere:
    """A type that a model's file must not bring along."""


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(b"not a zip")
    with pytest.raises(ModelUnusable, match="not a model's file"):
        load_model(path, sha256=hashlib.sha256(b"not a zip").hexdigest())
    path, sha256 = stored(tmp_path, {"format": "something else"})
    with pytest.raises(ModelUnusable, match="not of the format"):
        load_model(path, sha256=sha256)


def test_other_features_are_refused_by_name(tmp_path: Path, contents: dict[str, Any]) -> None:
    path, sha256 = stored(tmp_path, contents | {"features": [*contents["features"][1:], "star_sign"]})
    with pytest.raises(FeatureMismatch, match="star_sign"):
        load_model(path, sha256=sha256)


def test_other_definitions_of_the_same_features_are_refused(tmp_path: Path, contents: dict[str, Any]) -> None:
    path, sha256 = stored(tmp_path, contents | {"definition": "older"})
    with pytest.raises(FeatureMismatch, match="other definitions"):
        load_model(path, sha256=sha256)


def keep(engine: Engine, folder: Path, contents: dict[str, Any], until: date) -> str:
    _, sha256 = stored(folder, contents | {"outcomes_until": until.isoformat()})
    row = TrainedModel(sha256=sha256, key=MODEL_KEY, regime="r", outcomes_until=until, card={}, trained_at=NOW)
    with write_session(engine) as session:
        session.add(row)
    return sha256


def test_models_come_with_the_newest_outcomes_first_and_old_definitions_are_left_out(
    sqlite_engine: Engine, tmp_path: Path, contents: dict[str, Any]
) -> None:
    older = keep(sqlite_engine, tmp_path, contents, date(2020, 3, 31))
    newer = keep(sqlite_engine, tmp_path, contents, date(2021, 3, 31))
    keep(sqlite_engine, tmp_path, contents | {"definition": "older"}, date(2022, 3, 31))
    assert [one.sha256 for one in load_trained_models(sqlite_engine, tmp_path)] == [newer, older]


def test_a_database_whose_only_model_does_not_fit_says_so(
    sqlite_engine: Engine, tmp_path: Path, contents: dict[str, Any]
) -> None:
    assert load_trained_models(sqlite_engine, tmp_path) == []
    keep(sqlite_engine, tmp_path, contents | {"definition": "older"}, OUTCOMES_UNTIL)
    with pytest.raises(FeatureMismatch):
        load_trained_models(sqlite_engine, tmp_path)
    with write_session(sqlite_engine) as session:
        session.execute(delete(table_of(TrainedModel)))
    assert load_trained_models(sqlite_engine, tmp_path) == []


def answers(engine: Engine, models: list[FailureModel], day: date = DAY) -> dict[str, tuple[float | None, str]]:
    with as_of(engine, day) as known:
        keys = {row[0]: row[1] for row in known.sql("SELECT id, key FROM subject").fetchall()}
        rows = subject_probabilities(known, models).to_pylist()
    assert len(rows) == len(keys)
    return {keys[row["subject_id"]]: (row["probability"], row["reason"]) for row in rows}


def test_every_subject_has_a_probability_or_the_reason_why_not(engine_with_homes: Engine, loaded: FailureModel) -> None:
    found = answers(engine_with_homes, [loaded])
    probability, of_what = found.pop(urn(2))
    assert probability is not None
    assert 0 < probability < 1
    assert of_what == "of leaving the register within twelve months, for whatever reason"
    assert found == {
        urn(1): (None, "no longer on the register"),
        urn(3): (None, model.NEVER_INSPECTED),
        urn(4): (None, "no failure model covers this kind of setting (Boarding school)"),
        "GB-CHC-1068298": (None, "no failure model covers charities"),
        "CW-OWNER-large": (None, "no failure model covers this kind of subject"),
    }


def test_the_model_is_not_used_for_days_it_learnt_from(engine_with_homes: Engine, loaded: FailureModel) -> None:
    learnt = replace(loaded, outcomes_until=DAY)
    reason = "the model may only be used after 2021-03-31, the last outcome it learnt from"
    assert answers(engine_with_homes, [learnt])[urn(2)] == (None, reason)
    probability, _ = answers(engine_with_homes, [learnt, loaded])[urn(2)]
    assert probability is not None


def test_without_a_model_the_reason_is_how_to_get_one(engine_with_homes: Engine) -> None:
    reason = "no failure model has been trained; run 'continuity train'"
    assert answers(engine_with_homes, [])[urn(2)] == (None, reason)


def test_a_list_too_old_gives_no_probability(engine_with_homes: Engine, loaded: FailureModel) -> None:
    found = answers(engine_with_homes, [loaded], DAY + timedelta(days=551))
    assert found[urn(2)] == (
        None,
        f"the newest list known is of {DAY}: too old to say what happens within twelve months",
    )
    assert answers(engine_with_homes, [loaded], DAY + timedelta(days=550))[urn(2)][0] is not None
