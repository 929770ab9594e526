"""The bodies that must be notified at a provider's recommended stage, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date

from casework.bodies import Body, LinkedBody, bodies_to_notify
from queries.explanation import ExplainedRegime, ProviderLink


def name_bodies(
    regimes: Sequence[ExplainedRegime], links: Sequence[ProviderLink], provider: str, name: str, day: date
) -> None:
    """Replace the roles in ``next.told`` of each explained regime by the bodies that fill them, as plain values.

    Args:
        regimes: changed in place.
        links: of the provider, as ``read_provider_links`` gives them.
        provider: its identifier.
        name: its name.
        day: the day that is explained.
    """
    linked = [_linked_body(link, provider) for link in links if link["is_in_force"]]
    for regime in regimes:
        step = regime["next"]
        if step:
            bodies = bodies_to_notify(step["told"], linked, provider=provider, name=name, day=day)
            step["told"] = [asdict(body) for body in bodies]


def describe_bodies(bodies: Sequence[Mapping[str, str]]) -> str:
    """The bodies of ``next.told`` in one sentence; empty when no body must be notified."""
    return "; ".join(Body(**body).describe_with_role() for body in bodies)


def _linked_body(link: ProviderLink, provider: str) -> LinkedBody:
    is_object = link["subject"] == provider
    key, name = (link["object"], link["object_name"]) if is_object else (link["subject"], link["subject_name"])
    return LinkedBody(link["relation"], link["kind"], is_object, key, name, link["confidence"])
