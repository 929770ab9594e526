"""The databases that every other test is given."""

import pytest
from sqlalchemy import Engine, select

from models.bulk import read_rows
from models.database import check_database, engine_for, metadata, migrate, read_session, write_session
from models.subjects import Subject


@pytest.mark.parametrize("repetition", [1, 2])
def test_each_test_starts_with_an_empty_database_at_this_codes_version(engine: Engine, repetition: int) -> None:
    check_database(engine)
    with write_session(engine) as session:
        assert session.execute(select(Subject.key)).all() == []
        session.add(Subject(key="GB-COH-00000001"))
    assert read_rows(engine, select(metadata.tables["subject"].c.key)).to_pylist() == [{"key": "GB-COH-00000001"}]


def test_an_empty_database_can_be_migrated(empty_database_url: str) -> None:
    engine = engine_for(empty_database_url)
    migrate(engine)
    with read_session(engine) as session:
        assert session.execute(select(Subject.key)).all() == []
    engine.dispose()
