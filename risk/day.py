"""Computes the verdicts of one day from the ledger, for a run to store and for a replay to compare."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine

from indicators import identity
from indicators.ledger.as_of import AsOf, Horizon, as_of
from models.vocabulary import PRINCIPLES, View
from regimes.schema import Regime
from risk.model import FailureModel, subject_probabilities
from risk.score import RunScores, Verdict, assess_providers

# A name that others use counts only where no register of its own names the provider.
_NAMES = """
SELECT subject_id, arg_max(value_text, (
    coalesce(nullif(list_position($words, load.register), 0), 99), known_on, seq)) FROM observation
JOIN indicator ON indicator.id = observation.indicator_id JOIN load ON load.id = observation.load_id
WHERE indicator.key = 'name' AND value_text IS NOT NULL GROUP BY subject_id
"""
_KINDS = """
SELECT latest.subject_id, latest.value_text FROM latest
JOIN indicator ON indicator.id = latest.indicator_id WHERE indicator.key = 'provision_type'
"""


@dataclass(frozen=True)
class ComputedDay:
    """The verdicts of one day, with the inputs that they were computed from."""

    digest: str  # of the rows that were read
    upto: Horizon
    scores: RunScores
    names: dict[int, str]  # of the providers, as known on the day
    outcomes: dict[int, str]  # of subjects that are not covered any more: why
    result_hash: str


def compute_day(
    engine: Engine,
    day: date,
    *,
    view: View,
    regimes: Sequence[Regime],
    models: Sequence[FailureModel],
    upto: Horizon | None = None,
) -> ComputedDay:
    """The verdicts on a day: the ledger as it was known, the regimes given, the models that may be used."""
    with as_of(engine, day, view=view, upto=upto) as known:
        return judge_reading(known, regimes=regimes, models=models)


def judge_reading(known: AsOf, *, regimes: Sequence[Regime], models: Sequence[FailureModel]) -> ComputedDay:
    """The verdicts of one reading."""
    scores = assess_providers(known, regimes, subject_probabilities(known, models), with_redacted=True)
    names = provider_names(known, {verdict.provider_id: verdict.provider for verdict in scores.verdicts})
    return ComputedDay(known.digest, known.upto, scores, names, _coverage_outcomes(known), result_hash(scores))


def provider_names(known: AsOf, providers: Mapping[int, str]) -> dict[int, str]:
    """The names of providers by identifier; a provider without a known name gets its type and its number."""
    called = dict(known.sql(_NAMES, words=list(identity.NAME_PRECEDENCE)).fetchall())
    kinds = dict(known.sql(_KINDS).fetchall())
    return {
        number: called.get(number) or identity.fallback_name(key, kinds.get(number))
        for number, key in providers.items()
    }


_OUTCOMES = """
SELECT subject_id, arg_max(indicator.key, (coalesce(period_end, known_on), seq)), max(period_end),
       arg_max(coalesce(value_text, ''), (coalesce(period_end, known_on), seq))
FROM observation
JOIN indicator ON indicator.id = observation.indicator_id
WHERE indicator.key = 'left_register' OR (indicator.key LIKE 'outcome%' AND indicator.key <> 'outcome_survived')
GROUP BY subject_id
"""


def _coverage_outcomes(known: AsOf) -> dict[int, str]:
    """The event that ended the coverage of each subject, in the event's own words, with its day."""
    return {
        subject: f"{text or key.replace('_', ' ')} ({day.isoformat()})" if day else text or key.replace("_", " ")
        for subject, key, day, text in known.sql(_OUTCOMES).fetchall()
    }


def inputs_hash(computed_from: dict[str, Any]) -> str:
    """One hash over everything a run was computed from."""
    return hashlib.sha256(json.dumps(computed_from, sort_keys=True, default=str).encode()).hexdigest()


def result_hash(scores: RunScores) -> str:
    """One hash over every verdict, finding, source finding and spread; the same inputs and code give the same bytes."""
    digest = hashlib.sha256()
    for verdict in sorted(scores.verdicts, key=lambda verdict: (verdict.provider, verdict.regime)):
        digest.update(repr(assessment_row(verdict)).encode())
    digest.update(json.dumps(scores.source_findings, sort_keys=True, default=str).encode())
    digest.update(json.dumps(scores.spreads).encode())
    return digest.hexdigest()


def assessment_row(verdict: Verdict) -> tuple[Any, ...]:
    """The values of a verdict that an assessment stores, in a fixed order."""
    return (
        verdict.provider,
        verdict.regime,
        verdict.peer_group,
        str(verdict.level),
        verdict.rating,
        verdict.is_official,
        verdict.stage,
        verdict.probability,
        verdict.probability_reason,
        *(str(verdict.principles[principle]) for principle in PRINCIPLES),
        *verdict.unscorable_reasons,
        verdict.findings_sha256,
    )
