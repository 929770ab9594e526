import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from indicators.archive import Archive
from indicators.folder import FolderClient
from indicators.ledger import append
from indicators.parsed_records import ArchiveState
from indicators.sources import ofsted_social_care
from models.database import read_session
from models.scoring import TrainedModel
from risk.card import render_card
from risk.fitting import NothingToLearn
from risk.model import model_file_name
from risk.train import list_years, train
from tests.factories import NOW
from tests.risk.homes import home, lists, publish, urn

DAYS = [date(year, 3, 31) for year in (2017, 2018, 2019, 2020)]


def outcomes(engine: Engine) -> dict[str, dict[str, float]]:
    return {
        year.day.isoformat(): dict(zip(year.table["subject"].to_pylist(), year.left, strict=True))
        for year in list_years(engine)
    }


def test_a_home_that_became_another_kind_of_setting_has_not_left(sqlite_engine: Engine) -> None:
    first, second = DAYS[:2]
    publish(sqlite_engine, first, [home(1, first), home(2, first), home(3, first)])
    publish(sqlite_engine, second, [home(1, second), home(2, second, scope="Boarding school")])
    assert outcomes(sqlite_engine) == {"2017-03-31": {urn(1): 0.0, urn(2): 0.0, urn(3): 1.0}}


def test_a_list_without_childrens_homes_shows_no_outcome(sqlite_engine: Engine) -> None:
    first, second = DAYS[:2]
    publish(sqlite_engine, first, [home(1, first), home(2, first)])
    publish(sqlite_engine, second, [home(3, second, scope="Boarding school")])
    assert outcomes(sqlite_engine) == {}


def test_lists_more_than_a_year_apart_show_no_outcome(sqlite_engine: Engine) -> None:
    for day in (DAYS[0], DAYS[2]):
        publish(sqlite_engine, day, [home(1, day), home(2, day)])
    assert outcomes(sqlite_engine) == {}


def test_other_registers_lists_are_not_read(sqlite_engine: Engine) -> None:
    for day in DAYS[:2]:
        publish(sqlite_engine, day, [home(1, day)], register="contracts")
    assert outcomes(sqlite_engine) == {}


def test_without_lists_training_says_what_to_do(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn, match="run 'continuity pull ofsted_social_care'"):
        train(sqlite_engine, now=NOW, model_dir=tmp_path / "models")


def test_training_keeps_one_row_and_one_file_however_often_it_runs(engine: Engine, tmp_path: Path) -> None:
    lists(engine, homes=250, days=DAYS)
    told: list[str] = []
    folder = tmp_path / "models"
    options = {"model_dir": folder, "outcomes_until": date(2019, 3, 31)}
    first = train(engine, now=NOW, progress=lambda what, _done, _of: told.append(what), **options)
    again = train(engine, now=NOW + timedelta(days=1), **options)
    assert again == first
    assert [path.name for path in folder.iterdir()] == [model_file_name(first.sha256)]
    assert first.outcomes_until == date(2019, 3, 31)
    assert "reading what was known on 2019-03-31" in told
    with read_session(engine) as session:
        assert session.scalar(select(func.count()).select_from(TrainedModel)) == 1


def test_a_later_list_tests_the_model_and_changes_only_its_card(sqlite_engine: Engine, tmp_path: Path) -> None:
    lists(sqlite_engine, homes=250, days=DAYS[:3])
    options = {"now": NOW, "model_dir": tmp_path, "outcomes_until": date(2019, 3, 31)}
    before = train(sqlite_engine, **options)
    newest = [home(number, DAYS[3]) for number in range(1, 251, 3)]
    publish(sqlite_engine, DAYS[3], newest)
    after = train(sqlite_engine, **options)
    assert after.sha256 == before.sha256
    assert [test["day"] for test in before.card["tests"]] == []
    assert [test["day"] for test in after.card["tests"]] == ["2019-03-31"]
    assert "tested" in render_card(after.card)
    assert "tested" not in render_card(before.card)


@pytest.fixture(scope="module")
def real(registers: Path, migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """The model trained on the register's real lists."""
    import shutil

    from models.database import engine_for

    folder = tmp_path_factory.mktemp("real")
    shutil.copyfile(migrated_sqlite_file, folder / "continuity.db")
    engine = engine_for(f"sqlite:///{folder / 'continuity.db'}")
    archive = Archive(engine, folder / "archive")
    for fetched in ofsted_social_care.fetch(FolderClient(registers), ArchiveState()):
        archive.add_document(ofsted_social_care.REGISTER, fetched, now=NOW)
    for snapshot in archive.unread_snapshots(ofsted_social_care.REGISTER, ofsted_social_care.PARSER, "all"):
        records = ofsted_social_care.parse(archive.document_of(snapshot))
        append.append(engine, snapshot.id or 0, ofsted_social_care.PARSER, records, recorded_at=NOW)
    row = train(engine, now=NOW, model_dir=folder / "models")
    engine.dispose()
    return row


@pytest.mark.registers
def test_on_the_real_lists_the_signal_is_weak_but_there(real: TrainedModel) -> None:
    tests = {test["day"]: test for test in real.card["tests"]}
    assert list(tests) == ["2020-03-31", "2021-03-31"]
    assert 0.68 < tests["2020-03-31"]["auc"] < 0.77
    assert 0.64 < tests["2021-03-31"]["auc"] < 0.74
    assert 0.64 < real.card["cross_validation"]["auc"] < 0.70
    for test in tests.values():
        grade = test["baselines"]["last_grade_alone"]["auc"]
        assert grade < test["auc"]
        assert 0.62 < grade < 0.70
        assert test["calibration"]["brier"] < test["calibration"]["brier_of_the_base_rate"]
        assert test["calibration"]["expected_to_leave"] == pytest.approx(test["left"], rel=0.35)


@pytest.mark.registers
def test_the_real_card_is_complete(real: TrainedModel) -> None:
    card = json.loads(json.dumps(real.card, allow_nan=False))
    assert real.outcomes_until == date(2020, 3, 31)
    assert [year["homes"] for year in card["fitted_on"]["years"]] == [1850, 1884, 1924, 2038, 2112]
    assert [test["homes"] for test in card["tests"]] == [2230, 2624]
    assert [year["homes"] for year in card["never_inspected"]][-1] == 485
    assert set(card["dropped"]) == {"registered_months", "is_suspended"}
    assert all(one["auc_lost_when_shuffled"] is not None for one in card["features"])
    assert {"cross_validation", "by_owner", "challenger", "not", "limits", "intended_use", "outcome"} <= card.keys()
    # gradient boosting is no better, so the model whose reasons add up is the one to keep
    assert card["challenger"]["gains_over_the_model"]["interval"][0] < 0
    text = render_card(card)
    assert "below good or not" in text
    assert "2020-03-31 to 2021-03-31 | tested" in text
