"""Migrations: linear, there and back on both databases, and the tables they make are the tables of the models."""

import json
from datetime import date, datetime

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, inspect, select, text

from access.people import add_user, list_role_changes, list_users
from models import database
from models.alerting import NotNotified
from models.database import check_database, engine_for, metadata, migrate, read_session
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
        stored = {row.sha256: row.findings for row in session.scalars(select(FindingSet))}
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


def test_reasons_against_a_message_keep_the_number_of_their_change(empty_database_url):
    engine = engine_for(empty_database_url)
    upgrade_to(engine, "0011")
    statements = [
        "INSERT INTO run (id, day, view, revision, status, upto_seq, upto_load, upto_pull, code_version, regimes, "
        "policy_hash, rows_digest, inputs_hash, source_findings, summary, now_at, started_at, owner) VALUES "
        "(1, '2024-01-01', 'full', 0, 'done', 0, 0, 0, '', '{}', '', '', '', '[]', '{}', :now, :now, '')",
        *(
            "INSERT INTO escalation (id, provider_id, regime, episode, change, level, reason, opened_on, changed_on, "
            f"run_id) VALUES ({number}, {number}, 'homes', 1, 1, 'watch', 'opened', '2024-01-01', '2024-01-01', 1)"
            for number in (7, 71)
        ),
        "INSERT INTO not_notified (dedupe_key, escalation_id, run_id, reason) VALUES "
        "('v1:7:12:everybody:waiting:', 7, 1, 'waiting'), ('v1:71:3:2:silenced:act 4', 71, 1, 'silenced')",
    ]
    with engine.execution_options(is_writer=True).begin() as connection:
        for statement in statements:
            connection.execute(text(statement).bindparams(**({"now": NOW} if ":now" in statement else {})))
    migrate(engine)
    with read_session(engine) as session:
        stored = {row.escalation_id: row.change for row in session.scalars(select(NotNotified))}
    engine.dispose()

    assert stored == {7: 12, 71: 3}


def insert_row(connection, table, **values):
    """Insert a row into a table as it is now, with a zero or an empty text for every required column left out."""
    columns = Table(table, MetaData(), autoload_with=connection).columns
    defaults = {
        int: 0,
        float: 0.0,
        str: "",
        bool: False,
        datetime: NOW.replace(tzinfo=None),
        date: NOW.date(),
        dict: "{}",
    }
    required = {
        column.name: defaults[column.type.python_type]
        for column in columns
        if not column.nullable and column.server_default is None and not column.primary_key
    }
    row = {**required, **values}
    quoted = ", ".join(f'"{name}"' for name in row)
    connection.execute(text(f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(f':{name}' for name in row)})"), row)


def read_values(engine, *queries):
    with engine.connect() as connection:
        return [connection.scalar(text(query)) for query in queries]


def test_renamed_columns_and_tables_keep_their_rows_there_and_back(empty_database_url):
    engine = engine_for(empty_database_url)
    upgrade_to(engine, "0010")
    with engine.execution_options(is_writer=True).begin() as connection:
        insert_row(connection, "subject", id=1, key="CW-A")
        insert_row(connection, "run", id=4, basis="open")
        insert_row(connection, "escalation", id=5, provider_id=1, run_id=4, is_held=True)
        insert_row(connection, "told", run_id=4, policy_sha256="abc")
        insert_row(
            connection,
            "quiet",
            id=6,
            dedupe_key="v1:5:1:everybody:silenced:",
            escalation_id=5,
            run_id=4,
            reason="silenced",
        )
    told_at = read_values(engine, "SELECT told_at FROM told")
    old = (
        "SELECT basis FROM run WHERE id = 4",
        "SELECT is_held FROM escalation WHERE id = 5",
        "SELECT policy_sha256 FROM told WHERE run_id = 4",
        "SELECT reason FROM quiet WHERE escalation_id = 5",
        "SELECT told_at FROM told",
    )
    new = (
        "SELECT view FROM run WHERE id = 4",
        "SELECT is_kept_closed FROM escalation WHERE id = 5",
        "SELECT policy_sha256 FROM notified_run WHERE run_id = 4",
        "SELECT reason FROM not_notified WHERE escalation_id = 5",
        "SELECT notified_at FROM notified_run",
    )
    expected = ["open", True, "abc", "silenced", *told_at]

    migrate(engine)
    assert read_values(engine, *new) == expected
    assert "ix_not_notified_escalation_id" in {index["name"] for index in inspect(engine).get_indexes("not_notified")}

    upgrade_to(engine, "0010")
    assert read_values(engine, *old) == expected
    assert "ix_quiet_escalation_id" in {index["name"] for index in inspect(engine).get_indexes("quiet")}
    engine.dispose()


def test_rows_whose_place_says_recalled_are_marked_and_rows_of_other_registers_are_not(empty_database_url):
    engine = engine_for(empty_database_url)
    upgrade_to(engine, "0011")
    with engine.execution_options(is_writer=True).begin() as connection:
        for number, register in ((1, "casebook"), (2, "contracts")):
            insert_row(connection, "snapshot", id=number, register=register, sha256=str(number))
            insert_row(connection, "load", id=number, snapshot_id=number, parser=f"{register}/1")
        insert_row(connection, "word", id=1, text="events[0] · recalled (high) · no document read")
        insert_row(connection, "word", id=2, text="events[1] · verified · Gazette https://example.org")
        for load, row, place in ((1, 1, 1), (1, 2, 2), (2, 1, 1)):
            insert_row(connection, "observation", load_id=load, row=row, place_id=place)
        insert_row(connection, "link", load_id=1, row=3, place_id=1)
        insert_row(connection, "observation", load_id=1, row=4, place_id=1, retracts=1)
    migrate(engine)
    with engine.connect() as connection:
        marked = connection.execute(text('SELECT load_id, "row" FROM recalled_row ORDER BY 1, 2')).all()
    assert [tuple(row) for row in marked] == [(1, 1), (1, 3)]

    upgrade_to(engine, "0011")
    assert "recalled_row" not in inspect(engine).get_table_names()
    engine.dispose()


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
