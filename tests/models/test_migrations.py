"""Migrations: linear, there and back on both databases, and the tables they make are the tables of the models."""

import json
from datetime import date

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from access.people import add_user, list_role_changes, list_users
from models import database
from models.database import DatabaseUnusable, check_database, engine_for, metadata, migrate, read_session
from models.scoring import FindingSet, Run
from tests.dashboard.scenes import ALDER, Scored, finding, score
from tests.factories import NOW


def upgrade_to(engine, revision):
    with engine.execution_options(is_writer=True).connect() as connection, connection.begin():
        config = database._alembic_config(connection)
        current = MigrationContext.configure(connection).get_current_revision() or ""
        is_back = revision == "base" or revision < current
        (command.downgrade if is_back else command.upgrade)(config, revision)


def test_migrations_are_linear():
    scripts = ScriptDirectory.from_config(database._alembic_config())

    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1


def test_tables_equal_the_models(empty_database_url):
    engine = engine_for(empty_database_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_up_down_and_up_again(empty_database_url):
    engine = engine_for(empty_database_url)
    migrate(engine)
    upgrade_to(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(engine)
    check_database(engine)
    engine.dispose()


def test_migrating_twice_changes_nothing(sqlite_engine):
    before = sqlite_engine.url.database and open(sqlite_engine.url.database, "rb").read()
    migrate(sqlite_engine)

    assert open(sqlite_engine.url.database, "rb").read() == before


def test_a_database_newer_than_the_code_is_refused(engine):
    with engine.execution_options(is_writer=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseUnusable, match="version 9999, newer than this code; update Continuity Watch"):
        migrate(engine)


def test_a_database_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(DatabaseUnusable, match="there is no database yet; run 'continuity init', or"):
        check_database(engine_for(f"sqlite:///{tmp_path / 'none.db'}"))


def test_a_file_that_is_no_database_is_said_so(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(DatabaseUnusable, match="file is not a database"):
        migrate(engine_for(f"sqlite:///{path}"))


def test_a_place_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatabaseUnusable, match="check that the place exists and can be written"):
        migrate(engine_for(f"sqlite:///{tmp_path / 'file' / 'x.db'}"))


def test_a_wrong_url_is_said_so():
    with pytest.raises(DatabaseUnusable, match="CONTINUITY_DATABASE_URL"):
        engine_for("not a url")


def test_findings_stored_before_they_were_packed_are_still_there(empty_database_url):
    engine = engine_for(empty_database_url)
    upgrade_to(engine, "0003")
    findings = [{"title": "Net assets £1", "seqs": [number], "value": None} for number in range(3)]
    with engine.execution_options(is_writer=True).begin() as connection:
        for number in range(2_500):
            row = {"sha": f"{number:064}", "findings": json.dumps([*findings, number])}
            connection.execute(text("INSERT INTO findingset (sha256, findings) VALUES (:sha, :findings)"), row)
    migrate(engine)
    with read_session(engine) as session:
        stored = {one.sha256: one.findings for one in session.scalars(select(FindingSet))}
    engine.dispose()

    assert stored == {f"{number:064}": [*findings, number] for number in range(2_500)}


def test_people_keep_their_roles_and_audiences_as_their_first_entry_and_go_back_with_the_newest(empty_database_url):
    engine = engine_for(empty_database_url)
    upgrade_to(engine, "0006")
    insert = text("INSERT INTO person (key, name, roles, audiences) VALUES (:key, :name, :roles, :audiences)")
    with engine.execution_options(is_writer=True).begin() as connection:
        for key, roles, audiences in (("ann", "operator,regulator", "casework,public"), ("pat", "", "public")):
            row = {"key": key, "name": key.title(), "roles": roles, "audiences": audiences}
            connection.execute(insert, row)
    migrate(engine)
    ann, pat = list_users(engine)
    assert (ann.name, ann.roles, ann.audiences) == ("Ann", {"operator", "regulator"}, {"casework", "public"})
    assert (pat.roles, pat.audiences) == (frozenset(), {"public"})
    assert [(change.author, change.new) for change in list_role_changes(engine, "ann")] == [
        (None, ("operator", "regulator")),
        (None, ("casework", "public")),
    ]

    add_user(engine, "pat", author=ann, now=NOW, roles=["commissioner"])
    upgrade_to(engine, "0008")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT key, roles, audiences FROM person ORDER BY key")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [
        ("ann", "operator,regulator", "casework,public"),
        ("pat", "commissioner", "public"),
    ]


def test_runs_with_restricted_findings_are_to_be_scored_again_for_other_readers(empty_database_url):
    engine = engine_for(empty_database_url)
    migrate(engine)
    runs = [
        score(engine, date(2020, 6, number), Scored(ALDER, "Alder", "watch", findings))
        for number, findings in ((1, (finding("Open"),)), (2, (finding("For some", audiences=["casework"]),)))
    ]
    upgrade_to(engine, "0011")
    migrate(engine)
    with read_session(engine) as session:
        waiting = dict(session.execute(select(Run.id, Run.has_redacted)).tuples().all())
    engine.dispose()

    assert waiting == {runs[0]: True, runs[1]: False}
