"""Applies a regime to a day: one finding for each provider and rule. Pure, and whole columns at a time.

``evaluate`` reads a reading (``indicators/ledger/as_of.py``) and changes only tables of its own in it.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

import pyarrow as pa

from indicators.ledger.as_of import AsOf
from models.findings import SourceFinding
from models.vocabulary import Grounds, Level, Principle
from regimes import finding_audiences, source_findings
from regimes.expressions import COMPLETENESS
from regimes.provider_table import ProviderTable
from regimes.rules.registry import AnyRule
from regimes.rules.sql import ACCOUNTABILITY_LEVEL, RuleQuery, constant_query
from regimes.schema import POWERS, Regime
from regimes.sections import Section

PARALLEL_RULES = 2  # rules: the providers of a nation are too few rows for the database to share out among its threads

_FINDING_TABLE = """
CREATE OR REPLACE TABLE finding (
    provider_id BIGINT, rule INTEGER, status VARCHAR, level TINYINT, grounds TINYINT, score DOUBLE, title VARCHAR,
    value_number DOUBLE, value_text VARCHAR, seqs BIGINT[], period_end DATE, known_on DATE, is_recalled BOOLEAN,
    is_last_known BOOLEAN)
"""

# A stale figure that is bad still counts; a good one counts for nothing. A status that is only last known has no score
# and raises a level no further than the regime says.
_ADD_FINDINGS = f"""
INSERT INTO finding
WITH rule_result AS ({{rule_sql}}),
     graded_result AS (
         SELECT *, CASE WHEN applies IS FALSE THEN 'not_applicable' WHEN level IS NULL THEN 'missing'
                        WHEN is_stale THEN 'stale' WHEN level > 0 THEN 'met' ELSE 'clear' END AS status,
                status = 'missing' AND $optional IS NOT NULL AND NOT was_given AS is_excused,
                status = 'not_applicable' OR (status = 'clear' AND is_nothing_due) AS is_empty,
                status = 'stale' AND last_known IS NOT NULL AS is_last_known
         FROM rule_result)
SELECT provider_id, $rule, status,
       CASE WHEN is_last_known THEN least(level, $last_known_up_to)
            WHEN status IN ('met', 'stale') THEN level ELSE 0 END,
       CASE WHEN is_empty THEN {Grounds.NOTHING_DUE:d} WHEN is_excused THEN {Grounds.NOTHING_ENTERED:d}
            WHEN status IN ('missing', 'stale') THEN {Grounds.NOT_KNOWN:d} ELSE {Grounds.JUDGED:d} END,
       CASE WHEN status IN ('missing', 'not_applicable') OR is_last_known THEN NULL
            WHEN $is_counted THEN (level > 0)::DOUBLE ELSE score END,
       title || CASE WHEN is_last_known THEN ', last known ' || last_known
                     WHEN status = 'stale' THEN '; older than it may be' WHEN status = 'not_applicable'
                     THEN '; does not apply' WHEN is_excused THEN '; ' || $optional ELSE '' END,
       value_number, value_text, seqs, period_end, known_on, is_recalled OR $is_recalled, is_last_known
FROM graded_result
"""  # noqa: S608 (the numbers of an enumeration)

# Two columns that summarise the rules on money and quality. Rules that do not apply, are excused, or are silent because
# of the source do not count.
_ACCOUNTABILITY_COLUMNS = {
    COMPLETENESS: f"""count(*) FILTER (grounds = {Grounds.JUDGED:d})
                        / nullif(count(*) FILTER (grounds IN ({Grounds.JUDGED:d}, {Grounds.NOT_KNOWN:d})), 0)""",
    ACCOUNTABILITY_LEVEL: "max(level)",
}
_FILL_ACCOUNTABILITY = """
CREATE OR REPLACE TABLE provider_table AS
SELECT provider_table.* REPLACE ({replaced})
FROM provider_table
JOIN (SELECT provider_id, {summaries} FROM finding GROUP BY provider_id) AS accountability USING (provider_id)
"""

_RULE_SCHEMA = pa.schema(
    [
        ("number", pa.int32()),
        ("principle", pa.string()),
        ("rule", pa.string()),
        ("weight", pa.float64()),
        ("best_score", pa.float64()),
        ("indicators", pa.list_(pa.string())),
        ("unit", pa.string()),
        ("threshold", pa.string()),
        ("source", pa.string()),
    ]
)


@dataclass(frozen=True)
class Evaluation:
    """The findings of one regime on one day.

    ``providers`` has ``id`` and ``key``. ``rules`` has the fields that all findings of a rule share: ``number``,
    ``principle``, ``rule`` (its key), ``weight`` and ``best_score`` (null if the rule is not part of its section's
    score), ``indicators``, ``unit``, ``threshold``, ``source``. ``findings`` has a row for each provider and rule:
    ``provider_id``, ``rule`` (its number), ``status``, ``level`` (its rank), ``grounds`` (of ``Grounds``), ``score``,
    ``title``, ``value_number``, ``value_text``, ``seqs``, ``period_end``, ``known_on``, ``is_recalled``,
    ``is_last_known`` (the finding is stale because of a status and not of a figure). ``audiences`` has a row for each
    finding that is not for everybody: ``provider_id``, ``rule``, ``audiences``.
    """

    regime: Regime
    providers: pa.Table
    rules: pa.Table
    findings: pa.Table
    audiences: pa.Table
    source_findings: list[SourceFinding]


def evaluate(known: AsOf, regime: Regime, probabilities: pa.Table | None = None) -> Evaluation:
    """The findings of every provider that the regime covers.

    Args:
        known: the reading of the day.
        regime: in force on the day.
        probabilities: ``subject_id``, ``probability`` and ``reason``, if a failure model covers any provider.
    """
    provider_table = ProviderTable(known, regime)
    if probabilities is None:
        covers_somebody = provider_table.build_tables(None)
    else:
        known.db.register("given_probability", probabilities)
        covers_somebody = provider_table.build_tables("given_probability")
        known.db.unregister("given_probability")
    known.db.execute(_FINDING_TABLE)
    numbered, described, too_old = _number_rules(regime), list[dict[str, Any]](), list[SourceFinding]()
    numbered_rules = [(number, principle, rule) for principle, rules in numbered.items() for number, rule in rules]
    if covers_somebody:
        accountability = Principle.ACCOUNTABILITY  # first: completeness is a share of its findings
        described += _add_findings(provider_table, {accountability: numbered.pop(accountability)})
        too_old = source_findings.find_old_sources(provider_table, described)
        _fill_accountability_columns(provider_table)
        described += _add_findings(provider_table, numbered)
    described.sort(key=lambda rule: rule["number"])
    evidence = [rule for rule in described if rule["principle"] is Principle.EVIDENCE]
    about_sources = source_findings.find_source_faults(provider_table, evidence) + too_old
    evaluation = Evaluation(
        regime=regime,
        providers=known.sql("SELECT id, key FROM provider ORDER BY id").to_arrow_table(),
        rules=pa.Table.from_pylist(described, schema=_RULE_SCHEMA),
        findings=known.sql("SELECT * FROM finding ORDER BY provider_id, rule").to_arrow_table(),
        audiences=finding_audiences.finding_audiences(provider_table, numbered_rules)
        if covers_somebody
        else finding_audiences.NO_AUDIENCES,
        source_findings=about_sources,
    )
    known.db.execute("DROP TABLE provider; DROP TABLE IF EXISTS provider_table; DROP TABLE finding")
    return evaluation


def _number_rules(regime: Regime) -> dict[Principle, list[tuple[int, AnyRule | None]]]:
    """Every rule with its place among the findings; None stands for the bodies that can step in."""
    numbers = count()
    numbered: dict[Principle, list[tuple[int, AnyRule | None]]] = {}
    for principle, section in regime.principles.sections():
        powers: list[AnyRule | None] = [None] if principle is Principle.EXTERNAL_POWERS else []
        numbered[principle] = [(next(numbers), rule) for rule in (*powers, *section.rules)]
    return numbered


def _fill_accountability_columns(provider_table: ProviderTable) -> None:
    """Fill in the columns that summarise the rules on money and quality, if a rule reads one of them."""
    described = provider_table.known.db.execute("SELECT column_name FROM (DESCRIBE provider_table)").fetchall()
    columns = {name for (name,) in described}
    read = {name: sql for name, sql in _ACCOUNTABILITY_COLUMNS.items() if name in columns}
    if read:
        replaced = ", ".join(f"accountability.{name} AS {name}" for name in read)
        summaries = ", ".join(f"{sql} AS {name}" for name, sql in read.items())
        provider_table.known.db.execute(_FILL_ACCOUNTABILITY.format(replaced=replaced, summaries=summaries))


def _add_findings(
    provider_table: ProviderTable, numbered: Mapping[Principle, Sequence[tuple[int, AnyRule | None]]]
) -> list[dict[str, Any]]:
    """Add the findings of some principles' rules; returns a description of each rule."""
    statements = [
        _rule_statement(provider_table, number, principle, rule)
        for principle, rules in numbered.items()
        for number, rule in rules
    ]
    db = provider_table.known.db

    def insert(sql: str, parameters: dict[str, Any]) -> None:
        with db.cursor() as own:
            own.execute(sql, parameters)

    with ThreadPoolExecutor(PARALLEL_RULES) as pool:
        list(pool.map(insert, *zip(*((sql, parameters) for _, sql, parameters in statements), strict=True)))
    return [described for described, _, _ in statements]


def _rule_statement(
    provider_table: ProviderTable, number: int, principle: Principle, rule: AnyRule | None
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """The description that all findings of a rule share, and the statement that adds them with its parameters."""
    query = _powers_query(provider_table.regime) if rule is None else rule.build_query(provider_table.context)
    section: Section = getattr(provider_table.regime.principles, principle)
    weight = None if rule is None else section.rule_weight(rule)
    constants = {
        "rule": number,
        "optional": getattr(rule, "optional_because", None),
        "is_recalled": rule is not None and "recalled" in rule.evidence_kinds(),
        "is_counted": section.combine == "count_of_breaches",
        "last_known_up_to": provider_table.regime.risk.last_known_up_to.rank,
    }
    powers = provider_table.regime.principles.external_powers.powers
    described = {
        "number": number,
        "principle": principle,
        "rule": POWERS if rule is None else rule.key,
        "weight": weight,
        "best_score": None if rule is None or weight is None else section.best_score(rule),
        "title": POWERS if rule is None else rule.display_title(),
        "indicators": list(query.indicators),
        "unit": query.unit,
        "threshold": "" if rule is None else rule.limits_text(),
        "source": "; ".join(power.source for power in powers) if rule is None else getattr(rule, "source", ""),
    }
    return described, _ADD_FINDINGS.format(rule_sql=query.sql), query.parameters | constants


def _powers_query(regime: Regime) -> RuleQuery:
    """The bodies that can step in, the same for every provider; a regime without any is worth watching."""
    powers = regime.principles.external_powers.powers
    if not powers:
        return constant_query("No outside body has powers to keep the service going", Level.WATCH)
    return constant_query("; ".join(f"{power.body} can {power.can}" for power in powers), Level.NONE)
