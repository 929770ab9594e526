"""Reads the files of regimes as they were archived."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from models.database import Session, table_of
from models.scoring import ArchivedFile, Run
from regimes.store import parse_archived_regime

ARCHIVED = table_of(ArchivedFile).c

RegimeFile = Mapping[str, Any]  # as YAML has it; a file of an earlier code version may have other keys


def read_regime_files(session: Session, hashes: Collection[str]) -> dict[str, RegimeFile]:
    """The contents of archived files, by hash; hashes without a file are left out."""
    rows = session.execute(select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(hashes)))
    return {row.sha256: parse_archived_regime(row.body) for row in rows}


def read_run_regimes(session: Session, run: Run) -> dict[str, RegimeFile]:
    """The contents of the files of a run's regimes, by the regime's key."""
    files = read_regime_files(session, run.regimes.values())
    return {key: files.get(sha256, {}) for key, sha256 in run.regimes.items()}
