"""Works out how a later statement about an award changes the links of the earlier ones.

The newest statement names the suppliers and says how long the contract runs. A supplier that it leaves out has no
contract any longer. Both changes become rows of their own, known from the day of the statement, so that a reader of the
links needs no rule about awards. Documents may come in any order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from indicators.ledger.repeats import LinkIdentity, LinkStatement
from models.vocabulary import BuyerKind, Relation

LinkTerms = tuple[int, int | None, int | None, int | None, float, float | None]


class LinkUpdate(NamedTuple):
    """A row that follows from a statement: the link, the day from which the row holds, the terms from then on."""

    identity: LinkIdentity
    known_on: int
    terms: LinkTerms  # buyer, supplier, since, until, confidence, value


class AwardLinks:
    """The known links of awards, found by their award; days are day numbers."""

    def __init__(self, links_by_identity: dict[LinkIdentity, list[LinkStatement]]) -> None:
        self.links_by_identity = links_by_identity
        self.identities_by_award: dict[str, set[LinkIdentity]] = defaultdict(set)
        for identity in links_by_identity:
            self.index_link(identity)

    def index_link(self, identity: LinkIdentity) -> None:
        """Find this link by its award from now on."""
        if identity[1] == BuyerKind.BUYER:
            for award in accumulate(str(identity[4]).split("/"), "{}/{}".format):
                self.identities_by_award[award].add(identity)

    def apply_statement(
        self, award: str, reference: str, links: Iterable[tuple[int, int, str]], known_on: int, *, is_update: bool
    ) -> Iterator[LinkUpdate]:
        """Yield the updates that follow when all suppliers of an award are stated: ends of links, and later changes.

        Args:
            award: its process and identifier.
            reference: the award itself, where others may have the same identifier.
            links: buyer, supplier and reference of each link of the statement.
            known_on: the day of the statement.
            is_update: whether it corrects what is known, though its reference is another (a corrected day).
        """
        named = {(Relation.BUYS_FROM, BuyerKind.BUYER, *link) for link in links}
        others = {identity for identity in self.identities_by_award[award] if identity[3] is not None} - named
        own = {identity for identity in others if _is_part(identity[4], reference)}
        if is_update and not own and all(self._first_known_on(identity) == known_on for identity in named):
            own = self._newest_links(others, known_on)
        else:
            own |= {identity for identity in others if self._is_same_contract(identity, named, known_on)}
        for identity in own:
            terms = self._terms_on(identity, known_on)
            if terms and not _is_ended(terms) and (terms[3] is None or terms[3] >= known_on):
                yield LinkUpdate(identity, known_on, _ended_terms(terms, known_on))
        yield from self._later_updates(award, own, named, known_on)

    def _later_updates(
        self, award: str, own: set[LinkIdentity], named: set[LinkIdentity], known_on: int
    ) -> Iterator[LinkUpdate]:
        """Yield the updates that a document read before, but published later, makes to the new links."""
        new = [
            identity
            for identity in named
            if all(saying[0] <= known_on for saying in self.links_by_identity.get(identity, ()))
        ]
        firsts = {self._first_known_on(identity) for identity in own}
        replaced_on = min((first for first in firsts if first is not None and first > known_on), default=None)
        for identity in new:
            terms = self._terms_on(identity, known_on)
            if terms is None:
                continue
            yield from self._later_changes(award, identity, known_on, terms, is_sole=len(named) == 1)
            if replaced_on is not None and self._first_known_on(identity) == known_on:
                yield LinkUpdate(identity, replaced_on, _ended_terms(terms, replaced_on))

    def apply_change(
        self, award: str, known_on: int, since: int | None, until: int | None, value: float | None
    ) -> Iterator[LinkUpdate]:
        """Yield the updates when an award gets other days or another value, for each supplier that it has then."""
        suppliers = self._newest_links(
            {identity for identity in self.identities_by_award[award] if identity[3] is not None}, known_on
        )
        current = {identity: terms for identity in suppliers if (terms := self._terms_on(identity, known_on))}
        current = {identity: terms for identity, terms in current.items() if not _is_ended(terms)}
        for identity, terms in current.items():
            new = _changed_terms(terms, since, until, value if len(current) == 1 else None)
            if new != terms:
                yield LinkUpdate(identity, known_on, new)
                yield from self._later_changes(award, identity, known_on, new, is_sole=len(current) == 1)

    def _later_changes(
        self, award: str, identity: LinkIdentity, known_on: int, terms: LinkTerms, *, is_sole: bool
    ) -> Iterator[LinkUpdate]:
        """Yield again the changes known after a day that were read before, up to the next statement about the link."""
        changes = [
            saying
            for other in self.identities_by_award[award]
            if other[3] is None
            for saying in self.links_by_identity[other]
        ]
        days = {saying[0] for saying in changes}
        next_on = min(
            (
                saying[0]
                for saying in self.links_by_identity[identity]
                if saying[0] > known_on and saying[0] not in days
            ),
            default=None,
        )
        for changed_on, _, (_, _, since, until, _, value) in sorted(changes):
            if changed_on > known_on and (next_on is None or changed_on < next_on):
                terms = _changed_terms(terms, since, until, value if is_sole else None)
                yield LinkUpdate(identity, changed_on, terms)

    def _terms_on(self, identity: LinkIdentity, known_on: int) -> LinkTerms | None:
        """The newest terms of a link known by the day; None before the first."""
        known = [saying for saying in self.links_by_identity.get(identity, ()) if saying[0] <= known_on]
        return max(known, key=lambda saying: saying[:2])[2] if known else None

    def _first_known_on(self, identity: LinkIdentity) -> int | None:
        return min((saying[0] for saying in self.links_by_identity.get(identity, ())), default=None)

    def _newest_links(self, identities: set[LinkIdentity], known_on: int) -> set[LinkIdentity]:
        """The links of the award that was stated last, where several awards have one identifier."""
        dated = {identity: first for identity in identities if (first := self._first_known_on(identity)) is not None}
        dated = {identity: first for identity, first in dated.items() if first <= known_on}
        if not dated:
            return set()
        newest = max(dated, key=lambda identity: (dated[identity], identity[4]))[4]
        whole = min((identity[4] for identity in dated if _is_part(newest, identity[4])), key=len)
        return {identity for identity in dated if _is_part(identity[4], whole)}

    def _is_same_contract(self, identity: LinkIdentity, named: set[LinkIdentity], known_on: int) -> bool:
        """Whether a link is to a supplier of the statement for the very same days: the award's day was corrected."""
        terms = self._terms_on(identity, known_on)
        others = [self._terms_on(other, known_on) for other in named]
        return (
            terms is not None and None not in terms[2:4] and any(other and other[1:4] == terms[1:4] for other in others)
        )


def _is_part(reference: str, whole: str) -> bool:
    return reference == whole or reference.startswith(f"{whole}/")


def _is_ended(terms: LinkTerms) -> bool:
    """Whether the supplier has no contract any longer: the contract would start after its end."""
    return terms[2] is not None and terms[3] is not None and terms[2] > terms[3]


def _ended_terms(terms: LinkTerms, known_on: int) -> LinkTerms:
    return (terms[0], terms[1], known_on, known_on - 1, terms[4], None)


def _changed_terms(terms: LinkTerms, since: int | None, until: int | None, value: float | None) -> LinkTerms:
    return (
        terms[0],
        terms[1],
        terms[2] if since is None else since,
        terms[3] if until is None else until,
        terms[4],
        terms[5] if value is None else value,
    )
