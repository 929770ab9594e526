"""A run killed at any moment, then run again: nothing lost, nothing doubled; readers never meet a lock."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from flows.lease import hold_lease
from models.database import engine_for, migrate
from queries import provider, watchlist
from risk.runs import newest_finished_run
from tests import extracts

KILLS = 25
HOMES = 240

# The logical content of each table: what stays when rows are numbered and timed anew.
CONTENT = {
    "observation": """
        SELECT s.key, i.key, period_start, period_end, occurrence, known_on, value_number, value_text, o.line, w.text
        FROM observation o JOIN subject s ON s.id = subject_id JOIN indicator i ON i.id = indicator_id
        LEFT JOIN word w ON w.id = place_id JOIN load l ON l.id = load_id WHERE l.is_done AND retracts IS NULL""",
    "link": """
        SELECT a.key, relation, kind, b.key, since, until, known_on, reference, value_gbp FROM link
        JOIN subject a ON a.id = subject_id LEFT JOIN subject b ON b.id = object_id JOIN load l ON l.id = load_id
        WHERE l.is_done""",
    "listing": """
        SELECT s.key, w.text, l.listed_on FROM listing JOIN subject s ON s.id = subject_id
        JOIN word w ON w.id = scope_id JOIN load l ON l.id = load_id WHERE l.is_done""",
    "assessment": """
        SELECT r.day, r.revision, s.key, regime, level, rating, stage, provider_name, accountability, evidence
        FROM assessment JOIN run r ON r.id = run_id JOIN subject s ON s.id = provider_id WHERE r.status = 'done'""",
    "escalation": """
        SELECT s.key, regime, episode, level, reason, opened_on, closed_on FROM escalation
        JOIN subject s ON s.id = provider_id""",
    "delivery": "SELECT s.key, d.reason, d.level, d.part FROM delivery d JOIN escalation e ON e.id = escalation_id "
    "JOIN subject s ON s.id = e.provider_id",
    "message": "SELECT part, channel, subject, status FROM message",
}


def start(folder: Path, home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cli.main", "watch", "--from", str(folder), "--as-of", extracts.DAY.isoformat()]
    environment = {**os.environ, "CONTINUITY_HOME": str(home)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def content(home: Path) -> dict[str, list[tuple]]:
    with closing(sqlite3.connect(home / "continuity.db")) as connection:
        return {table: sorted(connection.execute(sql).fetchall(), key=repr) for table, sql in CONTENT.items()}


@pytest.mark.timeout(1800)
def test_a_killed_run_is_taken_over_and_nothing_is_lost_or_doubled(tmp_path):
    """Each of the kills hits the run that takes over from the one before, wherever that had got to."""
    folder = extracts.write(tmp_path / "registers", homes=HOMES)
    begun = time.monotonic()
    undisturbed = start(folder, tmp_path / "undisturbed")
    assert undisturbed.wait() == 0, undisturbed.stderr.read()
    length = time.monotonic() - begun
    wanted = content(tmp_path / "undisturbed")
    assert all(wanted.values())

    chance, home, killed = random.Random(20221122), tmp_path / "killed", 0
    for number in range(KILLS):
        if number % 5 == 0:  # five homes, each with five kills in a row before it may finish
            home = tmp_path / f"killed-{number}"
        process = start(folder, home)
        try:
            process.wait(length * (0.1 + 0.9 * chance.random()))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        if number % 5 == 4:
            again = start(folder, home)
            _, output = again.communicate()
            assert (again.returncode, output) == (0, "")
            assert content(home) == wanted
            messages = [path.name for path in (home / "outbox").iterdir()]
            assert len(messages) == len(wanted["message"])
    assert killed > 0


def test_a_reader_never_meets_a_lock_nor_half_a_run(tmp_path):
    folder = extracts.write(tmp_path / "registers", homes=HOMES)
    home = tmp_path / "home"
    assert start(folder, home).wait() == 0
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    whole = len(watchlist.read_watchlist(engine, extracts.DAY, audiences=None).providers)
    (home / "policy.yaml").write_text(
        "schema: 2\ntitle: another\nlower_after: 3\nuseful_for_days: 7\nlines: 30\ncriticals_alone: 20\n"
        "recipients: {duty: {title: Duty desk, channel: file}}\nsteps: {watch: [{to: [duty]}]}\n"
    )
    process, reads = start(folder, home), 0
    while process.poll() is None:
        listed = watchlist.read_watchlist(engine, extracts.DAY, audiences=None)
        assert len(listed.providers) == whole
        provider.explain_provider(engine, listed.providers[0].id, extracts.DAY, audiences=None)
        reads += 1
    engine.dispose()

    assert (process.returncode, reads > 0) == (0, True)
    assert newest_finished_run(engine, extracts.DAY).revision == 1


def test_a_second_run_beside_a_living_one_is_refused(tmp_path):
    folder = extracts.write(tmp_path / "registers", homes=HOMES)
    home = tmp_path / "home"
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    migrate(engine)
    with hold_lease(engine):
        second = start(folder, home)
        _, output = second.communicate()
    engine.dispose()

    assert second.returncode == 2
    assert output.count("\n") == 1
    assert "another run has been at work since" in output
