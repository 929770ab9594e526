"""Which providers concern a recipient, and which of their findings it may see."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from alerts.policy import EVERYTHING, Addressee, Policy
from indicators.ledger import day_number
from indicators.repeats import retracted
from models import bulk
from models.database import Session, table_of
from models.ledger import Audience, Link, Observation, Subject
from models.vocabulary import PUBLIC, BuyerKind, Relation

LINK, SUBJECT, OBSERVATION = table_of(Link), table_of(Subject).c, table_of(Observation).c
AUDIENCE = table_of(Audience).c
PUBLIC_NUMBER = 1

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


class Audiences:
    """For whom the rows are that findings rest on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        others = session.execute(select(AUDIENCE.id, AUDIENCE.key).where(AUDIENCE.id != PUBLIC_NUMBER)).all()
        self._keys: dict[int, str] = {row.id: row.key for row in others}
        self._of: dict[int, str] = {}
        self._looked: set[int] = set()

    def look_up(self, findings: Iterable[Mapping[str, Any]]) -> None:
        """Read the audiences of these findings' rows at once."""
        if not self._keys:
            return
        seqs = {seq for finding in findings for seq in finding["seqs"] if seq > 0} - self._looked
        self._looked |= seqs
        for chunk in bulk.chunked(sorted(seqs)):
            statement = select(OBSERVATION.seq, OBSERVATION.audience_id).where(
                OBSERVATION.seq.in_(chunk), OBSERVATION.audience_id != PUBLIC_NUMBER
            )
            self._of.update({row.seq: self._keys[row.audience_id] for row in self._session.execute(statement)})

    def of(self, finding: Mapping[str, Any]) -> frozenset[str]:
        """The audiences besides the public for whom a finding's rows are; all of them must be one's own to see it."""
        return frozenset(self._of[seq] for seq in finding["seqs"] if seq in self._of) if self._of else frozenset()

    def may_see(self, sees: Collection[str] | str, finding: Mapping[str, Any]) -> bool:
        """Whether somebody who sees these audiences may see a finding."""
        return sees == EVERYTHING or self.of(finding) <= {PUBLIC, *sees}
