"""The embedded sample's facts in a database."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, func, select
from sqlmodel import SQLModel

from flows.sample import SAMPLES
from hindsight.what_if import compare_regimes
from indicators.archive import Archive
from indicators.folder import FolderClient
from indicators.ledger import append
from indicators.parsed_records import ArchiveState
from indicators.sources import casebook
from models.database import engine_for, read_session
from models.vocabulary import View
from tests.alerts.scenes import POLICY
from tests.factories import NOW
from tests.hindsight.small_homes import DAYS, homes_regime
from tests.risk.homes import home, publish


def load_casebook(engine: Engine, samples: Path, archive: Path) -> Engine:
    """Everything that the files of a folder of samples say."""
    kept = Archive(engine, archive)
    for fetched in casebook.fetch(FolderClient(samples), ArchiveState()):
        kept.add_document("casebook", fetched, now=NOW)
    for snapshot in kept.unread_snapshots("casebook", casebook.PARSER, "all"):
        records = casebook.parse(kept.document_of(snapshot))
        append.append(engine, snapshot.id or 0, casebook.PARSER, records, recorded_at=NOW)
    return engine


@pytest.fixture(scope="module")
def sample_without(
    migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, str], Engine]]:
    """``sample_without("carillion", "2018-05-23")``: the sample less what became known of one provider on one day."""
    engines: list[Engine] = []

    def make(slug: str = "", known_on: str = "") -> Engine:
        folder = tmp_path_factory.mktemp("sample")
        shutil.copytree(SAMPLES / "casebook", folder / "samples" / "casebook")
        if slug:
            _leave_out(folder / "samples" / "casebook" / f"{slug}.yaml", known_on)
        shutil.copyfile(migrated_sqlite_file, folder / "continuity.db")
        engines.append(engine_for(f"sqlite:///{folder / 'continuity.db'}"))
        return load_casebook(engines[-1], folder / "samples", folder / "archive")

    yield make
    for engine in engines:
        engine.dispose()


def _leave_out(path: Path, known_on: str) -> None:
    """Take the facts of one day out of a file of the casebook; how the provider ended stays."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for part in {"figures", "events"} & content.keys():
        content[part] = [one for one in content[part] if str(one["known_on"]) != known_on]
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def sample(sample_without: Callable[..., Engine]) -> Engine:
    """The embedded sample in a database."""
    return sample_without()


UNTIL = date(2026, 1, 1)


GOOD, IMPROVE, BAD = 2, 3, 4


LISTS = {  # home -> its grade on each list; None: not listed
    1: [IMPROVE, IMPROVE, None, None],  # left in 2019
    2: [IMPROVE, GOOD, GOOD, GOOD],
    3: [GOOD, BAD, BAD, None],  # left in 2020
    4: [GOOD, GOOD, GOOD, GOOD],
    5: [IMPROVE, None, IMPROVE, IMPROVE],  # came back
}


def filled(engine):
    for number, day in enumerate(DAYS):
        rows = [home(key, day, overall=grades[number]) for key, grades in LISTS.items() if grades[number]]
        publish(engine, day, rows)
    return engine


@pytest.fixture(scope="session")
def lists(migrated_sqlite_file, tmp_path_factory):
    """A ledger for tests that only read it."""
    path = tmp_path_factory.mktemp("lists") / "continuity.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    yield filled(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def stricter(lists):
    """What if homes that require improvement were of concern?"""
    return compare(lists, homes_regime(improve="concern"))


def compare(engine, edited, *published, days=DAYS, policy=POLICY):
    chosen = {"days": days, "view": View.FULL, "audiences": None, "policy": policy, "models": [], "until": UNTIL}
    return compare_regimes(engine, edited, published or [homes_regime()], **chosen)


def everything(engine):
    """How many rows each table has."""
    with read_session(engine) as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in SQLModel.metadata.sorted_tables
        }
