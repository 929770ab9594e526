"""What was known on a day: the one reading through which everything is scored, trained, back-tested and replayed.

Rows leave the database in bulk and the rest is done by DuckDB in memory, so both databases answer alike. A national
day is twenty million rows: nothing of that size is held twice or sorted at once.
"""

from collections.abc import Collection, Iterable
from datetime import date
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import duckdb
from sqlalchemy import Engine

from indicators import catalogue
from indicators.ledger.reader import Horizon, LedgerReader, read_horizon
from models.vocabulary import View
from text.english import DAY_FORMAT

MEMORY = "2500MB"  # of DuckDB; a national day must fit in 4 GB altogether
PART_ROWS = 2_500_000  # rows that are sorted or grouped at once

_CREATE_MACRO = "CREATE MACRO as_day(number) AS DATE '1970-01-01' + number::INTEGER"

_DELETE_RETRACTED = """
DELETE FROM observation WHERE seq IN (SELECT retracts FROM raw_retraction);
CREATE TABLE newest (seq BIGINT, nth TINYINT)
"""

# A rounded figure that agrees with the more precise one said before or after it says nothing new: no restatement, and
# the more precise one stays the value (as XBRL's "consistent duplicates", at the lower precision).
_DELETE_ROUNDED = """
DELETE FROM observation WHERE seq IN (
    WITH said AS (
        SELECT seq, decimals, value_number AS value,
               lag(value_number) OVER same AS value_before, coalesce(lag(decimals) OVER same, 0) AS decimals_before,
               lead(value_number) OVER same AS value_after, coalesce(lead(decimals) OVER same, 0) AS decimals_after
        FROM observation LEFT JOIN raw_rounding USING (seq)
        WHERE (subject_id, indicator_id) IN (SELECT subject_id, indicator_id FROM observation
                                             JOIN raw_rounding USING (seq))
        WINDOW same AS (PARTITION BY subject_id, indicator_id, period_start, period_end, occurrence, unit_id
                        ORDER BY known_on, seq))
    SELECT seq FROM said
    WHERE (decimals_before > decimals AND abs(value_before - value) <= 0.5 * 10.0 ** -decimals)
       OR (decimals_after > decimals AND abs(value_after - value) <= 0.5 * 10.0 ** -decimals))
"""

# A correction replaces what it corrects: the latest known of the same thing. Events that a register does not number
# apart all count, since two of one kind may happen on one day. Most things were said once: only the others are sorted.
_CREATE_CORRECTED = "CREATE TABLE corrected (seq BIGINT, by_seq BIGINT)"
_FIND_CORRECTED = """
INSERT INTO corrected
WITH one AS (SELECT *, hash(subject_id, indicator_id, period_start, period_end, occurrence) AS about
             FROM observation
             WHERE subject_id % $parts = $part AND NOT (
                 occurrence = '' AND indicator_id IN (SELECT id FROM indicator WHERE kind = 'event'))),
     several AS (SELECT about FROM one GROUP BY about HAVING count(*) > 1)
SELECT seq, first_value(seq) OVER said AS by_seq FROM one SEMI JOIN several USING (about)
WINDOW said AS (PARTITION BY subject_id, indicator_id, period_start, period_end, occurrence
                ORDER BY known_on DESC, seq DESC)
QUALIFY row_number() OVER said > 1
"""
_DELETE_CORRECTED = "DELETE FROM observation WHERE seq IN (SELECT seq FROM corrected); DROP TABLE corrected"

# What is about no period is how things stand: its newest value is news and no correction. Of one day the last word
# counts, and only what one register said before and after in one unit says that a figure was wrong.
_CREATE_RESTATED = """
CREATE TABLE restated AS
WITH said AS (
    SELECT o.*, load.register FROM observation AS o LEFT JOIN load ON load.id = o.load_id
    WHERE o.seq IN (SELECT seq FROM corrected UNION SELECT by_seq FROM corrected)
      AND o.indicator_id IN (SELECT id FROM indicator WHERE kind IN ('figure', 'grade'))
      AND o.period_end IS NOT NULL AND o.value_number IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY subject_id, indicator_id, period_start, period_end, occurrence, register,
                                            unit_id, known_on ORDER BY seq DESC) = 1),
     ends AS (
    SELECT subject_id, indicator_id, period_start, period_end, unit_id, arg_min(seq, known_on) AS first_seq,
           min(known_on) AS first_known_on, arg_min(value_number, known_on) AS first_value,
           arg_min(value_text, known_on) AS first_text, arg_max(seq, known_on) AS newest_seq,
           max(known_on) AS newest_known_on, arg_max(value_number, known_on) AS newest_value,
           arg_max(value_text, known_on) AS newest_text
    FROM said GROUP BY subject_id, indicator_id, period_start, period_end, occurrence, register, unit_id)
SELECT * FROM ends WHERE first_value <> newest_value
"""

# A row without a value says that its register gives none any more: it ended what was known, and says nothing itself.
_DELETE_BLANKS = """
DELETE FROM observation
WHERE value_number IS NULL AND value_text IS NULL
  AND indicator_id NOT IN (SELECT id FROM indicator WHERE kind = 'event')
"""

# A register that states a status reports an event. The status began, or ended, at the latest on the day of the first
# list with the new value. A status that a known event explains reports nothing: the event has the true day.
_CREATE_STATUS_EVENTS = """
CREATE TABLE status_event AS
WITH meaning AS (SELECT unnest($statuses) AS key, unnest($titles) AS title, unnest($values) AS value,
                        unnest($starts) AS starts, unnest($ends) AS ends),
     stated AS (
    SELECT o.seq, o.subject_id, o.known_on, indicator.key, starts, ends,
           (SELECT any_value(title) FROM meaning WHERE meaning.key = indicator.key)
           || CASE WHEN kind = 'flag' THEN '' ELSE ' ' || value_text END AS words
    FROM observation AS o JOIN indicator ON indicator.id = o.indicator_id
    LEFT JOIN meaning ON meaning.key = indicator.key AND meaning.value = CASE
        WHEN kind <> 'flag' THEN lower(value_text) WHEN value_number <> 0 THEN 'yes' ELSE 'no' END
    WHERE list_contains($statuses, indicator.key)
    QUALIFY row_number() OVER (PARTITION BY subject_id, indicator_id, known_on ORDER BY seq DESC) = 1),
     change AS (
    SELECT *, lag(starts) OVER spell AS started, lag(ends) OVER spell AS ending, lag(known_on) OVER spell AS before_on
    FROM stated WINDOW spell AS (PARTITION BY subject_id, key ORDER BY known_on)),
     explained AS (
    SELECT change.seq, max(on_day) FILTER (event.key = starts) AS started_on,
           max(on_day) FILTER (event.key = ends) AS ended_on
    FROM change JOIN (
        SELECT subject_id, indicator.key, coalesce(period_end, known_on) AS on_day
        FROM observation JOIN indicator ON indicator.id = indicator_id
        WHERE list_contains($starts, indicator.key) OR list_contains($ends, indicator.key)) AS event
    ON event.subject_id = change.subject_id AND on_day <= known_on AND coalesce(on_day > before_on, true)
    GROUP BY change.seq)
SELECT seq, subject_id, known_on, starts AS event,
       words || ', first listed on ' || strftime(known_on, $day_format) || ' (not later than that day)' AS report
FROM change LEFT JOIN explained USING (seq)
WHERE starts IS NOT NULL AND starts IS DISTINCT FROM started
  AND (started_on IS NULL OR coalesce(ended_on >= started_on, false))
UNION ALL
SELECT seq, subject_id, known_on, ending,
       words || ', first listed on ' || strftime(known_on, $day_format) || ' (not later than that day)'
FROM change WHERE ending IS NOT NULL AND ending IS DISTINCT FROM ends
"""

# Of some events the register's own number tells which one it is, whatever day is said for it later.
_DELETE_REPEATED_EVENTS = """
DELETE FROM observation WHERE seq IN (
    SELECT seq FROM observation
    WHERE occurrence <> '' AND indicator_id IN (SELECT id FROM indicator WHERE list_contains($once, key))
    QUALIFY row_number() OVER (PARTITION BY subject_id, indicator_id, occurrence ORDER BY known_on DESC, seq DESC) > 1)
"""

# A setting left when the next list no longer has it, if both lists have settings of its kind.
_INSERT_LEFT_REGISTER = """
INSERT INTO observation
WITH lists AS (SELECT register, listed_on, max(load_id) AS load_id FROM raw_list GROUP BY ALL),
     pairs AS (SELECT register, listed_on, load_id, lead(load_id) OVER w AS next_load, lead(listed_on) OVER w AS next_on
               FROM lists WINDOW w AS (PARTITION BY register ORDER BY listed_on))
SELECT -row_number() OVER (ORDER BY pairs.next_on, gone.subject_id), gone.subject_id,
       (SELECT id FROM indicator WHERE key = 'left_register'), pairs.listed_on, pairs.next_on, pairs.register,
       pairs.next_on, 2, NULL, NULL, NULL, pairs.next_load
FROM pairs
JOIN raw_listing AS gone ON gone.load_id = pairs.load_id
WHERE pairs.next_load IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM raw_listing AS l WHERE l.load_id = pairs.next_load AND l.subject_id = gone.subject_id)
  AND EXISTS (SELECT 1 FROM raw_list AS l WHERE l.load_id = pairs.next_load AND l.scope_id = gone.scope_id)
"""

# Of some subjects only, the lists of those that they are linked to were read as well: for the links alone.
_DELETE_OTHERS_LEFT = "DELETE FROM observation WHERE seq < 0 AND NOT list_contains($only, subject_id)"

# Sorted are only the numbers of the rows; those that come first are fetched afterwards.
_RANK_NEWEST = """
INSERT INTO newest
SELECT seq, row_number() OVER (PARTITION BY subject_id, indicator_id
                               ORDER BY coalesce(period_end, known_on) DESC, known_on DESC, seq DESC) AS nth
FROM observation WHERE subject_id % $parts = $part QUALIFY nth <= 2
"""
_CREATE_RANKED = (
    "CREATE TABLE ranked AS SELECT observation.*, nth FROM observation JOIN newest USING (seq); DROP TABLE newest"
)

# Most days have none: then the ledger's rows are not gone through for it.
_CREATE_AUDIENCES = """
CREATE TABLE audience AS
SELECT seq, subject_id, indicator_id, audience FROM observation JOIN raw_audience USING (seq);
DROP TABLE raw_audience
"""

_CREATE_VIEWS = """
CREATE VIEW latest AS SELECT * EXCLUDE nth FROM ranked WHERE nth = 1;
CREATE VIEW previous AS SELECT * EXCLUDE nth FROM ranked WHERE nth = 2;
DROP TABLE raw_retraction; DROP TABLE raw_rounding; DROP TABLE raw_link; DROP TABLE raw_listing; DROP TABLE raw_list;
SET lock_configuration = true
"""

_CREATE_LINKS = """
CREATE TABLE link AS
SELECT seq, subject_id, relation, kind, object_id, as_day(since) AS since, as_day(until) AS until,
       as_day(known_on) AS known_on, confidence, reference, value_gbp, load_id
FROM raw_link
WHERE retracts IS NULL AND seq NOT IN (SELECT retracts FROM raw_link WHERE retracts IS NOT NULL)
QUALIFY row_number() OVER (
    PARTITION BY relation, kind,
                 CASE WHEN kind = 'host_area' THEN NULL ELSE subject_id END,
                 CASE WHEN relation = 'owned_by' THEN NULL ELSE object_id END, reference
    ORDER BY known_on DESC, seq DESC) = 1
"""

# A kind of setting that the register's lists have had no more for 400 days, longer than a yearly list is late, is
# listed no longer.
_CREATE_LISTINGS = """
CREATE TABLE listing AS
WITH newest AS (SELECT register, scope_id, max(listed_on) AS newest_on FROM raw_list GROUP BY ALL),
     kind AS (SELECT *, max(newest_on) OVER (PARTITION BY register) <= newest_on + 400 AS is_listed FROM newest)
SELECT subject_id, register, scope, listed_on, is_listed AND listed_on >= newest_on AS is_present, load_id
FROM raw_listing JOIN raw_list USING (load_id, scope_id) JOIN kind USING (register, scope_id)
QUALIFY row_number() OVER (PARTITION BY subject_id, register ORDER BY listed_on DESC, load_id DESC) = 1
"""

# A link ends when its last day has passed, or with the first list that no longer has the subject for which the register
# gave the link: the setting at either end, listed in the very document that the link was read from.
_CREATE_ENDED_LINKS = """
CREATE TABLE ended_link AS
WITH lists AS (SELECT DISTINCT register, load_id FROM raw_list),
     days AS (SELECT DISTINCT register, scope_id, listed_on FROM raw_list),
     following AS (
    SELECT *, lead(listed_on) OVER (PARTITION BY register, scope_id ORDER BY listed_on) AS next_on FROM days),
     dropped AS (
    SELECT newest.register, newest.scope_id, min(days.listed_on) AS dropped_on
    FROM (SELECT register, scope_id, max(listed_on) AS newest_on FROM days GROUP BY ALL) AS newest
    JOIN days ON days.register = newest.register AND days.listed_on > newest.newest_on + 400 GROUP BY ALL),
     left_on AS (
    SELECT gone.subject_id, gone.register, coalesce(next_on, dropped_on) AS ended_on
    FROM listing AS gone JOIN raw_listing USING (subject_id, load_id)
    JOIN following USING (register, scope_id, listed_on) LEFT JOIN dropped USING (register, scope_id)
    WHERE NOT gone.is_present),
     ends AS (SELECT seq, load_id, subject_id FROM link UNION ALL SELECT seq, load_id, object_id FROM link),
     by_list AS (
    SELECT ends.seq, left_on.ended_on
    FROM ends JOIN raw_listing USING (load_id, subject_id) JOIN lists USING (load_id)
    JOIN left_on ON left_on.subject_id = ends.subject_id AND left_on.register = lists.register),
     over AS (SELECT seq, until + 1 AS ended_on FROM link WHERE until < $day UNION ALL SELECT * FROM by_list)
SELECT link.*, ended.ended_on
FROM link JOIN (SELECT seq, min(ended_on) AS ended_on FROM over GROUP BY seq) AS ended USING (seq)
"""
_DELETE_ENDED_LINKS = "DELETE FROM link WHERE seq IN (SELECT seq FROM ended_link)"


class AsOf:
    """The ledger as it was known on a day, as DuckDB tables.

    Tables of ``db`` (days are DATE): ``observation`` (live rows, the latest known per subject, indicator, period and
    occurrence; ``left_register`` events are derived and have a negative ``seq``), ``latest`` and ``previous`` (the
    newest per subject and indicator by period, and the one before), ``restated`` (figures and grades of a period that
    the same register later said otherwise: value, text, ``seq`` and ``known_on`` of the first word and of the newest;
    what was read wrongly and withdrawn is not among them), ``subject``, ``indicator``, ``word`` (units), ``link``
    (in force), ``ended_link`` (with ``ended_on``, the first day without the link),
    ``status_event`` (events that a status reports, by the key of the event: the ``seq`` of the row that states the
    status, the day of the first list that had it as ``known_on``, a ``report`` in words; the event has happened on that
    day at the latest),
    ``listing`` (newest list that had the subject; ``is_present`` when that is the newest list of its kind, and the
    register's newer lists have not dropped the kind),
    ``look`` (newest day on which each register was looked at), ``load`` (the register of each), ``recalled`` (the
    ``seq`` of rows that were remembered, not read in their source), ``audience`` (of the rows that are not public:
    for whom).

    ``digest`` is a hash of what was read: the same digest means the same rows.
    """

    def __init__(self, day: date, view: View, upto: Horizon) -> None:
        self.day, self.view, self.upto = day, view, upto
        self.digest = ""
        self._spill = TemporaryDirectory(prefix="continuity-")  # ours alone, and gone with the reading
        settings: dict[str, str | bool] = {"memory_limit": MEMORY, "temp_directory": self._spill.name}
        settings["checkpoint_threshold"] = "1TB"  # nothing here outlives us: compressing it costs more than it saves
        self.db = duckdb.connect(":memory:", config={"enable_external_access": False, **settings})

    def sql(self, query: str, **parameters: object) -> duckdb.DuckDBPyRelation:
        """The result of a query over the tables; parameters are written ``$name``."""
        return self.db.sql(query, params=parameters or None)

    def close(self) -> None:
        """Give the memory back."""
        self.db.close()
        self._spill.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def as_of(
    engine: Engine,
    day: date,
    *,
    view: View = View.FULL,
    upto: Horizon | None = None,
    subjects: Iterable[str] | None = None,
    audiences: Collection[str] | None = None,
) -> AsOf:
    """The ledger as it was known on a day.

    Args:
        engine: the database.
        day: nothing that became known later is read.
        view: ``open`` reads public rows only.
        upto: for a replay: what the ledger did not have yet is not read.
        subjects: only what is said about these subjects, for a page about one provider.
        audiences: only rows for these audiences and the public, for a person who reads; all if left out.
    """
    result = AsOf(day, view, upto or read_horizon(engine))
    result.db.execute(_CREATE_MACRO)
    reader = LedgerReader(engine, result.db, day, view, result.upto, audiences=audiences)
    result.digest = reader.read_rows(subjects)
    result.db.execute(_DELETE_RETRACTED)
    if result.db.execute("SELECT 1 FROM raw_rounding LIMIT 1").fetchone():
        result.db.execute(_DELETE_ROUNDED)
    keep_newest(result.db)
    result.db.execute(_DELETE_REPEATED_EVENTS, {"once": sorted(catalogue.one_time_events())})
    result.db.execute(_INSERT_LEFT_REGISTER)
    if reader.subject_ids is not None:
        result.db.execute(_DELETE_OTHERS_LEFT, {"only": reader.subject_ids})
    _execute_in_parts(result.db, _RANK_NEWEST)
    for statement in (_CREATE_RANKED, _CREATE_LINKS, _CREATE_LISTINGS):
        result.db.execute(statement)
    result.db.execute(_CREATE_ENDED_LINKS, {"day": day})
    for statement in (_DELETE_ENDED_LINKS, _CREATE_AUDIENCES, _CREATE_VIEWS):
        result.db.execute(statement)
    return result


def keep_newest(db: duckdb.DuckDBPyConnection) -> None:
    """Leave in ``observation`` the newest word on everything, and nothing where its register gives no value any more.

    Words that were replaced are told in ``restated``, the events that changes of status report in ``status_event``.
    """
    rows = [
        (key, indicator.title, value, indicator.starts.get(value), indicator.ends.get(value))
        for key, indicator in catalogue.load().indicators.items()
        for value in sorted({*indicator.starts, *indicator.ends})
    ]
    names = ("statuses", "titles", "values", "starts", "ends")
    db.execute(
        _CREATE_STATUS_EVENTS,
        {**dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), "day_format": DAY_FORMAT},
    )
    db.execute(_CREATE_CORRECTED)
    _execute_in_parts(db, _FIND_CORRECTED)
    db.execute(_CREATE_RESTATED)
    db.execute(_DELETE_CORRECTED)
    db.execute(_DELETE_BLANKS)


def _execute_in_parts(db: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Run a statement that treats each subject by itself on one part of the subjects after the other."""
    (rows,) = db.execute("SELECT count(*) FROM observation").fetchone() or (0,)
    parts = 1 + rows // PART_ROWS
    for part in range(parts):
        db.execute(statement, {"parts": parts, "part": part})


__all__ = ["AsOf", "Horizon", "as_of", "keep_newest", "read_horizon"]
