"""Finds the audiences of findings that rest on restricted rows, such as our own casework.

A finding rests on the rows that it names (``seqs``), and on rows that its rule reads without naming them
(``Rule.unnamed_rows``): whether the rule applies, whether something was put right since, whether a register covers the
provider at all, how other providers stand.
"""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from models.vocabulary import Principle
from regimes.provider_table import ProviderTable
from regimes.rules.registry import AnyRule
from regimes.rules.rule_context import sole_register
from regimes.rules.sql_text import Query

NO_AUDIENCES = pa.table(
    {
        "provider_id": pa.array([], pa.int64()),
        "rule": pa.array([], pa.int32()),
        "audiences": pa.array([], pa.list_(pa.string())),
    }
)

_BY_NAMED_ROWS = """
SELECT provider_id, rule, audience FROM (SELECT provider_id, rule, unnest(seqs) AS seq FROM finding)
JOIN audience USING (seq)"""
_BY_OWN_ROWS = """
SELECT provider.id AS provider_id, {rule} AS rule, audience FROM audience JOIN provider ON provider.id = subject_id
WHERE indicator_id IN ({ids})"""
_BY_SIBLING_ROWS = """
SELECT provider_row.provider_id, {rule} AS rule, audience FROM audience
JOIN provider_table AS sibling ON sibling.provider_id = subject_id
JOIN provider_table AS provider_row ON provider_row.owner = sibling.owner
WHERE indicator_id IN ({ids}) AND sibling.provider_id <> provider_row.provider_id"""
_BY_ROWS_OF_ALL = """
SELECT provider.id AS provider_id, {rule} AS rule, audience FROM audience CROSS JOIN provider
WHERE subject_id IN (SELECT id FROM provider) AND indicator_id IN ({ids})"""
_BY_ACCOUNTABILITY = """
SELECT a.provider_id, {rule} AS rule, audience FROM finding_audiences AS a WHERE a.rule IN ({ids})"""
# Several rows may show that a register covers a provider. The first counts: a later entry changes nothing.
_BY_REGISTER_COVERAGE = """
SELECT f.provider_id, f.rule, register_audience.audience FROM finding AS f JOIN (
    SELECT subject_id, arg_min(audience, seq) AS audience FROM audience WHERE indicator_id IN ({ids})
    AND subject_id NOT IN (SELECT subject_id FROM listing WHERE list_contains({registers}, register))
    AND subject_id NOT IN (
        SELECT o.subject_id FROM observation AS o WHERE o.indicator_id IN ({ids})
        AND o.subject_id IN (SELECT subject_id FROM audience) AND o.seq NOT IN (SELECT seq FROM audience))
    GROUP BY subject_id) AS register_audience ON register_audience.subject_id = f.provider_id
WHERE f.rule = {rule} AND len(f.seqs) = 0"""


def finding_audiences(
    provider_table: ProviderTable, rules: Iterable[tuple[int, Principle, AnyRule | None]]
) -> pa.Table:
    """``provider_id``, ``rule`` (its number) and ``audiences`` of every restricted finding.

    Args:
        provider_table: of the regime; the findings of its rules are in the table ``finding``.
        rules: each with its number and principle; None stands for the bodies that can step in.
    """
    db = provider_table.known.db
    if not db.execute("SELECT 1 FROM audience LIMIT 1").fetchall():
        return NO_AUDIENCES
    numbered = [(number, principle, rule) for number, principle, rule in rules if rule is not None]
    db.execute(f"CREATE OR REPLACE TEMP TABLE finding_audiences AS {_BY_NAMED_ROWS}")
    for number, _, rule in numbered:
        for sql, query in _unnamed_row_queries(provider_table, number, rule):
            db.execute(f"INSERT INTO finding_audiences {sql}", query.parameters)
    accountability = [number for number, principle, _ in numbered if principle is Principle.ACCOUNTABILITY]
    for number, _, rule in numbered:
        if rule.reads_accountability():
            sql, query = _accountability_query(number, accountability)
            db.execute(f"INSERT INTO finding_audiences {sql}", query.parameters)
    audiences = db.sql(
        "SELECT provider_id, rule::INTEGER AS rule, list_sort(list(DISTINCT audience)) AS audiences "
        "FROM finding_audiences GROUP BY ALL ORDER BY ALL"
    ).to_arrow_table()
    db.execute("DROP TABLE finding_audiences")
    return audiences


def _unnamed_row_queries(provider_table: ProviderTable, number: int, rule: AnyRule) -> Iterator[tuple[str, Query]]:
    """The queries for the rows that a rule reads and that its findings do not name."""
    rows = rule.unnamed_rows()
    for sql, names in (
        (_BY_SIBLING_ROWS, rows.of_siblings),
        (_BY_ROWS_OF_ALL, rows.of_all_providers),
        (_BY_OWN_ROWS, rows.of_provider),
    ):
        if names:
            query = Query()
            ids = provider_table.context.indicator_ids(query, sorted(names))
            yield sql.format(rule=query.bind_value(number), ids=ids), query
    if rows.registers:
        query = Query()
        stated = [name for name in provider_table.context.indicators if sole_register(name) in rows.registers]
        yield (
            _BY_REGISTER_COVERAGE.format(
                rule=query.bind_value(number),
                ids=provider_table.context.indicator_ids(query, stated),
                registers=query.bind_value(sorted(rows.registers)),
            ),
            query,
        )


def _accountability_query(number: int, accountability: Sequence[int]) -> tuple[str, Query]:
    """The query for a rule that depends on the findings of the rules on money and quality."""
    query = Query()
    ids = ", ".join(map(query.bind_value, accountability))
    return _BY_ACCOUNTABILITY.format(rule=query.bind_value(number), ids=ids), query
