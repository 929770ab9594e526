"""Turns findings and probabilities into the verdicts of one day; a run stores the results of ``assess_providers``.

A finding is an object of these fields, in this order. A provider's findings are a list of them, ordered by principle
and then as in the regime's file.

- ``principle``: one of the six.
- ``rule``: the rule's key in the regime's file; ``powers`` for the bodies that can step in.
- ``title``: a sentence with the figures and their dates. It never says "so many days ago", so it changes only when
  facts do.
- ``status``: ``met`` (it raises a level), ``clear`` (looked at, nothing to report), ``missing`` (not known), ``stale``
  (known, but older than it may be; a bad one still raises the level), ``not_applicable``, ``source`` (true of so many
  providers at once that it is about the register; see the source findings).
- ``level``: ``none``, ``watch``, ``concern`` or ``critical``. Under ``evidence`` what had to be known and is not raises
  the provider's level to ``watch`` (or less, where the regime says so), though the principle itself is ``unscorable``.
- ``unscorable_because``: a word of ``UnscorableReason``, where the finding neither clears nor raises anything. The
  field is not there where the rule looked at something.
- ``weight``, ``score``, ``contribution``: where the section makes a score: what the rule counts there, and what it adds
  to the score; contributions add up to the score exactly. Null elsewhere.
- ``indicators``: keys of the catalogue.
- ``value``: a number, a text or null; ``unit``: of a number.
- ``threshold``: the rule's limits in words.
- ``seqs``: the ledger rows it rests on, negative for derived ones.
- ``period_end``: the day it is about; ``known_on``: the day the newest of its rows became known. ISO dates or null.
- ``is_recalled``: a figure, or the rule's number, was not read in its source.
- ``is_last_known``: it is stale, and a status, flag or grade makes it so: its title says when that was last known. Its
  level is at most the regime's ``last_known_up_to``. Findings of older runs have no such field.
- ``source``: where the rule's number is from.
- ``audiences``: for whom it is, where it rests on rows that are not for everybody; all of them must be one's own to
  see it. The field is not there where everybody may.

A source finding has ``regime``, ``rule``, ``registers``, ``title``, ``level``, ``providers`` (how many it is true of),
``of``, ``threshold`` and ``source``.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, pairwise
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from indicators.ledger.as_of import AsOf
from indicators.ledger.hidden_rows import HiddenRows
from models.findings import SourceFinding
from models.packed import pack_json, unpack_json
from models.vocabulary import PRINCIPLES, Grounds, Level, Principle
from regimes.evaluate import Evaluation, evaluate
from regimes.rules.base import LEVELS
from regimes.rules.sql_text import Query, case_when_sql
from regimes.schema import LadderStage, Regime
from risk.combine import add_contributions, graded_level_sql, graded_rating_sql, score_table_sql
from risk.peers import FigureSpread, group_peers
from risk.visible_evaluations import VisibleEvaluation, visible_evaluations

NO_MODEL = "no failure model covers it"
PROVIDERS_PER_CHUNK = 5_000  # providers whose findings are written out at a time
PACKING_THREADS = 2  # threads
_NO_PROBABILITIES = pa.table(
    {
        "subject_id": pa.array([], pa.int64()),
        "probability": pa.array([], pa.float64()),
        "reason": pa.array([], pa.string()),
    }
)

# A rule that stands apart from a score counts by its worst level. A principle is well only if a rule looked at
# something and no required evidence is missing.
_PRINCIPLE_AGGREGATES = """
max(f.level) FILTER (rule.principle = '{0}' AND (rule.weight IS NULL OR f.is_last_known)) AS {0}_worst,
max(f.grounds) FILTER (rule.principle = '{0}') AS {0}_grounds
"""
_PRINCIPLE_LEVEL = f"""
CASE WHEN greatest(coalesce({{0}}_worst, 0), {{graded}}) > 0 THEN greatest(coalesce({{0}}_worst, 0), {{graded}})
     WHEN {{0}}_grounds = {Grounds.JUDGED:d} THEN 0 END AS {{0}}
"""
_PRINCIPLE_REASON = f"""
CASE WHEN {{0}} IS NULL THEN $reasons[coalesce({{0}}_grounds, {Grounds.NOTHING_DUE:d}) - {Grounds.NOTHING_DUE:d} + 1]
     ELSE '' END AS {{0}}_because
"""
_REASON_TEXTS = [str(grounds.reason or "") for grounds in Grounds]  # in the order of their numbers
_VERDICT_QUERY = f"""
WITH apart AS (SELECT f.provider_id, {", ".join(_PRINCIPLE_AGGREGATES.format(principle) for principle in Principle)},
                      coalesce(list(rule.rule) FILTER (f.level > 0 AND NOT f.is_last_known), []) AS met,
                      coalesce(list(rule.rule) FILTER (f.level > 0 AND f.is_last_known), []) AS last_known,
                      bool_or(f.is_recalled) AS is_recalled
               FROM finding AS f JOIN rule ON rule.number = f.rule GROUP BY f.provider_id),
     {{scores}}
     principle AS (SELECT apart.*, {{principles}}, {{rating}} AS rating FROM apart {{joins}}),
     risk AS (SELECT *, CASE WHEN accountability IS NOT NULL THEN
                  greatest(accountability,
                           CASE WHEN evidence IS NOT NULL THEN least(evidence, {{evidence_up_to}})
                                WHEN evidence_grounds > {Grounds.JUDGED:d} THEN {{missing_evidence_rank}}
                                ELSE 0 END) END AS level
              FROM principle),
     judged AS (SELECT * REPLACE ({{level}} AS level) FROM risk)
SELECT provider.id, provider.key, level, {{stage}}, rating, is_recalled, p.probability, p.reason,
       {", ".join(Principle)}, {", ".join(_PRINCIPLE_REASON.format(principle) for principle in Principle)}
FROM provider JOIN judged ON judged.provider_id = provider.id LEFT JOIN probability AS p ON p.subject_id = provider.id
ORDER BY provider.id
"""  # noqa: S608 (the names of the principles)

# The parts that all findings of a rule share are written once. The order of the fields and of the findings is part of
# what is hashed.
_FINDING_PARTS = """
CREATE TEMP MACRO json_of(something) AS coalesce(to_json(something)::VARCHAR, 'null');
CREATE TEMP TABLE part AS
SELECT number, principle = 'evidence' AS is_evidence,
       '{"principle":' || json_of(principle) || ',"rule":' || json_of(rule) || ',"title":' AS to_title,
       ',"weight":' || json_of(weight) || ',"score":' AS to_score,
       ',"indicators":' || json_of(indicators) || ',"value":' AS to_value,
       ',"unit":' || json_of(unit) || ',"threshold":' || json_of(threshold) || ',"seqs":' AS to_rows,
       ',"source":' || json_of(source) AS to_end
FROM rule
"""
_FINDING_TEXTS = f"""
SELECT concat(
    to_title, json_of(f.title), ',"status":"', f.status, '","level":"',
    $levels[greatest(f.level, CASE WHEN part.is_evidence AND f.grounds > {Grounds.JUDGED:d}
                                   THEN $missing_evidence_rank ELSE 0 END) + 1], '"',
    $reasons[f.grounds - {Grounds.NOTHING_DUE:d} + 1],
    to_score, json_of(f.score), ',"contribution":', json_of(f.contribution),
    to_value, CASE WHEN f.value_number IS NULL THEN json_of(f.value_text) ELSE json_of(f.value_number) END,
    to_rows, json_of(f.seqs), ',"period_end":', json_of(f.period_end), ',"known_on":', json_of(f.known_on),
    ',"is_recalled":', json_of(f.is_recalled), ',"is_last_known":', json_of(f.is_last_known), to_end,
    ',"audiences":' || to_json(a.audiences), '}},') AS finding
FROM chunk AS f JOIN part ON part.number = f.rule
LEFT JOIN finding_audiences AS a ON a.provider_id = f.provider_id AND a.rule = f.rule ORDER BY f.provider_id, f.rule
"""  # noqa: S608 (the numbers of an enumeration)
_REASON_FIELDS = [f',"unscorable_because":"{reason}"' if reason else "" for reason in _REASON_TEXTS]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one run on one provider under one regime."""

    provider_id: int
    provider: str  # its identifier
    regime: str  # its key
    peer_group: str  # those of its kind and about its size, in words
    level: Level
    rating: str  # in the regime's own words
    is_official: bool
    stage: str  # key of the recommended step of the ladder; empty where nothing recommends one
    probability: float | None
    probability_reason: str  # what it is of, or why there is none
    principles: dict[Principle, Level]
    unscorable_reasons: tuple[str, ...]  # of each principle in their order: why it is unscorable, or nothing
    findings_sha256: str
    audiences: str  # comma separated: for whom the findings are that are not for everybody
    packed_findings: bytes  # the findings; packed because those of a national day take three times the room

    @property
    def findings(self) -> str:
        """The findings as canonical JSON: the same findings are the same text."""
        return unpack_json(self.packed_findings).decode()


class RedactedVerdict(NamedTuple):
    """The verdict on a provider for readers who may not see every row that it rests on."""

    visible_to: frozenset[str]  # the restricted audiences that these readers belong to; none of them for the public
    verdict: Verdict


@dataclass
class RunScores:
    """The results of one run, in order of regime and provider."""

    verdicts: list[Verdict] = field(default_factory=list)
    redacted_verdicts: list[RedactedVerdict] = field(default_factory=list)
    source_findings: list[SourceFinding] = field(default_factory=list)
    spreads: list[FigureSpread] = field(default_factory=list)  # how figures are spread over groups of providers


def assess_providers(
    known: AsOf, regimes: Sequence[Regime], probabilities: pa.Table | None = None, *, with_redacted: bool = False
) -> RunScores:
    """The verdict on every provider that one of the regimes covers on the day of the reading.

    Args:
        known: what was known on the day.
        regimes: those in force on the day.
        probabilities: ``subject_id``, ``probability`` and ``reason``, where a failure model covers any.
        with_redacted: whether to score again, without the hidden rows, for readers who may not see every row.
    """
    scores = RunScores()
    hidden_rows = HiddenRows(known) if with_redacted else None
    for regime in sorted(regimes, key=lambda regime: regime.key):
        evaluation = evaluate(known, regime, probabilities)
        peers = group_peers(known, evaluation)
        verdicts = list(_regime_verdicts(evaluation, probabilities, peers.groups))
        if hidden_rows is not None:
            places = {verdict.provider_id: place for place, verdict in enumerate(verdicts)}
            for visible in visible_evaluations(known, hidden_rows, evaluation, probabilities):
                for place in map(places.__getitem__, visible.provider_ids):
                    verdicts[place] = _restrict_verdict(verdicts[place], visible)
                scores.redacted_verdicts += [
                    RedactedVerdict(visible.visible_to, verdict)
                    for verdict in _regime_verdicts(visible.evaluation, probabilities, peers.groups)
                ]
        scores.verdicts += verdicts
        scores.spreads += peers.spreads
        scores.source_findings += evaluation.source_findings
    return scores


def _restrict_verdict(verdict: Verdict, visible: VisibleEvaluation) -> Verdict:
    """Restrict the whole verdict to readers who may see every row: a row may count though no finding names it."""
    if visible.visible_to.issuperset(filter(None, verdict.audiences.split(","))):
        return replace(verdict, audiences=",".join(sorted(visible.all_audiences)))
    return verdict


def _regime_verdicts(
    evaluation: Evaluation, probabilities: pa.Table | None, groups: Mapping[int, str]
) -> Iterator[Verdict]:
    regime = evaluation.regime
    if not len(evaluation.providers):
        return
    with duckdb.connect(":memory:", config={"enable_external_access": "false", "temp_directory": ""}) as db:
        db.register("rule", evaluation.rules)
        findings = add_contributions(db, evaluation)
        db.register("finding", findings)
        db.register("provider", evaluation.providers)
        db.register("probability", _NO_PROBABILITIES if probabilities is None else probabilities)
        db.register("finding_audiences", evaluation.audiences)
        query = Query()
        sql = _verdict_sql(query, regime)
        rows = db.execute(sql, query.parameters | {"reasons": _REASON_TEXTS}).fetchall()
        each = evaluation.rules.num_rows  # findings of one provider; they stand together, in the providers' order
        db.execute(_FINDING_PARTS)
        write = partial(_write_findings, db, each=each, missing_evidence_rank=_missing_evidence_rank(regime))
        chunks = (
            write(findings.slice(at * each, PROVIDERS_PER_CHUNK * each))
            for at in range(0, len(rows), PROVIDERS_PER_CHUNK)
        )
        builder = _VerdictBuilder(regime)
        audiences = _audiences_by_provider(evaluation.audiences)
        for row, packed in zip(rows, chain.from_iterable(_pack_chunks(chunks)), strict=True):
            yield builder.verdict(row, packed, groups[row[0]], audiences.get(row[0], ""))


def _audiences_by_provider(finding_audiences: pa.Table) -> dict[int, str]:
    """The audiences of all findings of a provider together; of those that have any."""
    audiences_by_provider: dict[int, set[str]] = {}
    for row in finding_audiences.to_pylist():
        audiences_by_provider.setdefault(row["provider_id"], set()).update(row["audiences"])
    return {provider: ",".join(sorted(audiences)) for provider, audiences in audiences_by_provider.items()}


def _pack_chunks(chunks: Iterable[list[bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Hash and packed bytes of each, in order; the next chunks are written out while one is being packed."""
    with ThreadPoolExecutor(PACKING_THREADS) as pool:
        waiting = deque[Future[list[tuple[str, bytes]]]]()
        for chunk in chunks:
            waiting.append(pool.submit(_pack_findings, chunk))
            if len(waiting) > PACKING_THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _pack_findings(findings: list[bytes]) -> list[tuple[str, bytes]]:
    return [(hashlib.sha256(text).hexdigest(), pack_json(text)) for text in findings]


def _missing_evidence_rank(regime: Regime) -> int:
    """The rank that a level has at least while required evidence is missing."""
    return min(Level.WATCH.rank, regime.risk.evidence_up_to.rank)


def _write_findings(
    db: duckdb.DuckDBPyConnection, chunk: pa.Table, *, each: int, missing_evidence_rank: int
) -> list[bytes]:
    """The canonical findings of each provider in a chunk, in order; ``each`` of them belong to one.

    A provider's findings stand side by side in the column's buffer, each with a comma behind it: they are cut out of
    it whole, and never become strings of their own.
    """
    db.register("chunk", chunk)
    parameters = {
        "levels": [str(level) for level in LEVELS],
        "missing_evidence_rank": missing_evidence_rank,
        "reasons": _REASON_FIELDS,
    }
    texts = db.sql(_FINDING_TEXTS, params=parameters)
    column = texts.to_arrow_table()["finding"].combine_chunks().cast(pa.large_binary())
    _, ends, text = column.buffers()
    cuts = np.frombuffer(ends, np.int64)[: len(column) + 1 : each].tolist()
    written = memoryview(text)
    return [b"".join((b"[", written[start : end - 1], b"]")) for start, end in pairwise(cuts)]


def _verdict_sql(query: Query, regime: Regime) -> str:
    """Level and stage by the regime's own table; columns in the order in which ``_VerdictBuilder`` reads them."""
    risk, level = regime.risk, "level"
    sections = dict(regime.principles.sections())
    scored = [principle for principle, section in sections.items() if section.is_scored]
    evidence_up_to = query.bind_value(risk.evidence_up_to.rank)
    grades = {p: graded_level_sql(query, sections[p], f"{p}_score") for p in scored}
    for cap in risk.caps:  # a cap says nothing of a provider that cannot be scored
        limit = query.bind_value(cap.level.rank)
        is_capped = f"{level} IS NOT NULL AND {_is_met_sql(query, cap.rule)}"
        level = f"CASE WHEN {is_capped} THEN least({level}, {limit}) ELSE {level} END"
    for floor in risk.floors:  # a floor does: what is known to be bad is not hidden by what is missing
        lifted = case_when_sql(
            (_is_met_sql(query, floor.rule), query.bind_value(floor.level.rank)),
            (
                _is_last_known_sql(query, floor.rule),
                query.bind_value(min(floor.level.rank, risk.last_known_up_to.rank)),
            ),
        )
        level = f"greatest({level}, {lifted})"  # of what is not null
    stages = [(_is_recommended_sql(query, stage), query.bind_value(stage.key)) for stage in reversed(regime.ladder)]
    money = regime.principles.accountability
    return _VERDICT_QUERY.format(
        scores="".join(f"{score_table_sql(query, p, sections[p])}," for p in scored),
        principles=", ".join(_PRINCIPLE_LEVEL.format(p, graded=grades.get(p, "0")) for p in Principle),
        rating=graded_rating_sql(query, money, "accountability_score") if money.is_scored else "''",
        joins=" ".join(f"LEFT JOIN {p}_scored USING (provider_id)" for p in scored),
        evidence_up_to=evidence_up_to,
        missing_evidence_rank=query.bind_value(_missing_evidence_rank(regime)),
        level=level,
        stage=case_when_sql(*stages, otherwise="''"),
    )


def _is_met_sql(query: Query, rule: str) -> str:
    return f"list_contains(met, {query.bind_value(rule)})"


def _is_last_known_sql(query: Query, rule: str) -> str:
    return f"list_contains(last_known, {query.bind_value(rule)})"


def _is_recommended_sql(query: Query, stage: LadderStage) -> str:
    conditions = [_is_met_sql(query, rule) for rule in stage.from_rules]
    if stage.from_level is not None:
        conditions.append(f"level >= {query.bind_value(stage.from_level.rank)}")
    return "(" + " OR ".join(conditions) + ")"


class _VerdictBuilder:
    """Puts verdicts into a regime's own words, which are looked up once."""

    def __init__(self, regime: Regime) -> None:
        self.regime, self.is_official = regime, regime.is_official
        self.ratings = {level: regime.rating_for_level(level) for level in Level}

    def verdict(self, row: tuple[Any, ...], findings: tuple[str, bytes], peer_group: str, audiences: str) -> Verdict:
        """The verdict of one row of ``_verdict_sql``."""
        number, key, rank, stage, rating, is_recalled, probability, reason, *rest = row
        principles, because = rest[: len(PRINCIPLES)], rest[len(PRINCIPLES) :]
        level = _level_of_rank(rank)
        return Verdict(
            provider_id=number,
            provider=key,
            regime=self.regime.key,
            peer_group=peer_group,
            level=level,
            # The section's own word, unless something beside its score has changed the level.
            rating=rating if rating and self.regime.levels[rating] is level else self.ratings[level],
            is_official=self.is_official and not is_recalled,
            stage=stage,
            probability=probability,
            probability_reason=reason or NO_MODEL,
            principles=dict(zip(PRINCIPLES, map(_level_of_rank, principles), strict=True)),
            unscorable_reasons=tuple(because),
            findings_sha256=findings[0],
            audiences=audiences,
            packed_findings=findings[1],
        )


def _level_of_rank(rank: int | None) -> Level:
    return Level.UNSCORABLE if rank is None else LEVELS[rank]
