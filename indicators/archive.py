"""Keeps the bytes of every fetched document under their SHA-256; nothing is parsed here."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import ColumnElement, Engine, select

from indicators.parsed_records import ArchiveState, Document, FetchedDocument
from models.database import read_session, table_of, write_session
from models.ledger import Load, Pull, Snapshot
from models.vocabulary import day_in_london
from settings import WrongInput

SNAPSHOT, LOAD, PULL = table_of(Snapshot).c, table_of(Load).c, table_of(Pull).c
BLOCK = 1 << 20  # bytes copied at a time


class BytesMissing(WrongInput):
    """The bytes of an archived document are no longer on disk, or have changed."""


class Archive:
    """A folder of documents by hash, with one row for each in the database."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def file_path(self, sha256: str) -> Path:
        """The path of the bytes with this hash."""
        return self.folder / sha256[:2] / sha256

    def add_document(self, register: str, fetched: FetchedDocument, *, now: datetime) -> bool:
        """Keep a fetched document; True if the archive did not have it.

        The bytes are complete on disk before the row is written, so a kill in between leaves nothing half-known.
        """
        sha256, size = self._store_bytes(fetched)
        with write_session(self.engine) as session:
            known = session.scalar(
                select(Snapshot).where(
                    SNAPSHOT.register == register, SNAPSHOT.name == fetched.name, SNAPSHOT.sha256 == sha256
                )
            )
            if known is not None:
                known.etag, known.last_modified = fetched.etag, fetched.last_modified
                return False
            session.add(
                Snapshot(
                    register_key=register,
                    name=fetched.name,
                    sha256=sha256,
                    size=size,
                    address=fetched.address,
                    fetched_at=now,
                    etag=fetched.etag,
                    last_modified=fetched.last_modified,
                )
            )
        return True

    def _store_bytes(self, fetched: FetchedDocument) -> tuple[str, int]:
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with fetched.open() as source, tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as target:
            try:
                while block := source.read(BLOCK):
                    digest.update(block)
                    size += len(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())  # the row that follows must not outlive the bytes
            except BaseException:
                Path(target.name).unlink(missing_ok=True)
                raise
        path = self.file_path(digest.hexdigest())
        if path.exists() and path.stat().st_size == size:
            Path(target.name).unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            os.replace(target.name, path)
        return digest.hexdigest(), size

    def remove_partial_files(self) -> None:
        """Remove the files that a killed fetch left half-written; only the holder of the day's lease may do so."""
        for path in self.folder.glob("tmp*"):
            path.unlink(missing_ok=True)

    def archive_state(self, register: str) -> ArchiveState:
        """The validators of the documents archived from a register, for conditional requests."""
        columns = (SNAPSHOT.address, SNAPSHOT.etag, SNAPSHOT.last_modified, SNAPSHOT.fetched_at)
        with read_session(self.engine) as session:
            rows = session.execute(select(*columns).where(SNAPSHOT.register == register).order_by(SNAPSHOT.id)).all()
        newest = max((day_in_london(row.fetched_at) for row in rows), default=None)
        return ArchiveState(validators={row.address: (row.etag, row.last_modified) for row in rows}, newest_on=newest)

    def document_of(self, snapshot: Snapshot) -> Document:
        """The snapshot as a parser sees it."""
        return Document(
            register=snapshot.register_key,
            name=snapshot.name,
            sha256=snapshot.sha256,
            fetched_at=snapshot.fetched_at,
            open=self._file_opener(snapshot),
        )

    def _file_opener(self, snapshot: Snapshot) -> Callable[[], BinaryIO]:
        path = self.file_path(snapshot.sha256)

        def open_() -> BinaryIO:
            try:
                return path.open("rb")
            except OSError as error:
                raise BytesMissing(
                    f"{snapshot.name}: its bytes are not at {path} ({error.strerror}); "
                    "pull the register again, or withdraw it"
                ) from error

        return open_

    def unread_snapshots(self, register: str, parser: str, scope: str) -> list[Snapshot]:
        """The register's snapshots that this parser version has not read for this scope, in order of their names."""
        done = select(LOAD.snapshot_id).where(LOAD.parser == parser, LOAD.scope == scope, LOAD.is_done)
        withdrawn = select(LOAD.snapshot_id).where(LOAD.withdrawn_by.is_not(None), LOAD.parser == parser)
        return self._find_snapshots(
            SNAPSHOT.register == register, SNAPSHOT.id.not_in(done), SNAPSHOT.id.not_in(withdrawn)
        )

    def find_snapshot(self, snapshot_id: int) -> Snapshot:
        """The snapshot with this number."""
        return self._find_snapshots(SNAPSHOT.id == snapshot_id)[0]

    def _find_snapshots(self, *conditions: ColumnElement[bool]) -> list[Snapshot]:
        with read_session(self.engine) as session:
            statement = select(Snapshot).where(*conditions).order_by(SNAPSHOT.name, SNAPSHOT.id)
            return list(session.scalars(statement))

    def record_pull(
        self, register: str, *, is_web: bool, now: datetime, documents: int, new_documents: int, error: str
    ) -> None:
        """Record one attempt to fetch a register: how many documents it has, how many of them are new, or the error."""
        with write_session(self.engine) as session:
            session.add(
                Pull(
                    register_key=register,
                    is_web=is_web,
                    pulled_at=now,
                    pulled_on=day_in_london(now),
                    documents=documents,
                    new=new_documents,
                    error=error,
                )
            )

    def was_pulled_on(self, register: str, day: date) -> bool:
        """Whether the register was fetched without an error on a day."""
        statement = select(PULL.id).where(PULL.register == register, PULL.error == "", PULL.pulled_on == day).limit(1)
        with read_session(self.engine) as session:
            return session.scalar(statement) is not None
