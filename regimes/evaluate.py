"""A regime against what was known on a day: one finding for each provider and rule. Pure, and whole columns at a time.

``evaluate`` reads a reading (``indicators/as_of.py``) and changes nothing but tables of its own in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import pyarrow as pa

from indicators import catalogue
from indicators.as_of import AsOf
from models.vocabulary import Grounds, Level, Principle
from regimes import audiences, looks
from regimes.columns import ACCOUNTABILITY_LEVEL, Look, title_of
from regimes.expressions import COMPLETENESS
from regimes.rules import AnyRule, evidence_of
from regimes.schema import POWERS, Regime
from regimes.sections import Section
from regimes.wide import Wide

LEVELS = (Level.NONE, Level.WATCH, Level.CONCERN, Level.CRITICAL)  # by rank
SOURCE_SHARE = 0.3  # what is true of more of a register's providers at once is about the register
SOURCE_LEAST = 5  # providers, below which a share says nothing
AT_ONCE = 2  # rules: the providers of a nation are too few rows for the database to share out among its threads

_FINDING = """
CREATE OR REPLACE TABLE finding (
    provider_id BIGINT, rule INTEGER, status VARCHAR, level TINYINT, grounds TINYINT, score DOUBLE, title VARCHAR,
    value_number DOUBLE, value_text VARCHAR, seqs BIGINT[], period_end DATE, known_on DATE, is_recalled BOOLEAN,
    is_last_known BOOLEAN)
"""

# A stale figure that is bad still counts; a good one counts for nothing. A status that is only last known has no score
# and raises a level no further than the regime says.
_ADD = f"""
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
_FROM_MONEY = {
    COMPLETENESS: f"""count(*) FILTER (grounds = {Grounds.JUDGED:d})
                        / nullif(count(*) FILTER (grounds IN ({Grounds.JUDGED:d}, {Grounds.NOT_KNOWN:d})), 0)""",
    ACCOUNTABILITY_LEVEL: "max(level)",
}
_WITH_MONEY = """
CREATE OR REPLACE TABLE wide AS
SELECT wide.* REPLACE ({replaced})
FROM wide JOIN (SELECT provider_id, {each} FROM finding GROUP BY provider_id) AS money USING (provider_id)
"""

# What the regime excuses is no sign that a register has fallen silent.
_STATUSES = f"""
SELECT rule, CASE WHEN grounds = {Grounds.NOTHING_ENTERED:d} THEN 'excused' ELSE status END AS says, count(*),
       max(level), sum(count(*)) OVER (PARTITION BY rule)
FROM finding WHERE list_contains($rules, rule) AND status <> 'not_applicable' GROUP BY rule, says ORDER BY rule, says
"""  # noqa: S608 (the numbers of an enumeration)
_TO_SOURCE = f"""
UPDATE finding SET status = 'source', level = 0, grounds = {Grounds.ABOUT_SOURCE:d}, score = NULL
WHERE rule = $rule AND status = $status AND grounds <> {Grounds.NOTHING_ENTERED:d}
"""  # noqa: S608 (the numbers of an enumeration)
_TOO_OLD = f"""
UPDATE finding SET grounds = {Grounds.TOO_OLD_OF_MANY:d} WHERE rule = $rule AND status = 'stale'
"""  # noqa: S608 (the numbers of an enumeration)
_SAYS = {"met": "true of", "missing": "not known of", "stale": "too old to say of"}

_RULES = pa.schema(
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


class Status(NamedTuple):
    """Of how many providers a rule found the same, at most how bad, and to how many it applies."""

    status: str
    providers: int
    rank: int
    of: int


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
    wide = Wide(known, regime)
    if probabilities is None:
        covers_somebody = wide.build(None)
    else:
        known.db.register("given_probability", probabilities)
        covers_somebody = wide.build("given_probability")
        known.db.unregister("given_probability")
    known.db.execute(_FINDING)
    numbered, described, too_old = _numbered(regime), list[dict[str, Any]](), list[dict[str, Any]]()
    whole = [(number, principle, rule) for principle, rules in numbered.items() for number, rule in rules]
    if covers_somebody:
        money = Principle.ACCOUNTABILITY  # first: completeness is a share of its findings
        described += _add(wide, {money: numbered.pop(money)})
        too_old = _too_old(wide, described, _statuses(wide, described))
        _look_at_money(wide)
        described += _add(wide, numbered)
    described.sort(key=lambda rule: rule["number"])
    evidence = [rule for rule in described if rule["principle"] is Principle.EVIDENCE]
    statuses = _statuses(wide, evidence)
    source_findings = [one for rule in evidence for one in _about_sources(wide, rule, statuses[rule["number"]])]
    source_findings += too_old
    evaluation = Evaluation(
        regime=regime,
        providers=known.sql("SELECT id, key FROM provider ORDER BY id").to_arrow_table(),
        rules=pa.Table.from_pylist(described, schema=_RULES),
        findings=known.sql("SELECT * FROM finding ORDER BY provider_id, rule").to_arrow_table(),
        audiences=audiences.of_findings(wide, whole) if covers_somebody else audiences.NOBODY,
        source_findings=source_findings,
    )
    known.db.execute("DROP TABLE provider; DROP TABLE IF EXISTS wide; DROP TABLE finding")
    return evaluation


def _numbered(regime: Regime) -> dict[Principle, list[tuple[int, AnyRule | None]]]:
    """Every rule with its place among the findings; None stands for the bodies that can step in."""
    numbers = count()
    numbered: dict[Principle, list[tuple[int, AnyRule | None]]] = {}
    for principle, section in regime.principles.sections():
        powers: list[AnyRule | None] = [None] if principle is Principle.EXTERNAL_POWERS else []
        numbered[principle] = [(next(numbers), rule) for rule in (*powers, *section.rules)]
    return numbered


def _look_at_money(wide: Wide) -> None:
    """Fill in the columns of ``wide`` that say what the rules on money and quality found, where a rule reads any."""
    columns = {name for (name,) in wide.known.db.execute("SELECT column_name FROM (DESCRIBE wide)").fetchall()}
    read = {name: sql for name, sql in _FROM_MONEY.items() if name in columns}
    if read:
        replaced = ", ".join(f"money.{name} AS {name}" for name in read)
        each = ", ".join(f"{sql} AS {name}" for name, sql in read.items())
        wide.known.db.execute(_WITH_MONEY.format(replaced=replaced, each=each))


def _add(wide: Wide, numbered: Mapping[Principle, Sequence[tuple[int, AnyRule | None]]]) -> list[dict[str, Any]]:
    """Add the findings of some principles' rules; gives of each rule what is the same in all of its findings."""
    looked = [_look(wide, number, principle, rule) for principle, rules in numbered.items() for number, rule in rules]
    db = wide.known.db

    def insert(sql: str, parameters: dict[str, Any]) -> None:
        with db.cursor() as own:
            own.execute(sql, parameters)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(insert, *zip(*((sql, parameters) for _, sql, parameters in looked), strict=True)))
    return [described for described, _, _ in looked]


def _look(
    wide: Wide, number: int, principle: Principle, rule: AnyRule | None
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """What is the same in all findings of a rule, and the statement that adds them, with its parameters."""
    look = _powers(wide.regime) if rule is None else looks.look(rule, wide)
    section: Section = getattr(wide.regime.principles, principle)
    weight = None if rule is None else section.weight(rule)
    constants = {
        "rule": number,
        "optional": getattr(rule, "optional_because", None),
        "is_recalled": rule is not None and "recalled" in evidence_of(rule),
        "is_counted": section.combine == "count_of_breaches",
        "last_known_up_to": wide.regime.risk.last_known_up_to.rank,
    }
    powers = wide.regime.principles.external_powers.powers
    described = {
        "number": number,
        "principle": principle,
        "rule": POWERS if rule is None else rule.key,
        "weight": weight,
        "best_score": None if rule is None or weight is None else section.best_score(rule),
        "title": _title(rule),
        "indicators": list(look.indicators),
        "unit": look.unit,
        "threshold": look.threshold,
        "source": "; ".join(power.source for power in powers) if rule is None else getattr(rule, "source", ""),
    }
    return described, _ADD.format(look=look.sql), look.parameters | constants


def _statuses(wide: Wide, rules: Sequence[Mapping[str, Any]]) -> dict[int, list[Status]]:
    """What some rules found, by the number of the rule."""
    statuses: dict[int, list[Status]] = {rule["number"]: [] for rule in rules}
    for number, *status in wide.known.db.execute(_STATUSES, {"rules": list(statuses)}).fetchall():
        statuses[number].append(Status(*status))
    return statuses


def _title(rule: AnyRule | None) -> str:
    if rule is None:
        return POWERS
    indicator = getattr(rule, "indicator", None)
    return getattr(rule, "title", None) or (title_of(indicator) if indicator else rule.key)


def _powers(regime: Regime) -> Look:
    """Who can step in is the same for all; that nobody can is worth watching."""
    powers = regime.principles.external_powers.powers
    if not powers:
        return looks.constant("No outside body has powers to keep the service going", Level.WATCH)
    return looks.constant("; ".join(f"{power.body} can {power.can}" for power in powers), Level.NONE)


def _about_sources(wide: Wide, rule: dict[str, Any], statuses: list[Status]) -> Iterator[dict[str, Any]]:
    """Findings about registers: what a rule says of too many providers at once to be about them."""
    for status, providers, rank, of in statuses:
        if status not in _SAYS or providers < SOURCE_LEAST or providers <= SOURCE_SHARE * of:
            continue
        wide.known.db.execute(_TO_SOURCE, {"rule": rule["number"], "status": status})
        where = _where(_registers(wide, rule))
        what = f"'{rule['title']}' ({rule['threshold']})"
        said = f"{what} is {_SAYS[status]} {providers:,} of {of:,} at once, so it is {where} and not about them"
        yield _source_finding(wide, rule, said, LEVELS[rank], (providers, of))


def _too_old(wide: Wide, rules: list[dict[str, Any]], statuses: dict[int, list[Status]]) -> list[dict[str, Any]]:
    """One finding for each register whose figures on money and quality are too old of too many: a feed has died.

    Those providers stay as they are judged, or unscorable: what is not known of them is not known. Their findings are
    marked as about the source.
    """
    worst: dict[tuple[str, ...], tuple[int, int, int, dict[str, Any]]] = {}
    for rule in rules:
        for status, providers, rank, of in statuses[rule["number"]]:
            key = tuple(_registers(wide, rule))
            is_many = providers >= SOURCE_LEAST and providers > SOURCE_SHARE * of
            if status != "stale" or not is_many:
                continue
            wide.known.db.execute(_TOO_OLD, {"rule": rule["number"]})
            if key not in worst or providers > worst[key][0]:
                worst[key] = (providers, of, rank, rule)
    return [
        _source_finding(
            wide, rule, f"'{rule['title']}' is too old to say of {providers:,} of {of:,} at once, so it is "
            f"{_where(registers)}; who has nothing newer cannot be scored on it", LEVELS[rank], (providers, of))
        for registers, (providers, of, rank, rule) in sorted(worst.items())
    ]  # fmt: skip


def _registers(wide: Wide, rule: dict[str, Any]) -> list[str]:
    """The registers that a rule's figures come from, of those that any document was read of."""
    known = catalogue.load()
    registers = {register for key in rule["indicators"] for register in known.indicators[key].registers}
    return sorted(registers & wide.loaded or registers)


def _where(registers: Iterable[str]) -> str:
    titles = ", ".join(catalogue.load().registers[register].title for register in registers)
    return f"about the register ({titles})" if titles else "about what is known of all"


def _source_finding(
    wide: Wide, rule: dict[str, Any], said: str, level: Level, share: tuple[int, int]
) -> dict[str, Any]:
    return {
        "regime": wide.regime.key,
        "rule": rule["rule"],
        "registers": _registers(wide, rule),
        "title": f"{wide.regime.title}: {said}",
        "level": str(level),
        "providers": int(share[0]),
        "of": int(share[1]),
        "threshold": rule["threshold"],
        "source": rule["source"],
    }
