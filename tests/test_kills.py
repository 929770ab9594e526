"""A run killed at any moment is taken over by the next: nothing lost, nothing doubled, and readers never notice."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from dashboard import queries
from models.database import DatabaseUnusable, check, engine_for, reading
from tests import extracts
from tests.command import Command, environment
from tests.extracts import DAY, EARLIER

KILLS = 25
HOMES = 240  # a run takes some seconds
WATCHED = extracts.home(extracts.WORST)

# What was stored, without numbers that only say in which order, and without the clock.
LOGICAL = {
    "observation": """
        SELECT s.key, i.key, n.register, n.name, l.parser, l.scope, l.repetition, l.is_done, o.row, o.period_start,
            o.period_end, o.occurrence, o.known_on, o.known_on_basis, o.value_number, o.value_text, u.text,
            o.audience_id, o.line, p.text, o.retracts IS NOT NULL
        FROM observation o LEFT JOIN load l ON l.id = o.load_id LEFT JOIN snapshot n ON n.id = l.snapshot_id
        LEFT JOIN subject s ON s.id = o.subject_id LEFT JOIN indicator i ON i.id = o.indicator_id
        LEFT JOIN word u ON u.id = o.unit_id LEFT JOIN word p ON p.id = o.place_id""",
    "link": """
        SELECT s.key, k.relation, k.kind, t.key, n.name, l.is_done, k.row, k.since, k.until, k.known_on,
            k.known_on_basis, k.confidence, k.reference, k.value_gbp, k.line, p.text, k.retracts IS NOT NULL
        FROM link k LEFT JOIN load l ON l.id = k.load_id LEFT JOIN snapshot n ON n.id = l.snapshot_id
        LEFT JOIN subject s ON s.id = k.subject_id LEFT JOIN subject t ON t.id = k.object_id
        LEFT JOIN word p ON p.id = k.place_id""",
    "listing": """
        SELECT n.name, l.is_done, s.key, w.text, g.line FROM listing g LEFT JOIN load l ON l.id = g.load_id
        LEFT JOIN snapshot n ON n.id = l.snapshot_id LEFT JOIN subject s ON s.id = g.subject_id
        LEFT JOIN word w ON w.id = g.scope_id""",
    "load": """
        SELECT n.name, l.parser, l.scope, l.repetition, l.is_done, l.listed_on, l.looked_on, l.known_from, l.known_to,
            l.records, l.observations, l.links, l.listed, l.unreadable
        FROM load l LEFT JOIN snapshot n ON n.id = l.snapshot_id""",
    "snapshot": "SELECT register, name, sha256, size, address FROM snapshot",
    "run": """
        SELECT day, basis, revision, code_version, regimes, policy_hash, source_findings FROM run
        WHERE status = 'done'""",
    "assessment": """
        SELECT r.day, r.revision, s.key, a.provider_name, a.regime, a.level, a.rating, a.stage, a.probability_reason,
            a.support, a.accountability, a.consequences, a.evidence, a.external_powers, a.flexibility
        FROM assessment a LEFT JOIN run r ON r.id = a.run_id LEFT JOIN subject s ON s.id = a.provider_id""",
    "escalation": """
        SELECT s.key, e.regime, e.episode, e.change, e.level, e.reason, e.opened_on, e.changed_on, e.closed_on
        FROM escalation e LEFT JOIN subject s ON s.id = e.provider_id""",
    "delivery": """
        SELECT s.key, e.regime, r.key, d.part, d.reason, d.level, m.subject, n.day
        FROM delivery d LEFT JOIN escalation e ON e.id = d.escalation_id LEFT JOIN subject s ON s.id = e.provider_id
        LEFT JOIN recipient r ON r.id = d.recipient_id LEFT JOIN message m ON m.id = d.message_id
        LEFT JOIN run n ON n.id = d.run_id""",
    "message": """
        SELECT m.id, r.key, n.day, m.part, m.channel, m.subject, m.body_markdown, m.status
        FROM message m LEFT JOIN recipient r ON r.id = m.recipient_id LEFT JOIN run n ON n.id = m.run_id""",
    "told": "SELECT n.day, t.policy_sha256, t.counts FROM told t LEFT JOIN run n ON n.id = t.run_id",
    "withdrawal": "SELECT target FROM withdrawal",
    "lease": "SELECT name FROM lease",
}  # fmt: skip


def content(home: Path) -> dict[str, Counter[str]]:
    """Everything stored and written: by table, how often each row is there."""
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    with reading(engine) as session:
        found = {
            name: Counter(map(repr, session.connection().execute(text(query)).all())) for name, query in LOGICAL.items()
        }
        places = {
            row.seq: f"{row.name} row {row.row}"
            for row in session.connection().execute(
                text(
                    "SELECT o.seq, n.name, o.row FROM observation o JOIN load l ON l.id = o.load_id "
                    "JOIN snapshot n ON n.id = l.snapshot_id"
                )
            )
        }
        findings = session.connection().execute(
            text(
                "SELECT r.day, s.key, a.regime, f.findings FROM assessment a JOIN run r ON r.id = a.run_id "
                "JOIN subject s ON s.id = a.provider_id JOIN findingset f ON f.sha256 = a.findings_sha256"
            )
        )
        found["findings"] = Counter(
            repr((day, provider, regime, [_placed(finding, places) for finding in json.loads(body)]))
            for day, provider, regime, body in findings
        )
    engine.dispose()
    found["outbox"] = Counter(f"{path.name}: {_whatever_attempt(path)}" for path in (home / "outbox").iterdir())
    found["archive"] = Counter(path.name for path in (home / "archive").rglob("*") if path.is_file())
    return found


def _whatever_attempt(path: Path) -> str:
    return re.sub(r"(Reference M-\d+)/\d+", r"\1", path.read_text(encoding="utf-8"))


def _placed(finding: dict[str, Any], places: dict[int, str]) -> dict[str, Any]:
    """The finding with the places of its rows instead of their numbers (negative ones are worked out, not stored)."""
    return {**finding, "seqs": sorted(places.get(seq, "derived") for seq in finding["seqs"])}


class Runner:
    """Commands as processes of their own, forked from one that has imported everything."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.killable"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # one thread, so that it may fork
        )

    def start(self, home: Path, *arguments: object) -> int:
        """The number of the command's process."""
        told = {"environment": {"CONTINUITY_HOME": str(home)}, "arguments": [str(argument) for argument in arguments]}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(told) + "\n")
        self._server.stdin.flush()
        return self._said()

    def end(self) -> int:
        """The exit code of the command, once it has ended; negative: the signal that killed it."""
        return self._said()

    def _said(self) -> int:
        assert self._server.stdout is not None
        return int(self._server.stdout.readline())

    def run(self, home: Path, *arguments: object) -> int:
        """The exit code of a command that is left alone."""
        self.start(home, *arguments)
        return self.end()

    def run_and_kill(self, after: float, home: Path, *arguments: object) -> int:
        """The exit code of a command that is killed after so many seconds, unless it has ended by then."""
        process = os.pidfd_open(self.start(home, *arguments))  # a number could be another process's by then
        time.sleep(after)
        try:
            signal.pidfd_send_signal(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(process)
        return self.end()

    def stop(self) -> None:
        """End the server."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()


class Case:
    """A first day from nothing, or a second day after a first: how to begin, what to run, what it gives undisturbed."""

    def __init__(self, runner: Runner, folder: Path, place: Path, before: Path | None = None) -> None:
        self.arguments = ("watch", "--from", folder, "--as-of", DAY)
        self._before = before
        began = time.monotonic()
        home = self.begin(place)
        assert runner.run(home, *self.arguments) == 0
        self.seconds = time.monotonic() - began
        self.undisturbed = content(home)
        self.home = home

    def begin(self, home: Path) -> Path:
        """A data directory as it is before the run."""
        if self._before is not None:
            shutil.copytree(self._before, home)
        return home


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    found = Runner()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extracts.write(tmp_path_factory.mktemp("extracts"), homes=HOMES)


@pytest.fixture(scope="module")
def after_a_day(runner: Runner, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose first day was scored when there was only the first list."""
    place = tmp_path_factory.mktemp("first")
    shutil.copytree(folder, place / "extracts")
    (place / "extracts" / extracts.LIST.format(DAY)).unlink()
    assert runner.run(place / "home", "watch", "--from", place / "extracts", "--as-of", EARLIER) == 0
    return place / "home"


@pytest.fixture(scope="module")
def cases(runner: Runner, folder: Path, after_a_day: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    place = tmp_path_factory.mktemp("undisturbed")
    return [Case(runner, folder, place / "first"), Case(runner, folder, place / "second", after_a_day)]


class Reader(threading.Thread):
    """Looks at the watchlist and at one provider all the time, as people with the dashboard open do."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self._path = home / "continuity.db"
        self._stopped = threading.Event()
        self.seen: Counter[date] = Counter()  # scored day -> looks at it
        self.lists: dict[date, set[tuple[Any, ...]]] = {}  # scored day -> the different watchlists shown
        self.explained: dict[date, set[str]] = {}
        self.problems: list[str] = []

    def run(self) -> None:
        engine = engine_for(f"sqlite:///{self._path}")
        while not self._stopped.wait(0.01):
            try:
                if self._path.exists():
                    self._look(engine)
            except (DatabaseUnusable, queries.NothingScored) as nothing_yet:
                if "not set up" not in str(nothing_yet) and "has been scored" not in str(nothing_yet):
                    self.problems.append(str(nothing_yet))
            except Exception as error:  # whatever a reader would see
                self.problems.append(f"{type(error).__name__}: {error}")
        engine.dispose()

    def _look(self, engine: Engine) -> None:
        check(engine)
        listed = queries.watchlist(engine, DAY)
        self.seen[listed.scored_on] += 1
        rows = tuple((row.id, row.level) for row in listed.providers)
        self.lists.setdefault(listed.scored_on, set()).add(rows)
        explained = queries.explain(engine, WATCHED, DAY)
        shown = [
            (
                regime["level"],
                sorted(finding["title"] for entry in regime["principles"].values() for finding in entry["findings"]),
            )
            for regime in explained["regimes"]
        ]
        self.explained.setdefault(date.fromisoformat(explained["scored_on"]), set()).add(repr(shown))

    def stop(self) -> None:
        self._stopped.set()
        self.join()


@contextmanager
def reader_of(home: Path) -> Iterator[Reader]:
    reader = Reader(home)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()


def whole(home: Path) -> tuple[Any, ...]:
    """The watchlist as a reader sees it when nothing runs."""
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    listed = tuple((row.id, row.level) for row in queries.watchlist(engine, DAY).providers)
    engine.dispose()
    return listed


def test_killed_at_any_moment_and_run_again_the_result_is_that_of_an_undisturbed_run(cases, runner, tmp_path):
    """Moments are spread over the length of an undisturbed run; half of the runs begin with nothing."""
    chance = random.Random(20260331)
    ends = Counter()
    for number in range(KILLS):
        case = cases[number % 2]
        home = case.begin(tmp_path / f"home{number}")
        after = (number + chance.random()) / KILLS * case.seconds
        ends[runner.run_and_kill(after, home, *case.arguments)] += 1
        assert runner.run(home, *case.arguments) == 0, f"after a kill at {after:.2f} s of {case.seconds:.2f} s"
        stored = content(home)
        for name, rows in case.undisturbed.items():
            assert stored[name] == rows, f"{name} after a kill at {after:.2f} s of {case.seconds:.2f} s"
        shutil.rmtree(home)
    assert ends[-signal.SIGKILL] >= KILLS * 3 // 5, "too few of the runs were still at work when they were killed"


def test_an_undisturbed_run_again_adds_nothing(cases, runner):
    for case in cases:
        assert runner.run(case.home, *case.arguments) == 0
        assert content(case.home) == case.undisturbed


def test_readers_see_the_day_before_or_the_whole_new_one_and_never_a_lock(cases, runner, after_a_day, tmp_path):
    _, second = cases
    home = second.begin(tmp_path / "home")
    before, after = whole(home), whole(second.home)
    assert before != after

    with reader_of(home) as reader:
        assert runner.run_and_kill(second.seconds / 2, home, *second.arguments) in {0, -signal.SIGKILL}
        assert runner.run(home, *second.arguments) == 0
        at_the_end = reader.seen.total() + 2
        while reader.seen.total() < at_the_end and not reader.problems:
            time.sleep(0.01)

    assert reader.problems == []
    assert reader.lists == {EARLIER: {before}, DAY: {after}}
    assert {day: len(shown) for day, shown in reader.explained.items()} == {EARLIER: 1, DAY: 1}


def test_a_reader_that_waits_for_the_first_run_sees_nothing_and_then_all(cases, runner, tmp_path):
    first, _ = cases
    with reader_of(tmp_path / "home") as reader:
        assert runner.run(tmp_path / "home", *first.arguments) == 0
        while not reader.seen and not reader.problems:
            time.sleep(0.01)

    assert reader.problems == []
    assert reader.lists == {DAY: {whole(first.home)}}


def test_a_second_run_is_refused_while_one_is_at_work(cases, runner, tmp_path, capsys):
    first, _ = cases
    home = tmp_path / "home"
    with environment(home):
        assert Command(capsys)("init").code == 0
        engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
        process = runner.start(home, *first.arguments)
        while not _lease_holders(engine):
            time.sleep(0.01)
        said = Command(capsys)(*first.arguments)

    assert runner.end() == 0
    assert (said.code, said.out) == (2, "")
    host = re.escape(os.uname().nodename)
    assert re.fullmatch(
        rf"continuity: another run has been at work since \d\d:\d\d:\d\d \(process {process} on {host}\); wait for it, "
        r"or stop it: its lease ends 2 minutes later\n",
        said.err,
    )
    assert _lease_holders(engine) == []
    engine.dispose()


def _lease_holders(engine: Engine) -> list[Any]:
    with reading(engine) as session:
        return list(session.connection().execute(text("SELECT process_id FROM lease")))
