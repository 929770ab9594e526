"""A fitted model, stored and loaded, and a ledger with homes."""

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from risk import fitting, model
from risk.features import DEFINITION_HASH
from risk.model import (
    FILE_FORMAT,
    MODEL_KEY,
    FailureModel,
    dump_model,
    load_model,
)
from tests.factories import load as append_records
from tests.factories import observed
from tests.risk.homes import home, publish
from tests.risk.test_fitting import sample_of_known_truth

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
