"""Databases that can be opened, and the reasons why others cannot."""

import pytest
from sqlalchemy import text

from models.database import DatabaseUnusable, check_database, engine_for, migrate


def test_migrating_twice_changes_nothing(sqlite_engine):
    before = sqlite_engine.url.database and open(sqlite_engine.url.database, "rb").read()
    migrate(sqlite_engine)

    assert open(sqlite_engine.url.database, "rb").read() == before


def test_a_database_newer_than_the_code_is_refused(engine):
    with engine.execution_options(is_writer=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseUnusable, match="version 9999, newer than this code; update Continuity Watch"):
        migrate(engine)


def test_a_missing_database_is_reported_with_the_remedy(tmp_path):
    with pytest.raises(DatabaseUnusable, match="there is no database yet; run 'continuity init', or"):
        check_database(engine_for(f"sqlite:///{tmp_path / 'none.db'}"))


def test_a_file_that_is_not_a_database_is_reported(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(DatabaseUnusable, match="file is not a database"):
        migrate(engine_for(f"sqlite:///{path}"))


def test_a_place_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatabaseUnusable, match="check that the place exists and can be written"):
        migrate(engine_for(f"sqlite:///{tmp_path / 'file' / 'x.db'}"))


def test_a_wrong_url_is_reported():
    with pytest.raises(DatabaseUnusable, match="CONTINUITY_DATABASE_URL"):
        engine_for("not a url")
