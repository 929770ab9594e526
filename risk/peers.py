"""Groups providers of one kind and about one size, and measures how the figures of a group are spread.

Groups overlap: ``Children's home, places 4 to 9`` is part of ``Children's home``, which is part of ``all``. A reader
takes the smallest with enough figures. Stale figures are left out, and those that are not for everybody.
"""

from itertools import pairwise
from typing import NamedTuple

from indicators.ledger.as_of import AsOf
from regimes.evaluate import Evaluation
from regimes.rules import sql_text
from regimes.rules.sql import title_of, unit_of
from regimes.rules.sql_text import Query, case_when_sql
from regimes.schema import PeerGroups

ALL_PEERS = "all"
SEPARATOR = "; "
MIN_PEERS = 10  # peers with a figure, below which a median says little
QUANTILE_POINTS = 101

_PEER_TABLE = """
CREATE OR REPLACE TEMP TABLE peer AS
SELECT p.id AS provider_id, {kind} AS kind, {size} AS size
FROM given_provider AS p
LEFT JOIN (SELECT * FROM latest WHERE indicator_id IN ({kinds})) AS kind ON kind.subject_id = p.id
LEFT JOIN (SELECT * FROM latest WHERE indicator_id IN ({sizes})) AS size ON size.subject_id = p.id
"""
_GROUP_LABELS = "SELECT provider_id, concat_ws('; ', kind, size) FROM peer"
_FIGURE_SPREADS = """
WITH shown AS (SELECT rule.rule, f.provider_id, f.value_number AS value
               FROM given_finding AS f JOIN given_rule AS rule ON rule.number = f.rule
               ANTI JOIN given_audience AS a ON a.provider_id = f.provider_id AND a.rule = f.rule
               WHERE f.status IN ('met', 'clear') AND isfinite(f.value_number) AND rule.is_figure),
     of AS (SELECT provider_id, 'all' AS peer_group FROM peer
            UNION SELECT provider_id, kind FROM peer WHERE kind IS NOT NULL
            UNION SELECT provider_id, concat_ws('; ', kind, size) FROM peer WHERE size IS NOT NULL)
SELECT peer_group, rule, count(*) AS providers, quantile_cont(value, $points) AS quantiles
FROM shown JOIN of USING (provider_id) GROUP BY peer_group, rule HAVING count(*) > 1 ORDER BY peer_group, rule
"""


class FigureSpread(NamedTuple):
    """The figures of one rule in one group: how many, and 101 quantiles from the least to the greatest."""

    regime: str
    peer_group: str
    rule: str
    providers: int
    quantiles: tuple[float, ...]


class GroupedPeers(NamedTuple):
    """Each provider's smallest group, and the spread of every figure in every group."""

    groups: dict[int, str]
    spreads: list[FigureSpread]


def group_peers(known: AsOf, evaluation: Evaluation) -> GroupedPeers:
    """The peer groups of an evaluation's providers and how the figures of its rules are spread over them."""
    if not len(evaluation.providers):
        return GroupedPeers({}, [])
    regime, query = evaluation.regime, Query()
    numbers = {key: number for number, key in known.db.execute("SELECT id, key FROM indicator").fetchall()}
    figures = {rule.key for _, rule in regime.rules() if rule.kind in {"bands", "siblings"}}
    rules = evaluation.rules.append_column(
        "is_figure", [[key in figures for key in evaluation.rules["rule"].to_pylist()]]
    )
    tables = {
        "given_provider": evaluation.providers,
        "given_rule": rules,
        "given_finding": evaluation.findings,
        "given_audience": evaluation.audiences,
    }
    for name, table in tables.items():
        known.db.register(name, table)
    groups = _PEER_TABLE.format(
        kind="kind.value_text" if regime.peers.kind else "NULL::VARCHAR",
        size=_size_group_sql(query, regime.peers),
        kinds=query.bind_value(numbers.get(regime.peers.kind or "", -1)),
        sizes=query.bind_value(numbers.get(regime.peers.size or "", -1)),
    )
    known.db.execute(groups, query.parameters)
    labels = {number: label or ALL_PEERS for number, label in known.db.execute(_GROUP_LABELS).fetchall()}
    points = {"points": [number / (QUANTILE_POINTS - 1) for number in range(QUANTILE_POINTS)]}
    spreads = [
        FigureSpread(regime.key, group, rule, providers, tuple(quantiles))
        for group, rule, providers, quantiles in known.db.execute(_FIGURE_SPREADS, points).fetchall()
    ]
    for name in tables:
        known.db.unregister(name)
    known.db.execute("DROP TABLE peer")
    return GroupedPeers(labels, spreads)


def _size_group_sql(query: Query, peers: PeerGroups) -> str:
    """SQL for the size group in words; null where the size is not known."""
    if peers.size is None:
        return "NULL::VARCHAR"
    title, unit = title_of(peers.size), unit_of(peers.size)
    edges = [(low, high) for low, high in pairwise([None, *peers.size_bands, None])]
    choices = []
    for low, high in edges:
        tests = [
            f"size.value_number >= {query.bind_value(low)}" if low is not None else "size.value_number IS NOT NULL"
        ]
        tests += [f"size.value_number < {query.bind_value(high)}"] if high is not None else []
        bounds = [f"from {sql_text.format_exact_number(low, unit)}"] if low is not None else []
        bounds += [f"below {sql_text.format_exact_number(high, unit)}"] if high is not None else []
        choices.append((" AND ".join(tests), query.bind_value(f"{title} {' and '.join(bounds)}")))
    return case_when_sql(*choices)


def enclosing_groups(peer_group: str) -> list[str]:
    """A group and the larger groups around it, the smallest first."""
    kind, _, size = peer_group.partition(SEPARATOR)
    return list(dict.fromkeys([peer_group, kind if size else peer_group, ALL_PEERS])) if peer_group else [ALL_PEERS]
