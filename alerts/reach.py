"""Which providers concern a recipient."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import case, func, select

from alerts.policy import Addressee, Policy
from indicators.ledger import day_number
from indicators.repeats import retracted
from models.database import Session, table_of
from models.ledger import Link, Subject
from models.vocabulary import BuyerKind, Relation

LINK, SUBJECT = table_of(Link), table_of(Subject).c

Bought = Mapping[int, Mapping[str, float]]  # provider's number to commissioner's identifier to pounds in force


class Reach:
    """Answers for each recipient of a policy, on one day, whether a provider concerns it."""

    def __init__(self, session: Session, policy: Policy, day: date) -> None:
        needs_links = any(to.commissioners or to.exposure_gbp for to in policy.recipients.values())
        self._pounds: dict[str, dict[int, float]] = defaultdict(dict)  # commissioner to provider
        self._all_pounds: dict[int, float] = {}
        for provider_id, by in (bought(session, day) if needs_links else {}).items():
            self._all_pounds[provider_id] = sum(by.values())
            for commissioner, pounds in by.items():
                self._pounds[commissioner][provider_id] = pounds
        self._providers = {key: self._wanted(to) for key, to in policy.recipients.items()}
        self._regimes = {key: frozenset(to.regimes) for key, to in policy.recipients.items()}

    def providers(self, recipient: str) -> Collection[int] | None:
        """The numbers of those that concern the recipient; None where all do."""
        return self._providers[recipient]

    def concerns(self, recipient: str, provider_id: int, regime: str) -> bool:
        """Whether a provider under a regime concerns the recipient."""
        providers, regimes = self._providers[recipient], self._regimes[recipient]
        return (providers is None or provider_id in providers) and (not regimes or regime in regimes)

    def _wanted(self, to: Addressee) -> Collection[int] | None:
        if not to.commissioners and to.exposure_gbp is None:
            return None
        theirs: Mapping[int, float] = self._all_pounds
        if to.commissioners:
            together: dict[int, float] = defaultdict(float)
            for commissioner in to.commissioners:
                for provider_id, pounds in self._pounds.get(commissioner, {}).items():
                    together[provider_id] += pounds
            theirs = together
        return frozenset(provider for provider, pounds in theirs.items() if pounds >= (to.exposure_gbp or 0))


def bought(session: Session, day: date, providers: Collection[int] | None = None) -> Bought:
    """Who buys from whom, or hosts it, as known by a day, with the pounds of contracts then in force.

    Of each link the newest word counts; of several hosts of one setting, too.
    """
    k, number = LINK.c, day_number(day)
    party = case((k.kind == BuyerKind.HOST_AREA, 0), else_=k.subject_id)
    newest = func.row_number().over(
        partition_by=(k.kind, k.object_id, k.reference, party), order_by=(k.known_on.desc(), k.seq.desc())
    )
    known = (
        select(k.subject_id, k.object_id, k.kind, k.until, k.value_gbp, newest.label("place"))
        .where(
            k.relation == Relation.BUYS_FROM,
            k.object_id.is_not(None),
            k.known_on <= number,
            k.retracts.is_(None),
            k.seq.not_in(retracted(LINK)),
            *([k.object_id.in_(list(providers))] if providers is not None else []),
        )
        .subquery()
    ).c
    rows = session.execute(
        select(known.object_id, SUBJECT.key, known.kind, known.value_gbp)
        .join_from(known.place.table, table_of(Subject), SUBJECT.id == known.subject_id)
        .where(known.place == 1, known.until.is_(None) | (known.until >= number))
    )
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for row in rows:
        pounds = (row.value_gbp or 0.0) if row.kind == BuyerKind.BUYER else 0.0
        found[row.object_id][row.key] = found[row.object_id].get(row.key, 0.0) + pounds
    return found
