"""The archived document behind a ledger row, at the place the row was read from. No Streamlit."""

from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from access.viewer import ReaderAudiences
from indicators.archive import Archive
from indicators.excerpt import Excerpt, read_excerpt
from indicators.ledger.rows import LedgerRow, find_withdrawal, read_ledger_rows, read_places
from indicators.names import read_names
from models.database import Session, read_session
from queries.ledger_rows import ObservationRow, observation_row
from settings import WrongInput

EVIDENCE_MARK = " · "  # in a place, the evidence of a casebook's fact follows this mark


class NoDocument(WrongInput):
    """No ledger row that the reader may see has this number, or the row was not read from a document."""


@dataclass(frozen=True)
class FoundDocument:
    """A ledger row's document with the lines around the row's place."""

    figure: ObservationRow  # with ``subject_name``
    path: Path  # of the document's bytes in the archive
    excerpt: Excerpt

    def as_json(self) -> dict[str, Any]:
        """Plain values with ISO dates."""
        figure: dict[str, Any] = {**self.figure}
        keys = (
            "seq",
            "subject",
            "subject_name",
            "indicator",
            "title",
            "value",
            "verbatim",
            "unit",
            "period_end",
            "known_on",
            "register",
            "document",
            "address",
            "fetched_at",
            "sha256",
            "line",
            "place",
        )
        return {
            **{key: figure[key] for key in keys},
            "path": str(self.path),
            "problem": self.excerpt.problem,
            "lines": [vars(line) for line in self.excerpt.lines],
        }


def find_document(
    engine: Engine, archive_folder: Path, seq: int, day: date, *, audiences: ReaderAudiences
) -> FoundDocument:
    """The document of a ledger row at the row's place.

    Args:
        engine: the database.
        archive_folder: where the bytes are.
        seq: the row's number.
        day: for the row's age and the subject's name.
        audiences: the audiences of the reader; rows for other audiences do not exist for them.

    Raises:
        NoDocument: there is no such row for the reader, or the row was entered without a document.
    """
    with read_session(engine) as session:
        row = next(read_ledger_rows(session, [seq], audiences=audiences), None)
        if row is None:
            raise NoDocument(
                f"there is no observation {seq} that you may see; 'continuity explain PROVIDER' names the numbers"
            )
        if row.sha256 is None or row.snapshot_id is None:
            raise NoDocument(f"observation {seq} was worked out here and read from no document")
        figure = observation_row(row, day)
        figure["subject_name"] = read_names(session, [row.subject], day).get(row.subject, row.subject)
        archive = Archive(engine, archive_folder)
        path = archive.file_path(row.sha256)
        problem = _withdrawal_problem(session, row.sha256, row.subject) or _missing_file_problem(path)
        if problem:
            return FoundDocument(figure, path, Excerpt(problem=problem))
        place = figure["place"].partition(EVIDENCE_MARK)[0]
        columns = _read_columns(session, row, place, audiences=audiences)
    document = archive.document_of(archive.find_snapshot(row.snapshot_id))
    return FoundDocument(figure, path, read_excerpt(document, row.line, place, columns=columns))


def _read_columns(session: Session, row: LedgerRow, place: str, *, audiences: ReaderAudiences) -> list[str]:
    """The columns that the parser reads about the row's subject in documents of the same member.

    Columns that only rows for other audiences were read from are left out.
    """
    places = read_places(session, row.subject, row.register or "", audiences=audiences)
    if not (row.document or "").lower().endswith(".zip"):
        return sorted(places)
    member = f"{place.partition(': ')[0]}: "
    return sorted(other.removeprefix(member) for other in places if other.startswith(member))


def _withdrawal_problem(session: Session, sha256: str, subject: str) -> str:
    """A sentence about the withdrawal of the document or of everything about the subject; empty without one."""
    withdrawal = find_withdrawal(session, sha256, subject)
    if withdrawal is None:
        return ""
    target = "the document was" if withdrawal.is_document else f"everything about {subject} was"
    day = withdrawal.withdrawn_at.astimezone(UTC).date().isoformat()
    deleted = "; its bytes were deleted" if withdrawal.is_document and withdrawal.bytes_deleted else ""
    return f"{target} withdrawn on {day} by {withdrawal.person}: {withdrawal.reason}{deleted}"


def _missing_file_problem(path: Path) -> str:
    return "" if path.is_file() else f"the bytes are not at {path}; pull the register again, or withdraw the document"
