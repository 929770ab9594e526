import hashlib
import math
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
from risk import fitting, model
from risk.explain import describe_contribution, explain_home, feature_contributions
from risk.features import DEFINITION_HASH, feature_matrix, home_features
from risk.model import (
    FILE_FORMAT,
    MODEL_KEY,
    FailureModel,
    FeatureMismatch,
    ModelUnusable,
    dump_model,
    load_model,
    load_trained_models,
    subject_probabilities,
)
from tests.factories import NOW, observed
from tests.factories import load as append_records
from tests.risk.homes import home, publish, urn
from tests.risk.test_train import sample_of_known_truth

OUTCOMES_UNTIL = date(2020, 3, 31)
DAY = date(2021, 3, 31)


@pytest.fixture(scope="module")
def contents() -> dict[str, Any]:
    """The content of a model's file, fitted on made-up homes."""
    fitted = fitting.fit_model(sample_of_known_truth(3000)[0])
    return {
        "format": FILE_FORMAT,
        "key": MODEL_KEY,
        "outcomes_until": OUTCOMES_UNTIL.isoformat(),
        "definition": DEFINITION_HASH,
        "features": list(fitted.feature_names),
        "pipeline": fitted.pipeline,
        "slope": fitted.slope,
        "intercept": fitted.intercept,
    }


def stored(folder: Path, contents: Any) -> tuple[Path, str]:
    data = dump_model(contents)
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / model.model_file_name(sha256)
    path.write_bytes(data)
    return path, sha256


@pytest.fixture
def loaded(tmp_path: Path, contents: dict[str, Any]) -> FailureModel:
    path, sha256 = stored(tmp_path, contents)
    return load_model(path, sha256=sha256)


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


@pytest.fixture
def engine_with_homes(sqlite_engine: Engine) -> Engine:
    """Two lists: home 1 leaves, 2 is judged, 3 never inspected, 4 a school; and a charity beside."""
    before = DAY - timedelta(days=365)
    publish(sqlite_engine, before, [home(1, before), home(2, before)])
    publish(
        sqlite_engine,
        DAY,
        [home(2, DAY, overall=4, owner="large"), home(3, DAY, overall=None), home(4, DAY, scope="Boarding school")],
    )
    append_records(sqlite_engine, [observed(subject="GB-CHC-1068298", known_on=DAY)])
    return sqlite_engine


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


def test_the_parts_of_an_explanation_add_up_to_the_probability(engine_with_homes: Engine, loaded: FailureModel) -> None:
    with as_of(engine_with_homes, DAY) as known:
        found = explain_home(known, loaded, urn(2))
        home_values = feature_matrix(home_features(known), loaded.feature_names)[:1]
        nobody = [explain_home(known, loaded, subject) for subject in (urn(1), urn(3), "GB-CHC-1068298")]
        too_early = explain_home(known, replace(loaded, outcomes_until=DAY), urn(2))
    assert found is not None
    log_odds = math.log(found.average / (1 - found.average)) + sum(part.log_odds for part in found.contributions)
    assert found.probability == pytest.approx(1 / (1 + math.exp(-log_odds)))
    assert found.probability == pytest.approx(loaded.probability(home_values)[0])
    assert [abs(part.log_odds) for part in found.contributions] == sorted(
        (abs(part.log_odds) for part in found.contributions), reverse=True
    )
    assert nobody == [None, None, None]
    assert too_early is None


def test_an_unknown_value_counts_with_its_feature(tmp_path: Path) -> None:
    sample, _ = sample_of_known_truth(2000)
    values = sample.feature_values.copy()
    position = fitting.FEATURE_NAMES.index("places_log")
    values[::4, position] = np.nan
    sample = replace(sample, feature_values=values)
    fitted = fitting.fit_model(sample)
    mine = FailureModel(
        "", MODEL_KEY, OUTCOMES_UNTIL, fitted.feature_names, fitted.pipeline, fitted.slope, fitted.intercept
    )
    rows = sample.feature_columns(fitted.feature_names)
    parts = feature_contributions(mine, rows)
    average = mine.slope * fitted.pipeline[-1].intercept_[0] + mine.intercept
    assert parts.shape == rows.shape
    assert average + parts.sum(axis=1) == pytest.approx(mine.log_odds(rows))


def test_a_contribution_reads_as_a_sentence() -> None:
    assert [
        describe_contribution("overall_rank", 4.0, math.log(3.2)),
        describe_contribution("owner_homes_log", math.log(5), math.log(0.75)),
        describe_contribution("places_log", float("nan"), 0.0),
        describe_contribution("owner_share_below_good", 0.5, math.log(1.1)),
        describe_contribution("is_voluntary", 0.0, -0.001),
        describe_contribution("grade_change", -1.0, math.log(1.5)),
    ] == [
        "overall judgement: inadequate - raises the odds by 220%",
        "homes of the same owner, this one included: 5 - lowers the odds by 25%",
        "places: not known - makes hardly any difference",
        "share of the owner's other homes judged below good: 50% - raises the odds by 10%",
        "run by a charity: no - makes hardly any difference",
        "grades lost since the judgement before (below zero: won): -1.0 - raises the odds by 50%",
    ]
