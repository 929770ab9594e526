"""Whom a provider is compared with: those of its kind and about its size, and how their figures are spread.

Groups overlap: ``Children's home, places 4 to 9`` is part of ``Children's home``, which is part of ``all``. A reader
takes the smallest with enough figures. Stale figures are left out, and those that are not for everybody.
"""

from itertools import pairwise
from typing import NamedTuple

from indicators.as_of import AsOf
from regimes import words
from regimes.columns import title_of, unit_of
from regimes.evaluate import Evaluation
from regimes.schema import Peers
from regimes.words import Query, choose

ALL = "all"
SEPARATOR = "; "
LEAST = 10  # peers with a figure, below which a median says little
POINTS = 101

_GROUPS = """
CREATE OR REPLACE TEMP TABLE peer AS
SELECT p.id AS provider_id, {kind} AS kind, {size} AS size
FROM given_provider AS p
LEFT JOIN (SELECT * FROM latest WHERE indicator_id IN ({kinds})) AS kind ON kind.subject_id = p.id
LEFT JOIN (SELECT * FROM latest WHERE indicator_id IN ({sizes})) AS size ON size.subject_id = p.id
"""
_LABELS = "SELECT provider_id, concat_ws('; ', kind, size) FROM peer"
_SPREAD = """
WITH shown AS (SELECT rule.rule, f.provider_id, f.value_number AS value
               FROM given_finding AS f JOIN given_rule AS rule ON rule.number = f.rule
               ANTI JOIN given_audience AS told ON told.provider_id = f.provider_id AND told.rule = f.rule
               WHERE f.status IN ('met', 'clear') AND isfinite(f.value_number) AND rule.is_figure),
     of AS (SELECT provider_id, 'all' AS peer_group FROM peer
            UNION SELECT provider_id, kind FROM peer WHERE kind IS NOT NULL
            UNION SELECT provider_id, concat_ws('; ', kind, size) FROM peer WHERE size IS NOT NULL)
SELECT peer_group, rule, count(*) AS providers, quantile_cont(value, $points) AS quantiles
FROM shown JOIN of USING (provider_id) GROUP BY peer_group, rule HAVING count(*) > 1 ORDER BY peer_group, rule
"""


class Spread(NamedTuple):
    """The figures of one rule in one group: how many, and 101 quantiles from the least to the greatest."""

    regime: str
    peer_group: str
    rule: str
    providers: int
    quantiles: tuple[float, ...]


class Grouped(NamedTuple):
    """Each provider's smallest group, and the spread of every figure in every group."""

    groups: dict[int, str]
    spreads: list[Spread]


def grouped(known: AsOf, evaluation: Evaluation) -> Grouped:
    """The peer groups of an evaluation's providers and how the figures of its rules are spread over them."""
    if not len(evaluation.providers):
        return Grouped({}, [])
    regime, query = evaluation.regime, Query()
    numbers = {key: number for number, key in known.db.execute("SELECT id, key FROM indicator").fetchall()}
    figures = {rule.key for _, rule in regime.rules() if rule.kind in {"bands", "siblings"}}
    rules = evaluation.rules.append_column(
        "is_figure", [[key in figures for key in evaluation.rules["rule"].to_pylist()]]
    )
    tables = {
        "given_provider": evaluation.providers, "given_rule": rules, "given_finding": evaluation.findings,
        "given_audience": evaluation.audiences,
    }  # fmt: skip
    for name, table in tables.items():
        known.db.register(name, table)
    groups = _GROUPS.format(
        kind="kind.value_text" if regime.peers.kind else "NULL::VARCHAR",
        size=_size(query, regime.peers),
        kinds=query.value(numbers.get(regime.peers.kind or "", -1)),
        sizes=query.value(numbers.get(regime.peers.size or "", -1)),
    )
    known.db.execute(groups, query.parameters)
    labels = {number: label or ALL for number, label in known.db.execute(_LABELS).fetchall()}
    points = {"points": [number / (POINTS - 1) for number in range(POINTS)]}
    spreads = [
        Spread(regime.key, group, rule, providers, tuple(quantiles))
        for group, rule, providers, quantiles in known.db.execute(_SPREAD, points).fetchall()
    ]
    for name in tables:
        known.db.unregister(name)
    known.db.execute("DROP TABLE peer")
    return Grouped(labels, spreads)


def _size(query: Query, peers: Peers) -> str:
    """SQL for the size group in words; null where the size is not known."""
    if peers.size is None:
        return "NULL::VARCHAR"
    title, unit = title_of(peers.size), unit_of(peers.size)
    edges = [(low, high) for low, high in pairwise([None, *peers.size_bands, None])]
    choices = []
    for low, high in edges:
        tests = [f"size.value_number >= {query.value(low)}" if low is not None else "size.value_number IS NOT NULL"]
        tests += [f"size.value_number < {query.value(high)}"] if high is not None else []
        said = [f"from {words.number(low, unit)}"] if low is not None else []
        said += [f"below {words.number(high, unit)}"] if high is not None else []
        choices.append((" AND ".join(tests), query.value(f"{title} {' and '.join(said)}")))
    return choose(*choices)


def wider(peer_group: str) -> list[str]:
    """A group and those it is part of, the smallest first."""
    kind, _, size = peer_group.partition(SEPARATOR)
    return list(dict.fromkeys([peer_group, kind if size else peer_group, ALL])) if peer_group else [ALL]
