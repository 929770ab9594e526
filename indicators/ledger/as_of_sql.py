"""The statements of ``as_of``, in the order in which they run: each says in a comment why it is needed."""

CREATE_MACRO = "CREATE MACRO as_day(number) AS DATE '1970-01-01' + number::INTEGER"

DELETE_RETRACTED = """
DELETE FROM observation WHERE seq IN (SELECT retracts FROM raw_retraction);
CREATE TABLE newest (seq BIGINT, nth TINYINT)
"""

# A rounded figure that agrees with a more precise figure stated before or after it is not a restatement: the more
# precise figure stays the value (as XBRL's "consistent duplicates", at the lower precision).
DELETE_ROUNDED = """
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

# The latest known row about a thing replaces the earlier rows. Events without numbers of their register all count,
# since two of one kind may happen on one day. Most things were stated once: only the others are sorted.
CREATE_CORRECTED = "CREATE TABLE corrected (seq BIGINT, by_seq BIGINT)"
FIND_CORRECTED = """
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
DELETE_CORRECTED = "DELETE FROM observation WHERE seq IN (SELECT seq FROM corrected); DROP TABLE corrected"

# A value without a period describes the present: a newer value is news and not a correction. The last statement of a
# day counts. Two different statements of one register in one unit show that a figure was wrong.
CREATE_RESTATED = """
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

# A row without a value says that its register gives a value no longer. The row has ended the known value and can go.
DELETE_BLANKS = """
DELETE FROM observation
WHERE value_number IS NULL AND value_text IS NULL
  AND indicator_id NOT IN (SELECT id FROM indicator WHERE kind = 'event')
"""

# A register that states a status reports an event. The status began, or ended, at the latest on the day of the first
# list with the new value. A status that a known event explains reports nothing: the event has the true day.
CREATE_STATUS_EVENTS = """
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

# The register's own number identifies some events, whatever day the register later gives for them.
DELETE_REPEATED_EVENTS = """
DELETE FROM observation WHERE seq IN (
    SELECT seq FROM observation
    WHERE occurrence <> '' AND indicator_id IN (SELECT id FROM indicator WHERE list_contains($once, key))
    QUALIFY row_number() OVER (PARTITION BY subject_id, indicator_id, occurrence ORDER BY known_on DESC, seq DESC) > 1)
"""

# A setting has left when the next list lacks the setting, if both lists have settings of its kind.
INSERT_LEFT_REGISTER = """
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

# A reading about some subjects also reads the lists of linked subjects: these serve the links alone.
DELETE_OTHERS_LEFT = "DELETE FROM observation WHERE seq < 0 AND NOT list_contains($only, subject_id)"

# The sort carries only the numbers of the rows; the first rows of each are fetched afterwards.
RANK_NEWEST = """
INSERT INTO newest
SELECT seq, row_number() OVER (PARTITION BY subject_id, indicator_id
                               ORDER BY coalesce(period_end, known_on) DESC, known_on DESC, seq DESC) AS nth
FROM observation WHERE subject_id % $parts = $part QUALIFY nth <= 2
"""
CREATE_RANKED = (
    "CREATE TABLE ranked AS SELECT observation.*, nth FROM observation JOIN newest USING (seq); DROP TABLE newest"
)

# Rows that a later row corrects are counted too, because a restatement can show a row that a reader may not see.
CREATE_RESTRICTED = """
CREATE TABLE restricted AS SELECT DISTINCT subject_id, audience FROM observation JOIN raw_audience USING (seq)
"""

# Most days have no such rows: then the join costs nothing.
CREATE_AUDIENCES = """
CREATE TABLE audience AS
SELECT seq, subject_id, indicator_id, audience FROM observation JOIN raw_audience USING (seq);
DROP TABLE raw_audience
"""

CREATE_VIEWS = """
CREATE VIEW latest AS SELECT * EXCLUDE nth FROM ranked WHERE nth = 1;
CREATE VIEW previous AS SELECT * EXCLUDE nth FROM ranked WHERE nth = 2;
DROP TABLE raw_retraction; DROP TABLE raw_rounding; DROP TABLE raw_link; DROP TABLE raw_listing; DROP TABLE raw_list;
SET lock_configuration = true
"""

CREATE_LINKS = """
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

# The register no longer lists a kind of setting if its lists have lacked the kind for 400 days, which is longer than a
# yearly list is late.
CREATE_LISTINGS = """
CREATE TABLE listing AS
WITH newest AS (SELECT register, scope_id, max(listed_on) AS newest_on FROM raw_list GROUP BY ALL),
     kind AS (SELECT *, max(newest_on) OVER (PARTITION BY register) <= newest_on + 400 AS is_listed FROM newest)
SELECT subject_id, register, scope, listed_on, is_listed AND listed_on >= newest_on AS is_present, load_id
FROM raw_listing JOIN raw_list USING (load_id, scope_id) JOIN kind USING (register, scope_id)
QUALIFY row_number() OVER (PARTITION BY subject_id, register ORDER BY listed_on DESC, load_id DESC) = 1
"""

# A link ends when its last day has passed, or with the first list that lacks the setting at either end of the link, if
# the document of the link had listed the setting.
CREATE_ENDED_LINKS = """
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
DELETE_ENDED_LINKS = "DELETE FROM link WHERE seq IN (SELECT seq FROM ended_link)"
