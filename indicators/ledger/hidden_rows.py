"""Shows a reading for a while as if the rows for some audiences had never been entered."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from indicators.ledger.as_of import AsOf

# The tables that depend on who may see a row, and which of their rows are read again: derived rows (``left_register``,
# with a negative number) rest on lists, which everybody may see.
_TABLES = {
    "observation": "seq > 0",
    "ranked": "seq > 0",
    "restated": "true",
    "status_event": "true",
    "audience": "true",
}
_IS_CHANGED = "subject_id IN (SELECT id FROM changed_subject)"

Replacement = dict[str, pa.Table]  # by table, the rows of the subjects that have hidden rows


class HiddenRows:
    """Hides restricted rows of one reading; the rows of each set of audiences are read once."""

    def __init__(self, known: AsOf) -> None:
        self._known = known
        self._replacements: dict[frozenset[str], Replacement] = {}

    @contextmanager
    def hide_from(self, audiences: frozenset[str]) -> Iterator[None]:
        """Within the context the reading has only public rows and the rows for these audiences.

        Only subjects with hidden rows change: they are read again, so corrections, restatements and status events come
        out as in a ledger that never had the hidden rows. Links are left as they are: no register restricts one.
        """
        db = self._known.db
        if audiences not in self._replacements:
            self._replacements[audiences] = self._read_replacement(audiences)
        subjects = self._hidden_subjects(audiences)
        db.register("changed_subject", pa.table({"id": pa.array(subjects, pa.int64())}))
        kept = self._take_rows()
        self._insert_rows(self._replacements[audiences])
        try:
            yield
        finally:
            self._take_rows()
            self._insert_rows(kept)
            db.unregister("changed_subject")

    def _hidden_subjects(self, audiences: frozenset[str]) -> dict[int, str]:
        """Number and identifier of the subjects that have rows which these audiences may not see."""
        rows = self._known.sql(
            "SELECT DISTINCT id, key FROM restricted JOIN subject ON id = subject_id "
            "WHERE NOT list_contains($audiences::VARCHAR[], audience)",
            audiences=sorted(audiences),
        )
        return dict(rows.fetchall())

    def _read_replacement(self, audiences: frozenset[str]) -> Replacement:
        with self._known.read_again(list(self._hidden_subjects(audiences).values()), audiences) as visible:
            return {
                table: visible.db.table(table).filter(condition).to_arrow_table()
                for table, condition in _TABLES.items()
            }

    def _take_rows(self) -> Replacement:
        """Remove the rows of the changed subjects and return them."""
        db, rows = self._known.db, Replacement()
        for table, condition in _TABLES.items():
            rows[table] = db.table(table).filter(_IS_CHANGED).filter(condition).to_arrow_table()
            db.execute(f"DELETE FROM {table} WHERE {_IS_CHANGED} AND {condition}")  # noqa: S608 (our own tables)
        return rows

    def _insert_rows(self, rows: Replacement) -> None:
        for table, content in rows.items():
            self._known.db.from_arrow(content).insert_into(table)
