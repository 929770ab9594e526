"""A regime against what was known on a day: one finding for each provider and rule. Pure, and whole columns at a time.

``evaluate`` reads a reading (``indicators/ledger/as_of.py``) and changes nothing but tables of its own in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import pyarrow as pa

from indicators import catalogue
from indicators.ledger.as_of import AsOf
from models.vocabulary import Grounds, Level, Principle
from regimes import finding_audiences
from regimes.expressions import COMPLETENESS
from regimes.provider_table import ProviderTable
from regimes.rules import registry
from regimes.rules.any_rule import AnyRule, evidence_of
from regimes.rules.sql import ACCOUNTABILITY_LEVEL, RuleQuery, title_of
from regimes.schema import POWERS, Regime
from regimes.sections import Section

LEVELS = (Level.NONE, Level.WATCH, Level.CONCERN, Level.CRITICAL)  # by rank
SOURCE_SHARE = 0.3  # what is true of more of a register's providers at once is about the register
SOURCE_MIN_PROVIDERS = 5  # providers, below which a share says nothing
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
WITH look AS ({{look}}),
     judged AS (SELECT *, CASE WHEN applies IS FALSE THEN 'not_applicable' WHEN level IS NULL THEN 'missing'
                               WHEN is_stale THEN 'stale' WHEN level > 0 THEN 'met' ELSE 'clear' END AS status,
                       status = 'missing' AND $optional IS NOT NULL AND NOT was_given AS is_excused,
                       status = 'not_applicable' OR (status = 'clear' AND is_nothing_due) AS is_empty,
                       status = 'stale' AND last_known IS NOT NULL AS is_last_known
                FROM look)
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
FROM judged
"""  # noqa: S608 (the numbers of an enumeration)

# What the rules on money and quality come to. Rules that do not apply, are excused, or are silent because of the source
# are not counted against a provider.
_ACCOUNTABILITY_COLUMNS = {
    COMPLETENESS: f"""count(*) FILTER (grounds = {Grounds.JUDGED:d})
                        / nullif(count(*) FILTER (grounds IN ({Grounds.JUDGED:d}, {Grounds.NOT_KNOWN:d})), 0)""",
    ACCOUNTABILITY_LEVEL: "max(level)",
}
_FILL_ACCOUNTABILITY = """
CREATE OR REPLACE TABLE wide AS
SELECT wide.* REPLACE ({replaced})
FROM wide JOIN (SELECT provider_id, {each} FROM finding GROUP BY provider_id) AS money USING (provider_id)
"""

# What the regime excuses is no sign that a register has fallen silent.
_COUNT_STATUSES = f"""
SELECT rule, CASE WHEN grounds = {Grounds.NOTHING_ENTERED:d} THEN 'excused' ELSE status END AS says, count(*),
       max(level), sum(count(*)) OVER (PARTITION BY rule)
FROM finding WHERE list_contains($rules, rule) AND status <> 'not_applicable' GROUP BY rule, says ORDER BY rule, says
"""  # noqa: S608 (the numbers of an enumeration)
_MARK_AS_SOURCE = f"""
UPDATE finding SET status = 'source', level = 0, grounds = {Grounds.ABOUT_SOURCE:d}, score = NULL
WHERE rule = $rule AND status = $status AND grounds <> {Grounds.NOTHING_ENTERED:d}
"""  # noqa: S608 (the numbers of an enumeration)
_MARK_TOO_OLD = f"""
UPDATE finding SET grounds = {Grounds.TOO_OLD_OF_MANY:d} WHERE rule = $rule AND status = 'stale'
"""  # noqa: S608 (the numbers of an enumeration)
_STATUS_TEXTS = {"met": "true of", "missing": "not known of", "stale": "too old to say of"}

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


class RuleStatus(NamedTuple):
    """Of how many providers a rule found the same, at most how bad, and to how many it applies."""

    status: str
    provider_count: int
    rank: int
    total: int


@dataclass(frozen=True)
class Evaluation:
    """The findings of one regime on one day.

    ``providers`` has ``id`` and ``key``. ``rules`` has what is the same in every finding of a rule: ``number``,
    ``principle``, ``rule`` (its key), ``weight`` and ``best_score`` (null where it stands apart from its section's
    score), ``indicators``, ``unit``, ``threshold``, ``source``. ``findings`` has a row for each provider and rule:
    ``provider_id``, ``rule`` (its number), ``status``, ``level`` (its rank), ``grounds`` (of ``Grounds``), ``score``,
    ``title``, ``value_number``, ``value_text``, ``seqs``, ``period_end``, ``known_on``, ``is_recalled``,
    ``is_last_known`` (the finding is stale, and a status and no figure makes it so). ``audiences`` has a row for each
    of them that is not for everybody: ``provider_id``, ``rule``, ``audiences``.
    """

    regime: Regime
    providers: pa.Table
    rules: pa.Table
    findings: pa.Table
    audiences: pa.Table
    source_findings: list[dict[str, Any]]


def evaluate(known: AsOf, regime: Regime, probabilities: pa.Table | None = None) -> Evaluation:
    """The findings of every provider that the regime covers.

    Args:
        known: what was known on the day.
        regime: in force on the day.
        probabilities: ``subject_id``, ``probability`` and ``reason``, where a failure model covers any.
    """
    wide = ProviderTable(known, regime)
    if probabilities is None:
        covers_somebody = wide.build_tables(None)
    else:
        known.db.register("given_probability", probabilities)
        covers_somebody = wide.build_tables("given_probability")
        known.db.unregister("given_probability")
    known.db.execute(_FINDING_TABLE)
    numbered, described, too_old = _number_rules(regime), list[dict[str, Any]](), list[dict[str, Any]]()
    whole = [(number, principle, rule) for principle, rules in numbered.items() for number, rule in rules]
    if covers_somebody:
        money = Principle.ACCOUNTABILITY  # first: completeness is a share of its findings
        described += _add_findings(wide, {money: numbered.pop(money)})
        too_old = _too_old_findings(wide, described, _count_statuses(wide, described))
        _fill_accountability_columns(wide)
        described += _add_findings(wide, numbered)
    described.sort(key=lambda rule: rule["number"])
    evidence = [rule for rule in described if rule["principle"] is Principle.EVIDENCE]
    statuses = _count_statuses(wide, evidence)
    source_findings = [one for rule in evidence for one in _source_findings(wide, rule, statuses[rule["number"]])]
    source_findings += too_old
    evaluation = Evaluation(
        regime=regime,
        providers=known.sql("SELECT id, key FROM provider ORDER BY id").to_arrow_table(),
        rules=pa.Table.from_pylist(described, schema=_RULE_SCHEMA),
        findings=known.sql("SELECT * FROM finding ORDER BY provider_id, rule").to_arrow_table(),
        audiences=finding_audiences.finding_audiences(wide, whole)
        if covers_somebody
        else finding_audiences.NO_AUDIENCES,
        source_findings=source_findings,
    )
    known.db.execute("DROP TABLE provider; DROP TABLE IF EXISTS wide; DROP TABLE finding")
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
    """Fill in the columns of ``provider_table`` that say what the rules on money and quality found, where a rule reads any."""
    columns = {
        name for (name,) in provider_table.known.db.execute("SELECT column_name FROM (DESCRIBE wide)").fetchall()
    }
    read = {name: sql for name, sql in _ACCOUNTABILITY_COLUMNS.items() if name in columns}
    if read:
        replaced = ", ".join(f"money.{name} AS {name}" for name in read)
        each = ", ".join(f"{sql} AS {name}" for name, sql in read.items())
        provider_table.known.db.execute(_FILL_ACCOUNTABILITY.format(replaced=replaced, each=each))


def _add_findings(
    provider_table: ProviderTable, numbered: Mapping[Principle, Sequence[tuple[int, AnyRule | None]]]
) -> list[dict[str, Any]]:
    """Add the findings of some principles' rules; gives of each rule what is the same in all of its findings."""
    looked = [
        _rule_statement(provider_table, number, principle, rule)
        for principle, rules in numbered.items()
        for number, rule in rules
    ]
    db = provider_table.known.db

    def insert(sql: str, parameters: dict[str, Any]) -> None:
        with db.cursor() as own:
            own.execute(sql, parameters)

    with ThreadPoolExecutor(PARALLEL_RULES) as pool:
        list(pool.map(insert, *zip(*((sql, parameters) for _, sql, parameters in looked), strict=True)))
    return [described for described, _, _ in looked]


def _rule_statement(
    provider_table: ProviderTable, number: int, principle: Principle, rule: AnyRule | None
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """What is the same in all findings of a rule, and the statement that adds them, with its parameters."""
    look = _powers_query(provider_table.regime) if rule is None else registry.rule_query(rule, provider_table)
    section: Section = getattr(provider_table.regime.principles, principle)
    weight = None if rule is None else section.rule_weight(rule)
    constants = {
        "rule": number,
        "optional": getattr(rule, "optional_because", None),
        "is_recalled": rule is not None and "recalled" in evidence_of(rule),
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
        "title": _rule_title(rule),
        "indicators": list(look.indicators),
        "unit": look.unit,
        "threshold": look.threshold,
        "source": "; ".join(power.source for power in powers) if rule is None else getattr(rule, "source", ""),
    }
    return described, _ADD_FINDINGS.format(look=look.sql), look.parameters | constants


def _count_statuses(provider_table: ProviderTable, rules: Sequence[Mapping[str, Any]]) -> dict[int, list[RuleStatus]]:
    """What some rules found, by the number of the rule."""
    statuses: dict[int, list[RuleStatus]] = {rule["number"]: [] for rule in rules}
    for number, *status in provider_table.known.db.execute(_COUNT_STATUSES, {"rules": list(statuses)}).fetchall():
        statuses[number].append(RuleStatus(*status))
    return statuses


def _rule_title(rule: AnyRule | None) -> str:
    if rule is None:
        return POWERS
    indicator = getattr(rule, "indicator", None)
    return getattr(rule, "title", None) or (title_of(indicator) if indicator else rule.key)


def _powers_query(regime: Regime) -> RuleQuery:
    """Who can step in is the same for all; that nobody can is worth watching."""
    powers = regime.principles.external_powers.powers
    if not powers:
        return registry.constant_query("No outside body has powers to keep the service going", Level.WATCH)
    return registry.constant_query("; ".join(f"{power.body} can {power.can}" for power in powers), Level.NONE)


def _source_findings(
    provider_table: ProviderTable, rule: dict[str, Any], statuses: list[RuleStatus]
) -> Iterator[dict[str, Any]]:
    """Findings about registers: what a rule says of too many providers at once to be about them."""
    for status, providers, rank, of in statuses:
        if status not in _STATUS_TEXTS or providers < SOURCE_MIN_PROVIDERS or providers <= SOURCE_SHARE * of:
            continue
        provider_table.known.db.execute(_MARK_AS_SOURCE, {"rule": rule["number"], "status": status})
        where = _register_phrase(_rule_registers(provider_table, rule))
        what = f"'{rule['title']}' ({rule['threshold']})"
        said = f"{what} is {_STATUS_TEXTS[status]} {providers:,} of {of:,} at once, so it is {where} and not about them"
        yield _source_finding(provider_table, rule, said, LEVELS[rank], (providers, of))


def _too_old_findings(
    provider_table: ProviderTable, rules: list[dict[str, Any]], statuses: dict[int, list[RuleStatus]]
) -> list[dict[str, Any]]:
    """One finding for each register whose figures on money and quality are too old of too many: a feed has died.

    Those providers stay as they are judged, or unscorable: what is not known of them is not known. Their findings are
    marked as about the source.
    """
    worst: dict[tuple[str, ...], tuple[int, int, int, dict[str, Any]]] = {}
    for rule in rules:
        for status, providers, rank, of in statuses[rule["number"]]:
            key = tuple(_rule_registers(provider_table, rule))
            is_many = providers >= SOURCE_MIN_PROVIDERS and providers > SOURCE_SHARE * of
            if status != "stale" or not is_many:
                continue
            provider_table.known.db.execute(_MARK_TOO_OLD, {"rule": rule["number"]})
            if key not in worst or providers > worst[key][0]:
                worst[key] = (providers, of, rank, rule)
    return [
        _source_finding(
            provider_table,
            rule,
            f"'{rule['title']}' is too old to say of {providers:,} of {of:,} at once, so it is "
            f"{_register_phrase(registers)}; who has nothing newer cannot be scored on it",
            LEVELS[rank],
            (providers, of),
        )
        for registers, (providers, of, rank, rule) in sorted(worst.items())
    ]


def _rule_registers(provider_table: ProviderTable, rule: dict[str, Any]) -> list[str]:
    """The registers that a rule's figures come from, of those that any document was read of."""
    known = catalogue.load()
    registers = {register for key in rule["indicators"] for register in known.indicators[key].registers}
    return sorted(registers & provider_table.loaded_registers or registers)


def _register_phrase(registers: Iterable[str]) -> str:
    titles = ", ".join(catalogue.load().registers[register].title for register in registers)
    return f"about the register ({titles})" if titles else "about what is known of all"


def _source_finding(
    provider_table: ProviderTable, rule: dict[str, Any], sentence: str, level: Level, share: tuple[int, int]
) -> dict[str, Any]:
    return {
        "regime": provider_table.regime.key,
        "rule": rule["rule"],
        "registers": _rule_registers(provider_table, rule),
        "title": f"{provider_table.regime.title}: {sentence}",
        "level": str(level),
        "providers": int(share[0]),
        "of": int(share[1]),
        "threshold": rule["threshold"],
        "source": rule["source"],
    }
