"""Compares children's homes on two days: stores the numbers and saves Evidently's page.

Evidently compares values only; a feed that stops shows as values that are missing, so shares of missing values are
compared beside it, and a column without any value is flagged and left out before Evidently sees it (it would raise).
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select

from indicators.ledger.as_of import as_of
from models.database import table_of, write_session
from models.scoring import DriftReport
from models.vocabulary import View
from risk.features import DAYS_IN_MONTH, FEATURE_NAMES, FEATURES, REGISTER, ValueForm, home_features
from risk.measure import round_figure
from settings import WrongInput

# One method whatever the number of rows (Evidently would choose by it): distances, larger is further apart.
NUMBER_METHOD, CATEGORY_METHOD = "wasserstein", "jensenshannon"
DRIFT_THRESHOLD = 0.1  # Evidently's default threshold for both
MISSING_THRESHOLD = 0.1  # ten points more or fewer unknown values

# Beside the model's features, what they hide on purpose: the age of judgements when inspections stop everywhere.
INSPECTION_MONTHS = "inspection_months"


class NoHomesOnDay(WrongInput):
    """One of the days has no list of children's homes."""


def compare_days(engine: Engine, reference_on: date, current_on: date, *, now: datetime, folder: Path) -> DriftReport:
    """The stored comparison of the homes known on two days; its page is written to ``folder / report.page``.

    Comparing the same days again with the same result adds nothing.

    Raises:
        NothingToCompare: no home is known on one of the days.
    """
    reference, current = _home_features(engine, reference_on), _home_features(engine, current_on)
    kept, left_out = _comparable_columns(reference, current)
    page = f"{REGISTER}-{reference_on}-{current_on}.html"
    distances = _column_distances(reference[kept], current[kept], folder / page)
    by_column = [_compare_column(name, reference, current, distances.get(name)) for name in reference.columns]
    numbers = {
        "homes": {"reference": len(reference), "current": len(current)},
        "columns": len(distances),
        "drifted": sum(column["has_drifted"] for column in by_column),
        "by_column": by_column,
        "left_out": left_out,
    }
    report = DriftReport(
        register_key=REGISTER,
        reference_on=reference_on,
        current_on=current_on,
        numbers=numbers,
        page=page,
        made_at=now,
    )
    return _store_report(engine, report)


def _home_features(engine: Engine, day: date) -> pd.DataFrame:
    """Features of every home known on the day, the age of its judgement beside them."""
    with as_of(engine, day, view=View.OPEN) as known:
        frame = home_features(known).to_pandas()
    if frame.empty:
        raise NoHomesOnDay(f"no children's home is known on {day}; choose the day of a list or a later one")
    age = pd.to_datetime(pd.Series(day, index=frame.index)) - pd.to_datetime(frame["inspected_on"])
    return frame[list(FEATURE_NAMES)].assign(**{INSPECTION_MONTHS: age.dt.days / DAYS_IN_MONTH})


def _comparable_columns(reference: pd.DataFrame, current: pd.DataFrame) -> tuple[list[str], dict[str, str]]:
    """The columns that can be compared, and why the others cannot."""
    left_out = {}
    for name in reference.columns:
        empty = [when for when, frame in (("first", reference), ("second", current)) if frame[name].isna().all()]
        if empty:
            left_out[name] = f"not known for any home on the {' and the '.join(empty)} day"
    return [name for name in reference.columns if name not in left_out], left_out


def _column_distances(reference: pd.DataFrame, current: pd.DataFrame, page: Path) -> dict[str, dict[str, Any]]:
    """Evidently's distance for each column; writes its page."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    of_categories = {feature.name for feature in FEATURES if feature.form in {ValueForm.GRADE, ValueForm.YES_NO}}
    definition = DataDefinition(
        numerical_columns=[name for name in reference.columns if name not in of_categories],
        categorical_columns=[name for name in reference.columns if name in of_categories],
    )
    preset = DataDriftPreset(
        num_method=NUMBER_METHOD,
        cat_method=CATEGORY_METHOD,
        num_threshold=DRIFT_THRESHOLD,
        cat_threshold=DRIFT_THRESHOLD,
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    unfinished = page.with_suffix(".part")
    with np.errstate(invalid="ignore", divide="ignore"):  # it correlates columns that are always the same, too
        snapshot = Report([preset]).run(
            Dataset.from_pandas(current, data_definition=definition),
            Dataset.from_pandas(reference, data_definition=definition),
        )
        snapshot.save_html(str(unfinished))
    unfinished.replace(page)
    numbers = {}
    for metric in snapshot.dict()["metrics"]:
        if "column" in metric["config"]:
            # numpy's numbers cannot be stored as JSON
            distance = round_figure(metric["value"])
            numbers[metric["config"]["column"]] = {"method": metric["config"]["method"], "distance": distance}
    return numbers


def _compare_column(
    name: str, reference: pd.DataFrame, current: pd.DataFrame, result: dict[str, Any] | None
) -> dict[str, Any]:
    missing = [round_figure(frame[name].isna().mean()) for frame in (reference, current)]
    means = [_column_mean(frame[name]) for frame in (reference, current)]
    return {
        "column": name,
        "method": result["method"] if result else None,
        "distance": result["distance"] if result else None,
        "has_drifted": bool(result and result["distance"] >= DRIFT_THRESHOLD),
        "mean": {"reference": means[0], "current": means[1]},
        "missing": {"reference": missing[0], "current": missing[1]},
        "missing_has_changed": abs(missing[1] - missing[0]) >= MISSING_THRESHOLD,
    }


def _column_mean(column: "pd.Series[float]") -> float | None:
    return round_figure(np.nanmean(column)) if column.notna().any() else None


def _store_report(engine: Engine, report: DriftReport) -> DriftReport:
    """The row of the report, or an earlier row of the same days with the same numbers."""
    row = table_of(DriftReport).c
    statement = (
        select(DriftReport)
        .where(
            row.register == report.register_key,
            row.reference_on == report.reference_on,
            row.current_on == report.current_on,
        )
        .order_by(row.id.desc())
        .limit(1)
    )
    with write_session(engine) as session:
        kept = session.scalar(statement)
        if kept is None or kept.numbers != report.numbers:
            kept = report
            session.add(kept)
        session.flush()
        session.refresh(kept)
        session.expunge(kept)
    return kept
