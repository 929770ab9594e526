"""Works out which providers concern a recipient."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from alerts.policy import Addressee, Policy
from indicators.commissioners import Commissioners, UnknownCommissioner
from indicators.links import buyers_in_force
from models.database import Session
from models.vocabulary import BuyerKind


class RecipientScope:
    """The providers that concern each recipient of a policy, as known on one day."""

    def __init__(self, session: Session, policy: Policy, day: date) -> None:
        needs_links = any(to.commissioners or to.exposure_gbp for to in policy.recipients.values())
        self._pounds: dict[int, dict[int, float]] = defaultdict(
            lambda: defaultdict(float)
        )  # by commissioner and provider
        self._all_pounds: dict[int, float] = defaultdict(float)
        for link in buyers_in_force(session, day) if needs_links else ():
            pounds = (link.value_gbp or 0.0) if link.kind == BuyerKind.BUYER else 0.0
            self._all_pounds[link.provider_id] += pounds
            self._pounds[link.commissioner_id][link.provider_id] += pounds
        names_bodies = any(to.commissioners for to in policy.recipients.values())
        self._commissioners = Commissioners(session, day) if names_bodies else None
        self._providers = {key: self._providers_in_scope(to) for key, to in policy.recipients.items()}
        self._regimes = {key: frozenset(to.regimes) for key, to in policy.recipients.items()}

    def provider_ids(self, recipient: str) -> Collection[int] | None:
        """The numbers of the providers that concern the recipient; None: all providers."""
        return self._providers[recipient]

    def concerns(self, recipient: str, provider_id: int, regime: str) -> bool:
        """Whether a provider under a regime concerns the recipient."""
        providers, regimes = self._providers[recipient], self._regimes[recipient]
        return (providers is None or provider_id in providers) and (not regimes or regime in regimes)

    def _providers_in_scope(self, to: Addressee) -> Collection[int] | None:
        if not to.commissioners and to.exposure_gbp is None:
            return None
        pounds_by_provider: Mapping[int, float] = self._all_pounds
        if to.commissioners:
            together: dict[int, float] = defaultdict(float)
            for number in {number for text in to.commissioners for number in self._find_subjects(text)}:
                for provider_id, pounds in self._pounds.get(number, {}).items():
                    together[provider_id] += pounds
            pounds_by_provider = together
        return frozenset(
            provider for provider, pounds in pounds_by_provider.items() if pounds >= (to.exposure_gbp or 0)
        )

    def _find_subjects(self, text: str) -> Collection[int]:
        """Every subject of the body that a policy names; empty if no register had named the body by the day."""
        try:
            return self._commissioners.find_commissioner(text).subjects if self._commissioners else ()
        except UnknownCommissioner:
            return ()
