"""Exports our own casework as documents, one for each entry, fetched and archived like those of any register.

A document holds the entry's days, state and details, and the provider's casework indicators before and after the entry.
The rationale and the names of people stay in the casework tables.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, NoReturn

from sqlalchemy import Engine, select

from access.viewer import UNRESTRICTED_VIEWER
from casework.indicator_values import casework_indicators
from casework.reading import ENTRY, Entry, Record, read_records
from indicators.parsed_records import ArchiveState, FetchedDocument
from models.database import read_session
from settings import WrongInput

FORMAT = "continuity-watch casework/1"
FOLDER = "casework"


class CaseworkClient:
    """The client of the register ``casework``: the documents come from the database, not from a folder or the web."""

    is_folder = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def files(self, *patterns: str) -> Iterator[FetchedDocument]:  # noqa: ARG002  (of the protocol)
        """One document for each entry, in the order of entry."""
        with read_session(self._engine) as session:
            rows = session.execute(select(ENTRY.id, ENTRY.record_id).order_by(ENTRY.id)).all()
        for row in rows:
            name = f"{FOLDER}/{row.id:09}.json"
            yield FetchedDocument(
                name, f"casework:record/{row.record_id}/entry/{row.id}", partial(self._open_document, row.id)
            )

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> NoReturn:  # noqa: ARG002
        """Refuse: casework has no addresses to fetch from.

        Raises:
            WrongInput: always.
        """
        raise WrongInput(f"{address}: casework is read from the database; it has no address")

    def get_json(self, address: str) -> NoReturn:
        """Refuse, as ``get`` does.

        Raises:
            WrongInput: always.
        """
        raise WrongInput(f"{address}: casework is read from the database; it has no address")

    def _open_document(self, number: int) -> BinaryIO:
        text = json.dumps(entry_document(self._engine, number), ensure_ascii=False, indent=1, sort_keys=True)
        return BytesIO(text.encode() + b"\n")


def entry_document(engine: Engine, number: int) -> dict[str, Any]:
    """An entry with the provider's casework indicators, of the same audience, before and after the entry.

    Keys: ``format``, those of ``_entry_fields``, and ``stood`` and ``stands`` as ``casework_indicators`` gives them.
    """
    with read_session(engine) as session:
        own = next(
            read_records(
                session,
                UNRESTRICTED_VIEWER,
                newest_entry_id=number,
                numbers=[session.scalars(select(ENTRY.record_id).where(ENTRY.id == number)).one()],
            )
        )
        reader = replace(UNRESTRICTED_VIEWER, audiences=frozenset({own.first_entry.audience}))
        provider = own.first_entry.provider
        stood, stands = (
            casework_indicators(
                list(read_records(session, reader, newest_entry_id=upto, provider=provider)), own.first_entry.regime
            )
            for upto in (number - 1, number)
        )
    return {"format": FORMAT, **_entry_fields(own), "stood": stood, "stands": stands}


def _entry_fields(record: Record) -> dict[str, Any]:
    entry: Entry = record.newest_entry
    before = record.entries[-2].state if len(record.entries) > 1 else None
    return {
        "entry": entry.id,
        "record": entry.record,
        "part_of": entry.part_of,
        "provider": entry.provider,
        "regime": entry.regime,
        "kind": entry.kind,
        "state": entry.state,
        "state_before": before,
        "about_on": entry.about_on.isoformat(),
        "due_on": entry.due_on.isoformat() if entry.due_on else None,
        "entered_on": entry.entered_on.isoformat(),
        "entered_at": entry.entered_at.isoformat(),
        "audience": entry.audience,
        "details": {key: value for key, value in entry.details.items() if key != "word_of"},
    }
