"""Links between subjects: which buyers and host areas are in force on a day, and how sure a link is, in words."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Engine, case, func, select

from indicators.ledger.as_of import as_of
from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LINK, LOAD, retracted_rows
from models import bulk
from models.database import Session, table_of
from models.ledger import Listing, Load, Snapshot
from models.vocabulary import BuyerKind, Relation

LISTING, SNAPSHOT = table_of(Listing).c, table_of(Snapshot).c

# The register no longer lists a kind of setting if its lists have lacked the kind for 400 days, which is longer than a
# yearly list is late (as in ``indicators/ledger/as_of_sql.py``).
DROPPED_AFTER = timedelta(days=400)

DECLARED_CONFIDENCE, LIKELY_CONFIDENCE = (
    1.0,
    0.8,
)  # least confidence; a match by exact name has 0.95, one without the legal form 0.85


class Certainty(StrEnum):
    """The certainty of a link: declared by a register, or matched by name."""

    DECLARED = "declared by the register"
    LIKELY = "very likely (matched by name)"
    POSSIBLE = "possible (matched by name; uncertain)"


def certainty_of(confidence: float) -> Certainty:
    """The band of a link's confidence (0 to 1): 1 is declared, 0.8 and more very likely, everything else possible."""
    if confidence >= DECLARED_CONFIDENCE:
        return Certainty.DECLARED
    return Certainty.LIKELY if confidence >= LIKELY_CONFIDENCE else Certainty.POSSIBLE


def format_relation(relation: str, confidence: float) -> str:
    """A relation in words with its certainty: "The same as", "Very likely the same as (matched by name)"."""
    certainty = certainty_of(confidence)
    if certainty is Certainty.DECLARED:
        return relation
    lower = relation[:1].lower() + relation[1:]
    if certainty is Certainty.LIKELY:
        return f"Very likely {lower} (matched by name)"
    return f"Possibly {lower} (matched by name; uncertain)"


class KnownLink(NamedTuple):
    """A link of a provider as known on a day, read ``subject relation object``."""

    seq: int
    subject_id: int
    subject: str
    relation: str
    kind: str
    object_id: int
    object: str
    since: date | None
    until: date | None  # the last day that the register itself states
    ended_on: date | None  # the first day without the link; None: the link is in force
    known_on: date
    confidence: float
    reference: str
    value_gbp: float | None


_LINKS_OF_PROVIDER = """
SELECT seq, subject_id, s.key, relation, kind, object_id, o.key, since, until, ended_on, known_on, confidence,
       reference, value_gbp
FROM (SELECT *, NULL AS ended_on FROM link UNION ALL SELECT * FROM ended_link)
JOIN subject s ON s.id = subject_id JOIN subject o ON o.id = object_id
WHERE (s.key = $provider OR o.key = $provider)
  AND coalesce(since <= until, true)  -- else a correction took the link back: the link never was
ORDER BY ended_on IS NOT NULL, relation, kind, known_on DESC, s.key, o.key, reference
"""


def read_links(engine: Engine, provider: str, day: date, *, audiences: Collection[str] | None) -> list[KnownLink]:
    """The links of a provider as known on a day, for readers of some audiences (None: all); ended links come last."""
    with as_of(engine, day, subjects=[provider], audiences=audiences) as known:
        return [KnownLink(*row) for row in known.sql(_LINKS_OF_PROVIDER, provider=provider).fetchall()]


class BuyerLink(NamedTuple):
    """A provider's buyer, funder, regulator or host area on a day."""

    provider_id: int
    commissioner_id: int
    kind: str
    value_gbp: float | None


def buyers_in_force(session: Session, day: date, providers: Collection[int] | None = None) -> list[BuyerLink]:
    """The buyers, funders, regulators and host areas of providers on a day, as known by that day.

    Of each link the newest entry counts; a setting stands in one area at a time. A link read from a complete list ends
    with the first list of its kind that no longer has the provider.

    Args:
        session: of the database.
        day: the links known by this day and in force on it.
        providers: only of the providers with these numbers; of all if left out.
    """
    k, number = LINK.c, day_number(day)
    party = case((k.kind == BuyerKind.HOST_AREA, 0), else_=k.subject_id)
    newest = func.row_number().over(
        partition_by=(k.kind, k.object_id, k.reference, party), order_by=(k.known_on.desc(), k.seq.desc())
    )
    known = (
        select(k.subject_id, k.object_id, k.kind, k.until, k.value_gbp, k.load_id, newest.label("place"))
        .where(
            k.relation == Relation.BUYS_FROM,
            k.object_id.is_not(None),
            k.known_on <= number,
            k.retracts.is_(None),
            k.seq.not_in(retracted_rows(LINK)),
            *([k.object_id.in_(list(providers))] if providers is not None else []),
        )
        .subquery()
    ).c
    rows = session.execute(
        select(known.object_id, known.subject_id, known.kind, known.value_gbp, known.load_id).where(
            known.place == 1, known.until.is_(None) | (known.until >= number)
        )
    ).all()
    gone = _no_longer_listed(session, day, {(row.load_id, row.object_id) for row in rows})
    return [BuyerLink(*row[:4]) for row in rows if (row.load_id, row.object_id) not in gone]


def _no_longer_listed(session: Session, day: date, listed: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The pairs (load, subject) whose load is a list that had the subject, while the newest list does not."""
    lists = session.execute(
        select(LISTING.load_id, LISTING.scope_id, SNAPSHOT.register, LOAD.listed_on)
        .join_from(table_of(Listing), table_of(Load), LOAD.id == LISTING.load_id)
        .join(table_of(Snapshot), SNAPSHOT.id == LOAD.snapshot_id)
        .where(LOAD.is_done, LOAD.withdrawn_by.is_(None), LOAD.listed_on <= day)
        .distinct()
    ).all()
    register_of = {row.load_id: row.register for row in lists}
    asked: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for load_id, subject_id in listed:
        if load_id in register_of:
            asked[register_of[load_id]].add((load_id, subject_id))
    gone: set[tuple[int, int]] = set()
    for register, pairs in asked.items():
        present = _subjects_of(session, _newest_lists([row for row in lists if row.register == register]))
        absent = {(load_id, subject_id) for load_id, subject_id in pairs if subject_id not in present}
        gone |= absent & _listed_pairs(session, absent)
    return gone


def _newest_lists(lists: Sequence[Any]) -> dict[int, set[int]]:
    """Load to the kinds of setting for which it is the newest list of a register, without kinds dropped since."""
    newest: dict[int, Any] = {}
    for row in sorted(lists, key=lambda row: (row.listed_on, row.load_id)):
        newest[row.scope_id] = row
    last_on = max(row.listed_on for row in lists)
    scopes_by_load: dict[int, set[int]] = defaultdict(set)
    for scope_id, row in newest.items():
        if last_on <= row.listed_on + DROPPED_AFTER:
            scopes_by_load[row.load_id].add(scope_id)
    return scopes_by_load


def _subjects_of(session: Session, lists: Mapping[int, Collection[int]]) -> set[int]:
    return {
        number
        for load_id, scopes in lists.items()
        for number in session.scalars(
            select(LISTING.subject_id).where(LISTING.load_id == load_id, LISTING.scope_id.in_(scopes))
        )
    }


def _listed_pairs(session: Session, pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The pairs (load, subject) that are listed."""
    listed: set[tuple[int, int]] = set()
    for chunk in bulk.split_chunks(sorted(pairs)):
        statement = select(LISTING.load_id, LISTING.subject_id).where(
            LISTING.load_id.in_({load_id for load_id, _ in chunk}),
            LISTING.subject_id.in_({subject_id for _, subject_id in chunk}),
        )
        listed |= {tuple(row) for row in session.execute(statement)}
    return listed
