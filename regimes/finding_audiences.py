"""For whom a finding is that rests on rows which are not for everybody, such as our own casework.

A finding rests on the rows it names (``seqs``), and on what its rule looks at without naming it: whether the rule
applies, whether something was made good since, whether a register speaks of the provider at all, how others stand.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from indicators import catalogue
from models.vocabulary import Principle
from regimes import expressions
from regimes.expressions import FACTS, Expression
from regimes.provider_table import ProviderTable, sole_register
from regimes.rules.any_rule import (
    AnyRule,
    BandsRule,
    CitedRule,
    ClockRule,
    ConditionRule,
    EventRule,
    QuantileRule,
    SiblingsRule,
)
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
SELECT other.provider_id, {rule} AS rule, audience FROM audience
JOIN wide AS one ON one.provider_id = subject_id JOIN wide AS other ON other.owner = one.owner
WHERE indicator_id IN ({ids}) AND one.provider_id <> other.provider_id"""
_BY_ROWS_OF_ALL = """
SELECT provider.id AS provider_id, {rule} AS rule, audience FROM audience CROSS JOIN provider
WHERE subject_id IN (SELECT id FROM provider) AND indicator_id IN ({ids})"""
_BY_ACCOUNTABILITY = """
SELECT told.provider_id, {rule} AS rule, audience FROM told WHERE told.rule IN ({ids})"""
# Of several rows that tell that a register speaks of a provider, the first: what is entered later changes nothing.
_BY_REGISTER_COVERAGE = """
SELECT f.provider_id, f.rule, spoken.audience FROM finding AS f JOIN (
    SELECT subject_id, arg_min(audience, seq) AS audience FROM audience WHERE indicator_id IN ({ids})
    AND subject_id NOT IN (SELECT subject_id FROM listing WHERE list_contains({registers}, register))
    AND subject_id NOT IN (
        SELECT o.subject_id FROM observation AS o WHERE o.indicator_id IN ({ids})
        AND o.subject_id IN (SELECT subject_id FROM audience) AND o.seq NOT IN (SELECT seq FROM audience))
    GROUP BY subject_id) AS spoken ON spoken.subject_id = f.provider_id
WHERE f.rule = {rule} AND len(f.seqs) = 0"""


def finding_audiences(
    provider_table: ProviderTable, rules: Iterable[tuple[int, Principle, AnyRule | None]]
) -> pa.Table:
    """``provider_id``, ``rule`` (its number) and ``audiences`` of every finding that is not for everybody.

    Args:
        provider_table: of the regime, whose rules have been looked at: their findings are in the table ``finding``.
        rules: each with its number and principle; None stands for the bodies that can step in.
    """
    db = provider_table.known.db
    if not db.execute("SELECT 1 FROM audience LIMIT 1").fetchall():
        return NO_AUDIENCES
    numbered = [(number, principle, rule) for number, principle, rule in rules if rule is not None]
    db.execute(f"CREATE OR REPLACE TEMP TABLE told AS {_BY_NAMED_ROWS}")
    for number, _, rule in numbered:
        for sql, query in _unnamed_row_queries(provider_table, number, rule):
            db.execute(f"INSERT INTO told {sql}", query.parameters)
    money = [number for number, principle, _ in numbered if principle is Principle.ACCOUNTABILITY]
    for number, _, rule in numbered:
        if isinstance(rule, CitedRule) and (rule.applies_from_level or "completeness" in _facts_read(rule)):
            query = Query()
            ids = ", ".join(map(query.bind_value, money))
            db.execute(
                f"INSERT INTO told {_BY_ACCOUNTABILITY.format(rule=query.bind_value(number), ids=ids)}",
                query.parameters,
            )
    found = db.sql(
        "SELECT provider_id, rule::INTEGER AS rule, list_sort(list(DISTINCT audience)) AS audiences FROM told "
        "GROUP BY ALL ORDER BY ALL"
    ).to_arrow_table()
    db.execute("DROP TABLE told")
    return found


def _unnamed_row_queries(provider_table: ProviderTable, number: int, rule: AnyRule) -> Iterator[tuple[str, Query]]:
    """The queries for what a rule looks at besides the rows that its findings name."""
    if not isinstance(rule, CitedRule):
        return
    own = set(_ledger_indicators(expressions.parse(rule.applies_when))) if rule.applies_when else set[str]()
    registers = set[str]()
    if isinstance(rule, EventRule):
        own |= set(rule.unless_since)
        registers = _event_registers(rule.events)
    elif isinstance(rule, ClockRule):
        events = (*rule.starts, *rule.done_by)
        own |= {*events, *(rule.extension.events if rule.extension else ())}
        registers = _event_registers(events)
    if isinstance(rule, SiblingsRule):
        yield _audience_query(provider_table, _BY_SIBLING_ROWS, number, [rule.indicator])
    if isinstance(rule, QuantileRule):
        yield _audience_query(
            provider_table,
            _BY_ROWS_OF_ALL,
            number,
            _ledger_indicators(expressions.parse(rule.expression or rule.indicator or "")),
        )
    if own:
        yield _audience_query(provider_table, _BY_OWN_ROWS, number, own)
    if registers:
        spoken = [name for name in provider_table.indicators if sole_register(name) in registers]
        query = Query()
        ids, listed = provider_table.indicator_ids(query, spoken), query.bind_value(sorted(registers))
        yield _BY_REGISTER_COVERAGE.format(rule=query.bind_value(number), ids=ids, registers=listed), query


def _audience_query(provider_table: ProviderTable, sql: str, number: int, names: Iterable[str]) -> tuple[str, Query]:
    query = Query()
    return sql.format(rule=query.bind_value(number), ids=provider_table.indicator_ids(query, sorted(names))), query


def _ledger_indicators(expression: Expression) -> list[str]:
    return [name for name in (*expression.columns, *expression.previous_indicators) if name not in FACTS]


def _event_registers(events: Iterable[str]) -> set[str]:
    return {register for event in events for register in catalogue.load().indicators[event].registers}


def _facts_read(rule: CitedRule) -> set[str]:
    text = rule.applies_when or ""
    if isinstance(rule, BandsRule | QuantileRule):
        text = rule.expression or ""
    elif isinstance(rule, ConditionRule):
        text = rule.when
    texts = {text, rule.applies_when or ""} - {""}
    return {name for one in texts for name in expressions.parse(one).columns}
