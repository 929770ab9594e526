"""Measures the watchlist of 25,000 providers against an empty Streamlit page: server time of a new visitor's page."""

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from models import bulk
from models.database import engine_for, migrate, table_of, write_session
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import Level, Principle, RunStatus
from regimes.schema import DEFINITIONS

PROVIDERS, DAYS, FINDING_SETS = 25_000, 8, 500
ROUNDS, VISITS = 7, 5  # the servers take turns; a visit is too short for the clock of processor time
REGIME = DEFINITIONS / "childrens_homes.yaml"
SHARES = {Level.NONE: 85, Level.WATCH: 8, Level.CONCERN: 4, Level.UNSCORABLE: 2, Level.CRITICAL: 1}  # percent
NOW = datetime(2026, 9, 1, tzinfo=UTC)

# Streamlit with its own defaults. It spends most of the time collecting garbage after a page; the dashboard excludes
# its cached data from that. An empty page in a server that did the same would take about a quarter of this time.
EMPTY_APP = """
import sys
import streamlit
from dashboard.server import OPTIONS
app = streamlit.App(sys.argv[1])
app.run(config={**OPTIONS, "server.address": "127.0.0.1", "server.port": int(sys.argv[2])})
"""
OUR_APP = """
import sys
import settings
from dashboard.server import serve
raise SystemExit(serve(settings.load(), port=int(sys.argv[2])))
"""


def seed_register(url: str) -> None:
    """Write a made-up register: every provider on every day, with findings to show."""
    engine, chance = engine_for(url), random.Random(1)
    migrate(engine)
    with write_session(engine) as session:
        body = REGIME.read_text(encoding="utf-8")
        sha256 = hashlib.sha256(body.encode()).hexdigest()
        session.add(ArchivedFile(sha256=sha256, kind="regime", key="childrens_homes", body=body, first_used_at=NOW))
        sets = [{"sha256": f"{number:064}", "findings": _made_up_findings(number)} for number in range(FINDING_SETS)]
        session.execute(table_of(FindingSet).insert(), sets)
        subjects = [
            {"id": number, "key": f"GB-OFSTED-SC{number:06}", "is_asked_for": False}
            for number in range(1, PROVIDERS + 1)
        ]
        session.execute(table_of(Subject).insert(), subjects)
    for month in range(1, DAYS + 1):
        with write_session(engine) as session:
            run = Run(
                day=date(2026, month, 28),
                status=RunStatus.DONE,
                code_version="bench",
                now_at=NOW,
                started_at=NOW,
                regimes={"childrens_homes": sha256},
            )
            session.add(run)
            session.flush()
            for chunk in bulk.split_chunks(_made_up_assessments(run.id or 0, chance), 5_000):
                session.execute(table_of(Assessment).insert(), chunk)
    engine.dispose()


def _made_up_findings(number: int) -> list[dict[str, Any]]:
    return [
        {
            "principle": Principle.ACCOUNTABILITY,
            "rule": f"rule_{nth}",
            "status": "met",
            "level": Level.WATCH,
            "title": f"Judgement {nth} of home {number}: requires improvement to be good, 3 March 2026",
            "indicators": ["overall_judgement"],
            "value": None,
            "unit": "",
            "threshold": "",
            "seqs": [nth],
            "period_end": None,
            "known_on": "2026-03-20",
            "is_recalled": False,
            "source": "made up",
        }
        for nth in range(12)
    ]


def _made_up_assessments(run: int, chance: random.Random) -> Sequence[dict[str, Any]]:
    levels = chance.choices(list(SHARES), list(SHARES.values()), k=PROVIDERS)
    return [
        {
            "run_id": run,
            "provider_id": number,
            "provider_name": f"Home {number} of Somewhere Limited",
            "regime": "childrens_homes",
            "level": level,
            "rating": "Below good",
            "is_official": False,
            "stage": "",
            "probability": chance.random() / 3,
            "probability_reason": "of leaving the register within twelve months",
            **dict.fromkeys(map(str, Principle), "unscorable"),
            "accountability": level,
            "findings_sha256": f"{chance.randrange(FINDING_SETS):064}",
        }
        for number, level in enumerate(levels, start=1)
    ]


class Server:
    """A server in a process of its own, whose processor time can be read."""

    def __init__(self, code: str, script: Path, port: int, folder: Path, url: str) -> None:
        environment = {**os.environ, "CONTINUITY_HOME": str(folder), "CONTINUITY_DATABASE_URL": url}
        command = [sys.executable, "-c", code, str(script), str(port)]
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        self.port = port
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"no server on port {self.port}")

    def visit_page(self, query: str = "") -> None:
        """Act as a browser: open a session, ask for the page, receive messages until the page's script has finished."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
        from websockets.sync.client import connect

        ask = BackMsg()
        ask.rerun_script.query_string = query
        with connect(f"ws://127.0.0.1:{self.port}/_stcore/stream", max_size=None, compression=None) as socket:
            socket.send(ask.SerializeToString())
            message = ForwardMsg()
            while message.WhichOneof("type") != "script_finished":
                message.ParseFromString(bytes(socket.recv(timeout=120)))  # type: ignore[arg-type]

    def milliseconds(self, query: Callable[[], str] = str, visits: int = VISITS) -> float:
        """Processor time of the whole server for one visit: the clock would measure other processes as well."""
        import psutil

        before = psutil.Process(self.process.pid).cpu_times()
        for _ in range(visits):
            self.visit_page(query())
        after = psutil.Process(self.process.pid).cpu_times()
        return 1000 * (after.user + after.system - before.user - before.system) / visits

    def stop_server(self) -> None:
        """Stop the server's process."""
        self.process.terminate()
        self.process.wait(60)


def run() -> list[dict[str, Any]]:
    """The rows of the table: the newest day, a past day with later events, and the first visit after a start."""
    from dashboard.server import SCRIPT, free_port

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.db'}"
        seed_register(url)
        blank = folder / "blank.py"
        blank.write_text("import streamlit\n", encoding="utf-8")
        empty = Server(EMPTY_APP, blank, free_port("127.0.0.1", None), folder, url)
        ours = Server(OUR_APP, SCRIPT, free_port("127.0.0.1", None), folder, url)
        try:
            first_empty, first = empty.milliseconds(visits=1), ours.milliseconds(visits=1)
            pages = {
                "the newest day": lambda: "",
                "a past day, with later events": lambda: "day=2026-04-28",
                "a search for a new text": lambda: f"q={next(searches)}",
            }
            searches = iter(range(10, PROVIDERS))
            for query in pages.values():
                ours.visit_page(query())
            taken: dict[str, list[tuple[float, float]]] = {page: [] for page in pages}
            for _ in range(ROUNDS):
                for page, query in pages.items():
                    taken[page].append((ours.milliseconds(query), empty.milliseconds()))
        finally:
            ours.stop_server()
            empty.stop_server()
    about = f"watchlist of {PROVIDERS:,} providers, server time"
    rows = [_result_row(f"{about}: {page}", pairs, "at most 3") for page, pairs in taken.items()]
    return [
        *rows,
        _result_row(f"{about}: the very first visit after a start", [(first, first_empty)], "none: it reads all rows"),
    ]


def _result_row(title: str, pairs: Sequence[tuple[float, float]], promise: str) -> dict[str, Any]:
    mine, theirs = (median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = median(own / other for own, other in pairs)
    return {
        "what": title,
        "ours": f"{mine:,.0f} ms",
        "theirs": f"{theirs:,.0f} ms (empty page)",
        "ratio": f"{ratio:.2f}",
        "promise": promise,
    }
