"""The bodies that the recommended stage of a provider says to tell, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from casework.bodies import Body, LinkedBody, bodies_to_notify


def name_bodies(
    regimes: Sequence[dict[str, Any]], links: Sequence[Mapping[str, Any]], provider: str, name: str, day: date
) -> None:
    """Replace the roles in ``next.told`` of each regime of ``queries.explain_provider`` by bodies, as plain values.

    Args:
        regimes: changed in place.
        links: of the provider, as ``queries.provider_links`` gives them.
        provider: its identifier.
        name: its name.
        day: the day that is explained.
    """
    linked = [_linked_body(link, provider) for link in links if link["is_in_force"]]
    for regime in regimes:
        if regime["next"]:
            bodies = bodies_to_notify(regime["next"]["told"], linked, provider=provider, name=name, day=day)
            regime["next"]["told"] = [asdict(body) for body in bodies]


def describe_bodies(bodies: Sequence[Mapping[str, str]]) -> str:
    """The bodies of ``next.told`` in one sentence; empty where nobody is to be told."""
    return "; ".join(Body(**body).describe_with_role() for body in bodies)


def _linked_body(link: Mapping[str, Any], provider: str) -> LinkedBody:
    is_object = link["subject"] == provider
    end = "object" if is_object else "subject"
    return LinkedBody(link["relation"], link["kind"], is_object, link[end], link[f"{end}_name"], link["confidence"])
