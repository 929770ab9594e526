"""Trains the failure model "a children's home leaves the register within twelve months" from the ledger.

Every year is read as it was known on the day of its list (``as_of``, public rows only); the outcome of the homes is
read from the next list. The years whose outcome came later than ``outcomes_until`` fit nothing and choose nothing: they
are looked at once, for the card.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine

from indicators.health import read_list_days
from indicators.ledger.as_of import AsOf, as_of
from models.database import read_session, write_session
from models.scoring import TrainedModel
from models.vocabulary import View
from risk.appraisal import appraise
from risk.features import DEFINITION_HASH, REGISTER, SCOPE, home_features
from risk.fitting import MIN_LEAVERS, FittedModel, ListYear, NothingToLearn, fit_model, stack_years
from risk.model import FILE_FORMAT, MODEL_KEY, REGIME_KEY, dump_model, model_file_name
from text.progress import ProgressCallback, ignore_progress

OUTCOMES_UNTIL = date(2020, 3, 31)  # the later lists are kept to test on
YEAR_IN_DAYS = range(360, 373)  # from one list to the next: "within twelve months"

STEPS_AFTER_READING = 3  # after the years are read: fit, measure, keep


def list_days(engine: Engine) -> list[date]:
    """The days of the register's lists in the ledger, oldest first."""
    with read_session(engine) as session:
        return read_list_days(session, REGISTER)


def list_years(engine: Engine, *, progress: ProgressCallback = ignore_progress) -> Iterator[ListYear]:
    """Every list that is followed by one a year later, with the outcome of its homes.

    Pairs of lists further apart, and pairs in which one list has no children's homes at all, show no outcome and are
    left out.
    """
    homes: pa.Table | None = None
    days = list_days(engine)
    for number, day in enumerate(days):
        progress(f"reading what was known on {day}", number, len(days))
        with as_of(engine, day, view=View.OPEN) as known:
            gone, table = _departed_homes(known), home_features(known) if _has_homes(known) else None
        before = days[number - 1]
        if homes is not None and table is not None and (day - before).days in YEAR_IN_DAYS:
            left = np.isin(np.asarray(homes["subject_id"]), list(gone)).astype(np.float64)
            yield ListYear(before, day, homes, left)
        homes = table


def _has_homes(known: AsOf) -> bool:
    """Whether the list of this very day has children's homes."""
    rows = known.sql(
        "SELECT 1 FROM listing WHERE register = $register AND scope = $scope AND listed_on = $day LIMIT 1",
        register=REGISTER,
        scope=SCOPE,
        day=known.day,
    ).fetchall()
    return bool(rows)


def _departed_homes(known: AsOf) -> set[int]:
    """Homes that the list of this day no longer has, in no scope: moving to another kind of setting is not leaving."""
    rows = known.sql(
        "SELECT subject_id FROM observation JOIN indicator ON indicator.id = indicator_id "
        "WHERE key = 'left_register' AND occurrence = $register AND period_end = $day",
        register=REGISTER,
        day=known.day,
    ).fetchall()
    return {row[0] for row in rows}


def train(
    engine: Engine,
    *,
    now: datetime,
    model_dir: Path,
    outcomes_until: date = OUTCOMES_UNTIL,
    progress: ProgressCallback = ignore_progress,
) -> TrainedModel:
    """The trained model's row, its file in ``model_dir`` and its card in the row; the same data give the same row.

    Args:
        engine: the database with the register's lists.
        now: when it was trained, for the row.
        model_dir: where the model's file goes.
        outcomes_until: lists until this day fit and calibrate; later ones only test. The model refuses earlier days.
        progress: told in words what is being done.

    Raises:
        NothingToLearn: the ledger has too few lists or too few homes that left.
    """
    inspected_years = [year for year in list_years(engine, progress=progress) if year.is_inspected.any()]
    learnt = [year for year in inspected_years if year.next_day <= outcomes_until]
    # In a year in which hardly anybody left, no order of the homes can be told from another.
    tests = [
        year
        for year in inspected_years
        if year.day >= outcomes_until and year.left[year.is_inspected].sum() >= MIN_LEAVERS
    ]
    if not learnt:
        raise NothingToLearn(
            f"no two yearly lists up to {outcomes_until} are in the ledger; run 'continuity pull {REGISTER}'"
        )
    sample = stack_years(learnt)
    progress(f"fitting on {len(sample.left)} rows", 0, STEPS_AFTER_READING)
    fitted = fit_model(sample)
    last = max(year.next_day for year in learnt)
    data = _model_bytes(fitted, last)
    sha256 = hashlib.sha256(data).hexdigest()
    progress("measuring what it is worth", 1, STEPS_AFTER_READING)
    measured = appraise(fitted, sample, learnt, tests)
    progress("keeping it", 2, STEPS_AFTER_READING)
    _write_file(model_dir / model_file_name(sha256), data)
    return _store_model(
        engine,
        TrainedModel(
            sha256=sha256, key=MODEL_KEY, regime=REGIME_KEY, outcomes_until=last, card=measured, trained_at=now
        ),
    )


def _model_bytes(fitted: FittedModel, outcomes_until: date) -> bytes:
    return dump_model(
        {
            "format": FILE_FORMAT,
            "key": MODEL_KEY,
            "outcomes_until": outcomes_until.isoformat(),
            "definition": DEFINITION_HASH,
            "features": list(fitted.feature_names),
            "pipeline": fitted.pipeline,
            "slope": fitted.slope,
            "intercept": fitted.intercept,
        }
    )


def _write_file(path: Path, data: bytes) -> None:
    """Write the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def _store_model(engine: Engine, row: TrainedModel) -> TrainedModel:
    """The model's row: the one already there when the model is the same, its card renewed by lists that came since."""
    with write_session(engine) as session:
        known = session.get(TrainedModel, row.sha256)
        if known is None:
            known = row
            session.add(known)
        elif known.card != row.card:
            known.card = row.card
        session.flush()
        session.refresh(known)
        session.expunge(known)
    return known
