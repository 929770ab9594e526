"""The archived document behind a ledger row, at the place the row was read from. No Streamlit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from access.viewer import ReaderAudiences
from indicators.archive import Archive
from indicators.excerpt import Excerpt, read_excerpt
from indicators.ledger.reader import audience_conditions
from indicators.ledger.repeats import LOAD, OBSERVATION
from models.database import read_session, table_of
from models.ledger import InternedText, Snapshot, Withdrawal
from models.subjects import Subject
from queries import watchlist
from settings import WrongInput

SUBJECT, SNAPSHOT, WORD = table_of(Subject).c, table_of(Snapshot).c, table_of(InternedText).c
WITHDRAWAL = table_of(Withdrawal).c
EVIDENCE_MARK = " · "  # what follows it in a place is the evidence of a casebook's fact, no part of the path


class NoDocument(WrongInput):
    """No ledger row that the reader may see has this number, or it was not read from a document."""


@dataclass(frozen=True)
class FoundDocument:
    """A ledger row's document, and what stands at the row's place."""

    figure: dict[str, Any]  # as ``queries.ledger_row_values`` gives it, with ``subject_name``
    path: Path  # of its bytes in the archive
    excerpt: Excerpt

    def as_json(self) -> dict[str, Any]:
        """Plain values with ISO dates."""
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
            **{key: self.figure[key] for key in keys},
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
        day: for its age, and for the subject's name.
        audiences: the audiences of the reader; a row for others does not exist for them.

    Raises:
        NoDocument: there is no such row for the reader, or it was entered without a document.
    """
    row = watchlist.figures_by_seq(engine, [seq], day, audiences=audiences).get(seq)
    if row is None:
        raise NoDocument(f"no observation {seq} is on record for you; 'continuity explain PROVIDER' names the numbers")
    if row["sha256"] is None:
        raise NoDocument(f"observation {seq} was worked out here and read from no document")
    row["subject_name"] = watchlist.subject_names(engine, [row["subject"]], day).get(row["subject"], row["subject"])
    archive = Archive(engine, archive_folder)
    path = archive.file_path(row["sha256"])
    problem = _withdrawal_problem(engine, row) or _missing_file_problem(path)
    if problem:
        return FoundDocument(row, path, Excerpt(problem=problem))
    with read_session(engine) as session:
        statement = select(SNAPSHOT.id).where(SNAPSHOT.sha256 == row["sha256"], SNAPSHOT.name == row["document"])
        snapshot_id = session.scalars(statement.limit(1)).one()
    document = archive.document_of(archive.find_snapshot(snapshot_id))
    place = row["place"].partition(EVIDENCE_MARK)[0]
    columns = _read_columns(engine, row, place, audiences=audiences)
    return FoundDocument(row, path, read_excerpt(document, row["line"], place, columns=columns))


def _read_columns(engine: Engine, row: dict[str, Any], place: str, *, audiences: ReaderAudiences) -> list[str]:
    """The columns that the parser reads about the row's subject in documents of the same member, as far as seen."""
    o = OBSERVATION.c
    statement = (
        select(WORD.text)
        .join_from(OBSERVATION, table_of(Subject), SUBJECT.id == o.subject_id)
        .join(LOAD.id.table, LOAD.id == o.load_id)
        .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .join(table_of(InternedText), WORD.id == o.place_id)
        .where(SUBJECT.key == row["subject"], SNAPSHOT.register == row["register"], *audience_conditions(o, audiences))
        .distinct()
    )
    with read_session(engine) as session:
        places: Iterable[str] = session.scalars(statement).all()
    if not row["document"].lower().endswith(".zip"):
        return sorted(places)
    member = f"{place.partition(': ')[0]}: "
    return sorted(other.removeprefix(member) for other in places if other.startswith(member))


def _withdrawal_problem(engine: Engine, row: dict[str, Any]) -> str:
    """That the document, or all that is said about the subject, was withdrawn; empty where neither was."""
    with read_session(engine) as session:
        targets = session.execute(select(table_of(Withdrawal)).order_by(WITHDRAWAL.id.desc())).all()
    for found in targets:
        is_document = row["sha256"].startswith(found.target.lower())
        if is_document or found.target == row["subject"]:
            deleted = "; its bytes were deleted" if is_document and found.bytes_deleted else ""
            on: datetime = found.withdrawn_at
            what = "the document was" if is_document else f"what is said about {row['subject']} was"
            day = on.astimezone(UTC).date().isoformat()
            return f"{what} withdrawn on {day} by {found.person}: {found.reason}{deleted}"
    return ""


def _missing_file_problem(path: Path) -> str:
    return "" if path.is_file() else f"the bytes are not at {path}; pull the register again, or withdraw the document"
