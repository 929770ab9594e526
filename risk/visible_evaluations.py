"""Evaluates a regime for readers who may not see every row, once for each set of audiences that occurs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice

import duckdb
import pyarrow as pa
from pyarrow.compute import is_in

from indicators.ledger.as_of import AsOf
from indicators.ledger.hidden_rows import HiddenRows
from regimes.evaluate import Evaluation, evaluate

MOST_AUDIENCE_SETS = 16  # evaluations of one regime; the smallest sets come first, so a reader never sees too much

_AUDIENCES = """
SELECT DISTINCT audience FROM restricted WHERE subject_id IN (SELECT id FROM covered) ORDER BY audience
"""
_DIFFERING_PROVIDERS = """
SELECT id FROM covered WHERE id IN (
    SELECT provider_id FROM (FROM whole EXCEPT FROM visible) UNION
    SELECT provider_id FROM (FROM visible EXCEPT FROM whole) UNION
    SELECT provider_id FROM hidden WHERE NOT list_has_all($visible_to::VARCHAR[], audiences))
"""


@dataclass(frozen=True)
class VisibleEvaluation:
    """An evaluation without the rows that some readers may not see; only of the providers that differ because of it."""

    visible_to: frozenset[str]  # the restricted audiences of the reader; none of them for the public
    all_audiences: frozenset[str]  # those for which there are restricted rows
    provider_ids: list[int]  # those that differ; the evaluation has the ones that are covered without the rows too
    evaluation: Evaluation


def visible_evaluations(
    known: AsOf, rows: HiddenRows, whole: Evaluation, probabilities: pa.Table | None = None
) -> Iterator[VisibleEvaluation]:
    """The evaluation for each set of audiences that a reader may have, where it differs from the whole.

    Args:
        known: the reading that ``whole`` was made from.
        rows: of the same reading.
        whole: the evaluation with every row.
        probabilities: as for ``evaluate``.
    """
    known.db.register("covered", whole.providers)
    restricted = [audience for (audience,) in known.db.execute(_AUDIENCES).fetchall()]
    known.db.unregister("covered")
    sets = chain.from_iterable(combinations(restricted, size) for size in range(len(restricted)))
    for visible_to in map(frozenset, islice(sets, MOST_AUDIENCE_SETS)):
        with rows.hide_from(visible_to):
            visible = evaluate(known, whole.regime, probabilities)
        providers = _differing_providers(whole, visible, visible_to)
        if len(providers):
            limited = _limit_to_providers(visible, providers)
            yield VisibleEvaluation(visible_to, frozenset(restricted), providers.to_pylist(), limited)


def _differing_providers(whole: Evaluation, visible: Evaluation, visible_to: frozenset[str]) -> pa.Array:
    """The numbers of the providers whose findings differ, or of which some are not for these audiences."""
    with duckdb.connect(":memory:", config={"enable_external_access": "false", "temp_directory": ""}) as db:
        db.register("covered", whole.providers)
        db.register("whole", whole.findings)
        db.register("visible", visible.findings)
        db.register("hidden", whole.audiences)
        differing = db.sql(_DIFFERING_PROVIDERS, params={"visible_to": sorted(visible_to)}).to_arrow_table()
    return differing["id"].combine_chunks()


def _limit_to_providers(evaluation: Evaluation, providers: pa.Array) -> Evaluation:
    columns = {"findings": "provider_id", "audiences": "provider_id", "providers": "id"}
    limited = {}
    for name, column in columns.items():
        table: pa.Table = getattr(evaluation, name)
        limited[name] = table.filter(is_in(table[column].cast(pa.int64()), value_set=providers.cast(pa.int64())))
    return replace(evaluation, **limited)
