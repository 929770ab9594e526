"""A finding's figure among the figures of the provider's peers, as a run stored their spread."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, select

from models.database import read_session, table_of
from models.scoring import Peers
from queries.explanation import ExplainedFinding, PeerComparison
from queries.value_text import round_digits
from regimes.rules import sql_text
from risk.peers import ALL_PEERS, MIN_PEERS, SEPARATOR, enclosing_groups

PEERS = table_of(Peers).c
# The casebook's kinds of provider in the plural; other registers give the kind in words.
_KIND_WORDS = {
    "care_group": "care groups",
    "charity": "charities",
    "college": "colleges",
    "energy_supplier": "energy suppliers",
    "housing_association": "housing associations",
    "nhs_trust": "NHS trusts",
    "supplier": "suppliers",
}

PeerSpreads = Mapping[str, Sequence[Peers]]  # rule to its spread in each group, the smallest group first


def read_peer_spreads(engine: Engine, run: int, regime: str, peer_group: str) -> PeerSpreads:
    """The spreads of each rule's figures in a peer group and the groups around it, the smallest group first."""
    groups = enclosing_groups(peer_group)
    statement = select(Peers).where(PEERS.run_id == run, PEERS.regime == regime, PEERS.peer_group.in_(groups))
    spreads: dict[str, list[Peers]] = {}
    with read_session(engine) as session:
        for spread in sorted(session.scalars(statement), key=lambda spread: groups.index(spread.peer_group)):
            spreads.setdefault(spread.rule, []).append(spread)
    return spreads


def compare_with_peers(spreads: PeerSpreads, finding: ExplainedFinding) -> PeerComparison | None:
    """A finding's figure among those of its peers, in the smallest group with enough figures; None without figures."""
    of_rule, value = spreads.get(finding["rule"], []), finding["value"]
    if not of_rule or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    spread = next((spread for spread in of_rule if spread.providers >= MIN_PEERS), of_rule[-1])
    return {
        "group": spread.peer_group,
        "providers": spread.providers,
        "median": spread.quantiles[len(spread.quantiles) // 2],
        "percentile": _percentile(spread.quantiles, value),
    }


def _percentile(points: Sequence[float], value: float) -> int:
    """The peers in a hundred that have less, by 101 quantiles: 0 only for the least, 100 only for the greatest alone.

    Peers with the same value do not have less: where half of all peers have 0, a value of 0 has percentile 0.
    """
    less = bisect_left(points, value)
    if less == len(points) - 1 and value >= points[-1]:
        return less
    return less if less < 2 else less - 1


def describe_peers(comparison: PeerComparison, unit: str) -> str:
    """The comparison as people read it: the median of the peers and how many of them have less."""
    percentile = comparison["percentile"]
    peers = f"{comparison['providers']:,} peers ({describe_peer_group(comparison['group'])})"
    if comparison["providers"] < MIN_PEERS:
        return f"only {peers} have this figure, too few to compare"
    less = {0: "none of them has less", 100: "none of them has more"}.get(
        percentile, f"{percentile} % of them have less"
    )
    return f"median of {peers} {sql_text.format_exact_number(round_digits(comparison['median']), unit)}; {less}"


def describe_peer_group(group: str) -> str:
    """A stored peer group as people read it: ``care groups; Places from 10`` for ``care_group; Places from 10``."""
    if group == ALL_PEERS:
        return "all providers under this regime"
    kind, *size = group.split(SEPARATOR)
    return SEPARATOR.join([_KIND_WORDS.get(kind, kind), *size])
